package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

const deskFile = `vendor: desk
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    displayName: {native: name, otherwise: reject}
    active: {native: enabled}
    externalId: keep
  create: POST /users
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
groups: unsupported
`

const deskUser = `{"userName":"ada","displayName":"Ada","active":true,"externalId":"x1"}`

// deskOf is the file with some of its text replaced, in pairs.
func deskOf(t *testing.T, pairs ...string) string {
	t.Helper()
	file := deskFile
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(file, pairs[i]) {
			t.Fatalf("the file does not contain %q", pairs[i])
		}
		file = strings.Replace(file, pairs[i], pairs[i+1], 1)
	}
	return file
}

func replaceOp(path, value string) string {
	return fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, path, value)
}

// expect makes a call and compares its status, what is said of it, and the calls that
// the vendor sees.
func (d *desk) expect(t *testing.T, r *rig, method, path, body string, status int, said string, calls ...string) {
	t.Helper()
	d.called()
	got := r.call(method, path, body)
	detail := gjson.Get(got.body, "detail").String()
	if got.status != status || detail != said {
		t.Errorf("%s %s: got %d %q, want %d %q", method, path, got.status, detail, status, said)
	}
	if diff := cmp.Diff(calls, d.called()); diff != "" {
		t.Errorf("%s %s: native calls (-want +got):\n%s", method, path, diff)
	}
}

const jobsOfUpdates = `  update:
    - {request: "PATCH /users/{id}", save: {job: body.job}}
    - {request: "GET /jobs/{saved.job}", until: body.state == "done", errors: [{when: body.state == "failed", is: invalidValue}]}`

// working makes the desk change users by jobs, which fail where they are to change
// one of these fields.
func (d *desk) working(fails ...string) {
	state := "done"
	d.hook = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.URL.Path, "/jobs/"):
			respond(w, 200, native{"state": state})
			return true
		case r.Method != "PATCH":
			return false
		}
		state = "done"
		for _, field := range fails {
			if strings.Contains(d.calls[len(d.calls)-1], `"`+field+`"`) {
				state = "failed"
			}
		}
		if state == "done" {
			d.change(d.users["1"], native{"enabled": false})
		}
		respond(w, 202, native{"job": "j1"})
		return true
	}
}

// A deactivation whose job fails has not happened, whatever the call was answered that
// began the job; one that fails for what is beside it is begun once more, alone.
func TestDeactivationByJob(t *testing.T) {
	both := operationsOf(replaceOp("active", "false"), replaceOp("displayName", `"Eve"`))
	for _, tt := range []struct {
		name, fails string
		body        string
		status      int
		said        string
		calls       []string
		enabled     bool
	}{
		{"alone", "enabled", operationsOf(replaceOp("active", "false")), 400, "the vendor refuses a value",
			[]string{`PATCH /users/1 {"enabled":false}`, "GET /jobs/j1"}, true},
		{"beside another value", "enabled", both, 400, "the vendor refuses a value",
			[]string{`PATCH /users/1 {"enabled":false,"name":"Eve"}`, "GET /jobs/j1", `PATCH /users/1 {"enabled":false}`, "GET /jobs/j1"}, true},
		{"beside a bad value", "name", both, 204, "",
			[]string{`PATCH /users/1 {"enabled":false,"name":"Eve"}`, "GET /jobs/j1", `PATCH /users/1 {"enabled":false}`, "GET /jobs/j1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, "")
			r := newRig(t, deskOf(t, "  update: PATCH /users/{id}", jobsOfUpdates), d.URL, gateway.Options{})
			r.must(t, 201, "POST", "/Users", deskUser)
			d.turn(func() { d.working(tt.fails) })
			d.expect(t, r, "PATCH", "/Users/1", tt.body, tt.status, tt.said, tt.calls...)
			if got := gjson.Get(r.must(t, 200, "GET", "/Users/1", "").body, "active").Bool(); got != tt.enabled {
				t.Errorf("active is shown as %v, want %v", got, tt.enabled)
			}
		})
	}
}

