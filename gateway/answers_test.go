package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const chief = `"userName":"ann","title":"Chief","active":true`

// TestBroken: what the file or the gateway's own account is refused for is 502 on
// every operation, and is never taken for what it was sent about.
func TestBroken(t *testing.T) {
	s := newShelf()
	granted := true
	for pattern, serve := range s.routes {
		s.routes[pattern] = func(w http.ResponseWriter, r *http.Request, body native) {
			if granted {
				serve(w, r, body)
				return
			}
			say(w, 200, native{"ok": false, "error": "missing_scope", "users": []any{}, "id": "n1", "login": "ann"})
		}
	}
	r, vendor := s.rig(t, `upstream: {url: "${env:LEGACY_URL}", errors: [{when: status == 200 and body.ok == false, is: broken}]}`)
	r.must(t, 201, "POST", "/Users", newAnn)
	granted = false
	const refused = "the vendor refuses the call"
	r.tell(t, vendor, []step{
		{"GET /Users/n1", "", 502, refused, []string{"GET /users/n1 200"}},
		{"GET /Users?filter=userName+eq+%22eve%22", "", 502, refused, []string{"GET /users?login=eve 200"}},
		{"GET /Users", "", 502, refused, []string{"GET /users 200"}},
		{"POST /Users", strings.Replace(newAnn, "ann", "eve", 1), 502, refused, []string{"GET /users?login=eve 200"}},
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 502, refused, []string{"PATCH /users/n1 200"}},
		{"PATCH /Users/n1", replacing("active", `false`), 502, refused, []string{"PATCH /users/n1 200"}},
		{"DELETE /Users/n1", "", 502, refused, []string{"DELETE /users/n1 200"}},
	})
	granted = true
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 200, shown("n1", chief), []string{"PATCH /users/n1 200"}},
		{"POST /Users", strings.Replace(newAnn, "ann", "eve", 1), 201, shown("n2", `"userName":"eve","title":"Boss","active":true`),
			[]string{"GET /users?login=eve 200", "POST /users 201"}},
	})
}

// TestReadByASearch: where a user cannot be read by id, a search that shows him does.
// Only an empty list says that he is gone.
func TestReadByASearch(t *testing.T) {
	s := newShelf()
	ignores := false // the parameter
	s.routes["GET /users"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		found := s.found(r)
		if ids := r.URL.Query().Get("ids"); ids != "" && !ignores {
			found = []native{}
			if u := s.users[ids]; u != nil {
				found = append(found, u)
			}
		}
		say(w, 200, native{"data": native{"users": found}})
	}
	delete(s.routes, "GET /users/{id}")
	r, vendor := s.rig(t, `  read: {request: "GET /users?ids={id}", items: data.users}`, "  list: {request: GET /users, items: data.users}",
		`  find: {by: userName, request: "GET /users?login={value}", items: data.users}`)
	s.put(native{"login": "ann", "title": "Chief", "enabled": true})
	s.put(native{"login": "bob"})
	ann, read := shown("n1", chief), func(id string) []string { return []string{"GET /users?ids=" + id + " 200"} }
	r.tell(t, vendor, []step{
		{"GET /Users/n1", "", 200, ann, read("n1")},
		{"GET /Users/n7", "", 404, `there is no user with the id "n7"`, read("n7")},
		{"PUT /Users/n1", `{"userName":"ann","title":"Chief","active":true}`, 200, ann, read("n1")},
		{"PATCH /Users/n7", replacing("title", `"Chief"`), 404, `there is no user with the id "n7"`, []string{"PATCH /users/n7 404", "GET /users?ids=n7 200"}},
	})
	ignores = true
	r.tell(t, vendor, []step{
		{"GET /Users/n1", "", 200, ann, read("n1")},
		{"GET /Users/n7", "", 502, "the vendor's answer shows others than the resource asked for", read("n7")},
		{"PATCH /Users/n7", replacing("title", `"Chief"`), 502, "the vendor's answer shows others than the resource asked for",
			[]string{"PATCH /users/n7 404", "GET /users?ids=n7 200"}},
	})
}

// TestReadWithoutTheID: an answer that does not say whom it shows is about whom it was
// asked for.
func TestReadWithoutTheID(t *testing.T) {
	s := newShelf()
	s.routes["GET /users/{id}"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		u := s.users[r.PathValue("id")]
		if u == nil {
			say(w, 404, nil)
			return
		}
		say(w, 200, native{"user": native{"login": u["login"], "title": u["title"], "enabled": u["enabled"]}})
	}
	s.routes["PATCH /users/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
		for name, value := range body {
			s.users[r.PathValue("id")][name] = value
		}
		say(w, 200, native{"user": native{"login": s.users[r.PathValue("id")]["login"]}})
	}
	const one = `  read: {request: "GET /users/{id}", item: user, lacks: [id]}`
	r, vendor := s.rig(t, one, `  find: {by: userName, request: "GET /users?login={value}", items: users, lacks: [title]}`)
	read, ann := []string{"GET /users/n1 200"}, shown("n1", `"userName":"ann","title":"Boss","active":true`)
	r.tell(t, vendor, []step{
		{"POST /Users", newAnn, 201, ann, []string{findAnn, "POST /users 201"}},
		{"GET /Users/n1", "", 200, ann, read},
		{"GET /Users?filter=userName+eq+%22ann%22", "", 200, fmt.Sprintf(listOfOne, ann), append([]string{findAnn}, read...)},
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 204, "", []string{"PATCH /users/n1 200"}},
		{"PUT /Users/n1", `{"userName":"ann","active":true}`, 200, shown("n1", `"userName":"ann","active":true`), []string{"GET /users/n1 200", "PATCH /users/n1 200", "GET /users/n1 200"}},
		{"GET /Users/n2", "", 404, `there is no user with the id "n2"`, []string{"GET /users/n2 404"}},
	})
	r, vendor = s.rig(t, strings.Replace(one, ", lacks: [id]", "", 1))
	r.tell(t, vendor, []step{
		{"GET /Users/n1", "", 502, "the vendor's answer does not contain the resource: it has no id", read},
	})
}

