package transform

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"scimshim/transform/scim"
)

func TestWriteForm(t *testing.T) {
	for _, test := range []struct{ tree, want string }{
		{`{"user":{"email":"a+b@c d","age":7,"on":true,"off":false,"gone":null},"groups":["x",null]}`,
			"user[email]=a%2Bb%40c%20d&user[age]=7&user[on]=true&user[off]=false&user[gone]=&groups[0]=x&groups[1]="},
		{`{"users":[{"username":"ann","mail":{"work":"a"}}]}`, "users[0][username]=ann&users[0][mail][work]=a"},
		{`{"ids*":[1,2],"tags[]*":["a&b="],"none*":[],"one*":7,"*":1}`, "ids=1&ids=2&tags[]=a%26b%3D&one=7&*=1"},
		{`{"groups":[],"more":{}}`, "groups=&more="},
		{`{}`, ""},
		{`{"user[email]":"a","user":{"x":[{"a][admin":true}]}}`, `"a][admin" cannot be a name inside another one in a form`},
		{`{"user":{"x[":1}}`, `"x[" cannot be a name inside another one in a form`},
		{`{"user[email]":{"work":"a"}}`, "user[email][work]=a"},
		{`[1]`, "a form has names: its body cannot be a list"},
	} {
		got, err := AsForm.write(parsed(t, test.tree))
		text := strings.NewReplacer("%5B", "[", "%5D", "]", "%2A", "*").Replace(string(got))
		if err != nil {
			text = err.Error()
		}
		if text != test.want {
			t.Errorf("%s: %s, want %s", test.tree, text, test.want)
		}
	}
}

func TestParseForm(t *testing.T) {
	for _, test := range []struct{ form, want string }{
		{"status=ok&user[id]=7&user%5Bname%5D=Ann+B&x=\n", `{"status":"ok","user":{"id":"7","name":"Ann B"},"x":""}`},
		{"a[0]=x&a[1]=y&b[]=1&b[]=2&c=1&c=2", `{"a":["x","y"],"b":["1","2"],"c":["1","2"]}`},
		{"a[1]=x&a[0]=y&b[=1&[c]=2&d[x]y=3", `{"a":{"1":"x","0":"y"},"b[":"1","[c]":"2","d[x]y":"3"}`},
		{"u[0][n]=a&u[0][m]=b&u[1][n]=c", `{"u":[{"n":"a","m":"b"},{"n":"c"}]}`},
		{" ", `{}`},
		{"a=%zz", `is not a valid form`},
		{"=1", `is not a valid form`},
		{"a=1&&b=2", `is not a valid form`},
		{"a=1&a[b]=2", `is not a valid form`},
		{"a[b]=1&a=2", `is not a valid form`},
		{"a" + strings.Repeat("[b]", 64) + "=1", `is not a valid form`},
	} {
		v, err := AsForm.read([]byte(test.form))
		got := v.JSON()
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%.80s: %s, want %s", test.form, got, test.want)
		}
	}
}

func formValue(t *rapid.T, depth int) scim.Value {
	if depth == 0 || rapid.Bool().Draw(t, "is text") {
		return scim.String(rapid.String().Draw(t, "text"))
	}
	if rapid.Bool().Draw(t, "is list") {
		return scim.ListOf(formValue(t, depth-1), formValue(t, depth-1))
	}
	return scim.Object(scim.Member{Name: "a", Value: formValue(t, depth-1)}, scim.Member{Name: "&=+% ü", Value: formValue(t, depth-1)})
}

// What is written is read back as it was.
func TestFormThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := scim.Object(scim.Member{Name: "x", Value: formValue(t, 3)}, scim.Member{Name: "y z", Value: formValue(t, 3)})
		body, err := AsForm.write(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := AsForm.read(body); err != nil || got.JSON() != want.JSON() {
			t.Fatalf("%s reads %s, %v, want %s", body, got.JSON(), err, want.JSON())
		}
	})
}

// FuzzForm: no answer makes the reader panic, and what it reads is bounded.
func FuzzForm(f *testing.F) {
	f.Add([]byte("a[b][]=c&d=%20&d=e"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if v, err := AsForm.read(body); err == nil && depthOf(v) > deepest+2 {
			t.Fatalf("depth %d", depthOf(v))
		}
	})
}

