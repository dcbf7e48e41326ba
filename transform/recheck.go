package transform

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// candidate is a resource that may be a hit.
type candidate struct {
	id      string
	native  scim.Value
	whole   bool // native shows everything that the mapping reads
	manned  bool // and who is in the group, where the group's resource has that
	guarded bool // and everything that protect looks at
	read    bool // it was read, after the record was asked for
	foreign bool // cannot be shown under its id: it holds its values, and is none of ours
	record  *Record
	muster  *muster    // of a group: who is asked for
	members scim.Value // who is in it, as far as asked
}

// hit is a resource that is one.
type hit struct {
	candidate
	resource scim.Value
}

// enterRecheck lays the records over the candidates and checks each.
func (p *Plan) enterRecheck() Move {
	s := &p.search
	if !s.on {
		return nil
	}
	if !s.overlaid {
		all := p.searches()
		keys, kept := s.remembered()
		return Ask{Kind: p.kind, IDs: s.ids, Natives: s.natives(), Keys: keys, Kept: kept, Remembered: all, Intents: all}
	}
	for p.reply == nil && s.checked < len(s.candidates) {
		c := &s.candidates[s.checked]
		if !c.whole && c.id != "" && !c.foreign {
			return p.sendRead(c.id, "read the candidate "+c.id)
		}
		if move := p.completes(c); move != nil || p.reply != nil {
			return move
		}
		if p.misses(c.native) {
			p.at = p.program.last(StepLookup) - len(p.kind.lookups) + 1
			return proceed{}
		}
		p.check(*c)
		s.checked++
	}
	if !s.ended {
		if p.contradicted() {
			return nil
		}
		p.fillRead()
		p.endSearch()
		s.ended = true
		s.turn(p)
	}
	return p.manPage()
}

// turn cuts the page that is shown.
func (s *search) turn(p *Plan) {
	if s.shownHits = s.hits; s.total == 0 {
		s.total = len(s.hits)
		s.shownHits = page(p, s.hits, p.request.hitPlace)
	}
}

// manPage asks who is in the groups that are shown, where nothing before had to know.
func (p *Plan) manPage() Move {
	s := &p.search
	if p.reply != nil || p.kind.Members == nil || !p.searches() || p.request.aboutMembers() || !p.shows(p.kind.Members.attribute.Path) {
		return nil
	}
	for ; s.manned < len(s.shownHits); s.manned++ {
		h := &s.shownHits[s.manned]
		if move := p.man(&h.candidate, nil); move != nil || p.reply != nil {
			return move
		}
		h.resource, _ = p.present(h.record, h.id, h.native, h.members)
	}
	return nil
}

