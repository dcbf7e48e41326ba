package transform

import (
	"fmt"
	"slices"
	"strings"

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
	nobody  bool            // has the value: proved a moment ago
	id      string          // the SCIM id that is asked for
	asked   bool            // the vendor was asked
	proven  bool            // a miss counts
	held    bool            // somebody shows the wanted values, whatever else the filter says
	indexed bool            // the candidates are the index's
	listed  bool            // the index was contradicted: the list decides
	claim   scim.Value      // the native value that a create or rename would write
	claims  bool            // only who has that counts: it was refused

	candidates []candidate
	ids        map[string]bool
	overlaid   bool
	checked    int
	hits       []hit
	ended      bool   // every candidate is checked
	shownHits  []hit  // those on the page
	manned     int    // of these, whose members are known
	total      int    // of all pages
	last       *place // of the page, where more follow it and a cursor tells where it ends

	page, seen int
	next       scim.Value
	fill       *Commit         // a complete list, for the index
	shown      map[string]bool // the ids on the pages so far
}

func (s *search) begin(filter scim.Filter) {
	*s = search{on: true, filter: filter, ids: map[string]bool{}}
	if filter != nil {
		s.wants = filter.Equalities()
	}
}

// lookFor begins a search for whoever shows a unique value.
func (p *Plan) lookFor(path scim.Path, v scim.Value) {
	nobody := p.search.nobody
	p.search = search{on: !nobody, nobody: nobody, ids: map[string]bool{}, wants: []scim.Equality{{Path: path, Value: v}}}
	p.prepareSearch()
	if a := p.kind.Attribute(path.Dotted()); a != nil && a.Sent() {
		p.search.claim, _ = p.nativeOf(a)
	}
}

// claimed reports whether a candidate has the native value that would be
// written, although Entra would see another: the mapping may be lossy.
func (p *Plan) claimed(c candidate) bool {
	s := &p.search
	if s.claim.IsEmpty() || len(s.wants) == 0 {
		return false
	}
	native := p.kind.Attribute(s.wants[0].Path.Dotted()).Native.Get(c.native)
	return !native.IsEmpty() && s.wants[0].Path.Fold(native) == s.wants[0].Path.Fold(s.claim)
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
	return s.holds(resource)
}

// holds reports whether the resource shows the wanted values.
func (s *search) holds(resource scim.Value) bool {
	for _, want := range s.wants {
		shown := want.Path.Get(resource)
		if shown.IsAbsent() || want.Path.Fold(shown) != want.Path.Fold(want.Value) {
			return false
		}
	}
	return true
}

