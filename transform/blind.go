package transform

import (
	"slices"

	"scimshim/transform/scim"
)

// looksFirst reports whether some call needs the vendor's present state.
func looksFirst(calls []*Call) bool {
	return slices.ContainsFunc(calls, func(c *Call) bool { return c.looksFirst })
}

// blind reports whether the consequences of a PATCH follow from the request
// alone, so that it is one call: every native field that it meets has all its
// inputs in the request, and nothing else asks for the present state.
func (k *Kind) blind(r *Request) bool {
	if r.Patch == nil || !r.Patch.Determined() || k.Exists() || k.Protect != nil || looksFirst(k.Update) {
		return false
	}
	named := map[string]bool{}
	var touched []scim.Path
	for _, path := range k.leaves {
		if !r.Patch.Names(path) {
			continue
		}
		if !r.Patch.Assigns(path) {
			return false // a part of it stays as it is
		}
		named[path.Dotted()] = true
		touched = append(touched, path)
	}
	after, findings, err := r.Patch.Apply(scim.Object())
	if err != nil || len(findings) > 0 {
		return false
	}
	ruled, _ := k.apply(after, Update)
	sends := false
	for _, a := range k.Attributes {
		switch meets := a.feeds(touched); {
		case named[a.Name] && (k.isUnique(a.Path) || a.Mutability == "readOnly"), meets && a.Mutability == "immutable":
			return false
		case named[a.Name] && (a.Required || a == k.active) && a.Path.Get(ruled).IsAbsent():
			return false
		case !meets || !a.Sent():
			continue
		case !a.pure || !within(a.inputs, named) || a.Native.intoList() || a.Empty.Mode == EmptyNever:
			return false
		}
		if _, problem := a.native(&Env{User: ruled}); problem != "" {
			return false
		}
		sends = true
	}
	return sends
}

func within(inputs, named map[string]bool) bool {
	for name := range inputs {
		if !named[name] {
			return false
		}
	}
	return true
}
