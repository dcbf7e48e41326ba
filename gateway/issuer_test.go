package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// forgeries are tokens that somebody else could make, or that are good
// elsewhere, with what is said about them. before are good claims.
func forgeries(t *testing.T, a *authority, now time.Time, before func(time.Time) jwt.MapClaims) []forgery {
	der, _ := x509.MarshalPKIXPublicKey(&firstKey().PublicKey)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	t.Setenv("GODEBUG", "rsa1024min=0")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	a.turn(func(a *authority) { a.keys["weak"] = &weak.PublicKey })
	with := func(name string, value any) string {
		claims := before(now)
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
		return good(claims)
	}
	by := func(method jwt.SigningMethod, key any, header map[string]any) string {
		return signed(method, key, before(now), header)
	}
	parts := strings.Split(good(before(now)), ".")
	other := strings.Split(with("sub", "x"), ".")
	const algorithm, missing = "it is not signed with RS256", "a claim is missing: iss, aud and exp are needed, and sub where the file has one"
	const key, signature, kind = "its key is not one of the authority's", "its signature is wrong", "a claim has another type than it should"
	const user = "it is that of a user, not of an application"
	return []forgery{
		{"alg none", by(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), algorithm},
		{"alg none, with the good signature", strings.Join([]string{strings.Split(by(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), ".")[0], parts[1], parts[2]}, "."), algorithm},
		{"HS256 with the public key", by(jwt.SigningMethodHS256, publicPEM, nil), algorithm},
		{"HS256 with the modulus", by(jwt.SigningMethodHS256, firstKey().N.Bytes(), nil), algorithm},
		{"RS512", by(jwt.SigningMethodRS512, firstKey(), nil), algorithm},
		{"PS256", by(jwt.SigningMethodPS256, firstKey(), nil), algorithm},
		{"ES256", by(jwt.SigningMethodES256, curve, nil), algorithm},
		{"an algorithm that nobody knows", by(jwt.SigningMethodRS256, firstKey(), map[string]any{"alg": "XX"}), algorithm},
		{"no algorithm", by(jwt.SigningMethodRS256, firstKey(), map[string]any{"alg": nil}), algorithm},
		{"another key under the kid", by(jwt.SigningMethodRS256, secondKey(), nil), signature},
		{"a weak key of the authority", by(jwt.SigningMethodRS256, weak, map[string]any{"kid": "weak"}), key},
		{"no kid", by(jwt.SigningMethodRS256, firstKey(), map[string]any{"kid": nil}), key},
		{"an unknown kid", by(jwt.SigningMethodRS256, firstKey(), map[string]any{"kid": "../one"}), key},
		{"a kid that is no text", by(jwt.SigningMethodRS256, firstKey(), map[string]any{"kid": 1}), key},
		{"a critical header", by(jwt.SigningMethodRS256, firstKey(), map[string]any{"crit": []string{"b64"}}), "its header asks for something that is not understood"},
		{"other claims under the signature", parts[0] + "." + other[1] + "." + parts[2], "it is about another subject"},
		{"without a signature", parts[0] + "." + parts[1] + ".", signature},
		{"not base64", parts[0] + ".%%." + parts[2], "it is not a JWT"},
		{"not JSON", "e30x." + parts[1] + "." + parts[2], "it is not a JWT"},
		{"another tenant's issuer", with("iss", strings.Replace(before(now)["iss"].(string), tenant, stranger, 1)), "it was issued by another tenant or authority"},
		{"an issuer that begins alike", with("iss", before(now)["iss"].(string)+"x"), "it was issued by another tenant or authority"},
		{"no issuer", with("iss", nil), missing},
		{"another tenant", with("tid", stranger), "it is of another tenant"},
		{"no tenant", with("tid", nil), "it is of another tenant"},
		{"another audience", with("aud", "00000002-0000-0000-c000-000000000000"), "it is for another audience"},
		{"no audience", with("aud", nil), missing},
		{"an empty list of audiences", with("aud", []string{}), missing},
		{"another subject", with("sub", stranger), "it is about another subject"},
		{"no subject", with("sub", nil), missing},
		{"a user's", with("scp", "user_impersonation"), user},
		{"a user's of version 1", with("upn", "eve@contoso.com"), user},
		{"a guest's", with("unique_name", "live.com#eve@outlook.com"), user},
		{"a user's of version 2", with("preferred_username", "eve@contoso.com"), user},
		{"an ID token", with("nonce", "n"), user},
		{"a user's, by its type", with("idtyp", "user"), user},
		{"a type that is no text", with("idtyp", 1), user},
		{"expired", with("exp", now.Add(-3*time.Minute).Unix()), "it has expired"},
		{"no expiry", with("exp", nil), missing},
		{"expiry as text", with("exp", "4102444800"), kind},
		{"not yet valid", with("nbf", now.Add(3*time.Minute).Unix()), "it is not valid yet"},
		{"audience of another type", with("aud", 5), missing},
	}
}