// contradicted reports whether the index named somebody who is not there, and
// turns to the list: whoever is looked for may go by another id by now.
func (p *Plan) contradicted() bool {
	s := &p.search
	if p.reply != nil || s.complete || len(s.named) == 0 {
		return false
	}
	s.candidates, s.known, s.overlaid, s.checked, s.hits = nil, map[string]bool{}, false, 0, nil
	s.named, s.listed = nil, true
	for i := range s.wants {
		s.wants[i].covered = false
	}
	p.pending = append(p.pending, Commit{Stale: true, Why: "the index named a resource that is not there"})
	p.at = p.program.at(StepList) - 1
	return true
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
	if s.ended {
		p.answered(s.shownHits[s.manned].muster, got)
		return
	}
	c := &s.candidates[s.checked]
	if c.muster != nil {
		p.answered(c.muster, got)
		return
	}
	switch got = p.same(c.id, got); {
	case got.Kind == Found:
		s.asked = true
		c.native, c.whole, c.manned, c.read, c.guarded = got.Native, true, true, true, p.kind.Read.shows(p.kind.guards)
	case got.Kind == Absent && p.kind.Exists() && c.record != nil:
		p.vanished, c.record, c.id = true, p.departed(c.record), ""
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
	records = slices.DeleteFunc(slices.Clone(records), p.forgets)
	byNative, taken := make(map[string]*Record, len(records)), map[string]bool{}
	for _, record := range records {
		taken[record.ID] = record.Native != record.ID
		if record.Native != record.ID && slices.Contains(s.ids, record.ID) { // re-created: its native id is another
			s.drop(record.ID)
		}
		if record.Gone || !s.known[record.Native] {
			s.add(candidate{id: record.Native, record: record})
		} else {
			byNative[record.Native] = record
		}
	}
	for i := range s.candidates {
		c := &s.candidates[i]
		if record := byNative[c.id]; record != nil && c.id != "" {
			c.record = record
		} else if c.record == nil && taken[c.id] {
			c.foreign = true // Entra knows somebody else by this id
		}
	}
	if p.searches() {
		s.candidates = slices.DeleteFunc(s.candidates, func(c candidate) bool { return c.foreign })
	}
	remembers := slices.ContainsFunc(records, func(r *Record) bool { return r.Gone }) // whom a living one may hide
	if len(s.wants) == 0 && len(s.intents) == 0 && !remembers && !p.request.Sorted() {
		s.total = len(s.candidates)
		s.candidates = page(p, s.candidates, candidatePlace)
	}
}

// drop takes back a candidate of whom nothing but the id was known.
func (s *search) drop(id string) {
	s.candidates = slices.DeleteFunc(s.candidates, func(c candidate) bool { return c.id == id })
	delete(s.known, id)
}

// completes learns what only the gateway can say of a candidate: who is meant by
// its references, and who is in the group, where somebody asks for that.
func (p *Plan) completes(c *candidate) Move {
	if p.kind.refers == nil {
		return nil
	}
	if move := p.translate(nil, p.kind.named(c.native, c.record)); move != nil || p.reply != nil {
		return move
	}
	asked, asks := p.request.membersAsked(p)
	if !asks || c.foreign || !c.members.IsAbsent() || !p.request.aboutMembers() {
		return nil
	}
	return p.man(c, asked)
}

// aboutMembers reports whether who is in a group decides what is found, or in which order.
func (r *Request) aboutMembers() bool {
	return r.Sorted() && r.SortBy.IsMembers() || r.Filter != nil && slices.ContainsFunc(r.Filter.Paths(), scim.Path.IsMembers)
}

// man learns who is in a group.
func (p *Plan) man(c *candidate, asked []string) Move {
	if c.muster == nil {
		c.muster = &muster{group: c.id, record: c.record, asked: asked}
		if c.manned {
			c.muster.native = c.native
		}
	}
	if move := p.asks(c.muster); move != nil || p.reply != nil {
		return move
	}
	ids := p.mustered(c.muster)
	if asked != nil {
		p.partial = true // the others are not known
		p.noteMembers(c, ids)
	}
	c.members, c.muster = p.membersOf(ids), nil
	return nil
}

// membersAsked gives the SCIM ids whose membership a search asks for; nil for
// everybody. asks is false where it does not look at members.
func (r *Request) membersAsked(p *Plan) (asked []string, asks bool) {
	mem := p.kind.Members
	if mem == nil || !p.searches() {
		return nil, false
	}
	named := 0
	if r.Filter != nil {
		for _, path := range r.Filter.Paths() {
			if path.IsMembers() {
				named++
			}
		}
		for _, e := range scim.Equalities(r.Filter) {
			if e.Path.IsMembers() && e.Path.Sub != nil && e.Path.Sub.Name == "value" {
				asked = append(asked, e.Value.Text())
			}
		}
	}
	if r.Sorted() && r.SortBy.IsMembers() {
		return nil, true
	}
	if shown := p.shows(mem.attribute.Path); shown || len(asked) != named {
		return nil, shown || named > 0
	}
	return asked, named > 0
}

// noteMembers remembers whether those asked for are in the group, where the vendor
// would forget it with the account: Entra does not add who is there.
func (p *Plan) noteMembers(c *candidate, ids []string) {
	if !p.kind.refers.To.Exists() {
		return
	}
	record := c.record
	if record == nil {
		record = &Record{ID: c.id, Native: strings.Clone(c.id)}
	}
	all := without(record.members(), without(c.muster.asked, ids))
	if all = append(all, without(ids, all)...); !sameMembers(all, record.members()) {
		p.pending = append(p.pending, Commit{Change: Change{Put: record.withMembers(p.kind, all)}, Why: "who is in the group"})
	}
}

// check keeps a candidate whose visible value matches.
func (p *Plan) check(c candidate) {
	resource, problems := p.present(c.record, c.id, c.native, c.members)
	p.noteHeld(c, resource)
	if !p.claimed(c) && (p.search.claims || !p.search.matches(resource)) || p.hidden(c, resource) {
		return
	}
	for _, problem := range problems {
		p.drop(c.id, problem)
	}
	// A page of a list may be older than the record; a read that came after is not.
	if settled := p.kind.settle(c.record, c.native, p.lookups.tables); settled != nil && c.read && p.searches() {
		p.pending = append(p.pending, Commit{Change: Change{Put: settled}, Why: "what the vendor made of the values sent last"})
	}
	p.search.hits = append(p.search.hits, hit{c, resource})
}

// noteHeld notes who shows what is looked for, though the rest of the filter may
// not take him. Of what the index says only the vendor's own value counts: what is
// kept is laid over it.
func (p *Plan) noteHeld(c candidate, resource scim.Value) {
	s := &p.search
	if lone, ok := s.lone(); ok && lone.Holds(resource) {
		s.held = true
	}
	if len(s.named) == 0 || c.native.IsAbsent() {
		return
	}
	native, _ := p.visible(c.native, nil)
	claimed := p.claimed(c)
	s.named = slices.DeleteFunc(s.named, func(named scim.Comparison) bool { return claimed || named.Holds(native) })
}

// lone is the one equality that is all that is asked for.
func (s *search) lone() (c scim.Comparison, ok bool) {
	if len(s.wants) != 1 || len(s.wants[0].all) != 1 {
		return c, false
	}
	c = s.wants[0].all[0]
	return c, c.Operator == "eq"
}

// searches reports whether the request itself is a search: it has no lock on
// the resources that it finds, and does not see those half made.
func (p *Plan) searches() bool {
	return p.request.Operation == List || p.request.Operation == Find
}

// hidden reports whether the candidate is half made: its create takes several
// calls and has not been answered. A user whom one call has made is whole, and
// must be found: Entra may want to disable instead of creating again.
func (p *Plan) hidden(c candidate, resource scim.Value) bool {
	if c.record != nil || !p.searches() || len(p.kind.Create) < 2 {
		return false
	}
	half := slices.ContainsFunc(p.search.intents, func(intent *Intent) bool {
		return intent.mayResume(p.facts.Now) && (intent.Native != "" && intent.Native == c.id || slices.ContainsFunc(p.kind.unique, func(path scim.Path) bool {
			return key(path, path.Get(resource)) == intent.Key
		}))
	})
	if half {
		p.drop(c.id, "half made: not shown until the create is repeated")
	}
	return half
}

// endSearch lets the living hide the remembered, and sees that a miss counts.
func (p *Plan) endSearch() {
	s := &p.search
	living := map[Key]bool{}
	for _, h := range s.hits {
		for _, path := range p.kind.unique {
			if v := path.Get(h.resource); !v.IsAbsent() && (h.record == nil || !h.record.Gone) {
				living[key(path, v)] = true
			}
		}
	}
	s.hits = slices.DeleteFunc(s.hits, func(h hit) bool {
		return h.record != nil && h.record.Gone && slices.ContainsFunc(p.kind.unique, func(path scim.Path) bool {
			return living[key(path, path.Get(h.resource))]
		})
	})
	if p.request.Operation == List && p.kind.List == nil {
		p.refuse(&scim.Error{Status: 501, Detail: fmt.Sprintf("the vendor file has no list of %s: look for one with a filter", p.kind.Name)})
	}
	if p.reply != nil || p.request.Operation != Find {
		return
	}
	if slices.ContainsFunc(s.wants, func(w wanted) bool { return !p.settled(w) }) {
		p.refuse(&scim.Error{Status: 400, ScimType: scim.InvalidFilter, Detail: "the vendor file has neither a find nor a list that can answer this filter"})
	} else if lone, ok := s.lone(); ok && len(s.hits) == 0 && !s.held && p.kind.isUnique(lone.Path) {
		k := key(lone.Path, lone.Value)
		p.pending = append(p.pending, Commit{Nobody: &k, Why: "nobody has the value"})
	}
}

// settled reports whether nobody else can be in an alternative than those found:
// it was covered, or somebody shows the value of it that nobody else can have.
func (p *Plan) settled(w wanted) bool {
	return p.search.complete || w.covered || slices.ContainsFunc(w.all, func(c scim.Comparison) bool {
		return c.Operator == "eq" && p.kind.isUnique(c.Path) && slices.ContainsFunc(p.search.hits, func(h hit) bool { return c.Holds(h.resource) })
	})
}

func (k *Kind) isUnique(path scim.Path) bool {
	return contains(k.unique, path)
}

// contains reports whether a path is one of these.
func contains(paths []scim.Path, path scim.Path) bool {
	return slices.ContainsFunc(paths, path.Equal)
}
