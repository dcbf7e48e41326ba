package gateway

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"

	"scimshim/config"
	"scimshim/gateway/state"
)

// clock stands still until it is put forward.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// keysOf is the key set of an authority, with a clock and the log.
func keysOf(url string) (*keySet, *clock, *safeBuffer) {
	c, log := newClock(), &safeBuffer{}
	g := New(&config.Snapshot{}, state.InMemory(), Options{Now: c.now, Logger: NewLogger(log, zapcore.DebugLevel)})
	return g.keySet(url), c, log
}

// found says what became of a kid.
func found(s *keySet, kid string) string {
	switch key, decided := s.key(kid); {
	case !decided:
		return "undecided"
	case key == nil:
		return "none"
	default:
		return "key"
	}
}

// The life of a key set: fetched when needed, kept, renewed for a kid that is
// new, kept beyond its time while the authority is down.
func TestKeysLife(t *testing.T) {
	a := newAuthority(t)
	s, clock, _ := keysOf(a.URL + "/keys")
	down := func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }
	for i, step := range []struct {
		forward time.Duration
		change  func(*authority)
		kid     string
		want    string
		fetches int
	}{
		{0, nil, "one", "key", 1},
		{23 * time.Hour, nil, "one", "key", 0},
		{0, func(a *authority) { a.keys["two"] = &secondKey().PublicKey }, "one", "key", 0},
		{0, nil, "two", "key", 1},
		{0, nil, "three", "none", 0}, // the fetch before was a moment ago
		{59 * time.Second, nil, "three", "none", 0},
		{time.Second, nil, "three", "none", 1},
		{25 * time.Hour, func(a *authority) { a.first = down }, "one", "key", 1},
		{5 * time.Second, nil, "one", "key", 0},
		{0, nil, "three", "undecided", 0},
		{5 * time.Second, nil, "three", "undecided", 1},
		{240 * time.Hour, nil, "two", "key", 1},
		{10 * time.Second, func(a *authority) { a.first = nil; delete(a.keys, "one") }, "one", "none", 1},
		{0, nil, "two", "key", 0},
	} {
		clock.forward(step.forward)
		if step.change != nil {
			a.turn(step.change)
		}
		if got, fetches := found(s, step.kid), len(a.took()); got != step.want || fetches != step.fetches {
			t.Errorf("step %d: %s with %d fetches, want %s with %d", i, got, fetches, step.want, step.fetches)
		}
	}
}

// However many wait, and whatever kids they name, one fetch is made.
func TestKeysFlood(t *testing.T) {
	a := newAuthority(t)
	release := make(chan struct{})
	a.first = func(http.ResponseWriter, *http.Request) bool { <-release; return false }
	s, clock, _ := keysOf(a.URL)
	for round, want := range []int{1, 1} {
		var all sync.WaitGroup
		results := make([]string, 200)
		for i := range results {
			all.Go(func() {
				kid := "one"
				if i%2 == 1 {
					kid = fmt.Sprint("unknown-", i)
				}
				results[i] = found(s, kid)
			})
		}
		if round == 0 {
			close(release)
		}
		all.Wait()
		for i, got := range results {
			if wanted := []string{"key", "none"}[i%2]; got != wanted {
				t.Errorf("round %d, request %d: %s, want %s", round, i, got, wanted)
			}
		}
		if fetches := len(a.took()); fetches != want {
			t.Errorf("round %d: %d fetches, want %d", round, fetches, want)
		}
		clock.forward(keysBetween)
	}
}

// How long an answer is kept is the authority's to say, within bounds.
func TestKeysFreshness(t *testing.T) {
	for _, test := range []struct {
		header string
		want   time.Duration
	}{
		{"", 24 * time.Hour},
		{"private", 24 * time.Hour},
		{"max-age=7200, private", 2 * time.Hour},
		{"private,Max-Age=7200", 2 * time.Hour},
		{"s-maxage=7200", 24 * time.Hour},
		{"max-age=0", 5 * time.Minute},
		{"max-age=86401", 24 * time.Hour},
		{"max-age=99999999999999999999", 24 * time.Hour},
		{"max-age=-5", 24 * time.Hour},
	} {
		if got := freshness(test.header); got != test.want {
			t.Errorf("%q: %s, want %s", test.header, got, test.want)
		}
	}
	a := newAuthority(t)
	a.first = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Cache-Control", "max-age=600")
		return false
	}
	s, clock, _ := keysOf(a.URL)
	var fetches []int
	for _, forward := range []time.Duration{0, 599 * time.Second, time.Second} {
		clock.forward(forward)
		found(s, "one")
		fetches = append(fetches, len(a.took()))
	}
	if diff := cmp.Diff([]int{1, 0, 1}, fetches); diff != "" {
		t.Errorf("fetches (-want +got):\n%s", diff)
	}
}

