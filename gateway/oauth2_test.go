package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"scimshim/gateway"
)

// token is an authorization server. What it gives is a session of the door, and a
// refresh token that is good once.
func (d *door) token(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(r)
	r.ParseForm()
	form := r.PostForm
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	fits := id == "ann" && secret == vendorKey && form.Get("scope") == "a b" && form.Get("audience") == "c" && form.Get("tenant") == "d"
	d.calls[len(d.calls)-1] += " " + form.Get("grant_type")
	switch form.Get("grant_type") {
	case "client_credentials":
	case "password":
		fits = fits && form.Get("username") == "bot" && form.Get("password") == "pw-"+canary
	case "refresh_token":
		fits = fits && (d.renewals[form.Get("refresh_token")] && d.locked == 0)
		delete(d.renewals, form.Get("refresh_token"))
	default:
		fits = false
	}
	if !fits || d.shut != 0 {
		replyWith(w, max(d.shut, 400), map[string]any{"error": "invalid_grant", "error_description": "words-" + canary})
		return
	}
	session, renewal := d.issue("session"), d.issue("renewal")
	d.good[session] = true
	answer := map[string]any{"access_token": session, "token_type": "Bearer", "expires_in": 3600}
	if form.Get("grant_type") != "client_credentials" {
		d.renewals[renewal], answer["refresh_token"] = true, renewal
	}
	reply200(w, answer)
}

func oauth2File(more string) string {
	return `
  oauth2: {token_url: /oauth/token, client_id: ann, client_secret: "${env:LEGACY_KEY}", scope: [a, b], audience: c, params: {tenant: d}` + more + `}`
}

const firstRefresh = "first-" + canary

var byRefresh = oauth2File(", grant: refresh_token, refresh_token: " + firstRefresh)

func TestOAuth2(t *testing.T) {
	for _, test := range []struct {
		name, more  string
		first, next []string // requests for a token
	}{
		{"client credentials", "", []string{"POST /oauth/token client_credentials"}, []string{"POST /oauth/token client_credentials"}},
		{"in the body", ", auth: body", []string{"POST /oauth/token client_credentials"}, []string{"POST /oauth/token client_credentials"}},
		{"password", ", grant: password, username: bot, password: pw-" + canary, []string{"POST /oauth/token password"}, []string{"POST /oauth/token refresh_token"}},
		{"refresh token", ", grant: refresh_token, refresh_token: " + firstRefresh, []string{"POST /oauth/token refresh_token"}, []string{"POST /oauth/token refresh_token"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock, d := newClock(), newDoor(t, bearer)
			d.renewals[firstRefresh] = true
			r := newDoorRig(t, d, oauth2File(test.more), gateway.Options{Now: clock.time})
			r.must(t, 201, "POST", "/Users", bob)
			asked(t, d, append(test.first, "GET /users", "POST /users")...)
			clock.advance(50 * time.Minute)
			r.must(t, 200, "GET", "/Users/1", "")
			asked(t, d, "GET /users/1")
			clock.advance(10 * time.Minute)
			r.must(t, 200, "GET", "/Users/1", "")
			asked(t, d, append(test.next, "GET /users/1")...)
			d.revoke()
			r.must(t, 200, "GET", "/Users/1", "")
			asked(t, d, append(append([]string{"GET /users/1"}, test.next...), "GET /users/1")...)
			notInState(t, r, canary)
		})
	}
}

