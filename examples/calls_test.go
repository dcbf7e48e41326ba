// Package examples_test counts the calls that the examples' vendors get.
package examples_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/legacy/app"
	"scimshim/examples/provider"
	"scimshim/examples/scene"
)

// example is a vendor file, and what Entra asks with its mapping.
type example struct {
	file     string
	vendor   func(account map[string]any) http.Handler // new, with an account if not nil
	url, key string                                    // the variables of its address and its key
	matching []string                                  // by precedence
	user     string                                    // attributes of the user that Entra provisions, as JSON
	patches  map[string]string                         // by what they are about: path and value
	// others are accounts that the vendor has already, by how a create comes to
	// take them over.
	others map[string]map[string]any
}

const (
	mail       = `emails[type eq "work"].value`
	department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
)

// TestCalls holds the number of calls that a vendor gets for each operation of
// Entra against the design. A read and a search are one call, and so is a create
// once Entra's own matching has found nobody; otherwise the user name is looked
// for before, at Starmind always, since Entra matches by the address there. A
// change is one call where the request determines it, and may then write what is
// so already; with protect, a list or something kept in play it is a read and a
// write, and only the read where nothing changes. Who has a new unique value is
// looked for, in the list if no search has it. With protect an account is read
// before it is taken over: a search may not show what protect looks at. An absence that nothing else
// vouches for is confirmed by a search.
func TestCalls(t *testing.T) {
	for _, test := range []struct {
		example
		want string
	}{
		{example{
			file: "legacy/legacy.yaml", vendor: legacy,
			url: "LEGACY_URL", key: "LEGACY_KEY", matching: []string{"userName"},
			user: `"userName": "ann@x", "displayName": "Ann", "title": "Boss", "externalId": "ann", "emails": [{"type": "work", "value": "ann@x"}]`,
			patches: map[string]string{"an attribute": `"displayName", "value": "Eve"`, "the user name": `"userName", "value": "eve@x"`,
				"what is kept": `"externalId", "value": "eve"`, "nothing": `"displayName", "value": "Ann"`},
		}, `
connection test                     1  GET /api/users?login
filter, nobody found                1  GET /api/users?login
filter, found                       1  GET /api/users?login
GET                                 1  GET /api/users/{id}
GET of nobody                       1  GET /api/users/{id}
create after Entra's matching       1  POST /api/users
create                              2  GET /api/users?login, POST /api/users
create again                        1  GET /api/users?login
PATCH of an attribute               2  GET /api/users/{id}, PUT /api/users/{id}
PATCH of nothing                    1  GET /api/users/{id}
PATCH of the user name              3  GET /api/users/{id}, GET /api/users?login, PUT /api/users/{id}
PATCH of what is kept               1  GET /api/users/{id}
PUT                                 2  GET /api/users/{id}, PUT /api/users/{id}
disable                             2  GET /api/users/{id}, PUT /api/users/{id}
enable                              2  GET /api/users/{id}, PUT /api/users/{id}
delete                              2  GET /api/users/{id}, DELETE /api/users/{id}
delete again                        1  GET /api/users/{id}
list                                2  GET /api/users?per_page, GET /api/users?per_page
`},
		{example{
			file: "unleash/unleash.yaml", vendor: newUnleash,
			url: "UNLEASH_URL", key: "UNLEASH_TOKEN", matching: []string{"userName"},
			user: `"userName": "ann@x", "displayName": "Ann", "externalId": "ann", "emails": [{"type": "work", "value": "Ann@x"}]`,
			patches: map[string]string{"an attribute": `"displayName", "value": "Eve"`, "the user name": `"userName", "value": "eve@x"`,
				"what is kept": `"externalId", "value": "eve"`, "nothing": `"displayName", "value": "Ann"`},
		}, `
connection test                     1  GET /api/admin/user-admin/search?q
filter, nobody found                1  GET /api/admin/user-admin/search?q
filter, found                       1  GET /api/admin/user-admin/search?q
GET                                 1  GET /api/admin/user-admin/{id}
GET of nobody                       1  GET /api/admin/user-admin/{id}
create after Entra's matching       1  POST /api/admin/user-admin
create                              2  GET /api/admin/user-admin/search?q, POST /api/admin/user-admin
create again                        1  GET /api/admin/user-admin/search?q
PATCH of an attribute               2  GET /api/admin/user-admin/{id}, PUT /api/admin/user-admin/{id}
PATCH of nothing                    1  GET /api/admin/user-admin/{id}
PATCH of the user name              2  GET /api/admin/user-admin/{id}, GET /api/admin/user-admin/search?q
PATCH of what is kept               1  GET /api/admin/user-admin/{id}
PUT                                 2  GET /api/admin/user-admin/{id}, DELETE /api/admin/user-admin/{id}
disable                             2  GET /api/admin/user-admin/{id}, DELETE /api/admin/user-admin/{id}
enable                              2  GET /api/admin/user-admin/search?q, POST /api/admin/user-admin
delete                              2  GET /api/admin/user-admin/{id}, DELETE /api/admin/user-admin/{id}
delete again                        1  GET /api/admin/user-admin/{id}
list                                1  GET /api/admin/user-admin
`},
		{example{
			file: "starleaf/starleaf.yaml", vendor: stand(provider.StarLeaf()),
			url: "STARLEAF_URL", key: "STARLEAF_TOKEN", matching: []string{"externalId", "userName"},
			user: `"userName": "ann@x", "externalId": "ann", "preferredLanguage": "en", "emails": [{"type": "work", "value": "ann@x"}]`,
			patches: map[string]string{"an attribute": `"preferredLanguage", "value": "de"`, "an element": `"phoneNumbers[type eq \"work\"].value", "value": "+44"`,
				"the address":   `"emails[type eq \"work\"].value", "value": "eve@x"`,
				"the user name": `"userName", "value": "eve@x"`, "nothing": `"preferredLanguage", "value": "en"`},
			others: map[string]map[string]any{
				"the user name": {"userName": "ann@x", "emails": scene.Elements("work", "ann@x")},
				"the address":   {"userName": "ann", "emails": scene.Elements("work", "ann@x")},
			},
		}, `
connection test                     1  GET /Users?filter
filter, nobody found                1  GET /Users?filter
filter, found                       1  GET /Users?filter
GET                                 1  GET /Users/{id}
GET of nobody                       1  GET /Users/{id}
create after Entra's matching       1  POST /Users
create                              2  GET /Users?filter, POST /Users
create again                        1  GET /Users?filter
create, taken over by the address   5  GET /Users?filter, POST /Users, GET /Users?startIndex, GET /Users/{id}, PATCH /Users/{id}
create, taken over by the user name 3  GET /Users?filter, GET /Users/{id}, PATCH /Users/{id}
PATCH of an attribute               2  GET /Users/{id}, PATCH /Users/{id}
PATCH of an element                 2  GET /Users/{id}, PATCH /Users/{id}
PATCH of nothing                    1  GET /Users/{id}
PATCH of the address                1  GET /Users/{id}
PATCH of the user name              3  GET /Users/{id}, GET /Users?filter, PATCH /Users/{id}
PUT                                 2  GET /Users/{id}, PATCH /Users/{id}
disable                             2  GET /Users/{id}, PATCH /Users/{id}
enable                              2  GET /Users/{id}, PATCH /Users/{id}
delete                              2  GET /Users/{id}, DELETE /Users/{id}
delete again                        1  GET /Users/{id}
list                                1  GET /Users?startIndex
`},
		{example{
			file: "starmind/starmind.yaml", vendor: stand(provider.Starmind()),
			url: "STARMIND_URL", key: "STARMIND_KEY", matching: []string{mail},
			user: `"userName": "ann@x", "title": "Boss", "emails": [{"type": "work", "value": "ann@x"}]`,
			patches: map[string]string{"an attribute": `"title", "value": "Chief"`, "several": `"title", "value": "Chief"}, {"op": "Add", "path": "` + department + `", "value": "Sales"`,
				"the address": `"emails[type eq \"work\"].value", "value": "eve@x"`, "the user name": `"userName", "value": "eve@x"`, "nothing": `"title", "value": "Boss"`},
		}, `
connection test                     1  GET /Users?filter
filter, nobody found                1  GET /Users?filter
filter, found                       1  GET /Users?filter
GET                                 1  GET /Users/{id}
GET of nobody                       1  GET /Users/{id}
create after Entra's matching       2  GET /Users?filter, POST /Users
create                              2  GET /Users?filter, POST /Users
create again                        1  GET /Users?filter
PATCH of an attribute               1  PATCH /Users/{id}
PATCH of nothing                    1  PATCH /Users/{id}
PATCH of several                    1  PATCH /Users/{id}
PATCH of the address                3  GET /Users/{id}, GET /Users?filter, PATCH /Users/{id}
PATCH of the user name              3  GET /Users/{id}, GET /Users?filter, PATCH /Users/{id}
PUT                                 2  GET /Users/{id}, PATCH /Users/{id}
disable                             1  PATCH /Users/{id}
enable                              1  PATCH /Users/{id}
delete                              1  DELETE /Users/{id}
delete again                        3  DELETE /Users/{id}, GET /Users/{id}, GET /Users?filter
list                                1  GET /Users?startIndex
`},
		{example{
			file: "unleash-enterprise/unleash-enterprise.yaml", vendor: stand(provider.UnleashEnterprise()),
			url: "UNLEASH_SCIM_URL", key: "UNLEASH_SCIM_TOKEN", matching: []string{"userName"},
			user: `"userName": "ann@x", "displayName": "Ann", "title": "Boss", "emails": [{"type": "work", "value": "Ann@x"}]`,
			patches: map[string]string{"an attribute": `"displayName", "value": "Eve"`, "the address": `"emails[type eq \"work\"].value", "value": "eve@x"`,
				"the user name": `"userName", "value": "eve@x"`, "what is kept": `"title", "value": "Chief"`, "nothing": `"displayName", "value": "Ann"`},
		}, `
connection test                     1  GET /Users?filter
filter, nobody found                1  GET /Users?filter
filter, found                       1  GET /Users?filter
GET                                 1  GET /Users/{id}
GET of nobody                       1  GET /Users/{id}
create after Entra's matching       1  POST /Users
create                              2  GET /Users?filter, POST /Users
create again                        1  GET /Users?filter
PATCH of an attribute               1  PATCH /Users/{id}
PATCH of nothing                    1  PATCH /Users/{id}
PATCH of the address                2  GET /Users/{id}, PATCH /Users/{id}
PATCH of the user name              3  GET /Users/{id}, GET /Users?filter, PATCH /Users/{id}
PATCH of what is kept               1  GET /Users/{id}
PUT                                 2  GET /Users/{id}, PATCH /Users/{id}
disable                             1  PATCH /Users/{id}
enable                              1  PATCH /Users/{id}
delete                              1  DELETE /Users/{id}
delete again                        3  DELETE /Users/{id}, GET /Users/{id}, GET /Users?filter
list                                1  GET /Users?startIndex
`},
	} {
		t.Run(strings.Split(test.file, "/")[0], func(t *testing.T) {
			var got strings.Builder
			for _, op := range test.operations() {
				calls := test.calls(t, op)
				fmt.Fprintf(&got, "%-36s%d  %s\n", op.name, len(calls), strings.Join(calls, ", "))
			}
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got.String()); diff != "" {
				t.Errorf("calls (-want +got):\n%s\n%s", diff, got.String())
			}
		})
	}
}

