package transform

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// PauseFor is how long the vendor wants to be left alone: until the time that it
// named where it refused for the number of calls or for its health, and until it
// counts anew where it says that no call is left. 0: it did not say.
func (a Answer) PauseFor(got Outcome) time.Duration {
	var asked time.Duration
	if got.Kind == Throttled && got.Status == 429 || got.Kind == Unavailable && got.Down {
		asked = a.retryIn()
	}
	return min(max(asked, a.exhausted()), retryMost*time.Second)
}

// retryAfter is what the caller is told, in seconds: what the vendor named, or
// else its limits.
func (a Answer) retryAfter(otherwise int) int {
	wait := max(a.retryIn(), a.exhausted())
	if text := a.header("Retry-After"); wait == 0 && text != "0" {
		return otherwise
	}
	return min(wholeSeconds(wait), retryMost)
}

// wholeSeconds rounds up: who comes back early is refused again.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// retryIn reads Retry-After in either form of RFC 9110 section 10.2.3.
func (a Answer) retryIn() time.Duration {
	text := a.header("Retry-After")
	if text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(min(n, retryMost)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(a.until(at), time.Second)
	}
	return 0
}

// until is how long it is until a moment of the vendor's clock, which it tells
// beside: it need not agree with ours. Such a moment is a second long.
func (a Answer) until(at time.Time) time.Duration {
	now := a.Now
	if said, err := http.ParseTime(a.header("Date")); err == nil {
		now = said
	}
	return at.Sub(now) + time.Second
}

// exhausted reads how long it is until further calls are allowed, where the vendor
// says that none is left. There are as many spellings as there are vendors: the
// drafts of the IETF (RateLimit, RateLimit-Remaining), GitHub's and Twitter's
// (X-RateLimit-Remaining), Okta's and Zendesk's (X-Rate-Limit-Remaining).
func (a Answer) exhausted() (wait time.Duration) {
	for _, h := range a.Headers {
		if len(h.Name) < len("RateLimit") || !strings.EqualFold(h.Name[:1], "R") && !strings.EqualFold(h.Name[:2], "X-") {
			continue
		}
		name := strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(h.Name), "x-"), "rate-limit", "ratelimit")
		switch {
		case name == "ratelimit":
			wait = max(wait, policies(h.Value))
		case name == "ratelimit-remaining" && strings.TrimSpace(h.Value) == "0":
			spelling := h.Name[:len(h.Name)-len("Remaining")]
			wait = max(wait, a.reset(a.header(spelling+"Reset")))
		}
	}
	return wait
}

// policies reads the one header of the later drafts, which may name several limits:
// `limit=10, remaining=0, reset=5`, or `"burst";r=0;t=5, "daily";r=90;t=3600`.
func policies(text string) (wait time.Duration) {
	if strings.Contains(text, "remaining=") {
		text = strings.ReplaceAll(text, ",", ";") // these are of one limit
	}
	for limit := range strings.SplitSeq(text, ",") {
		left, reset := "", ""
		for part := range strings.SplitSeq(limit, ";") {
			switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
			case "r", "remaining":
				left = value
			case "t", "reset":
				reset = value
			}
		}
		if n, err := strconv.Atoi(reset); err == nil && left == "0" && n > 0 {
			wait = max(wait, time.Duration(min(n, retryMost))*time.Second)
		}
	}
	return wait
}

// A number larger than this is a moment and not a number of seconds, and one
// that is larger still has milliseconds.
const (
	leastEpoch      = 1e8  // three years, or 1973
	leastEpochMilli = 1e11 // likewise
)

// reset reads when a limit is counted anew: seconds from now, seconds or
// milliseconds of Unix time, or a date.
func (a Answer) reset(text string) time.Duration {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil && n >= leastEpochMilli && n < 1e15:
		return max(0, a.until(time.UnixMilli(int64(n))))
	case err == nil && n >= leastEpoch && n < leastEpochMilli:
		return max(0, a.until(time.Unix(int64(n), 0)))
	case err == nil && n > 0 && n < leastEpoch:
		return time.Duration(min(n, retryMost) * float64(time.Second))
	case err == nil:
		return 0
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = http.ParseTime(text)
	}
	if err != nil {
		return 0
	}
	return max(0, a.until(at))
}