// A request in each format, whole: the file's own headers go first.
func TestRenderedFormats(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(*Call, *Upstream)
		want string
	}{
		{"json", func(*Call, *Upstream) {}, `PUT /users/7 [{Content-Type application/json}] {"login":"a b","on":true}`},
		{"form", func(c *Call, _ *Upstream) { c.Send = AsForm }, `PUT /users/7 [{Content-Type application/x-www-form-urlencoded}] login=a%20b&on=true`},
		{"query", func(c *Call, up *Upstream) {
			c.Send, up.Query = AsQuery, []Named{{"k", Tree{Literal: scim.String("1")}}}
			up.Headers = []Named{{"Content-Type", Tree{Literal: scim.String("text/x")}}}
		}, `PUT /users/7?k=1&login=a%20b&on=true [] `},
		{"query of a GET", func(c *Call, _ *Upstream) { c.Send, c.Method = AsQuery, "GET" }, `GET /users/7?login=a%20b&on=true [] `},
		{"body of a GET", func(c *Call, _ *Upstream) { c.Method = "GET" }, `GET /users/7 [] `},
		{"xml", func(c *Call, up *Upstream) {
			up.Send, up.Expect, c.Wrap = AsXML, Expect{Format: AsXML}, NativePath{source: "u", segments: []segment{{name: "u"}}}
		}, `PUT /users/7 [{Accept application/xml, text/xml} {Content-Type application/xml}] ` + xmlHead + `<u><login>a b</login><on>true</on></u>`},
		{"own headers", func(c *Call, _ *Upstream) {
			c.Send, c.Expect = AsForm, Expect{Format: AsText}
			c.Headers = []Named{{"accept", Tree{Literal: scim.String("x/y")}}, {"content-type", Tree{Literal: scim.String("z/w")}}}
		}, `PUT /users/7 [{accept x/y} {content-type z/w}] login=a%20b&on=true`},
		{"no root", func(c *Call, _ *Upstream) { c.Send = AsXML }, `XML needs one root element: the body must be an object with one member`},
		{"lists in a query", func(c *Call, up *Upstream) {
			c.Send = AsQuery
			c.Query = []Named{{"ids*", Tree{Items: []Tree{{Literal: scim.Int(1)}, {Literal: scim.Int(2)}}}}, {"c", Tree{Items: []Tree{{Members: []TreeMember{{"key", Tree{Literal: scim.String("")}}}}}}}}
		}, `PUT /users/7?ids=1&ids=2&c%5B0%5D%5Bkey%5D=&login=a%20b&on=true [] `},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, up := newKind(t, func(b *kindBuilder) { test.set(b.kind.Update[0], b.up) })
			got, err := k.Update[0].Render(up, &Env{Names: map[string]scim.Value{"id": scim.String("7")}}, parsed(t, `{"login":"a b","on":true}`))
			text := fmt.Sprintf("%s %s %v %s", got.Method, got.Path, got.Headers, got.Body)
			if err != nil {
				text = err.Error()
			}
			if text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
		})
	}
}

// What an answer is depends on what is expected, and so does whether it can be.
func TestExpectedAnswers(t *testing.T) {
	html := "text/html; charset=utf-8"
	for _, test := range []struct {
		op     Operation
		expect Expect
		kind   string
		body   string
		want   string
	}{
		{Read, Expect{Format: AsJSON}, "application/json", "\uFEFF" + `{"id":7}`, `found {"id":7}`},
		{Read, Expect{Format: AsJSON}, html, `{"id":7}`, "unavailable: the vendor answered with another content type than JSON"},
		{Read, Expect{Format: AsJSON, Type: "Text/HTML"}, html, `{"id":7}`, `found {"id":7}`},
		{Read, Expect{Format: AsJSON, Type: "text/html"}, html, `<p>log in`, "unavailable: the vendor's answer is not valid JSON"},
		{Read, Expect{Format: AsXML}, "text/xml", `<id>7</id>`, `found {"id":"7"}`},
		{Read, Expect{Format: AsXML}, "application/xhtml+xml", `<html/>`, "unavailable: the vendor answered with another content type than XML"},
		{Read, Expect{Format: AsXML}, "application/soap+xml", `<id>`, "unavailable: the vendor's answer is not valid XML"},
		{Read, Expect{Format: AsXML}, "", `<?xml version="1.0" encoding="KOI8-R"?><id/>`, "unavailable: the vendor's answer is XML in another encoding than UTF-8, UTF-16 and ISO-8859-1"},
		{Read, Expect{Format: AsForm}, formType, `id=7`, `found {"id":"7"}`},
		{Read, Expect{Format: AsForm}, "text/plain", `id=7`, "unavailable: the vendor answered with another content type than a form"},
		{Read, Expect{Format: AsText}, "text/plain", `7`, "unavailable: the vendor's answer does not contain the resource"},
		{Update, Expect{Format: AsText}, "text/plain", `OK`, "done null"},
		{Update, Expect{Format: AsText}, html, `<p>log in`, "unclear: the vendor answered with another content type than text"},
		{Update, Expect{Format: AsText, Type: "text/html"}, html, `OK`, "done null"},
		{Update, Expect{Format: AsXML}, "", ``, "done null"},
		{Update, Expect{Format: AsXML}, "", `<ok/>`, `done {"ok":""}`},
	} {
		k, _ := newKind(t, func(b *kindBuilder) { b.kind.Read.Expect, b.kind.Update[0].Expect = test.expect, test.expect })
		call := map[Operation]*Call{Read: k.Read, Update: k.Update[0]}[test.op]
		got := Send{Call: call, kind: k}.Outcome(Answer{Status: 200, Headers: []Header{{"Content-Type", test.kind}}, Body: []byte(test.body)})
		text := got.Kind.String() + " " + got.Native.JSON()
		if got.Detail != "" {
			text = got.Kind.String() + ": " + got.Detail
		}
		if text != test.want {
			t.Errorf("%s, %v, %s %s: %s, want %s", test.op, test.expect, test.kind, test.body, text, test.want)
		}
	}
}

