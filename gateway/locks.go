package gateway

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// locks keep the calls for one user from interleaving. Whoever needs several
// takes them in one order, so that no two wait for each other.
type locks struct {
	wait time.Duration // the longest that anybody waits

	mu   sync.Mutex
	open map[lockName]*lock
}

// lockName is a unique value or, after all of these, an id.
type lockName struct {
	vendor, kind string
	id           bool
	value        string
}

// compare puts groups before users, as the alphabet has them: who changes a group
// goes on to the users in it.
func (n lockName) compare(other lockName) int {
	rank := func(n lockName) int {
		if n.id {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(n.vendor, other.vendor), cmp.Compare(n.kind, other.kind),
		cmp.Compare(rank(n), rank(other)), cmp.Compare(n.value, other.value))
}

type lock struct {
	turn  chan struct{} // holds one token while somebody has the lock
	users int           // who has it or waits for it
}

func newLocks(wait time.Duration) *locks {
	return &locks{wait: wait, open: map[lockName]*lock{}}
}

// hold is what one exchange has locked.
type hold struct {
	locks *locks
	names []lockName
	taken []*lock
}

// acquire takes all of the locks, or none of them when the wait was in vain.
func (l *locks) acquire(names []lockName) (*hold, bool) {
	names = slices.Clone(names)
	slices.SortFunc(names, lockName.compare)
	h, until := &hold{locks: l}, time.Now().Add(l.wait)
	for _, name := range slices.Compact(names) {
		if !h.enter(name, until) {
			h.release()
			return nil, false
		}
	}
	return h, true
}

// add takes one more lock: an id that was learned on the way.
func (h *hold) add(name lockName) bool { return h.take(name, time.Now().Add(h.locks.wait)) }

// try takes one more lock if nobody else has it.
func (h *hold) try(name lockName) bool { return h.take(name, time.Time{}) }

// holds reports whether all of these are held, as long as none was added: in their
// order each is found at once, however many members a group gets.
func (h *hold) holds(names []lockName) bool {
	return !slices.ContainsFunc(names, func(name lockName) bool {
		_, held := slices.BinarySearchFunc(h.names, name, lockName.compare)
		return !held
	})
}

func (h *hold) take(name lockName, until time.Time) bool {
	return slices.Contains(h.names, name) || h.enter(name, until)
}

// enter takes a lock that is not held yet.
func (h *hold) enter(name lockName, until time.Time) bool {
	l := h.locks.enter(name)
	if !l.enter(until) {
		h.locks.leave(name, l)
		return false
	}
	h.names, h.taken = append(h.names, name), append(h.taken, l)
	return true
}

func (l *lock) enter(until time.Time) bool {
	select {
	case l.turn <- struct{}{}:
		return true
	default: // only who must wait pays for a timer
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case l.turn <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// release gives everything back.
func (h *hold) release() {
	for i, l := range h.taken {
		<-l.turn
		h.locks.leave(h.names[i], l)
	}
	h.names, h.taken = nil, nil
}

func (l *locks) enter(name lockName) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.open[name]
	if one == nil {
		one = &lock{turn: make(chan struct{}, 1)}
		l.open[name] = one
	}
	one.users++
	return one
}

func (l *locks) leave(name lockName, one *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(l.open, name)
	}
}
