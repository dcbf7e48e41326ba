// Package provider is a small SCIM 2.0 service provider. It stands in for
// vendors whose own endpoint is closed: it holds to RFC 7643 and RFC 7644
// strictly, and has exactly the quirks that are switched on. It shares no code
// with the gateway, so that a mistake in one is not hidden by the same mistake
// in the other. Users and groups are kept in memory, requests are recorded, and
// it breaks on command. Managers and members must be users of its own, and leave
// with them. Of the RFCs it leaves out groups in groups, the groups of a User,
// sorting, bulk, ETags, and filters but "eq" and "and".
package provider

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// Provider is one vendor's endpoint. Its methods may be called while it serves.
type Provider struct {
	quirks Quirks
	mux    *http.ServeMux

	mu       sync.Mutex // calls are answered one after the other
	store    store
	token    string
	calls    map[string]int
	requests []Request
	faults   []*Fault
}

// Request is a call as it arrived.
type Request struct {
	Method string
	Target string // path and query as they were sent: "/Users?filter=userName+eq+%22ann%22"
	Body   string
}

// New gives a provider without users and groups, whose callers must send token as their
// bearer token. It panics when a path in the quirks cannot be read.
func New(quirks Quirks, token string) *Provider {
	quirks.check()
	p := &Provider{quirks: quirks, mux: http.NewServeMux(), token: token, calls: map[string]int{}}
	p.routes()
	return p
}

// Handler gives the endpoint, with /Users and /Groups at its root.
func (p *Provider) Handler() http.Handler { return p.mux }

// Calls gives the number of calls so far by kind: the method and the pattern of
// the path, "GET /Users/{id}". A list with a filter is a kind of its own,
// "GET /Users?filter=".
func (p *Provider) Calls() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.calls)
}

// Requests gives the calls so far, in the order they arrived.
func (p *Provider) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// ResetCalls forgets all calls and requests.
func (p *Provider) ResetCalls() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.calls)
	p.requests = nil
}

// RegenerateToken is the button in the vendor's portal: from now on the old
// token is refused with 401.
func (p *Provider) RegenerateToken(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = token
}

// serve is the life of one call: record it, and answer it unless a fault has it.
func (p *Provider) serve(w http.ResponseWriter, r *http.Request, do endpoint) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		badRequest("invalidSyntax", "the body cannot be read").answer().write(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.call(r, string(body), do).write(w)
}

func (p *Provider) call(r *http.Request, body string, do endpoint) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record(r, body)
	fault := p.fault(r)
	if fault == nil {
		return p.authorized(r, do)
	}
	if fault.Done {
		p.authorized(r, do)
	}
	return fault.answer()
}

func (p *Provider) record(r *http.Request, body string) {
	kind := r.Pattern
	if (kind == "GET "+users.path || kind == "GET "+groups.path) && r.URL.Query().Has("filter") {
		kind += "?filter="
	}
	p.calls[kind]++
	p.requests = append(p.requests, Request{r.Method, r.URL.RequestURI(), body})
}

// authorized does the work for a caller who has the token.
func (p *Provider) authorized(r *http.Request, do endpoint) answer {
	if r.Header.Get("Authorization") != "Bearer "+p.token {
		return (&refusal{http.StatusUnauthorized, "", "the bearer token is missing or wrong"}).answer()
	}
	given, refused := do(r)
	if refused != nil {
		return refused.answer()
	}
	return given
}

func (p *Provider) pageSize() int {
	if p.quirks.PageSize == 0 {
		return 100
	}
	return p.quirks.PageSize
}
