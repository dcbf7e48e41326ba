package transform

import (
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
	on       bool
	filter   scim.Filter // nil: everybody
	wants    []wanted    // of a filter or look-up: whoever is looked for is in one of them
	intents  []*Intent   // their users are not shown
	nobody   bool        // has the value: proved a moment ago
	ids      []string    // the SCIM ids that are asked for
	asked    bool        // the vendor was asked
	complete bool        // the list was read: everybody is among the candidates
	held     bool        // somebody shows the wanted value, whatever else the filter says
	listed   bool        // the index was contradicted: the list decides
	fills    bool        // the index waits for the list
	claim    scim.Value  // the native value that a create or rename would write
	claims   bool        // only who has that counts: it was refused

	asking *scim.Comparison  // of the find or index at work
	named  []scim.Comparison // the index has somebody who shows these

	candidates []candidate
	known      map[string]bool // the native ids of the candidates
	overlaid   bool
	checked    int
	hits       []hit
	ended      bool   // every candidate is checked
	shownHits  []hit  // those on the page
	manned     int    // of these, whose members are known
	total      int    // of all pages
	last       *place // of the page, where more follow it and a cursor tells where it ends

	pages   paging  // of the find or list at work
	entries []Entry // of the list, for the index
	unread  bool    // it does not show what the index needs
	fill    *Commit // the complete list, for the index
}

// wanted is one alternative of what is looked for.
type wanted struct {
	all     scim.Alternative
	covered bool // whoever it takes is among the candidates, or remembered here
	tried   int  // the number of finds that were considered for it
}

func (s *search) begin(filter scim.Filter) {
	*s = search{on: true, filter: filter, known: map[string]bool{}}
	if filter == nil {
		return
	}
	for _, alternative := range filter.Alternatives() {
		s.wants = append(s.wants, wanted{all: alternative})
	}
}

// lookFor begins a search for whoever shows a unique value.
func (p *Plan) lookFor(path scim.Path, v scim.Value) {
	nobody := p.search.nobody
	p.search = search{on: !nobody, nobody: nobody, known: map[string]bool{},
		wants: []wanted{{all: scim.Alternative{{Path: path, Operator: "eq", Value: v}}}}}
	p.prepareSearch()
	if a := p.kind.Attribute(path.Dotted()); a != nil && a.Sent() {
		p.search.claim, _ = p.nativeOf(a)
	}
}

// sought is what a look-up is about.
func (s *search) sought() scim.Comparison { return s.wants[0].all[0] }

// claimed reports whether a candidate has the native value that would be
// written, although Entra would see another: the mapping may be lossy.
func (p *Plan) claimed(c candidate) bool {
	s := &p.search
	if s.claim.IsEmpty() {
		return false
	}
	path := s.sought().Path
	native := p.kind.Attribute(path.Dotted()).Native.Get(c.native)
	return !native.IsEmpty() && path.Fold(native) == path.Fold(s.claim)
}

// remembered tells what to ask the records for: those under a key, and those that
// keep another value that compares as it should.
func (s *search) remembered() (keys []Key, kept []scim.Comparison) {
	for _, want := range s.wants {
		for _, c := range want.all {
			if c.Operator == "eq" && c.Value.Kind() == scim.KindString {
				keys = append(keys, key(c.Path, c.Value))
			} else {
				kept = append(kept, c)
			}
		}
	}
	return keys, kept
}

func (s *search) matches(resource scim.Value) bool {
	if s.filter != nil {
		return s.filter.Matches(resource)
	}
	return len(s.wants) == 0 || s.sought().Holds(resource)
}

// proven reports whether a miss counts: whoever is looked for is a candidate.
func (s *search) proven() bool {
	return s.complete || len(s.wants) > 0 && !slices.ContainsFunc(s.wants, func(w wanted) bool { return !w.covered })
}

// cover marks the alternatives that demand a comparison: all of whom it holds
// are candidates.
func (s *search) cover(c scim.Comparison) {
	for i := range s.wants {
		if slices.ContainsFunc(s.wants[i].all, c.Equal) {
			s.wants[i].covered = true
		}
	}
}

// prepareSearch uses what is known before the vendor is asked: an id names the only
// candidate, and a value without a home at the vendor can only be kept here.
func (p *Plan) prepareSearch() {
	s := &p.search
	for i := range s.wants {
		want := &s.wants[i]
		for _, c := range want.all {
			if c.Operator == "eq" && c.Path.Dotted() == "id" {
				want.covered = true
				id := c.Value.Text()
				s.ids = append(s.ids, id)
				if p.kind.ID.Fits(id) {
					s.add(candidate{id: id})
				}
			} else if a := p.kind.Attribute(c.Path.Dotted()); a != nil && a.Keep {
				want.covered = true
			}
		}
	}
}

func (s *search) add(c candidate) {
	if c.id != "" && s.known[c.id] {
		return
	}
	s.known[c.id] = c.id != ""
	s.candidates = append(s.candidates, c)
}
