package app

import (
	"slices"
	"strings"
)

// sortedGroups gives the groups in whose id or display name a text stands.
func (a *App) sortedGroups(search string) []*Group {
	var out []*Group
	for _, g := range a.groups {
		if has(g.ID, search) || has(g.DisplayName, search) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(x, y *Group) int { return strings.Compare(x.ID, y.ID) })
	return out
}

func (a *App) listGroups(c call) answer {
	ids := list{}
	for _, g := range page(c, a.sortedGroups(c.value("search"))) {
		ids = append(ids, g.ID)
	}
	return found(object{{"groups", ids}})
}

// listDetails stands beside listGroups in Nextcloud's source, and not in its manual.
func (a *App) listDetails(c call) answer {
	groups := list{}
	for _, g := range page(c, a.sortedGroups(c.value("search"))) {
		groups = append(groups, object{{"id", g.ID}, {"displayname", g.DisplayName}, {"usercount", len(g.Members)},
			{"disabled", 0}, {"canAdd", true}, {"canRemove", true}})
	}
	return found(object{{"groups", groups}})
}

func (a *App) addGroup(c call) answer {
	id, name := c.value("groupid"), c.value("displayname")
	switch {
	case id == "":
		return refuse(101, "Invalid group name")
	case a.groups[id] != nil:
		return refuse(102, "group exists")
	case name == "":
		name = id
	}
	a.groups[id] = &Group{ID: id, DisplayName: name}
	return done()
}

func (a *App) membersOfGroup(c call) answer {
	g := a.groups[c.PathValue("group")]
	if g == nil {
		return refuse(missing, "The requested group could not be found")
	}
	members := list{}
	for _, id := range g.Members {
		members = append(members, id)
	}
	return found(object{{"users", members}})
}

func (a *App) editGroup(c call) answer {
	g := a.groups[c.PathValue("group")]
	switch {
	case c.value("key") != "displayname":
		return refuse(996, "")
	case g == nil:
		return refuse(notFound, "")
	}
	g.DisplayName = c.value("value")
	return done()
}

func (a *App) deleteGroup(c call) answer {
	id := c.PathValue("group")
	switch {
	case a.groups[id] == nil:
		return refuse(101, "")
	case id == "admin":
		return refuse(102, "")
	}
	delete(a.groups, id)
	return done()
}

func (a *App) groupsOfUser(c call) answer {
	u := a.users[strings.ToLower(c.PathValue("user"))]
	if u == nil {
		return refuse(notFound, "")
	}
	ids := list{}
	for _, g := range a.sortedGroups("") {
		if slices.Contains(g.Members, u.ID) {
			ids = append(ids, g.ID)
		}
	}
	return found(object{{"groups", ids}})
}

// setMember lets a user join or leave a group. Who is in it joins again, and who
// is not leaves it, without a word.
func (a *App) setMember(c call, member bool) answer {
	id := c.value("groupid")
	g, u := a.groups[id], a.users[strings.ToLower(c.PathValue("user"))]
	switch {
	case strings.TrimSpace(id) == "":
		return refuse(101, "")
	case g == nil:
		return refuse(102, "")
	case u == nil:
		return refuse(103, "")
	case !member && u.ID == a.user && id == "admin":
		return refuse(105, "Cannot remove yourself from the admin group")
	}
	g.leave(u.ID)
	if member {
		g.Members = append(g.Members, u.ID)
		slices.Sort(g.Members)
	}
	return done()
}

func (g *Group) leave(id string) {
	g.Members = slices.DeleteFunc(g.Members, func(member string) bool { return member == id })
}
