package scim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parsePatch(t testing.TB, c *Catalog, operations string) (Patch, *Error) {
	t.Helper()
	return ParsePatch(c, Object(Member{"Operations", mustJSON(t, operations)}))
}

// The quirks are Entra's, in its default dialect and in that of aadOptscim062020.
func TestPatchQuirks(t *testing.T) {
	const ext = `"` + EnterpriseURN + `"`
	for _, c := range []struct{ name, before, operations, after string }{
		{"op in any case, booleans as text", `{"active":true}`, `[{"op":"Replace","path":"active","value":"False"}]`, `{"active":false}`},
		{"add on a single value", `{"active":true}`, `[{"op":"Add","path":"active","value":"False"}]`, `{"active":false}`},
		{"names of the members in any case", `{}`, `[{"OP":"add","Path":"title","Value":"x"}]`, `{"title":"x"}`},
		{"no path: paths as names", `{"name":{"givenName":"A"}}`,
			`[{"op":"replace","value":{"displayName":"D","name.familyName":"F","` + EnterpriseURN + `:employeeNumber":"E","emails[type eq \"work\"].value":"w"}}]`,
			`{"name":{"givenName":"A","familyName":"F"},"displayName":"D",` + ext + `:{"employeeNumber":"E"},"emails":[{"type":"work","value":"w"}]}`},
		{"no path: an extension's object", `{` + ext + `:{"division":"V"}}`, `[{"op":"add","value":{` + ext + `:{"department":"D"}}}]`,
			`{` + ext + `:{"division":"V","department":"D"}}`},
		{"a filtered path creates its element", `{"emails":[{"type":"home","value":"h"}]}`,
			`[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"w"}]`,
			`{"emails":[{"type":"home","value":"h"},{"type":"work","value":"w"}]}`},
		{"an element piece by piece", `{}`, `[{"op":"Add","path":"emails[type eq \"work\"].primary","value":"true"},
			{"op":"Add","path":"emails[type eq \"work\"].type","value":"work"},{"op":"Add","path":"emails[type eq \"work\"].value","value":"w"}]`,
			`{"emails":[{"type":"work","primary":true,"value":"w"}]}`},
		{"manager as text", `{` + ext + `:{"manager":{"value":"1","displayName":"One"}}}`,
			`[{"op":"Add","path":"` + EnterpriseURN + `:manager","value":"2"}]`, `{` + ext + `:{"manager":{"value":"2"}}}`},
		{"manager bare, as a list", `{}`, `[{"op":"add","path":"manager","value":[{"$ref":"u/2","value":"2"}]}]`,
			`{` + ext + `:{"manager":{"$ref":"u/2","value":"2"}}}`},
		{"manager removed by the empty text", `{` + ext + `:{"manager":{"value":"1","displayName":"One"}}}`,
			`[{"op":"replace","path":"` + EnterpriseURN + `:manager","value":{"value":"","displayName":"x"}}]`, `{}`},
		{"URN with a full stop", `{}`, `[{"op":"Add","path":"` + EnterpriseURN + `.department","value":"D"}]`, `{` + ext + `:{"department":"D"}}`},
		{"null and the empty text remove", `{"title":"x","nickName":"y","emails":[{"type":"work","value":"w","primary":true}]}`,
			`[{"op":"replace","path":"title","value":""},{"op":"add","path":"nickName","value":null},{"op":"replace","path":"emails[type eq \"work\"].value","value":""}]`, `{}`},
		{"a complex replacement merges, null unsets", `{"name":{"givenName":"A","familyName":"F","formatted":"AF"}}`,
			`[{"op":"replace","path":"name","value":{"givenName":"B","formatted":null}}]`, `{"name":{"givenName":"B","familyName":"F"}}`},
		{"an empty complex replacement is none", `{"name":{"givenName":"A"}}`, `[{"op":"replace","path":"name","value":{}}]`, `{"name":{"givenName":"A"}}`},
		{"members removed by value", `{"members":[{"value":"a"},{"value":"b"},{"value":"c"}]}`,
			`[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"a"},{"value":"x"}]}]`, `{"members":[{"value":"b"},{"value":"c"}]}`},
		{"no members removed by an empty list", `{"members":[{"value":"a"}]}`, `[{"op":"Remove","path":"members","value":[]}]`, `{"members":[{"value":"a"}]}`},
		{"no members removed by the empty text", `{"members":[{"value":"a"}]}`, `[{"op":"Remove","path":"members","value":""}]`, `{"members":[{"value":"a"}]}`},
		{"no members removed by an empty object", `{"members":[{"value":"a"}]}`, `[{"op":"Remove","path":"members","value":{}}]`, `{"members":[{"value":"a"}]}`},
		{"no members removed by an empty value", `{"members":[{"value":"a"}]}`, `[{"op":"Remove","path":"members.value","value":""}]`, `{"members":[{"value":"a"}]}`},
		{"all members removed by nothing", `{"members":[{"value":"a"}]}`, `[{"op":"Remove","path":"members","value":null}]`, `{}`},
		{"a member removed by its value", `{"members":[{"value":"a"},{"value":"b"}]}`, `[{"op":"Remove","path":"members.value","value":"a"}]`, `{"members":[{"value":"b"}]}`},
		{"a member removed by its address", `{"members":[{"value":"a b"},{"value":"b"}]}`, `[{"op":"Remove","path":"members","value":[{"$ref":"https://x/Users/a%20b"}]}]`, `{"members":[{"value":"b"}]}`},
		{"a member added by its value", `{"members":[{"value":"a"}]}`, `[{"op":"Add","path":"members.value","value":"b"},{"op":"add","value":{"members.value":["a","c"]}}]`,
			`{"members":[{"value":"a"},{"value":"b"},{"value":"c"}]}`},
		{"an address added by its value", `{"emails":[{"type":"work","value":"w"}]}`, `[{"op":"Add","path":"emails.value","value":"x"}]`,
			`{"emails":[{"type":"work","value":"w"},{"value":"x"}]}`},
		{"an address removed by its value", `{"emails":[{"type":"work","value":"w"},{"value":"x"}]}`, `[{"op":"Remove","path":"emails.value","value":"x"}]`,
			`{"emails":[{"type":"work","value":"w"}]}`},
		{"members by their addresses", `{"members":[{"value":"a"}]}`, `[{"op":"Add","path":"members","value":[{"$ref":"https://x/scim/v2/Users/b"},{"$ref":"../users/c%2Fd"}]}]`,
			`{"members":[{"value":"a"},{"$ref":"https://x/scim/v2/Users/b","value":"b"},{"$ref":"../users/c%2Fd","value":"c/d"}]}`},
		{"no members removed by nonsense", `{"members":[{"value":"a"}]}`, `[{"op":"Remove","path":"members","value":[{"id":"a"}]}]`, `{"members":[{"value":"a"}]}`},
		{"members removed by a filter", `{"members":[{"value":"a"},{"value":"b"}]}`, `[{"op":"remove","path":"members[value eq \"a\"]"}]`, `{"members":[{"value":"b"}]}`},
		{"members added once", `{"members":[{"value":"a"}]}`,
			`[{"op":"Add","path":"members","value":[{"$ref":null,"value":"b"},{"value":"a","display":"A"},{"value":"b"}]}]`,
			`{"members":[{"value":"a","display":"A"},{"value":"b"}]}`},
		{"nothing added", `{"members":[{"value":"a"}]}`, `[{"op":"Add","path":"members","value":[]}]`, `{"members":[{"value":"a"}]}`},
		{"one element of a type", `{"emails":[{"type":"work","value":"old","primary":true}]}`,
			`[{"op":"add","path":"emails","value":[{"type":"Work","value":"new"},{"type":"home","value":"old"}]}]`,
			`{"emails":[{"type":"Work","value":"new","primary":true},{"type":"home","value":"old"}]}`},
		{"primary moves", `{"emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"h"}]}`,
			`[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`,
			`{"emails":[{"type":"work","value":"w","primary":false},{"type":"home","value":"h","primary":true}]}`},
		{"the first of two primaries", `{}`, `[{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":"True"}]}]`,
			`{"emails":[{"value":"a","primary":true},{"value":"b","primary":false}]}`},
		{"a role by primary eq text", `{"roles":[{"value":"old","primary":true}]}`,
			`[{"op":"replace","path":"roles[primary eq \"True\"].value","value":"new"}]`, `{"roles":[{"value":"new","primary":true}]}`},
		{"roles inside a string", `{}`, `[{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"06\",\"value\":\"Admin\",\"displayName\":\"A\"}"}]}]`,
			`{"roles":[{"value":"Admin","display":"A"}]}`},
		{"no operations", `{"title":"x"}`, `[]`, `{"title":"x"}`},
		{"in order", `{}`, `[{"op":"add","path":"title","value":"1"},{"op":"remove","path":"title"},{"op":"add","path":"title","value":"2"}]`, `{"title":"2"}`},
		{"read-only attributes", `{"id":"1"}`, `[{"op":"replace","path":"id","value":"2"},{"op":"remove","path":"groups"},{"op":"replace","value":{"id":"3","meta":{"version":"x"},"schemas":["x"],"title":"t"}}]`,
			`{"id":"1","title":"t"}`},
		{"the extension removed", `{"title":"t",` + ext + `:{"department":"D"}}`, `[{"op":"remove","path":"` + EnterpriseURN + `"}]`, `{"title":"t"}`},
		{"an element replaced keeps its type", `{"emails":[{"type":"work","value":"w","display":"d"}]}`,
			`[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"x"}}]`, `{"emails":[{"value":"x","type":"work"}]}`},
		{"an element added to", `{"emails":[{"type":"work","value":"w"}]}`,
			`[{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"d"}}]`, `{"emails":[{"type":"work","value":"w","display":"d"}]}`},
		{"removing what is not there", `{"title":"t"}`, `[{"op":"remove","path":"emails[type eq \"work\"]"},{"op":"remove","path":"nickName"},{"op":"remove","path":"emails[type ne \"work\"].value"}]`,
			`{"title":"t"}`},
		{"removing a single value whatever it is", `{"title":"t"}`, `[{"op":"remove","path":"title","value":"u"}]`, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			group := append(CoreUser().Attributes, CoreGroup().Attributes[1])
			catalog := NewCatalog(NewSchema(UserURN, "", "", group...), Extension{Schema: EnterpriseUser(), Alias: "enterprise"})
			patch, err := parsePatch(t, catalog, c.operations)
			if err != nil {
				t.Fatal(err)
			}
			before := mustJSON(t, c.before)
			after, ignored, err := patch.Apply(before)
			if err != nil || !after.Equal(mustJSON(t, c.after)) || before.JSON() != c.before {
				t.Errorf("got %s, %v, %v\nwant %s", after.JSON(), ignored, err, c.after)
			}
		})
	}
}

