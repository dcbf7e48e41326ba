package app

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"scimshim/examples/api"
)

// owner is the access level that the creator of a group has in it.
const owner = 50

// Group is a group at the top level.
type Group struct {
	ID         int    `json:"id"`
	Name       string `json:"name"`
	Path       string `json:"path"`
	FullPath   string `json:"full_path"`
	Visibility string `json:"visibility"`

	members map[int]int // access levels by the ids of users
}

type groups struct {
	byID map[int]*Group
	last int
}

func newGroups() groups { return groups{byID: map[int]*Group{}} }

func (g *groups) named() map[string][]int {
	out := map[string][]int{}
	for _, group := range g.byID {
		out[group.Name] = slices.Sorted(maps.Keys(group.members))
	}
	return out
}

func (g *groups) ownedAlone(user int) bool {
	for _, group := range g.byID {
		owners := 0
		for _, level := range group.members {
			if level == owner {
				owners++
			}
		}
		if group.members[user] == owner && owners == 1 {
			return true
		}
	}
	return false
}

func (g *groups) taken(path string, but int) bool {
	for _, group := range g.byID {
		if group.ID != but && strings.EqualFold(group.Path, path) {
			return true
		}
	}
	return false
}

func (a *App) listGroups(r *http.Request, _ []byte) api.Answer {
	search := strings.ToLower(r.URL.Query().Get("search"))
	var found []*Group
	for _, id := range slices.Sorted(maps.Keys(a.groups.byID)) {
		if g := a.groups.byID[id]; strings.Contains(strings.ToLower(g.Name), search) || strings.Contains(g.Path, search) {
			found = append(found, g)
		}
	}
	return page(a, r, found, func(g *Group) int { return g.ID })
}

func (a *App) readGroup(r *http.Request, _ []byte) api.Answer {
	group := a.groups.byID[pathID(r, "id")]
	if group == nil {
		return notFound("Group")
	}
	return api.JSON(http.StatusOK, group)
}

// createGroup makes the administrator who asks for it the owner.
func (a *App) createGroup(r *http.Request, body []byte) api.Answer {
	given := params(r, body)
	if given["name"] == "" || given["path"] == "" {
		return api.JSON(http.StatusBadRequest, map[string]any{"error": "name is missing, path is missing"})
	}
	if a.groups.taken(given["path"], 0) {
		return refuse(http.StatusBadRequest, `Failed to save group {:path=>["has already been taken"]}`)
	}
	a.groups.last++
	group := &Group{ID: a.groups.last, Name: given["name"], Path: given["path"], FullPath: given["path"], Visibility: "private", members: map[int]int{1: owner}}
	a.groups.byID[group.ID] = group
	return api.JSON(http.StatusCreated, group)
}

func (a *App) updateGroup(r *http.Request, body []byte) api.Answer {
	group, given := a.groups.byID[pathID(r, "id")], params(r, body)
	if group == nil {
		return notFound("Group")
	}
	if name := given["name"]; name != "" {
		group.Name = name
	}
	return api.JSON(http.StatusOK, group)
}

func (a *App) removeGroup(r *http.Request, _ []byte) api.Answer {
	id := pathID(r, "id")
	if a.groups.byID[id] == nil {
		return notFound("Group")
	}
	delete(a.groups.byID, id)
	return refuse(http.StatusAccepted, "202 Accepted")
}

// member is a user as a group shows him.
type member struct {
	ID          int    `json:"id"`
	Username    string `json:"username"`
	Name        string `json:"name"`
	State       string `json:"state"`
	AccessLevel int    `json:"access_level"`
}

func (a *App) member(group *Group, id int) member {
	u := a.users.byID[id]
	return member{id, u.Username, u.Name, u.State, group.members[id]}
}

func (a *App) listMembers(r *http.Request, _ []byte) api.Answer {
	group := a.groups.byID[pathID(r, "id")]
	if group == nil {
		return notFound("Group")
	}
	var out []member
	for _, id := range slices.Sorted(maps.Keys(group.members)) {
		if a.users.byID[id] != nil {
			out = append(out, a.member(group, id))
		}
	}
	return page(a, r, out, func(m member) int { return m.ID })
}

func (a *App) readMember(r *http.Request, _ []byte) api.Answer {
	group, id := a.groups.byID[pathID(r, "id")], pathID(r, "user_id")
	if group == nil {
		return notFound("Group")
	}
	if group.members[id] == 0 || a.users.byID[id] == nil {
		return notFound("Member")
	}
	return api.JSON(http.StatusOK, a.member(group, id))
}

func (a *App) addMember(r *http.Request, body []byte) api.Answer {
	group, given := a.groups.byID[pathID(r, "id")], params(r, body)
	if group == nil {
		return notFound("Group")
	}
	id, _ := strconv.Atoi(given["user_id"])
	level, _ := strconv.Atoi(given["access_level"])
	switch {
	case !slices.Contains([]int{5, 10, 20, 30, 40, 50}, level):
		return api.JSON(http.StatusBadRequest, map[string]any{"error": "access_level is missing"})
	case group.members[id] != 0:
		return refuse(http.StatusConflict, "Member already exists")
	case a.users.byID[id] == nil:
		return notFound("User")
	}
	group.members[id] = level
	return api.JSON(http.StatusCreated, a.member(group, id))
}

func (a *App) removeMember(r *http.Request, _ []byte) api.Answer {
	group, id := a.groups.byID[pathID(r, "id")], pathID(r, "user_id")
	if group == nil || group.members[id] == 0 {
		return notFound("Member")
	}
	delete(group.members, id)
	return api.Empty(http.StatusNoContent)
}
