package transform

import (
	"slices"

	"scimshim/transform/scim"
)

// looksFirst reports whether some call needs the vendor's present state.
func looksFirst(calls []*Call) bool {
	return slices.ContainsFunc(calls, func(c *Call) bool { return c.looksFirst })
}

// mustSee reports whether an account may only be changed once it has been read:
// protect looks at it, or an update sends what was there.
func (k *Kind) mustSee() bool { return k.Protect != nil || looksFirst(k.Update) }

// blind reports whether the consequences of a PATCH follow from the request
// alone, so that it is one call: every native field that it meets has all its
// inputs in the request, and nothing else asks for the present state.
func (k *Kind) blind(r *Request, t tables) bool {
	if r.conditional() || r.Members != nil && (!r.Members.known || k.Members.Whole()) {
		return false
	}
	if r.Members != nil && r.Patch != nil && r.Patch.Empty() {
		return !k.mustSee() // only members come or go
	}
	if r.Patch == nil || !r.Patch.Determined() || k.Exists() || k.mustSee() {
		return false
	}
	var touched []scim.Path
	for _, path := range k.leaves {
		if !r.Patch.Names(path) {
			continue
		}
		if !r.Patch.Assigns(path) {
			return false // a part of it stays as it is
		}
		touched = append(touched, path)
	}
	after, findings, err := r.Patch.Apply(scim.Object())
	if err != nil || len(findings) > 0 {
		return false
	}
	ruled, _ := k.apply(after, Update)
	sends := false
	for _, a := range k.Attributes {
		switch meets, named := a.feeds(touched), contains(touched, a.Path); {
		case named && (k.isUnique(a.Path) || a.Mutability == "readOnly"), meets && a.Mutability == "immutable":
			return false
		case named && (a.Required || a == k.active) && a.Path.Get(ruled).IsAbsent():
			return false
		case !meets || !a.Sent():
			continue
		case !a.pure || !within(a.inputs, touched) || a.Native.InList() || a.listed() || k.completes(a.Native) || a.Empty.Mode == EmptyNever:
			return false
		}
		if _, problem := a.native(&Env{User: ruled, Tables: t}); problem != "" {
			return false
		}
		sends = true
	}
	return sends
}

// completes reports whether an update sends the field that the path is in complete.
func (k *Kind) completes(path NativePath) bool {
	return slices.ContainsFunc(k.Update, func(c *Call) bool { return c.completes(path) })
}

func within(inputs, touched []scim.Path) bool {
	return !slices.ContainsFunc(inputs, func(p scim.Path) bool { return !contains(touched, p) })
}
