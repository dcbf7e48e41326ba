package scim

import (
	"net/url"
	"slices"
	"strings"
)

// elements is the list that a path without a filter is about when it ends in
// the `value` of its elements: what is added there or taken is an element.
func (p Path) elements() Path {
	if p.Attribute.MultiValued && p.Where == nil && p.Sub != nil && p.Sub.Name == "value" {
		p.Sub = nil
	}
	return p
}

// membersIn gives the elements of members with the value of each, which may
// follow from its address, and an error where somebody is not named.
func membersIn(value, folded Value) (Value, *Error) {
	said, items := 1, folded.Items()
	if value.kind == KindList {
		said = len(value.Items())
	}
	whole := value.IsEmpty() || len(items) == said
	for i, item := range items {
		if !item.Member("value").IsAbsent() {
			continue
		}
		id := idIn(item.Member("$ref").literal())
		if id == "" {
			whole = false
			continue
		}
		items = slices.Clone(items)
		items[i] = item.With("value", String(id))
	}
	if !whole {
		return unassigned(ListOf(items...)), BadRequest(InvalidValue, "an element of members has no value that names somebody")
	}
	return unassigned(ListOf(items...)), nil
}

// idIn is the id at the end of a user's address.
func idIn(ref string) string {
	before, last := cutLast(ref)
	if _, kind := cutLast(before); !strings.EqualFold(kind, "Users") {
		return ""
	}
	id, err := url.PathUnescape(last)
	if err != nil {
		return ""
	}
	return id
}

// cutLast cuts an address before its last segment.
func cutLast(address string) (before, last string) {
	i := strings.LastIndexByte(address, '/')
	return address[:max(i, 0)], address[i+1:]
}

// Split parts the operations on one attribute of the core schema from the others.
func (p Patch) Split(attribute string) (own, rest Patch) {
	rest.findings = p.findings
	for _, s := range p.steps {
		if s.path.URN == "" && s.path.Attribute.Name == attribute {
			own.steps = append(own.steps, s)
		} else {
			rest.steps = append(rest.steps, s)
		}
	}
	return own, rest
}

// Empty reports whether there is no operation that changes anything.
func (p Patch) Empty() bool { return len(p.steps) == 0 }

// Changes gives the `value` of each element that the operations add or take,
// where that follows from them alone; of an element that is added and taken the
// last word counts. It is what Entra's operations on members come to.
func (p Patch) Changes() (added, taken []string, known bool) {
	last := map[string]bool{} // by value: whether it is added
	var order []string
	say := func(value string, adds bool) {
		if _, said := last[value]; !said {
			order = append(order, value)
		}
		last[value] = adds
	}
	for _, s := range p.steps {
		value, selects := s.removesOne()
		switch {
		case selects:
			say(value, false)
		case s.kind == set, slices.ContainsFunc(s.value.Items(), func(item Value) bool { return item.Member("value").IsAbsent() }):
			return nil, nil, false
		default:
			for _, item := range s.value.Items() {
				say(item.Member("value").Text(), s.kind == join)
			}
		}
	}
	for _, value := range order {
		if last[value] {
			added = append(added, value)
		} else {
			taken = append(taken, value)
		}
	}
	return added, taken, true
}

// removesOne reads members[value eq "..."] in a removal.
func (s step) removesOne() (value string, ok bool) {
	c, simple := s.path.Where.(*comparison)
	if s.kind != set || !s.value.IsAbsent() || s.path.Sub != nil || !simple || c.op != "eq" || c.path.Sub.Name != "value" {
		return "", false
	}
	return c.value.Text(), true
}