// An element is a list of one, and an empty one a list of nobody. What is not
// there says nothing of anybody.
func TestListsOfXML(t *testing.T) {
	const missing = "unavailable: the vendor's answer does not contain the list"
	for _, test := range []struct{ items, body, want string }{
		{"users.user", `<users><user><id>1</id></user><user><id>2</id></user></users>`, `[{"id":"1"},{"id":"2"}]`},
		{"users.user", `<users><user><id>1</id></user></users>`, `[{"id":"1"}]`},
		{"users.user", `<users/>`, `[]`},
		{"users.user", "<users type='array'>\n</users>", `[]`},
		{"users.user", `<users><error>down</error></users>`, missing},
		{"users.user?", `<users><total>0</total></users>`, `[]`},
		{"users.user?", `<error>down</error>`, missing},
		{"users.user", `<error>down</error>`, missing},
		{"users.user", `<users>down</users>`, missing},
		{"a.users.user", `<a><users/></a>`, `[]`},
		{"a.users.user", `<a/>`, missing},
		{"a.users", `<a><users/></a>`, `[]`},
		{"users", `<error/>`, missing},
		{"users?", `<error/>`, missing},
		{"users", `<users>7</users>`, `["7"]`}, // of ids
	} {
		k, _ := newKind(t, func(b *kindBuilder) {
			find := b.kind.Finds[0]
			find.Items, find.Expect = native(t, test.items), Expect{Format: AsXML}
		})
		got := Send{Call: k.Finds[0].Call, kind: k}.Outcome(Answer{Status: 200, Body: []byte(test.body)})
		text := scim.ListOf(got.Items...).JSON()
		if got.Detail != "" {
			text = got.Kind.String() + ": " + got.Detail
		}
		if text != test.want {
			t.Errorf("%s of %s: %s, want %s", test.items, test.body, text, test.want)
		}
	}
}

// A look-up by key answers one, or nobody by an empty element.
func TestFindOfOneInXML(t *testing.T) {
	for body, want := range map[string]string{
		`<r><agent><id>7</id></agent></r>`: "found 0  0, 1 items", `<r><agent/></r>`: "found 0  0, 0 items",
		`<r/>`: "unavailable 502  0, 0 items", `<r><agent>7</agent></r>`: "found 0  0, 1 items",
	} {
		k, _ := newKind(t, func(b *kindBuilder) {
			find := b.kind.Finds[0]
			find.Items, find.Item, find.Expect = NativePath{}, native(t, "r.agent"), Expect{Format: AsXML}
		})
		got := Send{Call: k.Finds[0].Call, kind: k}.Outcome(Answer{Status: 200, Body: []byte(body)})
		if text := fmt.Sprintf("%s, %d items", brief(got), len(got.Items)); text != want {
			t.Errorf("%s: %s, want %s", body, text, want)
		}
	}
}

// A page that is not what the vendor answers with does not say that nobody was found.
func TestNotFoundInXML(t *testing.T) {
	for body, want := range map[string]string{`<error/>`: "absent 0  0", `<p>nothing`: "unavailable 502  0", ``: "absent 0  0"} {
		k, _ := newKind(t, func(b *kindBuilder) {
			find := b.kind.Finds[0]
			find.Expect, find.Errors = Expect{Format: AsXML}, []*ErrorRule{{When: b.expr(InAnswer, "status == 404"), Is: IsNotFound}}
		})
		if got := brief(Send{Call: k.Finds[0].Call, kind: k}.Outcome(Answer{Status: 404, Body: []byte(body)})); got != want {
			t.Errorf("%q: %s, want %s", body, got, want)
		}
	}
}

