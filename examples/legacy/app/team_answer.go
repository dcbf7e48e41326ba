package app

import (
	"fmt"
	"net/http"
)

// listTeams ignores query parameters that it does not know, as listUsers does.
func (a *App) listTeams(r *http.Request) answer {
	query := r.URL.Query()
	if query.Has("name") {
		t, found := a.store.teamNamed(query.Get("name"))
		if !found {
			return listed[Team]("teams", nil, 0)
		}
		return listed("teams", []Team{t}, 1)
	}
	teams, total := a.store.teamPage(pageOf(r))
	return listed("teams", teams, total)
}

func (a *App) listMembers(r *http.Request) answer {
	page, size := pageOf(r)
	members, total, found := a.store.memberPage(pathID(r, "id"), page, size)
	if !found {
		return noSuchTeam(r)
	}
	return listed("users", members, total)
}

func (a *App) readMember(r *http.Request) answer {
	m, found, in := a.store.member(pathID(r, "id"), pathID(r, "user_id"))
	switch {
	case !found:
		return noSuchTeam(r)
	case !in:
		return noSuchMember()
	}
	return reply(http.StatusOK, m)
}

// addMember has no use for a body and does not look at one.
func (a *App) addMember(r *http.Request) answer {
	found, known := a.store.addMember(pathID(r, "id"), pathID(r, "user_id"))
	switch {
	case !found:
		return noSuchTeam(r)
	case !known:
		return refuse(http.StatusUnprocessableEntity, "invalid", "no such user")
	}
	return answer{status: http.StatusNoContent}
}

func (a *App) removeMember(r *http.Request) answer {
	found, in := a.store.removeMember(pathID(r, "id"), pathID(r, "user_id"))
	switch {
	case !found:
		return noSuchTeam(r)
	case !in:
		return noSuchMember()
	}
	return answer{status: http.StatusNoContent}
}

func noSuchTeam(r *http.Request) answer {
	return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("no team with id %q", r.PathValue("id")))
}

func noSuchMember() answer {
	return refuse(http.StatusNotFound, "not_found", "no such member")
}
