package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/gateway"
	"scimshim/transform"
)

func byCookie(r *http.Request) string {
	if sid, err := r.Cookie("sid"); err == nil {
		return sid.Value
	}
	return ""
}

const bob = `{"userName":"bob","displayName":"Bob","active":true}`

// asked asserts the calls that the vendor got since it was last asked.
func asked(t *testing.T, d *door, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.called()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// In whatever way a vendor logs in, there is one login for all calls.
func TestLogins(t *testing.T) {
	tests := []struct {
		name, upstream string
		carry          func(*http.Request) string
		login          []string
	}{
		{"header", byHeader, bearer, []string{"POST /login"}},
		{"query and body", `
  query: {sid: =session.id}
  body: {auth: {sid: =session.id}}
  login: {request: POST /login, body: {user: ann, password: "${env:LEGACY_KEY}"}, save: {id: body.token}}`,
			inQueryAndBody, []string{"POST /login"}},
		{"cookie", `
  headers: {Cookie: lang=de}
  login: {request: POST /login, body: {user: ann, password: "${env:LEGACY_KEY}"}}`,
			besideCookie, []string{"POST /login"}},
		{"CSRF token", `
  headers: {X-Csrf: =session.csrf}
  login:
    - {request: GET /csrf, save: {csrf: body.csrf}}
    - {request: POST /login, when: has(session.csrf), headers: {X-Csrf: =session.csrf}, body: {user: ann, password: "${env:LEGACY_KEY}"}}`,
			byCookie, []string{"GET /csrf", "POST /login"}},
		{"CSRF cookie", `
  login:
    - {request: GET /csrf, save: {csrf: cookies.pre}}
    - {request: POST /login, headers: {X-Csrf: =session.csrf}, body: {user: ann, password: "${env:LEGACY_KEY}"}}`,
			byCookie, []string{"GET /csrf", "POST /login"}},
		{"challenge and response", `
  login:
    - {request: GET /challenge?username=ann, save: {salt: body.salt, rounds: body.iterations, challenge: body.challenge}}
    - request: POST /authenticate
      body:
        username: ann
        response: =hex(hmac("sha256", pbkdf2("sha256", "${env:LEGACY_KEY}", unhex(session.salt), session.rounds, 32), unhex(session.challenge)))`,
			byCookie, []string{"GET /challenge", "POST /authenticate"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDoor(t, test.carry)
			r := newDoorRig(t, d, test.upstream, gateway.Options{})
			r.must(t, 201, "POST", "/Users", bob)
			r.must(t, 200, "GET", "/Users/1", "")
			r.must(t, 200, "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"displayName","value":"B"}]}`)
			r.must(t, 204, "DELETE", "/Users/1", "")
			calls := d.called()
			if diff := cmp.Diff(append(test.login, "GET /users"), calls[:len(test.login)+1]); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			for _, call := range calls[len(test.login):] {
				if !strings.Contains(call, "/users") {
					t.Errorf("one more login: %s", call)
				}
			}
		})
	}
}

func inQueryAndBody(r *http.Request) string {
	sid := r.URL.Query().Get("sid")
	if r.Method != "POST" && r.Method != "PUT" {
		return sid
	}
	var text bytes.Buffer
	text.ReadFrom(r.Body)
	var body struct{ Auth struct{ Sid string } }
	json.Unmarshal(text.Bytes(), &body)
	r.Body = http.NoBody
	kept := bytes.Replace(text.Bytes(), []byte(`"auth":{"sid":"`+sid+`"},`), nil, 1)
	r.Body = readCloser{bytes.NewReader(kept)}
	if body.Auth.Sid != sid {
		return ""
	}
	return sid
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// besideCookie wants the file's own cookie, none of another domain and none that
// was deleted.
func besideCookie(r *http.Request) string {
	if header := r.Header.Get("Cookie"); !strings.HasPrefix(header, "lang=de; sid=") || strings.Contains(header, "pre=") || strings.Contains(header, "other=") {
		return ""
	}
	return byCookie(r)
}

// A session that ends in the middle of many requests is one login, and each write
// happens once.
func TestOneLogin(t *testing.T) {
	d := newDoor(t, bearer)
	r := newDoorRig(t, d, byHeader, gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
	d.revoke()
	d.called()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if got := r.call("POST", "/Users", fmt.Sprintf(`{"userName":"u%d","active":true}`, i)); got.status != 201 {
				t.Errorf("%d: %d %s", i, got.status, got.body)
			}
		})
	}
	all.Wait()
	logins := 0
	for _, call := range d.called() {
		if call == "POST /login" {
			logins++
		}
	}
	if logins != 1 || len(d.behind.all()) != 51 {
		t.Errorf("%d logins, %d users", logins, len(d.behind.all()))
	}
}

func detail(t *testing.T, got reply) string {
	t.Helper()
	var problem struct{ Detail string }
	if err := json.Unmarshal([]byte(got.body), &problem); err != nil {
		t.Fatal(err)
	}
	return problem.Detail
}

// Logins that are refused are held back, longer each time, and meanwhile nothing is
// sent.
func TestHeldBack(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.shut = 401
	r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
	for _, seconds := range []int{60, 120, 240, 240} {
		want := fmt.Sprintf("the vendor refused the gateway's login, and the next one waits for %d seconds", seconds)
		if got := r.must(t, 502, "POST", "/Users", bob); detail(t, got) != want {
			t.Errorf("%s, want %s", detail(t, got), want)
		}
		asked(t, d, "POST /login")
		clock.advance(time.Duration(seconds-1) * time.Second)
		if got := r.must(t, 502, "GET", "/Users/1", ""); !strings.HasSuffix(detail(t, got), " 1 seconds") {
			t.Error(detail(t, got))
		}
		asked(t, d)
		clock.advance(2 * time.Second)
	}
	d.turn(func(d *door) { d.shut = 0 })
	r.must(t, 201, "POST", "/Users", bob)
	r.must(t, 200, "GET", "/Users/1", "")
	if n := len(d.behind.all()); n != 1 {
		t.Errorf("%d users", n)
	}
	d.turn(func(d *door) { d.shut = 401; clear(d.good) })
	d.called()
	got := r.must(t, 502, "GET", "/Users/1", "")
	asked(t, d, "GET /users/1", "POST /login")
	if !strings.HasSuffix(detail(t, got), " 60 seconds") {
		t.Error(detail(t, got)) // a session that worked makes good for earlier refusals
	}
	r.must(t, 502, "GET", "/Users/1", "")
	asked(t, d)
	if !strings.Contains(r.log.String(), "login: call 1 of login: the vendor refuses the gateway's own credentials (status 401)") {
		t.Error("the log does not say why")
	}
}

// Sessions that are given and never taken end in a hold as well.
func TestNeverTaken(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.takes = func(string) bool { return false }
	r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
	got := r.must(t, 502, "GET", "/Users/1", "")
	asked(t, d, "POST /login", "GET /users/1", "POST /login", "GET /users/1")
	if want := "the vendor refuses the gateway's own credentials (status 401)"; detail(t, got) != want {
		t.Errorf("%s, want %s", detail(t, got), want)
	}
	r.must(t, 502, "GET", "/Users/1", "")
	asked(t, d)
}

// A write that was refused for its session is sent once more, and happens once.
func TestRefusedWrite(t *testing.T) {
	d := newDoor(t, bearer)
	r := newDoorRig(t, d, byHeader, gateway.Options{})
	r.must(t, 404, "GET", "/Users/1", "")
	d.called()
	r.must(t, 200, "GET", "/Users?filter=userName+eq+%22bob%22", "")
	d.revoke()
	r.must(t, 201, "POST", "/Users", bob)
	asked(t, d, "GET /users", "POST /users", "POST /login", "POST /users")
	if n := len(d.behind.all()); n != 1 {
		t.Errorf("%d users", n)
	}
	if !strings.Contains(r.log.String(), `"operation":"create","status":201,"calls":3`) {
		t.Errorf("the calls are not counted:\n%s", r.log.String())
	}
}

// A 403 is a reason for a new session once, and no reason to hold logins back: it
// may be about the call.
func TestForbidden(t *testing.T) {
	d := newDoor(t, bearer)
	r := newDoorRig(t, d, byHeader, gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
	d.turn(func(d *door) { d.bars = "/users/2"; d.calls = nil })
	r.must(t, 502, "GET", "/Users/2", "")
	asked(t, d, "GET /users/2", "POST /login", "GET /users/2")
	r.must(t, 502, "GET", "/Users/2", "")
	asked(t, d, "GET /users/2")
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "GET /users/1")
	d.turn(func(d *door) { d.bars = ""; d.turnsAway = 403; clear(d.good) })
	r.must(t, 502, "GET", "/Users/1", "")
	asked(t, d, "GET /users/1")
}

// The vendor file can say how an end of the session reads, whatever the status.
func TestIsLogin(t *testing.T) {
	for _, status := range []int{200, 404, 419, 500} {
		d := newDoor(t, bearer)
		d.turnsAway = status
		r := newDoorRig(t, d, byHeader+"\n  errors: [{when: body.expired == true, is: login}]\n", gateway.Options{})
		r.must(t, 201, "POST", "/Users", bob)
		d.revoke()
		d.called()
		r.must(t, 200, "GET", "/Users/1", "")
		asked(t, d, "GET /users/1", "POST /login", "GET /users/1")
	}
}

// Some vendors take who has no session any more for a guest, and tell guests that
// nobody is there. So an absence counts with a young session alone; an old one is
// replaced, once a minute at most, and with it what it has hidden is back.
func TestGuests(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.turnsAway = 404
	r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
	r.must(t, 201, "POST", "/Users", bob)
	clock.advance(2 * time.Minute)
	d.revoke()
	d.called()
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "GET /users/1", "POST /login", "GET /users/1")
	r.must(t, 404, "GET", "/Users/7", "")
	asked(t, d, "GET /users/7")
	clock.advance(2 * time.Minute)
	r.must(t, 404, "GET", "/Users/7", "")
	asked(t, d, "GET /users/7", "POST /login", "GET /users/7")
}

