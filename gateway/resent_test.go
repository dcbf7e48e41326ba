package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A vendor that changes a value behind Entra's back keeps it busy: that is
// counted, and the log says what would end it.
func TestSentAgain(t *testing.T) {
	v := newFakeVendor(t)
	v.upper = true
	b := newBench(t, Options{}, v.file("legacy"))
	b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann","title":"boss"}`)
	for range 2 {
		b.do(t, "token-of-legacy", "GET", legacy+"/Users/1", "") // what the vendor made of it
		v.mu.Lock()
		v.users[1]["title"] = "somebody else's"
		v.mu.Unlock()
		b.do(t, "token-of-legacy", "PATCH", legacy+"/Users/1", `{"Operations":[{"op":"Replace","path":"title","value":"boss"}]}`)
	}
	var got []string
	for line := range strings.Lines(b.log.String()) {
		var entry struct {
			Level, Msg, Attribute, Hint string
			Times                       int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Msg == "sent again" {
			got = append(got, entry.Level, entry.Attribute, strings.Repeat("I", entry.Times), entry.Hint)
		}
	}
	const hint = "the vendor changes this value after Entra has written it; to write it only when a user is created, " +
		"give the attribute mutability: immutable in the vendor file, and to leave the vendor's value alone, keep in place of the field"
	if diff := cmp.Diff([]string{"warn", "title", "I", hint, "warn", "title", "II", hint}, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}