func TestPatchIgnores(t *testing.T) {
	patch, err := parsePatch(t, userCatalog(), `[
		{"op":"add","path":"nope","value":1},
		{"op":"add","path":"emails[nope eq 1].value","value":"x"},
		{"op":"remove","path":"urn:x:y"},
		{"op":"replace","path":"active","value":"maybe"},
		{"op":"replace","path":"emails","value":[1,2,{"a":1}]},
		{"op":"replace","path":"name","value":{"nick":"x","givenName":"A"}},
		{"op":"replace","value":{"nope":1,"b[":2,"title":"t","`+EnterpriseURN+`":{"x":1}}}]`)
	if err != nil {
		t.Fatal(err)
	}
	before := mustJSON(t, `{"active":true,"emails":[{"value":"x"}]}`)
	after, ignored, err := patch.Apply(before)
	if want := `{"active":true,"emails":[{"value":"x"}],"name":{"givenName":"A"},"title":"t"}`; err != nil || after.JSON() != want {
		t.Errorf("got %s, %v, want %s", after.JSON(), err, want)
	}
	want := []Finding{
		{"nope", "unknown attribute", false},
		{"emails[nope eq 1].value", "unknown attribute", false},
		{"urn:x:y", "unknown attribute", false},
		{"active", "true or false is expected, not a string", true},
		{"emails", "an object is expected, not a number", true},
		{"emails", "an object is expected, not a number", true},
		{"emails.a", "unknown attribute", false},
		{"name.nick", "unknown attribute", false},
		{"nope", "unknown attribute", false},
		{"b[", "unknown attribute", false},
		{EnterpriseURN + ":x", "unknown attribute", false},
	}
	if diff := cmp.Diff(want, ignored); diff != "" {
		t.Error(diff)
	}
}

