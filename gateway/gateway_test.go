package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp/fasthttputil"
	"go.uber.org/zap/zapcore"

	"scimshim/config"
	"scimshim/gateway/state"
)

// bench is a gateway with its callers' side in memory.
type bench struct {
	*Gateway
	log    *safeBuffer
	store  *state.Store
	ln     *fasthttputil.InmemoryListener
	client *http.Client
}

type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// compile loads vendor files from memory.
func compile(t testing.TB, files ...string) *config.Snapshot {
	t.Helper()
	names := make([]string, len(files))
	byName := map[string]string{}
	for i, text := range files {
		names[i] = fmt.Sprintf("%d.yaml", i)
		byName[names[i]] = text
	}
	snapshot, problems := config.Load(names, config.Options{ReadFile: func(name string) ([]byte, error) { return []byte(byName[name]), nil }})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return snapshot
}

func newBench(t testing.TB, options Options, files ...string) *bench {
	t.Helper()
	store, err := state.Open(filepath.Join(t.TempDir(), "scimshim.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{log: &safeBuffer{}, store: store}
	options.Logger = NewLogger(b.log, zapcore.DebugLevel)
	options.PublicURL = "https://gateway.example"
	b.Gateway = New(compile(t, files...), store, options)
	ln := fasthttputil.NewInmemoryListener()
	b.ln = ln
	b.client = &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 1000,
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return ln.Dial() },
	}}
	served := make(chan error, 1)
	go func() { served <- b.Serve(ln) }()
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		ln.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		store.Close()
	})
	return b
}

// answered is what came back.
type answered struct {
	Status int
	Body   string
	Header http.Header
}

func (b *bench) do(t *testing.T, token, method, path, body string) answered {
	t.Helper()
	request, err := http.NewRequest(method, "http://gateway"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	return b.send(t, request)
}

func (b *bench) send(t *testing.T, request *http.Request) answered {
	t.Helper()
	response, err := b.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, string(text), response.Header}
}

const legacy = "/legacy/scim/v2"

// A user's life, in the calls that Entra makes.
func TestGateway(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	const resource = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"ann","displayName":"Ann","active":true,"externalId":"a-1",` +
		`"meta":{"resourceType":"User","location":"https://gateway.example/legacy/scim/v2/Users/1","version":"W/\"a2d9198f618e9a7f\""}}`
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
		calls              []string
	}{
		{"GET", "/Users?filter=userName+eq+%22ann%22", "", 200,
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`,
			[]string{"GET /users?login=ann"}},
		{"POST", "/Users", `{"userName":"ann","displayName":"Ann","active":true,"externalId":"a-1"}`, 201, resource, []string{"POST /users"}},
		{"GET", "/Users/1", "", 200, resource, []string{"GET /users/1"}},
		{"GET", "/Users?filter=userName+eq+%22ann%22", "", 200,
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[` + resource + `]}`,
			[]string{"GET /users?login=ann"}},
		{"PATCH", "/Users/1", `{"Operations":[{"op":"Replace","path":"externalId","value":"a-1"}]}`, 200, resource, []string{"GET /users/1"}},
		{"DELETE", "/Users/1", "", 204, "", []string{"DELETE /users/1"}},
		{"DELETE", "/Users/x", "", 404,
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"there is no user with the id \"x\"","operation":"delete","correlationId":"ID"}`, nil},
	} {
		got := b.do(t, "token-of-legacy", step.method, legacy+step.path, step.body)
		id := got.Header.Get("X-Correlation-Id")
		text := strings.ReplaceAll(got.Body, id, "ID")
		if diff := cmp.Diff(step.want, text); got.Status != step.status || diff != "" || len(id) != 32 {
			t.Errorf("%s %s: status %d, want %d, correlation id %q: %s", step.method, step.path, got.Status, step.status, id, diff)
		}
		if contentType := got.Header.Get("Content-Type"); contentType != "application/scim+json" {
			t.Errorf("%s %s: content type %q", step.method, step.path, contentType)
		}
		if diff := cmp.Diff(step.calls, v.took()); diff != "" {
			t.Errorf("%s %s: calls: %s", step.method, step.path, diff)
		}
	}
}