type forgery struct{ name, token, want string }

// No token opens the gateway that Entra did not make for this tenant, this
// application and this moment.
func TestForgedTokens(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newAuthority(t)
	b := newBench(t, Options{Now: func() time.Time { return now }}, fileOf("http://127.0.0.1:1", a.entraCaller(), a.wifCaller()))
	for _, f := range forgeries(t, a, now, a.claims) {
		got := b.read(f.token)
		if want := "Unauthorized: the token of Entra is not accepted: " + f.want; got.outcome() != want || got.Header.Get("WWW-Authenticate") != `Bearer realm="scimshim", error="invalid_token"` {
			t.Errorf("%s: got %s, want %s; header %q", f.name, got.outcome(), want, got.Header.Get("WWW-Authenticate"))
		}
	}
	for name, value := range map[string]string{"appid": "00000014-0000-0000-c000-000000000000", "azp": "00000014-0000-0000-c000-000000000000", "idtyp": "app"} {
		claims := a.claims(now)
		if claims[name] = value; name == "azp" {
			delete(claims, "appid")
		}
		if got := b.read(good(claims)).outcome(); got != "OK" {
			t.Errorf("a good token with %s: %s", name, got)
		}
	}
	if got := b.read(good(a.assertion(now))); got.outcome() != "Unauthorized: the token of Entra is not accepted: it was issued by another tenant or authority" {
		t.Errorf("an assertion as a token: %s", got.outcome())
	}
}

// An ID token of a user, for an application of one's own, opens nothing where
// any application of the tenant may call.
func TestUsersToken(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newAuthority(t)
	file := fileOf("http://127.0.0.1:1", "{entra: {tenant: "+tenant+", audience: my-app, authority: \""+a.URL+"\"}}")
	b := newBench(t, Options{Now: func() time.Time { return now }}, file)
	claims := a.claims(now)
	claims["aud"], claims["sub"] = "my-app", "a-user"
	delete(claims, "appid")
	const refused = "Unauthorized: the token of Entra is not accepted: "
	if got, want := b.read(good(claims)).outcome(), refused+"it does not say which application it was issued for: appid or azp is needed"; got != want {
		t.Errorf("without an application: %s, want %s", got, want)
	}
	claims["nonce"], claims["upn"], claims["unique_name"], claims["amr"] = "n", "eve@contoso.com", "eve@contoso.com", []string{"pwd"}
	if got, want := b.read(good(claims)).outcome(), refused+"it is that of a user, not of an application"; got != want {
		t.Errorf("an ID token: %s, want %s", got, want)
	}
}

// The same holds for assertions at the token endpoint.
func TestForgedAssertions(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newAuthority(t)
	b := newBench(t, Options{Now: func() time.Time { return now }}, fileOf("http://127.0.0.1:1", a.entraCaller(), a.wifCaller()))
	long := a.assertion(now)
	long["exp"] = now.Add(25 * time.Hour).Unix()
	all := append(forgeries(t, a, now, a.assertion), forgery{"valid too long", good(long), "it is valid for longer than a day"},
		forgery{"a token of Entra's own", good(a.claims(now)), "it was issued by another tenant or authority"})
	for _, f := range all {
		got := b.assert(f.token)
		if want := "Unauthorized: invalid_client: the assertion is not accepted: " + f.want; got.outcome() != want || got.accessToken() != "" {
			t.Errorf("%s: got %s, want %s", f.name, got.outcome(), want)
		}
	}
	for id, want := range map[string]string{"wif": "OK", "": "OK", "other": "Unauthorized: invalid_client: the client or its secret is missing or wrong"} {
		form := map[string]string{"client_id": id, "client_assertion_type": assertionType, "client_assertion": good(a.assertion(now))}
		if got := b.grantOf(form).outcome(); got != want {
			t.Errorf("client %q: %s, want %s", id, got, want)
		}
	}
	for _, aud := range []any{"api://app", stranger, []string{"other", stranger}} {
		claims := a.assertion(now)
		delete(claims, "appid") // which nobody knows assertions to have
		claims["aud"] = aud
		got := b.assert(good(claims))
		if read := b.read(got.accessToken()); got.Status != 200 || read.outcome() != "OK" {
			t.Errorf("audience %v: %s, and its token %s", aud, got.outcome(), read.outcome())
		}
	}
}

