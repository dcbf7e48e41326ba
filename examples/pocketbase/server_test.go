//go:build unix

package pocketbase_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

const (
	admin    = "scimshim@example.com"
	password = "the-password-of-scimshim"
)

// server is a real PocketBase on a folder of its own, behind a proxy that
// outlives restarts.
type server struct {
	t               *testing.T
	program, folder string
	process         *exec.Cmd
	token           string // of PocketBase's administrator, "" before the first use
	address         atomic.Pointer[url.URL]
	departments     map[string]string // the name by the id
}

// newServer starts PocketBase with the fields and collections of README.md.
func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, program: os.Getenv("SCIMSHIM_POCKETBASE"), folder: t.TempDir(), departments: map[string]string{}}
	if s.program == "" {
		const lacks = "SCIMSHIM_POCKETBASE is not set: build the program of examples/pocketbase/server, and name it"
		if os.Getenv("SCIMSHIM_REQUIRE") == "1" {
			t.Fatal(lacks)
		}
		t.Skip(lacks)
	}
	s.setPassword(password)
	s.start()
	t.Cleanup(s.stop)
	s.prepare()
	return s
}

// Handler passes everything on to the PocketBase that runs now.
func (s *server) Handler() http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(s.address.Load()) }}
}

// Kind names a call, as the tests count it.
func (s *server) Kind(r *http.Request, _ []byte) string {
	collection, filter := strings.Split(r.URL.Path, "/")[3], r.URL.Query().Get("filter")
	switch {
	case collection == "_superusers":
		return "login"
	case r.Method != http.MethodGet:
		return r.Method + " " + collection
	case strings.Contains(filter, ":lower"):
		return "find " + collection
	case strings.HasPrefix(filter, "id="), strings.Count(r.URL.Path, "/") == 5:
		return "read " + collection
	}
	return "list " + collection
}

// start runs PocketBase, or runs it anew on the same folder.
func (s *server) start() {
	s.t.Helper()
	s.process = s.command("serve", "--http", "127.0.0.1:0")
	out, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(line), "listens on ")
	if !found {
		s.t.Fatalf("PocketBase said %q: %v", line, err)
	}
	go io.Copy(io.Discard, said)
	s.address.Store(&url.URL{Scheme: "http", Host: address})
}

// command is a command of PocketBase's program. In a temporary folder that takes
// itself for one under development, and writes down every statement.
func (s *server) command(arguments ...string) *exec.Cmd {
	return exec.Command(s.program, append(arguments, "--dir", s.folder, "--dev=false")...)
}

func (s *server) stop() {
	s.process.Process.Signal(syscall.SIGTERM)
	s.process.Wait()
}

// setPassword makes the superuser, or gives him a password. Even if it is the
// old one, all his tokens end with it.
func (s *server) setPassword(password string) {
	s.t.Helper()
	if out, err := s.command("superuser", "upsert", admin, password).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	s.token = ""
}

// prepare does what README.md asks an administrator of PocketBase to do.
func (s *server) prepare() {
	s.t.Helper()
	unique := func(index, collection, field string) string {
		return "CREATE UNIQUE INDEX " + index + " ON " + collection + " (" + field + " COLLATE NOCASE)"
	}
	name := map[string]any{"name": "name", "type": "text", "required": true}
	var departments, users struct {
		ID      string
		Fields  []map[string]any
		Indexes []string
	}
	s.ask("POST", "", map[string]any{"name": "departments", "type": "base", "fields": []any{name}}, &departments)
	for _, name := range []string{"Research", "Sales", "Legal"} {
		var made struct{ ID string }
		s.ask("POST", "/departments/records", map[string]any{"name": name}, &made)
		s.departments[made.ID] = name
	}
	s.ask("GET", "/users", nil, &users)
	for _, field := range users.Fields {
		if field["name"] == "password" {
			field["cost"] = 4 // the least that there is, for the test's sake
		}
	}
	s.ask("PATCH", "/users", map[string]any{
		"authRule": "disabled = false",
		"indexes":  append(users.Indexes, unique("username", "users", "username")),
		"fields": append(users.Fields,
			map[string]any{"name": "username", "type": "text", "required": true},
			map[string]any{"name": "title", "type": "text"},
			map[string]any{"name": "disabled", "type": "bool"},
			map[string]any{"name": "department", "type": "relation", "collectionId": departments.ID, "maxSelect": 1},
			map[string]any{"name": "manager", "type": "relation", "collectionId": users.ID, "maxSelect": 1}),
	}, nil)
	s.ask("POST", "", map[string]any{"name": "teams", "type": "base",
		"indexes": []string{unique("team", "teams", "name")},
		"fields":  []any{name, map[string]any{"name": "members", "type": "relation", "collectionId": users.ID, "maxSelect": 1000}}}, nil)
}

// ask is a call of PocketBase's administrator, past the gate.
func (s *server) ask(method, path string, body, into any) {
	s.t.Helper()
	if s.token == "" {
		var login struct{ Token string }
		s.send("POST", "/_superusers/auth-with-password", "", map[string]any{"identity": admin, "password": password}, &login)
		s.token = login.Token
	}
	s.send(method, path, s.token, body, into)
}

func (s *server) send(method, path, token string, body, into any) {
	s.t.Helper()
	status, answer := s.do(method, path, token, body)
	if status > 299 {
		s.t.Fatalf("%s %s: %d: %s", method, path, status, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) do(method, path, token string, body any) (status int, answer []byte) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.address.Load().String()+"/api/collections"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, err = io.ReadAll(response.Body); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, answer
}

// Accounts gives everybody's fields by id, as PocketBase itself shows them.
func (s *server) Accounts() map[string]any {
	all := map[string]any{}
	for id, record := range s.records("users", "created", "updated", "avatar", "emailVisibility") {
		all[id] = record
	}
	return all
}

// records gives a collection by id, without the fields that are PocketBase's own.
func (s *server) records(collection string, without ...string) map[string]map[string]any {
	s.t.Helper()
	var answer struct{ Items []map[string]any }
	s.ask("GET", "/"+collection+"/records?perPage=1000", nil, &answer)
	all := map[string]map[string]any{}
	for _, record := range answer.Items {
		all[record["id"].(string)] = record
		for _, field := range append(without, "id", "collectionId", "collectionName") {
			delete(record, field)
		}
		if id, _ := record["department"].(string); id != "" {
			record["department"] = s.departments[id]
		}
	}
	return all
}
