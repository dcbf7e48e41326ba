package gateway

import (
	"sync"
	"time"
)

// A vendor that has failed so often in a row is asked nothing for a while, which
// doubles each time that it fails again.
const (
	breakerFailures = 5
	breakerLeast    = 10 * time.Second
	breakerMost     = time.Minute
)

// breaker keeps calls from a vendor that does not answer: they would only wait
// for it, and keep it from coming back.
type breaker struct {
	mu       sync.Mutex
	failures int           // in a row
	length   time.Duration // for which it is open, or was last
	until    time.Time     // it is open; then one call tries
	tried    bool          // that call is under way
}

// open is how long no call is made, and how often the vendor has failed.
func (b *breaker) open(now time.Time) (time.Duration, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.until.Sub(now)), b.failures
}

// claim is asked right before a call. Once the time is over the first to ask makes
// its call, and the others are held for as long again: should nothing be heard of
// that call, the next one tries.
func (b *breaker) claim(now time.Time) (time.Duration, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if left := b.until.Sub(now); left > 0 {
		return left, b.failures
	}
	if b.failures >= breakerFailures {
		b.until, b.tried = now.Add(b.length), true
	}
	return 0, b.failures
}

// closed reports whether the vendor is asked as usual.
func (b *breaker) closed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures < breakerFailures
}

// learn takes into account whether the vendor has failed. That calls which were
// made before it opened fail as well does not open it for longer.
func (b *breaker) learn(failed bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !failed {
		b.failures, b.length, b.until, b.tried = 0, 0, time.Time{}, false
		return
	}
	b.failures++
	if b.failures == breakerFailures || b.tried {
		b.length = min(max(2*b.length, breakerLeast), breakerMost)
		b.until, b.tried = now.Add(b.length), false
	}
}