// What was sent as a number, a list of one or nothing reads back as a text, the one
// or an empty element, and is the same.
func TestAlike(t *testing.T) {
	for _, test := range []struct {
		sent, read string
		same       bool
	}{
		{`5`, `"5"`, true}, {`true`, `"true"`, true}, {`null`, `""`, true}, {`["a"]`, `"a"`, true}, {`[]`, `""`, true},
		{`[{"id":1,"x":null}]`, `{"id":"1"}`, true}, {`[1,2]`, `["1","2"]`, true},
		{`5`, `"6"`, false}, {`["a"]`, `["a","b"]`, false}, {`[2,1]`, `["1","2"]`, false}, {`{"a":1}`, `{"b":"1"}`, false}, {`""`, `"a"`, false},
	} {
		path, _ := scim.NewCatalog(scim.CoreUser()).ParseDotted("title")
		a := &Attribute{Path: path, texts: true}
		if got := a.same(parsed(t, test.sent), parsed(t, test.read)); got != test.same {
			t.Errorf("%s, read as %s: %v", test.sent, test.read, got)
		}
		if got := (&Attribute{Path: path}).same(parsed(t, test.sent), parsed(t, test.read)); got {
			t.Errorf("%s, read as %s, is the same in JSON", test.sent, test.read)
		}
	}
}

// The path that is shown has nothing of the content: that may hold secrets.
func TestBarePath(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) { b.kind.Update[0].Send = AsQuery })
	got, err := k.Update[0].Render(up, &Env{Names: map[string]scim.Value{"id": scim.String("7")}}, parsed(t, `{"password":"x"}`))
	if want := "/users/7 {\"password\":\"x\"}"; err != nil || got.Bare+" "+got.Content.JSON() != want {
		t.Errorf("got %s %s, %v, want %s", got.Bare, got.Content.JSON(), err, want)
	}
}

// Who is in a group is told by an element too, and by an empty one that nobody is.
func TestMembersInXML(t *testing.T) {
	for _, test := range []struct {
		path, group string
		expect      Format
		want        string
	}{
		{"members.member", `{"members":{"member":["1","2"]}}`, AsXML, `[1 2] `},
		{"members.member", `{"members":{"member":"1"}}`, AsXML, `[1] `},
		{"members.member", `{"members":""}`, AsXML, `[] `},
		{"members.member?", `{"members":{"total":"0"}}`, AsXML, `[] `},
		{"members.member", `{"name":"x"}`, AsXML, `[] the vendor's answer does not contain the list of members`},
		{"members.member?", `{"name":"x"}`, AsXML, `[] the vendor's answer does not contain the list of members`},
		{"members", `{"members":"1"}`, AsJSON, `[] the vendor's answer does not contain the list of members`},
		{"members?", `{"name":"x"}`, AsJSON, `[] `},
	} {
		m := &Membership{Native: native(t, test.path), expect: Expect{Format: test.expect}}
		names, problem := m.namesIn(parsed(t, test.group))
		if got := fmt.Sprint(names, " ", problem); got != test.want {
			t.Errorf("%s of %s in %s: %s, want %s", test.path, test.group, test.expect, got, test.want)
		}
	}
}

// A text is a number where the schema promises one, and one element a list of one.
func TestTypesOfTexts(t *testing.T) {
	catalog := scim.NewCatalog(scim.CoreUser(), scim.Extension{Alias: "x", Schema: scim.NewSchema("urn:x", "x", "", &scim.Attribute{Name: "floor", Type: scim.TypeInteger})})
	for _, test := range []struct{ path, native, want string }{
		{"emails", `{"v":{"value":"a"}}`, `[{"value":"a"}]`},
		{"emails", `{"v":[{"value":"a"},{"value":"b"}]}`, `[{"value":"a"},{"value":"b"}]`},
		{"emails", `{"v":""}`, `null`},
		{"active", `{"v":"true"}`, `true`},
		{"active", `{"v":"1"}`, `null the vendor's value is not a boolean`},
		{"x.floor", `{"v":"5"}`, `5`},
		{"x.floor", `{"v":"05"}`, `null the vendor's value is not a integer`},
	} {
		path, err := catalog.ParseDotted(test.path)
		if err != nil {
			t.Fatal(err)
		}
		v, problem := (&Attribute{Path: path, Name: test.path, Native: native(t, "v"), Mutability: "readWrite"}).visible(parsed(t, test.native), nil)
		if got := strings.TrimSpace(v.JSON() + " " + problem); got != test.want {
			t.Errorf("%s of %s: %s, want %s", test.path, test.native, got, test.want)
		}
	}
}
