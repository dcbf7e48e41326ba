package gateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/zap/zapcore"

	"scimshim/config"
	"scimshim/gateway/state"
	"scimshim/transform/scim"
)

// office is a vendor program with a store of its own. It counts what it is asked,
// and may be told how to answer before it does anything.
type office struct {
	mu    sync.Mutex
	last  int
	users map[string]map[string]any
	calls []string // "12.5s GET /users/1", since the start

	began time.Time
	moody func(r *http.Request, nth int) mood // nil: it serves
}

// mood is how the office treats one call. The zero value is to serve.
type mood struct {
	status int
	header []string // in pairs
	cut    bool     // serve, and break the connection before the answer
	hang   time.Duration
}

func newOffice() *office { return &office{users: map[string]map[string]any{}, began: time.Now()} }

// hire gives the office users, whose ids are 1, 2 and so on.
func (o *office) hire(logins ...string) {
	for _, login := range logins {
		o.last++
		o.users[strconv.Itoa(o.last)] = map[string]any{"id": strconv.Itoa(o.last), "login": login, "on": true}
	}
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.calls = append(o.calls, fmt.Sprintf("%s %s %s", time.Since(o.began), r.Method, r.RequestURI))
	moody, nth := o.moody, len(o.calls)
	o.mu.Unlock()
	var m mood
	if moody != nil {
		m = moody(r, nth)
	}
	time.Sleep(m.hang)
	for i := 0; i < len(m.header); i += 2 {
		w.Header().Set(m.header[i], m.header[i+1])
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case m.cut:
		o.serve(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case m.status != 0:
		w.WriteHeader(m.status)
	default:
		o.serve(w, r)
	}
}

func (o *office) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/users"), "/")
	u := o.users[id]
	switch {
	case r.URL.Path == "/login":
		u = map[string]any{"token": "let-me-in"}
	case r.Method == "POST":
		o.last++
		u = map[string]any{}
		json.NewDecoder(r.Body).Decode(&u)
		u["id"] = strconv.Itoa(o.last)
		o.users[strconv.Itoa(o.last)] = u
	case id == "":
		found := []map[string]any{}
		for _, u := range o.users {
			if u["login"] == r.URL.Query().Get("login") {
				found = append(found, u)
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"users": found})
		return
	case u == nil:
		w.WriteHeader(404)
		return
	case r.Method == "PATCH":
		json.NewDecoder(r.Body).Decode(&u)
	}
	json.NewEncoder(w).Encode(u)
}

// turn changes the office's mood.
func (o *office) turn(moody func(r *http.Request, nth int) mood) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.moody, o.calls = moody, nil
}

// always is one mood for every call.
func always(m mood) func(*http.Request, int) mood {
	return func(*http.Request, int) mood { return m }
}

// told gives the calls since the last time it was asked, with their times.
func (o *office) told() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	calls := o.calls
	o.calls = nil
	return calls
}

// logins are those of the users, sorted.
func (o *office) logins() (logins []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, u := range o.users {
		logins = append(logins, u["login"].(string))
	}
	slices.Sort(logins)
	return logins
}

const officeFile = `
vendor: office
callers: [{token: secret-token}]
upstream: {url: "http://127.0.0.1:1", timeout: 10s}
users:
  id: id
  attributes: {userName: login, title: title, active: on}
  create: POST /users
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
  list: {request: GET /users, items: users}
  errors: [{when: status == 449, is: again}]
groups: unsupported
`

// bubble is a gateway and an office with connections in memory and a clock that
// jumps when everybody waits.
type bubble struct {
	t       *testing.T
	office  *office
	gateway *Gateway
	dial    fasthttp.DialFuncWithTimeout
	log     *lines
}

type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// pipes is a listener in memory, for whose connections the bubble's clock can wait.
type pipes chan net.Conn

func (p pipes) dial(string, time.Duration) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p <- theirs
	return ours, nil
}

func (p pipes) Accept() (net.Conn, error) {
	if conn, open := <-p; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// inBubble runs a test by the bubble's own clock.
func inBubble(t *testing.T, file string, test func(t *testing.T, b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes)
		b := &bubble{t: t, office: newOffice(), log: &lines{}, dial: listener.dial}
		server := &http.Server{Handler: b.office}
		go server.Serve(listener)
		defer time.Sleep(time.Minute) // until the pool has seen that nobody is left
		defer server.Close()
		store := state.InMemory()
		defer store.Close()
		b.gateway = New(b.load(file), store, Options{PublicURL: "https://gateway.example", Random: func() string { return "made-up" },
			Logger: NewLogger(b.log, zapcore.InfoLevel)})
		b.connect()
		test(t, b)
	})
}

func (b *bubble) load(file string) *config.Snapshot {
	b.t.Helper()
	snapshot, problems := config.Load([]string{"vendor.yaml"}, config.Options{ReadFile: func(string) ([]byte, error) { return []byte(file), nil }})
	if snapshot == nil {
		b.t.Fatal(problems)
	}
	return snapshot
}

// reload serves another file.
func (b *bubble) reload(file string) {
	b.gateway.Swap(b.load(file))
	b.connect()
}

func (b *bubble) connect() {
	for _, v := range *b.gateway.vendors.Load() {
		v.upstream.pooled.DialTimeout = b.dial
	}
}

// call makes a SCIM call and tells, in one line, what came of it and when.
func (b *bubble) call(method, path, body string) string {
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI("/office/scim/v2" + path)
	ctx.Request.Header.Set("Authorization", "Bearer secret-token")
	ctx.Request.Header.SetContentType("application/scim+json")
	ctx.Request.SetBodyString(body)
	b.gateway.Handler()(&ctx)
	text := strconv.Itoa(ctx.Response.StatusCode())
	if value, err := scim.ParseJSON(ctx.Response.Body(), scim.Limits{}); err == nil {
		text = cmp.Or(strings.TrimSpace(text+" "+value.Member("detail").Text()), text)
	}
	if wait := string(ctx.Response.Header.Peek("Retry-After")); wait != "" {
		text += ", Retry-After " + wait
	}
	return fmt.Sprintf("%s: %s", time.Since(b.office.began), text)
}

// create makes a user.
func (b *bubble) create(login string) string {
	return b.call("POST", "/Users", `{"userName":"`+login+`"}`)
}
