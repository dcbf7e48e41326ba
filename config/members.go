package config

import (
	"slices"
	"strings"

	"scimshim/transform"
)

var membersShape = shape{keys: []string{"native", "by", "list", "has", "add", "remove"}}

// members decodes how a vendor keeps who is in a group. A plain text is the
// field of the group that has the list.
func (d *decoder) members(n *node) *transform.Membership {
	m := &transform.Membership{}
	if n.kind != mapping {
		d.memberList(n, m)
		return m
	}
	f := d.mapping(n, "members", membersShape)
	if f == nil {
		return m
	}
	if f["native"] != nil {
		d.memberList(f["native"], m)
	}
	if f["by"] != nil {
		m.Ref.By = d.referredBy(f["by"], "members")
	}
	d.place = transform.InMemberAnswer
	m.List, m.Has = d.one(f["list"], transform.ListMembers), d.one(f["has"], transform.HasMember)
	m.Add, m.Remove = d.one(f["add"], transform.AddMember), d.one(f["remove"], transform.RemoveMember)
	d.place = transform.InAnswer
	d.checkMembers(n, f, m)
	return m
}

// memberList decodes the field of a group that lists its members: `members`, or
// `members[].user_id` where the elements are objects.
func (d *decoder) memberList(n *node, m *transform.Membership) {
	text, ok := d.text(n, "members")
	if !ok {
		return
	}
	if d.scim && text == "members" {
		text = "members[].value"
	}
	m.Native, m.Each, _ = d.listOf(n, text, "members")
}

// listOf decodes a field that lists one value for each of its elements: `ids[]`, or
// `roles[].id` where they are objects. A `?` at its end is about the list.
func (d *decoder) listOf(n *node, text, where string) (list, each transform.NativePath, elements bool) {
	field, inner, elements := strings.Cut(text, "[]")
	if name, may := strings.CutSuffix(inner, "?"); elements && may {
		field, inner = field+"?", name
	}
	list = d.nativeText(n, field, where)
	if inner = strings.TrimPrefix(inner, "."); elements && inner != "" {
		each = d.nativeText(n, inner, where)
	}
	return list, each, elements
}

// nativeText parses a part of a node as a native path.
func (d *decoder) nativeText(n *node, text, where string) transform.NativePath {
	if d.scim && text == "members" {
		if path, err := d.catalog.ParseDotted(text); err == nil {
			out, _ := transform.NativeSCIM(path)
			return out
		}
	}
	path, err := transform.ParseNativePath(text)
	if err != nil {
		d.report(n, codeBadPath, "%s: %v", where, err)
	}
	return path
}

// referredBy gives the attribute of the users in whose native field the vendor's
// name for a user stands; nil for the native id.
func (d *decoder) referredBy(n *node, where string) *transform.Attribute {
	if n.kind == scalar && n.text == "id" {
		return nil
	}
	users := d.users
	text, ok := d.text(n, where)
	if !ok || users == nil {
		return nil
	}
	a := users.Attribute(text)
	switch {
	case a == nil || !a.Sent() || a.Values != nil || a.Lookup != nil:
		d.report(n, codeUnmapped, "%s: by names %q, to which users.attributes maps no native field", where, text)
	case users.List == nil && !searchedBy(users, a):
		d.report(n, codeNoSearch, "%s: no user can be looked up by %q", where, text).Hint = "add a find by " + text + " to users, or a list"
	default:
		return a
	}
	return nil
}

func searchedBy(k *transform.Kind, a *transform.Attribute) bool {
	for _, find := range k.Finds {
		for _, by := range find.By {
			if by.Operator == "eq" && by.Path.Equal(a.Path) {
				return true
			}
		}
	}
	return false
}

// checkMembers looks at what only all of members can tell.
func (d *decoder) checkMembers(n *node, f fields, m *transform.Membership) {
	if f["native"] == nil && f["list"] == nil {
		d.report(n, codeMissingKey, "members needs the key %q or %q: nobody could tell who is in a group", "native", "list")
	}
	if f["native"] != nil && f["list"] != nil {
		d.report(f["list"], codeConflict, "members: native and list exclude each other")
	}
	switch {
	case (f["add"] == nil) != (f["remove"] == nil):
		d.report(n, codeMissingKey, "members: add and remove go together")
	case f["add"] == nil && f["native"] == nil:
		d.report(n, codeMissingKey, "members needs the keys %q and %q: nobody could join or leave", "add", "remove")
	}
	for _, call := range []*transform.Call{m.List, m.Has, m.Add, m.Remove} {
		switch {
		case call == nil || len(call.Path.Parts) == 0:
		case !call.Uses("id", "native", "operations") && !judges(call) && !call.ReadFirst:
			d.report(d.calls[call], codeNoID, "%s: the request does not name the group", call.Operation).Hint = "put {id} into its URL, or =id into its body"
		case call.Operation == transform.HasMember && !call.Uses("member"):
			d.report(d.calls[call], codeNoID, "%s: the request does not name the member", call.Operation).Hint = "put {member} into its URL, or =member into its body"
		case call.Operation.Writes() && !call.Uses("member", "members", "operations"):
			d.report(d.calls[call], codeNoID, "%s: the request does not name the member", call.Operation).Hint =
				"write {member} for a call each, or =members into the body for one call"
		}
	}
}

// judges reports whether an error rule of a call looks at the group: a user may be
// read for the group that he is in.
func judges(call *transform.Call) bool {
	return slices.ContainsFunc(call.Errors, func(rule *transform.ErrorRule) bool {
		return slices.Contains(rule.When.Inputs(), "id")
	})
}
