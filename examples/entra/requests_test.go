package entra_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"scimshim/examples/scene"
)

// outcome is what comes of a row of requests.jsonl.
type outcome struct {
	Name   string
	Body   any                         // of the answer; nil: it has none
	Vendor map[string][]map[string]any // what the vendor has afterwards
}

// TestRequests sends every recorded request, as it is, to a gateway in front of
// a vendor, and compares the answer and what the vendor has then with
// testdata/outcomes.jsonl. Most rows are cases for wide.yaml as well, which hold
// what the vendor is sent.
func TestRequests(t *testing.T) {
	outcomes := map[string]outcome{}
	eachLine(t, "testdata/outcomes.jsonl", func(line string) {
		var o outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		outcomes[o.Name] = o
	})
	eachLine(t, "requests.jsonl", func(line string) {
		row := gjson.Parse(line)
		name := row.Get("name").Str
		want, known := outcomes[name]
		delete(outcomes, name)
		if strings.HasPrefix(row.Get("path").Str, "/oauth2/") {
			t.Run(name, func(t *testing.T) { newWide(t).checkToken(row) })
			return
		}
		if !known {
			t.Errorf("%s has no outcome", name)
		}
		t.Run(name, func(t *testing.T) {
			s := newWide(t)
			s.prepare(row)
			got := s.send(row.Get("method").Str, row.Get("path").Str, row.Get("headers"), row.Get("body").Raw)
			if status := int(row.Get("expect_status").Int()); got.status != status && !(got.status == 204 && status == 200) {
				t.Errorf("status %d, want %d", got.status, status)
			}
			if diff := cmp.Diff(want, outcome{name, got.body, s.store.collections}); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", row.Get("expect"), diff)
			}
			s.checkShown(row, got)
		})
	})
	for name := range outcomes {
		t.Errorf("outcomes.jsonl: %s is no row of requests.jsonl", name)
	}
}

// unversioned is an answer without the versions of what it shows, which follow
// from all the rest.
func unversioned(body any) any {
	resource, _ := body.(map[string]any)
	if meta, ok := resource["meta"].(map[string]any); ok {
		delete(meta, "version")
	}
	if list, ok := resource["Resources"].([]any); ok {
		for _, resource := range list {
			unversioned(resource)
		}
	}
	return body
}

func eachLine(t *testing.T, file string, do func(line string)) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		do(line)
	}
}

// clientSecret is that of the client "entra".
const clientSecret = "secret-of-the-client"

// wide is a gateway with wide.yaml, and its vendor.
type wide struct {
	*testing.T
	store     *store
	tenantURL string
	token     string // what send shows
}

