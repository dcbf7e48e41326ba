package app

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
)

// The patterns of the lists, which are also the searches.
const (
	listUsers = "GET /api/users"
	listTeams = "GET /api/teams"
)

// answer is what a call is answered, before anything is written, so that a
// fault can lose or break it.
type answer struct {
	status int
	body   []byte // JSON; empty: no content
}

// endpoint does the work of one kind of call.
type endpoint func(*http.Request) answer

func (a *App) routes() {
	users, teams := a.users(), a.teams()
	for pattern, do := range map[string]endpoint{
		listUsers:                a.listUsers,
		"POST /api/users":        users.post,
		"GET /api/users/{id}":    users.read,
		"PUT /api/users/{id}":    users.put,
		"DELETE /api/users/{id}": users.delete,
		"/api/users":             otherMethod,
		"/api/users/{id}":        otherMethod,

		listTeams:                a.listTeams,
		"POST /api/teams":        teams.post,
		"GET /api/teams/{id}":    teams.read,
		"PUT /api/teams/{id}":    teams.put,
		"DELETE /api/teams/{id}": teams.delete,
		"/api/teams":             otherMethod,
		"/api/teams/{id}":        otherMethod,

		"GET /api/teams/{id}/members":              a.listMembers,
		"GET /api/teams/{id}/members/{user_id}":    a.readMember,
		"PUT /api/teams/{id}/members/{user_id}":    a.addMember,
		"DELETE /api/teams/{id}/members/{user_id}": a.removeMember,
		"/api/teams/{id}/members":                  otherMethod,
		"/api/teams/{id}/members/{user_id}":        otherMethod,

		"/": noSuchPath,
	} {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, do) })
	}
}

// authorized does the work for a caller who has the key and, where there is a
// body, speaks JSON.
func (a *App) authorized(r *http.Request, do endpoint) answer {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Api-Key")), []byte(a.key)) != 1 {
		return refuse(http.StatusUnauthorized, "unauthorized", "X-Api-Key is missing or wrong")
	}
	if r.ContentLength > 0 && (r.Method == http.MethodPost || r.Method == http.MethodPut) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if kind != "application/json" {
			return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type must be application/json")
		}
	}
	return do(r)
}

// listUsers ignores query parameters that it does not know, and so answers with
// everybody to a search for any field but login.
func (a *App) listUsers(r *http.Request) answer {
	query := r.URL.Query()
	if query.Has("login") {
		u, found := a.store.named(query.Get("login"))
		if !found {
			return listed[User]("users", nil, 0)
		}
		return listed("users", []User{u}, 1)
	}
	users, total := a.store.page(pageOf(r))
	return listed("users", users, total)
}

// pageOf gives the number of the page that is asked for, and its size.
func pageOf(r *http.Request) (page, size int) {
	query := r.URL.Query()
	return number(query.Get("page"), 1), min(number(query.Get("per_page"), 20), 100)
}

// pathID gives the id of this name in the path, or 0, which nobody has.
func pathID(r *http.Request, name string) int64 {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// number reads a query value that counts from 1; anything else is the default.
func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func listed[T any](name string, items []T, total int) answer {
	if items == nil {
		items = []T{}
	}
	return reply(http.StatusOK, map[string]any{name: items, "total": total})
}

func noSuchUser(r *http.Request) answer {
	return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("no user with id %q", r.PathValue("id")))
}

func noSuchPath(r *http.Request) answer {
	return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("no such path %q", r.URL.Path))
}

func otherMethod(r *http.Request) answer {
	return refuse(http.StatusMethodNotAllowed, "method_not_allowed", fmt.Sprintf("%s is not allowed here", r.Method))
}

func refuse(status int, code, message string) answer {
	return reply(status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func reply(status int, value any) answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic("BUG: an answer of the app is not JSON: " + err.Error())
	}
	return answer{status, body}
}

func (a answer) write(w http.ResponseWriter) {
	if len(a.body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}
