package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// Each line is what a vendor answers; what may be said of it comes last.
func TestEvidence(t *testing.T) {
	for _, test := range []struct{ name, events, want string }{
		{"nothing yet", "", "shown=false flood=false"},
		{"a read", "found:1", "shown=true flood=false"},
		{"a list with somebody", "items", "shown=true flood=false"},
		{"an empty list", "none", "shown=false flood=false"},
		{"an absence shows nobody", "absent:1", "shown=false flood=false"},
		{"a failure", "found:1 unavailable", "shown=false flood=false"},
		{"a doubtful write", "found:1 unclear", "shown=false flood=false"},
		{"being slowed down is no failure", "found:1 throttled", "shown=true flood=false"},
		{"shown again", "found:1 unavailable found:1", "shown=true flood=false"},
		{"five absent", "found:9 absent:1 absent:2 absent:3 absent:4 absent:5", "shown=true flood=false"},
		{"six absent", "found:9 absent:1 absent:2 absent:3 absent:4 absent:5 absent:6", "shown=true flood=true"},
		{"one absent six times", "absent:1 absent:1 absent:1 absent:1 absent:1 absent:1", "shown=false flood=false"},
		{"six in more than a minute", "absent:1 absent:2 absent:3 later absent:4 absent:5 absent:6", "shown=false flood=false"},
		{"a flood outlasts the minute", "absent:1 absent:2 absent:3 absent:4 absent:5 absent:6 later absent:7", "shown=false flood=true"},
		{"a search does not end it", "absent:1 absent:2 absent:3 absent:4 absent:5 absent:6 items", "shown=true flood=true"},
		{"a read ends it", "absent:1 absent:2 absent:3 absent:4 absent:5 absent:6 found:9", "shown=true flood=false"},
		{"a read between", "absent:1 absent:2 absent:3 found:9 absent:4 absent:5 absent:6", "shown=true flood=false"},
		{"a reload keeps a flood", "found:9 absent:1 absent:2 absent:3 absent:4 absent:5 absent:6 reload", "shown=false flood=true"},
		{"a reload counts on", "absent:1 absent:2 absent:3 reload absent:4 absent:5 absent:6", "shown=false flood=true"},
		{"searches without a hit", "miss:1 miss:2 miss:3 miss:4 miss:5 miss:6", "shown=false flood=false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var e evidence
			now := time.Unix(0, 0)
			for _, event := range strings.Fields(test.events) {
				if event == "reload" {
					e.renew()
					continue
				}
				if event == "later" {
					now = now.Add(floodTime + time.Second)
					continue
				}
				send, got := happening(event)
				e.learn(send, got, now)
			}
			var told transform.Outcome
			e.tell(&told)
			if got := fmt.Sprintf("shown=%t flood=%t", told.Shown, told.Flood); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func happening(event string) (transform.Send, transform.Outcome) {
	kind, id, _ := strings.Cut(event, ":")
	send := transform.Send{Call: &transform.Call{Operation: transform.Read}, Request: transform.NativeRequest{Path: "/users/" + id}}
	switch kind {
	case "found":
		return send, transform.Outcome{Kind: transform.Found, Native: scim.Object()}
	case "absent":
		return send, transform.Outcome{Kind: transform.Absent}
	case "unavailable":
		return send, transform.Outcome{Kind: transform.Unavailable}
	case "throttled":
		return send, transform.Outcome{Kind: transform.Throttled}
	case "unclear":
		send.Call = &transform.Call{Operation: transform.Create}
		return send, transform.Outcome{Kind: transform.Unclear}
	}
	send.Call = &transform.Call{Operation: transform.Find}
	switch kind {
	case "items":
		return send, transform.Outcome{Kind: transform.Found, Items: []scim.Value{scim.Object()}}
	case "none":
		return send, transform.Outcome{Kind: transform.Found}
	}
	return send, transform.Outcome{Kind: transform.Absent}
}
