package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQueryInTextOut: an application of the old kind, which takes everything in the
// URL, wants fixed parameters and headers, calls its JSON HTML and answers writes with
// a line of text.
func TestQueryInTextOut(t *testing.T) {
	s := newShelf()
	const key = "k&y=1"
	line := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
		fmt.Fprint(w, text)
	}
	s.routes["GET /do"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		query := r.URL.Query()
		if len(query["key"]) != 1 || query.Get("key") != key || r.Header.Get("X-Realm") != "emea" || r.ContentLength > 0 || query.Get("version") != "2" {
			line(w, "ERR denied")
			return
		}
		switch u := s.users[query.Get("id")]; query.Get("op") {
		case "add":
			if s.taken(query.Get("user[login]")) {
				line(w, "ERR 17 login is in use")
				return
			}
			s.put(native{"login": query.Get("user[login]"), "title": query.Get("user[title]"), "enabled": query.Get("user[enabled]") == "true"})
			line(w, "OK")
		case "set":
			for name := range query {
				if field, found := strings.CutPrefix(name, "user["); found {
					u[strings.TrimSuffix(field, "]")] = query.Get(name)
				}
			}
			if on, ok := u["enabled"].(string); ok {
				u["enabled"] = on == "true"
			}
			line(w, "OK")
		case "drop":
			if u == nil {
				line(w, "ERR 4 nobody")
				return
			}
			delete(s.users, query.Get("id"))
			line(w, "OK")
		case "get", "find":
			found := []native{}
			for _, u := range s.users {
				if u["id"] == query.Get("id") || u["login"] == query.Get("login") {
					found = append(found, u)
				}
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			json.NewEncoder(w).Encode(found)
		}
	}
	html := "expect: {format: json, type: text/html}"
	r, vendor := s.rig(t, `upstream:
  url: ${env:LEGACY_URL}
  send: query
  expect: text
  query: {key: "k&y=1", version: 2}
  headers: {X-Realm: emea}
  errors:
    - {when: text startsWith "ERR 17", is: uniqueness}
    - {when: status == 200 and text startsWith "ERR 4 ", is: notFound}
    - {when: text startsWith "ERR", is: broken}`,
		"  create: {request: GET /do?op=add, wrap: user}",
		"  read: {request: GET /do?op=get, query: {id: =id}, items: '*', "+html+"}",
		"  update: {request: GET /do?op=set, query: {id: =id}, wrap: user}",
		"  delete: {request: GET /do?op=drop, query: {id: =id}}",
		"  list: none",
		"  find: {by: userName, request: GET /do?op=find, query: {login: =value}, "+html+"}")
	const fixed = "&key=k%26y%3D1&version=2"
	call := func(op, rest string) string { return "GET /do?op=" + op + fixed + rest + " 200" }
	ann := shown("n1", `"userName":"ann & co","title":"Boss","active":true`)
	r.tell(t, vendor, []step{
		{"POST /Users", strings.Replace(newAnn, "ann", "ann & co", 1), 201, ann, []string{call("find", "&login=ann%20%26%20co"),
			call("add", "&user%5Blogin%5D=ann%20%26%20co&user%5Btitle%5D=Boss&user%5Benabled%5D=true"), call("find", "&login=ann%20%26%20co")}},
		{"PATCH /Users/n1", replacing("title", `"a=b&c"`), 204, "", []string{call("set", "&id=n1&user%5Btitle%5D=a%3Db%26c")}},
		{"PATCH /Users/n1", replacing("active", `false`), 204, "", []string{call("set", "&id=n1&user%5Benabled%5D=false")}},
		{"GET /Users/n1", "", 200, shown("n1", `"userName":"ann & co","title":"a=b&c","active":false`), []string{call("get", "&id=n1")}},
		{"DELETE /Users/n1", "", 204, "", []string{call("drop", "&id=n1")}},
	})
}

// taken reports whether a login is somebody's.
func (s *shelf) taken(login string) bool {
	for _, u := range s.users {
		if u["login"] == login {
			return true
		}
	}
	return false
}

