package gateway

import (
	"slices"

	"scimshim/transform"
)

// A user whose account is deleted and remembered is in groups by their records alone.
// So a write to such a user keeps others out of these groups, and a write to a group
// out of such users.

// groupsOf names the groups that a write to a user may write to as well: those he
// was in before his account was deleted and remembered.
func (x *exchange) groupsOf(id string) (names []lockName) {
	if x.vendor.Groups == nil || x.vendor.Groups.Members == nil || x.kind != x.vendor.Users || !x.kind.Exists() || x.method == "GET" {
		return nil
	}
	for _, record := range x.vendor.memories[x.vendor.Groups].space.ByKey(transform.MemberKey(id)) {
		names = append(names, lockName{x.target.vendor, x.vendor.Groups.Name, true, record.ID}, lockName{x.target.vendor, x.vendor.Groups.Name, true, record.Native})
	}
	return names
}

// ownGone locks the users without an account whom a write to a group names: one who
// gets an account meanwhile would not learn that he is in the group.
func (x *exchange) ownGone(ask transform.Ask) bool {
	if x.method == "GET" || ask.Kind == x.kind {
		return true
	}
	for _, id := range slices.Sorted(slices.Values(append(slices.Clone(ask.IDs), ask.ID))) {
		record := x.vendor.memories[ask.Kind].space.ByID(id)
		if record != nil && record.Gone && !x.hold.add(x.idName(ask.Kind, id)) {
			return false
		}
	}
	return true
}
