package gateway

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"scimshim/transform"
)

// A session is renewed when this much of its life is left, or a tenth, whichever is
// less: a call that is under way should not see its end.
const sessionMargin = 30 * time.Second

// loginHold is how long logins are held back after a refusal, and after the next
// ones: who tries again and again is locked out by many a vendor.
var loginHold = [...]time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}

// sessionTrust is how old a session may be when the vendor says that somebody is
// not there. Some take who has no session any more for a guest, who sees nobody.
const sessionTrust = time.Minute

// session is what the calls of one vendor share. There is one login at a time,
// however many wait for it.
type session struct {
	login login

	mu      sync.Mutex
	current *ticket  // nil: none
	running *attempt // nil: nobody logs in
	refused int      // how often, since a session last worked
	held    time.Time
	asked   int // the status of the vendor that asked for the hold; 0: it refused a login
}

// login gets a session. old is the one before as it was when the login began, or nil;
// x is the exchange that asks.
type login func(x *exchange, old *transform.Session, made *attempt) (transform.Session, transform.Outcome)

// ticket is one session, from a login to the next.
type ticket struct {
	transform.Session
	made     time.Time
	due, end time.Time // zero: it lasts until it is refused

	// Guarded by the mutex of the session.
	worked    bool // the vendor has taken it
	forbidden bool // a 403 was no reason for a new one
	refreshed bool // it was renewed, without a login
	spent     bool // what it was renewed from is no good
}

// attempt is a login under way.
type attempt struct {
	done    chan struct{}
	ticket  *ticket
	outcome transform.Outcome // of a login that failed
	spent   spent
	trouble []string
	reason  string // why the last call of it got no answer, for the log alone
	renewed bool   // without a login
	fault   any    // a panic
}

// withSession makes a native call with a session, and once more with a new one where
// the vendor says that the first is no longer good: what it refused has not happened.
// Nor has anything where a read finds nobody, which an old session does not prove.
func (x *exchange) withSession(step transform.Step, move transform.Send) (got transform.Outcome, answer transform.Answer) {
	s := x.vendor.session
	var bad *ticket
	for {
		held, trouble := s.ticket(x, bad)
		if held == nil {
			return trouble, answer
		}
		got, answer = x.deliver(step, move, held)
		now := x.gateway.options.Now()
		lost := bad == nil && unseen(move, got) && now.Sub(held.made) > sessionTrust
		if !s.again(held, bad, got, answer, now) && !lost {
			return got, answer
		}
		bad = held
	}
}

// unseen reports whether a read says that somebody is gone.
func unseen(move transform.Send, got transform.Outcome) bool {
	return got.Kind == transform.Absent && move.Call.Operation == transform.Read && !move.Joins()
}

// rendered is the request of a call with a session, if it needs one.
func (x *exchange) rendered(move transform.Send, held *ticket) (transform.NativeRequest, error) {
	if held == nil {
		return move.Request, nil
	}
	s := x.vendor.session
	s.mu.Lock()
	session := held.Session
	s.mu.Unlock()
	return move.With(session)
}

func unmade(move transform.Send, err error) transform.Outcome {
	return transform.Outcome{Kind: transform.Unavailable, Status: 502, Unwritten: true,
		Detail: fmt.Sprintf("the %s call of the vendor file cannot be made: %v", move.Call.Operation, err)}
}

// noteCookies takes the cookies that an answer sets: vendors renew them as they like.
func (s *session) noteCookies(held *ticket, answer transform.Answer, up *transform.Upstream) {
	if held == nil || !answer.SetsCookies() {
		return
	}
	s.mu.Lock()
	held.Session = held.Session.Noting(answer, up)
	s.mu.Unlock()
}

