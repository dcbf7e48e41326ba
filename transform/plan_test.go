package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform/scim"
)

// The kind of these tests is built by hand, so that plans are tested without
// the YAML file that usually makes them: a small vendor that upper-cases
// nothing, finds by login, lists in pages and protects administrators.
type kindBuilder struct {
	t      *testing.T
	kind   *Kind
	up     *Upstream
	scopes *Scopes
}

func newKind(t *testing.T, options ...func(*kindBuilder)) (*Kind, *Upstream) {
	t.Helper()
	catalog := scim.NewCatalog(scim.CoreUser(), scim.Extension{Schema: scim.EnterpriseUser(), Alias: "enterprise"})
	b := &kindBuilder{t: t, up: &Upstream{URL: "http://vendor"}, scopes: NewScopes(catalog, nil, false),
		kind: &Kind{Name: "users", Type: UserType, Catalog: catalog, ID: ID{Native: native(t, "id"), Type: "integer"}}}
	b.attribute("userName", "login", nil)
	b.attribute("emails.work.value", "mail", func(a *Attribute) { a.Required = true })
	b.attribute("name.givenName", "first", nil)
	b.attribute("title", "position", func(a *Attribute) { a.Write = b.expr(InWrite, "upper(value)") })
	b.attribute("active", "status", func(a *Attribute) {
		a.Values = &Table{Rows: []TableRow{
			{scim.Bool(true), []scim.Value{scim.String("ON")}},
			{scim.Bool(false), []scim.Value{scim.String("OFF"), scim.String("LOCKED")}}}}
	})
	b.attribute("externalId", "", func(a *Attribute) { a.Keep = true })
	b.kind.Create = []*Call{b.call(Create, "POST", "/users", "")}
	b.kind.Read = b.call(Read, "GET", "/users/", "id")
	b.kind.Update = []*Call{b.call(Update, "PUT", "/users/", "id")}
	b.kind.Delete = []*Call{b.call(Delete, "DELETE", "/users/", "id")}
	b.kind.List = b.call(List, "GET", "/users", "")
	b.kind.List.Items = native(t, "users")
	b.kind.List.Path.Query = []QueryHole{{"page", []Part{{Hole: b.expr(InFind, "page")}}}}
	find := b.call(Find, "GET", "/users", "")
	find.Items = native(t, "users")
	find.Path.Query = []QueryHole{{"login", []Part{{Hole: b.expr(InFind, "value")}}}}
	b.kind.Finds = []*FindCall{{Call: find, By: []By{{b.path("userName"), "eq"}}}}
	for _, option := range options {
		option(b)
	}
	b.kind.Assemble(b.up)
	return b.kind, b.up
}

func native(t *testing.T, s string) NativePath {
	p, err := ParseNativePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *kindBuilder) path(s string) scim.Path {
	p, err := b.kind.Catalog.ParseDotted(s)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *kindBuilder) expr(place Place, source string) *Expression {
	e, err := b.scopes.Compile(place, source, "any")
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *kindBuilder) attribute(name, home string, with func(*Attribute)) {
	a := &Attribute{Path: b.path(name), Name: name, Mutability: "readWrite"}
	if home != "" {
		a.Native = native(b.t, home)
	}
	if with != nil {
		with(a)
	}
	b.kind.Attributes = append(b.kind.Attributes, a)
}

func (b *kindBuilder) call(op Operation, method, path, hole string) *Call {
	c := &Call{Operation: op, Method: method, Path: Template{Parts: []Part{{Literal: path}}}}
	if hole != "" {
		place := InUpdate
		c.Path.Parts = append(c.Path.Parts, Part{Hole: b.expr(place, hole)})
	}
	return c
}

func protectAdmins(b *kindBuilder) { b.kind.Protect = b.expr(InGuard, `native.role == "ADMIN"`) }
func activeExists(b *kindBuilder) {
	for _, a := range b.kind.Attributes {
		if a.Name == "active" {
			a.Values, a.Native, a.Exists = nil, NativePath{}, true
		}
	}
}

