package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// renamingFile is of a vendor whose users are named by their logins, which change by a
// call of their own.
func renamingFile(t *testing.T) string {
	return deskOf(t, "id: {native: id, type: integer}", "id: {native: login, renames: true}",
		"create: POST /users", "create: {request: POST /users, fields: [login, name, enabled]}",
		"update: PATCH /users/{id}", `update: [{request: "PATCH /users/{id}/login", fields: [login]}, "PATCH /users/{id}"]`)
}

// A user is known by the new name although the rest of the request has failed.
func TestRenameThenFailure(t *testing.T) {
	d := newDesk(t, "login")
	r := newRig(t, renamingFile(t), d.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", deskUser)
	d.turn(func() {
		d.hook = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PATCH" && !strings.HasSuffix(r.URL.Path, "/login") {
				respond(w, 422, nil)
				return true
			}
			return false
		}
	})
	d.expect(t, r, "PATCH", "/Users/ada", operationsOf(replaceOp("userName", `"eve"`), replaceOp("displayName", `"Eve"`)), 400, "the vendor refuses a value (status 422)",
		"GET /users/ada", "GET /users?login=eve", `PATCH /users/ada/login {"login":"eve"}`, `PATCH /users/eve {"name":"Eve"}`)
	expectAda(t, r, "/Users/ada", "eve", "Ada")
	expectAda(t, r, "/Users?filter=userName+eq+%22eve%22", "eve", "Ada")
}

func expectAda(t *testing.T, r *rig, path, name, display string) {
	t.Helper()
	user := gjson.Parse(r.must(t, 200, "GET", path, "").body)
	if list := user.Get("Resources.0"); list.Exists() {
		user = list
	}
	if user.Get("id").String() != "ada" || user.Get("userName").String() != name || user.Get("displayName").String() != display {
		t.Errorf("%s shows %s", path, user.Raw)
	}
}

// A rename whose answer was lost may have happened: both names are looked for before
// anything is told, so that nobody is gone for it, and nobody else is taken for him.
func TestRenameInDoubt(t *testing.T) {
	looks := []string{"GET /users/ada", "GET /users?login=eve", `PATCH /users/ada/login {"login":"eve"}`, "GET /users/ada"}
	for _, tt := range []struct {
		name    string
		happens func(d *desk)
		calls   []string
		shown   string
	}{
		{"it happened", func(d *desk) { d.change(d.users["ada"], native{"login": "eve"}) }, append(looks[:4:4], "GET /users/eve"), "eve"},
		{"it did not", func(*desk) {}, looks, "ada"},
		{"somebody else took the name", func(d *desk) { d.users["eve"] = native{"login": "eve", "name": "Eve", "enabled": true} }, looks, "ada"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, "login")
			r := newRig(t, renamingFile(t), d.URL, gateway.Options{})
			r.must(t, 201, "POST", "/Users", deskUser)
			d.turn(func() {
				d.hook = func(_ http.ResponseWriter, r *http.Request) bool {
					if r.Method == "PATCH" {
						tt.happens(d)
						panic(http.ErrAbortHandler)
					}
					return false
				}
			})
			d.expect(t, r, "PATCH", "/Users/ada", operationsOf(replaceOp("userName", `"eve"`)), 504,
				"the connection to the vendor broke before its answer was complete", tt.calls...)
			expectAda(t, r, "/Users/ada", tt.shown, "Ada")
		})
	}
}

// A deactivation beside a rename in doubt is carried out, under the name that the user
// has by now.
func TestRenameInDoubtDeactivates(t *testing.T) {
	d := newDesk(t, "login")
	r := newRig(t, renamingFile(t), d.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", deskUser)
	d.turn(func() {
		d.hook = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/login") {
				d.change(d.users["ada"], native{"login": "eve"})
				panic(http.ErrAbortHandler)
			}
			return false
		}
	})
	d.expect(t, r, "PATCH", "/Users/ada", operationsOf(replaceOp("userName", `"eve"`), replaceOp("active", "false")), 200, "",
		"GET /users/ada", "GET /users?login=eve", `PATCH /users/ada/login {"login":"eve"}`, "GET /users/ada", "GET /users/eve", `PATCH /users/eve {"enabled":false}`)
	expectAda(t, r, "/Users/ada", "eve", "Ada")
	if want := `{"enabled":false,"login":"eve","name":"Ada"}`; d.has("eve") != want {
		t.Errorf("the vendor has %s, want %s", d.has("eve"), want)
	}
}

