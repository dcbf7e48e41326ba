package gateway

import (
	"crypto/sha256"
	"net/netip"
	"testing"
	"time"

	"scimshim/config"
	"scimshim/gateway/state"
)

func callersOf(list ...config.Caller) *callers {
	return New(&config.Snapshot{}, state.InMemory(), Options{}).newCallers("legacy", list)
}

func TestAuthenticate(t *testing.T) {
	callers := callersOf(
		config.Caller{Token: sha256.Sum256([]byte("old"))},
		config.Caller{Token: sha256.Sum256([]byte("new token"))},
		config.Caller{Token: sha256.Sum256([]byte("audit")), ReadOnly: true},
	)
	for _, test := range []struct {
		authorization string
		want          permission
	}{
		{"Bearer old", welcome},
		{"bearer  old ", welcome},
		{"Bearer new token", welcome},
		{"Bearer audit", readOnly},
		{"Bearer Old", unknown},
		{"Bearer ol", unknown},
		{"Bearer ", unknown},
		{"Bearer", unknown},
		{"Basic old", unknown},
		{"old", unknown},
		{"", unknown},
	} {
		if got := callers.authenticate(test.authorization, netip.Addr{}, true, time.Now()).permission; got != test.want {
			t.Errorf("%q: got %d, want %d", test.authorization, got, test.want)
		}
	}
}

// A hash of the empty token in a file, which config refuses, opens nothing.
func TestAuthenticateEmpty(t *testing.T) {
	callers := callersOf(config.Caller{Token: sha256.Sum256(nil)})
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer  "} {
		if got := callers.authenticate(authorization, netip.Addr{}, false, time.Now()); got.permission != unknown {
			t.Errorf("%q was let in", authorization)
		}
	}
}

// What it takes to know a caller, of each kind.
func BenchmarkAuthenticate(b *testing.B) {
	a := newAuthority(b)
	with := newBench(b, Options{}, fileOf("http://127.0.0.1:1", `{token: "token-of-legacy"}`, a.entraCaller(), `{client: {id: x, secret: y}}`))
	callers := (*with.vendors.Load())["legacy"].callers
	own := with.grantOf(map[string]string{"client_id": "x", "client_secret": "y"}).accessToken()
	for name, token := range map[string]string{"token": "token-of-legacy", "client": own, "entra": good(a.claims(time.Now()))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := callers.authenticate("Bearer "+token, netip.Addr{}, true, time.Now()); v.permission != welcome {
					b.Fatal(v)
				}
			}
		})
	}
}
