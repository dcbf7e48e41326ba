package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/legacy/app"
	"scimshim/gateway"
	"scimshim/transform/scim"
)

const ada = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@contoso.com","name":{"givenName":"Ada"},"title":"Chief","active":true,"externalId":"ada"}`

// scimCalls are the SCIM calls of the matrix. Ada has the id 2; the administrator 1.
var scimCalls = map[string]struct{ method, path, body string }{
	"GET":    {"GET", "/Users/2", ""},
	"filter": {"GET", `/Users?filter=userName+eq+%22ada%40contoso.com%22`, ""},
	"list":   {"GET", "/Users", ""},
	"POST":   {"POST", "/Users", strings.ReplaceAll(ada, "ada", "bob")},
	"PATCH":  {"PATCH", "/Users/2", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"title","value":"Boss"},{"op":"Replace","path":"userName","value":"ada2@contoso.com"}]}`},
	"PUT":    {"PUT", "/Users/2", strings.ReplaceAll(ada, "Chief", "Boss")},
	"DELETE": {"DELETE", "/Users/2", ""},
}

// fault is a way to go wrong, and the step whose calls do.
type fault struct{ how, at string }

// broken is a vendor whose answer to the calls of one step goes wrong.
type broken struct {
	*httptest.Server
	app    *app.App
	fault  atomic.Pointer[fault] // nil: the vendor is well
	step   atomic.Value          // that is under way
	calls  atomic.Int64          // that met the fault
	strays atomic.Int64          // connections to where a redirect points
}

const html = "<!DOCTYPE html><title>CANARY</title><p>Sign in to CANARY"

func newBroken(t *testing.T) *broken {
	b := &broken{app: app.New(vendorKey)}
	b.step.Store("")
	stray := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	stray.Config.ConnState = func(net.Conn, http.ConnState) { b.strays.Add(1) }
	t.Cleanup(stray.Close)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // so that each call dials, and can be refused
		honest := httptest.NewRecorder()
		fault := b.fault.Load()
		if fault == nil || fault.at != b.step.Load() {
			b.app.Handler().ServeHTTP(honest, r)
			pass(w, honest)
			return
		}
		b.calls.Add(1)
		b.strike(fault.how, w, r, honest, stray.URL)
	}))
	t.Cleanup(b.Close)
	return b
}

func pass(w http.ResponseWriter, honest *httptest.ResponseRecorder) {
	for name, values := range honest.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(honest.Code)
	w.Write(honest.Body.Bytes())
}

// strike answers as the fault has it. Those that begin with "done" do the work.
func (b *broken) strike(how string, w http.ResponseWriter, r *http.Request, honest *httptest.ResponseRecorder, stray string) {
	body, _ := io.ReadAll(r.Body) // only then net/http notices that the caller hangs up
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.HasPrefix(how, "done, ") {
		b.app.Handler().ServeHTTP(honest, r)
	}
	say := func(status int, contentType, body string) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
	switch how {
	case "no answer", "done, no answer":
		<-r.Context().Done()
	case "closed", "done, closed":
		panic(http.ErrAbortHandler)
	case "reset inside", "done, reset inside":
		w.Header().Set("Content-Length", "1000")
		say(200, "application/json", `{"id":2,"login":"CANARY`)
		http.NewResponseController(w).Flush()
		conn, _, _ := http.NewResponseController(w).Hijack()
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	case "cut JSON", "done, cut JSON":
		w.Header().Set("Content-Length", "1000")
		say(200, "application/json", `{"id":2,"login":"CANARY`)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case "broken JSON", "done, broken JSON":
		say(200, "application/json", `{"id":2,"login":"CANARY`)
	case "html", "done, html":
		say(200, "text/html", html)
	case "html as json":
		say(200, "application/json", html)
	case "empty object", "done, empty object":
		say(200, "application/json", `{}`)
	case "another user", "done, another user":
		say(200, "application/json", `{"id":1,"login":"CANARY","role":"USER"}`)
	case "redirect":
		w.Header().Set("Location", stray+"/CANARY")
		say(302, "text/html", html)
	case "proxy's 404":
		say(404, "text/html", html)
	case "503, 7 s", "429, 7 s":
		w.Header().Set("Retry-After", "7")
		fallthrough
	default:
		status, _ := strconv.Atoi(how[:3])
		say(status, "application/json", `{"error":{"message":"CANARY taken"}}`)
	}
}

// observe tells the vendor which step its next call belongs to, and shuts its
// port before a call that is to be refused.
func (b *broken) observe(p gateway.Point) {
	if p.When == "before" {
		b.step.Store(p.Step.Name())
		if fault := b.fault.Load(); fault != nil && fault.how == "refused" && fault.at == p.Step.Name() {
			b.calls.Add(1)
			b.Listener.Close()
		}
	}
}

