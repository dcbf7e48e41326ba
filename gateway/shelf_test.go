package gateway_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"scimshim/gateway"
)

// shelf is a user API that does what most do, with a store of its own. A test puts
// routes of its own in the place of those that it is about.
type shelf struct {
	mu     sync.Mutex
	last   int
	users  map[string]native
	routes map[string]route
}

// route serves a call about what is in the store.
type route func(w http.ResponseWriter, r *http.Request, body native)

func newShelf() *shelf {
	s := &shelf{users: map[string]native{}}
	s.routes = map[string]route{
		"GET /users": s.find, "POST /users": s.create, "GET /users/{id}": s.read,
		"PATCH /users/{id}": s.update, "DELETE /users/{id}": s.remove,
	}
	return s
}

func (s *shelf) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range s.routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			var body native
			json.NewDecoder(r.Body).Decode(&body)
			serve(w, r, body)
		})
	}
	return mux
}

// say answers; nil is no body at all.
func say(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, encode(body))
}

// put makes a user with the next id, or the one that the body has.
func (s *shelf) put(body native) native {
	s.last++
	u := native{"id": fmt.Sprint("n", s.last)}
	maps.Copy(u, body)
	s.users[fmt.Sprint(u["id"])] = u
	return u
}

func (s *shelf) create(w http.ResponseWriter, _ *http.Request, body native) {
	say(w, 201, s.put(body))
}

func (s *shelf) read(w http.ResponseWriter, r *http.Request, _ native) {
	if u := s.users[r.PathValue("id")]; u != nil {
		say(w, 200, u)
		return
	}
	say(w, 404, native{"error": "no such user"})
}

func (s *shelf) update(w http.ResponseWriter, r *http.Request, body native) {
	u := s.users[r.PathValue("id")]
	if u == nil {
		say(w, 404, native{"error": "no such user"})
		return
	}
	maps.Copy(u, body)
	say(w, 200, u)
}

func (s *shelf) remove(w http.ResponseWriter, r *http.Request, _ native) {
	if s.users[r.PathValue("id")] == nil {
		say(w, 404, native{"error": "no such user"})
		return
	}
	delete(s.users, r.PathValue("id"))
	say(w, 204, nil)
}

// found are the users with a login, or all, in the order of their ids.
func (s *shelf) found(r *http.Request) []native {
	found := []native{}
	for _, u := range s.users {
		if !r.URL.Query().Has("login") || strings.EqualFold(fmt.Sprint(u["login"]), r.URL.Query().Get("login")) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b native) int { return cmp.Compare(fmt.Sprint(a["id"]), fmt.Sprint(b["id"])) })
	return found
}

func (s *shelf) find(w http.ResponseWriter, r *http.Request, _ native) {
	say(w, 200, native{"users": s.found(r)})
}

// has gives a user as the store has it, in JSON; "null" if there is none.
func (s *shelf) has(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return encode(s.users[id])
}

// shelfLines are the lines of a vendor file, by their keys, in their order.
var shelfLines = [...][2]string{
	{"upstream", `upstream: {url: "${env:LEGACY_URL}"}`},
	{"users", "users:"},
	{"id", "  id: id"},
	{"attributes", "  attributes: {userName: login, title: title, active: enabled}"},
	{"fixed", ""},
	{"create", "  create: POST /users"},
	{"read", "  read: GET /users/{id}"},
	{"update", "  update: PATCH /users/{id}"},
	{"delete", "  delete: DELETE /users/{id}"},
	{"list", "  list: {request: GET /users, items: users}"},
	{"find", `  find: {by: userName, request: "GET /users?login={value}", items: users}`},
	{"groups", "groups: unsupported"},
}

// shelfFile is the vendor file of a shelf, with these lines instead of its own.
func shelfFile(lines ...string) string {
	file := "vendor: shelf\ncallers: [{token: \"${env:SCIM_TOKEN}\"}]\n"
	used := 0
	for _, line := range shelfLines {
		text := line[1]
		for _, own := range lines {
			if key, _, _ := strings.Cut(strings.TrimSpace(own), ":"); key == line[0] {
				text = own
				used++
			}
		}
		file += text + "\n"
	}
	if used != len(lines) {
		panic("BUG: a line of no known key")
	}
	return file
}

// rig puts a gateway before the shelf.
func (s *shelf) rig(t *testing.T, lines ...string) (*rig, *tape) {
	t.Helper()
	vendor := &tape{vendor: s.handler()}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	return newRig(t, shelfFile(lines...), server.URL, gateway.Options{}), vendor
}

// shown is a user of the core schema as the gateway shows it.
func shown(id, attributes string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"` + id + `",` + attributes +
		`,"meta":{"resourceType":"User","location":"BASE/Users/` + id + `"}}`
}

// replacing is a PATCH that sets an attribute to a value in JSON.
func replacing(path, value string) string {
	return patching + `[{"op":"replace","path":"` + path + `","value":` + value + `}]}`
}

const (
	newAnn  = `{"userName":"ann","title":"Boss","active":true}`
	findAnn = "GET /users?login=ann 200"
)
