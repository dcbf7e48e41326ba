package scim

import "slices"

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
