package gateway_test

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

// people are the users of a vendor, whatever it speaks. No two have the same
// login or address.
type people struct {
	mu     sync.Mutex
	last   int
	unique []string // the names of these fields
	byID   map[string]map[string]string
	did    []string // "create {...}", "read 1"
}

func (p *people) note(words ...string) { p.did = append(p.did, strings.Join(words, " ")) }

func (p *people) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	did := p.did
	p.did = nil
	return did
}

// create gives the new user; nil when a unique value is taken.
func (p *people) create(id string, fields map[string]string) map[string]string {
	p.note("create", encode(fields))
	if p.taken("", fields) || p.byID[id] != nil {
		return nil
	}
	if p.last++; id == "" {
		id = strconv.Itoa(p.last)
	}
	p.byID[id] = maps.Clone(fields)
	p.byID[id]["id"] = id
	return p.byID[id]
}

func (p *people) taken(id string, fields map[string]string) bool {
	for other, u := range p.byID {
		if other != id && slices.ContainsFunc(p.unique, func(name string) bool { return fields[name] != "" && strings.EqualFold(fields[name], u[name]) }) {
			return true
		}
	}
	return false
}

func (p *people) update(id string, fields map[string]string) map[string]string {
	p.note("update", id, encode(fields))
	if p.byID[id] == nil || p.taken(id, fields) {
		return nil
	}
	maps.Copy(p.byID[id], fields)
	return p.byID[id]
}

func (p *people) read(id string) map[string]string {
	p.note("read", id)
	return p.byID[id]
}

func (p *people) find(login string) (found []map[string]string) {
	p.note("find", login)
	for _, u := range p.byID {
		if strings.EqualFold(u[p.unique[0]], login) {
			found = append(found, u)
		}
	}
	return found
}

func (p *people) delete(id string) bool {
	p.note("delete", id)
	known := p.byID[id] != nil
	delete(p.byID, id)
	return known
}

// texts gives the values of a JSON object as texts.
func texts(object map[string]any) map[string]string {
	out := map[string]string{}
	for name, v := range object {
		out[name] = fmt.Sprint(v)
	}
	return out
}

// dialect is a vendor that speaks in its own way, and what it does in the course
// of the story that every vendor is told.
type dialect struct {
	file   string // after the callers
	serve  func(*people, http.ResponseWriter, *http.Request)
	unique []string
	id     string // of the user that is created
	silent bool   // its answers to updates do not show the user
	byKey  bool   // a user is looked up as he is read

	created, refused, changed, disabled, removed []string
}

