package gateway_test

import (
	"sync/atomic"
	"time"
)

// clock is that of a gateway in tests: whoever waits by it makes it later.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }
