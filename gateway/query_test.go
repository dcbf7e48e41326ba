package gateway_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"scimshim/gateway"
)

// register is a user API that answers certain queries alone and ignores every
// parameter that it does not know. It pages as it is told to.
type register struct {
	*httptest.Server
	mu     sync.Mutex
	users  []native
	last   int
	size   int // of a page; 0: everybody on one
	calls  []string
	hides  bool                          // a search by login passes over the disabled
	page   func(*register, *turn) string // gives the header Link
	answer func(http.ResponseWriter)     // instead of a list
}

// turn is a page of a list that is asked for.
type turn struct {
	query url.Values
	found []any
	body  native
}

func newRegister(t testing.TB, users ...native) *register {
	v := &register{users: users, last: len(users), page: (*register).whole}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/users", v.list)
	mux.HandleFunc("GET /api/ids", v.ids)
	mux.HandleFunc("GET /api/map", v.byID)
	mux.HandleFunc("GET /api/logins/{login}", v.byLogin)
	mux.HandleFunc("/api/users/{id}", v.one)
	mux.HandleFunc("POST /api/users", v.create)
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.calls = append(v.calls, r.Method+" "+strings.TrimPrefix(r.RequestURI, "/api"))
		w.Header().Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(v.Close)
	return v
}

func (v *register) called() (calls []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	calls, v.calls = v.calls, nil
	return calls
}

// takes reports whether a user passes the queries that the vendor knows.
func (v *register) takes(u native, query url.Values) bool {
	text := func(field string) string { return strings.ToLower(fmt.Sprint(cmp.Or(u[field], any("")))) }
	for name, holds := range map[string]func(asked string) bool{
		"login":  func(asked string) bool { return text("login") == asked && !(v.hides && u["enabled"] == false) },
		"starts": func(asked string) bool { return strings.HasPrefix(text("login"), asked) },
		"dept":   func(asked string) bool { return text("dept") == asked },
		"mail":   func(asked string) bool { return text("mail") == asked },
		"since":  func(asked string) bool { return text("updated") >= asked },
		"above":  func(asked string) bool { level, _ := strconv.Atoi(asked); n, _ := u["level"].(int); return n > level },
	} {
		if query.Has(name) && !holds(strings.ToLower(query.Get(name))) {
			return false
		}
	}
	return true
}

func (v *register) list(w http.ResponseWriter, r *http.Request) {
	if v.answer != nil {
		v.answer(w)
		return
	}
	t := &turn{query: r.URL.Query(), found: []any{}, body: native{}}
	for _, u := range v.users {
		if v.takes(u, t.query) {
			t.found = append(t.found, u)
		}
	}
	t.body["total"] = len(t.found)
	for _, link := range strings.Split(v.page(v, t), "\n") {
		if link != "" {
			w.Header().Add("Link", link)
		}
	}
	t.body["users"] = t.found
	fmt.Fprint(w, encode(t.body))
}

func (v *register) ids(w http.ResponseWriter, r *http.Request) {
	ids := []any{}
	for _, u := range v.users {
		if v.takes(u, r.URL.Query()) {
			ids = append(ids, u["id"])
		}
	}
	fmt.Fprint(w, encode(ids))
}

func (v *register) byID(w http.ResponseWriter, r *http.Request) {
	users := map[string]native{}
	for _, u := range v.users {
		if v.takes(u, r.URL.Query()) {
			shown := native{}
			for name, value := range u {
				if name != "id" {
					shown[name] = value
				}
			}
			users[fmt.Sprint(u["id"])] = shown
		}
	}
	if len(users) == 0 {
		fmt.Fprint(w, `{"data":{"users":[]}}`) // as PHP writes an empty array
		return
	}
	fmt.Fprint(w, encode(native{"data": native{"users": users}}))
}

func (v *register) byLogin(w http.ResponseWriter, r *http.Request) {
	for _, u := range v.users {
		if strings.EqualFold(fmt.Sprint(u["login"]), r.PathValue("login")) {
			fmt.Fprint(w, encode(native{"user": u["id"]}))
			return
		}
	}
	fmt.Fprint(w, `{"user":null}`)
}

