package config

import (
	"testing"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// TestSecretInExpression: a secret is a value of an expression, never a part of its
// text, and no source shows it.
func TestSecretInExpression(t *testing.T) {
	const file = `vendor: minimal
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: https://vendor.example}
users:
  id: id
  attributes: {userName: login, active: enabled}
  create: {request: 'POST /customers/{"${env:QUOTED}"}/users', headers: {X-Sign: '="<" + "${env:QUOTED}-x" + ">"'}}
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?q={value}"}
groups: unsupported
`
	snapshot, found := Load([]string{"x.yaml"}, Options{
		ReadFile: func(string) ([]byte, error) { return []byte(file), nil },
		Env: func(name string) (string, bool) {
			if name == "QUOTED" {
				return `a"/+b`, true
			}
			return environment(name)
		},
	})
	if snapshot == nil {
		t.Fatal(found)
	}
	call := snapshot.Vendors[0].Users.Create[0]
	request, err := call.Render(&snapshot.Vendors[0].Upstream, &transform.Env{}, scim.Object())
	if err != nil || request.Path != `/customers/a%22%2F%2Bb/users` || request.Headers[0].Value != `<a"/+b-x>` {
		t.Errorf("rendered %+v, %v", request, err)
	}
	if source := call.Headers[0].Value.Expr.Source(); source != `"<" + "${env:QUOTED}-x" + ">"` {
		t.Errorf("the source is shown as %s", source)
	}
}
