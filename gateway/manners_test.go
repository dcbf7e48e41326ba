package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNobodyIsAnswered204: a vendor that says "done" about nobody is asked first who
// is there, so that Entra hears 404 and whom the file protects is left alone.
func TestNobodyIsAnswered204(t *testing.T) {
	s := newShelf()
	for _, pattern := range []string{"PATCH /users/{id}", "DELETE /users/{id}"} {
		serve := s.routes[pattern]
		s.routes[pattern] = func(w http.ResponseWriter, r *http.Request, body native) {
			if s.users[r.PathValue("id")] != nil {
				serve(w, r, body)
				return
			}
			say(w, 204, nil)
		}
	}
	r, vendor := s.rig(t, `  update: {request: "PATCH /users/{id}", read_first: true}`, `  delete: {request: "DELETE /users/{id}", read_first: true}`)
	r.must(t, 201, "POST", "/Users", newAnn)
	r.must(t, 200, "GET", "/Users/n1", "") // the vendor shows somebody: it can be believed that others are not there
	const gone = `there is no user with the id "n9"`
	r.tell(t, vendor, []step{
		{"PATCH /Users/n9", replacing("title", `"Chief"`), 404, gone, []string{"GET /users/n9 404"}},
		{"PUT /Users/n9", newAnn, 404, gone, []string{"GET /users/n9 404"}},
		{"DELETE /Users/n9", "", 404, gone, []string{"GET /users/n9 404"}},
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 200, shown("n1", chief), []string{"GET /users/n1 200", "PATCH /users/n1 200"}},
		{"DELETE /Users/n1", "", 204, "", []string{"GET /users/n1 200", "DELETE /users/n1 204"}},
		{"DELETE /Users/n1", "", 404, `there is no user with the id "n1"`, []string{"GET /users/n1 404"}},
	})
	s.put(native{"id": "root", "login": "root", "role": "ADMIN"})
	r, vendor = s.rig(t, `  delete: {request: "DELETE /users/{id}", read_first: true}`+"\n  protect: native.role == \"ADMIN\"")
	const protected = "mutability: the vendor file protects this account: it can only be changed at the vendor"
	r.tell(t, vendor, []step{
		{"PATCH /Users/root", replacing("title", `"Chief"`), 400, protected, []string{"GET /users/root 200"}},
		{"PATCH /Users/root", replacing("active", `false`), 400, protected, []string{"GET /users/root 200"}},
		{"DELETE /Users/root", "", 400, protected, []string{"GET /users/root 200"}},
	})
	if diff := cmp.Diff(`{"id":"root","login":"root","role":"ADMIN"}`, s.has("root")); diff != "" {
		t.Errorf("root (-want +got):\n%s", diff)
	}
}

// TestDemotion: where nobody can be disabled, a user who leaves gets a role without
// rights, and any other role is somebody at work.
func TestDemotion(t *testing.T) {
	s := newShelf()
	r, vendor := s.rig(t, "  attributes: {userName: login, title: title, active: {native: role, values: {true: [member, editor, owner], false: none}}}", "  delete: deactivate")
	read, write := "GET /users/n1 200", "PATCH /users/n1 200"
	boss := func(active bool) string {
		return shown("n1", fmt.Sprintf(`"userName":"ann","title":"Boss","active":%v`, active))
	}
	r.tell(t, vendor, []step{
		{"POST /Users", newAnn, 201, boss(true), []string{findAnn, "POST /users 201"}},
		{"PATCH /Users/n1", replacing("active", `false`), 200, boss(false), []string{write}},
		{"GET /Users/n1", "", 200, boss(false), []string{read}},
	})
	s.users["n1"]["role"] = "editor" // by an administrator
	r.tell(t, vendor, []step{
		{"GET /Users/n1", "", 200, boss(true), []string{read}},
		{"PUT /Users/n1", newAnn, 200, boss(true), []string{read}}, // and she stays an editor
		{"DELETE /Users/n1", "", 204, "", []string{read, write}},
	})
	if diff := cmp.Diff(`{"id":"n1","login":"ann","role":"none","title":"Boss"}`, s.has("n1")); diff != "" {
		t.Errorf("the vendor has (-want +got):\n%s", diff)
	}
}