// What needs no plan, and what is refused before one is made.
func TestGatewayRoutes(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	const noGroups = `501 the vendor file says "groups: unsupported": switch off "Provision Microsoft Entra ID Groups" in Entra's mappings`
	const nowhere = "404 there is nothing at this address: the tenant URL has the form https://HOST/VENDOR/scim/v2"
	const emptyList = `200 {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
	for _, test := range []struct{ token, method, path, body, want string }{
		{"", "GET", "/", "", nowhere},
		{"", "GET", "/other/scim/v2/Users", "", nowhere},
		{"token-of-legacy", "GET", "/other/scim/v2/Users", "", nowhere},
		{"token-of-legacy", "GET", "/legacy/Users", "", nowhere},
		{"token-of-legacy", "GET", "/legacy/scim/v22/Users", "", nowhere},
		{"token-of-legacy", "GET", "/legacy/scim/v2", "", nowhere},
		{"token-of-legacy", "GET", "/legacy%2Fscim/v2/Users", "", nowhere},
		{"", "GET", legacy + "/Users", "", "401 the secret token is missing or wrong"},
		{"token-of-other", "GET", legacy + "/Users", "", "401 the secret token is missing or wrong"},
		{"audit-of-legacy", "DELETE", legacy + "/Users/1", "", "403 this caller may only read"},
		{"audit-of-legacy", "GET", legacy + "/Groups", "", emptyList},
		{"token-of-legacy", "GET", legacy + "//Groups/", "", emptyList},
		{"token-of-legacy", "GET", legacy + "/Groups?excludedAttributes=members&filter=displayName+eq+%22x%22", "", emptyList},
		{"token-of-legacy", "GET", legacy + "/Groups?filter=((", "", emptyList},
		{"token-of-legacy", "GET", legacy + "/Groups/1", "", `404 there is nothing at "/Groups/1"`},
		{"token-of-legacy", "POST", legacy + "/Groups", "{}", noGroups},
		{"token-of-legacy", "PATCH", legacy + "/Groups/1", "{}", noGroups},
		{"token-of-legacy", "PUT", legacy + "/Groups/1", "{}", noGroups},
		{"token-of-legacy", "DELETE", legacy + "/Groups/1", "", noGroups},
		{"token-of-legacy", "GET", legacy + "/Me", "", "501 /Me is not supported"},
		{"token-of-legacy", "POST", legacy + "/Bulk", "{}", "501 /Bulk is not supported"},
		{"token-of-legacy", "GET", legacy + "/Nothing", "", `404 there is nothing at "/Nothing"`},
		{"token-of-legacy", "GET", legacy + "/Users/1/2", "", `404 there is nothing at "/Users/1/2"`},
		{"token-of-legacy", "DELETE", legacy + "/Users", "", "405 DELETE cannot be used on /Users (GET, POST)"},
		{"token-of-legacy", "POST", legacy + "/Users/1", "{}", "405 POST cannot be used on /Users/1 (GET, PUT, PATCH, DELETE)"},
		{"token-of-legacy", "POST", legacy + "/Schemas", "{}", "405 POST cannot be used on /Schemas (GET)"},
		{"token-of-legacy", "POST", legacy + "/Users", "", "400 the request has no body"},
	} {
		got := b.do(t, test.token, test.method, test.path, test.body)
		if text := summary(t, got); text != test.want {
			t.Errorf("%s %.60s:\ngot  %s\nwant %s", test.method, test.path, text, test.want)
		}
	}
	if calls := v.took(); calls != nil {
		t.Errorf("the vendor was called: %q", calls)
	}
}

// summary is the status and the detail of an error, or the whole body.
func summary(t *testing.T, got answered) string {
	t.Helper()
	if got.Status < 400 {
		return fmt.Sprintf("%d %s", got.Status, got.Body)
	}
	if got.Header.Get("Content-Type") != "application/scim+json" {
		t.Errorf("the content type of an error is %q", got.Header.Get("Content-Type"))
	}
	problem := decoded(t, got.Body)
	if problem["status"] != fmt.Sprint(got.Status) || problem["correlationId"] != got.Header.Get("X-Correlation-Id") {
		t.Errorf("an error with status %d and correlation id %q says %s", got.Status, got.Header.Get("X-Correlation-Id"), got.Body)
	}
	if challenge := got.Header.Get("WWW-Authenticate"); (got.Status == 401) != strings.HasPrefix(challenge, "Bearer") {
		t.Errorf("status %d has the challenge %q", got.Status, challenge)
	}
	text := fmt.Sprintf("%d %s", got.Status, problem["detail"])
	if allow := got.Header.Get("Allow"); allow != "" {
		text += " (" + allow + ")"
	}
	return text
}

func TestGatewayContentType(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	for contentType, want := range map[string]string{
		"application/scim+json":             "400 the body is a list, an object is needed",
		"Application/JSON ; charset=utf-8":  "400 the body is a list, an object is needed",
		"":                                  "400 the body is a list, an object is needed",
		"text/plain":                        `415 the content type is "text/plain", application/scim+json is needed`,
		"multipart/form-data; boundary=x":   `415 the content type is "multipart/form-data; boundary=x", application/scim+json is needed`,
		"application/x-www-form-urlencoded": `415 the content type is "application/x-www-form-urlencoded", application/scim+json is needed`,
	} {
		request, _ := http.NewRequest("POST", "http://gateway"+legacy+"/Users", strings.NewReader("[]"))
		request.Header.Set("Authorization", "Bearer token-of-legacy")
		if contentType != "" {
			request.Header.Set("Content-Type", contentType)
		}
		if text := summary(t, b.send(t, request)); text != want {
			t.Errorf("%q:\ngot  %s\nwant %s", contentType, text, want)
		}
	}
}

// Another snapshot is served from the next request on.
func TestGatewaySwap(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	b.Swap(compile(t, v.file("other")))
	if got := b.do(t, "token-of-legacy", "GET", legacy+"/Users", ""); got.Status != 404 {
		t.Errorf("the old vendor answers %d", got.Status)
	}
	if got := b.do(t, "token-of-other", "GET", "/other/scim/v2/Users?filter=userName+eq+%22a%22", ""); got.Status != 200 {
		t.Errorf("the new vendor answers %d: %s", got.Status, got.Body)
	}
}
