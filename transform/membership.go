package transform

import (
	"cmp"
	"slices"

	"scimshim/transform/scim"
)

// Membership is how a vendor keeps who is in a group: as a list in the group's
// own resource, or through calls of its own, be it that they change the group,
// its members, or a field of the user.
type Membership struct {
	Native NativePath // the list in the group's resource; none: List and Has show it
	Each   NativePath // what names the member in an element of the list; none: see nameOf
	Ref    Reference

	List, Has, Add, Remove *Call

	expect    Expect     // how the group's resource is read
	attribute *Attribute // the list as a row of the mapping, for discovery and where an update carries it
}

// prepare derives what can be known before the first request.
func (m *Membership) prepare(up *Upstream, k *Kind) {
	path, err := k.Catalog.ParseDotted("members")
	if err != nil {
		panic("BUG: groups without members")
	}
	m.attribute = &Attribute{Path: path, Name: "members", Native: m.Native, Mutability: "readWrite", inputs: []scim.Path{path}, pure: true}
	for _, call := range m.calls() {
		call.prepare(up, k)
	}
	if m.expect = up.Expect; k.Read != nil {
		m.expect = cmp.Or(k.Read.Expect, up.Expect)
	}
}

func (m *Membership) calls() (calls []*Call) {
	for _, call := range []*Call{m.List, m.Has, m.Add, m.Remove} {
		if call != nil {
			calls = append(calls, call)
		}
	}
	return calls
}

// Whole reports whether the list is sent with the group, as one field of it.
func (m *Membership) Whole() bool { return m.Add == nil }

// nameOf is the vendor's name of a member in an element of a list: the element
// itself, or what it has where users have that name.
func (m *Membership) nameOf(element scim.Value, each NativePath) string {
	switch {
	case element.Kind() != scim.KindObject:
		return element.Text()
	case !each.IsZero():
		return each.Get(element).Text()
	}
	return m.Ref.nameIn(element).Text()
}

const unnamed = "an element of the vendor's list of members does not name the member"

// namesIn are the vendor's names of the members in the group's own resource. A list
// that is not there is none of nobody, unless it may be missing: RFC 7643 section 2.5
// lets a vendor that speaks SCIM leave it out.
func (m *Membership) namesIn(group scim.Value) (names []string, problem string) {
	list := m.listIn(group)
	missing := list.IsAbsent() && (m.expect.mayLack(m.Native, group) || m.Native.scim != nil)
	if list.Kind() != scim.KindList && list.Kind() != scim.KindNull && !missing {
		return nil, "the vendor's answer does not contain the list of members"
	}
	for _, element := range list.Items() {
		name := m.nameOf(element, m.Each)
		if name == "" {
			return nil, unnamed
		}
		names = append(names, name)
	}
	return names, ""
}

// listIn is the list in the group's own resource.
func (m *Membership) listIn(group scim.Value) scim.Value { return m.expect.listAt(m.Native, group) }

// element is a new element of the list.
func (m *Membership) element(name scim.Value) scim.Value {
	if m.Each.IsZero() {
		return name
	}
	return m.Each.Set(scim.Object(), name)
}

// MemberKey is the value under which a group is found that a user is known to be in.
func MemberKey(id string) Key { return Key{Path: "members.value", Value: id} }

func (k *Kind) memberKeys(rec *Record) (keys []Key) {
	if k.Members == nil {
		return nil
	}
	for _, id := range rec.members() {
		keys = append(keys, MemberKey(id))
	}
	return keys
}

// members are those who must be known to be in a group, since the vendor forgets
// them when their accounts are deleted and remembered.
func (r *Record) members() (ids []string) {
	if r == nil {
		return nil
	}
	for _, element := range r.Resource.Member("members").Items() {
		ids = append(ids, element.Member("value").Text())
	}
	return ids
}

// withMembers is the record with others in the group.
func (r *Record) withMembers(k *Kind, ids []string) *Record {
	out := r.clone()
	out.Resource = scim.Value{}
	if len(ids) > 0 {
		out.Resource = scim.Object(scim.Member{Name: "members", Value: memberList(ids)})
	}
	out.Resource = out.Resource.Clone()
	out.Keys = k.keys(out)
	return out
}

func memberList(ids []string) scim.Value {
	items := make([]scim.Value, len(ids))
	for i, id := range ids {
		items[i] = scim.Object(scim.Member{Name: "value", Value: scim.String(id)}, scim.Member{Name: "type", Value: scim.String("User")})
	}
	return scim.ListOf(items...)
}

// MemberChange is what a request makes of the members of a group.
type MemberChange struct {
	patch *scim.Patch // of a PATCH: its operations on members
	set   []string    // of a POST or PUT: all of them, by SCIM id

	// Of a PATCH whose consequences do not depend on who is in the group.
	added, taken []string
	known        bool
}

// change is the wish of a PATCH for the members.
func (k *Kind) change(patch *scim.Patch) (own *MemberChange, rest *scim.Patch) {
	if k.Members == nil {
		return nil, patch
	}
	members, others := patch.Split("members")
	if members.Empty() {
		return nil, patch
	}
	own = &MemberChange{patch: &members}
	own.added, own.taken, own.known = members.Changes()
	return own, &others
}

// IDs are the SCIM ids that the change names.
func (c *MemberChange) IDs() []string {
	switch {
	case c == nil:
		return nil
	case c.patch == nil:
		return c.set
	case c.known:
		return slices.Concat(c.added, c.taken)
	}
	after, _, _ := c.patch.Apply(scim.Object())
	return idsIn(after)
}

// after are the members once the change is made.
func (c *MemberChange) after(before []string) (ids []string, problem *scim.Error) {
	if c.patch == nil {
		return c.set, nil
	}
	if c.known {
		return append(without(before, c.taken), without(c.added, before)...), nil
	}
	after, _, problem := c.patch.Apply(scim.Object(scim.Member{Name: "members", Value: memberList(before)}))
	return idsIn(after), problem
}

func idsIn(group scim.Value) (ids []string) {
	known := map[string]bool{"": true}
	for _, element := range group.Member("members").Items() {
		if id := element.Member("value").Text(); !known[id] {
			known[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// without are those of the ids that are not among others.
func without(ids, others []string) (rest []string) {
	known := make(map[string]bool, len(others))
	for _, id := range others {
		known[id] = true
	}
	for _, id := range ids {
		if !known[id] {
			rest = append(rest, id)
		}
	}
	return rest
}
