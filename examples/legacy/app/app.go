// Package app is the application that the demo puts behind the gateway: made
// up, but with the habits of real legacy user APIs. It has numeric ids, a
// status word in place of a flag, one searchable field, and it lower-cases what
// it is given without a word. It keeps its users in memory, counts the calls it
// gets, and breaks on command.
package app

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"sync"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// App is the application. Its methods may be called while it serves.
type App struct {
	key   string
	store *store
	mux   *http.ServeMux

	mu     sync.Mutex
	calls  map[string]int
	faults []*Fault
	down   bool
	server *Server
}

// New gives an application with one user, its administrator, whose callers must
// send key in the header X-Api-Key.
func New(key string) *App {
	a := &App{key: key, store: newStore(), mux: http.NewServeMux(), calls: map[string]int{}}
	a.routes()
	return a
}

// Handler gives the application's HTTP API.
func (a *App) Handler() http.Handler { return a.mux }

// Users gives a copy of every user, ordered by id. It is no call of the API: it
// is not counted, and faults do not touch it.
func (a *App) Users() []User { return a.store.all() }

// Teams gives a copy of every team, ordered by id, in the manner of Users.
func (a *App) Teams() []Team { return a.store.allTeams() }

// Calls gives the number of calls so far by kind: the method and the pattern of
// the path, "GET /api/users/{id}". A list that searches is a kind of its own,
// "GET /api/users?login=" or "GET /api/teams?name=".
func (a *App) Calls() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.calls)
}

// ResetCalls sets all counts back to nothing.
func (a *App) ResetCalls() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.calls)
}

// serve is the life of one call: count it, let a fault have it, or answer it.
func (a *App) serve(w http.ResponseWriter, r *http.Request, do endpoint) {
	// The body is read before anything else, because net/http notices that a
	// caller has hung up only once nothing is left to read.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(http.StatusBadRequest, "bad_request", "the body cannot be read").write(w)
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	work := func() answer { return a.authorized(r, do) }
	if fault := a.arrive(r); fault != nil {
		a.strike(fault, w, r, work)
		return
	}
	work().write(w)
}

// arrive counts a call and gives the fault that it meets, nil for none.
func (a *App) arrive(r *http.Request) *Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down {
		return &Fault{Kind: Refuse}
	}
	a.calls[callKind(r)]++
	for _, f := range a.faults {
		if f.hits(r) {
			return f
		}
	}
	return nil
}

func callKind(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case r.Pattern == listUsers && query.Has("login"):
		return listUsers + "?login="
	case r.Pattern == listTeams && query.Has("name"):
		return listTeams + "?name="
	}
	return r.Pattern
}
