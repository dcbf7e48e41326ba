package gateway

import (
	"sync"
	"time"

	"scimshim/transform"
)

// lookup remembers a table of the vendor's own. It lasts as long as its snapshot.
type lookup struct {
	mu       sync.Mutex
	table    *transform.LookupTable // the last one; nil: none yet
	fetching chan struct{}          // closed when the fetch under way ends; nil: none is
}

// find gives the table, where it may still answer and was fetched after a time.
func (l *lookup) find(ask transform.Ask, now time.Time) *transform.LookupTable {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.table == nil || now.Sub(l.table.Fetched) > ask.Lookup.Fresh || !l.table.Fetched.After(ask.After) {
		return nil
	}
	return l.table
}

// lead makes the caller the one that fetches, or gives what to wait for.
func (l *lookup) lead() (leads bool, wait <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fetching != nil {
		return false, l.fetching
	}
	l.fetching = make(chan struct{})
	return true, nil
}

// yield ends the fetch that lead began.
func (l *lookup) yield() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.fetching)
	l.fetching = nil
}

func (l *lookup) keep(table *transform.LookupTable) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.table = table
}

// lookUp asks for a table. Where none will do, one exchange fetches it, however many
// wait for it.
func (x *exchange) lookUp(ask transform.Ask) transform.Outcome {
	l := x.vendor.lookups[ask.Lookup]
	late := time.NewTimer(lockWait)
	defer late.Stop()
	for {
		if table := l.find(ask, x.gateway.options.Now()); table != nil {
			x.endFetch()
			return transform.Outcome{Kind: transform.Found, Table: table}
		}
		if x.fetches == l {
			return transform.Outcome{Kind: transform.Unclear}
		}
		leads, wait := l.lead()
		if leads {
			x.endFetch()
			x.fetches = l
			continue // the one before may have ended just now
		}
		select {
		case <-wait:
		case <-late.C:
			return transform.Outcome{Kind: transform.Unavailable, Status: 503, RetryAfter: 10, Detail: "another request is still fetching the table"}
		}
	}
}

func (x *exchange) endFetch() {
	if x.fetches != nil {
		x.fetches.yield()
		x.fetches = nil
	}
}
