package gateway

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"scimshim/config"
	"scimshim/gateway/state"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// tokens gets the tokens of one vendor by OAuth 2. One login at a time uses it.
type tokens struct {
	*config.OAuth2
	client  *http.Client
	store   *state.Store
	idle    bool   // nothing is to be sent
	near    bool   // it is the vendor itself that gives them
	refresh string // the newest refresh token; "": none
}

func newTokens(v *config.Vendor, store *state.Store, idle bool) *tokens {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	near := hostPort(parsed(v.Upstream.URL)) == hostPort(parsed(v.OAuth2.TokenURL))
	if v.TLS != nil {
		transport.TLSClientConfig = clientTLS(v.TLS, near)
	}
	return &tokens{OAuth2: v.OAuth2, store: store, idle: idle, near: near, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// login gets a token. A refresh token that was given goes first, then what the file
// says.
func (t *tokens) login(x *exchange, old *transform.Session, made *attempt) (transform.Session, transform.Outcome) {
	if t.idle {
		return transform.Session{Sketch: true}, transform.Outcome{Kind: transform.Done}
	}
	if t.Grant == config.RefreshTokenGrant && t.refresh == "" {
		t.refresh = t.kept(made)
	}
	if t.refresh != "" && (old != nil || t.Grant == config.RefreshTokenGrant) {
		session, out := t.ask(x, config.RefreshTokenGrant, t.refresh, made)
		if made.renewed = out.Kind == transform.Done && t.Grant != config.RefreshTokenGrant; out.Kind == transform.Done || passing(out) {
			return session, out
		}
		if t.refresh == t.RefreshToken {
			return session, out
		}
		made.outcome = out
		made.tell("refresh")
		t.refresh = ""
	}
	return t.ask(x, t.Grant, t.RefreshToken, made)
}

// ask makes one request to the token endpoint. Where that is the vendor's own, it is
// asked no more than the vendor is while it is away, and counts when it fails.
func (t *tokens) ask(x *exchange, grant, refresh string, made *attempt) (session transform.Session, out transform.Outcome) {
	if !t.near {
		return t.request(x, grant, refresh, made)
	}
	breaker, now := x.vendor.breaker, x.gateway.options.Now
	if wait, failures := breaker.claim(now()); wait > 0 {
		return session, transform.Send{}.Outcome(tripped(wait, failures))
	}
	session, out = t.request(x, grant, refresh, made)
	breaker.learn(out.Down, now())
	return session, out
}

func (t *tokens) request(x *exchange, grant, refresh string, made *attempt) (transform.Session, transform.Outcome) {
	now := x.gateway.options.Now()
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), oauth2.HTTPClient, t.client), x.vendor.Upstream.Timeout)
	defer cancel()
	request := clientcredentials.Config{ClientID: t.ClientID, ClientSecret: t.ClientSecret, TokenURL: t.TokenURL,
		AuthStyle: oauth2.AuthStyleInHeader, EndpointParams: t.params(grant, refresh)}
	if t.InBody {
		request.AuthStyle = oauth2.AuthStyleInParams
	}
	asked := time.Now()
	token, err := request.Token(ctx)
	x.calls++
	status, reason := tokenReason(err)
	x.logToken(status, reason)
	if err != nil {
		out := tokenOutcome(status, err)
		out.Pause = tokenPause(out, err, now)
		made.reason = reason
		return transform.Session{}, out
	}
	t.rotate(token.RefreshToken, made)
	values := scim.Object(scim.Member{Name: "token", Value: scim.String(token.AccessToken)})
	if !token.Expiry.IsZero() {
		values = values.With("expires", scim.String(now.Add(token.Expiry.Sub(asked)).UTC().Format(time.RFC3339)))
	}
	return transform.Session{Values: values}, transform.Outcome{Kind: transform.Done}
}

func (t *tokens) params(grant, refresh string) url.Values {
	out := url.Values{"grant_type": {grant}}
	for name, values := range t.Params {
		out[name] = values
	}
	switch grant {
	case config.PasswordGrant:
		out["username"], out["password"] = []string{t.Username}, []string{t.Password}
	case config.RefreshTokenGrant:
		out["refresh_token"] = []string{refresh}
	}
	return out
}