// play runs a plan against a script of outcomes, one per move that needs one,
// and gives the moves as lines.
func play(p *Plan, outcome func(Move) Outcome) (lines []string, reply Reply) {
	var got Outcome
	for range 100 {
		move := p.Next(got)
		switch m := move.(type) {
		case Reply:
			return lines, m
		case Ask:
			lines = append(lines, "ask")
		case Send:
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", m.Request.Method, m.Request.Path, m.Request.Body)))
		case Commit:
			lines = append(lines, "commit: "+m.Why)
		}
		got = outcome(move)
	}
	panic("BUG: the plan does not end")
}

// vendor answers sends from a native store of one user and asks from a record.
type vendor struct {
	user    string // JSON; "" = none
	record  *Record
	intents []*Intent
	answer  map[string]Answer // by "METHOD path", before the store
	change  func(scim.Value) scim.Value
}

func (v *vendor) do(move Move) Outcome {
	switch m := move.(type) {
	case Ask:
		return v.ask(m)
	case Commit:
		if m.Change.Put != nil {
			v.record = m.Change.Put
		}
		if m.Change.Drop != "" {
			v.record = nil
		}
		return Outcome{Kind: Done, Shown: true}
	}
	out := move.(Send).Outcome(v.reply(move.(Send).Request))
	out.Shown = true
	return out
}

func (v *vendor) ask(m Ask) Outcome {
	out := Outcome{Kind: Found, Shown: true, Intents: v.intents}
	if m.Index != nil {
		return Outcome{Kind: Unclear, Shown: true}
	}
	if v.record != nil {
		out.Records = []*Record{v.record}
	}
	return out
}

func (v *vendor) reply(r NativeRequest) Answer {
	path, query, _ := strings.Cut(r.Path, "?")
	if a, ok := v.answer[r.Method+" "+path]; ok {
		return a
	}
	body := v.user
	switch {
	case r.Method == "POST":
		v.user = v.changed(strings.Replace(string(r.Body), "{", `{"id":7,`, 1))
		return Answer{Status: 201, Body: []byte(v.user)}
	case r.Method == "DELETE":
		v.user = ""
		return Answer{Status: 204}
	case r.Method == "PUT":
		old, _ := scim.ParseJSON([]byte(v.user), scim.Limits{})
		set, _ := scim.ParseJSON(r.Body, scim.Limits{})
		for _, m := range set.Members() {
			old = old.With(m.Name, m.Value)
		}
		v.user = v.changed(old.JSON())
		body = v.user
	case path == "/users":
		if query != "page=1" && query != "login=a" && query != "login=b" || v.user == "" {
			return Answer{Status: 200, Body: []byte(`{"users":[]}`)}
		}
		return Answer{Status: 200, Body: []byte(`{"users":[` + v.user + `]}`)}
	case v.user == "":
		return Answer{Status: 404}
	}
	return Answer{Status: 200, Body: []byte(body)}
}

func (v *vendor) changed(user string) string {
	if v.change == nil {
		return user
	}
	value, _ := scim.ParseJSON([]byte(user), scim.Limits{})
	return v.change(value).JSON()
}