// tell tells the story: created, found, refused under a taken address, changed,
// disabled and deleted, and nothing is written twice.
func (d dialect) tell(t *testing.T) {
	p := &people{unique: d.unique, byID: map[string]map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		d.serve(p, w, r)
	}))
	t.Cleanup(server.Close)
	r := newRig(t, "vendor: formats\ncallers: [{token: \"${env:SCIM_TOKEN}\"}]\n"+d.file, server.URL, gateway.Options{})
	user := func(title string, active bool) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"%s","userName":"ann","name":{"givenName":"Ann & <Co>"},`+
			`"title":"%s","emails":[{"type":"work","value":"ann@x.example"}],"active":%v,"meta":{"resourceType":"User","location":"BASE/Users/%[1]s"}}`, d.id, title, active)
	}
	const body = `{"userName":"%s","name":{"givenName":"Ann & <Co>"},"title":"5","active":true,"emails":[{"type":"work","value":"ann@x.example"}]}`
	change := patching + `[{"op":"replace","path":"title","value":"7"},{"op":"replace","path":"emails[type eq \"work\"].value","value":"ann@x.example"}]}`
	disable := patching + `[{"op":"replace","path":"active","value":false}]}`
	path, read := "/Users/"+d.id, "read "+d.id
	found, changed := []string{"find ann"}, func(title string, active bool) step { return step{status: 200, want: user(title, active)} }
	if d.byKey {
		found = []string{"read ann"}
	}
	if d.silent {
		changed = func(string, bool) step { return step{status: 204} }
	}
	for _, s := range []step{
		{"GET /Users?filter=userName+eq+%22ann%22", "", 200, emptyList, found},
		{"POST /Users", fmt.Sprintf(body, "ann"), 201, user("5", true), d.created},
		{"GET /Users?filter=userName+eq+%22ann%22", "", 200, fmt.Sprintf(listOfOne, user("5", true)), found},
		{"POST /Users", fmt.Sprintf(body, "bob"), 409, "uniqueness: the vendor says that another resource has this value", d.refused},
		{"PATCH " + path, change, changed("7", true).status, changed("7", true).want, d.changed},
		{"PATCH " + path, change, 200, user("7", true), []string{read}},
		{"PATCH " + path, disable, changed("7", false).status, changed("7", false).want, d.disabled},
		{"PATCH " + path, disable, 200, user("7", false), []string{read}},
		{"GET " + path, "", 200, user("7", false), []string{read}},
		{"DELETE " + path, "", 204, "", d.removed},
		{"GET " + path, "", 404, `there is no user with the id "` + d.id + `"`, []string{read}},
	} {
		method, path, _ := strings.Cut(s.request, " ")
		got := r.call(method, path, s.body)
		shown := version.ReplaceAllString(strings.ReplaceAll(got.body, r.base, "BASE"), "")
		if got.status >= 400 {
			shown = detailOf(got.body)
		}
		if diff := cmp.Diff(fmt.Sprint(s.status, " ", s.want), fmt.Sprint(got.status, " ", shown)); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", s.request, diff, r.log)
		}
		if diff := cmp.Diff(s.vendor, p.take()); diff != "" {
			t.Errorf("%s: what the vendor did (-want +got):\n%s", s.request, diff)
		}
	}
}

func answerJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	fmt.Fprint(w, encode(body))
}

func answerXML(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+body)
}

// elements writes fields as elements, in the order of their names.
func elements(fields map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b.WriteString("\n <" + name + ">")
		xml.EscapeText(&b, []byte(fields[name]))
		b.WriteString("</" + name + ">")
	}
	return b.String()
}

// learning takes PHP arrays and answers JSON; an exception comes with a 200, as
// at Moodle.
func learning(p *people, w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	under := func(prefix string) map[string]string {
		fields := map[string]string{}
		for name := range r.PostForm {
			if rest, found := strings.CutPrefix(name, prefix); found {
				fields[strings.Trim(rest, "[]")] = r.PostForm.Get(name)
			}
		}
		return fields
	}
	exception := map[string]string{"exception": "invalid_parameter_exception", "message": "Email address already exists"}
	switch r.URL.Query().Get("wsfunction") {
	case "core_user_create_users":
		if u := p.create("", under("users[0]")); u != nil {
			answerJSON(w, []any{map[string]any{"id": numeral(u["id"]), "username": u["username"]}})
			return
		}
		answerJSON(w, exception)
	case "core_user_update_users":
		fields := under("users[0]")
		id := fields["id"]
		if delete(fields, "id"); p.update(id, fields) == nil {
			answerJSON(w, exception)
			return
		}
		answerJSON(w, map[string]any{"warnings": []any{}})
	case "core_user_delete_users":
		p.delete(r.PostForm.Get("userids[0]"))
		answerJSON(w, nil)
	case "core_user_get_users":
		var found []map[string]string
		if value := r.PostForm.Get("criteria[0][value]"); r.PostForm.Get("criteria[0][key]") == "username" {
			found = p.find(value)
		} else if u := p.read(value); u != nil {
			found = append(found, u)
		}
		users := []any{}
		for _, u := range found {
			users = append(users, map[string]any{"id": numeral(u["id"]), "username": u["username"], "email": u["email"], "firstname": u["firstname"],
				"level": numeral(u["level"]), "suspended": numeral(u["suspended"])})
		}
		answerJSON(w, map[string]any{"users": users, "warnings": []any{}})
	}
}

func numeral(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("BUG: the vendor was sent no number: " + text)
	}
	return n
}

func TestFormWithArrays(t *testing.T) {
	dialect{unique: []string{"username", "email"}, id: "1", serve: learning, silent: true, file: `
upstream:
  url: ${env:LEGACY_URL}
  send: form
  query: {wstoken: abc, moodlewsrestformat: json}
  errors: [{when: has(body.exception) and text contains "already exists", is: uniqueness}, {when: has(body.exception), is: invalidValue}]
users:
  id: {native: id, type: integer}
  attributes:
    userName: username
    name.givenName: firstname
    title: {native: level, write: number(value)}
    emails.work.value: email
    active: {native: suspended, values: {true: 0, false: 1}}
  create: {request: "POST /server.php?wsfunction=core_user_create_users", body: {users: [=fields]}, save: {id: "body[0].id"}}
  read:
    request: POST /server.php?wsfunction=core_user_get_users
    body: {criteria: [{key: id, value: =id}]}
    item: users[0]
    errors: [{when: status == 200 and len(body.users) == 0, is: notFound}]
  update:
    read_first: true
    request: POST /server.php?wsfunction=core_user_update_users
    body: {users: [{id: =id, username: =fields.username, firstname: =fields.firstname, level: =fields.level, email: =fields.email, suspended: =fields.suspended}]}
  delete: {request: "POST /server.php?wsfunction=core_user_delete_users", body: {userids: [=id]}}
  find:
    by: userName
    request: POST /server.php?wsfunction=core_user_get_users
    body: {criteria: [{key: username, value: =value}]}
    items: users