// tokenReason says for the log what went wrong, without the server's words.
func tokenReason(err error) (status int, reason string) {
	var refused *oauth2.RetrieveError
	var network *net.OpError
	switch {
	case err == nil:
		return 200, ""
	case errors.As(err, &refused):
		return refused.Response.StatusCode, ""
	case late(err):
		return 0, "time-out"
	case errors.As(err, &network):
		return 0, network.Error()
	}
	return 0, ""
}

func tokenOutcome(status int, err error) transform.Outcome {
	out := transform.Outcome{Kind: transform.Unavailable, Status: 503, RetryAfter: 60, Down: true, Detail: "the vendor's token endpoint cannot be reached"}
	var unsent *url.Error
	switch {
	case status == 0 && late(err):
		out.Status, out.Detail = 504, "the vendor's token endpoint did not answer in time"
	case status == 0 && errors.As(err, &unsent):
	case status == 429:
		return transform.Outcome{Kind: transform.Throttled, Status: 429, RetryAfter: 60, Detail: "the vendor's token endpoint limits the number of calls"}
	case status >= 500:
		out.Detail = "the vendor's token endpoint answered with status " + strconv.Itoa(status)
	case status == 0:
		return unusable("the answer of the vendor's token endpoint contains no token")
	default:
		return unusable("the vendor's token endpoint refuses the gateway (status " + strconv.Itoa(status) + ")")
	}
	return out
}

// tokenPause is how long the server wants to be left alone.
func tokenPause(out transform.Outcome, err error, now time.Time) time.Duration {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return 0
	}
	answer := transform.Answer{Now: now}
	for name, values := range refused.Response.Header {
		for _, value := range values {
			answer.Headers = append(answer.Headers, transform.Header{Name: name, Value: value})
		}
	}
	out.Down = out.Status == 503
	return answer.PauseFor(out)
}

func unusable(detail string) transform.Outcome {
	return transform.Outcome{Kind: transform.Unavailable, Status: 502, Detail: detail}
}

// rotate goes on with a new refresh token. Where there is no other way back, it is
// kept before anything else is done with the answer.
func (t *tokens) rotate(fresh string, made *attempt) {
	if fresh == "" || fresh == t.refresh {
		return
	}
	t.refresh = fresh
	if t.Grant != config.RefreshTokenGrant || fresh == t.RefreshToken {
		return
	}
	sealed, err := t.seal(fresh)
	if err == nil {
		err = t.store.Keep(t.name(), sealed)
	}
	if err != nil {
		made.trouble = append(made.trouble, "state: the new refresh token is not kept: "+err.Error())
	}
}

// kept is the newest refresh token: the file's own, or the one that took its place
// before a restart.
func (t *tokens) kept(made *attempt) string {
	sealed, err := t.store.Kept(t.name())
	if err == nil && sealed == nil {
		return t.RefreshToken
	}
	if err == nil {
		var token string
		if token, err = t.open(sealed); err == nil {
			return token
		}
	}
	made.trouble = append(made.trouble, "state: the refresh token that is kept cannot be read: "+err.Error())
	return t.RefreshToken
}

// name belongs to the file's own token: with another one in the file, what was kept
// for this one is forgotten.
func (t *tokens) name() string {
	sum := sha256.Sum256([]byte("refresh token\n" + t.TokenURL + "\n" + t.ClientID + "\n" + t.RefreshToken))
	return "refresh " + hex.EncodeToString(sum[:])
}

// seal encrypts under what only the vendor file knows.
func (t *tokens) seal(token string) ([]byte, error) {
	aead, err := t.cipher()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, []byte(token), []byte(t.name())), nil
}

func (t *tokens) open(sealed []byte) (string, error) {
	aead, err := t.cipher()
	if err != nil {
		return "", err
	}
	if len(sealed) < aead.NonceSize() {
		return "", errors.New("it is too short")
	}
	nonce, text := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	token, err := aead.Open(nil, nonce, text, []byte(t.name()))
	if err != nil {
		return "", errors.New("it was written with another client_secret")
	}
	return string(token), nil
}

func (t *tokens) cipher() (cipher.AEAD, error) {
	secret := t.ClientSecret
	if secret == "" {
		secret = t.RefreshToken
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "scimshim refresh token", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
