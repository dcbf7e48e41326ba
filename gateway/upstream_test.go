package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

// wire is a listener that answers each request, read as raw bytes, by a script.
type wire struct {
	net.Listener
	requests chan string
	dialled  atomic.Int32
}

// hangUp ends an answer after which the connection is closed.
const hangUp = "\x04"

// newWire answers the requests of all connections with the answers in turn.
func newWire(t *testing.T, answers ...string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	w := &wire{Listener: ln, requests: make(chan string, 1000)}
	var turn atomic.Int32
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			w.dialled.Add(1)
			go w.serve(conn, func() string {
				return answers[min(int(turn.Add(1))-1, len(answers)-1)]
			})
		}
	}()
	return w
}

func (w *wire) serve(conn net.Conn, next func() string) {
	defer conn.Close()
	var seen bytes.Buffer
	r := bufio.NewReader(io.TeeReader(conn, &seen))
	for {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		io.Copy(io.Discard, request.Body)
		w.requests <- seen.String()
		seen.Reset()
		text := next()
		text, closes := strings.CutSuffix(text, hangUp)
		io.WriteString(conn, text)
		if closes {
			return
		}
	}
}

func (w *wire) upstream(base string) *upstream {
	return newUpstream("http://"+w.Addr().String()+base, "1.0")
}

func soon() time.Time { return time.Now().Add(time.Minute) }

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func TestUpstreamRequest(t *testing.T) {
	w := newWire(t, ok)
	u := w.upstream("/base%2Fpath/")
	u.send(transform.NativeRequest{Method: "GET", Path: "/users/a%2Fb%2e%2E;x//y?login=%26&q="}, soon())
	u.send(transform.NativeRequest{Method: "POST", Path: "/users", Body: []byte(`{"a":1}`),
		Headers: []transform.Header{{Name: "X-Api-Key", Value: "k"}, {Name: "Content-Type", Value: "application/json"}, {Name: "user-agent", Value: "ours"}}}, soon())
	host := w.Addr().String()
	for _, want := range []string{
		"GET /base%2Fpath/users/a%2Fb%2e%2E;x//y?login=%26&q= HTTP/1.1\r\nUser-Agent: scimshim/1.0\r\nHost: " + host +
			"\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n",
		"POST /base%2Fpath/users HTTP/1.1\r\nUser-Agent: ours\r\nHost: " + host +
			"\r\nContent-Type: application/json\r\nContent-Length: 7\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nX-Api-Key: k\r\n\r\n{\"a\":1}",
	} {
		if diff := cmp.Diff(want, <-w.requests); diff != "" {
			t.Error(diff)
		}
	}
	if n := w.dialled.Load(); n != 1 {
		t.Errorf("%d connections were made for two requests", n)
	}
}

