package transform

import (
	"slices"

	"scimshim/transform/scim"
)

// leaves reports whether the value is cleared by taking it out of its list.
func (s Sending) leaves() bool {
	return s.Attribute.Empty.Mode == EmptyRemove && s.Value.Kind() == scim.KindNull
}

// removeElements takes out of their lists the elements whose values are cleared, save
// those of which another attribute still has something to say.
func (k *Kind) removeElements(body *scim.Draft, carry []Sending) {
	var lists []NativePath
	for _, s := range carry {
		element := s.Attribute.Native.element()
		if !s.leaves() || k.speaksOf(element, body.Value()) {
			continue
		}
		element.fill(body, scim.Null()) // so that the others keep their places
		lists = append(lists, element.up())
	}
	for _, list := range lists {
		items := slices.DeleteFunc(slices.Clone(list.Get(body.Value()).Items()), func(v scim.Value) bool { return v.Kind() == scim.KindNull })
		list.fill(body, scim.ListOf(items...))
	}
}

// speaksOf reports whether the mapping shows something of an element.
func (k *Kind) speaksOf(element NativePath, native scim.Value) bool {
	return slices.ContainsFunc(k.Attributes, func(a *Attribute) bool {
		n := len(element.segments)
		return a.Sent() && len(a.Native.segments) >= n && slices.Equal(a.Native.segments[:n], element.segments) && !a.Native.Get(native).IsEmpty()
	})
}

// element is the innermost element of a list that the path leads through.
func (p NativePath) element() NativePath {
	for p.segments = slices.Clip(p.segments); len(p.segments) > 0 && p.segments[len(p.segments)-1].name != ""; {
		p = p.up()
	}
	return p
}

// up is the path to what the place is in.
func (p NativePath) up() NativePath {
	return NativePath{source: p.source, segments: p.segments[:len(p.segments)-1]}
}