// answer is a whole error answer, save the operation and the attribute's like.
type answer struct {
	status     int
	scimType   string
	detail     string
	retryAfter string
}

// answers are the words of the matrix.
var answers = map[string]answer{
	"unreachable": {503, "", "the vendor cannot be reached", "60"},
	"late":        {504, "", "the vendor did not answer in time", "60"},
	"lost":        {504, "", "the connection to the vendor broke before its answer was complete", "60"},
	"not JSON":    {502, "", "the vendor's answer is not valid JSON", ""},
	"other type":  {502, "", "the vendor answered with another content type than JSON", ""},
	"no user":     {502, "", "the vendor's answer does not contain the resource: it has no id", ""},
	"another":     {502, "", "the vendor's answer shows another resource than the one asked for", ""},
	"no list":     {502, "", "the vendor's answer does not contain the list", ""},
	"no id":       {502, "", "the vendor's answer to the create names no id", ""},
	"down":        {503, "", "the vendor answered with status 500", "60"},
	"wait":        {503, "", "the vendor answered with status 503", "7"},
	"slow down":   {429, "", "the vendor limits the number of calls", "7"},
	"401":         {502, "", "the vendor refuses the gateway's own credentials (status 401)", ""},
	"403":         {502, "", "the vendor refuses the gateway's own credentials (status 403)", ""},
	"odd 302":     {502, "", "the vendor answered with the unexpected status 302", ""},
	"odd 400":     {502, "", "the vendor answered with the unexpected status 400", ""},
	"odd 404":     {502, "", "the vendor answered with the unexpected status 404", ""},
	"odd 409":     {502, "", "the vendor answered with the unexpected status 409", ""},
	"odd 422":     {502, "", "the vendor answered with the unexpected status 422", ""},
	"refused":     {400, "invalidValue", "the vendor refuses a value (status 400)", ""},
	"taken":       {409, "uniqueness", "the vendor says that another resource has this value", ""},
	"nobody":      {404, "", `there is no user with the id "2"`, ""},
	"wrong path":  {502, "", "the vendor shows the resource but answers 404 to the write: the path of that call in the vendor file is wrong", ""},
	"200":         {status: 200},
	"201":         {status: 201},
	"204":         {status: 204},
}

// The columns of the matrix: the calls that meet the fault, and in which SCIM
// operations they are made.
var columns = [...][]struct{ operation, step string }{
	{{"GET", "read"}, {"PATCH", "read"}, {"PUT", "read"}, {"DELETE", "read"}},
	{{"filter", "find by userName"}, {"list", "list"}, {"POST", "find by userName"}, {"PATCH", "find by userName"}},
	{{"POST", "create 1"}},
	{{"PATCH", "update 1"}, {"PUT", "update 1"}},
	{{"DELETE", "delete 1"}},
}

// matrix has, for each way in which the vendor's answer goes wrong, what the
// caller is answered. What is "done" has happened at the vendor all the same; ""
// is left out, for an answer of which nobody could tell that it is a lie.
var matrix = []struct {
	how                                  string
	read, search, create, update, delete string
}{
	{"refused", "unreachable", "unreachable", "unreachable", "unreachable", "unreachable"},
	{"no answer", "late", "late", "late", "late", "late"},
	{"done, no answer", "late", "late", "201", "late", "late"},
	{"closed", "lost", "lost", "lost", "lost", "lost"},
	{"done, closed", "lost", "lost", "201", "lost", "lost"},
	{"reset inside", "lost", "lost", "lost", "lost", "lost"},
	{"done, reset inside", "lost", "lost", "201", "lost", "lost"},
	{"cut JSON", "lost", "lost", "lost", "lost", "lost"},
	{"done, cut JSON", "lost", "lost", "201", "lost", "lost"},
	{"broken JSON", "not JSON", "not JSON", "not JSON", "not JSON", "not JSON"},
	{"done, broken JSON", "not JSON", "not JSON", "201", "not JSON", "not JSON"},
	{"html", "other type", "other type", "other type", "other type", "other type"},
	{"done, html", "other type", "other type", "201", "other type", "other type"},
	{"html as json", "not JSON", "not JSON", "not JSON", "not JSON", "not JSON"},
	{"empty object", "no user", "no list", "no id", "", ""},
	{"done, empty object", "", "", "201", "done", "done"},
	{"another user", "another", "", "", "", ""},
	{"done, another user", "", "", "", "done", "done"},
	{"redirect", "odd 302", "odd 302", "odd 302", "odd 302", "odd 302"},
	{"500", "down", "down", "down", "down", "down"},
	{"503, 7 s", "wait", "wait", "wait", "wait", "wait"},
	{"429, 7 s", "slow down", "slow down", "slow down", "slow down", "slow down"},
	{"401", "401", "401", "401", "401", "401"},
	{"403", "403", "403", "403", "403", "403"},
	{"400", "odd 400", "odd 400", "refused", "refused", "refused"},
	{"422 taken", "odd 422", "odd 422", "taken", "taken", "taken"},
	{"409", "odd 409", "odd 409", "taken", "taken", "taken"},
	{"404", "nobody", "odd 404", "odd 404", "wrong path", "wrong path"},
}

