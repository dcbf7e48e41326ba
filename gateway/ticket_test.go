package gateway

import (
	"testing"
	"time"

	"scimshim/config"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// A renewal goes by the session as it was when it began: answers to other calls set
// cookies meanwhile.
func TestRenewalSeesOneMoment(t *testing.T) {
	b := newBench(t, Options{}, newFakeVendor(t).file("legacy"))
	begun, noted := make(chan struct{}), make(chan struct{})
	held := &ticket{due: time.Unix(1, 0), end: time.Now().Add(time.Hour)}
	s := &session{current: held, login: func(_ *exchange, old *transform.Session, _ *attempt) (transform.Session, transform.Outcome) {
		close(begun)
		<-noted
		return transform.Session{Values: scim.Object(scim.Member{Name: "cookies", Value: scim.Int(int64(len(old.Cookies)))})}, transform.Outcome{Kind: transform.Done}
	}}
	go func() {
		<-begun
		s.noteCookies(held, transform.Answer{Headers: []transform.Header{{Name: "Set-Cookie", Value: "a=b"}}}, &transform.Upstream{})
		close(noted)
	}()
	v := (*b.vendors.Load())["legacy"]
	got, out := s.ticket(&exchange{gateway: b.Gateway, vendor: v, began: time.Now()}, nil)
	if got == nil || got.Values.Member("cookies").Text() != "0" || len(held.Cookies) != 1 {
		t.Errorf("got %v %v, cookies %v", got, out, held.Cookies)
	}
}

// Nothing of a vendor whose file is gone is left: a session lets one in.
func TestSessionsOfVendorsThatAreGone(t *testing.T) {
	file := `vendor: door
callers: [{token: a-token-of-some-length}]
upstream: {url: "http://127.0.0.1:1", login: {request: POST /login, save: {token: body.token}}, headers: {X-Token: =session.token}}
users:
  id: id
  attributes: {userName: login, active: enabled}
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
`
	b := newBench(t, Options{}, file)
	first := b.known["door"].session
	if first == nil {
		t.Fatal("no session")
	}
	b.Swap(compile(t, file))
	if b.known["door"].session != first {
		t.Error("another session after a reload")
	}
	b.Swap(&config.Snapshot{})
	if b.known["door"].session != nil {
		t.Error("a session of nobody")
	}
}