// Two users swap their names by way of a third, and a new one gets a freed name: each
// keeps the SCIM id.
func TestRenamesCrossed(t *testing.T) {
	d := newDesk(t, "login")
	r := newRig(t, renamingFile(t), d.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", deskUser)
	r.must(t, 201, "POST", "/Users", `{"userName":"bob","displayName":"Bob","active":true}`)
	for _, move := range [][2]string{{"ada", "tmp"}, {"bob", "ada"}, {"ada", "bob"}} {
		r.must(t, 200, "PATCH", "/Users/"+move[0], operationsOf(replaceOp("userName", `"`+move[1]+`"`)))
	}
	expectAda(t, r, "/Users/ada", "bob", "Ada")
	r.must(t, 200, "PATCH", "/Users/ada", operationsOf(replaceOp("userName", `"zoe"`)))
	carl := gjson.Get(r.must(t, 201, "POST", "/Users", `{"userName":"bob","displayName":"Carl","active":true}`).body, "id").String()
	for id, want := range map[string]string{"ada": "zoe Ada", "bob": "ada Bob", carl: "bob Carl"} {
		user := gjson.Parse(r.must(t, 200, "GET", "/Users/"+id, "").body)
		if got := user.Get("userName").String() + " " + user.Get("displayName").String(); got != want || user.Get("id").String() != id {
			t.Errorf("%s shows %s, want %s", id, user.Raw, want)
		}
	}
	if carl == "ada" || carl == "bob" {
		t.Errorf("the new user got the SCIM id %q of another", carl)
	}
}

// A create by PUT overwrites nobody: neither somebody whose user name is another, nor
// somebody who has come since the last look.
func TestCreateByPutSparesOthers(t *testing.T) {
	byNumber := []string{"id: {native: id, type: integer}", "id: uid", "externalId: keep", "externalId: {native: uid, mutability: immutable}", "create: POST /users", "create: PUT /users/{native.uid}"}
	byName := []string{"id: {native: id, type: integer}", "id: login", "userName: login", "userName: {native: login, mutability: immutable}", "create: POST /users", "create: PUT /users/{native.login}"}
	boss := native{"uid": "x1", "login": "boss", "name": "Boss", "enabled": true}
	for _, tt := range []struct {
		name, key, id string
		file          []string
		there         native
		status        int
		said          string
		calls         []string
	}{
		{"another name", "uid", "x1", byNumber, boss, 409, "another user already has the id that this one would have", []string{"GET /users/x1"}},
		{"nobody", "uid", "x2", byNumber, boss, 201, "", []string{"GET /users/x1", `PUT /users/x1 {"enabled":true,"login":"ada","name":"Ada","uid":"x1"}`}},
		{"the same name", "login", "ada", byName, native{"login": "ada", "name": "Other", "enabled": true}, 409, `another user already has the userName "ada"`, []string{"GET /users/ada"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.key)
			r := newRig(t, deskOf(t, tt.file...), d.URL, gateway.Options{})
			r.must(t, 200, "GET", "/Users?filter=userName+eq+%22ada%22", "") // nobody yet
			d.turn(func() { d.users[tt.id] = tt.there })
			d.expect(t, r, "POST", "/Users", deskUser, tt.status, tt.said, tt.calls...)
			if got := d.has(tt.id); got != encode(tt.there) {
				t.Errorf("the other user is %s, and was %s", got, encode(tt.there))
			}
		})
	}
}