func (v *register) create(w http.ResponseWriter, r *http.Request) {
	v.last++
	u := native{"id": v.last}
	json.NewDecoder(r.Body).Decode(&u)
	v.users = append(v.users, u)
	w.WriteHeader(201)
	fmt.Fprint(w, encode(u))
}

func (v *register) one(w http.ResponseWriter, r *http.Request) {
	at := slices.IndexFunc(v.users, func(u native) bool { return fmt.Sprint(u["id"]) == r.PathValue("id") })
	switch {
	case at < 0:
		w.WriteHeader(404)
		return
	case r.Method == "DELETE":
		v.users = slices.Delete(v.users, at, at+1)
		w.WriteHeader(204)
		return
	case r.Method == "PUT":
		json.NewDecoder(r.Body).Decode(&v.users[at])
	}
	fmt.Fprint(w, encode(v.users[at]))
}

// The ways to page. Each cuts what was found.

func (v *register) whole(*turn) string { return "" }

func (v *register) cut(t *turn, from int) (to int, more bool) {
	from = min(from, len(t.found))
	to = min(from+v.size, len(t.found))
	more = to < len(t.found)
	t.found = t.found[from:to]
	return to, more
}

func number(t *turn, name string) int {
	n, _ := strconv.Atoi(t.query.Get(name))
	return n
}

func (v *register) byPage(t *turn) string {
	v.cut(t, (number(t, "page")-1)*v.size)
	return ""
}

func (v *register) byOffset(t *turn) string {
	v.cut(t, number(t, "offset"))
	return ""
}

// byCursor has an empty page in the middle, as vendors have that filter a page
// after it was cut.
func (v *register) byCursor(t *turn) string {
	cursor := t.query.Get("cursor")
	if cursor == "pause" {
		t.found, t.body["next"] = t.found[:0], "to/2"
		return ""
	}
	from, _ := strconv.Atoi(strings.TrimPrefix(cursor, "to/"))
	to, more := v.cut(t, from)
	switch {
	case more && to == 2:
		t.body["next"] = "pause"
	case more:
		t.body["next"] = "to/" + strconv.Itoa(to)
	}
	return ""
}

// byLink names the next page by an absolute URL, in the second of two headers.
func (v *register) byLink(t *turn) string {
	to, more := v.cut(t, number(t, "at"))
	if !more {
		return `<` + v.URL + `/api/users?at=0>; rel="first"`
	}
	t.query.Set("at", strconv.Itoa(to))
	return `<` + v.URL + `/api/users?at=0>; rel="first"` + "\n" + `<` + v.URL + `/api/users?` + t.query.Encode() + `&q=%e4%2F+x>; title="a, b"; rel="next"`
}

// byURL names it relative to the request, in the body.
func (v *register) byURL(t *turn) string {
	if to, more := v.cut(t, number(t, "at")); more {
		t.query.Set("at", strconv.Itoa(to))
		t.body["next"] = "?" + t.query.Encode()
	}
	return ""
}

// registerFile maps the register. list and finds are of the file under test.
func registerFile(list string, finds ...string) string {
	file := `
vendor: register
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}/api"}
extensions: {"urn:acme:User": {level: integer}}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    emails.work.value: mail
    title: {native: position, write: upper(value)}
    displayName: name
    enterprise.department: dept
    "urn:acme:User.level": level
    meta.lastModified: updated
    active: enabled
    nickName: keep
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
`
	if list != "" {
		file += "  list: " + list + "\n"
	}
	if len(finds) > 0 {
		file += "  find:\n    - " + strings.Join(finds, "\n    - ") + "\n"
	}
	return file + "groups: unsupported\n"
}

const (
	registerList = `{request: GET /users, items: users}`
	findLogin    = `{by: userName, request: "GET /users?login={value}", items: users}`
	findStarts   = `{by: userName sw, request: "GET /users?starts={value}", items: users}`
	findDept     = `{by: enterprise.department, request: "GET /users?dept={value}", items: users}`
	findMail     = `{by: emails.work.value, request: "GET /users?mail={value}", items: users}`
	findSince    = `{by: meta.lastModified ge, request: "GET /users?since={value}", items: users}`
)

