package app

import "net/http"

// resource is what the API does with one sort of thing: with users, or with teams.
type resource[T any] struct {
	field  func(name string) any // the place of a field that callers may set, nil for any other
	create func(change) (T, string)
	get    func(id int64) (T, bool)
	update func(id int64, c change) (T, bool, string)
	remove func(id int64) bool
	noSuch endpoint
}

func (a *App) users() resource[User] {
	field := func(name string) any { return new(User).field(name) }
	return resource[User]{field, a.store.create, a.store.get, a.store.update, a.store.delete, noSuchUser}
}

func (a *App) teams() resource[Team] {
	field := func(name string) any { return new(Team).field(name) }
	return resource[Team]{field, a.store.createTeam, a.store.getTeam, a.store.updateTeam, a.store.deleteTeam, noSuchTeam}
}

func (s resource[T]) post(r *http.Request) answer {
	c, complaint := parseChange(r, s.field)
	if complaint != "" {
		return refuse(http.StatusBadRequest, "bad_request", complaint)
	}
	one, complaint := s.create(c)
	if complaint != "" {
		return refuse(http.StatusUnprocessableEntity, "invalid", complaint)
	}
	return reply(http.StatusCreated, one)
}

func (s resource[T]) read(r *http.Request) answer {
	one, found := s.get(pathID(r, "id"))
	if !found {
		return s.noSuch(r)
	}
	return reply(http.StatusOK, one)
}

func (s resource[T]) put(r *http.Request) answer {
	c, complaint := parseChange(r, s.field)
	if complaint != "" {
		return refuse(http.StatusBadRequest, "bad_request", complaint)
	}
	one, found, complaint := s.update(pathID(r, "id"), c)
	switch {
	case !found:
		return s.noSuch(r)
	case complaint != "":
		return refuse(http.StatusUnprocessableEntity, "invalid", complaint)
	}
	return reply(http.StatusOK, one)
}

func (s resource[T]) delete(r *http.Request) answer {
	if !s.remove(pathID(r, "id")) {
		return s.noSuch(r)
	}
	return answer{status: http.StatusNoContent}
}