// TestEmptyAnswers: no body is success to a write and to nothing else; a missing list,
// user or page is never "nobody".
func TestEmptyAnswers(t *testing.T) {
	const noList, noUser = "the vendor's answer does not contain the list", "the vendor's answer does not contain the resource"
	for _, test := range []struct {
		name, kind, body                 string
		read, list, find, update, delete string // "": success
	}{
		{"nothing", "", "", noUser, "the vendor's answer is empty where a list was expected", "the vendor's answer is empty where a list was expected", "", ""},
		{"nothing, in HTML", "text/html", "", noUser, "the vendor's answer is empty where a list was expected", "the vendor's answer is empty where a list was expected", "", ""},
		{"null", "application/json", "null", noUser, noList, noList, "", ""},
		{"an empty object", "application/json", "{}", noUser + ": it has no id", noList, noList, "", ""},
		{"an empty list", "application/json", "[]", noUser, noList, noList, "", ""},
		{"a list that is null", "application/json", `{"users":null}`, noUser + ": it has no id", noList, noList, "", ""},
		{"a list that is an object", "application/json", `{"users":{}}`, noUser + ": it has no id", noList, noList, "", ""},
		{"a list of nulls", "application/json", `{"users":[null]}`, noUser + ": it has no id", "the vendor's list contains something else than resources", "the vendor's list contains something else than resources", "", ""},
		{"a space", "application/json", " ", "the vendor's answer is not valid JSON", "the vendor's answer is not valid JSON", "the vendor's answer is not valid JSON", "the vendor's answer is not valid JSON", "the vendor's answer is not valid JSON"},
		{"JSON without a word for it", "", `{"users":[]}`, noUser + ": it has no id", "", "", "", ""},
		{"JSON under another name", "application/vnd.acme.v2+json; charset=utf-8", `{"users":[]}`, noUser + ": it has no id", "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShelf()
			s.put(native{"login": "ann", "enabled": true})
			for pattern := range s.routes {
				s.routes[pattern] = func(w http.ResponseWriter, _ *http.Request, _ native) {
					w.Header()["Content-Type"] = nil
					if test.kind != "" {
						w.Header().Set("Content-Type", test.kind)
					}
					fmt.Fprint(w, test.body)
				}
			}
			r, _ := s.rig(t)
			for _, call := range []struct {
				method, path, body string
				success            int
				want               string
			}{
				{"GET", "/Users/n1", "", 200, test.read}, {"GET", "/Users", "", 200, test.list}, {"GET", "/Users?filter=userName+eq+%22ann%22", "", 200, test.find},
				{"PATCH", "/Users/n1", replacing("title", `"Chief"`), 204, test.update}, {"DELETE", "/Users/n1", "", 204, test.delete},
			} {
				got := r.call(call.method, call.path, call.body)
				want := fmt.Sprint(call.success, " ")
				if call.want != "" {
					want = "502 " + call.want
				}
				if diff := cmp.Diff(want, fmt.Sprint(got.status, " ", detailOf(got.body))); diff != "" {
					t.Errorf("%s %s (-want +got):\n%s", call.method, call.path, diff)
				}
			}
		})
	}
}

// TestListThatGoesOn: a list whose header names a next page is not all there are, where
// the file does not ask for it; other links mean nothing.
func TestListThatGoesOn(t *testing.T) {
	const goesOn = "502 the vendor's list goes on, and the vendor file does not ask for the next page"
	for link, want := range map[string]string{
		`</users?page=2>; rel="next"`:                                   goesOn,
		`</users?page=9>; rel="last", </users?page=2>; rel=next`:        goesOn,
		`</users?page=2>; title="x"; rel="next last"`:                   goesOn,
		`</users?page=2>; rel="NEXT"`:                                   goesOn,
		`</users?page=1>; rel="first", </users?page=1>; rel="previous"`: "ann bob",
		`</next>; rel="help"`:                                           "ann bob",
	} {
		s := newShelf()
		s.put(native{"login": "ann"})
		s.put(native{"login": "bob"})
		s.routes["GET /users"] = func(w http.ResponseWriter, r *http.Request, _ native) {
			w.Header().Set("Link", link)
			s.find(w, r, nil)
		}
		r, _ := s.rig(t)
		if got := r.logins(t, ""); got != want {
			t.Errorf("%s: got %q, want %q", link, got, want)
		}
		if got := r.logins(t, `userName eq "ann"`); got != want && got != "ann" || (got == "ann") != (want != goesOn) {
			t.Errorf("%s: a search: got %q", link, got)
		}
	}
}
