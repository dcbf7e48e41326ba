package gateway

import (
	"sync"
	"time"

	"scimshim/transform"
)

// pause is how long a vendor has asked to be left alone.
type pause struct {
	mu     sync.Mutex
	until  time.Time
	status int // that it asked with: 429 or 503
}

// heed takes into account what an answer asks for. A shorter pause does not end
// a longer one.
func (p *pause) heed(got transform.Outcome, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := now.Add(got.Pause)
	if !until.After(p.until) {
		return
	}
	p.until, p.status = until, 429
	if got.Down {
		p.status = 503
	}
}

// left is how long the pause goes on, and the status that it was asked with.
func (p *pause) left(now time.Time) (time.Duration, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.until.Sub(now)), p.status
}