func TestPatchRefuses(t *testing.T) {
	many := "[" + strings.Repeat(`{"op":"remove","path":"title"},`, 1000) + `{}]`
	for _, c := range []struct{ operations, want string }{
		{`null`, `400 invalidSyntax a PATCH needs the list "Operations"`},
		{many, `413  1001 operations are more than 1000`},
		{`["x"]`, `400 invalidSyntax operation 1: an object is expected, not a string`},
		{`[{"op":"remove","path":"title"},{"op":"delete","path":"title"}]`,
			`400 invalidSyntax operation 2: "delete" is not an operation: use add, replace or remove`},
		{`[{"path":"title","value":"x"}]`, `400 invalidSyntax operation 1: "" is not an operation: use add, replace or remove`},
		{`[{"op":"Remove"}]`, `400 noTarget operation 1: remove needs a path`},
		{`[{"op":"Replace","path":"title"}]`, `400 invalidValue operation 1: replace needs a value`},
		{`[{"op":"add","value":"x"}]`, `400 invalidSyntax operation 1: without a path the value must be an object, not a string`},
		{`[{"op":"add","path":5,"value":"x"}]`, `400 invalidPath operation 1: the path is a number, not a string`},
		{`[{"op":"add","path":"emails[type eq","value":"x"}]`,
			`400 invalidPath operation 1: parse path "emails[type eq": a value is expected at position 15`},
		{`[{"op":"add","path":"title[value eq \"x\"]","value":"x"}]`,
			`400 invalidPath operation 1: parse path "title[value eq \"x\"]": "title" has no elements to select by a filter`},
		{`[{"op":"add","path":"title","value":"x"},{"op":"replace","path":"emails[type ne \"work\"].value","value":"x"}]`,
			`400 noTarget operation 2: nothing matches "emails[type ne \"work\"].value"`},
	} {
		patch, err := parsePatch(t, userCatalog(), c.operations)
		before := mustJSON(t, `{"emails":[{"type":"work"}]}`)
		if err == nil {
			var after Value
			if after, _, err = patch.Apply(before); !after.Equal(before) {
				t.Errorf("%s: half applied: %s", c.operations, after.JSON())
			}
		}
		if err == nil {
			t.Errorf("%.80s: no error", c.operations)
			continue
		}
		if got := fmt.Sprintf("%d %s %s", err.Status, err.ScimType, err.Detail); got != c.want {
			t.Errorf("%.80s:\n got %s\nwant %s", c.operations, got, c.want)
		}
	}
}

