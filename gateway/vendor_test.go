package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeVendor is a small user API with a store of its own. Like many it ignores
// query parameters that it does not know, and does not keep logins unique.
type fakeVendor struct {
	*httptest.Server

	mu    sync.Mutex
	first func(w http.ResponseWriter, r *http.Request) (done bool) // nil: nothing
	users map[int]map[string]any
	last  int
	upper bool // titles are stored in capitals
	calls []string
}

func newFakeVendor(t *testing.T) *fakeVendor {
	t.Helper()
	v := &fakeVendor{users: map[int]map[string]any{}}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *fakeVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	v.calls = append(v.calls, r.Method+" "+r.URL.RequestURI())
	first := v.first
	v.mu.Unlock()
	if first != nil && first(w, r) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch rest := strings.TrimPrefix(r.URL.Path, "/users"); {
	case rest == "" && r.Method == "GET":
		v.search(w, r.URL.Query().Get("login"))
	case rest == "" && r.Method == "POST":
		v.last++
		v.users[v.last] = map[string]any{"id": v.last}
		v.change(w, r, v.last)
	default:
		id, _ := strconv.Atoi(strings.TrimPrefix(rest, "/"))
		v.one(w, r, id)
	}
}

func (v *fakeVendor) search(w http.ResponseWriter, login string) {
	hits := []any{}
	for id := 1; id <= v.last; id++ {
		if user := v.users[id]; user != nil && (login == "" || strings.EqualFold(fmt.Sprint(user["login"]), login)) {
			hits = append(hits, user)
		}
	}
	answer(w, 200, map[string]any{"users": hits})
}

func (v *fakeVendor) one(w http.ResponseWriter, r *http.Request, id int) {
	switch user := v.users[id]; {
	case user == nil:
		answer(w, 404, map[string]any{"error": "no such user"})
	case r.Method == "GET":
		answer(w, 200, user)
	case r.Method == "PUT":
		v.change(w, r, id)
	case r.Method == "DELETE":
		delete(v.users, id)
		w.WriteHeader(204)
	}
}

func (v *fakeVendor) change(w http.ResponseWriter, r *http.Request, id int) {
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		answer(w, 400, map[string]any{"error": err.Error()})
		return
	}
	if title, ok := fields["title"].(string); ok && v.upper {
		fields["title"] = strings.ToUpper(title)
	}
	for name, value := range fields {
		v.users[id][name] = value
	}
	answer(w, 200, v.users[id])
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// before runs a function ahead of each call, which may answer it.
func (v *fakeVendor) before(first func(w http.ResponseWriter, r *http.Request) (done bool)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.first = first
}

// took gives the calls since it was last asked.
func (v *fakeVendor) took() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	calls := v.calls
	v.calls = nil
	return calls
}

func (v *fakeVendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.users)
}

// file is the vendor file of a fakeVendor.
func (v *fakeVendor) file(name string) string { return vendorFile(name, v.URL) }

func vendorFile(name, url string) string {
	return fmt.Sprintf(`
vendor: %s
callers:
  - {token: "token-of-%[1]s"}
  - {token: "audit-of-%[1]s", read_only: true}
upstream:
  url: %s
  headers: {X-Api-Key: "key-of-%[1]s"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    displayName: name
    title: title
    active: enabled
    externalId: keep
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
groups: unsupported
`, name, url)
}
