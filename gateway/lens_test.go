package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

const lensFile = `
vendor: lens
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
extensions: {"urn:example:hr": {start: dateTime, level: integer, hired: string, remote: boolean}}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    active: {native: locked, read: not value, write: not value}
    ATTRIBUTE
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
groups: unsupported
`

// lens is a row of the mapping, what Entra sends, what the vendor then has beside the
// rest, and what Entra is shown once the vendor has something else.
type lens struct {
	name, attribute string
	sent, native    string
	edited, shown   string // "": whatever the vendor has by then is shown as sent
}

var lenses = []lens{
	{"an inverted boolean", `remote: {native: office, read: not value, write: not value}`,
		`"urn:example:hr":{"remote":true}`, `"office":false`, `"office":true`, `"urn:example:hr":{"remote":false}`},
	{"a number as text", `level: {native: level, read: number(value), write: text(value)}`,
		`"urn:example:hr":{"level":7}`, `"level":"7"`, `"level":"8"`, `"urn:example:hr":{"level":8}`},
	{"a text that is a number", `enterprise.employeeNumber: {native: no, write: number(value)}`,
		`"` + enterpriseURN + `":{"employeeNumber":"007"}`, `"no":7`, `"no":8`, `"` + enterpriseURN + `":{"employeeNumber":"8"}`},
	{"a day", `start: {native: since, read: 'date(value, "date", "iso")', write: 'date(value, "iso", "date")'}`,
		`"urn:example:hr":{"start":"2026-03-01T09:30:00+02:00"}`, `"since":"2026-03-01"`, `"since":"2026-04-01"`, `"urn:example:hr":{"start":"2026-04-01T00:00:00Z"}`},
	{"seconds", `start: {native: since, read: 'date(value, "unix", "iso")', write: 'date(value, "iso", "unix")'}`,
		`"urn:example:hr":{"start":"2026-03-01T00:00:00+02:00"}`, `"since":1772316000`, `"since":0`, `"urn:example:hr":{"start":"1970-01-01T00:00:00Z"}`},
	{"milliseconds", `start: {native: since, read: 'date(value, "unixms", "iso")', write: 'date(value, "iso", "unixms")'}`,
		`"urn:example:hr":{"start":"2026-03-01T00:00:00.5Z"}`, `"since":1772323200500`, `"since":1`, `"urn:example:hr":{"start":"1970-01-01T00:00:00.001Z"}`},
	{"a pattern", `hired: {native: since, read: 'date(value, "dd.MM.yyyy", "M/d/yyyy h:mm:ss tt")', write: 'date(value, "M/d/yyyy h:mm:ss tt", "dd.MM.yyyy")'}`,
		`"urn:example:hr":{"hired":"3/1/2026 5:00:00 PM"}`, `"since":"01.03.2026"`, `"since":"02.03.2026"`, `"urn:example:hr":{"hired":"3/2/2026 12:00:00 AM"}`},
	{"no date", `hired: {native: since, read: 'date(value, "date", "iso")', write: 'date(value, "iso", "date")'}`,
		`"urn:example:hr":{"hired":"soon"}`, ``, `"since":"never"`, ``},
	{"plain texts", `emails: "addresses[]"`,
		`"emails":[{"value":"a@x","type":"work"},{"value":"b@x"}]`, `"addresses":["a@x","b@x"]`, `"addresses":["c@x"]`, `"emails":[{"value":"c@x"}]`},
	{"texts in objects", `phoneNumbers: "phones[].data.no"`,
		`"phoneNumbers":[{"value":"1","type":"work"}]`, `"phones":[{"data":{"no":"1"}}]`, `"phones":[{"data":{"no":2}},{"data":{}}]`, `"phoneNumbers":[{"value":"2"}]`},
	{"texts by expression", `emails: {native: addresses, read: 'map(value, ({"value": #}))', write: 'map(value, #.value)'}`,
		`"emails":[{"value":"a@x"},{"value":"b@x"}]`, `"addresses":["a@x","b@x"]`, `"addresses":["c@x"]`, `"emails":[{"value":"c@x"}]`},
	{"separated text", `roles: {native: rights, read: 'map(split(value, ","), ({"value": trim(#)}))', write: 'join(map(value, #.value), ",")'}`,
		`"roles":[{"value":"Admin"},{"value":"Editor"}]`, `"rights":"Admin,Editor"`, `"rights":"Viewer, Editor"`, `"roles":[{"value":"Viewer"},{"value":"Editor"}]`},
	{"separated text of a list", `roles: {native: "rights[]", read: 'split(value, ";")', write: 'join(value, ";")'}`,
		`"roles":[{"value":"Admin"},{"value":"Editor"}]`, `"rights":"Admin;Editor"`, `"rights":"Viewer"`, `"roles":[{"value":"Viewer"}]`},
	{"the first part", `name.givenName: {native: full, read: 'first(split(value, " "))', write: 'value + " " + (name.familyName ?? "-")'}`,
		`"name":{"givenName":"Ada"}`, `"full":"Ada -"`, `"full":"Eve King"`, `"name":{"givenName":"Eve"}`},
	{"a part", `title: {native: position, write: 'left(value, 3)'}`,
		`"title":"Countess"`, `"position":"Cou"`, `"position":"Boss"`, `"title":"Boss"`},
}

// What Entra sends is at the vendor in the vendor's form, and is shown as it was sent
// until the vendor has something else, which is shown then. Nothing is sent twice.
func TestLenses(t *testing.T) {
	for _, tt := range lenses {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			r := newRig(t, strings.Replace(lensFile, "ATTRIBUTE", tt.attribute, 1), f.URL, gateway.Options{})
			r.must(t, 201, "POST", "/Users", `{"userName":"ada","active":true,`+tt.sent+`}`)
			f.called()
			for range 2 {
				expectPart(t, r.must(t, 200, "GET", "/Users/1", "").body, tt.sent)
			}
			expectJSON(t, encode(f.all()[0]), joined(`"id":1,"code":"code1","login":"ada","locked":false`, tt.native))
			f.called()
			r.must(t, 200, "PUT", "/Users/1", `{"userName":"ada",`+tt.sent+`}`)
			for _, call := range f.called() {
				if !strings.HasPrefix(call, "GET") {
					t.Errorf("what is there already was sent: %s", call)
				}
			}
			var edit map[string]any
			json.Unmarshal([]byte("{"+tt.edited+"}"), &edit)
			for field, value := range edit {
				f.edit("1", field, value)
			}
			if got := r.must(t, 200, "GET", "/Users/1", "").body; tt.shown != "" {
				expectPart(t, got, tt.shown)
			}
			r.must(t, 200, "PUT", "/Users/1", `{"userName":"ada"}`)
			got := r.must(t, 200, "GET", "/Users/1", "").body
			if tt.name != "no date" { // that field the vendor has, and nothing was ever mapped
				expectJSON(t, encode(f.all()[0]), `"id":1,"code":"code1","login":"ada","locked":false`)
			}
			expectPart(t, got, "")
		})
	}
}

func joined(a, b string) string {
	return strings.TrimSuffix(a+","+b, ",")
}

// expectPart compares what a resource says beside its name and state.
func expectPart(t *testing.T, body, want string) {
	t.Helper()
	var resource map[string]any
	if err := json.Unmarshal([]byte(body), &resource); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"schemas", "id", "userName", "active", "meta"} {
		delete(resource, name)
	}
	expectJSON(t, encode(resource), want)
}

func expectJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte("{"+want+"}"), &w); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
