package app

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Kind says how a call goes wrong.
type Kind int

const (
	// Refuse takes the application down at this call, as Outage(true) does: the
	// call is cut off undone, and connections are refused from then on.
	Refuse Kind = iota + 1
	// Timeout holds the call, undone and unanswered, until the caller hangs up.
	Timeout
	// LoseAnswer does the work and then closes the connection without an answer.
	LoseAnswer
	// Reset does the work and resets the connection in the middle of the answer.
	Reset
	// Status answers Code, Body and Header, and does nothing.
	Status
	// HTML answers 200 with a login page, as a proxy does, and does nothing.
	HTML
	// BrokenJSON does the work and answers whole, but with half the JSON.
	BrokenJSON
	// TruncatedJSON does the work, promises the whole answer in Content-Length,
	// and closes after half of it.
	TruncatedJSON
)

// loginPage is what the fault HTML answers.
const loginPage = "<!DOCTYPE html><title>Sign in</title><form method=post><input name=password></form>"

// Fault is one way to go wrong, and for which calls.
type Fault struct {
	Method string // "": any
	Path   string // how the path begins; "": any
	After  int    // matching calls that are let pass first
	Times  int    // calls that are hit then; 0: all, until ClearFaults
	Kind   Kind

	Code   int         // of Status
	Body   string      // of Status
	Header http.Header // of Status: Retry-After, Content-Type

	seen int
}

// Fault makes coming calls go wrong. Of several faults that match a call the
// one that was given first has it.
func (a *App) Fault(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// ClearFaults ends all faults. It does not end an outage, not even one that the
// fault Refuse began.
func (a *App) ClearFaults() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

// hits tells whether the fault has this call, and counts it if it matches.
func (f *Fault) hits(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method || !strings.HasPrefix(r.URL.Path, f.Path) {
		return false
	}
	f.seen++
	return f.seen > f.After && (f.Times == 0 || f.seen <= f.After+f.Times)
}

// strike does to a call what the fault says.
func (a *App) strike(f *Fault, w http.ResponseWriter, r *http.Request, work func() answer) {
	switch f.Kind {
	case Refuse:
		a.goDown()
	case Timeout:
		<-r.Context().Done()
	case LoseAnswer:
		work()
	case Reset:
		resetInside(w, work())
	case TruncatedJSON:
		promiseWhole(w, work())
	case Status:
		f.answer(w)
		return
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, loginPage)
		return
	case BrokenJSON:
		whole := work()
		answer{whole.status, half(whole)}.write(w)
		return
	}
	// This is net/http's way to close the connection as it is, without a word.
	panic(http.ErrAbortHandler)
}

func (f *Fault) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(f.Code)
	io.WriteString(w, f.Body)
}

func half(a answer) []byte { return a.body[:len(a.body)/2] }

// promiseWhole writes half an answer under the Content-Length of all of it. An
// answer without a body has nothing to cut and is lost whole.
func promiseWhole(w http.ResponseWriter, a answer) {
	if len(a.body) == 0 {
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	answer{a.status, half(a)}.write(w)
	http.NewResponseController(w).Flush()
}

// resetInside writes half an answer and resets the connection, which reaches
// the caller as an error of the network and not as the end of the data.
func resetInside(w http.ResponseWriter, a answer) {
	promiseWhole(w, a)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
