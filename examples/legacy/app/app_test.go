package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const annJSON = `{"login":"Ann","mail":" Ann@Example.COM ","first_name":"Ann","last_name":"Lee"}`

// call sends one request past the network and gives status and body, with the
// creation times, which depend on the clock, taken out.
func call(t *testing.T, a *App, method, target, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-Api-Key", "key")
	r.Header.Set("Content-Type", "application/json")
	return do(a, r)
}

func do(a *App, r *http.Request) (int, string) {
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	got := w.Body.String()
	for _, u := range a.Users() {
		got = strings.ReplaceAll(got, u.CreatedAt.Format(time.RFC3339), "NOW")
	}
	for _, t := range a.Teams() {
		got = strings.ReplaceAll(got, t.CreatedAt.Format(time.RFC3339), "NOW")
	}
	return w.Code, got
}

// step is one call and its whole answer. The steps of a table are one
// conversation: each finds the users and teams that those above left.
type step struct {
	name, method, target, body string
	status                     int
	want                       string
}

func converse(t *testing.T, a *App, steps []step) {
	t.Helper()
	for _, s := range steps {
		status, got := call(t, a, s.method, s.target, s.body)
		if status != s.status || got != s.want {
			t.Errorf("%s:\n got %d %s\nwant %d %s", s.name, status, got, s.status, s.want)
		}
	}
}

func refusal(code, message string) string {
	return fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)
}

func TestAPI(t *testing.T) {
	const (
		admin = `{"id":1,"login":"admin","mail":"admin@legacy.example","first_name":null,"last_name":null,"full_name":"Administrator","position":null,"department":null,"manager_id":null,"status":"ENABLED","role":"ADMIN","created_at":"NOW"}`
		ann   = `{"id":2,"login":"Ann","mail":"ann@example.com","first_name":"Ann","last_name":"Lee","full_name":"Ann Lee","position":null,"department":null,"manager_id":null,"status":"ENABLED","role":"USER","created_at":"NOW"}`
		anna  = `{"id":2,"login":"Ann","mail":"ann@example.com","first_name":"Anna","last_name":null,"full_name":"Ann Lee","position":"cto","department":null,"manager_id":null,"status":"LOCKED","role":"USER","created_at":"NOW"}`
		bob   = `{"id":3,"login":"bob","mail":"bob@example.com","first_name":null,"last_name":null,"full_name":null,"position":null,"department":null,"manager_id":null,"status":"DISABLED","role":"USER","created_at":"NOW"}`
	)
	converse(t, New("key"), []step{
		{"create", "POST", "/api/users", annJSON, 201, ann},
		{"read", "GET", "/api/users/2", "", 200, ann},
		{"create disabled", "POST", "/api/users", `{"login":"bob","mail":"bob@example.com","status":"DISABLED"}`, 201, bob},
		{"login is taken in any case", "POST", "/api/users", `{"login":"aNN","mail":"x@example.com"}`, 422, refusal("invalid", "login already taken")},
		{"a disabled user's mail is taken", "POST", "/api/users", `{"login":"x","mail":"BOB@example.com"}`, 422, refusal("invalid", "mail already taken")},
		{"mail missing", "POST", "/api/users", `{"login":"x"}`, 422, refusal("invalid", "mail is required")},
		{"mail cleared", "PUT", "/api/users/2", `{"mail":null}`, 422, refusal("invalid", "mail is required")},
		{"login missing", "POST", "/api/users", `{"mail":"x@example.com"}`, 422, refusal("invalid", "login is required")},
		{"unknown status", "PUT", "/api/users/2", `{"status":"GONE"}`, 422, refusal("invalid", "status must be ENABLED, DISABLED or LOCKED")},
		{"unknown field", "POST", "/api/users", `{"login":"x","nickname":"y"}`, 400, refusal("bad_request", `unknown field "nickname"`)},
		{"role cannot be set", "PUT", "/api/users/2", `{"role":"ADMIN"}`, 400, refusal("bad_request", `unknown field "role"`)},
		{"wrong type", "PUT", "/api/users/2", `{"mail":7}`, 400, refusal("bad_request", "mail must be a string or null")},
		{"an empty body", "PUT", "/api/users/2", "", 400, refusal("bad_request", "the body is not a JSON object")},
		{"broken JSON", "POST", "/api/users", `{"login":`, 400, refusal("bad_request", "the body is not a JSON object")},
		{"null body", "POST", "/api/users", `null`, 400, refusal("bad_request", "the body is not a JSON object")},
		{"search is exact", "GET", "/api/users?login=Ann", "", 200, `{"total":1,"users":[` + ann + `]}`},
		{"search takes any case", "GET", "/api/users?login=aNN", "", 200, `{"total":1,"users":[` + ann + `]}`},
		{"search takes the whole login", "GET", "/api/users?login=An", "", 200, `{"total":0,"users":[]}`},
		{"unknown parameters are ignored", "GET", "/api/users?mail=nobody", "", 200, `{"total":3,"users":[` + admin + `,` + ann + `,` + bob + `]}`},
		{"page", "GET", "/api/users?per_page=2&page=2", "", 200, `{"total":3,"users":[` + bob + `]}`},
		{"page past the end", "GET", "/api/users?per_page=2&page=9223372036854775807", "", 200, `{"total":3,"users":[]}`},
		{"partial update", "PUT", "/api/users/2", `{"first_name":"Anna","last_name":null,"position":"cto","status":"LOCKED"}`, 200, anna},
		{"own login is not taken", "PUT", "/api/users/2", `{"login":"Ann"}`, 200, anna},
		{"update nobody", "PUT", "/api/users/9", `{}`, 404, refusal("not_found", `no user with id "9"`)},
		{"no number", "GET", "/api/users/Ann", "", 404, refusal("not_found", `no user with id "Ann"`)},
		{"delete", "DELETE", "/api/users/3", "", 204, ""},
		{"deleted twice", "DELETE", "/api/users/3", "", 404, refusal("not_found", `no user with id "3"`)},
		{"ids are not used twice", "POST", "/api/users", `{"login":"bob","mail":"bob@example.com","status":"DISABLED"}`, 201, strings.Replace(bob, `"id":3`, `"id":4`, 1)},
		{"other method", "PATCH", "/api/users/2", `{}`, 405, refusal("method_not_allowed", "PATCH is not allowed here")},
		{"other path", "GET", "/scim/Users", "", 404, refusal("not_found", `no such path "/scim/Users"`)},
	})
}

