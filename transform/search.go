package transform

import (
	"fmt"
	"slices"

	"scimshim/transform/scim"
)

// More candidates than these are an error, never "none" (keys at_most).
const (
	atMostFind = 200
	atMostList = 20000
)

// search looks for resources by what Entra would see of them: for a filter, for
// a list, and to learn who has a unique value already. A hit at the vendor is
// only a candidate until its visible value has been checked.
type search struct {
	on      bool
	filter  scim.Filter     // nil: everybody
	wants   []scim.Equality // what must hold, and can be asked for
	intents []*Intent       // their users are not shown
	missing bool            // nobody has the value; proved a moment ago
	asked   bool            // the vendor was asked
	proven  bool            // a miss counts

	candidates []candidate
	ids        map[string]bool
	overlaid   bool
	checked    int
	hits       []hit
	total      int // of an unfiltered list, where only a page is checked

	page, seen int
	next       scim.Value
	fill       *Commit         // a complete list, for the index
	firsts     map[string]bool // the first id of each page: one twice is a loop
}

// candidate is a resource that may be a hit.
type candidate struct {
	id     string
	native scim.Value
	whole  bool // native shows everything that the mapping reads
	record *Record
}

// hit is a resource that is one.
type hit struct {
	candidate
	resource scim.Value
}

func (s *search) begin(filter scim.Filter) {
	*s = search{on: true, filter: filter, ids: map[string]bool{}}
	if filter != nil {
		s.wants = filter.Equalities()
	}
}

// lookFor begins a search for whoever shows one of the unique values.
func (s *search) lookFor(path scim.Path, v scim.Value) {
	*s = search{on: !s.missing, missing: s.missing, ids: map[string]bool{},
		wants: []scim.Equality{{Path: path, Value: v}}}
}

func (s *search) keys() (keys []Key) {
	for _, want := range s.wants {
		keys = append(keys, key(want.Path, want.Value))
	}
	return keys
}

func (s *search) matches(resource scim.Value) bool {
	if s.filter != nil {
		return s.filter.Matches(resource)
	}
	for _, want := range s.wants {
		shown := want.Path.Get(resource)
		if shown.IsAbsent() || want.Path.Fold(shown) != want.Path.Fold(want.Value) {
			return false
		}
	}
	return true
}

// prepare uses what is known before the vendor is asked: an id names the only
// candidate, and a value without a home at the vendor can only be kept here.
func (p *Plan) prepareSearch() {
	s := &p.search
	for _, want := range s.wants {
		if want.Path.Dotted() == "id" {
			s.proven = true
			if id := want.Value.Text(); p.kind.ID.Fits(id) {
				s.add(candidate{id: id})
			}
		} else if a := p.kind.attribute(want.Path); a != nil && a.Keep {
			s.proven = true
		}
	}
}

func (s *search) add(c candidate) {
	if c.id != "" && s.ids[c.id] {
		return
	}
	s.ids[c.id] = c.id != ""
	s.candidates = append(s.candidates, c)
}

func (k *Kind) attribute(path scim.Path) *Attribute {
	for _, a := range k.Attributes {
		if a.Name == path.Dotted() {
			return a
		}
	}
	return nil
}

func (p *Plan) enterFind(step Step) Move {
	s := &p.search
	if !s.on || s.proven {
		return nil
	}
	s.restart()
	for _, want := range s.wants {
		if !slices.ContainsFunc(step.Find.By, func(by scim.Path) bool { return by.Dotted() == want.Path.Dotted() }) {
			continue
		}
		env := s.env(p.kind.searched(want))
		if step.Find.When != nil {
			if holds, _ := step.Find.When.Holds(env); !holds {
				continue
			}
		}
		return p.send(step.Find.Call, "find by "+want.Path.Dotted(), env, scim.Value{})
	}
	return nil
}

// searched is the value to search for at the vendor: the one that the mapping
// would have written, where that depends on nothing else.
func (k *Kind) searched(want scim.Equality) scim.Value {
	a := k.attribute(want.Path)
	if a == nil || len(a.inputs) > 1 || !a.pure {
		return want.Value
	}
	v, problem := a.native(&Env{User: want.Path.Set(scim.Object(), want.Value)})
	if problem != "" || v.IsEmpty() {
		return want.Value
	}
	return v
}

// restart begins the paging of a step that is entered for the first time.
func (s *search) restart() {
	if s.page == 0 {
		s.page, s.seen, s.next, s.firsts = 1, 0, scim.Value{}, map[string]bool{}
	}
}

func (s *search) env(value scim.Value) *Env {
	return &Env{Value: value, Names: map[string]scim.Value{
		"page": scim.Int(int64(s.page)), "seen": scim.Int(int64(s.seen)), "next": s.next,
	}}
}

