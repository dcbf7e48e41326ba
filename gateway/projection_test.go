package gateway

import (
	"net/url"
	"strings"
	"testing"
)

// What a caller sees of a user, by a query and by a search.
func TestProjection(t *testing.T) {
	b, _ := newSearchBench(t)
	const schemas = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1"`
	meta := `,"meta":{"resourceType":"User","location":"https://gateway.example/legacy/scim/v2/Users/1","version":` +
		`"` + strings.ReplaceAll(b.with(t, "GET", "/Users/1", "").Header.Get("ETag"), `"`, `\"`) + `"}`
	for _, test := range []struct{ attributes, excluded, want string }{
		{"userName", "", `,"userName":"Dora"}`},
		{"USERNAME, title", "", `,"userName":"Dora","title":"b"}`},
		{"urn:ietf:params:scim:schemas:core:2.0:User:userName", "", `,"userName":"Dora"}`},
		{"meta.resourceType", "", `,"meta":{"resourceType":"User"}}`},
		{"title,nothing,emails[type", "", `,"title":"b"}`},
		{"nothing", "", `}`},
		{"", "id,schemas,title,meta", `,"userName":"Dora","active":true}`},
		{"", "META.location,nothing,active", strings.Replace(`,"userName":"Dora","title":"b"`+meta, `"location":"https://gateway.example/legacy/scim/v2/Users/1",`, "", 1) + "}"},
		{"", "password", `,"userName":"Dora","title":"b","active":true` + meta + "}"},
		{"password", "", `}`},
		{"userName,title", "title", `,"userName":"Dora"}`}, // both: what is asked for, save what is excluded
	} {
		query := url.Values{"attributes": {test.attributes}, "excludedAttributes": {test.excluded}}.Encode()
		if got := b.with(t, "GET", "/Users/1?"+query, "").Body; got != schemas+test.want {
			t.Errorf("GET with %s:\ngot  %s\nwant %s", query, got, schemas+test.want)
		}
		body := `{"filter":"id eq \"1\"","attributes":["` + strings.ReplaceAll(test.attributes, ",", `","`) + `"],"excludedAttributes":"` + test.excluded + `"}`
		want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[` + schemas + test.want + `]}`
		if got := b.with(t, "POST", "/Users/.search", body).Body; got != want {
			t.Errorf("search with %s:\ngot  %s\nwant %s", body, got, want)
		}
	}
}