func TestRenamedUserFreesItsNames(t *testing.T) {
	a := New("key")
	call(t, a, "POST", "/api/users", annJSON)
	call(t, a, "PUT", "/api/users/2", `{"login":"Anna","mail":"anna@example.com"}`)
	if status, got := call(t, a, "POST", "/api/users", annJSON); status != 201 {
		t.Errorf("got %d %s, want 201", status, got)
	}
	if status, got := call(t, a, "PUT", "/api/users/3", `{"login":"ANNA"}`); status != 422 {
		t.Errorf("got %d %s, want 422", status, got)
	}
}

func TestPageSizes(t *testing.T) {
	a := New("key")
	for i := range 120 {
		call(t, a, "POST", "/api/users", fmt.Sprintf(`{"login":"u%d","mail":"u%d@example.com"}`, i, i))
	}
	for query, want := range map[string]int{"": 20, "?per_page=7": 7, "?per_page=1000": 100, "?per_page=x": 20, "?per_page=100&page=2": 21} {
		if _, got := call(t, a, "GET", "/api/users"+query, ""); strings.Count(got, `"id":`) != want {
			t.Errorf("%q: got %d users, want %d", query, strings.Count(got, `"id":`), want)
		}
	}
}

func TestCallerIsChecked(t *testing.T) {
	a := New("key")
	r := httptest.NewRequest("GET", "/api/users", nil)
	r.Header.Set("X-Api-Key", "other")
	status, got := do(a, r)
	want := `{"error":{"code":"unauthorized","message":"X-Api-Key is missing or wrong"}}`
	if status != 401 || got != want {
		t.Errorf("wrong key: got %d %s, want 401 %s", status, got, want)
	}
	r = httptest.NewRequest("POST", "/api/users", strings.NewReader(annJSON))
	r.Header.Set("X-Api-Key", "key")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, got = do(a, r)
	want = `{"error":{"code":"unsupported_media_type","message":"Content-Type must be application/json"}}`
	if status != 415 || got != want {
		t.Errorf("form: got %d %s, want 415 %s", status, got, want)
	}
}

func TestCallsAreCountedByKind(t *testing.T) {
	a := New("key")
	call(t, a, "GET", "/api/users/1", "")
	call(t, a, "GET", "/api/users/7", "")
	call(t, a, "GET", "/api/users?login=x", "")
	call(t, a, "GET", "/api/users?page=1", "")
	call(t, a, "GET", "/api/teams?login=x", "")
	call(t, a, "GET", "/api/teams?name=x", "")
	call(t, a, "PUT", "/api/teams/1/members/7", "")
	want := map[string]int{
		"GET /api/users/{id}": 2, "GET /api/users?login=": 1, "GET /api/users": 1,
		"GET /api/teams?name=": 1, "GET /api/teams": 1, "PUT /api/teams/{id}/members/{user_id}": 1,
	}
	if diff := cmp.Diff(want, a.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	a.ResetCalls()
	if diff := cmp.Diff(map[string]int{}, a.Calls()); diff != "" {
		t.Errorf("after ResetCalls (-want +got):\n%s", diff)
	}
}

func TestConcurrentCreatesOfOneLogin(t *testing.T) {
	a := New("key")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			body := fmt.Sprintf(`{"login":"same","mail":"m%d@example.com"}`, i)
			r := httptest.NewRequest("POST", "/api/users", bytes.NewBufferString(body))
			r.Header.Set("X-Api-Key", "key")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			io.Copy(io.Discard, w.Result().Body)
			a.Calls()
		})
	}
	all.Wait()
	if got := len(a.Users()); got != 2 {
		t.Errorf("got %d users, want the administrator and one more", got)
	}
}
