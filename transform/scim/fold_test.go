package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		findings       []Finding
	}{
		{"names in the schema's case", `{"USERNAME":"a","Emails":[{"Primary":"True","VALUE":"x"}]}`,
			`{"userName":"a","emails":[{"primary":true,"value":"x"}]}`, nil},
		{"booleans as text", `{"active":"False"}`, `{"active":false}`, nil},
		{"numbers for text", `{"userName":5,"title":true}`, `{"userName":"5","title":"true"}`, nil},
		{"text for numbers", `{"level":"7"}`, `{"urn:ietf:params:scim:schemas:extension:acme:2.0:User":{"level":7}}`, nil},
		{"empty is absent", `{"title":"","name":{"givenName":""},"emails":[],"addresses":null,"active":null,"roles":[{"value":""}]}`, `{}`, nil},
		{"schemas dropped", `{"schemas":["x"],"id":"1","meta":{"resourceType":"User"}}`, `{"id":"1","meta":{"resourceType":"User"}}`, nil},
		{"manager as text", `{"` + EnterpriseURN + `":{"manager":"m"}}`, `{"` + EnterpriseURN + `":{"manager":{"value":"m"}}}`, nil},
		{"manager as a list of one", `{"` + EnterpriseURN + `":{"manager":[{"$ref":null,"value":"m"}]}}`,
			`{"` + EnterpriseURN + `":{"manager":{"value":"m"}}}`, nil},
		{"manager bare at the top", `{"manager":"m"}`, `{"` + EnterpriseURN + `":{"manager":{"value":"m"}}}`, nil},
		{"a whole path as a name", `{"` + EnterpriseURN + `:department":"D","` + EnterpriseURN + `":{"Division":"V"},"name.givenName":"A"}`,
			`{"` + EnterpriseURN + `":{"department":"D","division":"V"},"name":{"givenName":"A"}}`, nil},
		{"an extension before its path", `{"` + EnterpriseURN + `":{"division":"V"},"` + EnterpriseURN + `:department":"D"}`,
			`{"` + EnterpriseURN + `":{"division":"V","department":"D"}}`, nil},
		{"a filtered path as a name", `{"emails[type eq \"work\"].value":"w"}`, `{"emails":[{"type":"work","value":"w"}]}`, nil},
		{"elements as text", `{"emails":["a",{"value":"b"}],"phoneNumbers":"1"}`,
			`{"emails":[{"value":"a"},{"value":"b"}],"phoneNumbers":[{"value":"1"}]}`, nil},
		{"a role in a string", `{"roles":[{"value":"{\"id\":\"06\",\"value\":\"Admin\",\"displayName\":\"Administrator\"}"}]}`,
			`{"roles":[{"value":"Admin","display":"Administrator"}]}`, nil},
		{"a role that only looks so", `{"roles":[{"value":"{x"},{"value":"{\"a\":1}"}]}`,
			`{"roles":[{"value":"{x"},{"value":"{\"a\":1}"}]}`, nil},
		{"unknown attributes", `{"userName":"a","nope":1,"urn:x":{"a":1},"name":{"nick":"n"},"` + EnterpriseURN + `":{"x":1,"manager":{"y":1}},"emails":[{"z":1}]}`,
			`{"userName":"a"}`, []Finding{
				{"nope", "unknown attribute", false},
				{"urn:x", "unknown attribute", false},
				{"name.nick", "unknown attribute", false},
				{EnterpriseURN + ":x", "unknown attribute", false},
				{EnterpriseURN + ":manager.y", "unknown attribute", false},
				{"emails.z", "unknown attribute", false},
			}},
		{"wrong types", `{"active":"maybe","name":"Ada","userName":{"a":1},"emails":[{"primary":2,"value":"x"}],"title":["a","b"],"level":"1.5","hired":[]}`,
			`{"emails":[{"value":"x"}]}`, []Finding{
				{"active", "true or false is expected, not a string", true},
				{"name", "an object is expected, not a string", true},
				{"userName", "a string is expected, not an object", true},
				{"emails.primary", "true or false is expected, not a number", true},
				{"title", "a string is expected, not a list", true},
				{"urn:ietf:params:scim:schemas:extension:acme:2.0:User:level", "a whole number is expected, not a string", true},
			}},
		{"no object", `["a"]`, `{}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := mustJSON(t, c.in)
			got, findings := userCatalog().Fold(body)
			if diff := cmp.Diff(mustJSON(t, c.want), got); diff != "" {
				t.Errorf("got %s, want %s", got.JSON(), c.want)
			}
			if diff := cmp.Diff(c.findings, findings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFoldIsStable(t *testing.T) {
	first, _ := userCatalog().Fold(mustJSON(t, postBody))
	second, findings := userCatalog().Fold(first)
	if !second.Equal(first) || findings != nil {
		t.Errorf("%s became %s, %v", first.JSON(), second.JSON(), findings)
	}
}

func TestFoldValue(t *testing.T) {
	for _, c := range []struct{ path, in, want string }{
		{`active`, `"TRUE"`, `true`},
		{`emails`, `{"value":"x"}`, `[{"value":"x"}]`},
		{`emails.work`, `"x"`, `{"value":"x"}`},
		{`emails.work.primary`, `"True"`, `true`},
		{`emails.work.value`, `["x"]`, `"x"`},
		{`enterprise`, `{"Department":"D"}`, `{"department":"D"}`},
		{`enterprise.manager`, `[{"value":"m"}]`, `{"value":"m"}`},
		{`enterprise.manager`, `{"value":""}`, `null`},
		{`title`, `null`, `null`},
	} {
		got, findings := userCatalog().FoldValue(mustPath(t, c.path), mustJSON(t, c.in))
		if got.JSON() != c.want || findings != nil {
			t.Errorf("%s = %s: got %s, %v, want %s", c.path, c.in, got.JSON(), findings, c.want)
		}
	}
}