// With the session gone, an absence is not believed as long as no other can be had.
func TestGuestsWithoutLogin(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.turnsAway = 404
	r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
	r.must(t, 201, "POST", "/Users", bob)
	clock.advance(2 * time.Minute)
	d.turn(func(d *door) { d.shut = 401; clear(d.good) })
	d.called()
	got := r.must(t, 502, "GET", "/Users/1", "")
	if want := "the vendor refused the gateway's login, and the next one waits for 60 seconds"; detail(t, got) != want {
		t.Errorf("%s, want %s", detail(t, got), want)
	}
	asked(t, d, "GET /users/1", "POST /login")
	r.must(t, 502, "GET", "/Users/1", "")
}

// Without a login nothing is sent again.
func TestNoLogin(t *testing.T) {
	d := newDoor(t, bearer)
	r := newDoorRig(t, d, "", gateway.Options{})
	for range 2 {
		got := r.must(t, 502, "GET", "/Users/1", "")
		if want := "the vendor refuses the gateway's own credentials (status 401)"; detail(t, got) != want {
			t.Errorf("%s, want %s", detail(t, got), want)
		}
		asked(t, d, "GET /users/1")
	}
}

// A login that answers something else than what it is to save is refused.
func TestNothingToSave(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	r := newDoorRig(t, d, strings.Replace(byHeader, "body.token", "body.data.token", 1), gateway.Options{Now: clock.time})
	r.must(t, 502, "GET", "/Users/1", "")
	asked(t, d, "POST /login")
	if !strings.Contains(r.log.String(), `login: call 1 of login: the answer does not contain what login saves as \"...\"`) {
		t.Errorf("the log does not say why:\n%s", r.log.String())
	}
}

