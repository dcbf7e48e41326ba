package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// XML does not tell a list of one from the one, and some vendors do not in JSON: the
// element is shown, stays when another comes, and is no change to who sends it again.
func TestListOfOneElement(t *testing.T) {
	xml := []string{"upstream: {", "upstream: {send: xml, expect: xml, ", "create: POST /users", `create: {request: POST /users, wrap: user}`,
		"read: GET /users/{id}", `read: {request: "GET /users/{id}", item: user}`, "update: PATCH /users/{id}", `update: {request: "PATCH /users/{id}", wrap: user}`}
	const table = "lookups: {roles: {request: GET /roles, items: roles, key: name, value: id, expect: json}}\nusers:\n"
	for _, tt := range []struct {
		name, roles, answer, sent string
		file                      []string
	}{
		{"texts in XML", `"roles.role[]"`, `<roles><role>r1</role></roles>`, `<user><roles><role>r1</role><role>r2</role></roles></user>`, xml},
		{"objects in XML", `"roles.role[].id"`, `<roles><role><id>r1</id><since>May</since></role></roles>`,
			`<user><roles><role><id>r1</id><since>May</since></role><role><id>r2</id></role></roles></user>`, xml},
		{"a text in JSON", `"roles[]"`, `"roles":"r1"`, `{"roles":["r1","r2"]}`, nil},
		{"an object in JSON", `"roles[].id"`, `"roles":{"id":"r1","since":"May"}`, `{"roles":[{"id":"r1","since":"May"},{"id":"r2"}]}`, nil},
		{"beside one that no table names", `{native: "roles[].id", lookup: roles}`, `<roles><id>hidden</id></roles>`,
			`<user><roles><id>r2</id></roles><roles><id>hidden</id></roles></user>`, append([]string{"users:\n", table}, xml...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, "")
			var sent []string
			d.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == "PATCH" {
					sent = append(sent, strings.Replace(d.calls[len(d.calls)-1], `<?xml version="1.0" encoding="UTF-8"?>`, "", 1))
				}
				switch {
				case r.URL.Path == "/roles":
					respond(w, 200, native{"roles": []native{{"name": "r1", "id": "r1"}, {"name": "r2", "id": "r2"}}})
				case len(tt.file) > 0:
					w.Header().Set("Content-Type", "application/xml")
					fmt.Fprint(w, `<user><id>1</id><login>ada</login><enabled>true</enabled>`+tt.answer+`</user>`)
				default:
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprint(w, `{"id":1,"login":"ada","enabled":true,`+tt.answer+`}`)
				}
				return true
			}
			r := newRig(t, deskOf(t, append([]string{"externalId: keep", "roles: " + tt.roles}, tt.file...)...), d.URL, gateway.Options{})
			want := `[{"value":"r1"}]`
			if strings.Contains(tt.name, "no table") {
				want = ""
			}
			if got := gjson.Get(r.must(t, 200, "GET", "/Users/1", "").body, "roles").Raw; got != want {
				t.Errorf("shown %s, want %s", got, want)
			}
			if want != "" {
				r.must(t, 200, "PATCH", "/Users/1", operationsOf(replaceOp("roles", want)))
			}
			r.call("PATCH", "/Users/1", operationsOf(`{"op":"Add","path":"roles","value":[{"value":"r2"}]}`))
			if diff := cmp.Diff([]string{"PATCH /users/1 " + tt.sent}, sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}
