package scim

import (
	"strings"
	"testing"
)

func TestProject(t *testing.T) {
	const resource = `{"schemas":["s"],"id":"1","userName":"a","name":{"givenName":"G","familyName":"F"},` +
		`"emails":[{"type":"work","value":"w"},{"type":"home","value":"h"}],` +
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","manager":{"value":"m","displayName":"M"}}}`
	const ext = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	for _, c := range []struct{ include, exclude, want string }{
		{"", "", resource},
		{"id", "", `{"schemas":["s"],"id":"1"}`},
		{"userName name.givenName", "", `{"schemas":["s"],"id":"1","userName":"a","name":{"givenName":"G"}}`},
		{"emails.value", "", `{"schemas":["s"],"id":"1","emails":[{"value":"w"},{"value":"h"}]}`},
		{"emails.work.value", "", `{"schemas":["s"],"id":"1","emails":[{"value":"w"}]}`},
		{"enterprise.manager.value", "", `{"schemas":["s"],"id":"1",` + ext + `:{"manager":{"value":"m"}}}`},
		{"enterprise", "", `{"schemas":["s"],"id":"1",` + ext + `:{"department":"D","manager":{"value":"m","displayName":"M"}}}`},
		{"title", "", `{"schemas":["s"],"id":"1"}`},
		{"", "id schemas userName emails enterprise.manager name.givenName",
			`{"schemas":["s"],"id":"1","name":{"familyName":"F"},` + ext + `:{"department":"D"}}`},
		{"", "name emails.work enterprise enterprise.department", `{"schemas":["s"],"id":"1","userName":"a","emails":[{"type":"home","value":"h"}]}`},
		{"", "enterprise.department enterprise name.givenName name.familyName emails.type", `{"schemas":["s"],"id":"1","userName":"a","emails":[{"value":"w"},{"value":"h"}]}`},
	} {
		var include, exclude []Path
		for _, s := range strings.Fields(c.include) {
			include = append(include, mustPath(t, s))
		}
		for _, s := range strings.Fields(c.exclude) {
			exclude = append(exclude, mustPath(t, s))
		}
		if got := Project(mustJSON(t, resource), include, exclude).JSON(); got != c.want {
			t.Errorf("%q without %q:\n got %s\nwant %s", c.include, c.exclude, got, c.want)
		}
	}
}
