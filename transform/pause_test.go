package transform

import (
	"fmt"
	"testing"
	"time"
)

// TestPause: what the headers of an answer ask for, in the spellings of vendors.
func TestPause(t *testing.T) {
	k, _ := newKind(t)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) // 1767268800
	for _, test := range []struct {
		name    string
		status  int
		headers []Header
		want    string // the pause, and what a caller is told
	}{
		{"nothing", 200, nil, "0s 0"},
		{"429", 429, nil, "0s 30"},
		{"429 with seconds", 429, []Header{{"Retry-After", "7"}}, "7s 7"},
		{"429 with a date", 429, []Header{{"Retry-After", "Thu, 01 Jan 2026 12:00:09 GMT"}}, "10s 10"},
		{"429 with a date of a vendor whose clock is late", 429, []Header{{"Retry-After", "Thu, 01 Jan 2026 11:00:09 GMT"}, {"Date", "Thu, 01 Jan 2026 11:00:00 GMT"}}, "10s 10"},
		{"429 with a date that is over", 429, []Header{{"Retry-After", "Thu, 01 Jan 2026 11:00:00 GMT"}}, "1s 1"},
		{"429 at once", 429, []Header{{"Retry-After", "0"}}, "0s 0"},
		{"429 with nonsense", 429, []Header{{"Retry-After", "soon"}}, "0s 30"},
		{"429 for a day", 429, []Header{{"Retry-After", "86400"}}, "1h0m0s 3600"},
		{"503 with seconds", 503, []Header{{"Retry-After", "7"}}, "7s 7"},
		{"503", 503, nil, "0s 60"},
		{"202 with seconds is no refusal", 202, []Header{{"Retry-After", "7"}}, "0s 0"},
		{"404 with seconds is no refusal", 404, []Header{{"Retry-After", "7"}}, "0s 0"},
		{"the first drafts", 200, []Header{{"ratelimit-limit", "10"}, {"ratelimit-remaining", "0"}, {"ratelimit-reset", "5"}}, "5s 0"},
		{"some are left", 200, []Header{{"RateLimit-Remaining", "1"}, {"RateLimit-Reset", "5"}}, "0s 0"},
		{"none left, and no word of when", 200, []Header{{"RateLimit-Remaining", "0"}}, "0s 0"},
		{"one header", 200, []Header{{"RateLimit", "limit=10, remaining=0, reset=5"}}, "5s 0"},
		{"one header, some left", 200, []Header{{"RateLimit", "limit=10, remaining=3, reset=5"}}, "0s 0"},
		{"structured", 200, []Header{{"RateLimit", `"default";r=0;t=5`}}, "5s 0"},
		{"structured, of two", 200, []Header{{"RateLimit", `"burst";r=9;t=2, "daily";r=0;t=900`}}, "15m0s 0"},
		{"structured, some left", 200, []Header{{"RateLimit", `"burst";r=9;t=2, "daily";r=10;t=900`}}, "0s 0"},
		{"GitHub", 200, []Header{{"x-ratelimit-limit", "60"}, {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1767268829"}, {"x-ratelimit-used", "60"}}, "30s 0"},
		{"GitHub's 429", 429, []Header{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1767268829"}}, "30s 30"},
		{"Okta", 200, []Header{{"X-Rate-Limit-Limit", "600"}, {"X-Rate-Limit-Remaining", "0"}, {"X-Rate-Limit-Reset", "1767268829"}}, "30s 0"},
		{"Zendesk", 200, []Header{{"X-Rate-Limit", "700"}, {"X-Rate-Limit-Remaining", "0"}, {"RateLimit-Limit", "700"}, {"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "41"}}, "41s 0"},
		{"X- with seconds", 200, []Header{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "41"}}, "41s 0"},
		{"parts of seconds", 200, []Header{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1.5"}}, "1.5s 0"},
		{"milliseconds of Unix time", 200, []Header{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1767268829500"}}, "30.5s 0"},
		{"a date", 200, []Header{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "2026-01-01T12:00:29Z"}}, "30s 0"},
		{"over already", 200, []Header{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1767268000"}}, "0s 0"},
		{"for a day", 200, []Header{{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "86400"}}, "1h0m0s 0"},
		{"nonsense", 200, []Header{{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "NaN"}, {"RateLimit", "remaining=0"}, {"X-", "0"}, {"R", "0"}}, "0s 0"},
	} {
		send := Send{Call: k.Update[0], kind: k}
		if test.status == 404 {
			send.Call = k.Read
		}
		got := send.Outcome(Answer{Status: test.status, Headers: test.headers, Now: now})
		if text := fmt.Sprintf("%s %d", got.Pause, got.RetryAfter); text != test.want {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
}

// TestRepeats: what may be sent again, how often and when, and what speaks of the
// vendor as a whole.
func TestRepeats(t *testing.T) {
	k, _ := newKind(t)
	once := []Header{{"Retry-After", "7"}}
	for _, test := range []struct {
		name        string
		answer      Answer
		read, write string
	}{
		{"not sent", Answer{Delivery: NotSent}, "2 in 250ms, down", "2 in 250ms, down"},
		{"lost", Answer{Delivery: Lost}, "2 in 250ms, down", "0 in 0s, down"},
		{"late", Answer{Delivery: Late}, "0 in 0s, down", "0 in 0s, down"},
		{"queued", Answer{Delivery: Queued}, "0 in 0s", "0 in 0s"},
		{"paused", Answer{Delivery: Paused, Status: 503}, "0 in 0s", "0 in 0s"},
		{"tripped", Answer{Delivery: Tripped}, "0 in 0s", "0 in 0s"},
		{"expired", Answer{Delivery: Overdue}, "0 in 0s", "0 in 0s"},
		{"429", Answer{Status: 429}, "2 in 1s", "2 in 1s"},
		{"429, 7 s", Answer{Status: 429, Headers: once}, "2 in 7s", "2 in 7s"},
		{"500", Answer{Status: 500}, "0 in 0s, down", "0 in 0s, down"},
		{"501", Answer{Status: 501}, "0 in 0s, down", "0 in 0s, down"},
		{"502", Answer{Status: 502}, "2 in 1s, down", "0 in 0s, down"},
		{"503, 7 s", Answer{Status: 503, Headers: once}, "2 in 7s, down", "0 in 0s, down"},
		{"504", Answer{Status: 504}, "2 in 1s, down", "0 in 0s, down"},
		{"403", Answer{Status: 403}, "0 in 0s", "0 in 0s"},
		{"404", Answer{Status: 404}, "0 in 0s", "0 in 0s"},
		{"412", Answer{Status: 412}, "0 in 0s", "0 in 0s"},
		{"302", Answer{Status: 302}, "0 in 0s", "0 in 0s"},
		{"not JSON", Answer{Status: 200, Body: []byte("{")}, "0 in 0s", "0 in 0s"},
	} {
		for call, want := range map[*Call]string{k.Read: test.read, k.Create[0]: test.write} {
			got := Send{Call: call, kind: k}.Outcome(test.answer)
			text := fmt.Sprintf("%d in %s", got.Repeats, got.RepeatIn)
			if got.Down {
				text += ", down"
			}
			if text != want {
				t.Errorf("%s, %s: %s, want %s", test.name, call.Operation, text, want)
			}
		}
	}
}

// TestHeld: what is told of a call that was not made.
func TestHeld(t *testing.T) {
	k, _ := newKind(t)
	for _, test := range []struct {
		answer Answer
		want   string
	}{
		{Answer{Delivery: Queued}, "throttled 429  5: too many requests for this vendor are waiting in the gateway"},
		{Answer{Delivery: Queued, Wait: 7100 * time.Millisecond}, "throttled 429  8: too many requests for this vendor are waiting in the gateway"},
		{Answer{Delivery: Paused, Status: 429, Wait: 20 * time.Second}, "throttled 429  20: the vendor limits the number of calls, and has asked for a pause"},
		{Answer{Delivery: Paused, Status: 503, Wait: time.Millisecond}, "unavailable 503  1: the vendor is not available, and has asked for a pause"},
		{Answer{Delivery: Tripped, Failures: 7, Wait: 9 * time.Second}, "unavailable 503  9: the vendor has failed 7 times in a row; the next call is tried in 9 s"},
		{Answer{Delivery: Overdue}, "throttled 503  60: the earlier calls of this request took so long that no time is left"},
	} {
		got := Send{Call: k.Create[0], kind: k}.Outcome(test.answer)
		if text := brief(got) + ": " + got.Detail; text != test.want || !got.Unwritten || !test.answer.Delivery.Held() {
			t.Errorf("%v: %s, unwritten %v, want %s", test.answer, text, got.Unwritten, test.want)
		}
	}
}
