package gateway_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// staff is a vendor whose people have a department and roles by id, and whose tables
// of both change while it serves.
type staff struct {
	*httptest.Server
	mu          sync.Mutex
	last        int
	people      map[string]map[string]any
	departments []entry
	roles       []entry
	calls       []string       // "POST /people {...}"
	ends        map[string]int // the status that a path is answered with instead
	shuffles    bool           // shows lists in another order than they were sent in
}

// entry is a row of a table of the vendor's.
type entry struct {
	ID   any    `json:"id"`
	Name string `json:"name"`
}

func newStaff(t testing.TB) *staff {
	s := &staff{people: map[string]map[string]any{}, ends: map[string]int{},
		departments: []entry{{7, "Sales"}, {8, "Research"}}, roles: []entry{{"r1", "Admin"}, {"r2", "Editor"}, {"r3", "Viewer"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.serve)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *staff) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body map[string]any
	json.NewDecoder(r.Body).Decode(&body)
	line := r.Method + " " + r.RequestURI
	if body != nil {
		line += " " + encode(body)
	}
	s.calls = append(s.calls, line)
	status, answer := s.ends[r.URL.Path], any(map[string]any{"error": "CANARY"})
	if status == 0 {
		status, answer = s.answer(r, body)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if answer != nil {
		fmt.Fprint(w, encode(answer))
	}
}

func (s *staff) answer(r *http.Request, body map[string]any) (int, any) {
	id := strings.TrimPrefix(r.URL.Path, "/people/")
	switch one := s.people[id]; {
	case r.URL.Path == "/departments":
		return 200, map[string]any{"departments": s.page(s.departments, r.URL.Query().Get("page"))}
	case r.URL.Path == "/roles":
		return 200, s.roles
	case r.URL.Path == "/people" && r.Method == "GET":
		return 200, s.found(r.URL.Query().Get("login"))
	case r.URL.Path == "/people":
		s.last++
		one := map[string]any{"id": fmt.Sprint("p", s.last), "enabled": true}
		s.people[one["id"].(string)] = one
		s.set(one, body)
		return 201, s.shown(one)
	case one == nil:
		return 404, nil
	case r.Method == "DELETE":
		delete(s.people, id)
		return 204, nil
	case r.Method == "PATCH":
		s.set(one, body)
		return 200, s.shown(one)
	default:
		return 200, s.shown(one)
	}
}

// page has two rows of a table.
func (s *staff) page(rows []entry, number string) []entry {
	from := 0
	fmt.Sscan(number, &from)
	from = min(2*max(from-1, 0), len(rows))
	return rows[from:min(from+2, len(rows))]
}

func (s *staff) found(login string) []any {
	found := []any{}
	for _, one := range s.people {
		if login == "" || one["login"] == login {
			found = append(found, s.shown(one))
		}
	}
	slices.SortFunc(found, func(a, b any) int { return cmp.Compare(encode(a), encode(b)) })
	return found
}

func (s *staff) set(one, body map[string]any) {
	for name, value := range body {
		if value == nil {
			delete(one, name)
		} else if name != "secret" {
			one[name] = value
		}
	}
}

func (s *staff) shown(one map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range one {
		if list, ok := value.([]any); ok && s.shuffles {
			list = slices.Clone(list)
			slices.Reverse(list)
			value = list
		}
		out[name] = value
	}
	return out
}

// turn changes the vendor while it serves.
func (s *staff) turn(change func(*staff)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// called gives the calls since it was last asked.
func (s *staff) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// person is one of the people as the vendor keeps them.
func (s *staff) person(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return encode(s.people[id])
}