func crew() []native {
	return []native{
		{"id": 1, "login": "ann", "mail": "ann@x", "dept": "Sales", "level": 1, "updated": "2024-01-01T00:00:00Z", "enabled": true},
		{"id": 2, "login": "anton", "mail": "anton@x", "dept": "IT", "level": 2, "updated": "2024-02-01T00:00:00Z", "enabled": true, "position": "CHIEF"},
		{"id": 3, "login": "bea", "mail": "bea@x", "dept": "it", "level": 3, "updated": "2024-03-01T00:00:00Z", "enabled": false},
		{"id": 4, "login": "Cleo", "mail": "cleo@x", "dept": "Sales", "level": 4, "updated": "2024-04-01T00:00:00Z", "enabled": true},
		{"id": 5, "login": "dora", "mail": "dora@x", "updated": "2024-05-01T00:00:00Z", "enabled": true},
	}
}

// logins searches, and gives the user names in the order of their ids; else what
// was answered.
func (r *rig) logins(t rapid.TB, filter string) string {
	path := "/Users"
	if filter != "" {
		path += "?filter=" + url.QueryEscape(filter)
	}
	got := r.call("GET", path, "")
	if got.status != 200 {
		var problem struct{ Detail string }
		json.Unmarshal([]byte(got.body), &problem)
		return fmt.Sprint(got.status, " ", problem.Detail)
	}
	var list struct {
		Resources []struct{ ID, UserName string }
	}
	if err := json.Unmarshal([]byte(got.body), &list); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list.Resources, func(a, b struct{ ID, UserName string }) int { return strings.Compare(a.ID, b.ID) })
	var names []string
	for _, user := range list.Resources {
		names = append(names, user.UserName)
	}
	return strings.Join(names, " ")
}

