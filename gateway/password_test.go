package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

// safe is a vendor that takes passwords and, against all custom, shows them again.
type safe struct {
	*httptest.Server
	mu    sync.Mutex
	last  int
	users map[string]map[string]any
	calls []string
	fails string // the call that is answered 500, once done
	loses bool   // that call is done, and its answer lost
}

func newSafe(t testing.TB) *safe {
	s := &safe{users: map[string]map[string]any{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *safe) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body map[string]any
	json.NewDecoder(r.Body).Decode(&body)
	call := r.Method + " " + r.URL.Path
	s.calls = append(s.calls, strings.TrimSpace(call+" "+strings.TrimPrefix(encode(body), "null")))
	w.Header().Set("Content-Type", "application/json")
	if call == s.fails && !s.loses {
		s.fails = ""
		w.WriteHeader(500)
		fmt.Fprint(w, encode(body))
		return
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/users/"), "/")
	user, status := s.users[id], 200
	switch {
	case call == "GET /users":
		found := []any{}
		for _, u := range s.users {
			if u["login"] == r.URL.Query().Get("login") {
				found = append(found, u)
			}
		}
		fmt.Fprint(w, encode(found))
		return
	case call == "POST /users":
		s.last++
		user, status = map[string]any{"id": fmt.Sprint("u", s.last)}, 201
		s.users[user["id"].(string)] = user
	case user == nil:
		w.WriteHeader(404)
		return
	}
	if r.Method != "GET" {
		for name, value := range body {
			user[name] = value
		}
	}
	if call == s.fails && s.loses {
		s.fails = ""
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	fmt.Fprint(w, encode(user))
}

func (s *safe) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

const safeFile = `
vendor: safe
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: id
  attributes:
    userName: login
    active: enabled
    displayName: name
    ATTRIBUTE
  FIXED
  create: CREATE
  read: GET /users/{id}
  update: UPDATE
  delete: refuse
  find: {by: userName, request: "GET /users?login={value}"}
  adopt: true
groups: unsupported
`

func safeOf(changes ...string) string {
	defaults := []string{"ATTRIBUTE", "externalId: keep", "FIXED", "", "CREATE", "POST /users", "UPDATE", "PATCH /users/{id}"}
	return strings.NewReplacer(append(changes, defaults...)...).Replace(safeFile)
}

// entropies counts up, so that every request would make another password.
func entropies() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprint("entropy ", n)
	}
}

// passwordsIn are those that the calls carried, in any field.
func passwordsIn(t *testing.T, calls []string) (passwords []string) {
	t.Helper()
	for _, call := range calls {
		_, text, _ := strings.Cut(call, " {")
		var body map[string]any
		if json.Unmarshal([]byte("{"+text), &body) != nil {
			continue
		}
		for _, name := range []string{"password", "again"} {
			if p, ok := body[name].(string); ok {
				passwords = append(passwords, p)
			}
		}
	}
	return passwords
}

var homesOfPasswords = map[string][]string{
	"fixed":         {"FIXED", `fixed: {password: =password(20), again: =password(20)}`},
	"a default":     {"ATTRIBUTE", `nickName: {native: password, default: =password(20)}`},
	"the body":      {"CREATE", `{request: POST /users, body: {password: =password(20)}, wrap: .}`},
	"a second call": {"CREATE", `[POST /users, {request: "PATCH /users/{id}/secret", body: {password: =password(20)}}]`},
	"a call of update": {"ATTRIBUTE", `password: {native: password, default: =password(20)}`,
		"UPDATE", `[{request: "PATCH /users/{id}/secret", fields: [password]}, "PATCH /users/{id}"]`},
}

// Wherever a file has a password generated, it is sent once, and nobody else sees it:
// not the caller, not the log at its loudest, not the state.
func TestPassword(t *testing.T) {
	for name, changes := range homesOfPasswords {
		s := newSafe(t)
		r := newRig(t, safeOf(changes...), s.URL, gateway.Options{Entropy: entropies()})
		seen := []string{r.must(t, 201, "POST", "/Users", `{"userName":"ada","displayName":"Ada"}`).body}
		passwords := passwordsIn(t, s.called())
		if len(slices.Compact(slices.Clone(passwords))) != 1 || len(passwords[0]) != 20 {
			t.Errorf("%s: the passwords %q were sent", name, passwords)
			continue
		}
		seen = append(seen, r.must(t, 200, "GET", "/Users/u1", "").body, r.must(t, 200, "GET", "/Users?filter=userName+eq+%22ada%22", "").body)
		seen = append(seen, r.call("PATCH", "/Users/u1", patchOf("displayName", "Ada L")).body, r.call("PATCH", "/Users/u1", patchOf("active", "False")).body)
		seen = append(seen, r.must(t, 200, "PUT", "/Users/u1", `{"userName":"ada","displayName":"A"}`).body)
		if later := passwordsIn(t, s.called()); later != nil {
			t.Errorf("%s: a change carried the passwords %q", name, later)
		}
		s.mu.Lock()
		s.fails = "POST /users" // which answers with what was sent
		s.mu.Unlock()
		seen = append(seen, r.must(t, 503, "POST", "/Users", `{"userName":"eve"}`).body)
		passwords = append(passwords, passwordsIn(t, s.called())...)
		state, err := os.ReadFile(r.state)
		wal, _ := os.ReadFile(r.state + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		for where, text := range map[string]string{"the log": r.log.String(), "the state": string(state) + string(wal), "an answer": strings.Join(seen, "\n")} {
			for _, password := range append(passwords, "entropy 1") {
				if strings.Contains(text, password) {
					t.Errorf("%s: %s has %q:\n%s", name, where, password, text)
				}
			}
		}
		if !strings.Contains(r.log.String(), "native call") || !strings.Contains(string(state)+string(wal), "u1") {
			t.Errorf("%s: there is nothing in the log or in the state", name)
		}
	}
}

// A create that is repeated sends a second password only where the first did not
// arrive, or may not have; and never for an account that somebody else had made.
func TestPasswordOnce(t *testing.T) {
	post := `{"userName":"ada","displayName":"Ada"}`
	for name, changes := range homesOfPasswords {
		for _, tt := range []struct {
			fails string
			loses bool
			want  []string // the calls that carry one, in the second request
		}{
			{"POST /users", true, map[string][]string{"a second call": {"PATCH /users/u1/secret"}, "a call of update": {"PATCH /users/u1/secret"}}[name]},
			{"PATCH /users/u1/secret", false, map[string][]string{"a second call": {"PATCH /users/u1/secret"}, "a call of update": {"PATCH /users/u1/secret"}}[name]},
		} {
			s := newSafe(t)
			s.fails, s.loses = tt.fails, tt.loses
			r := newRig(t, safeOf(changes...), s.URL, gateway.Options{Entropy: entropies()})
			first := r.call("POST", "/Users", post)
			calls := s.called()
			if first.status != 201 {
				r.must(t, 201, "POST", "/Users", post)
				calls = append(calls, s.called()...)
			}
			var carriers []string
			for _, call := range calls {
				if len(passwordsIn(t, []string{call})) > 0 {
					method, _, _ := strings.Cut(call, " {")
					carriers = append(carriers, method)
				}
			}
			want := []string{"POST /users"}
			if tt.want != nil {
				want = tt.want
				if strings.Contains(tt.fails, "secret") {
					want = append(want, tt.want...)
				}
			}
			if diff := cmp.Diff(want, carriers); diff != "" {
				t.Errorf("%s, %s: passwords went with (-want +got):\n%s\n%s", name, tt.fails, diff, strings.Join(calls, "\n"))
			}
			if len(s.users) != 1 {
				t.Errorf("%s: %d users", name, len(s.users))
			}
		}
		s := newSafe(t)
		s.users["u9"] = map[string]any{"id": "u9", "login": "ada", "password": "his own"}
		r := newRig(t, safeOf(changes...), s.URL, gateway.Options{Entropy: entropies()})
		r.must(t, 201, "POST", "/Users", post)
		if sent := passwordsIn(t, s.called()); sent != nil || s.users["u9"]["password"] != "his own" {
			t.Errorf("%s: the account that was taken over was sent %q", name, sent)
		}
	}
}

// Without being told otherwise each create has a password of its own.
func TestPasswordOfItsOwn(t *testing.T) {
	s := newSafe(t)
	r := newRig(t, safeOf(homesOfPasswords["fixed"]...), s.URL, gateway.Options{})
	seen := map[string]bool{}
	for i := range 20 {
		r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"u%d"}`, i))
		seen[passwordsIn(t, s.called())[0]] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 creates had %d passwords", len(seen))
	}
}