// How far a call came decides what may be said of it.
func TestUpstreamDelivery(t *testing.T) {
	for _, test := range []struct {
		name, method string
		answers      []string
		want         transform.Answer
	}{
		{"answered", "POST", []string{"HTTP/1.1 201 Created\r\nLocation: /users/1\r\nContent-Length: 2\r\n\r\n{}"},
			transform.Answer{Status: 201, Body: []byte("{}"), Headers: []transform.Header{{Name: "Content-Length", Value: "2"}, {Name: "Location", Value: "/users/1"}}}},
		{"without a body", "DELETE", []string{"HTTP/1.1 204 No Content\r\n\r\n"}, transform.Answer{Status: 204}},
		{"until the end of the connection", "GET", []string{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"},
			transform.Answer{Status: 200, Body: []byte("{}"), Headers: []transform.Header{{Name: "Content-Length", Value: "2"}, {Name: "Connection", Value: "close"}}}},
		{"a redirect", "GET", []string{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"},
			transform.Answer{Status: 302, Headers: []transform.Header{{Name: "Content-Length", Value: "0"}, {Name: "Location", Value: "http://127.0.0.1:1/"}}}},
		{"closed without an answer", "POST", []string{hangUp}, transform.Answer{Delivery: transform.Lost, Reason: "the connection was closed before an answer"}},
		{"closed without an answer, a new connection", "GET", []string{hangUp, ok}, transform.Answer{Delivery: transform.Lost, Reason: "the connection was closed before an answer"}},
		{"cut short", "POST", []string{"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{}" + hangUp},
			transform.Answer{Delivery: transform.Lost, Reason: "the answer is not HTTP or was cut short"}},
		{"chunks cut short", "GET", []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" + hangUp},
			transform.Answer{Delivery: transform.Lost, Reason: "the answer is not HTTP or was cut short"}},
		{"never ended", "GET", []string{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}"},
			transform.Answer{Delivery: transform.Late, Reason: "time-out"}},
		{"not HTTP", "GET", []string{"220 smtp.example ESMTP secret-canary\r\n\r\n"}, transform.Answer{Delivery: transform.Lost, Reason: "the answer is not HTTP or was cut short"}},
		{"too large", "GET", []string{fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", upstreamAnswer+1)},
			transform.Answer{Delivery: transform.Lost, Reason: "the answer is too large"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t, test.answers...)
			deadline := soon()
			if test.want.Delivery == transform.Late {
				deadline = time.Now().Add(50 * time.Millisecond)
			}
			got := w.upstream("").send(transform.NativeRequest{Method: test.method, Path: "/"}, deadline)
			got.Now = time.Time{}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUpstreamNotSent(t *testing.T) {
	w := newWire(t, ok)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain, tls := httptest.NewServer(http.NotFoundHandler()), httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(tls.Close)
	for name, test := range map[string]struct {
		url      string
		deadline time.Time
		reason   string
	}{
		"refused":          {"http://" + closed.Addr().String(), soon(), "connection refused"},
		"a stranger's TLS": {tls.URL, soon(), "failed to verify certificate"},
		"no TLS":           {strings.Replace(plain.URL, "http", "https", 1), soon(), ""},
		"no time":          {"http://" + w.Addr().String(), time.Now().Add(-1), "no time is left for the call"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newUpstream(test.url, "1.0").send(transform.NativeRequest{Method: "POST", Path: "/"}, test.deadline)
			if got.Delivery != transform.NotSent || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("delivery %d, reason %q", got.Delivery, got.Reason)
			}
		})
	}
	if n := w.dialled.Load(); n != 0 {
		t.Errorf("%d connections were made after the time was up", n)
	}
}

// A kept connection that the vendor closed meanwhile costs a GET one more try
// and a write none: it may have arrived.
func TestUpstreamStale(t *testing.T) {
	for method, want := range map[string]struct {
		delivery transform.Delivery
		requests int
	}{"GET": {transform.Answered, 3}, "POST": {transform.Lost, 2}, "PUT": {transform.Lost, 2}, "DELETE": {transform.Lost, 2}} {
		t.Run(method, func(t *testing.T) {
			w := newWire(t, ok, hangUp, ok)
			u := w.upstream("")
			u.send(transform.NativeRequest{Method: "GET", Path: "/"}, soon())
			got := u.send(transform.NativeRequest{Method: method, Path: "/"}, soon())
			if got.Delivery != want.delivery || len(w.requests) != want.requests {
				t.Errorf("delivery %d after %d requests, want %d after %d", got.Delivery, len(w.requests), want.delivery, want.requests)
			}
		})
	}
}

// Bytes after an answer must not become the answer to somebody else.
func TestUpstreamLeftOver(t *testing.T) {
	w := newWire(t, ok+"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\"evil\"", ok)
	u := w.upstream("")
	u.send(transform.NativeRequest{Method: "GET", Path: "/"}, soon())
	if got := u.send(transform.NativeRequest{Method: "GET", Path: "/"}, soon()); string(got.Body) != "{}" {
		t.Errorf("the second answer is %q", got.Body)
	}
}

// hostile are values that leave their place if anything on the way decodes,
// resolves or joins them.
var hostile = []string{
	"..", ".", "../admin", "a/../../admin", "a/b", `a\b`, "%2e%2e", "%2F", "..%2f..%2fadmin", "%252e", "a;b=c", ";", "a?admin=1", "a#b", "a&b=c", "a=b",
	"a b", "a+b", "a\r\nX-Evil: 1", "a\nb", "a\x00b", "@evil.example", "//evil.example", "http://evil.example/", "a:b", "{id}", "é", "\xff", "'\"<>",
	strings.Repeat("a", 512),
}

// An id is one segment and a searched value one query value, whatever is in it.
func TestHolesAreSafe(t *testing.T) {
	w := newWire(t, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"users\":[]}")
	file := strings.Replace(vendorFile("legacy", "http://"+w.Addr().String()+"/api"), "{native: id, type: integer}", "id", 1)
	b := newBench(t, Options{}, file)
	checked := 0
	for _, value := range hostile {
		b.do(t, "token-of-legacy", "GET", legacy+"/Users/"+strings.ReplaceAll(url.QueryEscape(value), "+", "%20"), "")
		for ; len(w.requests) > 0; checked++ {
			w.check(t, value, "/api/users/", "")
		}
		b.do(t, "token-of-legacy", "GET", legacy+"/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %s", jsonString(value))), "")
		for ; len(w.requests) > 0; checked++ {
			w.check(t, value, "/api/users", "login")
		}
	}
	if least := 2*len(hostile) - 2; checked < least { // "." and ".." cannot be segments
		t.Errorf("%d requests were checked, want %d at least", checked, least)
	}
}

// check reads one request of the wire: the value is where it belongs, and the
// rest of the head is as it always is.
func (w *wire) check(t *testing.T, value, path, parameter string) {
	t.Helper()
	request := <-w.requests
	line, rest, _ := strings.Cut(request, "\r\n")
	text := strings.TrimSuffix(strings.TrimPrefix(line, "GET "), " HTTP/1.1")
	gotPath, query, _ := strings.Cut(text, "?")
	want := "User-Agent: scimshim/\r\nHost: " + w.Addr().String() + "\r\nAccept: application/json\r\nAccept-Encoding: identity\r\nX-Api-Key: key-of-legacy\r\n\r\n"
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Errorf("%q: %s", value, diff)
	}
	segment, prefixed := strings.CutPrefix(gotPath, path)
	if parameter != "" {
		var found bool
		segment, found = strings.CutPrefix(query, parameter+"=")
		prefixed = prefixed && found && gotPath == path
		query = ""
	}
	decoded, err := url.PathUnescape(segment)
	if !prefixed || query != "" || strings.ContainsAny(segment, "/\\;?#&=+:@{} ") || err != nil || strings.ToValidUTF8(value, "\uFFFD") != strings.ToValidUTF8(decoded, "\uFFFD") || parameter == "" && strings.Trim(segment, ".") == "" {
		t.Errorf("%q is sent as %q", value, line)
	}
}

func jsonString(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// A vendor that closes a kept connection without saying so does not put every
// second write in doubt.
func TestClosedByTheVendor(t *testing.T) {
	var posts atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(buffered, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		buffered.Flush()
		conn.Close()
	}))
	t.Cleanup(server.Close)
	up := newUpstream(server.URL, "test")
	for range 5 {
		answer := up.send(transform.NativeRequest{Method: "POST", Path: "/", Body: []byte("{}")}, time.Now().Add(10*time.Second))
		if answer.Delivery != transform.Answered || answer.Status != 200 {
			t.Errorf("delivery %d, status %d: %s", answer.Delivery, answer.Status, answer.Reason)
		}
		for open := true; open; { // until the end of the connection has arrived
			conn, err := up.pooled.AcquireConn(time.Second, false)
			if err != nil {
				t.Fatal(err)
			}
			open = !conn.LastUseTime().IsZero() && alive(conn.Conn())
			up.pooled.ReleaseConn(conn)
		}
	}
	if n := posts.Load(); n != 5 {
		t.Errorf("%d POSTs arrived", n)
	}
	for range 50 { // a read does not wait for that end, and is sent again where it meets it
		if answer := up.send(transform.NativeRequest{Method: "GET", Path: "/"}, time.Now().Add(10*time.Second)); answer.Status != 200 {
			t.Fatalf("delivery %d, status %d: %s", answer.Delivery, answer.Status, answer.Reason)
		}
	}
}