func (p *Plan) enterIndex() Move {
	s := &p.search
	if !s.on || s.proven {
		return nil
	}
	for _, want := range s.wants {
		if a := p.kind.attribute(want.Path); a != nil && a.indexed() {
			k := key(want.Path, want.Value)
			return Ask{Index: &k}
		}
	}
	return nil
}

// indexed reports whether the index of a vendor without search has the attribute.
func (a *Attribute) indexed() bool {
	return a.home() && a.Mutability != "writeOnly" && a.Path.Leaf().Type == "string"
}

func (p *Plan) takeIndex(got Outcome) {
	s := &p.search
	switch got.Kind {
	case Found:
		for _, id := range got.Natives {
			s.add(candidate{id: id})
		}
		s.proven = true
	case Absent:
		s.proven = true
	}
	p.done()
}

func (p *Plan) enterList(step Step) Move {
	if fill := p.search.fill; fill != nil {
		p.search.fill = nil
		return *fill
	}
	if !p.search.on || p.search.proven {
		return nil
	}
	p.search.restart()
	return p.send(step.Call, fmt.Sprintf("list, page %d", p.search.page), p.search.env(scim.Value{}), scim.Value{})
}

// takePage takes a page of a find or list.
func (p *Plan) takePage(step Step, got Outcome) {
	s := &p.search
	if s.page == 0 { // the complete list was handed over
		p.done()
		return
	}
	call := step.Call
	if step.Find != nil {
		call = step.Find.Call
	}
	if got.Kind != Found && !(got.Kind == Absent && step.Kind == StepFind) {
		p.fail(got)
		p.done()
		return
	}
	s.asked = true
	for i, item := range got.Items {
		id := call.idOf(item, p.kind.ID)
		if id == "" {
			p.fail(broken("an item of the vendor's list has no id"))
		} else if i == 0 && s.firsts[id] {
			p.fail(broken("the vendor's list repeats itself: its paging cannot be followed"))
		}
		if i == 0 {
			s.firsts[id] = true
		}
		s.add(candidate{id: id, native: item, whole: call.shows(p.kind)})
	}
	s.seen += len(got.Items)
	if most := call.most(); s.seen > most {
		p.fail(Outcome{Status: 503, Detail: fmt.Sprintf("the vendor lists more than %d resources: raise at_most in the vendor file, or give it a find", most)})
	}
	if s.page, s.next = s.page+1, got.Next; got.Last || got.Kind == Absent || p.reply != nil {
		p.lastPage(step)
	}
}

func (p *Plan) lastPage(step Step) {
	s := &p.search
	s.page = 0
	if p.reply == nil && step.Kind == StepList {
		s.proven = true
		s.fill = &Commit{Listed: p.kind.entries(s.candidates), Why: "the list, for the index"}
		return // the list step hands it over before it passes on
	}
	if step.Find != nil {
		s.proven = len(step.Find.Hides) == 0 || slices.ContainsFunc(s.candidates, func(c candidate) bool {
			resource, _ := p.kind.visible(c.native, nil)
			return s.matches(resource)
		})
	}
	p.done()
}

func (c *Call) most() int {
	switch {
	case c.AtMost > 0:
		return c.AtMost
	case c.Operation == List:
		return atMostList
	}
	return atMostFind
}

// shows reports whether an answer of the call shows all that the mapping reads.
func (c *Call) shows(k *Kind) bool { return !slices.ContainsFunc(k.needs, c.lacks) }

// entries are what the index keeps: of each item only what the mapping reads.
func (k *Kind) entries(candidates []candidate) []Entry {
	out := make([]Entry, 0, len(candidates))
	for _, c := range candidates {
		if c.native.Kind() == scim.KindObject {
			out = append(out, k.entry(c.id, c.native))
		}
	}
	return out
}

func (k *Kind) entry(id string, native scim.Value) Entry {
	e := Entry{Native: id}
	for _, a := range k.Attributes {
		if !a.indexed() {
			continue
		}
		if v, _ := a.visible(native); v.Kind() == scim.KindString {
			e.Keys = append(e.Keys, key(a.Path, v))
		}
	}
	return e
}

// enterRecheck lays the records over the candidates and checks each.
func (p *Plan) enterRecheck(step Step) Move {
	s := &p.search
	if !s.on {
		return nil
	}
	if !s.overlaid {
		all := p.request.Operation == List || p.request.Operation == Search
		return Ask{Natives: s.natives(), Keys: s.keys(), Remembered: all, Intents: all}
	}
	for p.reply == nil && s.checked < len(s.candidates) {
		c := &s.candidates[s.checked]
		if !c.whole && c.id != "" {
			return p.send(p.kind.Read, "read the candidate "+c.id, &Env{Names: map[string]scim.Value{"id": scim.String(c.id)}}, scim.Value{})
		}
		p.check(*c)
		s.checked++
	}
	p.endSearch()
	return nil
}

