package gateway

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"scimshim/transform/scim"
)

// How the keys of an authority are had. Microsoft publishes a key a day or more
// before it signs with it, and says that its keys may be kept for a day.
const (
	keysFresh   = 24 * time.Hour // unless the answer says less
	keysLeast   = 5 * time.Minute
	keysBetween = time.Minute // between two fetches, whatever tokens arrive
	keysPause   = 10          // seconds to the next try when one has failed
	keysTimeout = 5 * time.Second
	keysSize    = 256 << 10
	keysMost    = 100
	keyLeast    = 2048 // bits
	keyMost     = 8192 // bits: beyond, a verification takes milliseconds
)

// keySet is the keys of one authority, fetched on first need. It outlives a
// snapshot. Keys that are old are better than none: they are kept while no new
// ones can be had.
type keySet struct {
	url    string
	client *http.Client
	logger *zap.Logger
	now    func() time.Time

	mu       sync.Mutex
	keys     map[string]*rsa.PublicKey
	until    time.Time     // when they are old
	tried    time.Time     // when the last fetch began
	failed   bool          // the last fetch, or there was none
	fetching chan struct{} // closed at the end of the fetch under way; nil: none
}

// keySet gives the keys at a URL. It wants the lock of Swap.
func (g *Gateway) keySet(url string) *keySet {
	s := g.keySets[url]
	if s == nil {
		s = &keySet{url: url, client: g.keysClient, logger: g.logger, now: g.options.Now, failed: true}
		g.keySets[url] = s
	}
	return s
}

// newKeysClient follows no redirect: keys come from where the file says. It
// holds no connection, since it makes one a day.
func newKeysClient() *http.Client {
	return &http.Client{
		Timeout:       keysTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
	}
}

// key gives the key of this name; nil: the authority has none. It is not decided
// where the keys could not be had.
func (s *keySet) key(kid string) (key *rsa.PublicKey, decided bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		key = s.keys[kid]
		now := s.now()
		switch {
		case key != nil && (now.Before(s.until) || s.fetching != nil):
			return key, true
		case s.fetching != nil:
			s.wait()
		case s.due(now):
			s.renew(now)
		default:
			return key, key != nil || !s.failed
		}
	}
}

// due reports whether another fetch may be made.
func (s *keySet) due(now time.Time) bool {
	pause := keysBetween
	if s.failed {
		pause = keysPause * time.Second
	}
	return s.tried.IsZero() || now.Sub(s.tried) >= pause
}

// wait gives up the lock until the fetch under way has ended.
func (s *keySet) wait() {
	fetching := s.fetching
	s.mu.Unlock()
	<-fetching
	s.mu.Lock()
}

// renew fetches, without the lock. However many wait, one does it.
func (s *keySet) renew(now time.Time) {
	s.tried, s.fetching = now, make(chan struct{})
	s.mu.Unlock()
	keys, fresh, err := s.fetch()
	s.mu.Lock()
	if s.failed = err != nil; !s.failed {
		s.keys, s.until = keys, now.Add(fresh)
		s.logger.Info("keys", zap.String("url", s.url), zap.Int("keys", len(keys)), zap.Duration("fresh", fresh))
	} else {
		s.logger.Warn("keys", zap.String("url", s.url), zap.String("trouble", err.Error()), zap.Int("kept", len(s.keys)))
	}
	close(s.fetching)
	s.fetching = nil
}

func (s *keySet) fetch() (keys map[string]*rsa.PublicKey, fresh time.Duration, err error) {
	response, err := s.client.Get(s.url)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("the answer is %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, keysSize+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(body) > keysSize:
		return nil, 0, fmt.Errorf("the answer is larger than %d bytes", keysSize)
	}
	keys, err = readKeys(body)
	return keys, freshness(response.Header.Get("Cache-Control")), err
}

// freshness is how long an answer may be kept, within bounds.
func freshness(cacheControl string) time.Duration {
	for directive := range strings.SplitSeq(strings.ToLower(cacheControl), ",") {
		if text, said := strings.CutPrefix(strings.TrimSpace(directive), "max-age="); said {
			if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
				return min(max(time.Duration(seconds)*time.Second, keysLeast), keysFresh)
			}
		}
	}
	return keysFresh
}

// readKeys reads a key set (RFC 7517). What is no RSA key for signatures, or a
// weak one, is left out.
func readKeys(body []byte) (map[string]*rsa.PublicKey, error) {
	set, err := scim.ParseJSON(body, scim.Limits{})
	if err != nil {
		return nil, errors.New("the answer is not JSON")
	}
	out := map[string]*rsa.PublicKey{}
	for _, item := range set.Member("keys").Items() {
		kid := item.Member("kid").Text()
		if key := readKey(item); key != nil && kid != "" && out[kid] == nil && len(out) < keysMost {
			out[kid] = key
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the answer has no RSA key")
	}
	return out, nil
}

func readKey(item scim.Value) *rsa.PublicKey {
	use, alg := item.Member("use").Text(), item.Member("alg").Text()
	if item.Member("kty").Text() != "RSA" || use != "" && use != "sig" || alg != "" && alg != "RS256" {
		return nil
	}
	n, err := base64.RawURLEncoding.DecodeString(item.Member("n").Text())
	if err != nil {
		return nil
	}
	e, err := base64.RawURLEncoding.DecodeString(item.Member("e").Text())
	if err != nil || len(e) > 4 {
		return nil
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if bits := key.N.BitLen(); bits < keyLeast || bits > keyMost || key.E < 3 || key.E%2 == 0 || key.E >= 1<<31 {
		return nil
	}
	return key
}