// A reload that does not change how the vendor is reached keeps the session.
func TestReloadKeepsTheSession(t *testing.T) {
	d := newDoor(t, bearer)
	r := newDoorRig(t, d, byHeader, gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
	for _, test := range []struct {
		file string
		want []string
	}{
		{strings.Replace(doorFile(byHeader), "displayName: name", "displayName: full", 1), []string{"GET /users/1"}},
		{doorFile(strings.Replace(byHeader, "refresh: body.refresh, ", "", 1)), []string{"POST /login", "GET /users/1"}},
	} {
		d.called()
		snapshot, err := compile(test.file, d.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.gateway.Swap(snapshot)
		r.must(t, 200, "GET", "/Users/1", "")
		asked(t, d, test.want...)
	}
}

// Nothing of a session is in an answer or in the state.
func TestSessionsStayIn(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.life = 60
	r := newDoorRig(t, d, withRefresh, gateway.Options{Now: clock.time})
	answers := ""
	for _, change := range []func(*door){
		func(*door) {}, func(d *door) { clear(d.good) }, func(d *door) { d.bars = "/users" }, func(d *door) { d.bars, d.locked = "", 400 },
		func(d *door) { d.turnsAway = 500; clear(d.good) }, func(d *door) { d.shut = 418; d.turnsAway = 401; clear(d.good) },
	} {
		d.turn(change)
		for _, request := range [][3]string{{"POST", "/Users", bob}, {"GET", "/Users/1", ""}, {"GET", "/Users?filter=userName+eq+%22x%22", ""},
			{"PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"displayName","value":"B"}]}`}} {
			got := r.call(request[0], request[1], request[2])
			answers += got.body + fmt.Sprint(got.header)
			clock.advance(61 * time.Second)
		}
	}
	if strings.Contains(answers, canary) {
		t.Errorf("an answer has a secret: %s", answers)
	}
	notInState(t, r, canary)
}

func notInState(t *testing.T, r *rig, secret string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(r.state + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the state has %q", secret)
		}
	}
}

// What is on the way to the vendor is for the log, and not for the caller.
func TestLoginCannotBeReached(t *testing.T) {
	d := newDoor(t, bearer)
	r := newDoorRig(t, d, byHeader, gateway.Options{})
	d.Close()
	got := r.must(t, 503, "POST", "/Users", bob)
	if want := "call 1 of login: the vendor cannot be reached"; detail(t, got) != want {
		t.Errorf("%s, want %s", detail(t, got), want)
	}
	if !strings.Contains(r.log.String(), "login: call 1 of login: the vendor cannot be reached dial tcp") {
		t.Errorf("the log does not say why:\n%s", r.log.String())
	}
}

// A fault in the middle of a login is one of all who wait for it, and of nobody after.
func TestFaultInALogin(t *testing.T) {
	d := newDoor(t, bearer)
	var faults sync.Once
	r := newDoorRig(t, d, byHeader, gateway.Options{Send: func(_ *config.Vendor, request transform.NativeRequest, _ time.Time) (answer transform.Answer) {
		answer = transform.Answer{Status: 200, Body: []byte(`{"token":"t","refresh":"r","id":1,"login":"bob"}`)}
		faults.Do(func() { panic("a fault with " + canary + string(request.Body)) })
		return answer
	}})
	got := r.must(t, 500, "GET", "/Users/1", "")
	if strings.Contains(got.body, canary) {
		t.Error(got.body)
	}
	r.must(t, 200, "GET", "/Users/1", "")
}
