package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIDOfACreate: wherever the vendor names the new user, he has one id, is read by
// it and is there once.
func TestIDOfACreate(t *testing.T) {
	for _, test := range []struct {
		name   string
		lines  []string
		answer func(w http.ResponseWriter, u native)
		calls  []string // from the create on
	}{
		{"in the body", nil,
			func(w http.ResponseWriter, u native) { say(w, 201, u) }, []string{"POST /users 201"}},
		{"in the item", []string{"  create: {request: POST /users, item: data.user}"},
			func(w http.ResponseWriter, u native) { say(w, 201, native{"data": native{"user": u}}) }, []string{"POST /users 201"}},
		{"under another name", []string{"  create: {request: POST /users, id: key}"},
			func(w http.ResponseWriter, u native) { say(w, 201, native{"key": u["id"]}) }, []string{"POST /users 201", "GET /users/n1 200"}},
		{"in an array", []string{`  create: {request: POST /users, save: {id: "body.made[0].key"}}`},
			func(w http.ResponseWriter, u native) { say(w, 200, native{"made": []any{native{"key": u["id"]}}}) }, []string{"POST /users 200", "GET /users/n1 200"}},
		{"in an array alone", []string{`  create: {request: POST /users, save: {id: "body[0]"}}`},
			func(w http.ResponseWriter, u native) { say(w, 200, []any{u["id"]}) }, []string{"POST /users 200", "GET /users/n1 200"}},
		{"in a header", []string{`  create: {request: POST /users, save: {id: 'headers["x-user"]'}}`},
			func(w http.ResponseWriter, u native) { w.Header().Set("X-User", fmt.Sprint(u["id"])); say(w, 204, nil) }, []string{"POST /users 204", "GET /users/n1 200"}},
		{"in an absolute Location, of whatever host", nil, located("https://elsewhere.example/v2/users/ID"), []string{"POST /users 201", "GET /users/n1 200"}},
		{"in a relative Location", nil, located("/v2/users/ID"), []string{"POST /users 201", "GET /users/n1 200"}},
		{"in a Location of two words", nil, located("users/ID"), []string{"POST /users 201", "GET /users/n1 200"}},
		{"in a bare Location", nil, located("ID"), []string{"POST /users 201", "GET /users/n1 200"}},
		{"in a Location with a slash and a query", nil, located("/users/ID/?lang=en/GB"), []string{"POST /users 201", "GET /users/n1 200"}},
		{"in a Location, encoded", nil, located("/users/%6e1"), []string{"POST /users 201", "GET /users/n1 200"}},
		{"by a search", nil,
			func(w http.ResponseWriter, _ native) { say(w, 204, nil) }, []string{"POST /users 204", findAnn}},
		{"by a search, after an object that is not the user", nil,
			func(w http.ResponseWriter, _ native) { say(w, 200, native{"ok": true}) }, []string{"POST /users 200", findAnn}},
		{"by a search that shows the id alone", []string{`  find: {by: userName, request: "GET /users?login={value}", items: users, lacks: [login, title, enabled]}`},
			func(w http.ResponseWriter, _ native) { say(w, 204, nil) }, []string{"POST /users 204", findAnn, "GET /users/n1 200"}},
		{"by the list", []string{"  find: []"},
			func(w http.ResponseWriter, _ native) { say(w, 204, nil) }, []string{"POST /users 204", "GET /users 200"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShelf()
			s.routes["POST /users"] = func(w http.ResponseWriter, _ *http.Request, body native) { test.answer(w, s.put(body)) }
			r, vendor := s.rig(t, test.lines...)
			r.must(t, 200, "GET", "/Users?filter=userName+eq+%22ann%22", "") // the name is free: no further look before the create
			ann := shown("n1", `"userName":"ann","title":"Boss","active":true`)
			r.tell(t, vendor, []step{
				{"POST /Users", newAnn, 201, ann, test.calls},
				{"GET /Users/n1", "", 200, ann, []string{"GET /users/n1 200"}},
			})
			if diff := cmp.Diff(`{"enabled":true,"id":"n1","login":"ann","title":"Boss"}`, s.has("n1")); diff != "" || len(s.users) != 1 {
				t.Errorf("the vendor has %d users (-want +got):\n%s", len(s.users), diff)
			}
		})
	}
}

