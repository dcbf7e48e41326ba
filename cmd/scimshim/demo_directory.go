package main

import (
	"slices"

	"scimshim/examples/entra"
)

// demoDirectory is what Entra has, and the application must come to have. No
// slice of members is changed in place, for the provisioning service holds it.
type demoDirectory struct {
	users     []entra.User
	newcomers []entra.User // not in the directory yet
	groups    []entra.Group
	planned   entra.Group // not in the directory yet
}

// newDemoDirectory makes an organization with groups in which nobody is who is
// not in the directory yet.
func newDemoDirectory(users int) *demoDirectory {
	all := entra.Sample(users+users/4+1, 1)
	entra.SampleManagers(all)
	groups := entra.SampleGroups(all[:users], 1)
	last := len(groups) - 1
	return &demoDirectory{users: all[:users:users], newcomers: all[users:], groups: groups[:last:last], planned: groups[last]}
}

// hire takes n newcomers into the directory, and into its largest group.
func (d *demoDirectory) hire(n int) {
	d.users = append(d.users, d.newcomers[:n]...)
	for _, u := range d.newcomers[:n] {
		d.join(0, u)
	}
	d.newcomers = d.newcomers[n:]
}

// dismiss takes a user out of the directory and out of all groups. Who reported
// to him reports to his own manager from now on.
func (d *demoDirectory) dismiss(at int) (gone entra.User) {
	gone = d.users[at]
	d.users = slices.Delete(d.users, at, at+1)
	for _, some := range [][]entra.User{d.users, d.newcomers} {
		for i := range some {
			if some[i].Manager == gone.ObjectID {
				some[i].Manager = gone.Manager
			}
		}
	}
	for group := range d.groups {
		d.leave(group, gone)
	}
	d.planned.Members = without(d.planned.Members, gone.ObjectID)
	return gone
}

// found takes the planned group into the directory.
func (d *demoDirectory) found() {
	d.groups = append(d.groups, d.planned)
}

// disband takes a group out of the directory.
func (d *demoDirectory) disband(at int) (gone entra.Group) {
	gone = d.groups[at]
	d.groups = slices.Delete(d.groups, at, at+1)
	return gone
}

// join makes users members of a group, those who are not already.
func (d *demoDirectory) join(group int, users ...entra.User) {
	g := &d.groups[group]
	for _, u := range users {
		if !slices.Contains(g.Members, u.ObjectID) {
			g.Members = append(slices.Clone(g.Members), u.ObjectID)
		}
	}
}

func (d *demoDirectory) leave(group int, u entra.User) {
	g := &d.groups[group]
	g.Members = without(g.Members, u.ObjectID)
}

func without(members []string, objectID string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(member string) bool { return member == objectID })
}