// legacy is the demo's application.
func legacy(map[string]any) http.Handler { return app.New(scene.VendorToken).Handler() }

// stand gives stand-ins for a vendor that speaks SCIM, with one account or none.
func stand(quirks provider.Quirks) func(map[string]any) http.Handler {
	return func(account map[string]any) http.Handler {
		p := provider.New(quirks, scene.VendorToken)
		if account != nil {
			p.Insert(account)
		}
		return p.Handler()
	}
}

// operation is a request of Entra, and those that go before it.
type operation struct {
	name   string
	before []request
	asked  request
	there  map[string]any // an account that the vendor has already
}

type request struct{ method, path, body string }

// operations are what Entra does with one user, whose id is ID.
func (e example) operations() []operation {
	create, read := request{"POST", "/Users", e.resource(e.user)}, request{"GET", "/Users/ID", ""}
	disable, remove := patch(`"Replace", "path": "active", "value": "False"`), request{"DELETE", "/Users/ID", ""}
	there := func(then ...request) []request { return append([]request{create}, then...) }
	out := []operation{
		{name: "connection test", asked: filter(e.matching[0], "2a69c9a6-1708-45b7-acbe-a7b4c8fb102a")},
		{name: "filter, nobody found", before: there(), asked: filter(e.matching[0], "nobody")},
		{name: "filter, found", before: there(), asked: filter(e.matching[0], e.value(e.matching[0]))},
		{name: "GET", before: there(), asked: read},
		{name: "GET of nobody", before: there(read), asked: request{"GET", "/Users/12345", ""}},
		{name: "create after Entra's matching", before: e.misses(), asked: create},
		{name: "create", asked: create},
		{name: "create again", before: there(), asked: create},
	}
	for _, how := range slices.Sorted(maps.Keys(e.others)) {
		out = append(out, operation{name: "create, taken over by " + how, asked: create, there: e.others[how]})
	}
	for _, name := range slices.Sorted(maps.Keys(e.patches)) {
		out = append(out, operation{name: "PATCH of " + name, before: there(), asked: patch(`"Add", "path": ` + e.patches[name])})
	}
	return append(out,
		operation{name: "PUT", before: there(), asked: request{"PUT", "/Users/ID", e.resource(`"active": false, ` + e.user)}},
		operation{name: "disable", before: there(), asked: disable},
		operation{name: "enable", before: there(disable), asked: patch(`"Replace", "path": "active", "value": "True"`)},
		operation{name: "delete", before: there(), asked: remove},
		operation{name: "delete again", before: there(remove), asked: remove},
		operation{name: "list", before: there(), asked: request{"GET", "/Users?startIndex=1&count=10", ""}},
	)
}

