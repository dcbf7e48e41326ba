package gateway

import (
	"sync"
	"time"

	"scimshim/transform"
)

// gate is what the calls of a vendor pass, or those of one call in its file whose
// calls the vendor counts apart: a gate of its own has its own pause, too.
type gate struct {
	limits transform.Limits
	pause  *pause
	slots  chan struct{} // of the calls that may be under way; nil: any number

	mu   sync.Mutex
	next time.Time // the turn of the next call, were it not for the burst
}

// newGate makes a gate that goes on with the pause of the one before, if there was
// one: with other limits there are no turns to go on with.
func newGate(limits transform.Limits, before *gate) *gate {
	g := &gate{limits: limits, pause: &pause{}}
	if before != nil {
		g.pause = before.pause
	}
	if limits.Concurrent > 0 {
		g.slots = make(chan struct{}, limits.Concurrent)
	}
	return g
}

// gatesOf makes the gates of a vendor, and goes on with those that there were: a
// reload gives no further calls, and ends no pause. The gates are named by their
// calls, that of all calls by "".
func gatesOf(v *transform.Vendor, before map[string]*gate) (all *gate, own map[*transform.Call]*gate, named map[string]*gate) {
	named = map[string]*gate{}
	get := func(name string, limits transform.Limits) *gate {
		if named[name] == nil || named[name].limits != limits {
			if named[name] = before[name]; named[name] == nil || named[name].limits != limits {
				named[name] = newGate(limits, named[name])
			}
		}
		return named[name]
	}
	all = get("", v.Upstream.Limits)
	limited := func(name string, calls []*transform.Call) {
		for _, call := range calls {
			if call.Limits != (transform.Limits{}) {
				if own == nil {
					own = map[*transform.Call]*gate{}
				}
				own[call] = get(name+" "+string(call.Operation)+" "+call.Method+" "+call.Path.Source, call.Limits)
			}
		}
	}
	limited("login", v.Upstream.Login)
	limited("refresh", v.Upstream.Refresh)
	for _, kind := range v.Kinds() {
		limited(kind.Name, kind.Calls())
	}
	return all, own, named
}

// enter waits for a turn. It reports what holds the call where that takes longer
// than there is time for. A turn that came and could not be used, for a pause that
// began meanwhile or a further gate, is not given back: it would be one too many.
func (g *gate) enter(p *patience) (held transform.Answer, ok bool) {
	if left, status := g.pause.left(p.now()); left > p.pauseMost() { // then nobody need queue
		return transform.Answer{Delivery: transform.Paused, Status: status, Wait: left}, false
	}
	if !g.slot(p) {
		return transform.Answer{Delivery: transform.Queued}, false
	}
	if wait, ok := g.turn(p.now(), p.queue(g.limits.Wait)); !ok {
		g.leave()
		return transform.Answer{Delivery: transform.Queued, Wait: wait}, false
	} else if wait > 0 {
		p.sleep(wait)
	}
	for {
		left, status := g.pause.left(p.now())
		switch {
		case left == 0:
			return transform.Answer{}, true
		case left > p.pauseMost():
			g.leave()
			return transform.Answer{Delivery: transform.Paused, Status: status, Wait: left}, false
		}
		p.sleep(left)
	}
}

// slot waits until fewer calls are under way than may be. Channels serve those who
// wait in their order.
func (g *gate) slot(p *patience) bool {
	if g.slots == nil {
		return true
	}
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	began, late := time.Now(), time.NewTimer(p.queue(g.limits.Wait))
	defer late.Stop()
	defer func() { p.waited += time.Since(began) }()
	select {
	case g.slots <- struct{}{}:
		return true
	case <-late.C:
		return false
	}
}

// turn gives the next call its turn, unless it is further away than that: then
// nobody's turn is taken. This is the generic cell rate algorithm (ITU-T I.371),
// which needs to know of one moment alone: of calls at a steady rate, the burst is
// how many may come early.
func (g *gate) turn(now time.Time, most time.Duration) (wait time.Duration, ok bool) {
	if g.limits.Calls == 0 {
		return 0, true
	}
	each := (g.limits.Per + time.Duration(g.limits.Calls) - 1) / time.Duration(g.limits.Calls) // rounded up
	g.mu.Lock()
	defer g.mu.Unlock()
	turn := g.next
	if idle := now.Add(-each * time.Duration(g.limits.Burst-1)); turn.Before(idle) {
		turn = idle
	}
	if wait = turn.Sub(now); wait > most {
		return wait, false
	}
	g.next = turn.Add(each)
	return max(0, wait), true
}

// leave lets the next one in.
func (g *gate) leave() {
	if g.slots != nil {
		<-g.slots
	}
}