`,
		created:  []string{`create {"email":"ann@x.example","firstname":"Ann \u0026 \u003cCo\u003e","level":"5","suspended":"0","username":"ann"}`, "read 1"},
		refused:  []string{"find bob", `create {"email":"ann@x.example","firstname":"Ann \u0026 \u003cCo\u003e","level":"5","suspended":"0","username":"bob"}`},
		changed:  []string{"read 1", `update 1 {"level":"7"}`},
		disabled: []string{"read 1", `update 1 {"suspended":"1"}`},
		removed:  []string{"delete 1"},
	}.tell(t)
}

// cloud takes forms and answers XML whose status is inside, as Nextcloud's OCS does.
func cloud(p *people, w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	answer := func(code, data string) {
		answerXML(w, 200, "application/xml; charset=utf-8", "<ocs>\n <meta><status>x</status><statuscode>"+code+"</statuscode></meta>\n <data>"+data+"</data>\n</ocs>")
	}
	id, action, _ := strings.Cut(strings.Trim(strings.TrimPrefix(r.URL.Path, "/cloud/users"), "/"), "/")
	form := func(name string) string { return r.PostForm.Get(name) }
	switch {
	case r.Header.Get("OCS-APIRequest") != "true" || r.Header.Get("Accept") != "application/xml, text/xml":
		answer("997", "")
	case r.Method == "POST":
		u := p.create(form("userid"), map[string]string{"email": form("email"), "displayname": form("displayName"), "quota": form("quota"), "enabled": "1"})
		if u == nil {
			answer("102", "")
			return
		}
		answer("100", "<id>"+u["id"]+"</id>")
	case r.Method == "GET":
		if u := p.read(id); u != nil {
			answer("100", elements(u))
			return
		}
		answer("404", "")
	case r.Method == "DELETE" && p.delete(id):
		answer("100", "")
	case action != "":
		p.update(id, map[string]string{"enabled": map[string]string{"enable": "1", "disable": "0"}[action]})
		answer("100", "")
	case p.update(id, map[string]string{form("key"): form("value")}) != nil:
		answer("100", "")
	default:
		answer("103", "")
	}
}

func TestFormInXMLOut(t *testing.T) {
	dialect{unique: []string{"email"}, id: "ann", serve: cloud, silent: true, byKey: true, file: `
upstream:
  url: ${env:LEGACY_URL}
  headers: {OCS-APIRequest: true}
  send: form
  expect: xml
  errors:
    - {when: body.ocs.meta.statuscode == "102", is: uniqueness}
    - {when: body.ocs.meta.statuscode != "100" and body.ocs.meta.statuscode != "404", is: invalidValue}
users:
  id: id
  attributes:
    userName: {native: id, mutability: immutable}
    name.givenName: displayname
    title: {native: quota, write: number(value)}
    emails.work.value: email
    active: {native: enabled, values: {true: "1", false: "0"}}
  create:
    request: POST /cloud/users
    body: {userid: =fields.id, displayName: =fields.displayname, email: =fields.email, quota: =fields.quota}
    item: ocs.data
  read:
    request: GET /cloud/users/{id}
    item: ocs.data
    errors: [{when: status == 200 and body.ocs.meta.statuscode == "404", is: notFound}]
  update:
    - {request: 'PUT /cloud/users/{id}/{IIF(fields.enabled == "1", "enable", "disable")}', fields: [enabled], read_first: true}
    - {request: "PUT /cloud/users/{id}", read_first: true, body: {key: =field.name, value: =field.value}}
  delete: DELETE /cloud/users/{id}
  find:
    by: userName
    request: GET /cloud/users/{value}
    item: ocs.data
    errors: [{when: status == 200 and body.ocs.meta.statuscode == "404", is: notFound}]
`,
		created:  []string{`create {"displayname":"Ann \u0026 \u003cCo\u003e","email":"ann@x.example","enabled":"1","quota":"5"}`, `update ann {"enabled":"1"}`, "read ann"},
		refused:  []string{"read bob", `create {"displayname":"Ann \u0026 \u003cCo\u003e","email":"ann@x.example","enabled":"1","quota":"5"}`},
		changed:  []string{"read ann", `update ann {"quota":"7"}`},
		disabled: []string{"read ann", `update ann {"enabled":"0"}`},
		removed:  []string{"delete ann"},
	}.tell(t)
}
