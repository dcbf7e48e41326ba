package entra_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
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

// waiting reports whether wide.yaml cannot map what a row is about yet: groups,
// which both discovery rows should name, managers and roles. The token endpoint
// is none of a vendor file's.
func waiting(row gjson.Result) bool {
	path, body := row.Get("path").Str, row.Get("body").Raw
	return !strings.HasPrefix(path, "/Users") || strings.Contains(body, "manager") || strings.Contains(body, `"roles`)
}

// TestRequests sends every recorded request, as it is, to a gateway in front of
// a vendor, and compares the answer and what the vendor has then with
// testdata/outcomes.jsonl. The same rows are cases for wide.yaml, which hold
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
		if known == waiting(row) {
			t.Errorf("%s: has an outcome: %v", name, known)
		}
		if !known {
			return
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

// wide is a gateway with wide.yaml, and its vendor.
type wide struct {
	*testing.T
	store     *store
	tenantURL string
}

func newWide(t *testing.T) *wide {
	s := &store{collections: map[string][]map[string]any{}, next: "new"}
	vendor := httptest.NewServer(s.handler())
	t.Cleanup(vendor.Close)
	text, err := os.ReadFile("wide.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := scene.Files{Vendor: string(text), Env: map[string]string{"SCIM_TOKEN": scene.SCIMToken, "WIDE_URL": vendor.URL, "WIDE_TOKEN": scene.VendorToken}}
	_, tenantURL := scene.Serve(t, files.Load(t))
	return &wide{t, s, tenantURL}
}

// prepare makes, through the gateway, what the row takes as given: of a user it
// says only what matters to it. Where it says nothing, the one whom the request
// changes is there.
func (s *wide) prepare(row gjson.Result) {
	given := row.Get("given")
	_, id, _ := strings.Cut(strings.TrimPrefix(row.Get("path").Str, "/"), "/")
	switch {
	case given.Get("users").Exists():
		for i := range given.Get("users").Int() {
			n := strconv.FormatInt(101+i, 10)
			s.create(n, `{"userName":"user`+n+`@contoso.com"}`)
		}
	case given.Get("deleted").Exists():
		s.create(given.Get("deleted").Str, `{}`)
		s.send("DELETE", "/Users/"+given.Get("deleted").Str, gjson.Result{}, "")
	case given.IsObject():
		s.create(given.Get("id").Str, given.Raw)
	case id != "" && row.Get("expect_status").Int() != http.StatusNotFound:
		s.create(id, `{}`)
	}
}

// create makes a user who has at least a name, and is enabled unless it says not.
func (s *wide) create(id, user string) {
	s.Helper()
	if id == "" {
		id = "7"
	}
	for name, value := range map[string]any{"userName": "bjensen@testuser.com", "active": true} {
		if !gjson.Get(user, name).Exists() {
			user, _ = sjson.Set(user, name, value)
		}
	}
	s.store.next = id
	if got := s.send("POST", "/Users", gjson.Result{}, user); got.status != http.StatusCreated {
		s.Fatalf("the user that is given was not created: %d %v", got.status, got.body)
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
	request.Header.Set("Authorization", "Bearer "+scene.SCIMToken)
	request.Header.Set("User-Agent", "")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer{response.StatusCode, strings.TrimPrefix(response.Header.Get("Location"), s.tenantURL), s.even(string(text))}
}

func (s *wide) even(text string) (body any) {
	if text == "" {
		return nil
	}
	text, _ = sjson.Delete(strings.ReplaceAll(text, s.tenantURL, "TENANT"), "correlationId")
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
	return body
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