// again learns from an outcome, and reports whether the call is to be made with
// another session.
func (s *session) again(used, bad *ticket, got transform.Outcome, answer transform.Answer, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case got.Doubt == transform.NoDoubt:
		if answer.Delivery == transform.Answered {
			used.worked, s.refused = true, 0
		}
		return false
	case got.Doubt == transform.Forbidden && used.forbidden:
		return false
	case bad == nil:
		used.forbidden = got.Doubt == transform.Forbidden
		used.spent = used.refreshed && !used.worked
		return true
	case used.refreshed && !used.worked && !bad.spent:
		used.spent = true
		return true
	}
	if got.Doubt == transform.Expired {
		s.hold(now)
		if !used.worked && !bad.worked && s.current == used {
			s.current = nil // it was never any good
		}
	}
	return false
}

// hold puts the next login off.
func (s *session) hold(now time.Time) {
	if now.Before(s.held) {
		return
	}
	s.held, s.asked = now.Add(loginHold[min(s.refused, len(loginHold)-1)]), 0
	s.refused++
}

// ticket gives a session that is not the bad one, after a login if need be. Without
// one it says why.
func (s *session) ticket(x *exchange, bad *ticket) (*ticket, transform.Outcome) {
	last, made, leads, held := s.join(x, bad)
	if made == nil {
		return last, held
	}
	if !x.await(made.done) {
		return last, transform.Outcome{Kind: transform.Unavailable, Status: 504, Unwritten: true, RetryAfter: 60, Detail: "the login at the vendor did not end in time"}
	}
	if leads {
		x.spent.add(made.spent)
		x.trouble = append(x.trouble, made.trouble...)
	}
	if made.fault != nil {
		panic(made.fault)
	}
	if made.ticket != nil {
		return made.ticket, transform.Outcome{}
	}
	return last, made.outcome // which is better than none
}

// join gives the session that there is, with why no other one can be had; and
// the login that one waits for, where there is need of a new one.
func (s *session) join(x *exchange, bad *ticket) (last *ticket, made *attempt, leads bool, held transform.Outcome) {
	now := x.gateway.options.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if last = s.current; last == bad {
		last = nil
	}
	if last != nil && (last.due.IsZero() || now.Before(last.due)) {
		return last, nil, false, held
	}
	if last != nil && !now.Before(last.end) {
		last = nil
	}
	if s.running != nil {
		return last, s.running, false, held
	}
	if wait := s.held.Sub(now); wait > 0 {
		return last, nil, false, s.waits(wait)
	}
	var old *transform.Session
	if t := s.current; t != nil && !t.spent {
		session := t.Session // answers to other calls go on setting cookies
		old = &session
	}
	s.running = &attempt{done: make(chan struct{})}
	go s.run(x.forLogin(), s.running, old, bad)
	return last, s.running, true, held
}

// waits says why there is no login now.
func (s *session) waits(wait time.Duration) transform.Outcome {
	out := refusedLogin(wait)
	if s.asked != 0 {
		out.Status, out.Detail = s.asked, fmt.Sprintf("the vendor has asked for a pause, and the next login waits for %d seconds", out.RetryAfter)
	}
	return out
}

func refusedLogin(wait time.Duration) transform.Outcome {
	seconds := int((wait + time.Second - 1) / time.Second)
	return transform.Outcome{Kind: transform.Unavailable, Status: 502, Unwritten: true, RetryAfter: seconds,
		Detail: fmt.Sprintf("the vendor refused the gateway's login, and the next one waits for %d seconds", seconds)}
}

// await waits no longer than the exchange may take.
func (x *exchange) await(done <-chan struct{}) bool {
	late := time.NewTimer(time.Until(x.began.Add(requestBudget)))
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}

// forLogin is what a login needs of the exchange that began it, which may end before
// the login does.
func (x *exchange) forLogin() *exchange {
	return &exchange{gateway: x.gateway, vendor: x.vendor, target: x.target, facts: x.facts, began: time.Now()}
}