// An element of members that names nobody is refused with all beside it; what
// names nobody takes nobody.
func TestPatchMembersNameSomebody(t *testing.T) {
	const want = "400 invalidValue operation 1: an element of members has no value that names somebody"
	for _, value := range []string{`[{"value":""}]`, `[{"value":null}]`, `[{"value":{"a":1}}]`, `[{}]`, `[null]`, `5`, `[{"value":"a"},{"value":""}]`,
		`{"display":"A"}`, `[{"$ref":"https://x/Users/"}]`, `[{"$ref":"https://x/Groups/a"}]`, `[{"$ref":"a"}]`, `[{"$ref":"https://x/Users/%zz"}]`} {
		for _, format := range []string{`[{"op":"Add","path":"members","value":%s}]`, `[{"op":"replace","path":"members","value":%s}]`,
			`[{"op":"add","value":{"members":%s}}]`, `[{"op":"replace","value":{"` + GroupURN + `":{"members":%s}}}]`} {
			operations := fmt.Sprintf(format, value)
			_, err := parsePatch(t, NewCatalog(CoreGroup()), operations)
			if err == nil {
				t.Errorf("%s: no error", operations)
			} else if got := fmt.Sprintf("%d %s %s", err.Status, err.ScimType, err.Detail); got != want {
				t.Errorf("%s: got %s", operations, got)
			}
		}
		patch, err := parsePatch(t, NewCatalog(CoreGroup()), fmt.Sprintf(`[{"op":"Remove","path":"members","value":%s}]`, strings.ReplaceAll(value, `"a"`, `"x"`)))
		if err != nil {
			t.Fatal(err)
		}
		before := mustJSON(t, `{"members":[{"value":"a"},{"value":"b"}]}`)
		if after, _, err := patch.Apply(before); err != nil || !after.Equal(before) {
			t.Errorf("removing %s: %s, %v", value, after.JSON(), err)
		}
	}
}

