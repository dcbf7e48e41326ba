package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// loggingIn is the office's file with a login; both may have limits, or "".
func loggingIn(limits, own string) string {
	for _, l := range []*string{&limits, &own} {
		if *l != "" {
			*l = ", limits: " + *l
		}
	}
	return strings.Replace(officeFile, "timeout: 10s", `timeout: 10s`+limits+`, headers: {Authorization: '="Bearer " + session.token'}, `+
		`login: {request: POST /login`+own+`, save: {token: body.token}}`, 1)
}

// reads asks for so many users at once, and gives the answers in order.
func (b *bubble) reads(n int) []string {
	answers := make([]string, n)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = b.call("GET", fmt.Sprint("/Users/", i+1), "") })
	}
	all.Wait()
	return answers
}

// shortened leaves out which user a call is about.
func shortened(calls []string) []string {
	for i, call := range calls {
		calls[i], _, _ = strings.Cut(call, " /users/")
	}
	return calls
}

// TestLoginsAreLimited: a login takes its turns like any call, is made again like
// one, and who has failed so often that the breaker opens is not asked to let
// anybody in.
func TestLoginsAreLimited(t *testing.T) {
	inBubble(t, loggingIn("{rate: 1/s, burst: 1, wait: 10s}", ""), func(t *testing.T, b *bubble) {
		b.office.turn(always(mood{status: 503}))
		var got []string
		for range 7 {
			got = append(got, b.reads(2)[0]) // of which one logs in
		}
		down := "503 call 1 of login: the vendor answered with status 503, Retry-After 60"
		same(t, "answers", []string{"2s: " + down, "5s: " + down, "8s: " + down, "11s: " + down, "14s: " + down,
			"14s: 503 call 1 of login: the vendor has failed 5 times in a row; the next call is tried in 10 s, Retry-After 10",
			"14s: 503 call 1 of login: the vendor has failed 5 times in a row; the next call is tried in 10 s, Retry-After 10"}, got)
		var told []string
		for second := range 15 {
			told = append(told, fmt.Sprintf("%ds POST /login", second))
		}
		same(t, "calls", told, b.office.told())
	})
}

// TestLoginsHeedPauses: the pause that a login's answer asks for is everybody's,
// and the log of the one who logs in says what was waited for.
func TestLoginsHeedPauses(t *testing.T) {
	inBubble(t, loggingIn("{concurrent: 1}", ""), func(t *testing.T, b *bubble) {
		b.office.hire("ada", "bob", "cid")
		b.office.turn(func(_ *http.Request, nth int) mood {
			if nth == 1 {
				return mood{status: 429, header: []string{"Retry-After", "3"}}
			}
			return mood{}
		})
		same(t, "answers", []string{"3s: 200", "3s: 200", "3s: 200"}, b.reads(3))
		same(t, "calls", []string{"0s POST /login", "3s POST /login", "3s GET", "3s GET", "3s GET"}, shortened(b.office.told()))
		want := `"calls":3,"duration":3,"correlationId":"made-up","caller":"1 (token)","waited":3,"repeated":["login 1: the vendor limits the number of calls"]}`
		if n := strings.Count(b.log.String(), want); n != 1 {
			t.Errorf("%d lines have %s:\n%s", n, want, b.log.String())
		}
	})
}

// TestLoginsLimitedApart: what the file says of the login by itself counts.
func TestLoginsLimitedApart(t *testing.T) {
	inBubble(t, loggingIn("", "{rate: 1/m, wait: 1s}"), func(t *testing.T, b *bubble) {
		b.office.hire("ada")
		got := b.reads(1)
		b.office.turn(func(r *http.Request, nth int) mood {
			if r.Method == "GET" {
				return mood{status: 401}
			}
			return mood{}
		})
		time.Sleep(time.Second)
		got = append(got, b.reads(1)...)
		if diff := cmp.Diff([]string{"0s: 200",
			"1s: 429 call 1 of login: too many requests for this vendor are waiting in the gateway, Retry-After 59"}, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}
