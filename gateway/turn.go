package gateway

import (
	"slices"
	"sync"
	"time"

	"scimshim/transform"
)

// turn is whose it is to get something from the vendor that others wait for: however
// many want it, the vendor is asked once.
type turn struct {
	mu      sync.Mutex    // guards what the turn is about as well
	running chan struct{} // closed when the turn under way ends; nil: none is
}

// lead gives the caller the turn, or what to wait for. begins is called with the lock.
func (t *turn) lead(begins func()) (leads bool, wait <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running != nil {
		return false, t.running
	}
	t.running = make(chan struct{})
	if begins != nil {
		begins()
	}
	return true, nil
}

// end ends the turn that lead began.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.running)
	t.running = nil
}

// inTurn asks find, until it knows something, or it is the turn of this exchange to
// get it. It is late when others have taken too long.
func (x *exchange) inTurn(t *turn, begins func(), find func() transform.Outcome) (got transform.Outcome, late bool) {
	var end <-chan time.Time
	for {
		got = find()
		if got.Kind != transform.Unclear {
			x.yield(t) // the one before has got it just now
			return got, false
		}
		if slices.Contains(x.turns, t) {
			return got, false
		}
		leads, wait := t.lead(begins)
		if leads {
			x.turns = append(x.turns, t)
			continue // likewise
		}
		if end == nil {
			end = time.After(lockWait)
		}
		select {
		case <-wait:
		case <-end:
			return got, true
		}
	}
}

// yield ends a turn, if it is this exchange's.
func (x *exchange) yield(t *turn) {
	if at := slices.Index(x.turns, t); at >= 0 {
		x.turns = slices.Delete(x.turns, at, at+1)
		t.end()
	}
}

// yieldAll ends all turns of this exchange.
func (x *exchange) yieldAll() {
	for len(x.turns) > 0 {
		x.yield(x.turns[0])
	}
}
