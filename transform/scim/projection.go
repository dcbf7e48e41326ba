package scim

// Project narrows a resource to the attributes that a caller asked for, or
// takes away those it excluded (RFC 7644 section 3.9). id and schemas are
// always returned.
func Project(resource Value, include, exclude []Path) Value {
	if len(include) > 0 {
		resource = narrow(resource, "", include)
	}
	if len(exclude) > 0 {
		resource = strip(resource, "", exclude)
	}
	return resource
}

// narrow keeps the members of a resource, or of the extension with this URN,
// that one of the paths reaches.
func narrow(holder Value, urn string, paths []Path) Value {
	var out []Member
	for _, m := range holder.Members() {
		if alwaysReturned(urn, m.Name) {
			out = append(out, m)
			continue
		}
		if v := narrowMember(m, urn, paths); !v.IsEmpty() {
			out = append(out, Member{m.Name, v})
		}
	}
	return object(out)
}

func alwaysReturned(urn, name string) bool {
	return urn == "" && (name == "id" || name == "schemas")
}

func narrowMember(m Member, urn string, paths []Path) Value {
	var parts []Path
	for _, p := range paths {
		if p.URN != urn || p.Attribute.Name != m.Name {
			continue
		}
		if p.Where == nil && p.Sub == nil {
			return m.Value
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 && urn == "" {
		return narrowExtension(m, paths)
	}
	if m.Value.kind != KindList {
		return keepSubs(m.Value, parts)
	}
	var items []Value
	for _, item := range m.Value.Items() {
		items = append(items, unassigned(keepSubs(item, parts)))
	}
	return ListOf(items...)
}

func narrowExtension(m Member, paths []Path) Value {
	for _, p := range paths {
		if p.URN == m.Name {
			return narrow(m.Value, m.Name, paths)
		}
	}
	return Value{}
}

// keepSubs keeps the sub-attributes of an element or complex value.
func keepSubs(v Value, parts []Path) Value {
	var out []Member
	for _, m := range v.Members() {
		for _, p := range parts {
			if (p.Where == nil || p.Where.Matches(v)) && (p.Sub == nil || p.Sub.Name == m.Name) {
				out = append(out, m)
				break
			}
		}
	}
	return object(out)
}

// strip takes away the members that one of the paths covers.
func strip(holder Value, urn string, paths []Path) Value {
	var out []Member
	for _, m := range holder.Members() {
		if alwaysReturned(urn, m.Name) {
			out = append(out, m)
			continue
		}
		if v := stripMember(m, urn, paths); !v.IsEmpty() {
			out = append(out, Member{m.Name, v})
		}
	}
	return object(out)
}

func stripMember(m Member, urn string, paths []Path) Value {
	v, extension := m.Value, false
	for _, p := range paths {
		switch {
		case urn == "" && p.URN == m.Name:
			extension = true
		case p.URN != urn || p.Attribute.Name != m.Name:
		case p.Where == nil && p.Sub == nil:
			return Value{}
		case v.kind == KindList:
			v = dropFromItems(v, p)
		default:
			v = v.Without(p.Sub.Name)
		}
	}
	if extension {
		return strip(v, m.Name, paths)
	}
	return v
}

func dropFromItems(list Value, p Path) Value {
	var items []Value
	for _, item := range list.Items() {
		if p.Where == nil || p.Where.Matches(item) {
			if p.Sub == nil {
				continue
			}
			item = unassigned(item.Without(p.Sub.Name))
		}
		items = append(items, item)
	}
	return ListOf(items...)
}
