package gateway

import (
	"strings"
	"testing"
	"time"

	"scimshim/config"
)

// TestReloadKeepsTurns: a reload refills no bucket and ends no pause; other limits
// begin anew.
func TestReloadKeepsTurns(t *testing.T) {
	file := withLimits("{rate: 1/m, wait: 1s}")
	inBubble(t, file, func(t *testing.T, b *bubble) {
		b.office.hire("ada")
		read := func() string { return b.call("GET", "/Users/1", "") }
		got := []string{read()}
		b.reload(strings.Replace(file, "title: title", "title: job", 1))
		got = append(got, read())
		b.reload(withLimits("{rate: 2/m, wait: 1s}"))
		b.office.turn(always(mood{status: 429, header: []string{"Retry-After", "600"}}))
		got = append(got, read())
		b.reload(officeFile)
		got = append(got, read())
		b.reload(strings.Replace(officeFile, "timeout: 10s", "timeout: 9s", 1))
		got = append(got, read())
		same(t, "answers", []string{"0s: 200",
			"0s: 429 too many requests for this vendor are waiting in the gateway, Retry-After 60",
			"0s: 429 the vendor limits the number of calls, Retry-After 600",
			"0s: 429 the vendor limits the number of calls, and has asked for a pause, Retry-After 600",
			"0s: 429 the vendor limits the number of calls, and has asked for a pause, Retry-After 600"}, got)
	})
}

// TestReloadKeepsTheBreaker: a vendor that is away is not back for a reload, unless
// the file says of another way that it is reached in; nor is it for a while in which
// no file has named it.
func TestReloadKeepsTheBreaker(t *testing.T) {
	inBubble(t, officeFile, func(t *testing.T, b *bubble) {
		b.office.hire("ada")
		b.office.turn(always(mood{status: 500}))
		read := func() string { return b.call("GET", "/Users/1", "") }
		for range 5 {
			read()
		}
		b.office.turn(nil)
		time.Sleep(time.Second)
		held := "503 the vendor has failed 5 times in a row; the next call is tried in 9 s, Retry-After 9"
		changed := strings.Replace(officeFile, "title: title", "title: job", 1)
		b.reload(changed)
		got := []string{read()}
		b.gateway.Swap(&config.Snapshot{})
		got = append(got, read())
		b.reload(changed)
		got = append(got, read())
		b.reload(strings.Replace(changed, "timeout: 10s", "timeout: 9s", 1))
		got = append(got, read())
		same(t, "answers", []string{"1s: " + held,
			"1s: 404 there is nothing at this address: the tenant URL has the form https://HOST/VENDOR/scim/v2", "1s: " + held, "1s: 200"}, got)
	})
}