// TestEmptiness: what is null, what is an empty text and what is left out are three
// things, in mapped fields and in the trees of a file.
func TestEmptiness(t *testing.T) {
	s := newShelf()
	var sent []string
	for _, pattern := range []string{"POST /users", "PATCH /users/{id}"} {
		serve := s.routes[pattern]
		s.routes[pattern] = func(w http.ResponseWriter, r *http.Request, body native) {
			user, _ := body["user"].(map[string]any)
			body["user"] = native{}
			sent = append(sent, encode(user)+" "+encode(body))
			serve(w, r, user)
		}
	}
	body := `body: {a: null, b: "", c: =fields.title, d: [=fields.title, x], e: {f: =fields.title}, g: false, h: 0}, wrap: user`
	r, _ := s.rig(t, `  attributes:
    userName: login
    title: title
    name.givenName: {native: given, empty: null}
    name.familyName: {native: family, empty: ""}
    displayName: {native: shown, empty: none given}
    nickName: {native: nick, empty: omit}
    name.formatted: {native: full, empty: never}`,
		"  create: {request: POST /users, "+body+"}", `  update: {request: "PATCH /users/{id}", `+body+"}")
	const tree = ` {"a":null,"b":"",%s"g":false,"h":0,"user":{}}`
	const without, with = `"d":["x"],"e":{},`, `"c":"Boss","d":["Boss","x"],"e":{"f":"Boss"},`
	r.must(t, 201, "POST", "/Users", `{"userName":"ann","displayName":"","nickName":null}`)
	all := `"name":{"givenName":"G","familyName":"F","formatted":"G F"},"displayName":"D","nickName":"N"`
	r.must(t, 200, "PUT", "/Users/n1", `{"userName":"ann","title":"Boss",`+all+`}`)
	got := r.must(t, 200, "PUT", "/Users/n1", `{"userName":"ann","title":"Boss"}`)
	if diff := cmp.Diff([]string{
		`{"login":"ann"}` + fmt.Sprintf(tree, without),
		`{"family":"F","full":"G F","given":"G","nick":"N","shown":"D","title":"Boss"}` + fmt.Sprintf(tree, with),
		`{"family":"","given":null,"shown":"none given"}` + fmt.Sprintf(tree, without), // the title is not sent again
	}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(`{"family":"","full":"G F","given":null,"id":"n1","login":"ann","nick":"N","shown":"none given","title":"Boss"}`, s.has("n1")); diff != "" {
		t.Errorf("the vendor has (-want +got):\n%s\n%s", diff, got.body)
	}
	for _, native := range []any{nil, "", "absent"} { // and all three are nothing on the way back
		s.users["n1"]["title"] = native
		if native == "absent" {
			delete(s.users["n1"], "title")
		}
		if got := r.must(t, 200, "GET", "/Users/n1", ""); strings.Contains(got.body, `"title"`) {
			t.Errorf("%v is shown: %s", native, got.body)
		}
	}
}

// TestMethods: an operation may have any of the methods, and one with a body where
// others have none.
func TestMethods(t *testing.T) {
	s := newShelf()
	routes := map[string]route{"PUT": s.create, "POST": s.read, "DELETE": s.update, "PATCH": s.remove, "GET": s.find}
	s.routes = map[string]route{}
	var got []string
	for method, serve := range routes {
		s.routes[method+" /u/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
			got = append(got, method+" "+encode(body))
			if method == "GET" {
				r.URL.RawQuery = url.Values{"login": {fmt.Sprint(body["q"])}}.Encode()
			}
			serve(w, r, body)
		}
	}
	r, _ := s.rig(t, "  create: PUT /u/new", "  read: POST /u/{id}", "  update: DELETE /u/{id}",
		`  delete: {request: "PATCH /u/{id}", body: {sure: true}}`, "  list: none", "  find: {by: userName, request: GET /u/all, body: {q: =value}, items: users}")
	r.must(t, 201, "POST", "/Users", newAnn)
	r.must(t, 200, "PATCH", "/Users/n1", replacing("title", `"Chief"`))
	r.must(t, 200, "GET", "/Users/n1", "")
	r.must(t, 204, "DELETE", "/Users/n1", "")
	want := []string{`GET {"q":"ann"}`, `PUT {"enabled":true,"login":"ann","title":"Boss"}`, `DELETE {"title":"Chief"}`, `POST null`, `PATCH {"sure":true}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestFullName: two attributes may be one field of the vendor's, put together and taken
// apart; the one that a request does not name is read.
func TestFullName(t *testing.T) {
	s := newShelf()
	both := `native: full, write: 'name.givenName + " " + name.familyName', read: `
	r, vendor := s.rig(t, `  attributes:
    userName: login
    name.givenName: {`+both+`'first(split(value, " "))'}
    name.familyName: {`+both+`'split(value, " ")[1]'}`)
	ann := func(given, family string) string {
		return shown("n1", fmt.Sprintf(`"userName":"ann","name":{"givenName":%s,"familyName":%s}`, strconv.Quote(given), strconv.Quote(family)))
	}
	read, write := "GET /users/n1 200", "PATCH /users/n1 200"
	r.tell(t, vendor, []step{
		{"POST /Users", `{"userName":"ann","name":{"givenName":"Ann","familyName":"Lee"}}`, 201, ann("Ann", "Lee"), []string{findAnn, "POST /users 201"}},
		{"PATCH /Users/n1", replacing("name.familyName", `"Low"`), 200, ann("Ann", "Low"), []string{read, write}},
		{"PATCH /Users/n1", replacing("name.givenName", `"Mary Ann"`), 200, ann("Mary Ann", "Low"), []string{read, write}}, // does not come apart
		{"GET /Users/n1", "", 200, ann("Mary Ann", "Low"), []string{read}},
		{"PATCH /Users/n1", replacing("name.givenName", `"Mary Ann"`), 200, ann("Mary Ann", "Low"), []string{read}},
	})
	if got := s.users["n1"]["full"]; got != "Mary Ann Low" {
		t.Errorf("the vendor has %q", got)
	}
	s.users["n1"]["full"] = "Eve King"
	r.tell(t, vendor, []step{{"GET /Users/n1", "", 200, ann("Eve", "King"), []string{read}}})
}
