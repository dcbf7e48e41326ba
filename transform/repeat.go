package transform

import (
	"cmp"
	"fmt"
	"time"
)

// How often a call is sent again, and when where the vendor does not say.
const (
	repeats        = 2
	repeatsAgain   = 3 // where the vendor asks for it
	repeatAnswered = time.Second
	repeatLost     = 250 * time.Millisecond // of a connection that broke, or could not be made
)

// repeatable says how often the request of an answer may be sent again. That is so
// where nothing happened, and where the vendor was only asked something: a 503 to
// a write may come of an application that did the work and failed to say so.
func (s Send) repeatable(a Answer, got *Outcome) {
	away := a.Status < 500 || a.Status >= 502 && a.Status <= 504 // 500 is a fault, which will be there again
	switch {
	case got.Kind == Throttled && got.Status == 429:
		got.Repeats = repeats
	case got.Down && away && !s.Call.Operation.Writes():
		got.Repeats = repeats
	}
	if got.Repeats > 0 {
		got.RepeatIn = cmp.Or(max(a.retryIn(), a.exhausted()), repeatAnswered)
	}
}

// unanswered is the outcome of a call that has no answer.
func (s Send) unanswered(a Answer) Outcome {
	switch a.Delivery {
	case NotSent:
		return Outcome{Kind: Unavailable, Status: 503, RetryAfter: retryUnavailable, Unwritten: true, Down: true, Repeats: repeats, RepeatIn: repeatLost,
			Detail: "the vendor cannot be reached"}
	case Queued:
		return Outcome{Kind: Throttled, Status: 429, RetryAfter: a.waiting(retryQueued), Unwritten: true,
			Detail: "too many requests for this vendor are waiting in the gateway"}
	case Paused:
		return s.paused(a)
	case Tripped:
		wait := a.waiting(1)
		return Outcome{Kind: Unavailable, Status: 503, RetryAfter: wait, Unwritten: true,
			Detail: fmt.Sprintf("the vendor has failed %d times in a row; the next call is tried in %d s", a.Failures, wait)}
	case Overdue:
		return Outcome{Kind: Throttled, Status: 503, RetryAfter: retryUnavailable, Unwritten: true,
			Detail: "the earlier calls of this request took so long that no time is left"}
	case Late:
		return s.interrupted("the vendor did not answer in time", 0)
	}
	return s.interrupted("the connection to the vendor broke before its answer was complete", repeats)
}

// paused is the outcome of a call that was held because the vendor has asked for
// a pause, with the status that it asked with.
func (s Send) paused(a Answer) Outcome {
	if a.Status == 429 {
		return Outcome{Kind: Throttled, Status: 429, RetryAfter: a.waiting(1), Unwritten: true,
			Detail: "the vendor limits the number of calls, and has asked for a pause"}
	}
	return Outcome{Kind: Unavailable, Status: 503, RetryAfter: a.waiting(1), Unwritten: true,
		Detail: "the vendor is not available, and has asked for a pause"}
}

// interrupted is the outcome of a call whose answer never came: a read may be
// asked again, a write may have happened.
func (s Send) interrupted(detail string, repeats int) Outcome {
	if s.Call.Operation.Writes() {
		return Outcome{Kind: Unclear, Status: 504, RetryAfter: retryUnavailable, Down: true, Detail: detail}
	}
	got := Outcome{Kind: Unavailable, Status: 504, RetryAfter: retryUnavailable, Down: true, Repeats: repeats, Detail: detail}
	if repeats > 0 {
		got.RepeatIn = repeatLost
	}
	return got
}

// waiting is what is left of a call's waiting, in seconds.
func (a Answer) waiting(otherwise int) int {
	if a.Wait <= 0 {
		return otherwise
	}
	return wholeSeconds(a.Wait)
}
