package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"scimshim/gateway"
)

// A vendor that names a new cookie with each answer neither fills the gateway's
// memory nor makes its requests too large to be read.
func TestCookiesWithoutEnd(t *testing.T) {
	d := newDoor(t, byCookie)
	count, longest := 0, 0
	inner := d.Config.Handler
	d.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		longest = max(longest, len(r.Header.Get("Cookie")))
		for range 20 {
			count++
			http.SetCookie(w, &http.Cookie{Name: fmt.Sprint("track", count), Value: strings.Repeat("x", 500)})
		}
		inner.ServeHTTP(w, r)
	})
	r := newDoorRig(t, d, `
  login: {request: POST /login, body: {user: ann, password: "${env:LEGACY_KEY}"}}`, gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
	for range 100 {
		r.must(t, 200, "GET", "/Users/1", "")
	}
	if longest > 8<<10 {
		t.Errorf("a request had %d bytes of cookies", longest)
	}
}

// A vendor that wants to be left alone is not asked for sessions either.
func TestLoginHeedsAPause(t *testing.T) {
	for name, test := range map[string]struct {
		upstream, login string
	}{"by calls": {byHeader, "POST /login"}, "by a token": {oauth2File(""), "POST /oauth/token client_credentials"}} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				clock, d := newClock(), newDoor(t, bearer)
				inner := d.Config.Handler
				d.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Retry-After", "600")
					inner.ServeHTTP(w, r)
				})
				d.shut = status
				r := newDoorRig(t, d, test.upstream, gateway.Options{Now: clock.time})
				r.must(t, status, "GET", "/Users/1", "")
				clock.advance(10 * time.Second)
				got := r.must(t, status, "GET", "/Users/1", "")
				if want := "the vendor has asked for a pause, and the next login waits for 590 seconds"; detail(t, got) != want || got.header.Get("Retry-After") != "590" {
					t.Errorf("%s, Retry-After %s", detail(t, got), got.header.Get("Retry-After"))
				}
				asked(t, d, test.login)
				d.turn(func(d *door) { d.shut = 0 })
				clock.advance(10 * time.Minute)
				r.must(t, 404, "GET", "/Users/1", "")
				asked(t, d, test.login, "GET /users/1", "GET /users") // an absence is confirmed
			})
		}
	}
}
