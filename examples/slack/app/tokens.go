package app

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"scimshim/examples/api"
)

// lifetime of an access token, in seconds: twelve hours.
const lifetime = 43200

// tokens are those of the app. A refresh token serves once.
type tokens struct {
	clientID, clientSecret string
	refresh, access        string
	expires                time.Time
	given                  int
}

func newTokens(clientID, clientSecret, refresh string) tokens {
	return tokens{clientID: clientID, clientSecret: clientSecret, refresh: refresh}
}

// Expire ends the access token before its time.
func (a *App) Expire() { a.api.Do(func() { a.tokens.expires = time.Time{} }) }

func (t *tokens) check(token string) (problem string) {
	switch {
	case token == "":
		return "not_authed"
	case token != t.access:
		return "invalid_auth"
	case time.Now().After(t.expires):
		return "token_expired"
	}
	return ""
}

// access exchanges the refresh token for a new pair. Who the app is may stand in
// the form or in Authorization.
func (a *App) access(r *http.Request, body []byte) api.Answer {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return failure("invalid_form_data")
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	t := &a.tokens
	switch {
	case id != t.clientID:
		return failure("invalid_client_id")
	case secret != t.clientSecret:
		return failure("bad_client_secret")
	case form.Get("grant_type") != "refresh_token":
		return failure("invalid_grant_type")
	case form.Get("refresh_token") != t.refresh:
		return failure("invalid_refresh_token")
	}
	t.given++
	t.access, t.refresh = fmt.Sprintf("xoxe.xoxp-%d", t.given), fmt.Sprintf("xoxe-%d", t.given)
	t.expires = time.Now().Add(lifetime * time.Second)
	return api.JSON(http.StatusOK, map[string]any{"ok": true, "access_token": t.access, "refresh_token": t.refresh,
		"expires_in": lifetime, "token_type": "user", "team": map[string]any{"id": Team}})
}