// A deactivation whose job does not end in time is not told as done.
func TestDeactivationUnfinished(t *testing.T) {
	d := newDesk(t, "")
	r := newRig(t, deskOf(t, "  update: PATCH /users/{id}", jobsOfUpdates), d.URL, gateway.Options{Sleep: func(time.Duration) {}})
	r.must(t, 201, "POST", "/Users", deskUser)
	d.turn(func() {
		d.hook = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PATCH" || strings.HasPrefix(r.URL.Path, "/jobs/") {
				respond(w, 202, native{"job": "j1", "state": "running"})
				return true
			}
			return false
		}
	})
	if got := r.must(t, 503, "PATCH", "/Users/1", operationsOf(replaceOp("active", "false"))); gjson.Get(got.body, "detail").String() != "the vendor has not finished yet" {
		t.Errorf("got %s", got.body)
	}
}

// A vendor may give the id of somebody who was deleted and remembered to the next one.
// Once the former is forgotten, that id is nobody's at Entra, and not the other's.
func TestForgetReusedID(t *testing.T) {
	d, at := newDesk(t, ""), newClock()
	file := deskOf(t, "active: {native: enabled}", "active: exists", "  create:", "  forget: 90d\n  create:")
	r := newRig(t, file, d.URL, gateway.Options{Now: at.time})
	r.must(t, 201, "POST", "/Users", deskUser)
	r.must(t, 200, "PATCH", "/Users/1", operationsOf(replaceOp("active", "false")))
	d.turn(func() { d.last = 0 })
	eve := gjson.Get(r.must(t, 201, "POST", "/Users", strings.Replace(deskUser, `"ada"`, `"eve"`, 1)).body, "id").String()
	at.advance(91 * 24 * time.Hour)
	for range 2 {
		d.expect(t, r, "GET", "/Users/1", "", 404, `there is no user with the id "1"`)
	}
	d.expect(t, r, "PATCH", "/Users/1", operationsOf(replaceOp("active", "false")), 404, `there is no user with the id "1"`)
	if got := gjson.Get(r.must(t, 200, "GET", "/Users/"+eve, "").body, "userName").String(); got != "eve" || d.has("1") != `{"id":1,"login":"eve","name":"Ada"}` {
		t.Errorf("shown as %q, the vendor has %s", got, d.has("1"))
	}
}

// A list that names its next page again and again is not followed for ever, nor taken
// for the whole table.
func TestLookupWithoutEnd(t *testing.T) {
	for _, tt := range []struct {
		name, said string
		next       func(page int) string
		calls      int
	}{
		{"the same page", "the vendor's list names the same next page twice: its paging cannot be followed", func(int) string { return "x" }, 2},
		{"ever other pages", "the vendor's list has more than 3 pages: raise at_most in the vendor file", func(page int) string { return fmt.Sprint(page) }, 4},
	} {
		d, pages := newDesk(t, ""), 0
		d.hook = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/roles" {
				return false
			}
			pages++
			respond(w, 200, native{"roles": []any{}, "next": tt.next(pages)})
			return true
		}
		r := newRig(t, deskOf(t, "externalId: keep", "title: {native: role, lookup: roles}", "users:\n",
			`lookups: {roles: {request: "GET /roles?cursor={next}", items: roles, key: name, value: id, next: body.next, at_most: 3}}`+"\nusers:\n"), d.URL, gateway.Options{})
		got := r.call("POST", "/Users", deskUser)
		if said := gjson.Get(got.body, "detail").String(); said != `lookup "roles": `+tt.said || pages != tt.calls || len(d.users) > 0 {
			t.Errorf("%s: got %d %q after %d pages", tt.name, got.status, said, pages)
		}
	}
}

const (
	twoSteps = `create:
    - POST /users
    - {request: "POST /users/{id}/name", fields: [name]}`
	createdByJob = `create:
    - {request: POST /users, save: {job: body.id}}
    - {request: "GET /jobs/{saved.job}", until: body.state == "done"}`
)