// TestTruthInFailure runs every operation against every fault, at each of the
// native calls that the operation makes.
func TestTruthInFailure(t *testing.T) {
	for _, row := range matrix {
		for i, word := range []string{row.read, row.search, row.create, row.update, row.delete} {
			for _, column := range columns[i] {
				if word == "" {
					continue
				}
				t.Run(strings.Join([]string{row.how, column.operation, column.step}, "/"), func(t *testing.T) {
					t.Parallel()
					fails(t, row.how, column.operation, column.step, word)
				})
			}
		}
	}
}

// fails runs one cell: the answer, what it tells, and that the operation can be
// repeated when the vendor is well again.
func fails(t *testing.T, how, operation, step, word string) {
	b, file := newBroken(t), legacyFile(t)
	if strings.HasSuffix(how, "no answer") {
		file = strings.Replace(file, "  url:", "  timeout: 500ms\n  url:", 1)
	}
	r := newRig(t, file, b.URL, gateway.Options{Observe: b.observe, Random: func() string { return "correlation" }})
	r.must(t, 201, "POST", "/Users", ada)
	r.must(t, 200, "GET", "/Users/2", "")
	b.fault.Store(&fault{how, step})
	d := scimCalls[operation]
	got := r.call(d.method, d.path, d.body)
	if b.calls.Load() == 0 {
		t.Fatal("the fault was not met")
	}
	compare(t, operation, word, got)
	for _, canary := range []string{"CANARY", "DOCTYPE", "taken", "created_at", "ada", "bob", "Chief"} {
		if strings.Contains(r.log.String(), canary) || got.status >= 300 && strings.Contains(got.body, canary) {
			t.Errorf("%q is told:\n%s\n%s", canary, got.body, r.log)
		}
	}
	if n := b.strays.Load(); n != 0 {
		t.Errorf("a redirect was followed: %d connections", n)
	}
	if how != "refused" { // its port is gone for good
		b.fault.Store(nil)
		repeated(t, r, b, operation)
	}
}

// compare wants the whole answer.
func compare(t *testing.T, operation, word string, got reply) {
	t.Helper()
	switch word {
	case "done": // a PATCH shows the user only where the vendor's answer did
		word = map[string]string{"PATCH": "204", "PUT": "200", "DELETE": "204"}[operation]
	case "nobody": // who is on record was there, and is gone as wanted
		word = map[string]string{"GET": "nobody", "PATCH": "nobody", "PUT": "nobody", "DELETE": "204"}[operation]
	}
	want, known := answers[word]
	if !known {
		t.Fatalf("the matrix says %q, which is no answer", word)
	}
	if diff := cmp.Diff([]string{strconv.Itoa(want.status), want.retryAfter, "application/scim+json"},
		[]string{strconv.Itoa(got.status), got.header.Get("Retry-After"), got.header.Get("Content-Type")}); diff != "" {
		t.Errorf("status, Retry-After, Content-Type (-want +got):\n%s%s", diff, got.body)
	}
	if want.status >= 300 {
		problem := scim.Error{Status: want.status, ScimType: want.scimType, Detail: want.detail, CorrelationID: "correlation",
			Operation: map[string]string{"GET": "read", "filter": "find", "list": "list", "POST": "create", "PATCH": "update", "PUT": "update", "DELETE": "delete"}[operation]}
		if diff := cmp.Diff(problem.JSON(), got.body); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
	}
}

// repeated does the operation again, as Entra would in its next cycle, and wants
// its outcome at the vendor, once.
func repeated(t *testing.T, r *rig, b *broken, operation string) {
	t.Helper()
	d := scimCalls[operation]
	got := r.call(d.method, d.path, d.body)
	var has []string
	for _, u := range b.app.Users()[1:] {
		has = append(has, u.Login+" "+string(u.Position))
	}
	want := map[string][]string{"GET": {"ada@contoso.com CHIEF"}, "POST": {"ada@contoso.com CHIEF", "bob@contoso.com CHIEF"},
		"PATCH": {"ada2@contoso.com BOSS"}, "PUT": {"ada@contoso.com BOSS"}, "DELETE": nil}[d.method]
	if diff := cmp.Diff(want, has); diff != "" {
		t.Errorf("repeated: %d %s: the vendor's users (-want +got):\n%s", got.status, got.body, diff)
	}
}
