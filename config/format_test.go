package config

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

// A call is written and read as it says itself, else as the upstream says, else
// in JSON.
func TestFormats(t *testing.T) {
	const rest = `
users:
  id: id
  attributes: {userName: login, active: enabled}
  create: {request: POST /users, wrap: user, expect: text}
  read: {request: "GET /users/{id}", item: user, expect: {format: form, type: text/html}}
  update: {request: "PUT /users/{id}", wrap: user, send: query}
  delete: {request: "DELETE /users/{id}", send: form, expect: {type: text/plain}}
  list: {request: GET /users, items: users.user, query: {"ids*": [1, "=page"], where: {name: a}, all: 007}}
`
	for upstream, want := range map[string]string{
		`{url: https://v.example}`: "create json text; read json form text/html; update query json; delete form json text/plain; list json json; ",
		`{url: https://v.example, send: xml, expect: {format: xml, type: x/y}}`: "create xml text; read xml form text/html; update query xml x/y; delete form json text/plain; list xml xml x/y; ",
	} {
		file := "vendor: formats\ncallers: [{token: t}]\nupstream: " + upstream + rest
		snapshot, found := Load([]string{"v/vendor.yaml"}, written(file, nil))
		if snapshot == nil {
			t.Fatal(found)
		}
		users := snapshot.Vendors[0].Users
		got := ""
		for _, c := range []*transform.Call{users.Create[0], users.Read, users.Update[0], users.Delete[0], users.List} {
			said := fmt.Sprint(c.Operation, " ", c.Send, " ", c.Expect.Format)
			if c.Expect.Type != "" {
				said += " " + c.Expect.Type
			}
			got += said + "; "
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", upstream, diff)
		}
	}
}
