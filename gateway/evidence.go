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
	ended  map[ended]time.Time  // what the vendor has deleted for us: its absence is no news
}

// ended is a user or group that is deleted.
type ended struct {
	kind *transform.Kind
	id   string
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
	reads := send.Call.Operation == transform.Read && !send.Joins()
	if send.Call.Operation == transform.Delete && got.Kind == transform.Done {
		e.ended = recent(e.ended, now)
		e.ended[ended{send.Kind(), send.ID()}] = now
	}
	switch got.Kind {
	case transform.Unavailable, transform.Unclear:
		e.shown = false
	case transform.Found:
		e.shown = e.shown || reads || len(got.Items) > 0 && send.Call.Operation != transform.LookUp
		if reads { // a search that works says nothing of reads by id
			e.flood, e.absent = false, nil
		}
	case transform.Absent:
		if at, known := e.ended[ended{send.Kind(), send.ID()}]; known && now.Sub(at) <= floodTime {
			return
		}
		if reads && !send.Refers() { // strangers may be many, and nobody is forgotten for them
			e.miss(send.Request, now)
		}
	}
}

// miss counts the different resources that were answered absent. The request
// stands for the id in it.
func (e *evidence) miss(request transform.NativeRequest, now time.Time) {
	e.absent = recent(e.absent, now)
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

// recent leaves of what happened that which counts.
func recent[K comparable](at map[K]time.Time, now time.Time) map[K]time.Time {
	for what, then := range at {
		if now.Sub(then) > floodTime {
			delete(at, what)
		}
	}
	if at == nil {
		at = map[K]time.Time{}
	}
	return at
}
