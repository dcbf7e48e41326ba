package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"scimshim/gateway"
)

const numbersFile = `vendor: clubs
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: id, type: integer}
  attributes: {userName: login}
  create: POST /users
  read:   GET /users/{id}
  update: {request: "PATCH /users/{id}", body: {key: =id, next: "=id + 1", set: =fields}}
  delete: DELETE /users/{id}
  find:   {by: userName, request: "GET /users?login={value}"}
groups:
  id: {native: id, type: integer}
  attributes: {displayName: name}
  create: POST /teams
  read:   GET /teams/{id}
  update: PATCH /teams/{id}
  delete: DELETE /teams/{id}
  find:   {by: displayName, request: "GET /teams?name={value}"}
  members:
    list:   {request: "GET /users?team={id}"}
    has:    {request: "GET /users/{member}", errors: [{when: "status == 200 and body.team != id", is: notFound}]}
    add:    {request: "PATCH /users/{member}", body: {team: =id}}
    remove: {request: "PATCH /users/{member}", body: {team: null}, read_first: true}
`

// numbers is a vendor whose ids are numbers, and whose users are all in one team.
func numbers(team string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.RawQuery != "":
			fmt.Fprint(w, `[]`)
			return
		case r.Method == "GET":
			fmt.Fprintf(w, `{"id":%s,"login":"ann","name":"Chess","team":%s}`, path.Base(r.URL.Path), team)
			return
		}
		fmt.Fprint(w, `{}`)
	}
}

// TestIdsAreNumbers: where the file says so, an id is a number in bodies and in what is
// said of answers, and its digits stay as they are in paths.
func TestIdsAreNumbers(t *testing.T) {
	const large = "9999999999999999999" // more than can be counted with
	vendor := &sheet{vendor: numbers(large)}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	r := newRig(t, numbersFile, server.URL, gateway.Options{})
	for request, want := range map[[2]string][]string{
		{"/Groups/" + large, addMembers("7")}:  {`PATCH /users/7 {"team":` + large + `}`},
		{"/Groups/" + large, takeMembers("7")}: {`GET /users/7 `, `PATCH /users/7 {"team":null}`},
		{"/Groups/8", takeMembers("7")}:        {`GET /users/7 `, `GET /teams/8 `},
		{"/Users/7", patchMembers(`[{"op":"replace","path":"userName","value":"anne"}]`)}: {
			`GET /users/7 `, `GET /users?login=anne `, `PATCH /users/7 {"key":7,"next":8,"set":{"login":"anne"}}`},
	} {
		got := r.call("PATCH", request[0], request[1])
		if calls := vendor.take(); got.status >= 300 || !slices.Equal(calls, want) {
			t.Errorf("%s %s: %d %s, calls %q, want %q", request[0], request[1], got.status, got.body, calls, want)
		}
	}
}

// TestMembersAsObjects: one call for all may want an object for each.
func TestMembersAsObjects(t *testing.T) {
	vendor := &sheet{vendor: numbers("8")}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	r := newRig(t, strings.Replace(numbersFile, `{request: "PATCH /users/{member}", body: {team: =id}}`,
		`{request: "POST /teams/{id}/join", body: '=map(members, ({"who": #}))'}`, 1), server.URL, gateway.Options{})
	r.must(t, 204, "PATCH", "/Groups/8", addMembers("7", "9"))
	if got, want := vendor.take(), []string{`POST /teams/8/join [{"who":7},{"who":9}]`}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// sheet notes what a vendor is sent, with the bodies.
type sheet struct {
	vendor http.Handler
	mu     sync.Mutex
	lines  []string
}

// take gives the lines so far, and starts anew.
func (s *sheet) take() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, s.lines = s.lines, nil
	return lines
}

func (s *sheet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.lines = append(s.lines, r.Method+" "+r.URL.RequestURI()+" "+string(body))
	s.mu.Unlock()
	s.vendor.ServeHTTP(w, r)
}