func (s *search) natives() []string {
	ids := make([]string, 0, len(s.candidates))
	for _, c := range s.candidates {
		ids = append(ids, c.id)
	}
	return ids
}

func (p *Plan) takeRecheck(got Outcome) {
	s := &p.search
	if !s.overlaid {
		s.intents = got.Intents
		p.overlay(got.Records)
		return
	}
	c := &s.candidates[s.checked]
	switch got = p.same(c.id, got); {
	case got.Kind == Found:
		s.asked = true
		c.native, c.whole = got.Native, true
	case got.Kind == Absent && p.kind.exists && c.record != nil:
		p.vanished = true
		c.record = c.record.clone()
		c.record.Gone, c.record.Native, c.id = true, "", ""
	case got.Kind == Absent:
		s.checked++
		p.pending = append(p.pending, Commit{Removed: c.id, Why: "the index named a resource that is gone"})
	default:
		p.fail(got)
	}
}

// overlay lays what is remembered over the candidates. A record that is none
// yet is one more: the vendor does not show what was kept, nor the remembered.
func (p *Plan) overlay(records []*Record) {
	s := &p.search
	s.overlaid = true
	byNative := make(map[string]*Record, len(records))
	for _, record := range records {
		if record.Gone || !s.ids[record.Native] {
			s.add(candidate{id: record.Native, record: record})
		} else {
			byNative[record.Native] = record
		}
	}
	for i := range s.candidates {
		if record := byNative[s.candidates[i].id]; record != nil && s.candidates[i].id != "" {
			s.candidates[i].record = record
		}
	}
	if len(s.wants) == 0 && s.filter == nil && len(s.intents) == 0 {
		s.total = len(s.candidates)
		s.candidates = slicePage(s.candidates, p.request)
	}
}

// slicePage cuts the page that a request asks for (RFC 7644 section 3.4.2.4).
func slicePage[T any](all []T, r *Request) []T {
	from := min(max(r.StartIndex, 1)-1, len(all))
	to := len(all)
	if r.Count >= 0 {
		to = min(from+r.Count, to)
	}
	return all[from:to]
}

// check keeps a candidate whose visible value matches.
func (p *Plan) check(c candidate) {
	resource, problems := p.present(c.record, c.id, c.native)
	if !p.search.matches(resource) || p.hidden(c, resource) {
		return
	}
	for _, problem := range problems {
		p.drop(c.id, problem)
	}
	if settled := p.kind.settle(c.record, c.native); settled != nil {
		p.pending = append(p.pending, Commit{Change: Change{Put: settled}, Why: "what the vendor made of the values sent last"})
	}
	p.search.hits = append(p.search.hits, hit{c, resource})
}

// hidden reports whether the candidate is the half user of a create that has
// not been answered.
func (p *Plan) hidden(c candidate, resource scim.Value) bool {
	if c.record != nil || p.request.Operation != List && p.request.Operation != Search {
		return false
	}
	return slices.ContainsFunc(p.search.intents, func(intent *Intent) bool {
		return intent.Native != "" && intent.Native == c.id || slices.ContainsFunc(p.kind.unique, func(path scim.Path) bool {
			return key(path, path.Get(resource)) == intent.Key
		})
	})
}

// endSearch lets the living hide the remembered, and sees that a miss counts.
func (p *Plan) endSearch() {
	s := &p.search
	living := map[Key]bool{}
	for _, h := range s.hits {
		for _, path := range p.kind.unique {
			if h.record == nil || !h.record.Gone {
				living[key(path, path.Get(h.resource))] = true
			}
		}
	}
	s.hits = slices.DeleteFunc(s.hits, func(h hit) bool {
		return h.record != nil && h.record.Gone && slices.ContainsFunc(p.kind.unique, func(path scim.Path) bool {
			return living[key(path, path.Get(h.resource))]
		})
	})
	if p.reply != nil || p.request.Operation != Search {
		return
	}
	if len(s.hits) == 0 && !s.proven {
		p.refuse(&scim.Error{Status: 400, ScimType: "invalidFilter", Detail: "the vendor file has neither a find nor a list that can answer this filter"})
	} else if len(s.hits) == 0 && len(s.wants) == 1 && p.kind.isUnique(s.wants[0].Path) {
		k := s.keys()[0]
		p.pending = append(p.pending, Commit{Missing: &k, Why: "nobody has the value"})
	}
}

func (k *Kind) isUnique(path scim.Path) bool {
	return slices.ContainsFunc(k.unique, func(u scim.Path) bool { return u.Dotted() == path.Dotted() })
}
