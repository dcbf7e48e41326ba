package transform

import (
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// operations are the fields of a call as a vendor that speaks SCIM takes them in
// a PATCH (RFC 7644 section 3.5.2). Other than Entra's they are strictly the
// RFC's: an element that is not there is added, not replaced.
func (p *Plan) operations(carry []Sending) scim.Value {
	added := scim.Object() // the elements that are not there yet
	var out []scim.Value
	var lists []scim.Path
	for _, s := range carry {
		path := *s.Attribute.Native.scim
		element := path
		element.Sub = nil
		switch {
		case s.Value.IsEmpty() && path.Where != nil && path.Sub != nil && path.Sub.Name == "value":
			out = append(out, operation("remove", element, scim.Value{})) // nothing is left to say
		case s.Value.IsEmpty():
			out = append(out, operation("remove", path, scim.Value{}))
		case path.Where != nil && element.Get(p.native).IsAbsent():
			added = path.Set(added, s.Value)
			list := path
			list.Where, list.Sub = nil, nil
			if !slices.ContainsFunc(lists, list.Equal) {
				lists = append(lists, list)
			}
		default:
			out = append(out, operation("replace", path, s.Value))
		}
	}
	for _, list := range lists {
		out = append(out, operation("add", list, list.Get(added)))
	}
	return scim.ListOf(out...)
}

func operation(op string, path scim.Path, v scim.Value) scim.Value {
	return scim.Object(scim.Member{Name: "op", Value: scim.String(op)},
		scim.Member{Name: "path", Value: scim.String(path.Portal())}, scim.Member{Name: "value", Value: v})
}

// declared lists in `schemas` those that a SCIM resource uses (RFC 7643 section 3),
// and leaves out what is the vendor's alone to say.
func (k *Kind) declared(resource scim.Value) scim.Value {
	urns := []scim.Value{scim.String(k.Catalog.Core().URN)}
	members := []scim.Member{{Name: "schemas"}}
	for _, m := range resource.Members() {
		if strings.HasPrefix(strings.ToLower(m.Name), "urn:") {
			urns = append(urns, scim.String(m.Name))
		}
		if m.Name != "schemas" && m.Name != "meta" && m.Name != "groups" {
			members = append(members, m)
		}
	}
	members[0].Value = scim.ListOf(urns...)
	return scim.Object(members...)
}

// filterFor is the SCIM filter that asks a vendor for a value, by the vendor's
// own name of the attribute.
func (k *Kind) filterFor(c scim.Comparison) scim.Value {
	if a := k.Attribute(c.Path.Dotted()); a != nil && a.Native.scim != nil {
		c.Path = *a.Native.scim
	}
	return scim.String(c.String())
}