func request(t *testing.T, k *Kind, op Operation, id, body string) *Request {
	t.Helper()
	r := &Request{Operation: op, ID: id, StartIndex: 1, Count: -1}
	if body == "" {
		return r
	}
	value, err := scim.ParseJSON([]byte(body), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if op == Update && strings.Contains(body, "Operations") {
		patch, perr := scim.ParsePatch(k.Catalog, value)
		if perr != nil {
			t.Fatal(perr)
		}
		r.Patch = &patch
		return r
	}
	r.Resource, r.Ignored = k.Catalog.Fold(value)
	return r
}

func patch(operations string) string { return `{"Operations":[` + operations + `]}` }

const facts = "f"

func run(t *testing.T, v *vendor, k *Kind, up *Upstream, r *Request) ([]string, string) {
	t.Helper()
	lines, reply := play(NewPlan(up, k, r, Facts{CorrelationID: facts, Random: "rnd", BaseURL: "https://h/v"}), v.do)
	text := fmt.Sprint(reply.Status)
	if reply.Error != nil {
		text += " " + reply.Error.JSON()
	} else if !reply.Body.IsAbsent() {
		text += " " + reply.Body.JSON()
	}
	return lines, text
}

const ada = `{"id":7,"login":"a","mail":"a@x","first":"Ada","position":"BOSS","status":"ON","role":"USER"}`

func TestPlans(t *testing.T) {
	adaSeen := `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7","userName":"a","emails":[{"type":"work","value":"a@x"}],"name":{"givenName":"Ada"}`
	meta := func(hash string) string {
		return `,"meta":{"resourceType":"User","location":"https://h/v/Users/7","version":"W/\"` + hash + `\""}}`
	}
	tests := []struct {
		name    string
		options []func(*kindBuilder)
		vendor  vendor
		op      Operation
		id      string
		body    string
		moves   []string
		reply   string
	}{
		{"read", nil, vendor{user: ada}, Read, "7", "",
			[]string{"ask", "GET /users/7"},
			"200 {" + adaSeen + `,"title":"BOSS","active":true` + meta("1c800acf51b4c9ea")},
		{"read an id of another form", nil, vendor{user: ada}, Read, "x", "",
			[]string{"ask"},
			`404 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"there is no user with the id \"x\"","operation":"read","correlationId":"f"}`},
		{"create", nil, vendor{}, Create, "", `{"userName":"a","title":"boss","active":true,"emails":[{"type":"work","value":"a@x"}],"externalId":"E"}`,
			[]string{"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
				`POST /users {"login":"a","mail":"a@x","position":"BOSS","status":"ON"}`, "commit: the resource as it was written"},
			`201 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7","userName":"a","emails":[{"type":"work","value":"a@x"}],"title":"boss","active":true,"externalId":"E"` + meta("8ed26f6ecd0291cb")},
		{"create a taken name", nil, vendor{user: ada}, Create, "", `{"userName":"a","emails":[{"type":"work","value":"a@x"}]}`,
			[]string{"ask", "GET /users?login=a", "ask"},
			`409 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"another user already has the userName \"a\"","attribute":"userName","operation":"create","correlationId":"f"}`},
		{"patch that changes nothing", []func(*kindBuilder){protectAdmins}, vendor{user: ada}, Update, "7", patch(`{"op":"Replace","path":"active","value":"True"}`),
			[]string{"ask", "GET /users/7"},
			"200 {" + adaSeen + `,"title":"BOSS","active":true` + meta("1c800acf51b4c9ea")},
		{"patch read first", []func(*kindBuilder){protectAdmins}, vendor{user: ada}, Update, "7", patch(`{"op":"Replace","path":"active","value":"False"},{"op":"Add","path":"name.givenName","value":"Ada"}`),
			[]string{"ask", "GET /users/7", `PUT /users/7 {"status":"OFF"}`, "commit: the resource as it was written"},
			"200 {" + adaSeen + `,"title":"BOSS","active":false` + meta("c21bae65566a447a")},
		{"patch blind", nil, vendor{user: ada}, Update, "7", patch(`{"op":"Replace","path":"title","value":"chief"}`),
			[]string{"ask", `PUT /users/7 {"position":"CHIEF"}`, "commit: the resource as it was written"},
			"200 {" + adaSeen + `,"title":"chief","active":true` + meta("880f1f97e5993ea6")},
		{"patch of an administrator", []func(*kindBuilder){protectAdmins}, vendor{user: strings.Replace(ada, "USER", "ADMIN", 1)}, Update, "7", patch(`{"op":"Replace","path":"active","value":"False"}`),
			[]string{"ask", "GET /users/7"},
			`400 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"mutability","detail":"the vendor file protects this account: it can only be changed at the vendor","operation":"update","correlationId":"f"}`},
		{"delete", nil, vendor{user: ada, record: &Record{ID: "7", Native: "7"}}, Delete, "7", "",
			[]string{"ask", "DELETE /users/7", "commit: the resource is deleted"}, "204"},
		{"delete and remember", []func(*kindBuilder){activeExists}, vendor{user: ada}, Update, "7", patch(`{"op":"Replace","path":"active","value":"False"}`),
			[]string{"ask", "GET /users/7", "commit: the account is about to be deleted and remembered", "DELETE /users/7", "commit: the resource as it was written"},
			"200 {" + adaSeen + `,"title":"BOSS","active":false` + meta("c21bae65566a447a")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, up := newKind(t, test.options...)
			moves, reply := run(t, &test.vendor, k, up, request(t, k, test.op, test.id, test.body))
			if diff := cmp.Diff(test.moves, moves); diff != "" {
				t.Errorf("moves (-want +got):\n%s", diff)
			}
			if reply != test.reply {
				t.Errorf("reply\n got %s\nwant %s", reply, test.reply)
			}
		})
	}
}
