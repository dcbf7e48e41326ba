package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// odd is a vendor whose answers are users and lists as a whole, or lists of what holds
// users; whose changes name the user in the body, among the fields; and whose accounts
// are suspended by a date or by having no roles.
type odd struct {
	mu    sync.Mutex
	users []*oddUser
	calls []string // with their bodies, since last taken
}

type oddUser struct {
	ID     int        `json:"id"`
	Login  string     `json:"login"`
	Until  *string    `json:"until"`
	Roles  []string   `json:"roles"`
	Custom []oddField `json:"custom"`
}

type oddField struct {
	Field int    `json:"field"`
	Text  string `json:"text"`
}

func (v *odd) with(match func(*oddUser) bool) *oddUser {
	if i := slices.IndexFunc(v.users, match); i >= 0 {
		return v.users[i]
	}
	return nil
}

func (v *odd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var body json.RawMessage
	json.NewDecoder(r.Body).Decode(&body)
	v.calls = append(v.calls, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	status, answer := v.answer(r, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}

func (v *odd) answer(r *http.Request, body []byte) (int, any) {
	var named struct{ ID int }
	json.Unmarshal(body, &named)
	u := v.with(func(u *oddUser) bool { return u.ID == named.ID })
	switch r.URL.Path {
	case "/add":
		u := &oddUser{}
		if err := json.Unmarshal(body, u); err != nil || u.Login == "" {
			return 400, map[string]string{"error": "a login is needed"}
		}
		u.ID = len(v.users) + 1
		v.users = append(v.users, u)
		return 200, []any{map[string]int{"id": u.ID}}
	case "/get":
		if u == nil {
			return 200, []any{}
		}
		return 200, []any{u}
	case "/named":
		if u := v.with(func(u *oddUser) bool { return u.Login == r.URL.Query().Get("login") }); u != nil {
			return 200, u
		}
		return 404, map[string]string{"error": "nobody"}
	case "/all", "/bare":
		rows := []any{}
		for _, u := range v.users {
			rows = append(rows, map[string]any{"doc": u})
		}
		if r.URL.Path == "/bare" {
			return 200, rows
		}
		return 200, map[string]any{"rows": rows}
	case "/change", "/rename":
		if u == nil {
			return 404, map[string]string{"error": "nobody"}
		}
		if err := json.Unmarshal(body, u); err != nil {
			return 400, map[string]string{"error": err.Error()}
		}
		return 200, u
	case "/drop":
		v.users = slices.DeleteFunc(v.users, func(o *oddUser) bool { return o == u })
		return 200, map[string]bool{"ok": true}
	}
	return 404, nil
}

func (v *odd) take() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	calls := v.calls
	v.calls = nil
	return calls
}

const oddFile = `
vendor: odd
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    title: "custom[field eq 4].text"
    active: %s
  create: {request: POST /add, item: "[0]", lacks: [login, custom, until, roles]}
  read: {request: POST /get, body: {id: =id}, items: .}
  update:
    - {request: POST /rename, fields: [login], body: {id: =id, login: =fields.login}}
    - {request: POST /change, wrap: ., body: {id: =id}}
  delete: {request: POST /drop, body: {id: =id}}
  list: %s
  find: {by: userName, request: "GET /named?login={value}", item: ., errors: [{when: status == 404, is: notFound}]}
`

// Whoever is suspended reads as inactive, and who is not as active, though the field that
// says so is null or an empty list; and what was sent once is not sent again.
func TestOdd(t *testing.T) {
	for name, c := range map[string]struct{ active, list, created, disabled, restored string }{
		"an end of the suspension": {`{native: until, write: 'IIF(active, nil, "3000-01-01")', read: not has(value)}`,
			`{request: GET /all, items: "rows[].doc"}`, ``, `"until":"3000-01-01"`, `"until":null`},
		"no roles": {`{native: roles, write: 'IIF(active, ["member"], [])', read: '"member" in value'}`,
			`{request: GET /bare, items: "[].doc"}`, `"roles":["member"],`, `"roles":[]`, `"roles":["member"]`},
	} {
		t.Run(name, func(t *testing.T) {
			v := &odd{}
			server := httptest.NewServer(v)
			t.Cleanup(server.Close)
			r := newRig(t, fmt.Sprintf(oddFile, c.active, c.list), server.URL, gateway.Options{})
			said := func(what string, want ...string) {
				t.Helper()
				if diff := cmp.Diff(want, v.take()); diff != "" {
					t.Errorf("%s: what the vendor was sent (-want +got):\n%s", what, diff)
				}
			}
			shows := func(active bool, user string) {
				t.Helper()
				if got := gjson.Get(user, "active"); got.Raw != fmt.Sprint(active) {
					t.Errorf("active is %q, want %v: %s", got.Raw, active, user)
				}
			}
			const get, search = `POST /get {"id":1}`, "/Users?filter=userName+eq+%22ann%22"
			shows(true, r.must(t, 201, "POST", "/Users", `{"userName":"ann","title":"Boss","active":true}`).body)
			said("create", "GET /named?login=ann", `POST /add {"login":"ann","custom":[{"field":4,"text":"Boss"}]`+strings.TrimSuffix(","+c.created, ",")+"}", get)
			shows(true, r.must(t, 200, "GET", "/Users/1", "").body)
			shows(true, gjson.Get(r.must(t, 200, "GET", search, "").body, "Resources.0").Raw)
			shows(true, gjson.Get(r.must(t, 200, "GET", "/Users", "").body, "Resources.0").Raw)
			v.take()
			r.call("PATCH", "/Users/1", patching+`[{"op":"replace","path":"active","value":"False"}]}`)
			if calls := v.take(); calls[len(calls)-1] != `POST /change {"id":1,`+c.disabled+`}` {
				t.Errorf("disable: the vendor was sent %q", calls)
			}
			shows(false, r.must(t, 200, "GET", "/Users/1", "").body)
			shows(false, gjson.Get(r.must(t, 200, "GET", search, "").body, "Resources.0").Raw)
			v.take()
			r.call("PATCH", "/Users/1", patching+`[{"op":"replace","path":"active","value":"True"},{"op":"replace","path":"userName","value":"eve"}]}`)
			said("restore and rename", get, "GET /named?login=eve", `POST /rename {"id":1,"login":"eve"}`, `POST /change {"id":1,`+c.restored+`}`)
			user := r.must(t, 200, "GET", "/Users/1", "").body
			if shows(true, user); gjson.Get(user, "userName").String() != "eve" || gjson.Get(user, "title").String() != "Boss" {
				t.Errorf("the user is %s", user)
			}
			r.must(t, 204, "DELETE", "/Users/1", "")
			r.must(t, 404, "GET", "/Users/1", "")
		})
	}
}

// The call that brings somebody back depends on where he is: native is what the vendor
// has, and fields what it shall have.
func TestWayBack(t *testing.T) {
	const ways = `
    - {request: "POST /users/{id}/unsuspend", fields: [status], when: fields.status == "ACTIVE" and native.status == "SUSPENDED", body: ""}
    - {request: "POST /users/{id}/activate", fields: [status], when: fields.status == "ACTIVE" and native.status == "LEFT", body: ""}
    - {request: "POST /users/{id}/suspend", fields: [status], when: fields.status == "SUSPENDED" and native.status != "LEFT", body: ""}
    - POST /users/{id}
`
	file := `
vendor: ways
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: id
  attributes:
    userName: login
    active: {native: status, values: {true: ACTIVE, false: [SUSPENDED, LEFT]}}
  create: POST /users
  read: GET /users/{id}
  update:` + ways + `
  delete: refuse
  list: GET /users
`
	var status string
	var calls []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch way := r.Method + " " + r.URL.Path; {
		case way == "POST /users/a1/unsuspend" && status == "SUSPENDED", way == "POST /users/a1/activate" && status == "LEFT":
			calls, status = append(calls, way), "ACTIVE"
		case way == "POST /users/a1/suspend" && status == "ACTIVE":
			calls, status = append(calls, way), "SUSPENDED"
		case way != "GET /users/a1":
			w.WriteHeader(500)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id":"a1","login":"ann","status":%q}`, status)
	}))
	t.Cleanup(server.Close)
	r := newRig(t, file, server.URL, gateway.Options{})
	for _, way := range []struct{ from, active, call string }{
		{"SUSPENDED", "True", "POST /users/a1/unsuspend"},
		{"LEFT", "True", "POST /users/a1/activate"},
		{"ACTIVE", "False", "POST /users/a1/suspend"},
	} {
		status, calls = way.from, nil
		got := r.must(t, 200, "PATCH", "/Users/a1", patchOf("active", way.active)).body
		if diff := cmp.Diff([]string{way.call}, calls); diff != "" || gjson.Get(got, "active").Raw != strings.ToLower(way.active) {
			t.Errorf("from %s: %s is answered, the vendor was sent (-want +got):\n%s", way.from, got, diff)
		}
	}
}
