package gateway

import (
	"sync"
	"time"

	"scimshim/transform"
)

// A vendor that answers "not found" for everybody has lost its data, its path
// or our permission. More absences than this within floodTime are not believed.
const (
	floodMost = 5
	floodTime = time.Minute
)

// evidence is what speaks for believing a vendor's "not found".
type evidence struct {
	mu     sync.Mutex
	shown  bool                 // some resource was shown since the last failure
	flood  bool                 // too many absences, and none found since
	absent map[string]time.Time // what was asked for and answered absent
}

// renew asks for evidence anew: what was shown may have come from elsewhere.
func (e *evidence) renew() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shown = false
}

// learn takes the outcome of a call into account.
func (e *evidence) learn(send transform.Send, got transform.Outcome, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reads := send.Call.Operation == transform.Read
	switch got.Kind {
	case transform.Unavailable, transform.Unclear:
		e.shown = false
	case transform.Found:
		e.shown = e.shown || reads || len(got.Items) > 0
		if reads { // a search that works says nothing of reads by id
			e.flood, e.absent = false, nil
		}
	case transform.Absent:
		if reads && !send.Refers() { // strangers may be many, and nobody is forgotten for them
			e.miss(send.Request, now)
		}
	}
}

// miss counts the different resources that were answered absent. The request
// stands for the id in it.
func (e *evidence) miss(request transform.NativeRequest, now time.Time) {
	for asked, at := range e.absent {
		if now.Sub(at) > floodTime {
			delete(e.absent, asked)
		}
	}
	if e.absent == nil {
		e.absent = map[string]time.Time{}
	}
	e.absent[request.Path+"\n"+string(request.Body)] = now
	if len(e.absent) > floodMost {
		e.flood, e.absent = true, nil
	}
}

// tell adds the evidence to an outcome.
func (e *evidence) tell(got *transform.Outcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	got.Shown, got.Flood = e.shown, e.flood
}
