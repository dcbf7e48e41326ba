package gateway

import (
	"sync"

	"go.uber.org/zap"
)

// resends counts, by attribute, the values that Entra sent again although it had
// been shown them: the vendor changed them in between, and would for ever.
type resends struct {
	mu     sync.Mutex
	counts map[string]int
}

func (r *resends) add(attribute string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[attribute]++
	return r.counts[attribute]
}

// warnResent says which attribute keeps Entra busy, and what would end it.
func (x *exchange) warnResent() {
	for _, attribute := range x.resent {
		x.gateway.logger.Warn("sent again", zap.String("vendor", x.target.vendor), zap.String("attribute", attribute),
			zap.Int("times", x.vendor.resends.add(attribute)), zap.String("correlationId", x.facts.CorrelationID),
			zap.String("hint", "the vendor changes this value after Entra has written it; to write it only when a user is created, "+
				"give the attribute mutability: immutable in the vendor file, and to leave the vendor's value alone, keep in place of the field"))
	}
}
