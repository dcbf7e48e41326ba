package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"scimshim/gateway"
)

// A session is renewed before its end, by a refresh where the file has one.
func TestExpiry(t *testing.T) {
	clock := newClock()
	for _, test := range []struct {
		name  string
		life  any
		early time.Duration // when nothing is due yet
		due   time.Duration // after that
	}{
		{"seconds", 3600, 3569 * time.Second, 2 * time.Second},
		{"text", "3600", 3569 * time.Second, 2 * time.Second},
		{"short", 20, 17 * time.Second, 2 * time.Second},
		{"Unix time", clock.time().Add(time.Hour).Unix(), 3569 * time.Second, 2 * time.Second},
		{"milliseconds", clock.time().Add(time.Hour).UnixMilli(), 3569 * time.Second, 2 * time.Second},
		{"RFC 3339", clock.time().Add(time.Hour).Format(time.RFC3339), 3569 * time.Second, 2 * time.Second},
		{"HTTP", clock.time().Add(time.Hour).Format(http.TimeFormat), 3569 * time.Second, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock, d := newClock(), newDoor(t, bearer)
			d.life = test.life
			r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
			r.must(t, 201, "POST", "/Users", bob)
			clock.advance(test.early)
			d.called()
			r.must(t, 200, "GET", "/Users/1", "")
			asked(t, d, "GET /users/1")
			clock.advance(test.due)
			r.must(t, 200, "GET", "/Users/1", "")
			asked(t, d, "POST /login", "GET /users/1")
		})
	}
}

// What a login says of an end that is past or no time at all is said in the log.
func TestStrangeExpiry(t *testing.T) {
	for _, life := range []any{"soon", -1, 0, "2001-01-01T00:00:00Z"} {
		clock, d := newClock(), newDoor(t, bearer)
		d.life = life
		r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
		r.must(t, 201, "POST", "/Users", bob)
		r.must(t, 200, "GET", "/Users/1", "")
		asked(t, d, "POST /login", "GET /users", "POST /users", "GET /users/1")
		if !strings.Contains(r.log.String(), "login: what it saves as expires is no time to come, nor seconds from now") {
			t.Errorf("%v: the log does not tell", life)
		}
	}
}

const withRefresh = byHeader + `
  refresh: {request: POST /refresh, body: {refresh: =session.refresh}, save: {token: body.token, refresh: body.refresh, expires: body.life}}
`

// A refresh goes before a login, and a login after a refresh that is refused or that
// yields nothing good.
func TestRefresh(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.life = 3600
	r := newDoorRig(t, d, withRefresh, gateway.Options{Now: clock.time})
	r.must(t, 201, "POST", "/Users", bob)
	d.called()
	for range 2 { // of the second refresh, with what the first has saved
		clock.advance(time.Hour)
		r.must(t, 200, "GET", "/Users/1", "")
		asked(t, d, "POST /refresh", "GET /users/1")
	}
	d.revoke()
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "GET /users/1", "POST /refresh", "GET /users/1")
	d.turn(func(d *door) { d.locked = 400 })
	clock.advance(time.Hour)
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "POST /refresh", "POST /login", "GET /users/1")
	d.turn(func(d *door) {
		d.locked = 0
		clear(d.good)
		last := fmt.Sprintf("session-%s-%d", canary, d.serial+1)
		d.takes = func(session string) bool { return session != last }
	})
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "GET /users/1", "POST /refresh", "GET /users/1", "POST /login", "GET /users/1")
}

// A vendor whose login is away for a moment is no reason to give up a session that
// still holds.
func TestRenewalIsAway(t *testing.T) {
	clock, d := newClock(), newDoor(t, bearer)
	d.life = 3600
	r := newDoorRig(t, d, byHeader, gateway.Options{Now: clock.time})
	r.must(t, 201, "POST", "/Users", bob)
	d.turn(func(d *door) { d.shut = 503 })
	clock.advance(time.Hour - 10*time.Second)
	d.called()
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "POST /login", "POST /login", "POST /login", "GET /users/1")
	clock.advance(11 * time.Second)
	got := r.must(t, 503, "GET", "/Users/1", "")
	asked(t, d, "POST /login", "POST /login", "POST /login")
	if detail(t, got) != "call 1 of login: the vendor answered with status 503" || got.header.Get("Retry-After") == "" {
		t.Errorf("%s, %v", got.body, got.header)
	}
	d.turn(func(d *door) { d.shut = 0 })
	r.must(t, 200, "GET", "/Users/1", "")
	asked(t, d, "POST /login", "GET /users/1")
}
