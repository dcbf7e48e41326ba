package examples_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// unleash answers as Unleash's open source edition does, as far as the counting
// of calls needs it. examples/unleash is tested against the real one.
type unleash struct {
	mu    sync.Mutex
	last  int
	users map[string]map[string]any
}

func newUnleash(map[string]any) http.Handler {
	u, mux := &unleash{users: map[string]map[string]any{}}, http.NewServeMux()
	for pattern, do := range map[string]http.HandlerFunc{
		"GET /api/admin/user-admin": u.list, "GET /api/admin/user-admin/search": u.search, "POST /api/admin/user-admin": u.create,
		"GET /api/admin/user-admin/{id}": u.one, "PUT /api/admin/user-admin/{id}": u.one, "DELETE /api/admin/user-admin/{id}": u.one,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			u.mu.Lock()
			defer u.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			do(w, r)
		})
	}
	return mux
}

func (u *unleash) list(w http.ResponseWriter, _ *http.Request) {
	all := []any{}
	for _, user := range u.users {
		all = append(all, user)
	}
	json.NewEncoder(w).Encode(map[string]any{"users": all})
}

func (u *unleash) search(w http.ResponseWriter, r *http.Request) {
	found := []any{}
	for _, user := range u.users {
		for _, name := range []string{"username", "email"} {
			if text, _ := user[name].(string); strings.HasPrefix(text, r.URL.Query().Get("q")) {
				found = append(found, user)
				break
			}
		}
	}
	json.NewEncoder(w).Encode(found)
}

func (u *unleash) create(w http.ResponseWriter, r *http.Request) {
	u.last++
	id := strconv.Itoa(u.last)
	u.users[id] = map[string]any{"id": u.last}
	u.set(id, r)
	w.Header().Set("Location", id)
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(u.users[id])
}

func (u *unleash) one(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	switch {
	case u.users[id] == nil:
		w.WriteHeader(http.StatusNotFound)
		json.NewEncoder(w).Encode(map[string]any{"name": "NotFoundError"})
		return
	case r.Method == http.MethodPut:
		u.set(id, r)
	case r.Method == http.MethodDelete:
		delete(u.users, id)
		return
	}
	json.NewEncoder(w).Encode(u.users[id])
}

// set takes the fields of a body. Addresses are kept in small letters.
func (u *unleash) set(id string, r *http.Request) {
	user := u.users[id]
	json.NewDecoder(r.Body).Decode(&user) // into the map that is there
	if address, ok := user["email"].(string); ok {
		user["email"] = strings.ToLower(address)
	}
}