// What is no key set leaves the keys as they were, and its words reach no log.
func TestKeysRefused(t *testing.T) {
	elsewhere := newAuthority(t)
	whole, _ := json.Marshal(map[string]any{"keys": []any{publicJWK("one", &firstKey().PublicKey)}})
	for _, test := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   string
	}{
		{"a redirect", func(w http.ResponseWriter) { w.Header().Set("Location", elsewhere.URL); w.WriteHeader(302) }, "the answer is 302"},
		{"an error with keys", func(w http.ResponseWriter) { w.WriteHeader(404); w.Write(whole) }, "the answer is 404"},
		{"too large", func(w http.ResponseWriter) { w.Write(whole); w.Write([]byte(strings.Repeat(" ", keysSize))) }, "the answer is larger than 262144 bytes"},
		{"HTML", func(w http.ResponseWriter) { w.Write([]byte("<html>canary")) }, "the answer is not JSON"},
		{"cut off", func(w http.ResponseWriter) { w.Write(whole[:len(whole)-2]) }, "the answer is not JSON"},
		{"a name twice", func(w http.ResponseWriter) { w.Write([]byte(`{"keys":[],` + string(whole[1:]))) }, "the answer is not JSON"},
		{"no keys", func(w http.ResponseWriter) { w.Write([]byte(`{"keys":[],"canary":1}`)) }, "the answer has no RSA key"},
	} {
		a := newAuthority(t)
		s, clock, log := keysOf(a.URL)
		if got := found(s, "one"); got != "key" {
			t.Fatalf("%s: before: %s", test.name, got)
		}
		clock.forward(25 * time.Hour)
		a.turn(func(a *authority) {
			a.first = func(w http.ResponseWriter, _ *http.Request) bool { test.answer(w); return true }
		})
		if one, two := found(s, "one"), found(s, "two"); one != "key" || two != "undecided" {
			t.Errorf("%s: the known kid %s, another %s", test.name, one, two)
		}
		if text := log.String(); !strings.Contains(text, `"trouble":"`+test.want+`"`) || strings.Contains(text, "canary") {
			t.Errorf("%s: want %q in the log:\n%s", test.name, test.want, text)
		}
	}
	if fetches := elsewhere.took(); len(fetches) > 0 {
		t.Errorf("a redirect was followed: %v", fetches)
	}
}

// An authority that does not answer, or is not there, is waited for once.
func TestKeysTime(t *testing.T) {
	hold := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer silent.Close()
	defer close(hold)
	s, _, log := keysOf(silent.URL)
	s.client.Timeout = 50 * time.Millisecond
	if one, two := found(s, "one"), found(s, "two"); one != "undecided" || two != "undecided" {
		t.Errorf("%s, %s", one, two)
	}
	if n := strings.Count(log.String(), `"trouble"`); n != 1 {
		t.Errorf("%d tries:\n%s", n, log)
	}
	if got := newKeysClient().Timeout; got != 5*time.Second {
		t.Errorf("a fetch may take %s", got)
	}
}

// Only RSA keys for signatures that are neither weak nor monstrous are taken.
func TestReadKeys(t *testing.T) {
	number := func(bits int) *big.Int { return new(big.Int).SetBit(big.NewInt(1), bits-1, 1) }
	key := func(kid string, bits, e int, change ...string) map[string]string {
		out := publicJWK(kid, &rsa.PublicKey{N: number(bits), E: e})
		for i := 0; i < len(change); i += 2 {
			out[change[i]] = change[i+1]
		}
		return out
	}
	body, _ := json.Marshal(map[string]any{"keys": []any{
		key("2048", 2048, 65537), key("8192", 8192, 3), key("2047", 2047, 65537), key("8193", 8193, 65537),
		key("e=1", 2048, 1), key("e=2", 2048, 2), key("e even", 2048, 65536), key("e large", 2048, 1<<32+1),
		key("e of 32 bits", 2048, 65537, "e", "_____w"), key("no e", 2048, 65537, "e", ""), key("no n", 2048, 65537, "n", ""), key("n padded", 2048, 65537, "n", "AAA="),
		key("encryption", 2048, 65537, "use", "enc"), key("RS256", 2048, 65537, "alg", "RS256"), key("RS512", 2048, 65537, "alg", "RS512"),
		key("EC", 2048, 65537, "kty", "EC"), key("oct", 2048, 65537, "kty", "oct"), key("", 2048, 65537), key("2048", 4096, 65537), "text",
	}})
	keys, err := readKeys(body)
	got := map[string]int{}
	for kid, key := range keys {
		got[kid] = key.N.BitLen()
	}
	if diff := cmp.Diff(map[string]int{"2048": 2048, "8192": 8192, "RS256": 2048}, got); diff != "" || err != nil {
		t.Errorf("error %v, keys (-want +got):\n%s", err, diff)
	}
}
