package gateway_test

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"scimshim/gateway"
)

// Whatever the gateway is to keep to itself has this in it.
const canary = "CANARY"

// door is a vendor that lets nobody in without a session, in every way that a vendor
// file can say. What is behind it is a fake.
type door struct {
	*httptest.Server
	behind *fake
	carry  func(*http.Request) string // how a call shows its session

	mu        sync.Mutex
	serial    int
	good      map[string]bool   // sessions
	renewals  map[string]bool   // refresh tokens
	challenge string            // the last one
	calls     []string          // "POST /login"
	life      any               // of a session, as the login tells it; nil: it does not
	shut      int               // the status of logins; 0: they are served
	locked    int               // the status of refreshes, likewise
	turnsAway int               // the status of calls without a session
	takes     func(string) bool // a session that it takes at all; nil: each
	bars      string            // a path that is forbidden to all
}

func newDoor(t *testing.T, carry func(*http.Request) string) *door {
	d := &door{behind: newFake(t), carry: carry, good: map[string]bool{}, renewals: map[string]bool{}, turnsAway: 401}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /csrf", d.csrf)
	mux.HandleFunc("POST /login", d.login)
	mux.HandleFunc("POST /refresh", d.renew)
	mux.HandleFunc("GET /challenge", d.ask)
	mux.HandleFunc("POST /authenticate", d.respond)
	mux.HandleFunc("POST /oauth/token", d.token)
	mux.HandleFunc("/", d.enter)
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	return d
}

func reply200(w http.ResponseWriter, body any) { replyWith(w, 200, body) }

func replyWith(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// note wants the lock.
func (d *door) note(r *http.Request) { d.calls = append(d.calls, r.Method+" "+r.URL.Path) }

// issue wants the lock.
func (d *door) issue(kind string) string {
	d.serial++
	return fmt.Sprintf("%s-%s-%d", kind, canary, d.serial)
}

func (d *door) csrf(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(r)
	d.challenge = d.issue("csrf")
	http.SetCookie(w, &http.Cookie{Name: "pre", Value: d.challenge})
	http.SetCookie(w, &http.Cookie{Name: "other", Value: "x", Domain: "elsewhere.example"})
	reply200(w, map[string]any{"csrf": d.challenge})
}

// login takes a user name and a password. A vendor with a CSRF token wants that too.
func (d *door) login(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(r)
	var body map[string]string
	json.NewDecoder(r.Body).Decode(&body)
	pre, _ := r.Cookie("pre")
	guarded := d.challenge == "" || pre != nil && pre.Value == d.challenge && r.Header.Get("X-Csrf") == d.challenge
	if d.shut != 0 || body["user"] != "ann" || body["password"] != vendorKey || !guarded || r.Header.Get("Authorization") != "" {
		replyWith(w, max(d.shut, 400), map[string]any{"error": "words-" + canary})
		return
	}
	d.admit(w)
}

// admit wants the lock.
func (d *door) admit(w http.ResponseWriter) {
	session, renewal := d.issue("session"), d.issue("renewal")
	d.good[session], d.renewals[renewal] = true, true
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: session, Path: "/", HttpOnly: true})
	http.SetCookie(w, &http.Cookie{Name: "pre", MaxAge: -1})
	reply200(w, map[string]any{"token": session, "refresh": renewal, "life": d.life})
}

func (d *door) renew(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(r)
	var body map[string]string
	json.NewDecoder(r.Body).Decode(&body)
	if d.locked != 0 || !d.renewals[body["refresh"]] {
		replyWith(w, max(d.locked, 400), map[string]any{"error": "words-" + canary})
		return
	}
	delete(d.renewals, body["refresh"])
	d.admit(w)
}

const doorSalt = "00ff17a0"

func (d *door) ask(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(r)
	d.challenge = hex.EncodeToString([]byte(d.issue("challenge")))
	reply200(w, map[string]any{"salt": doorSalt, "iterations": 1000, "challenge": d.challenge})
}

// respond is the login of StarLeaf: no password travels.
func (d *door) respond(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(r)
	var body map[string]string
	json.NewDecoder(r.Body).Decode(&body)
	salt, _ := hex.DecodeString(doorSalt)
	challenge, _ := hex.DecodeString(d.challenge)
	key, _ := pbkdf2.Key(sha256.New, vendorKey, salt, 1000, 32)
	mac := hmac.New(sha256.New, key)
	mac.Write(challenge)
	if body["username"] != "ann" || body["response"] != hex.EncodeToString(mac.Sum(nil)) {
		w.WriteHeader(401)
		return
	}
	session := d.issue("session")
	d.good[session] = true
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: session})
	w.WriteHeader(204)
}

// enter lets those in who have a session.
func (d *door) enter(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.note(r)
	session := d.carry(r)
	in := d.good[session] && (d.takes == nil || d.takes(session))
	barred, status := d.bars != "" && strings.HasPrefix(r.URL.Path, d.bars), d.turnsAway
	d.mu.Unlock()
	switch {
	case barred:
		replyWith(w, 403, map[string]any{"error": "words-" + canary})
	case !in:
		replyWith(w, status, map[string]any{"error": "words-" + canary, "expired": true})
	default:
		d.behind.Config.Handler.ServeHTTP(w, r)
	}
}

// called gives the calls since it was last asked.
func (d *door) called() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return calls
}

// turn changes the vendor while it serves.
func (d *door) turn(change func(*door)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

// revoke ends all sessions.
func (d *door) revoke() { d.turn(func(d *door) { clear(d.good) }) }

// doorFile is the file of a door, with more under upstream.
func doorFile(upstream string) string {
	return `vendor: door
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream:
  url: ${env:LEGACY_URL}
` + strings.TrimPrefix(upstream, "\n") + `
users:
  id: {native: id, type: integer}
  attributes: {userName: login, displayName: name, active: enabled}
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
`
}

// byHeader is the way of most vendors.
const byHeader = `
  headers: {Authorization: '="Bearer " + session.token'}
  login:
    request: POST /login
    body: {user: ann, password: "${env:LEGACY_KEY}"}
    save: {token: body.token, refresh: body.refresh, expires: body.life}
`

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// newDoorRig is a gateway before a door, with a clock.
func newDoorRig(t *testing.T, d *door, upstream string, options gateway.Options) *rig {
	t.Helper()
	r := newRig(t, doorFile(upstream), d.URL, options)
	t.Cleanup(func() { keepsQuiet(t, r) })
	return r
}

// keepsQuiet asserts that nothing of a session, and no word of the vendor's, is in
// the log.
func keepsQuiet(t *testing.T, r *rig) {
	if log := r.log.String(); strings.Contains(log, canary) {
		at := strings.Index(log, canary)
		t.Errorf("the log has a secret: %s", log[max(0, at-300):at+20])
	}
}