// TestSetAtCreationAlone: what a vendor takes once and ignores later is sent once.
func TestSetAtCreationAlone(t *testing.T) {
	for otherwise, want := range map[string]step{
		"keep":   {status: 200, want: shown("n1", `"userName":"ann2","title":"Boss","active":true`), vendor: []string{"GET /users/n1 200", "GET /users?login=ann2 200"}},
		"drop":   {status: 200, want: shown("n1", `"userName":"ann","title":"Boss","active":true`), vendor: []string{"GET /users/n1 200", "GET /users?login=ann2 200"}},
		"reject": {status: 400, want: `mutability: "userName" cannot be mapped: it cannot be changed after creation`, vendor: []string{"GET /users/n1 200"}},
	} {
		s := newShelf()
		r, vendor := s.rig(t, "  attributes: {userName: {native: login, mutability: immutable, otherwise: "+otherwise+"}, title: title, active: enabled}",
			"  fixed: {source: entra, note: '=\"by \" + userName'}")
		want.request, want.body = "PUT /Users/n1", strings.Replace(newAnn, "ann", "ann2", 1)
		r.must(t, 201, "POST", "/Users", newAnn)
		r.tell(t, vendor, []step{want})
		r.must(t, 200, "PATCH", "/Users/n1", replacing("title", `"Chief"`))
		if diff := cmp.Diff(`{"enabled":true,"id":"n1","login":"ann","note":"by ann","source":"entra","title":"Chief"}`, s.has("n1")); diff != "" {
			t.Errorf("%s: the vendor has (-want +got):\n%s", otherwise, diff)
		}
	}
}

// TestRulesInOrder: the first rule that holds says what an answer means, the call's
// own before those of the users and of the upstream; what it says is told with its
// attribute, and with when to come again.
func TestRulesInOrder(t *testing.T) {
	s := newShelf()
	quota := 1
	s.put(native{"login": "eve"}) // whom no search shows
	s.routes["POST /users"] = func(w http.ResponseWriter, r *http.Request, body native) {
		login := fmt.Sprint(body["login"])
		switch {
		case login == "busy":
			w.Header().Set("Retry-After", "7")
			say(w, 400, native{"error": "LOCKED: try later"})
		case strings.Contains(login, " "):
			say(w, 400, native{"error": "login must not contain blanks"})
		case s.taken(login):
			say(w, 500, native{"error": "duplicate key value: login"})
		case len(s.users) > quota:
			say(w, 402, native{"error": "no licence left"})
		default:
			s.create(w, r, body)
		}
	}
	s.routes["GET /users"] = func(w http.ResponseWriter, _ *http.Request, _ native) { say(w, 200, native{"users": []any{}}) } // finds nobody: the vendor refuses
	r, vendor := s.rig(t, `upstream:
  url: ${env:LEGACY_URL}
  errors: [{when: status == 400, is: broken}, {when: status == 402, is: throttled}]`,
		`  create:
    request: POST /users
    errors: [{when: status == 400 and text contains "LOCKED", is: unavailable}, {when: status == 500 and body.error startsWith "duplicate", is: uniqueness, attribute: userName}]
  errors: [{when: status == 400 and text contains "login", is: invalidValue, attribute: userName}, {when: status == 400 and text contains "LOCKED", is: throttled}]`)
	user := func(login string) string { return strings.Replace(newAnn, "ann", login, 1) }
	r.must(t, 201, "POST", "/Users", newAnn)
	vendor.take()
	for _, test := range []struct {
		login, detail, again string
		status               int
		attribute            string
	}{
		{"eve", "uniqueness: the vendor says that another resource has this value", "", 409, "userName"},
		{"two words", "invalidValue: the vendor refuses a value", "", 400, "userName"},
		{"busy", "the vendor says that it is not available", "7", 503, ""},
		{"bob", "the vendor limits the number of calls", "30", 429, ""},
	} {
		got := r.must(t, test.status, "POST", "/Users", user(test.login))
		shownAttribute := ""
		if strings.Contains(got.body, `"attribute":"userName"`) {
			shownAttribute = "userName"
		}
		if diff := cmp.Diff([]string{test.detail, test.again, test.attribute}, []string{detailOf(got.body), got.header.Get("Retry-After"), shownAttribute}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.login, diff)
		}
	}
	if len(s.users) != 2 {
		t.Errorf("%d users", len(s.users))
	}
}

// TestCeilings: more than the file lets a search or a list have is an error, and never
// nobody.
func TestCeilings(t *testing.T) {
	s := newShelf()
	s.routes["GET /users"] = func(w http.ResponseWriter, r *http.Request, _ native) { // a search that is none
		r.URL.RawQuery = ""
		say(w, 200, native{"users": s.found(r)})
	}
	for n := range 5 {
		s.put(native{"login": fmt.Sprint("u", n)})
	}
	const many = "the vendor's search finds more than 4 resources: raise at_most in the vendor file, if it is a search"
	r, _ := s.rig(t, "  list: {request: GET /users, items: users, at_most: 4}", `  find: {by: userName, request: "GET /users?login={value}", items: users, at_most: 4}`)
	for path, want := range map[string]string{
		"/Users?filter=userName+eq+%22u1%22":     many,
		"/Users?filter=userName+eq+%22nobody%22": many,
		"/Users":                                 "the vendor lists more than 4 resources: raise at_most in the vendor file, or give it a find",
	} {
		if diff := cmp.Diff(want, detailOf(r.must(t, 503, "GET", path, "").body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	r.must(t, 503, "POST", "/Users", newAnn)
	if len(s.users) != 5 {
		t.Errorf("%d users", len(s.users))
	}
}
