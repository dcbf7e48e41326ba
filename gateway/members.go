package gateway

import "scimshim/transform"

// A user whose account is deleted and remembered is in groups by their records alone,
// and joins them again with the next account. So a write to a group keeps others out
// of the users who join or leave it, and a write to a user out of the groups he is in:
// a user who loses the account while he joins would not learn that he is in the group.

// others names those of the other kind whom a write concerns.
func (x *exchange) others(request *transform.Request) []lockName {
	groups := x.vendor.Groups
	switch {
	case x.method == "GET" || groups == nil || groups.Members == nil || !x.vendor.Users.Exists():
		return nil
	case x.kind == groups:
		return x.membersOf(request)
	}
	return x.groupsOf(request.ID)
}

// membersOf names the users of whom a write to a group speaks.
func (x *exchange) membersOf(request *transform.Request) (names []lockName) {
	for _, id := range request.Members.IDs() {
		names = append(names, x.idName(x.vendor.Users, id))
	}
	return names
}

// groupsOf names the groups that a user is known to be in.
func (x *exchange) groupsOf(id string) (names []lockName) {
	groups := x.vendor.Groups
	for _, record := range x.vendor.memories[groups].space.ByKey(transform.MemberKey(id)) {
		names = append(names, x.idName(groups, record.ID), x.idName(groups, record.Native))
	}
	return names
}
