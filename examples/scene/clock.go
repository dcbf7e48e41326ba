package scene

import (
	"sync/atomic"
	"time"

	"scimshim/gateway"
)

// clock is that of a gateway, whose waiting lets time pass by itself.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Later lets time pass for the gateway.
func (c *clock) Later(by time.Duration) { c.ahead.Add(int64(by)) }

// NextCycle lets the 40 minutes pass after which Entra begins its next cycle.
func (c *clock) NextCycle() { c.Later(40 * time.Minute) }

func (c *clock) options() gateway.Options {
	return gateway.Options{Now: c.now, Sleep: c.Later}
}
