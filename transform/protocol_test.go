package transform

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A vendor that speaks SCIM is sent what the RFC has: an element that is there
// is changed, one that is not there is added, whole and once.
func TestOperations(t *testing.T) {
	k, up := newKind(t)
	const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for _, test := range []struct {
		name, native string
		fields       [][2]string // path and JSON
		want         string
	}{
		{"nothing", `{}`, nil, `[]`},
		{"simple", `{}`, [][2]string{{"title", `"Dr"`}, {"active", `"false"`}, {"name.givenName", `"Ada"`}, {"enterprise.department", `"R&D"`}},
			`[{"op":"replace","path":"title","value":"Dr"},{"op":"replace","path":"active","value":"false"},` +
				`{"op":"replace","path":"name.givenName","value":"Ada"},{"op":"replace","path":"` + urn + `:department","value":"R&D"}]`},
		{"cleared", `{"title":"Dr","emails":[{"type":"work","value":"a@x"}],"addresses":[{"type":"work","country":"CH","locality":"Bern"}]}`,
			[][2]string{{"title", `null`}, {"emails.work.value", `null`}, {"addresses.work.country", `null`}},
			`[{"op":"remove","path":"title"},{"op":"remove","path":"emails[type eq \"work\"]"},` +
				`{"op":"remove","path":"addresses[type eq \"work\"].country"}]`},
		{"an element that is there", `{"emails":[{"type":"Work","value":"a@x"}]}`, [][2]string{{"emails.work.value", `"b@x"`}},
			`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@x"}]`},
		{"elements that are not there", `{"emails":[{"type":"home","value":"a@x"}]}`,
			[][2]string{{"addresses.work.country", `"CH"`}, {"emails.work.value", `"b@x"`}, {"title", `"Dr"`}, {"addresses.work.locality", `"Bern"`}, {"addresses.home.country", `"IT"`}},
			`[{"op":"replace","path":"title","value":"Dr"},` +
				`{"op":"add","path":"addresses","value":[{"type":"work","country":"CH","locality":"Bern"},{"type":"home","country":"IT"}]},` +
				`{"op":"add","path":"emails","value":[{"type":"work","value":"b@x"}]}]`},
		{"a whole list", `{"emails":[{"type":"home","value":"a@x"}]}`, [][2]string{{"emails", `[{"type":"work","value":"b@x"}]`}},
			`[{"op":"replace","path":"emails","value":[{"type":"work","value":"b@x"}]}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var carry []Sending
			for _, field := range test.fields {
				path, err := k.Catalog.ParseDotted(field[0])
				if err != nil {
					t.Fatal(err)
				}
				native, err := NativeSCIM(path)
				if err != nil {
					t.Fatal(err)
				}
				carry = append(carry, Sending{Attribute: &Attribute{Path: path, Native: native}, Value: parsed(t, field[1])})
			}
			p := &Plan{kind: k, up: up, native: parsed(t, test.native)}
			if diff := cmp.Diff(test.want, p.operations(carry).JSON()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDeclared(t *testing.T) {
	k, _ := newKind(t)
	for body, want := range map[string]string{
		`{"userName":"a"}`: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"}`,
		`{"urn:x:1":{"a":1},"schemas":["old"],"meta":{"version":"1"},"title":"b","groups":[{"value":"g"}]}`: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:x:1"],"urn:x:1":{"a":1},"title":"b"}`,
	} {
		if diff := cmp.Diff(want, k.declared(parsed(t, body)).JSON()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// collides is a vendor that has the e-mail address under another user name, and
// refuses a second one.
func collides(b *kindBuilder) {
	b.kind.Adopt = true
	b.kind.Attributes[1].Uniqueness = "server"
}

// A create that the vendor refuses takes over whoever has one of its values, as
// long as it is one account, not protected, and nobody's whom Entra knows.
func TestAdoptAfterARefusal(t *testing.T) {
	const other = `{"id":7,"login":"old","mail":"A@x","status":"ON","role":"USER"}`
	const dropped = "commit: the create did not happen"
	looked := []string{"GET /users?page=1", "GET /users?page=2", "ask"}
	for _, test := range []struct {
		name   string
		vendor vendor
		with   func(*kindBuilder)
		after  []string // the refusal
		reply  string
	}{
		{"taken over", vendor{user: other}, nil,
			append(looked, `PUT /users/7 {"login":"a","position":"BOSS"}`, "commit: the resource as it was written"), "201 "},
		{"without adopt", vendor{user: other}, func(b *kindBuilder) { b.kind.Adopt = false },
			[]string{"commit: the vendor knows a resource that the index does not", dropped}, "409 uniqueness"},
		{"protected", vendor{user: strings.Replace(other, "USER", "ADMIN", 1)}, protectAdmins, append(looked, "GET /users/7", dropped), "400 mutability"},
		{"on record", vendor{user: other, record: &Record{ID: "7", Native: "7"}}, nil, append(looked, dropped), "409 uniqueness"},
		{"two", vendor{user: other + "," + strings.Replace(other, `"id":7`, `"id":8`, 1)}, nil, append(looked, dropped), "409 uniqueness"},
		{"nobody shows it", vendor{}, nil, []string{"GET /users?page=1", "ask",
			"GET /users?login=a", "ask", dropped}, "409 uniqueness"},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := []func(*kindBuilder){collides}
			if test.with != nil {
				options = append(options, test.with)
			}
			k, up := newKind(t, options...)
			test.vendor.answer = map[string]Answer{"POST /users": {Status: 409}}
			moves, reply := run(t, &test.vendor, k, up, request(t, k, Create, "", newAda))
			wantMoves(t, moves, append([]string{"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
				`POST /users {"login":"a","mail":"A@x","position":"BOSS"}`}, test.after...)...)
			status, scimType, _ := strings.Cut(test.reply, " ")
			if !strings.HasPrefix(reply, status+" ") || scimType != "" && !strings.Contains(reply, `"scimType":"`+scimType+`"`) {
				t.Errorf("reply %s, want %s", reply, test.reply)
			}
		})
	}
}

// Nobody is taken over by a value that the vendor was never sent, before protect
// has looked at the account itself, or where the values are those of two.
func TestAdoptNoStranger(t *testing.T) {
	const eve = `{"id":7,"login":"old","mail":"A@x","status":"ON","role":"ADMIN"}`
	rule := func(b *kindBuilder) {
		b.kind.Rules = []*Rule{{Name: "mail follows the login", Set: b.path("emails.work.value"), To: b.expr(InRule, `userName + "@y"`)}}
	}
	unshown := func(user string) string { return strings.Replace(user, `,"role":"ADMIN"`, "", 1) }
	for _, test := range []struct {
		name, user string
		with       func(*kindBuilder)
		answer     map[string]Answer
		reply      string
	}{
		{"by what a rule keeps from the vendor", eve, rule, nil, "409 "},
		{"whose role the list does not show", eve, func(b *kindBuilder) {
			protectAdmins(b)
			b.kind.List.Path.Query = nil // one page
		}, map[string]Answer{"GET /users": {Status: 200, Body: []byte(`{"users":[` + unshown(eve) + `]}`)}}, "400 "},
		{"who cannot be read", unshown(eve), protectAdmins, map[string]Answer{"GET /users/7": {Status: 404}}, "503 "},
		{"where two have the values", eve + `,{"id":8,"login":"b","mail":"b@x","nick":"n"}`, func(b *kindBuilder) {
			b.attribute("nickName", "nick", func(a *Attribute) { a.Uniqueness = "server" })
		}, nil, "409 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, up := newKind(t, collides, test.with)
			v := vendor{user: test.user, answer: map[string]Answer{"POST /users": {Status: 409}}}
			for call, answer := range test.answer {
				v.answer[call] = answer
			}
			moves, reply := run(t, &v, k, up, request(t, k, Create, "", strings.Replace(newAda, "{", `{"nickName":"n",`, 1)))
			if !strings.HasPrefix(reply, test.reply) || slices.ContainsFunc(moves, func(m string) bool { return strings.HasPrefix(m, "PUT ") }) {
				t.Errorf("%s\nmoves %q", reply, moves)
			}
		})
	}
}

// The answer to a deactivation shows somebody else: the account itself decides.
func TestDisableAnsweredWithAnother(t *testing.T) {
	for after, want := range map[string]string{ada: "502 ", strings.Replace(ada, `"ON"`, `"OFF"`, 1): "200 "} {
		k, up := newKind(t)
		v := vendor{user: after, answer: map[string]Answer{"PUT /users/7": {Status: 200, Body: []byte(`{"id":8,"login":"other","status":"OFF"}`)}}}
		moves, reply := run(t, &v, k, up, request(t, k, Update, "7", patch(`{"op":"replace","path":"active","value":false}`)))
		if !strings.HasPrefix(reply, want) {
			t.Errorf("%s, want %s\nmoves %q", reply, want, moves)
		}
	}
}

// An answer that shows a piece of the resource neither hides the rest nor takes
// what it does not show for gone.
func TestAPieceIsNotTheWhole(t *testing.T) {
	k, up := newKind(t, protectAdmins)
	v := vendor{user: ada, answer: map[string]Answer{"PUT /users/7": {Status: 200, Body: []byte(`{"id":7,"status":"OFF"}`)}}}
	var written []*Entry
	_, reply := play(NewPlan(up, k, request(t, k, Update, "7", patch(`{"op":"replace","path":"active","value":false}`)), Facts{}), func(m Move) Outcome {
		if commit, ok := m.(Commit); ok {
			written = append(written, commit.Written)
		}
		return v.do(m)
	})
	want := []*Entry{{Native: "7", Piece: true, Taken: []Key{{"userName", "a"}},
		Marks: []Mark{Key{"userName", "a"}.Mark(), Key{"emails.work.value", "a@x"}.Mark(), Key{"name.givenName", "ada"}.Mark(), Key{"title", "boss"}.Mark()}}}
	if diff := cmp.Diff(want, written); diff != "" || reply.Status != 204 {
		t.Errorf("%d; the index (-want +got):\n%s", reply.Status, diff)
	}
}