// A half-made user whom an administrator has deleted is made anew, once the vendor has
// said that he is gone.
func TestHalfUserDeleted(t *testing.T) {
	d := newDesk(t, "")
	r := newRig(t, deskOf(t, "create: POST /users", twoSteps), d.URL, gateway.Options{})
	d.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/name") {
			respond(w, 500, nil)
			return true
		}
		return false
	}
	r.must(t, 503, "POST", "/Users", deskUser)
	d.turn(func() { delete(d.users, "1"); d.hook = nil })
	d.expect(t, r, "POST", "/Users", deskUser, 502, "the vendor answers 404 to a call for the resource that it has created",
		"GET /users?login=ada", `POST /users/1/name {"name":"Ada"}`, "GET /users/1")
	d.expect(t, r, "POST", "/Users", deskUser, 201, "",
		"GET /users?login=ada", `POST /users {"enabled":true,"login":"ada"}`, `POST /users/2/name {"name":"Ada"}`)
}

// A job that the vendor has forgotten says nothing of the user whose id is known: the
// read does, and the create goes on after the job.
func TestJobForgotten(t *testing.T) {
	for _, tt := range []struct {
		name, said string
		deleted    bool
		again      []string
		has        string
	}{
		{"there", "the vendor does not know any more what has become of the create", false,
			[]string{"GET /users?login=ada"}, "1"},
		{"gone", "the vendor answers 404 to a call for the resource that it has created", true,
			[]string{"GET /users?login=ada", `POST /users {"enabled":true,"login":"ada","name":"Ada"}`, "GET /jobs/2", "GET /users/2"}, "2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, status := newDesk(t, ""), 200
			d.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/jobs/") {
					return false
				}
				state := "done"
				if r.URL.Path == "/jobs/1" {
					state = "running"
				}
				respond(w, status, native{"state": state})
				return true
			}
			r := newRig(t, deskOf(t, "create: POST /users", createdByJob), d.URL, gateway.Options{Sleep: func(time.Duration) {}})
			r.must(t, 503, "POST", "/Users", deskUser)
			d.turn(func() {
				if status = 404; tt.deleted {
					delete(d.users, "1")
				}
			})
			d.expect(t, r, "POST", "/Users", deskUser, 502, tt.said, "GET /users?login=ada", "GET /jobs/1", "GET /users/1")
			d.turn(func() { status = 200 })
			d.expect(t, r, "POST", "/Users", deskUser, 201, "", tt.again...)
			if len(d.users) != 1 || d.has(tt.has) == "null" {
				t.Errorf("the vendor has %s", encode(d.users))
			}
		})
	}
}

// An answer with status 200 that tells of an error, of which no rule says what it
// means, is no success: neither of a deactivation nor of a deletion.
func TestComplaint(t *testing.T) {
	const said = "the vendor's answer has %q in it, and no error rule says what that means"
	for _, tt := range []struct {
		answer, name string
	}{
		{`{"error":"no such user"}`, "error"},
		{`{"ok":false,"error":{"code":7}}`, "error"},
		{`{"data":null,"errors":[{"message":"forbidden"}]}`, "errors"},
		{`{"Fault":{"faultcode":"soap:Server"}}`, "Fault"},
		{`{"error":true}`, "error"},
		{`{"ok":true,"error":null,"errors":[]}`, ""},
		{`{"error":"","errors":{}}`, ""},
		{`{"error":false,"exception":0}`, ""},
		{`{"id":1,"login":"ada","name":"Ada","enabled":false,"errors":[{"field":"phone"}]}`, ""},
	} {
		d := newDesk(t, "")
		r := newRig(t, deskOf(t), d.URL, gateway.Options{})
		r.must(t, 201, "POST", "/Users", deskUser)
		d.turn(func() {
			d.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == "GET" {
					return false
				}
				d.change(d.users["1"], native{"enabled": false})
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, tt.answer)
				return true
			}
		})
		change, removal := r.call("PATCH", "/Users/1", operationsOf(replaceOp("active", "false"))), r.call("DELETE", "/Users/1", "")
		if tt.name == "" {
			if change.status >= 300 || removal.status != 204 {
				t.Errorf("%s: got %d %s and %d %s", tt.answer, change.status, change.body, removal.status, removal.body)
			}
			continue
		}
		for _, got := range []reply{change, removal} {
			if detail := gjson.Get(got.body, "detail").String(); got.status != 502 || detail != fmt.Sprintf(said, tt.name) {
				t.Errorf("%s: got %d %q", tt.answer, got.status, detail)
			}
		}
	}
}
