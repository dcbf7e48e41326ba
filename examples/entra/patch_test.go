package entra

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPatchBody(t *testing.T) {
	const (
		mail       = `emails[type eq "work"].value`
		department = enterpriseURN + ":department"
		head       = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
	)
	tests := []struct {
		name          string
		ops           []operation
		plain, folded string
	}{
		{"disable", []operation{{"Replace", "active", false}},
			`{"op":"Replace","path":"active","value":"False"}`,
			`{"op":"replace","path":"active","value":false}`},
		{"add one", []operation{{"Add", "nickName", "Babs"}},
			`{"op":"Add","path":"nickName","value":"Babs"}`,
			`{"op":"add","path":"nickName","value":"Babs"}`},
		{"several", []operation{{"Replace", "displayName", "Bjfe"}, {"Replace", mail, "t@test.com"},
			{"Replace", "name.givenName", "Kkom"}, {"Replace", department, "Aklq"}},
			`{"op":"Replace","path":"displayName","value":"Bjfe"},` +
				`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"t@test.com"},` +
				`{"op":"Replace","path":"name.givenName","value":"Kkom"},` +
				`{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Aklq"}`,
			`{"op":"replace","path":"emails[type eq \"work\"].value","value":"t@test.com"},` +
				`{"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom",` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Aklq"}}`},
		{"add members", []operation{{"Add", "members", []member{{Value: "u1"}, {Value: "u2"}}}},
			`{"op":"Add","path":"members","value":[{"$ref":null,"value":"u1"},{"$ref":null,"value":"u2"}]}`,
			`{"op":"add","path":"members","value":[{"$ref":null,"value":"u1"},{"$ref":null,"value":"u2"}]}`},
		{"set a manager", []operation{{"Add", enterpriseURN + ":manager", "271"}},
			`{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"271"}`,
			`{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"271"}`},
		{"remove a manager", []operation{{"Replace", enterpriseURN + ":manager", ""}},
			`{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":""}`,
			`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":""}`},
		{"both verbs", []operation{{"Replace", "active", true}, {"Add", "title", "<R&D>"}, {"Add", "name.givenName", "K"}},
			`{"op":"Replace","path":"active","value":"True"},` +
				`{"op":"Add","path":"title","value":"<R&D>"},{"op":"Add","path":"name.givenName","value":"K"}`,
			`{"op":"add","value":{"title":"<R&D>","name.givenName":"K"}},{"op":"replace","path":"active","value":true}`},
	}
	for _, test := range tests {
		for dialect, want := range map[Dialect]string{Default: test.plain, AadOptscim062020: test.folded} {
			got, err := dialect.patchBody(test.ops)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(head+want+"]}", string(got)); diff != "" {
				t.Errorf("%s, %v (-want +got):\n%s", test.name, dialect, diff)
			}
		}
	}
}

func TestRemovalOfMembers(t *testing.T) {
	const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
	for dialect, want := range map[Dialect]string{
		Default:          `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"},{"$ref":null,"value":"a\"b"}]}`,
		AadOptscim062020: `{"op":"remove","path":"members[value eq \"u1\"]"},{"op":"remove","path":"members[value eq \"a\\\"b\"]"}`,
	} {
		got, err := dialect.patchBody(dialect.remove("members", []*entry{{anchor: "u1"}, {anchor: `a"b`}}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(head+want+"]}", string(got)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", dialect, diff)
		}
	}
}

func TestDiff(t *testing.T) {
	table, err := DefaultMapping().compile(User{}, "manager")
	if err != nil {
		t.Fatal(err)
	}
	user := User{UserPrincipalName: "ann@contoso.com", Mail: "ann@contoso.com", GivenName: "Ann", Department: "Sales"}
	tests := []struct {
		name, shown string
		want        []operation
	}{
		{"equal", `{"userName":"ann@contoso.com","active":true,"emails":[{"type":"work","value":"ann@contoso.com"}],
			"name":{"givenName":"Ann"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}`, nil},
		{"a value that the source lacks stays", `{"userName":"ann@contoso.com","active":true,"title":"Boss","emails":[{"type":"work","value":"ann@contoso.com"}],
			"name":{"givenName":"Ann","familyName":"Lee"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}`, nil},
		{"missing is added, different is replaced", `{"userName":"Ann@contoso.com","active":"True","emails":[{"type":"home","value":"ann@contoso.com"}],"name":{"givenName":null}}`,
			[]operation{
				{"Replace", "userName", "ann@contoso.com"},
				{"Replace", "active", true},
				{"Add", `emails[type eq "work"].value`, "ann@contoso.com"},
				{"Add", "name.givenName", "Ann"},
				{"Add", enterpriseURN + ":department", "Sales"},
			}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, diff(table.rows, user, []byte(test.shown))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestCreateBody(t *testing.T) {
	m := append(DefaultMapping(),
		Attribute{Source: FullName, Target: "name.formatted"},
		Attribute{Source: "department", Target: `addresses[type eq "work"].region`},
		Attribute{Source: "jobTitle", Target: `addresses[type eq "work"].country`},
		Attribute{Source: "mail", Target: `emails[type eq "other"].value`})
	table, err := m.compile(User{}, "manager")
	if err != nil {
		t.Fatal(err)
	}
	got, err := userEndpoint.createBody(table.rows, User{UserPrincipalName: "ann@contoso.com", Mail: "Ann@contoso.com", GivenName: "Ann",
		Surname: "Lee", MailNickname: "ann", Department: "Sales", JobTitle: "CTO"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
		`"userName":"ann@contoso.com","active":true,"title":"CTO",` +
		`"emails":[{"type":"work","primary":true,"value":"Ann@contoso.com"},{"type":"other","value":"Ann@contoso.com"}],` +
		`"name":{"givenName":"Ann","familyName":"Lee","formatted":"Ann Lee"},"externalId":"ann",` +
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"},` +
		`"addresses":[{"type":"work","region":"Sales","country":"CTO"}],"meta":{"resourceType":"User"}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}