func newWide(t *testing.T) *wide {
	s := &store{collections: map[string][]map[string]any{}, next: "new"}
	vendor := httptest.NewServer(s.handler())
	t.Cleanup(vendor.Close)
	text, err := os.ReadFile("wide.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := scene.Files{Vendor: string(text), Env: map[string]string{"SCIM_TOKEN": scene.SCIMToken, "CLIENT_SECRET": clientSecret, "WIDE_URL": vendor.URL, "WIDE_TOKEN": scene.VendorToken}}
	_, tenantURL := scene.Serve(t, files.Load(t))
	return &wide{t, s, tenantURL, scene.SCIMToken}
}

// prepare makes, through the gateway, what the row takes as given: it says only
// what matters to it. Where it says nothing, whom or what the request changes is
// there (a group with a member), and so is every user who is to be a member.
func (s *wide) prepare(row gjson.Result) {
	given := row.Get("given")
	path, _, _ := strings.Cut(row.Get("path").Str, "?")
	kind, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	for _, member := range members(row) {
		s.create("Users", member, "")
	}
	switch {
	case given.Get("users").Exists():
		for i := range given.Get("users").Int() {
			s.create("Users", strconv.FormatInt(101+i, 10), "")
		}
	case given.Get("deleted").Exists():
		s.create(kind, id, "")
		s.send("DELETE", path, gjson.Result{}, "")
	case given.IsObject():
		s.create(kind, given.Get("id").Str, given.Raw)
	case id == "" || row.Get("expect_status").Int() == http.StatusNotFound:
	case kind == "Groups":
		s.create("Users", "other", "")
		s.create(kind, id, `{"members":["other"]}`)
	default:
		s.create(kind, id, "")
	}
}

// members are those whom a group is given, and those whom the request adds.
func members(row gjson.Result) (ids []string) {
	add := func(member gjson.Result) {
		id := member.Str
		if member.IsObject() {
			id = member.Get("value").Str
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, member := range row.Get("given.members").Array() {
		add(member)
	}
	for _, operation := range row.Get("body.Operations").Array() {
		if operation.Get("path").Str == "members" && !strings.EqualFold(operation.Get("op").Str, "remove") {
			for _, member := range operation.Get("value").Array() {
				add(member)
			}
		}
	}
	return ids
}

// create makes a user or a group of an id, with the least that it needs.
func (s *wide) create(kind, id, resource string) {
	s.Helper()
	needed := map[string]any{"displayName": "displayName"}
	if kind == "Users" {
		needed = map[string]any{"userName": id + "@testuser.com", "active": true}
	}
	for name, value := range needed {
		if !gjson.Get(resource, name).Exists() {
			resource, _ = sjson.Set(resource, name, value)
		}
	}
	if id == "" {
		id = "7"
	}
	s.store.next = id
	if got := s.send("POST", "/"+kind, gjson.Result{}, resource); got.status != http.StatusCreated {
		s.Fatalf("what is given was not created: %d %v", got.status, got.body)
	}
	s.store.next = "new"
}

type answer struct {
	status   int
	location string
	body     any
}

// send makes a request, with the token and without a User-Agent, as Entra does.
// What the address of the gateway and chance make of its answer is evened out.
func (s *wide) send(method, path string, headers gjson.Result, body string) answer {
	s.Helper()
	if body == "null" {
		body = ""
	}
	request, err := http.NewRequest(method, s.tenantURL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	headers.ForEach(func(name, value gjson.Result) bool {
		request.Header.Set(name.Str, value.Str)
		return true
	})
	request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, text := s.do(request)
	return answer{response.StatusCode, strings.TrimPrefix(response.Header.Get("Location"), s.tenantURL), s.even(text)}
}

func (s *wide) do(request *http.Request) (response *http.Response, text string) {
	s.Helper()
	request.Header.Set("User-Agent", "")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return response, string(body)
}

func (s *wide) even(text string) (body any) {
	if text == "" {
		return nil
	}
	text, _ = sjson.Delete(strings.ReplaceAll(text, s.tenantURL, "TENANT"), "correlationId")
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
	return unversioned(body)
}

// checkShown holds that the next read shows what a write was answered, and
// nobody who was deleted.
func (s *wide) checkShown(row gjson.Result, got answer) {
	path := row.Get("path").Str
	switch method := row.Get("method").Str; {
	case method == "GET" || got.status >= 300:
		return
	case method == "POST":
		path = got.location
	case method == "DELETE":
		if shown := s.send("GET", path, gjson.Result{}, ""); shown.status != http.StatusNotFound {
			s.Errorf("a read after it is answered %d", shown.status)
		}
		return
	}
	shown := s.send("GET", path, gjson.Result{}, "")
	if diff := cmp.Diff(got.body, shown.body); diff != "" && got.body != nil {
		s.Errorf("answered and read:\n%s", diff)
	}
}

// checkToken asks for a token as the row does, and reads a user with it.
func (s *wide) checkToken(row gjson.Result) {
	s.create("Users", "7", "")
	want := s.send("GET", "/Users/7", gjson.Result{}, "")
	s.token = s.grant(row)
	got := s.send("GET", "/Users/7", gjson.Result{}, "")
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); diff != "" || got.status != http.StatusOK {
		s.Errorf("with %s and with the granted token:\n%s", scene.SCIMToken, diff)
	}
	s.token += "x"
	if got = s.send("GET", "/Users/7", gjson.Result{}, ""); got.status != http.StatusUnauthorized {
		s.Errorf("another token: status %d", got.status)
	}
}

// grant sends the row with the credentials that it leaves open.
func (s *wide) grant(row gjson.Result) (token string) {
	request, err := http.NewRequest(row.Get("method").Str, strings.TrimSuffix(s.tenantURL, "/scim/v2")+row.Get("path").Str, strings.NewReader(row.Get("body").Str))
	if err != nil {
		s.Fatal(err)
	}
	credentials := base64.StdEncoding.EncodeToString([]byte("entra:" + clientSecret))
	row.Get("headers").ForEach(func(name, value gjson.Result) bool {
		request.Header.Set(name.Str, strings.Replace(value.Str, "base64(client_id:client_secret)", credentials, 1))
		return true
	})
	response, text := s.do(request)
	if status := int(row.Get("expect_status").Int()); response.StatusCode != status {
		s.Fatalf("status %d, want %d: %s", response.StatusCode, status, text)
	}
	token, life := gjson.Get(text, "access_token").Str, gjson.Get(text, "expires_in").Int()
	want := fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, token, life)
	if text != want || token == "" || life < 3600 || life > 21600 {
		s.Fatalf("answered %s, want %s", text, row.Get("expect").Str)
	}
	return token
}
