package gateway

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/valyala/fasthttp"
)

const (
	tenant   = "11111111-2222-3333-4444-555555555555"
	stranger = "99999999-8888-7777-6666-555555555555"
	audience = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
	subject  = "aaaaaaaa-0000-0000-0000-000000000001"
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// The keys are made once: it takes a while.
var (
	firstKey  = sync.OnceValue(newKey)
	secondKey = sync.OnceValue(newKey)
)

// authority is Entra as far as it issues tokens.
type authority struct {
	*httptest.Server

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	first   func(w http.ResponseWriter, r *http.Request) (done bool) // nil: nothing
	fetches []string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{keys: map[string]*rsa.PublicKey{"one": &firstKey().PublicKey}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fetches = append(a.fetches, r.Method+" "+r.URL.Path)
	if a.first != nil && a.first(w, r) {
		return
	}
	set := struct {
		Keys []map[string]string `json:"keys"`
	}{}
	for _, kid := range slices.Sorted(maps.Keys(a.keys)) {
		set.Keys = append(set.Keys, publicJWK(kid, a.keys[kid]))
	}
	json.NewEncoder(w).Encode(set)
}

func publicJWK(kid string, key *rsa.PublicKey) map[string]string {
	return map[string]string{"kty": "RSA", "use": "sig", "kid": kid,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}
}

// turn changes what the authority does.
func (a *authority) turn(change func(*authority)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

// took gives the fetches since it was last asked.
func (a *authority) took() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	fetches := a.fetches
	a.fetches = nil
	return fetches
}

// claims are those of a good token of Entra's own; an assertion has others.
func (a *authority) claims(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{"iss": a.URL + "/" + tenant + "/", "aud": audience, "tid": tenant, "sub": subject, "appid": "00000014-0000-0000-c000-000000000000",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix()}
}

func (a *authority) assertion(now time.Time) jwt.MapClaims {
	claims := a.claims(now)
	claims["iss"], claims["aud"] = a.URL+"/"+tenant+"/v2.0", "api://app"
	return claims
}

// signed makes a token; the header may be changed before.
func signed(method jwt.SigningMethod, key any, claims jwt.MapClaims, header map[string]any) string {
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = "one"
	for name, value := range header {
		if token.Header[name] = value; value == nil {
			delete(token.Header, name)
		}
	}
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

func good(claims jwt.MapClaims) string {
	return signed(jwt.SigningMethodRS256, firstKey(), claims, nil)
}

// ask makes a request that comes from an address.
func (b *bench) ask(from, method, path, body string, headers ...string) answered {
	var request fasthttp.Request
	request.SetRequestURI(path)
	request.Header.SetMethod(method)
	request.Header.SetHost("gateway")
	request.SetBodyString(body)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	var ctx fasthttp.RequestCtx
	ctx.Init(&request, &net.TCPAddr{IP: net.ParseIP(from), Port: 40000}, nil)
	b.Handler()(&ctx)
	got := answered{ctx.Response.StatusCode(), string(ctx.Response.Body()), http.Header{}}
	for name, value := range ctx.Response.Header.All() {
		got.Header.Add(string(name), string(value))
	}
	return got
}

// outcome is a status and what the answer says about it.
func (a answered) outcome() string {
	var said struct {
		Detail      string `json:"detail"`
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	json.Unmarshal([]byte(a.Body), &said)
	text := http.StatusText(a.Status)
	for _, part := range []string{said.Code, said.Description, said.Detail} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

// read asks for nobody in particular, with a bearer token.
func (b *bench) read(token string) answered {
	return b.ask("192.0.2.1", "GET", legacy+"/Groups", "", "Authorization", "Bearer "+token)
}

// grantOf asks for a token of ours with a form.
func (b *bench) grantOf(form map[string]string, headers ...string) answered {
	values := url.Values{"grant_type": {"client_credentials"}}
	for name, value := range form {
		if values.Set(name, value); value == "" {
			values.Del(name)
		}
	}
	return b.ask("192.0.2.1", "POST", "/legacy/oauth2/token", values.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

func (b *bench) assert(assertion string) answered {
	return b.grantOf(map[string]string{"client_id": "wif", "client_assertion_type": assertionType, "client_assertion": assertion})
}

// accessToken gives the token of an answer.
func (a answered) accessToken() string {
	var said struct {
		Token string `json:"access_token"`
	}
	json.Unmarshal([]byte(a.Body), &said)
	return said.Token
}

// fileOf is a file with these callers, one a line.
func fileOf(upstream string, callers ...string) string {
	file := vendorFile("legacy", upstream)
	head, rest, _ := strings.Cut(file, "callers:\n")
	_, tail, _ := strings.Cut(rest, "upstream:\n")
	return head + "callers:\n  - " + strings.Join(callers, "\n  - ") + "\nupstream:\n" + tail
}

func (a *authority) entraCaller() string {
	return "{entra: {tenant: " + tenant + ", subject: " + subject + ", authority: \"" + a.URL + "\"}}"
}

func (a *authority) wifCaller() string {
	return "{client: {id: wif, entra: {tenant: " + tenant + ", audience: [\"api://app\", " + stranger + "], subject: " + subject + ", authority: \"" + a.URL + "\"}}}"
}