// located answers a create with a Location alone.
func located(location string) func(http.ResponseWriter, native) {
	return func(w http.ResponseWriter, u native) {
		w.Header().Set("Location", strings.ReplaceAll(location, "ID", fmt.Sprint(u["id"])))
		say(w, 201, nil)
	}
}

// TestIDThatWasSent: the id is what the user was sent with, in the URL or in the body.
func TestIDThatWasSent(t *testing.T) {
	for _, test := range []struct {
		name, create string
		call         string
	}{
		{"by PUT", "  create: PUT /users/{fields.login}", "PUT /users/a%2Fb%20c 204"},
		{"by POST", "  create: POST /users", "POST /users 204"},
	} {
		s := newShelf()
		made := func(w http.ResponseWriter, r *http.Request, body native) {
			if id := r.PathValue("id"); id != "" && id != body["login"] {
				say(w, 400, nil)
				return
			}
			body["id"] = body["login"]
			s.put(body)
			say(w, 204, nil)
		}
		s.routes["PUT /users/{id}"], s.routes["POST /users"] = made, made
		r, vendor := s.rig(t, "  id: login", "  attributes: {userName: {native: login, mutability: immutable}, title: title, active: enabled}", test.create)
		shown := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"a/b c","userName":"a/b c","active":true,"meta":{"resourceType":"User","location":"BASE/Users/a%2Fb%20c"}}`
		r.tell(t, vendor, []step{
			{"POST /Users", `{"userName":"a/b c","active":true}`, 201, shown, []string{"GET /users?login=a%2Fb%20c 200", test.call, "GET /users/a%2Fb%20c 200"}},
			{"GET /Users/a%2Fb%20c", "", 200, shown, []string{"GET /users/a%2Fb%20c 200"}},
			{"PATCH /Users/a%2Fb%20c", replacing("title", `"Boss"`), 200, strings.Replace(shown, `"active"`, `"title":"Boss","active"`, 1), []string{"PATCH /users/a%2Fb%20c 200"}},
			{"DELETE /Users/a%2Fb%20c", "", 204, "", []string{"DELETE /users/a%2Fb%20c 204"}},
		})
	}
}

// TestNoIDOfACreate: a create whose user nobody finds again, or under an id that is
// none, has not happened as far as Entra is told; one that happened is found when
// Entra comes again.
func TestNoIDOfACreate(t *testing.T) {
	s := newShelf()
	var hidden []native
	s.routes["POST /users"] = func(w http.ResponseWriter, _ *http.Request, body native) {
		hidden = append(hidden, body)
		say(w, 204, nil)
	}
	r, vendor := s.rig(t)
	r.tell(t, vendor, []step{
		{"POST /Users", newAnn, 502, "the vendor's answer to the create names no id", []string{findAnn, "POST /users 204", findAnn}},
	})
	s.put(hidden[0]) // the vendor shows him by now
	ann := shown("n1", `"userName":"ann","title":"Boss","active":true`)
	r.tell(t, vendor, []step{{"POST /Users", newAnn, 201, ann, []string{findAnn}}})
	if len(hidden) != 1 {
		t.Errorf("created %d times", len(hidden))
	}
	s.routes["POST /users"] = func(w http.ResponseWriter, _ *http.Request, body native) {
		body["id"] = "17"
		s.put(body)
		say(w, 201, native{"id": "job-4", "login": body["login"]})
	}
	vendor.vendor = s.handler()
	delete(s.users, "n1")
	r, vendor = s.rig(t, "  id: {native: id, type: integer}")
	r.tell(t, vendor, []step{
		{"POST /Users", newAnn, 201, shown("17", `"userName":"ann","title":"Boss","active":true`), []string{findAnn, "POST /users 201", findAnn}},
	})
}