func (e example) resource(attributes string) string {
	return `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], ` + attributes + `}`
}

// misses are the filters with which Entra finds nobody before it creates.
func (e example) misses() (out []request) {
	for _, attribute := range e.matching {
		out = append(out, filter(attribute, e.value(attribute)))
	}
	return out
}

// value is what the user has of a matching attribute.
func (e example) value(attribute string) string {
	if attribute == "externalId" {
		return "ann"
	}
	return "ann@x"
}

func filter(attribute, value string) request {
	return request{"GET", "/Users?filter=" + url.QueryEscape(attribute+` eq "`+value+`"`), ""}
}

func patch(operations string) request {
	return request{"PATCH", "/Users/ID", `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": ` + operations + `}]}`}
}

// recorder notes the calls that a vendor gets.
type recorder struct {
	vendor http.Handler

	mu    sync.Mutex
	calls []string
}

var number = regexp.MustCompile(`/\d+$`)

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	kind := req.Method + " " + number.ReplaceAllString(req.URL.Path, "/{id}")
	if name, _, found := strings.Cut(req.URL.RawQuery, "="); found {
		kind += "?" + name
	}
	r.mu.Lock()
	r.calls = append(r.calls, kind)
	r.mu.Unlock()
	r.vendor.ServeHTTP(w, req)
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// calls gives the calls that an operation makes at a new gateway with a new
// vendor.
func (e example) calls(t *testing.T, op operation) []string {
	t.Helper()
	seen := &recorder{vendor: e.vendor(op.there)}
	vendor := httptest.NewServer(seen)
	t.Cleanup(vendor.Close)
	text, err := os.ReadFile(e.file)
	if err != nil {
		t.Fatal(err)
	}
	files := scene.Files{Vendor: string(text), Env: map[string]string{"SCIM_TOKEN": scene.SCIMToken, e.url: vendor.URL, e.key: scene.VendorToken}}
	_, tenantURL := scene.Serve(t, files.Load(t))
	id := ""
	for _, r := range op.before {
		if got := r.send(t, tenantURL, id); got != "" {
			id = got
		}
	}
	seen.take()
	op.asked.send(t, tenantURL, id)
	return seen.take()
}

// send makes a request and gives the id in its answer.
func (r request) send(t *testing.T, tenantURL, id string) string {
	t.Helper()
	asked, err := http.NewRequest(r.method, tenantURL+strings.Replace(r.path, "ID", id, 1), strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	asked.Close = true // an idle connection would hold up the end of the gateway
	asked.Header.Set("Authorization", "Bearer "+scene.SCIMToken)
	asked.Header.Set("Content-Type", "application/scim+json")
	answer, err := http.DefaultClient.Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= 500 || answer.StatusCode == 400 {
		t.Errorf("%s %s: %d %s", r.method, r.path, answer.StatusCode, body)
	}
	var resource struct{ ID string }
	json.Unmarshal(body, &resource)
	return resource.ID
}
