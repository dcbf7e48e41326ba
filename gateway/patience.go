package gateway

import (
	"time"

	"scimshim/transform"
)

// patience is how long one call may be waited for and tried. Whatever waits leaves
// time for the call itself.
type patience struct {
	exchange *exchange
	timeout  time.Duration // of the call
	first    bool          // of the request: what is under way is not given up for a queue
	waited   time.Duration
}

func (x *exchange) patience(move transform.Send) patience {
	return patience{exchange: x, timeout: move.Request.Timeout, first: x.calls == 0}
}

func (p *patience) now() time.Time { return p.exchange.gateway.options.Now() }

// end is when the call must be over.
func (p *patience) end() time.Time {
	end := p.exchange.began.Add(requestBudget)
	if own := time.Now().Add(p.timeout); p.timeout > 0 && own.Before(end) {
		return own
	}
	return end
}

// room is how long may be waited: for as long as the call may take, or half of the
// time, is left.
func (p *patience) room() time.Duration {
	left := max(0, time.Until(p.exchange.began.Add(requestBudget)))
	if p.timeout > 0 {
		return left - min(p.timeout, left/2)
	}
	return left / 2
}

// pauseMost is how long a pause is waited for: no longer than the answer is.
func (p *patience) pauseMost() time.Duration {
	if room := p.room(); p.timeout == 0 || room < p.timeout {
		return room
	}
	return p.timeout
}

// queue is how long a turn is waited for. A request that has made a call already
// waits for as long as it can: giving it up would waste what is done.
func (p *patience) queue(most time.Duration) time.Duration {
	if room := p.room(); !p.first || room < most {
		return room
	}
	return most
}

func (p *patience) sleep(d time.Duration) {
	p.waited += d
	p.exchange.gateway.options.Sleep(d)
}

// wait has the vendor go on with what it has not finished; false when that would
// take too long.
func (x *exchange) wait(move transform.Send) bool {
	if move.After == 0 || x.standsIn() { // nobody is there to be waited for
		return true
	}
	if time.Now().Add(move.After).After(x.began.Add(requestBudget)) {
		return false
	}
	p := x.patience(move)
	p.sleep(move.After)
	x.waited += p.waited
	return true
}

// deliver makes a native call: when it is its turn, and again where that is safe
// and there is time.
// held is the session that it is made with, or nil.
func (x *exchange) deliver(step transform.Step, move transform.Send, held *ticket) (got transform.Outcome, answer transform.Answer) {
	p, v := x.patience(move), x.vendor
	for tried := 0; ; tried++ {
		var err error
		if move.Request, err = x.rendered(move, held); err != nil {
			return unmade(move, err), answer
		}
		next, made := x.try(move, &p)
		if !made && tried > 0 {
			break // what the vendor has said tells more
		}
		answer, got = next, move.Outcome(next)
		if !made {
			break
		}
		x.calls++
		x.logCall(step, move, answer)
		v.session.noteCookies(held, answer, &v.Upstream)
		v.gateOf(move.Call, got).pause.heed(got, p.now())
		if tried >= got.Repeats || got.RepeatIn > p.pauseMost() || !v.breaker.closed() || x.standsIn() {
			break
		}
		x.repeated = append(x.repeated, step.Name()+": "+got.Detail)
		p.sleep(got.RepeatIn)
	}
	if x.waited += p.waited; !answer.Delivery.Held() {
		v.breaker.learn(got.Down, p.now())
	}
	return got, answer
}

// standsIn reports whether the vendor is none, of which nothing is to be learned.
func (x *exchange) standsIn() bool { return x.gateway.options.Send != nil }

// try makes the call once, when neither the vendor nor its limits hold it.
func (x *exchange) try(move transform.Send, p *patience) (answer transform.Answer, made bool) {
	v := x.vendor
	if x.standsIn() {
		return v.send(move.Request, p.end()), true
	}
	if wait, failures := v.breaker.open(p.now()); wait > 0 {
		return tripped(wait, failures), false
	}
	if own := v.gates[move.Call]; own != nil {
		if held, ok := own.enter(p); !ok {
			return held, false
		}
		defer own.leave()
	}
	if held, ok := v.gate.enter(p); !ok {
		return held, false
	}
	defer v.gate.leave()
	if wait, failures := v.breaker.claim(p.now()); wait > 0 {
		return tripped(wait, failures), false
	}
	if !time.Now().Before(p.end()) {
		return transform.Answer{Delivery: transform.Overdue}, false
	}
	return v.send(move.Request, p.end()), true
}

func tripped(wait time.Duration, failures int) transform.Answer {
	return transform.Answer{Delivery: transform.Tripped, Wait: wait, Failures: failures}
}

// gateOf is the gate that an answer speaks of. Where the file limits a call by
// itself the vendor counts it apart; that it is not well concerns every call.
func (v *vendor) gateOf(call *transform.Call, got transform.Outcome) *gate {
	if own := v.gates[call]; own != nil && !got.Down {
		return own
	}
	return v.gate
}
