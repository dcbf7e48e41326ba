package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const clubsFile = `vendor: clubs
callers: [{token: "${env:TOKEN}"}]
upstream: {url: https://vendor.example}
users:
  id: {native: id, type: integer}
  attributes: {userName: login, enterprise.manager: {native: boss, by: userName}}
  create: POST /users
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}"}
groups:
  id: {native: id, type: integer}
  attributes: {displayName: name}
  create: POST /clubs
  read: GET /clubs/{id}
  update: PATCH /clubs/{id}
  delete: DELETE /clubs/{id}
  find: {by: displayName, request: "GET /clubs?name={value}"}
  members: {native: people, by: userName}
`

// TestExplainReferences: whoever is looked up on the way is somebody.
func TestExplainReferences(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "clubs.yaml")
	natives := map[string]string{
		"club": `{"id": 7, "name": "Chess", "people": ["ann", "bob"]}`, "user": `{"id": 7, "login": "ann", "boss": "bob"}`,
	}
	if err := os.WriteFile(file, []byte(clubsFile), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range natives {
		if err := os.WriteFile(filepath.Join(folder, name+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
	for _, test := range []struct {
		native, request string
		calls           []string
		status          int
		shows           string // a part of what is answered
	}{
		{"", "GET /Groups/7", []string{"GET /clubs/7"}, 200, `"displayName":"<group name>"`},
		{"club", "GET /Groups/7", []string{"GET /clubs/7", "GET /users?login=ann", "GET /users?login=bob"}, 200,
			`"members":[{"value":"101","$ref":"https://HOST/clubs/scim/v2/Users/101","type":"User"},{"value":"102",`},
		{"user", "GET /Users/7", []string{"GET /users/7", "GET /users?login=bob"}, 200, `{"manager":{"value":"101"}}`},
		{"", "GET /Groups?attributes=id&filter=id+eq+%227%22+and+members+eq+%2215%22", []string{"GET /clubs/7", "GET /users/15"}, 200, `"totalResults":0`},
		{"", "PATCH /Groups/7\n\n" + `{"Operations":[{"op":"add","path":"members","value":[{"value":"15"},{"value":"16"}]}]}`,
			[]string{"GET /users/15", "GET /users/16", "GET /clubs/7", `PATCH /clubs/7 {"people":["<userName of 15>","<userName of 16>"]}`}, 204, ""},
		{"user", "PATCH /Users/7\n\n" + `{"Operations":[{"op":"add","path":"` + manager + `","value":"15"}]}`,
			[]string{"GET /users/15", `PATCH /users/7 {"boss":"<userName of 15>"}`}, 200, `{"manager":{"value":"15"}}`},
	} {
		vendor, found := loadForExplain(file)
		if vendor == nil {
			t.Fatal(found)
		}
		x := &explainer{vendor: vendor}
		if test.native != "" {
			if err := x.readNative(filepath.Join(folder, test.native+".json")); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.run([]byte(test.request)); err != nil {
			t.Fatal(err)
		}
		var calls []string
		for _, move := range x.out.Moves {
			if move.Native != nil && move.Native.Body != nil {
				calls = append(calls, move.Native.Request+" "+move.Native.Body.JSON())
			} else if move.Native != nil {
				calls = append(calls, move.Native.Request)
			}
		}
		body := ""
		if x.out.Reply.Body != nil {
			body = x.out.Reply.Body.JSON()
		}
		if diff := cmp.Diff(test.calls, calls); diff != "" || x.out.Reply.Status != test.status || !strings.Contains(body, test.shows) {
			t.Errorf("%s: %d %s, want %d and %s, calls (-want +got):\n%s", test.request, x.out.Reply.Status, body, test.status, test.shows, diff)
		}
	}
}
