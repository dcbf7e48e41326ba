package scim

import (
	"fmt"
	"slices"
	"strings"
)

// Apply gives the resource, which must be folded, with the operations applied
// in order, and what was ignored. Either all are applied or, with an error, none.
func (p Patch) Apply(before Value) (after Value, ignored []Finding, err *Error) {
	after, ignored = before, p.findings
	for _, s := range p.steps {
		next, err := s.apply(after)
		switch {
		case err == nil:
			after = next
		case p.deactivates():
			ignored = append(slices.Clip(ignored), Finding{s.path.Portal(), err.Detail, false})
		default:
			return before, p.findings, err
		}
	}
	return after, ignored, nil
}

func (s step) apply(resource Value) (Value, *Error) {
	if s.path.Where == nil && s.kind == set && !s.movesPrimary() {
		return s.path.Set(resource, s.value), nil
	}
	whole := s.list()
	list := whole.Get(resource)
	switch s.kind {
	case join:
		return whole.Set(resource, onePrimary(list, s.joined(list))), nil
	case take:
		return whole.Set(resource, s.taken(list)), nil
	}
	if !s.hasTarget(list) {
		return resource, BadRequest(NoTarget, fmt.Sprintf("operation %d: nothing matches %q", s.operation, s.path.Portal()))
	}
	return whole.Set(resource, onePrimary(list, s.path.setElements(list, s.value))), nil
}

// hasTarget reports whether the filter of the path selects an element, or says
// enough to make one: Entra replaces emails[type eq "work"].value where there is
// none, for which RFC 7644 section 3.5.2.3 demands an error. A removal needs no target.
func (s step) hasTarget(list Value) bool {
	if s.path.Where == nil || s.value.IsAbsent() {
		return true
	}
	for _, item := range list.Items() {
		if s.path.Where.Matches(item) {
			return true
		}
	}
	_, ok := s.path.fresh()
	return ok
}

// joined adds values to a list. One that is there already is merged into it:
// adding a member twice is adding it once.
func (s step) joined(list Value) Value {
	items := append([]Value(nil), list.Items()...)
	index := newElementIndex(s.path.Attribute, items)
	for _, value := range s.value.Items() {
		if i := index.find(items, value); i >= 0 {
			items[i] = mergeElement(items[i], value)
			index.add(i, items[i])
			continue
		}
		index.add(len(items), value)
		items = append(items, value)
	}
	return ListOf(items...)
}

func mergeElement(element, over Value) Value {
	for _, m := range over.Members() {
		element = element.With(m.Name, m.Value)
	}
	return element
}

// taken removes from a list the values that are named.
func (s step) taken(list Value) Value {
	index := newElementIndex(s.path.Attribute, s.value.Items())
	index.uniqueTypes = false
	var items []Value
	for _, item := range list.Items() {
		if index.find(s.value.Items(), item) < 0 {
			items = append(items, item)
		}
	}
	return ListOf(items...)
}

// elementIndex finds the element of a list that is the same as another, by its
// value where there is one: groups have many members.
type elementIndex struct {
	attribute   *Attribute
	value       *Attribute // nil: elements without a sub-attribute `value`
	uniqueTypes bool
	byValue     map[string][]int
}

func newElementIndex(a *Attribute, items []Value) *elementIndex {
	x := &elementIndex{attribute: a, value: a.SubAttribute("value"), byValue: map[string][]int{}}
	// Entra demands that the types of these differ, and a vendor file maps them
	// by type: a second address of a type would be accepted and never be seen.
	x.uniqueTypes = a.Name == "emails" || a.Name == "phoneNumbers" || a.Name == "addresses"
	for i, item := range items {
		x.add(i, item)
	}
	return x
}

func (x *elementIndex) key(item Value) (string, bool) {
	if x.value == nil {
		return "", false
	}
	v := item.Member("value")
	return Path{Attribute: x.attribute, Sub: x.value}.Fold(v), !v.IsAbsent()
}

func (x *elementIndex) add(i int, item Value) {
	if key, ok := x.key(item); ok {
		x.byValue[key] = append(x.byValue[key], i)
	}
}

func (x *elementIndex) find(items []Value, element Value) int {
	kind := element.Member("type").literal()
	if x.uniqueTypes && kind != "" {
		for i, item := range items {
			if strings.EqualFold(item.Member("type").literal(), kind) {
				return i
			}
		}
	}
	if key, ok := x.key(element); ok {
		for _, i := range x.byValue[key] {
			if now, _ := x.key(items[i]); now != key {
				continue
			}
			if other := items[i].Member("type").literal(); kind == "" || other == "" || strings.EqualFold(kind, other) {
				return i
			}
		}
	}
	return x.findEqual(items, element)
}

// findEqual finds an element without a value by all that it says.
func (x *elementIndex) findEqual(items []Value, element Value) int {
	if _, ok := x.key(element); ok {
		return -1
	}
	for i, item := range items {
		if item.Equal(element) {
			return i
		}
	}
	return -1
}

// onePrimary leaves one element primary (RFC 7643 section 2.4): the first that
// was not so before.
func onePrimary(before, after Value) Value {
	winner := -1
	for i, item := range after.Items() {
		if isPrimary(item) && !(i < len(before.Items()) && isPrimary(before.Items()[i])) {
			winner = i
			break
		}
	}
	if winner < 0 {
		return after
	}
	items := append([]Value(nil), after.Items()...)
	for i, item := range items {
		if i != winner && isPrimary(item) {
			items[i] = item.With("primary", Bool(false))
		}
	}
	return ListOf(items...)
}

func isPrimary(item Value) bool { return item.Member("primary").Boolean() }
