package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
	"scimshim/gateway"
)

// ailments are the faults of a vendor that is ill for some calls. Each is one
// that the work may have been done under, or certainly was not.
var ailments = []app.Fault{
	{Kind: app.LoseAnswer}, {Kind: app.Reset}, {Kind: app.HTML}, {Kind: app.BrokenJSON}, {Kind: app.TruncatedJSON},
	{Kind: app.Status, Code: 500, Body: "{}"}, {Kind: app.Status, Code: 503, Body: "{}", Header: http.Header{"Retry-After": {"1"}}},
	{Kind: app.Status, Code: 429, Body: "{}"}, {Kind: app.Status, Code: 401, Body: "{}"}, {Kind: app.Status, Code: 403, Body: "{}"},
}

// TestCyclesThroughIllness runs Entra's cycles against a vendor that fails at
// random. While it is ill no user may be lost to Entra, and when it is well
// again one cycle makes everything right: every user once, and whole.
func TestCyclesThroughIllness(t *testing.T) {
	vendor := app.New(vendorKey)
	server, err := vendor.Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	r := newRig(t, legacyFile(t), server.URL, gateway.Options{})
	number := 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		users := entra.Sample(rapid.IntRange(1, 3).Draw(t, "users"), uint64(number))
		for i := range users {
			name := fmt.Sprintf("ill%d.%d@contoso.com", number, i)
			users[i].UserPrincipalName, users[i].MailNickname = name, name
		}
		service := newService(r.t, r.base, rapid.SampledFrom([]entra.Dialect{entra.Default, entra.AadOptscim062020}).Draw(t, "dialect"), users...)
		for range 4 {
			for range rapid.IntRange(0, 3).Draw(t, "faults") {
				vendor.Fault(drawAilment(t))
			}
			report := service.Cycle(context.Background())
			if report.InvalidAnchors() > 0 || report.Statuses[401]+report.Statuses[403]+report.Statuses[404]+report.Statuses[409] > 0 {
				t.Fatalf("while the vendor is ill: %v", report.Errors)
			}
			i := rapid.IntRange(0, len(users)-1).Draw(t, "changes")
			users[i].JobTitle = fmt.Sprint("Title ", rapid.IntRange(1, 9).Draw(t, "title"))
			// Also before its create was ever answered: a user whom the vendor has
			// is shown, so that Entra can disable it.
			users[i].SoftDeleted = rapid.Bool().Draw(t, "disabled")
			service.Put(users...)
		}
		vendor.ClearFaults()
		r.clock.advance(40 * time.Minute) // when Entra begins its next cycle
		if report := service.Cycle(context.Background()); len(report.Errors) > 0 {
			t.Fatalf("when the vendor is well: %v", report.Errors)
		}
		quiet(t, service.Cycle(context.Background()))
		for _, u := range users {
			if u.SoftDeleted && service.Anchor(u.ObjectID) == "" {
				continue // disabled before anything was created: Entra leaves it so
			}
			hasOnce(t, vendor, u)
		}
	})
}

func drawAilment(t *rapid.T) app.Fault {
	fault := rapid.SampledFrom(ailments).Draw(t, "ailment")
	fault.Method = rapid.SampledFrom([]string{"", "GET", "POST", "PUT"}).Draw(t, "method")
	fault.After, fault.Times = rapid.IntRange(0, 4).Draw(t, "after"), rapid.IntRange(1, 3).Draw(t, "times")
	return fault
}

// hasOnce wants the user at the vendor once, as Entra has it.
func hasOnce(t *rapid.T, vendor *app.App, u entra.User) {
	var has []string
	for _, n := range vendor.Users() {
		if strings.EqualFold(n.Login, u.UserPrincipalName) {
			has = append(has, fmt.Sprint(n.Login, n.Mail, n.FirstName, n.LastName, n.Position, n.Status))
		}
	}
	status := map[bool]string{true: "DISABLED", false: "ENABLED"}[u.SoftDeleted]
	want := []string{fmt.Sprint(u.UserPrincipalName, strings.ToLower(u.UserPrincipalName), u.GivenName, u.Surname, strings.ToUpper(u.JobTitle), status)}
	if diff := cmp.Diff(want, has); diff != "" {
		t.Errorf("the vendor's users (-want +got):\n%s", diff)
	}
}
