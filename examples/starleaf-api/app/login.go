package app

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"

	"scimshim/examples/api"
)

const iterations = 1000

// logins are the sessions of the reseller.
type logins struct {
	user      string
	salt      []byte
	key       []byte // PBKDF2 of the password
	challenge string // the last one, "" once it is used
	session   string // "" for none
	ticket    string // renewed from time to time within a session
	stale     bool   // the next request is answered 449, with a new ticket
}

func newLogins(user, password string) logins {
	l := logins{user: user, salt: []byte("a salt of sixteen")}
	var err error
	if l.key, err = pbkdf2.Key(sha256.New, password, l.salt, iterations, sha256.Size); err != nil {
		panic("BUG: " + err.Error())
	}
	return l
}

// challenge is asked by anybody. A challenge can be used once.
func (a *App) challenge(r *http.Request, _ []byte) api.Answer {
	l := &a.logins
	if r.URL.Query().Get("username") != l.user {
		return *refuse(http.StatusNotFound, "no such user")
	}
	l.challenge = random()
	return api.JSON(http.StatusOK, map[string]any{"salt": hex.EncodeToString(l.salt), "iterations": iterations, "challenge": l.challenge})
}

// authenticate takes HMAC-SHA256 of the challenge under the password's key.
func (a *App) authenticate(_ *http.Request, body []byte) api.Answer {
	l := &a.logins
	var said struct{ Username, Response string }
	if json.Unmarshal(body, &said) != nil {
		return *refuse(http.StatusBadRequest, "the body is not JSON")
	}
	challenge, _ := hex.DecodeString(l.challenge)
	l.challenge = ""
	mac := hmac.New(sha256.New, l.key)
	mac.Write(challenge)
	response, err := hex.DecodeString(said.Response)
	if len(challenge) == 0 || err != nil || said.Username != l.user || !hmac.Equal(response, mac.Sum(nil)) {
		return *refuse(http.StatusUnauthorized, "the response is wrong")
	}
	l.session, l.ticket, l.stale = random(), random(), false
	return api.Empty(http.StatusNoContent).With("Set-Cookie", "sl_session="+l.session+"; Path=/; Secure; HttpOnly").
		With("Set-Cookie", "sl_ticket="+l.ticket+"; Path=/; Secure; HttpOnly")
}

// check refuses who is not logged in, and has a request sent again whose ticket
// is to be renewed.
func (l *logins) check(r *http.Request) *api.Answer {
	cookie := func(name string) string {
		c, err := r.Cookie(name)
		if err != nil {
			return ""
		}
		return c.Value
	}
	if l.session == "" || cookie("sl_session") != l.session {
		return refuse(http.StatusUnauthorized, "log in")
	}
	if l.stale {
		l.stale, l.ticket = false, random()
	}
	if cookie("sl_ticket") != l.ticket {
		retry := api.Empty(449).With("Set-Cookie", "sl_ticket="+l.ticket+"; Path=/; Secure; HttpOnly")
		return &retry
	}
	return nil
}

// EndSessions ends the session: the next request is answered 401.
func (a *App) EndSessions() { a.api.Do(func() { a.logins.session = "" }) }

// Renew has the next request answered 449, with the cookie that it should have.
func (a *App) Renew() { a.api.Do(func() { a.logins.stale = true }) }

// random gives 32 bytes in hexadecimal.
func random() string {
	bytes := make([]byte, 32)
	rand.Read(bytes)
	return hex.EncodeToString(bytes)
}
