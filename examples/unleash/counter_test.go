//go:build unix

package unleash_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// counter stands between the gateway and Unleash, and counts the calls by their
// method. It outlives restarts of either.
type counter struct {
	url string

	mu     sync.Mutex
	target *url.URL
	calls  map[string]int
	losing string // the method of the call whose answer is lost next, "" for none
}

func startCounter(t *testing.T) *counter {
	c := &counter{calls: map[string]int{}}
	front := httptest.NewServer(c)
	t.Cleanup(front.Close)
	c.url = front.URL
	return c
}

// point sends what comes from now on to this address.
func (c *counter) point(t *testing.T, to string) {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target = target
}

// take gives the calls since it was last asked.
func (c *counter) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = map[string]int{}
	return calls
}

// lose cuts the connection when Unleash has answered the next call of this
// method, so that the gateway cannot tell what became of it.
func (c *counter) lose(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.losing = method
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.calls[r.Method]++
	target, lost := c.target, c.losing == r.Method
	if lost {
		c.losing = ""
	}
	c.mu.Unlock()
	proxy := httputil.ReverseProxy{
		Rewrite:      func(p *httputil.ProxyRequest) { p.SetURL(target) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ModifyResponse: func(*http.Response) error {
			if lost {
				panic(http.ErrAbortHandler)
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}