// run logs in for all who wait. A fault is theirs to deal with.
func (s *session) run(x *exchange, made *attempt, old *transform.Session, bad *ticket) {
	defer func() {
		made.fault, made.spent = recover(), x.spent
		s.mu.Lock()
		s.finish(made, bad, x.gateway.options.Now())
		s.mu.Unlock()
		close(made.done)
	}()
	session, out := s.login(x, old, made)
	if made.outcome = out; out.Kind == transform.Done {
		made.ticket = newTicket(session, made, x.gateway.options.Now())
	}
}

// finish wants the lock.
func (s *session) finish(made *attempt, bad *ticket, now time.Time) {
	s.running = nil
	switch {
	case made.ticket != nil:
		made.ticket.forbidden = bad != nil && bad.forbidden
		s.current = made.ticket
	case made.fault == nil && !passing(made.outcome):
		s.hold(now)
		made.tell("login")
		made.outcome = refusedLogin(s.held.Sub(now))
		if bad != nil && s.current == bad && !bad.forbidden {
			s.current = nil
		}
	case made.fault == nil:
		if pause := made.outcome.Pause; pause > 0 && !now.Before(s.held) {
			s.held, s.asked = now.Add(pause), made.outcome.Status
		}
		made.tell("login")
		made.outcome.Unwritten, made.outcome.Doubt = true, transform.NoDoubt
	}
}

// tell has the log say what went wrong.
func (a *attempt) tell(what string) {
	a.trouble = append(a.trouble, strings.TrimSpace(what+": "+a.outcome.Detail+" "+a.reason))
	a.reason = ""
}

// passing reports whether a login failed for a reason that says nothing of what
// the gateway logs in with.
func passing(out transform.Outcome) bool {
	return out.Status == 429 || out.Status == 503 || out.Status == 504
}

func newTicket(session transform.Session, made *attempt, now time.Time) *ticket {
	t := &ticket{Session: session, made: now, refreshed: made.renewed}
	end, ok := session.Expires(now)
	if !ok || !end.IsZero() && !end.After(now) {
		made.trouble = append(made.trouble, "login: what it saves as expires is no time to come, nor seconds from now")
		return t
	}
	if !end.IsZero() {
		t.end, t.due = end, end.Add(-min(sessionMargin, end.Sub(now)/10))
	}
	return t
}

// byCalls logs in by the calls of the vendor file.
func byCalls(x *exchange, old *transform.Session, made *attempt) (transform.Session, transform.Outcome) {
	up := &x.vendor.Upstream
	if old != nil && len(up.Refresh) > 0 {
		session := *old
		session.Values = session.Values.Without("expires") // which was another one's
		session, out := x.logIn(up.Refresh, "refresh", session, made)
		if made.renewed = out.Kind == transform.Done; made.renewed || passing(out) {
			return session, out
		}
		made.outcome = out
		made.tell("refresh")
	}
	return x.logIn(up.Login, "login", transform.Session{}, made)
}

// logIn makes the calls of a login, each with what those before it have saved.
func (x *exchange) logIn(calls []*transform.Call, name string, session transform.Session, made *attempt) (transform.Session, transform.Outcome) {
	out := transform.Outcome{Kind: transform.Done}
	for i, c := range calls {
		send, wanted, err := x.vendor.Upstream.LoginCall(c, session, x.gateway.options.Now())
		if err != nil {
			return session, transform.Outcome{Kind: transform.Unavailable, Status: 502, Detail: fmt.Sprintf("call %d of %s cannot be made: %v", i+1, name, err)}
		}
		if !wanted {
			continue
		}
		var answer transform.Answer
		if out, answer = x.deliver(transform.Step{Kind: transform.StepCall, Call: c, Number: i}, send, nil); out.Kind == transform.Done {
			session, out = send.LoggedIn(answer, &x.vendor.Upstream, session)
		}
		if out.Kind != transform.Done {
			out.Detail, made.reason = fmt.Sprintf("call %d of %s: %s", i+1, name, out.Detail), answer.Reason
			return session, out
		}
	}
	return session, out
}
