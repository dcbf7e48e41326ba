package provider

import (
	"net/http"
	"strings"
)

// Fault is one way to go wrong, and for which calls. An outage is the zero
// Fault; an answer that is lost has Done alone; a limit has Status 429 and
// RetryAfter.
type Fault struct {
	Method string // "": any
	Path   string // how the path begins; "": any
	After  int    // matching calls that are let pass first
	Times  int    // calls that are hit then; 0: all, until Mend

	Done       bool   // the work is done before the call goes wrong
	Status     int    // answered with a SCIM error; 0: the connection is closed without an answer
	RetryAfter string // header of the answer; "": none

	seen int
}

// Fail makes coming calls go wrong. Of several faults that match a call the one
// that was given first has it.
func (p *Provider) Fail(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &f)
}

// Mend ends all faults.
func (p *Provider) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// fault is the one that a call meets, nil for none.
func (p *Provider) fault(r *http.Request) *Fault {
	for _, f := range p.faults {
		if f.hits(r) {
			return f
		}
	}
	return nil
}

// hits tells whether the fault has this call, and counts it if it matches.
func (f *Fault) hits(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method || !strings.HasPrefix(r.URL.Path, f.Path) {
		return false
	}
	f.seen++
	return f.seen > f.After && (f.Times == 0 || f.seen <= f.After+f.Times)
}

// answer is what the caller of a failed call gets, if anything.
func (f *Fault) answer() answer {
	if f.Status == 0 {
		panic(http.ErrAbortHandler) // net/http's way to close a connection without a word
	}
	out := (&refusal{f.Status, "", http.StatusText(f.Status)}).answer()
	if f.RetryAfter != "" {
		out.header = http.Header{"Retry-After": {f.RetryAfter}}
	}
	return out
}
