package gateway

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway/state"
)

func basicOf(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// secret is what both a form and a header write otherwise than it is.
const secret = "s+e/c=r%3At:~"

func clientFile() string {
	return fileOf("http://127.0.0.1:1", `{token: "token-of-legacy"}`, `{client: {id: entra, secret: "`+secret+`"}}`,
		`{client: {id: entra, secret: the-next-secret}}`, `{client: {id: "audit@x", secret: of-audit}, read_only: true, networks: 192.0.2.0/24}`)
}

// The answer of RFC 6749 section 5.1, and the life of the token it has.
func TestGrant(t *testing.T) {
	c := newClock()
	b := newBench(t, Options{Now: c.now}, clientFile())
	got := b.grantOf(map[string]string{"client_id": "entra", "client_secret": secret, "scope": "api://x/.default"})
	token := got.accessToken()
	want := answered{200, `{"access_token":"` + token + `","token_type":"Bearer","expires_in":3600}`,
		http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Pragma": {"no-cache"}, "X-Correlation-Id": got.Header["X-Correlation-Id"]}}
	if diff := cmp.Diff(want, got); diff != "" || len(token) != 63 {
		t.Errorf("a token of %d characters (-want +got):\n%s", len(token), diff)
	}
	for _, step := range []struct {
		forward time.Duration
		want    string
	}{
		{0, "OK"}, {time.Hour, "OK"}, {5*time.Minute - time.Second, "OK"}, {time.Second, "Unauthorized: the secret token is missing or wrong"},
	} {
		if c.forward(step.forward); b.read(token).outcome() != step.want {
			t.Errorf("%s later: %s, want %s", step.forward, b.read(token).outcome(), step.want)
		}
	}
}

// Both ways to send a secret, and whatever encoding a client is used to.
func TestGrantCredentials(t *testing.T) {
	b := newBench(t, Options{}, clientFile())
	const ok = "OK"
	const wrong = "Unauthorized: invalid_client: the client or its secret is missing or wrong"
	form := func(pairs ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	encoded := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D", "%", "%25", ":", "%3A").Replace(secret)
	for _, test := range []struct {
		name          string
		form          map[string]string
		authorization string
		want          string
	}{
		{"post", form("client_id", "entra", "client_secret", secret), "", ok},
		{"post, the other secret", form("client_id", "entra", "client_secret", "the-next-secret"), "", ok},
		{"basic, plain", nil, basicOf("entra", secret), ok},
		{"basic, encoded", nil, basicOf("entra", encoded), ok},
		{"basic, id encoded", nil, basicOf("audit%40x", "of-audit"), ok},
		{"basic, id plain", nil, basicOf("audit@x", "of-audit"), ok},
		{"basic, the same client in the form", form("client_id", "entra"), basicOf("entra", secret), ok},
		{"basic, in small letters", nil, strings.Replace(basicOf("entra", secret), "Basic", "basic", 1), ok},
		{"basic, another client in the form", form("client_id", "other"), basicOf("entra", secret), wrong},
		{"wrong secret", form("client_id", "entra", "client_secret", secret+"x"), "", wrong},
		{"another client's secret", form("client_id", "entra", "client_secret", "of-audit"), "", wrong},
		{"wrong client", form("client_id", "other", "client_secret", secret), "", wrong},
		{"client in capitals", form("client_id", "Entra", "client_secret", secret), "", wrong},
		{"no secret", form("client_id", "entra"), "", wrong},
		{"empty secret in basic", nil, basicOf("entra", ""), wrong},
		{"nothing", nil, "", wrong},
		{"not base64", nil, "Basic %%%", wrong},
		{"no colon", nil, "Basic " + base64.StdEncoding.EncodeToString([]byte("entra")), wrong},
		{"a bearer token", nil, "Bearer token-of-legacy", wrong},
		{"two ways", form("client_id", "entra", "client_secret", secret), basicOf("entra", secret), "Bad Request: invalid_request: the client authenticates in more than one way"},
		{"secret and assertion", form("client_id", "entra", "client_secret", secret, "client_assertion", "x"), "", "Bad Request: invalid_request: the client authenticates in more than one way"},
		{"assertion of another type", form("client_assertion", "x", "client_assertion_type", "saml"), "", "Bad Request: invalid_request: client_assertion_type must be " + assertionType},
		{"assertion of no client", form("client_assertion", "a.b.c", "client_assertion_type", assertionType), "", wrong},
		{"no grant type", form("grant_type", ""), basicOf("entra", secret), "Bad Request: invalid_request: grant_type is missing"},
		{"password grant", form("grant_type", "password"), basicOf("entra", secret), "Bad Request: unsupported_grant_type: grant_type must be client_credentials"},
	} {
		var headers []string
		if test.authorization != "" {
			headers = []string{"Authorization", test.authorization}
		}
		got := b.grantOf(test.form, headers...)
		if got.outcome() != test.want || (got.accessToken() == "") != (test.want != ok) || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, want %s; headers %v", test.name, got.outcome(), test.want, got.Header)
		}
		if challenge := got.Header.Get("WWW-Authenticate"); (challenge == `Basic realm="scimshim"`) != (got.Status == 401) {
			t.Errorf("%s: %d with the challenge %q", test.name, got.Status, challenge)
		}
	}
}

// What is no request for a token.
func TestGrantRequests(t *testing.T) {
	b := newBench(t, Options{}, clientFile(), vendorFile("other", "http://127.0.0.1:1"))
	const path, form = "/legacy/oauth2/token", "application/x-www-form-urlencoded"
	const body = "grant_type=client_credentials&client_id=entra&client_secret=the-next-secret"
	for _, test := range []struct{ name, method, path, media, body, want string }{
		{"as it should be", "POST", path, form + "; charset=utf-8", body, "OK"},
		{"with a slash", "POST", path + "/", form, body, "OK"},
		{"GET", "GET", path + "?" + body, form, "", "Method Not Allowed: invalid_request: the token endpoint takes POST alone"},
		{"in the query", "POST", path + "?" + body, form, "", "Bad Request: invalid_request: grant_type is missing"},
		{"JSON", "POST", path, "application/json", `{"grant_type":"client_credentials"}`, "Bad Request: invalid_request: the content type must be application/x-www-form-urlencoded"},
		{"a parameter twice", "POST", path, form, body + "&client_id=entra", "Bad Request: invalid_request: a parameter comes twice"},
		{"no form", "POST", path, form, body + "&%zz", "Bad Request: invalid_request: the body is not a form"},
		{"too large", "POST", path, form, body + "&x=" + strings.Repeat("x", 32<<10), "Bad Request: invalid_request: the body is larger than 32 KiB"},
		{"a vendor without clients", "POST", "/other/oauth2/token", form, body, "Not Found: there is no token endpoint: the vendor file has no client among its callers"},
		{"no vendor", "POST", "/nobody/oauth2/token", form, body, "Not Found: there is nothing at this address: the tenant URL has the form https://HOST/VENDOR/scim/v2"},
		{"below the endpoint", "POST", path + "/x", form, body, "Not Found: there is nothing at this address: the tenant URL has the form https://HOST/VENDOR/scim/v2"},
	} {
		got := b.ask("192.0.2.1", test.method, test.path, test.body, "Content-Type", test.media)
		if got.outcome() != test.want || (got.Header.Get("Allow") == "POST") != (got.Status == 405) {
			t.Errorf("%s: %s, want %s", test.name, got.outcome(), test.want)
		}
	}
}

// A token of ours is good for its client at its vendor, and no other is.
func TestOwnTokens(t *testing.T) {
	c := newClock()
	b := newBench(t, Options{Now: c.now}, clientFile(), strings.Replace(clientFile(), "vendor: legacy", "vendor: other", 1))
	token := b.grantOf(map[string]string{"client_id": "entra", "client_secret": secret}).accessToken()
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "scimshim."))
	if err != nil {
		t.Fatal(err)
	}
	const wrong = "Unauthorized: the secret token is missing or wrong"
	for i := range raw {
		changed := append([]byte{}, raw...)
		changed[i] ^= 1
		if got := b.read("scimshim." + base64.RawURLEncoding.EncodeToString(changed)).outcome(); got != wrong {
			t.Errorf("byte %d changed: %s", i, got)
		}
	}
	alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	for name, text := range map[string]string{"cut off": token[:len(token)-1], "longer": token + "A", "without the prefix": token[9:],
		"the prefix alone": "scimshim.", "bits that count for nothing": token[:len(token)-1] + string(alphabet[last^1])} {
		if got := b.read(text).outcome(); got != wrong {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := b.ask("192.0.2.1", "GET", "/other/scim/v2/Groups", "", "Authorization", "Bearer "+token).outcome(); got != wrong {
		t.Errorf("at another vendor, with the same client: %s", got)
	}
	if got := b.read(token).outcome(); got != "OK" {
		t.Errorf("unchanged: %s", got)
	}
}

// A token outlives a restart on the same state and a reload, and ends with its
// client or its client's secret, at once.
func TestOwnTokensOutlive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimshim.db")
	start := func(file string) (*bench, func()) {
		store, err := state.Open(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{Gateway: New(compile(t, file), store, Options{})}
		return b, func() { store.Close() }
	}
	b, stop := start(clientFile())
	token := b.grantOf(map[string]string{"client_id": "entra", "client_secret": secret}).accessToken()
	next := b.grantOf(map[string]string{"client_id": "entra", "client_secret": "the-next-secret"}).accessToken()
	stop()
	b, stop = start(clientFile())
	defer stop()
	const wrong = "Unauthorized: the secret token is missing or wrong"
	for _, step := range []struct{ name, file, token, next string }{
		{"a restart", clientFile(), "OK", "OK"},
		{"one secret is gone", strings.Replace(clientFile(), secret, "changed", 1), wrong, "OK"},
		{"the client has another name", strings.ReplaceAll(clientFile(), "id: entra", "id: entra2"), wrong, wrong},
		{"all is as it was", clientFile(), "OK", "OK"},
		{"it may only read", strings.ReplaceAll(clientFile(), `"}}`, `"}, read_only: true}`), "OK", "OK"},
		{"no clients", vendorFile("legacy", "http://127.0.0.1:1"), wrong, wrong},
	} {
		b.Swap(compile(t, step.file))
		if diff := cmp.Diff([]string{step.token, step.next}, []string{b.read(token).outcome(), b.read(next).outcome()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	other := newBench(t, Options{}, clientFile())
	if got := other.read(token).outcome(); got != wrong {
		t.Errorf("at a gateway of another state: %s", got)
	}
}

// A client outside its networks gets no token, and one that has it from inside
// cannot use it outside.
func TestGrantNetworks(t *testing.T) {
	b := newBench(t, Options{}, clientFile())
	const form = "grant_type=client_credentials&client_id=audit%40x&client_secret=of-audit"
	ask := func(from string) answered {
		return b.ask(from, "POST", "/legacy/oauth2/token", form, "Content-Type", "application/x-www-form-urlencoded")
	}
	if got := ask("198.51.100.1"); got.outcome() != "Bad Request: unauthorized_client: this client may not ask from 198.51.100.1" || got.accessToken() != "" {
		t.Errorf("from outside: %s", got.outcome())
	}
	token := ask("192.0.2.200").accessToken()
	for _, test := range []struct{ from, method, want string }{
		{"192.0.2.1", "GET", "OK"},
		{"192.0.2.1", "POST", "Forbidden: this caller may only read"},
		{"198.51.100.1", "GET", "Forbidden: this caller may not call from 198.51.100.1"},
	} {
		if got := b.ask(test.from, test.method, legacy+"/Groups", "", "Authorization", "Bearer "+token).outcome(); got != test.want {
			t.Errorf("%s from %s: %s, want %s", test.method, test.from, got, test.want)
		}
	}
}