func TestPatchNamesAndDetermined(t *testing.T) {
	for _, c := range []struct {
		operations string
		names      string // of the leaves asked about
		determined bool
	}{
		{`[]`, "", true},
		{`[{"op":"add","path":"userName","value":"x"}]`, "userName", true},
		{`[{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}]`, "emails.work.value", true},
		{`[{"op":"remove","path":"emails[type eq \"work\"].value"}]`, "emails.work.value", true},
		{`[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"x"}}]`, "emails.work.value emails.work.primary", true},
		{`[{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"x","type":"home"}}]`, "emails.work.value emails.home.value emails.work.primary", false},
		{`[{"op":"replace","path":"emails[type eq \"work\"].type","value":"home"}]`, "emails.work.value emails.home.value emails.work.primary", false},
		{`[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`, "emails.work.primary", false},
		{`[{"op":"replace","path":"emails[primary eq true].value","value":"x"}]`, "emails.work.value emails.home.value", false},
		{`[{"op":"replace","path":"emails.value","value":"x"}]`, "emails.work.value emails.home.value", false},
		{`[{"op":"replace","path":"emails","value":[{"type":"work","value":"x"}]}]`, "emails.work.value emails.home.value emails.work.primary", true},
		{`[{"op":"add","path":"emails","value":[{"type":"work","value":"x"}]}]`, "emails.work.value emails.home.value emails.work.primary", false},
		{`[{"op":"remove","path":"emails","value":[{"value":"x"}]}]`, "emails.work.value emails.home.value emails.work.primary", false},
		{`[{"op":"remove","path":"emails"}]`, "emails.work.value emails.home.value emails.work.primary", true},
		{`[{"op":"replace","path":"name","value":{"givenName":"x"}}]`, "name.givenName", true},
		{`[{"op":"remove","path":"name"}]`, "name.givenName name.familyName", true},
		{`[{"op":"replace","value":{"userName":"x","` + EnterpriseURN + `":{"department":"D"}}}]`, "userName enterprise.department", true},
		{`[{"op":"remove","path":"` + EnterpriseURN + `"}]`, "enterprise.department", true},
		{`[{"op":"replace","path":"active","value":"maybe"},{"op":"add","path":"nope","value":1}]`, "", true},
	} {
		patch, err := parsePatch(t, userCatalog(), c.operations)
		if err != nil {
			t.Fatal(err)
		}
		var named []string
		for _, leaf := range []string{"userName", "name.givenName", "name.familyName", "active", "emails.work.value",
			"emails.home.value", "emails.work.primary", "enterprise.department"} {
			if patch.Names(mustPath(t, leaf)) {
				named = append(named, leaf)
			}
		}
		if got := strings.Join(named, " "); got != c.names || patch.Determined() != c.determined {
			t.Errorf("%s: names %q, determined %v", c.operations, got, patch.Determined())
		}
	}
}

// Adding members to a large group must not take the square of its size.
func BenchmarkAddMembers(b *testing.B) {
	members := make([]Value, 2*maxValues)
	for i := range members {
		members[i] = Object(Member{"value", String(fmt.Sprint("m", i))})
	}
	catalog := NewCatalog(CoreGroup())
	body := Object(Member{"Operations", ListOf(Object(Member{"op", String("add")}, Member{"path", String("members")},
		Member{"value", ListOf(members[maxValues:]...)}))})
	before := Object(Member{"members", ListOf(members[:maxValues]...)})
	b.ReportAllocs()
	for b.Loop() {
		patch, err := ParsePatch(catalog, body)
		if err != nil {
			b.Fatal(err)
		}
		if after, _, _ := patch.Apply(before); len(after.Member("members").Items()) != len(members) {
			b.Fatal("members are missing")
		}
	}
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct{ operations, want string }{
		{`[{"op":"Add","path":"members","value":[{"$ref":null,"value":"1"},{"value":"2"}]}]`, `[1 2] [] true`},
		{`[{"op":"Remove","path":"members","value":[{"value":"1"}]}]`, `[] [1] true`},
		{`[{"op":"remove","path":"members[value eq \"1\"]"}]`, `[] [1] true`},
		{`[{"op":"add","path":"members","value":{"value":"1"}},{"op":"remove","path":"members[value eq \"1\"]"}]`, `[] [1] true`},
		{`[{"op":"remove","path":"members[value eq \"1\"]"},{"op":"add","path":"members","value":["1"]}]`, `[1] [] true`},
		{`[{"op":"remove","path":"members"}]`, `[] [] false`},
		{`[{"op":"replace","path":"members","value":[{"value":"1"}]}]`, `[] [] false`},
		{`[{"op":"remove","path":"members[type eq \"User\"]"}]`, `[] [] false`},
		{`[{"op":"replace","path":"members[value eq \"1\"].display","value":"x"}]`, `[] [] false`},
		{`[{"op":"remove","path":"members[value eq \"1\" or value eq \"2\"]"}]`, `[] [] false`},
		{`[{"op":"replace","path":"displayName","value":"x"},{"op":"add","value":{"members":[{"value":"1"}]}}]`, `[1] [] true`},
		{`[]`, `[] [] true`},
	} {
		body, err := ParseJSON([]byte(`{"Operations":`+tt.operations+`}`), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		patch, problem := ParsePatch(NewCatalog(CoreGroup()), body)
		if problem != nil {
			t.Fatal(problem)
		}
		own, rest := patch.Split("members")
		added, taken, known := own.Changes()
		if got := fmt.Sprint(added, taken, known); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.operations, got, tt.want)
		}
		if strings.Contains(tt.operations, "displayName") == rest.Empty() {
			t.Errorf("%s: the rest is %v", tt.operations, rest)
		}
	}
}
