package transform

import (
	"slices"

	"scimshim/transform/scim"
)

// FindCall is a call that searches.
type FindCall struct {
	*Call
	By    []By
	Hides []string // "case", "inactive": what it misses
}

// Operators are those that a find can be asked with; eq needs not be said.
var Operators = []string{"eq", "co", "sw", "ew", "gt", "ge", "lt", "le"}

// By is what a find can be asked for: the values of an attribute that compare so.
type By struct {
	Path     scim.Path
	Operator string // eq, co, sw, ew, gt, ge, lt or le
}

// String is what the vendor file says: userName, or userName sw.
func (b By) String() string {
	if b.Operator == "eq" {
		return b.Path.Dotted()
	}
	return b.Path.Dotted() + " " + b.Operator
}

// text reports whether any text can be asked for.
func (b By) text() bool { return b.Path.Leaf().Type == "string" }

func (f *FindCall) takes(c scim.Comparison) bool {
	return slices.ContainsFunc(f.By, func(b By) bool { return b.Operator == c.Operator && b.Path.Equal(c.Path) })
}

// Alternatives is for how many alternatives of a filter the find can be asked.
func (f *FindCall) Alternatives(filter scim.Filter) (n int) {
	for _, alternative := range filter.Alternatives() {
		if slices.ContainsFunc(alternative, f.takes) {
			n++
		}
	}
	return n
}

// enterFind asks for one alternative after the other, as far as this find can tell
// of them.
func (p *Plan) enterFind(step Step) Move {
	s := &p.search
	if !s.on || s.proven() || !p.spareList() {
		return nil
	}
	if s.pages.page == 0 {
		if s.asking = p.nextAsked(step); s.asking == nil {
			return nil
		}
	}
	s.pages.restart()
	return p.sendPage(&s.pages, step.Find.Call, "find by "+By{s.asking.Path, s.asking.Operator}.String(), p.findEnv(*s.asking))
}

// nextAsked is what the find is to be asked for next.
func (p *Plan) nextAsked(step Step) *scim.Comparison {
	for i := range p.search.wants {
		want := &p.search.wants[i]
		if want.covered || want.tried > step.Number {
			continue
		}
		want.tried = step.Number + 1
		if c := p.askedOf(step.Find, want.all); c != nil {
			return c
		}
	}
	return nil
}

// spareList reports whether the list may not be needed: where one alternative has
// neither a find nor the index, the list tells of all, and no find is asked.
func (p *Plan) spareList() bool {
	return !slices.ContainsFunc(p.search.wants, func(w wanted) bool {
		finds := func(find *FindCall) bool { return p.askedOf(find, w.all) != nil }
		return !w.covered && !slices.ContainsFunc(p.kind.Finds, finds) && (p.kind.List == nil || p.indexedOf(w.all) == nil)
	})
}

// askedOf is the first comparison of an alternative that a find can be asked for.
func (p *Plan) askedOf(find *FindCall, all scim.Alternative) *scim.Comparison {
	for i, c := range all {
		if !find.takes(c) || !p.kind.Passes(By{c.Path, c.Operator}) {
			continue
		}
		if find.When != nil {
			if holds, _ := find.When.Holds(p.findEnv(c)); !holds {
				continue
			}
		}
		return &all[i]
	}
	return nil
}

// Passes reports whether the vendor's values compare as those do that Entra sees.
// A value that is asked for by eq passes the mapping; a piece or a bound of one
// does not.
func (k *Kind) Passes(by By) bool {
	return by.Operator == "eq" || !slices.ContainsFunc(k.Attributes, func(a *Attribute) bool {
		return a.Path.Covers(by.Path) && (a.Write != nil || a.Values != nil || a.Lookup != nil || a.Ref != nil)
	})
}

// searched is the value to search for at the vendor: the one that the mapping
// would have written, where that depends on nothing else.
func (p *Plan) searched(c scim.Comparison) scim.Value {
	a := p.kind.Attribute(c.Path.Dotted())
	if !p.search.claim.IsEmpty() {
		return p.search.claim
	}
	if c.Operator != "eq" || a == nil || len(a.inputs) > 1 || !a.pure {
		return c.Value
	}
	v, problem := a.native(&Env{User: c.Path.Set(scim.Object(), c.Value), Tables: p.lookups.tables})
	if problem != "" || v.IsEmpty() {
		return c.Value
	}
	return v
}

// findEnv is what a find sees that looks for a value.
func (p *Plan) findEnv(c scim.Comparison) *Env {
	c.Value = p.searched(c)
	env := p.search.pages.env(c.Value)
	env.Names["filter"] = p.kind.filterFor(c)
	return env
}

// found takes the last page of a find. One that hides somebody proves nothing but
// who has a value that nobody else can have.
func (p *Plan) found(find *FindCall) {
	s := &p.search
	c := *s.asking
	shows := func(of candidate) bool {
		resource, _ := p.visible(of.native, nil)
		return c.Holds(resource)
	}
	if len(find.Hides) == 0 || c.Operator == "eq" && p.kind.isUnique(c.Path) && slices.ContainsFunc(s.candidates, shows) {
		s.cover(c)
	}
	s.asking = nil
}