// Each alternative of a filter goes to the first find that can tell of it; where
// one has none, the list is asked, and no find.
func TestFilterIsSplit(t *testing.T) {
	const invalid = "400 the vendor file has neither a find nor a list that can answer this filter"
	all := []string{findLogin, findStarts, findDept, findMail, findSince}
	for _, test := range []struct {
		list, filter, want string
		calls              []string
	}{
		{"", `userName eq "ann"`, "ann", []string{"GET /users?login=ann"}},
		{"", `userName sw "AN"`, "ann anton", []string{"GET /users?starts=AN"}},
		{"", `userName sw "an" and active eq true and level gt 1`, "anton", []string{"GET /users?starts=an"}},
		{"", `userName eq "ann" or userName eq "dora"`, "ann dora", []string{"GET /users?login=ann", "GET /users?login=dora"}},
		{"", `userName eq "ann" or userName eq "ANN"`, "ann", []string{"GET /users?login=ann", "GET /users?login=ANN"}},
		{"", `userName sw "an" or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "it"`, "ann anton bea",
			[]string{"GET /users?starts=an", "GET /users?dept=it"}},
		{"", `(userName sw "an" or userName sw "b") and active eq true`, "ann anton", []string{"GET /users?starts=an", "GET /users?starts=b"}},
		{"", `userName sw "an" and (title pr or not (active eq true))`, "anton", []string{"GET /users?starts=an"}},
		{"", `userName sw "b" and (level eq 1 or level eq 3)`, "bea", []string{"GET /users?starts=b"}},
		{"", `emails[type eq "work" and value eq "bea@x"]`, "bea", []string{"GET /users?mail=bea%40x"}},
		{"", `emails[type eq "work" and (value eq "bea@x" or value eq "ann@x")]`, "ann bea", []string{"GET /users?mail=bea%40x", "GET /users?mail=ann%40x"}},
		{"", `meta.lastModified ge "2024-04-01T00:00:00Z"`, "Cleo dora", []string{"GET /users?since=2024-04-01T00%3A00%3A00Z"}},
		{"", `id eq "2" or userName eq "dora"`, "anton dora", []string{"GET /users?login=dora", "GET /users/2"}},
		{"", `userName eq "nobody"`, "", []string{"GET /users?login=nobody"}},
		{"", `userName eq "ann" or title eq "chief"`, invalid, nil},
		{"", `userName eq "ann" or title pr`, invalid, nil},
		{"", `not (userName eq "ann")`, invalid, nil},
		{"", `userName ew "n"`, invalid, nil},
		{registerList, `userName eq "ann" or title pr`, "ann anton", []string{"GET /users"}},
		{registerList, `userName ne "ann"`, "anton bea Cleo dora", []string{"GET /users"}},
		{registerList, `userName eq "ann" or title eq "chief"`, "ann anton", []string{"GET /users?login=ann", "GET /users"}},
		{registerList, `userName ew "a" or level gt 3`, "bea Cleo dora", []string{"GET /users"}},
	} {
		test.filter = strings.ReplaceAll(test.filter, "level ", "urn:acme:User:level ")
		t.Run(test.filter+" "+test.list, func(t *testing.T) {
			v := newRegister(t, crew()...)
			r := newRig(t, registerFile(test.list, all...), v.URL, gateway.Options{})
			if got := r.logins(t, test.filter); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if diff := gocmp.Diff(test.calls, v.called()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// The index answers several equalities at once; what it does not know is listed.
func TestIndexAnswersAlternatives(t *testing.T) {
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile(registerList), v.URL, gateway.Options{})
	for _, test := range []struct {
		filter, want string
		calls        []string
	}{
		{`userName eq "ann" or displayName eq "x"`, "ann", []string{"GET /users"}},
		{`userName eq "ann" or emails[type eq "work" and value eq "bea@x"]`, "ann bea", []string{"GET /users/1", "GET /users/3"}},
		{`(userName eq "ann" or userName eq "dora") and active eq false`, "", []string{"GET /users/1", "GET /users/5"}},
		{`userName eq "ann" or active eq false`, "ann bea", []string{"GET /users"}},
	} {
		if got := r.logins(t, test.filter); got != test.want {
			t.Errorf("%s: got %s, want %s", test.filter, got, test.want)
		}
		if diff := gocmp.Diff(test.calls, v.called()); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", test.filter, diff)
		}
	}
	v.mu.Lock()
	v.users[0]["id"], v.last = 9, 9 // ann was made anew by hand
	v.mu.Unlock()
	if got := r.logins(t, `userName eq "ann" or userName eq "bea"`); got != "bea ann" {
		t.Errorf("a contradicted index: %s", got)
	}
}

// What a find hides the next find or the list finds.
func TestFindsThatHide(t *testing.T) {
	hiding := `{by: userName, request: "GET /users?login={value}", items: users, hides: inactive}`
	mail := `{by: userName, request: "GET /users?mail={value}%40x", items: users}`
	for _, test := range []struct {
		list  string
		finds []string
		calls []string
	}{
		{registerList, []string{hiding}, []string{"GET /users?login=bea", "GET /users"}},
		{"", []string{hiding, mail}, []string{"GET /users?login=bea", "GET /users?mail=bea%40x"}},
		{registerList, []string{strings.Replace(hiding, "inactive", "[case, inactive]", 1), mail}, []string{"GET /users?login=bea", "GET /users?mail=bea%40x"}},
	} {
		v := newRegister(t, crew()...)
		v.hides = true
		r := newRig(t, registerFile(test.list, test.finds...), v.URL, gateway.Options{})
		if got := r.logins(t, `userName eq "bea"`); got != "bea" {
			t.Errorf("%v: got %q", test.finds, got)
		}
		if diff := gocmp.Diff(test.calls, v.called()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if got := r.logins(t, `userName eq "ann"`); got != "ann" || len(v.called()) != 1 {
			t.Errorf("%v: ann: got %q", test.finds, got)
		}
	}
	v := newRegister(t, crew()...)
	v.hides = true
	r := newRig(t, registerFile("", hiding), v.URL, gateway.Options{})
	if got, want := r.logins(t, `userName eq "bea"`), "400 the vendor file has neither a find nor a list that can answer this filter"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// A hit proves nothing of an attribute that several may share.
	dept := `{by: enterprise.department, request: "GET /users?dept={value}", items: users, hides: inactive}`
	r = newRig(t, registerFile(registerList, dept), v.URL, gateway.Options{})
	if got := r.logins(t, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "it"`); got != "anton bea" {
		t.Errorf("a hit was taken for all: %s", got)
	}
}