// prepareSearch uses what is known before the vendor is asked: an id names the only
// candidate, and a value without a home at the vendor can only be kept here.
func (p *Plan) prepareSearch() {
	s := &p.search
	for _, want := range s.wants {
		if want.Path.Dotted() == "id" {
			s.proven, s.id = true, want.Value.Text()
			if p.kind.ID.Fits(s.id) {
				s.add(candidate{id: s.id})
			}
		} else if a := p.kind.Attribute(want.Path.Dotted()); a != nil && a.Keep {
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

func (p *Plan) enterFind(step Step) Move {
	s := &p.search
	if !s.on || s.proven {
		return nil
	}
	s.restart()
	for _, want := range s.wants {
		if !contains(step.Find.By, want.Path) {
			continue
		}
		env := p.findEnv(want.Path, p.searched(want))
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
func (p *Plan) searched(want scim.Equality) scim.Value {
	a := p.kind.Attribute(want.Path.Dotted())
	if !p.search.claim.IsEmpty() {
		return p.search.claim
	}
	if a == nil || len(a.inputs) > 1 || !a.pure {
		return want.Value
	}
	v, problem := a.native(&Env{User: want.Path.Set(scim.Object(), want.Value), Tables: p.lookups.tables})
	if problem != "" || v.IsEmpty() {
		return want.Value
	}
	return v
}

// restart begins the paging of a step that is entered for the first time.
func (s *search) restart() {
	if s.page == 0 {
		s.page, s.seen, s.next, s.shown = 1, 0, scim.Value{}, map[string]bool{}
	}
}

// findEnv is what a find sees that looks for a value.
func (p *Plan) findEnv(path scim.Path, v scim.Value) *Env {
	env := p.search.env(v)
	env.Names["filter"] = p.kind.filterFor(path, v)
	return env
}

func (s *search) env(value scim.Value) *Env {
	return &Env{Value: value, Names: map[string]scim.Value{
		"page": scim.Int(int64(s.page)), "seen": scim.Int(int64(s.seen)), "next": s.next,
	}}
}

func (p *Plan) enterIndex() Move {
	s := &p.search
	if !s.on || s.proven || s.listed || p.write.doubt != nil || p.write.intent != nil {
		return nil // a create in doubt is not in the index yet
	}
	for _, want := range s.wants {
		if a := p.kind.Attribute(want.Path.Dotted()); a != nil && a.indexed() {
			k := key(want.Path, p.indexedAs(a, want))
			return Ask{Kind: p.kind, Index: &k}
		}
	}
	return nil
}

// indexedAs is the value under which the index would have what is looked for: of
// a claim, what the native value that it would write reads as.
func (p *Plan) indexedAs(a *Attribute, want scim.Equality) scim.Value {
	if p.search.claim.IsEmpty() {
		return want.Value
	}
	v, _ := a.visible(a.Native.Set(scim.Object(), p.search.claim), nil)
	if v.IsEmpty() {
		return want.Value
	}
	return v
}

// indexed reports whether the index of a vendor without search has the attribute.
func (a *Attribute) indexed() bool {
	return a.home() && a.Ref == nil && a.Lookup == nil && a.Mutability != "writeOnly" && a.Path.Leaf().Type == "string"
}

func (p *Plan) takeIndex(got Outcome) {
	s := &p.search
	switch got.Kind {
	case Found:
		for _, id := range got.Natives {
			s.add(candidate{id: id})
		}
		s.proven, s.indexed = true, true
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
	for _, item := range got.Items {
		id := call.idOf(item, p.kind.ID)
		if id == "" {
			p.fail(broken("an item of the vendor's list has no id"))
		} else if !s.shown[id] {
			s.shown[id] = true
			s.seen++
		}
		s.add(candidate{id: id, native: item, whole: call.shows(p.kind.needs), manned: p.kind.Members != nil && !call.lacks(p.kind.Members.Native),
			guarded: call.shows(p.kind.guards), foreign: !p.kind.ID.Fits(id)})
	}
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
			resource, _ := p.visible(c.native, nil)
			return s.matches(resource)
		})
	}
	p.done()
}

func (c *Call) most() int {
	switch {
	case c.AtMost > 0:
		return c.AtMost
	case c.Operation == List, c.Operation == LookUp:
		return atMostList
	}
	return atMostFind
}

// shows reports whether an answer of the call shows all of these fields.
func (c *Call) shows(fields []NativePath) bool { return !slices.ContainsFunc(fields, c.lacks) }

// entries are what the index keeps: who there is, and the values to find them by.
func (k *Kind) entries(candidates []candidate) []Entry {
	out := make([]Entry, 0, len(candidates))
	for _, c := range candidates {
		if c.native.Kind() == scim.KindObject {
			out = append(out, k.entry(c.id, func(a *Attribute) scim.Value {
				v, _ := a.visible(c.native, nil) // what passes through a lookup has no entry
				return v
			}))
		}
	}
	return out
}

// entry has the values of a resource that a look-up may ask for: without a list
// there is no index, and only what proves a value free is of use.
func (k *Kind) entry(id string, visible func(*Attribute) scim.Value) Entry {
	e := Entry{Native: strings.Clone(id)}
	for _, a := range k.Attributes {
		if !a.indexed() || k.List == nil && !k.isUnique(a.Path) {
			continue
		}
		if v := visible(a); v.Kind() == scim.KindString {
			e.Keys = append(e.Keys, a.key(v))
		}
	}
	return e
}
