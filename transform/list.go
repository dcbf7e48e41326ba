package transform

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// enterIndex asks the index of a vendor without search for one alternative after
// the other, where it has something to tell of all that are left.
func (p *Plan) enterIndex() Move {
	s := &p.search
	if !s.on || s.proven() || s.listed || p.write.doubt != nil || p.write.intent != nil {
		return nil // a create in doubt is not in the index yet
	}
	s.asking = nil
	for _, want := range s.wants {
		if want.covered {
			continue
		}
		c := p.indexedOf(want.all)
		if c == nil {
			s.asking = nil
			return nil
		}
		if s.asking == nil {
			s.asking = c
		}
	}
	if s.asking == nil {
		return nil
	}
	k := key(s.asking.Path, p.indexedAs(*s.asking))
	return Ask{Kind: p.kind, Index: &k}
}

// indexedOf is the first comparison of an alternative that the index can be asked for.
func (p *Plan) indexedOf(all scim.Alternative) *scim.Comparison {
	for i, c := range all {
		if a := p.kind.Attribute(c.Path.Dotted()); c.Operator == "eq" && a != nil && a.indexed() {
			return &all[i]
		}
	}
	return nil
}

// indexedAs is the value under which the index would have what is looked for: of
// a claim, what the native value that it would write reads as.
func (p *Plan) indexedAs(c scim.Comparison) scim.Value {
	if p.search.claim.IsEmpty() {
		return c.Value
	}
	a := p.kind.Attribute(c.Path.Dotted())
	v, _ := a.visible(a.Native.Set(scim.Object(), p.search.claim), nil)
	if v.IsEmpty() {
		return c.Value
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
		s.named = append(s.named, *s.asking)
		s.cover(*s.asking)
	case Absent:
		s.cover(*s.asking)
	default:
		s.fills = true
		p.done()
	}
}

func (p *Plan) enterList(step Step) Move {
	if fill := p.search.fill; fill != nil {
		p.search.fill = nil
		return *fill
	}
	if !p.search.on || p.search.proven() {
		return nil
	}
	pages := &p.search.pages
	pages.restart()
	return p.sendPage(pages, step.Call, fmt.Sprintf("list, page %d", pages.page), pages.env(scim.Value{}))
}

// takePage takes a page of a find or list.
func (p *Plan) takePage(step Step, got Outcome) {
	s := &p.search
	if s.pages.page == 0 { // the complete list was handed over
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
		p.takeItem(step, call, item)
	}
	if problem := s.pages.turn(p.up, call, got); problem != nil && p.reply == nil {
		p.fail(*problem)
	}
	if s.pages.page == 0 || p.reply != nil {
		p.lastPage(step)
	}
}

func (p *Plan) takeItem(step Step, call *Call, item scim.Value) {
	s := &p.search
	id := strings.Clone(call.idOf(item, p.kind.ID)) // not a piece of the vendor's whole list
	if id == "" {
		p.fail(broken("an item of the vendor's list has no id"))
	}
	s.pages.meets(id)
	c := candidate{id: id, foreign: !p.kind.ID.Fits(id)}
	if item.Kind() == scim.KindObject { // else the bare id
		c.native, c.whole, c.guarded = item, call.shows(p.kind.needs), call.shows(p.kind.guards)
		c.manned = p.kind.Members != nil && !call.lacks(p.kind.Members.Native)
	}
	if step.Kind == StepList && s.fills {
		p.enlist(call, c)
	}
	if step.Kind != StepList || !p.cannotBe(c) {
		s.add(c)
	}
}

// enlist notes an item of the list for the index.
func (p *Plan) enlist(call *Call, c candidate) {
	s := &p.search
	if c.native.IsAbsent() || !call.shows(p.kind.indexes) {
		s.unread = true
	}
	if !s.unread {
		s.entries = append(s.entries, p.kind.entryOf(c))
	}
}

// cannotBe reports whether an item of the list is nobody who is looked for, so that
// a long one need not be held: no alternative takes it as the vendor shows it, nor
// by a kept value, whose record is found for itself.
func (p *Plan) cannotBe(c candidate) bool {
	s := &p.search
	if len(s.wants) == 0 || !c.whole || p.claimed(c) {
		return false
	}
	resource, _ := p.visible(c.native, nil)
	return !slices.ContainsFunc(s.wants, func(w wanted) bool {
		return !slices.ContainsFunc(w.all, func(c scim.Comparison) bool { return p.kind.shows(c.Path) && !c.Holds(resource) })
	})
}

// shows reports whether the vendor's resource alone tells what is at a path. Whom a
// reference means, who is in a group and the id of one re-created it does not.
func (k *Kind) shows(path scim.Path) bool {
	at := func(a *Attribute) bool { return a.Path.Covers(path) || path.Covers(a.Path) }
	return slices.ContainsFunc(k.Attributes, at) && !slices.ContainsFunc(k.Attributes, func(a *Attribute) bool { return a.Ref != nil && at(a) })
}

func (p *Plan) lastPage(step Step) {
	s := &p.search
	s.pages.page = 0
	if p.reply != nil {
		return
	}
	if step.Find != nil {
		p.found(step.Find)
		return
	}
	if p.program.Steps[p.at+1].Kind == StepList { // which shows the rest of them
		p.done()
		return
	}
	s.complete = true
	if s.fills && !s.unread {
		s.fill = &Commit{Listed: nonNil(s.entries), Why: "the list, for the index"} // the list step hands it over before it passes on
		s.entries = nil
	}
}

// nonNil tells a list of nobody from none.
func nonNil(entries []Entry) []Entry {
	if entries == nil {
		return []Entry{}
	}
	return entries
}

func (c *Call) most() int {
	switch {
	case c.AtMost > 0:
		return c.AtMost
	case c.Operation == Find:
		return atMostFind
	}
	return atMostList
}

// shows reports whether an answer of the call shows all of these fields.
func (c *Call) shows(fields []NativePath) bool { return !slices.ContainsFunc(fields, c.lacks) }

// fillRead hands the list over once each of its items has been read, where it does
// not itself show what the index needs.
func (p *Plan) fillRead() {
	s := &p.search
	if !s.complete || !s.fills || !s.unread || p.reply != nil {
		return
	}
	entries := make([]Entry, 0, len(s.candidates))
	for _, c := range s.candidates {
		if c.native.IsAbsent() && c.record == nil {
			return // it is not known under which values
		}
		if !c.native.IsAbsent() {
			entries = append(entries, p.kind.entryOf(c))
		}
	}
	p.pending = append(p.pending, Commit{Listed: entries, Why: "the list, for the index"})
}

func (k *Kind) entryOf(c candidate) Entry {
	return k.entry(c.id, func(a *Attribute) scim.Value {
		v, _ := a.visible(c.native, nil) // what passes through a lookup has no entry
		return v
	})
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
			e.Marks = append(e.Marks, Key{a.Name, a.Path.Fold(v)}.Mark())
		}
	}
	e.Marks = slices.Clip(e.Marks)
	return e
}

// taken are the unique values of a resource.
func (k *Kind) taken(visible func(*Attribute) scim.Value) (keys []Key) {
	for _, a := range k.Attributes {
		if v := visible(a); a.indexed() && k.isUnique(a.Path) && v.Kind() == scim.KindString {
			keys = append(keys, a.key(v))
		}
	}
	return keys
}