// The token goes where the file says, if it says so.
func TestTokenElsewhere(t *testing.T) {
	d := newDoor(t, func(r *http.Request) string { return r.Header.Get("X-Token") })
	r := newDoorRig(t, d, "\n  headers: {X-Token: =session.token}"+oauth2File(""), gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
}

// A refresh token that has taken the place of the file's own is not lost by a
// restart, and makes way for another one in the file.
func TestRotation(t *testing.T) {
	d := newDoor(t, bearer)
	d.renewals[firstRefresh] = true
	r := newDoorRig(t, d, byRefresh, gateway.Options{})
	restart := func(upstream string) {
		t.Helper()
		if err := r.gateway.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		notInState(t, r, canary)
		if err := r.start(doorFile(upstream), d.URL, gateway.Options{Logger: gateway.NewLogger(r.log, -1)}); err != nil {
			t.Fatal(err)
		}
		d.called()
	}
	r.must(t, 201, "POST", "/Users", bob)
	for range 2 {
		restart(byRefresh)
		r.must(t, 200, "GET", "/Users/1", "")
		asked(t, d, "POST /oauth/token refresh_token", "GET /users/1")
	}
	d.turn(func(d *door) { clear(d.renewals); d.renewals["second-"+canary] = true })
	restart(byRefresh)
	r.must(t, 502, "GET", "/Users/1", "") // what is kept is no longer good, nor is the file's own
	asked(t, d, "POST /oauth/token refresh_token", "POST /oauth/token refresh_token")
	restart(strings.Replace(byRefresh, firstRefresh, "second-"+canary, 1))
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "POST /oauth/token refresh_token", "GET /users/1")
}

// Trouble with the token endpoint is never told as trouble with the caller.
func TestTokenEndpointFails(t *testing.T) {
	away := newDoor(t, bearer)
	away.Close()
	for _, test := range []struct {
		name, upstream string
		shut, status   int
		detail         string
	}{
		{"down", "\n  oauth2: {token_url: " + away.URL + "/t, client_id: a, client_secret: b}", 0, 503, "the vendor's token endpoint cannot be reached"},
		{"fails", oauth2File(""), 500, 503, "the vendor's token endpoint answered with status 500"},
		{"busy", oauth2File(""), 429, 429, "the vendor's token endpoint limits the number of calls"},
		{"refuses", oauth2File(""), 401, 502, "the vendor refused the gateway's login, and the next one waits for 60 seconds"},
		{"redirects", oauth2File(""), 302, 502, "the vendor refused the gateway's login, and the next one waits for 60 seconds"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock, d := newClock(), newDoor(t, bearer)
			d.shut = test.shut
			r := newDoorRig(t, d, test.upstream, gateway.Options{Now: clock.time})
			got := r.must(t, test.status, "POST", "/Users", bob)
			if !strings.HasPrefix(detail(t, got), test.detail) || strings.Contains(got.body, canary) {
				t.Errorf("%s, want %s", detail(t, got), test.detail)
			}
		})
	}
}

// A token endpoint at the vendor's own host is asked as little as the vendor, while
// that fails, and one elsewhere says nothing of the vendor.
func TestTokensAndTheBreaker(t *testing.T) {
	elsewhere := newDoor(t, bearer)
	for _, test := range []struct {
		name, url string
		asked     int
		detail    string
	}{
		{"at the vendor", "/oauth/token", 5, "the vendor has failed 5 times in a row; the next call is tried in 10 s"},
		{"elsewhere", elsewhere.URL + "/oauth/token", 7, "the vendor's token endpoint answered with status 503"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock, d := newClock(), newDoor(t, bearer)
			asked := d
			if strings.HasPrefix(test.url, "http") {
				asked = elsewhere
			}
			asked.turn(func(d *door) { d.shut = 503 })
			r := newDoorRig(t, d, strings.Replace(oauth2File(""), "/oauth/token", test.url, 1), gateway.Options{Now: clock.time})
			for range 6 {
				r.must(t, 503, "GET", "/Users/1", "")
			}
			if got := detail(t, r.must(t, 503, "GET", "/Users/1", "")); got != test.detail {
				t.Errorf("%s, want %s", got, test.detail)
			}
			if n := len(asked.called()); n != test.asked {
				t.Errorf("%d requests, want %d", n, test.asked)
			}
			asked.turn(func(d *door) { d.shut = 0 })
			clock.advance(11 * time.Second)
			r.must(t, map[bool]int{true: 404, false: 502}[asked == d], "GET", "/Users/1", "") // the door knows its own tokens alone
		})
	}
}
