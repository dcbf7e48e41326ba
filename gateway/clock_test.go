package gateway_test

import (
	"sync"
	"sync/atomic"
	"time"
)

// clock is that of a gateway in tests: whoever waits by it makes it later.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }

// stillClock is a time that moves when it is told to.
type stillClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *stillClock { return &stillClock{now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)} }

func (c *stillClock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stillClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