// Two clocks may differ by two minutes, and of two tenants each is asked.
func TestTokensInTime(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newAuthority(t)
	b := newBench(t, Options{Now: func() time.Time { return now }}, fileOf("http://127.0.0.1:1",
		strings.Replace(a.entraCaller(), tenant, stranger, 1), a.entraCaller()))
	for _, test := range []struct {
		name, claim string
		after       time.Duration
		want        string
	}{
		{"expired a minute ago", "exp", -time.Minute, "OK"},
		{"valid in a minute", "nbf", time.Minute, "OK"},
		{"expired", "exp", -2 * time.Minute, "Unauthorized: the token of Entra is not accepted: it has expired"},
		{"of the far future", "nbf", 121 * time.Second, "Unauthorized: the token of Entra is not accepted: it is not valid yet"},
	} {
		claims := a.claims(now)
		claims[test.claim] = now.Add(test.after).Unix()
		if got := b.read(good(claims)).outcome(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if diff := cmp.Diff([]string{"GET /" + tenant + "/discovery/keys"}, a.took()); diff != "" {
		t.Errorf("fetches (-want +got):\n%s", diff)
	}
}

// Where keys cannot be had nobody is told that a token is wrong: Entra would
// stop at once.
func TestNoKeysIsNoRefusal(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newAuthority(t)
	b := newBench(t, Options{Now: func() time.Time { return now }}, fileOf("http://127.0.0.1:1", a.entraCaller(), a.wifCaller()))
	a.turn(func(a *authority) {
		a.first = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true }
	})
	const why = "the keys that prove a token of Entra cannot be had at present"
	got := b.read(good(a.claims(now)))
	if want := "Service Unavailable: " + why; got.outcome() != want || got.Header.Get("Retry-After") != "10" {
		t.Errorf("a token: %s, Retry-After %q", got.outcome(), got.Header.Get("Retry-After"))
	}
	got = b.assert(good(a.assertion(now)))
	if want := "Service Unavailable: temporarily_unavailable: " + why; got.outcome() != want || got.Header.Get("Retry-After") != "10" {
		t.Errorf("an assertion: %s, Retry-After %q", got.outcome(), got.Header.Get("Retry-After"))
	}
	foreign := a.claims(now)
	foreign["tid"] = stranger
	if got := b.read(good(foreign)).outcome(); got != "Unauthorized: the token of Entra is not accepted: it is of another tenant" {
		t.Errorf("what is wrong whatever the keys are: %s", got)
	}
	a.turn(func(a *authority) { a.first = nil })
	now = now.Add(11 * time.Second)
	if got := b.read(good(a.claims(now))).outcome(); got != "OK" {
		t.Errorf("when the keys are back: %s", got)
	}
}

// A token that was good a moment ago is good no longer when it has expired, or
// when its key is withdrawn.
func TestTokensEnd(t *testing.T) {
	c := newClock()
	a := newAuthority(t)
	b := newBench(t, Options{Now: c.now}, fileOf("http://127.0.0.1:1", a.entraCaller()))
	claims := a.claims(c.now())
	short := good(claims)
	claims["exp"] = c.now().Add(100 * time.Hour).Unix()
	long := good(claims)
	for i, step := range []struct {
		forward time.Duration
		token   string
		change  func(*authority)
		want    string
	}{
		{0, short, nil, "OK"},
		{62*time.Minute - time.Second, short, nil, "OK"},
		{time.Second, short, nil, "Unauthorized: the token of Entra is not accepted: it has expired"},
		{0, long, nil, "OK"},
		{0, long[:len(long)-2] + "AA", nil, "Unauthorized: the token of Entra is not accepted: its signature is wrong"},
		{24 * time.Hour, long, nil, "OK"},
		{24 * time.Hour, long, func(a *authority) { a.keys["one"] = &secondKey().PublicKey }, "Unauthorized: the token of Entra is not accepted: its signature is wrong"},
		{24 * time.Hour, long, func(a *authority) { delete(a.keys, "one"); a.keys["two"] = &secondKey().PublicKey },
			"Unauthorized: the token of Entra is not accepted: its key is not one of the authority's"},
	} {
		if step.change != nil {
			a.turn(step.change)
		}
		c.forward(step.forward)
		for range 2 {
			if got := b.read(step.token).outcome(); got != step.want {
				t.Errorf("step %d: %s, want %s", i, got, step.want)
			}
		}
	}
}
