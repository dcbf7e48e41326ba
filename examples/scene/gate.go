package scene

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Gate stands before a vendor's program: it counts the calls by kind, and breaks
// on command. The program itself answers as the vendor documents it.
type Gate struct {
	vendor http.Handler
	kind   func(r *http.Request, body []byte) string

	mu    sync.Mutex
	calls Calls
	down  bool
	lose  string
}

// NewGate makes a gate. kind names a call, as tests count it.
func NewGate(vendor http.Handler, kind func(r *http.Request, body []byte) string) *Gate {
	return &Gate{vendor: vendor, kind: kind, calls: Calls{}}
}

// Calls gives the number of calls by kind since the last Reset.
func (g *Gate) Calls() Calls {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.calls)
}

// Reset sets all counts back to nothing.
func (g *Gate) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.calls)
}

// Down cuts every call off, undone, or ends that.
func (g *Gate) Down(down bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = down
}

// Lose lets the next call of a kind be done, and its answer be lost.
func (g *Gate) Lose(kind string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lose = kind
}

func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	down, lost := g.arrive(g.kind(r, body))
	switch {
	case lost:
		g.vendor.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case down:
		panic(http.ErrAbortHandler)
	}
	g.vendor.ServeHTTP(w, r)
}

// arrive counts a call, and tells what becomes of it.
func (g *Gate) arrive(kind string) (down, lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		return true, false
	}
	g.calls[kind]++
	if lost = g.lose == kind; lost {
		g.lose = ""
	}
	return false, lost
}
