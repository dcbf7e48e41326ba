package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
)

// The laws that the demo holds the gateway to.
const (
	desiredState = "desired state"
	steadyState  = "steady state"
	truthfulness = "truth in failure"
	noDuplicates = "no duplicates, nothing half done"
)

// phase is one thing that happens in the life of a provisioning job. It gives a
// remark for its line; its error ends the demo.
type phase struct {
	name string
	play func(*demo, context.Context) (remark string, err error)
}

// phases is the order of the demo. Each relies on what those before it left.
func phases() []phase {
	return []phase{
		{"connection test", (*demo).testConnection},
		{"one user, on demand", (*demo).onDemand},
		{"initial cycle", (*demo).initial},
		{"changes, in the default dialect", (*demo).changeDefault},
		{"changes, with aadOptscim062020", (*demo).changeFlagged},
		{"a user is disabled", (*demo).disable},
		{"and restored", (*demo).restore},
		{"a user is deleted", (*demo).remove},
		{"the application goes down in mid-cycle", (*demo).outage},
		{"and is back", (*demo).recover},
		{"a create is made, its answer lost", (*demo).loseAnswer},
		{"kill -9 and restart in mid-create", (*demo).kill},
		{"the next cycle", (*demo).recover},
		{"nothing has changed", (*demo).unchanged},
	}
}

// play plays every phase and prints a line for each.
func (d *demo) play(ctx context.Context) error {
	d.screen.headline(len(d.directory))
	for _, p := range phases() {
		d.screen.begin(p.name)
		calls, requests, broken := total(d.vendor.app.Calls()), total(d.requests), len(d.broken)
		remark, err := p.play(d, ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if len(d.broken) > broken {
			remark = "BROKEN: " + d.broken[broken]
		}
		d.screen.end(p.name, total(d.requests)-requests, total(d.vendor.app.Calls())-calls, remark)
	}
	return nil
}

func total[K comparable](counts map[K]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

func (d *demo) testConnection(ctx context.Context) (string, error) {
	d.requests[entra.Probe]++
	if err := d.service.TestConnection(ctx); err != nil {
		d.broke(truthfulness, "the connection test was answered wrongly: %v", err)
	}
	return "a random user name finds nobody", nil
}

// onDemand provisions somebody with a title, for it shows a rule at work.
func (d *demo) onDemand(ctx context.Context) (string, error) {
	at := max(0, slices.IndexFunc(d.directory, func(u entra.User) bool { return u.JobTitle != "" }))
	plain := d.client.HTTP.Transport
	seen := &watch{next: plain}
	d.client.HTTP.Transport = seen
	report := d.service.ProvisionOnDemand(ctx, d.directory[at])
	d.client.HTTP.Transport = plain
	d.count(report)
	d.expectClean(report)
	native, _ := d.vendor.seen()
	d.example = [2]transcript{seen.post, native}
	return "shown in full below", nil
}

func (d *demo) initial(ctx context.Context) (string, error) {
	d.service.Put(d.directory...)
	return fmt.Sprintf("%d created", d.clean(ctx).Requests[entra.PostUser]), nil
}

func (d *demo) changeDefault(ctx context.Context) (string, error) {
	return d.change(ctx, entra.Default, 0)
}

func (d *demo) changeFlagged(ctx context.Context) (string, error) {
	return d.change(ctx, entra.AadOptscim062020, 1)
}

// change gives every fifth user another life: first a new job, then a marriage.
func (d *demo) change(ctx context.Context, dialect entra.Dialect, from int) (string, error) {
	for i := from; i < len(d.directory); i += 5 {
		u := &d.directory[i]
		if u.JobTitle, u.Department = "Principal "+dialect.String(), "Field "+dialect.String(); i%10 < 5 {
			u.Surname = "van der " + u.Surname
			u.DisplayName = u.GivenName + " " + u.Surname
			u.UserPrincipalName = strings.Replace(u.UserPrincipalName, "@", ".married@", 1)
			u.Mail = "Married." + u.Mail
		}
	}
	d.service.Put(d.directory...)
	d.client.Dialect = dialect
	return fmt.Sprintf("%d patched", d.clean(ctx).Requests[entra.PatchUser]), nil
}

func (d *demo) disable(ctx context.Context) (string, error) {
	return d.enable(ctx, false)
}

func (d *demo) restore(ctx context.Context) (string, error) {
	return d.enable(ctx, true)
}

func (d *demo) enable(ctx context.Context, on bool) (string, error) {
	u := &d.directory[2]
	u.SoftDeleted = !on
	d.service.Put(*u)
	d.clean(ctx)
	return "the application shows " + d.account(*u).Status, nil
}

// account gives the account of a user, an empty one if there is none.
func (d *demo) account(u entra.User) app.User {
	for _, a := range d.vendor.app.Users() {
		if a.Login == u.UserPrincipalName {
			return a
		}
	}
	return app.User{}
}

func (d *demo) remove(ctx context.Context) (string, error) {
	gone := d.directory[3]
	d.directory = slices.Delete(d.directory, 3, 4)
	d.service.Purge(gone.ObjectID)
	d.clean(ctx)
	return gone.UserPrincipalName + " is gone", nil
}

// outage changes everybody and takes the application away half-way.
func (d *demo) outage(ctx context.Context) (string, error) {
	for i := range d.directory {
		d.directory[i].Department = "Moved " + d.directory[i].Department
	}
	d.service.Put(d.directory...)
	d.middle = d.vendor.down
	report := d.cycle(ctx)
	if err := d.vendor.up(); err != nil {
		return "", err
	}
	if len(report.Errors) == 0 {
		return "", errors.New("no request failed: the outage came too late")
	}
	d.expectTruth(report, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusBadGateway)
	return "failed: " + statuses(report), nil
}

// expectTruth holds the errors of trouble that the gateway is not to blame for
// against what may be said of it. Status 0 is no answer at all.
func (d *demo) expectTruth(report entra.Report, allowed ...int) {
	for _, e := range report.Errors {
		if !slices.Contains(allowed, e.Status) {
			d.broke(truthfulness, "Entra was told in the middle of trouble: %v", e)
			return
		}
	}
}

// statuses counts the errors of a report by their status.
func statuses(report entra.Report) string {
	counts := map[int]int{}
	for _, e := range report.Errors {
		counts[e.Status]++
	}
	var out []string
	for _, status := range sortedKeys(counts) {
		if status == 0 {
			out = append(out, fmt.Sprintf("%d without an answer", counts[status]))
			continue
		}
		out = append(out, fmt.Sprintf("%d answered %d", counts[status], status))
	}
	return strings.Join(out, ", ")
}

func (d *demo) recover(ctx context.Context) (string, error) {
	report := d.clean(ctx)
	return fmt.Sprintf("%d created, %d patched, nobody twice", report.Requests[entra.PostUser], report.Requests[entra.PatchUser]), nil
}

// loseAnswer has the application make a user and say nothing. What Entra is
// told may be yes or no, but a second cycle must not make a second user.
func (d *demo) loseAnswer(ctx context.Context) (string, error) {
	accounts := len(d.vendor.app.Users())
	d.hire(1)
	d.vendor.app.Fault(app.Fault{Method: http.MethodPost, Times: 1, Kind: app.LoseAnswer})
	report := d.cycle(ctx)
	d.vendor.app.ClearFaults()
	d.expectTruth(report, http.StatusGatewayTimeout)
	again := d.clean(ctx)
	sent := report.Requests[entra.PostUser] + again.Requests[entra.PostUser]
	return fmt.Sprintf("POSTs of Entra: %d, new accounts: %d", sent, len(d.vendor.app.Users())-accounts), nil
}

// hire takes newcomers into the directory.
func (d *demo) hire(n int) {
	d.service.Put(d.newcomers[:n]...)
	d.directory = append(d.directory, d.newcomers[:n]...)
	d.newcomers = d.newcomers[n:]
}

// kill ends the gateway at the worst moment, when the application has made a
// user and the gateway does not know yet, and starts it again at once.
func (d *demo) kill(ctx context.Context) (string, error) {
	n := len(d.newcomers)
	d.hire(n)
	struck, restarted := make(chan bool, 1), make(chan error, 1)
	d.vendor.onLost(func() {
		struck <- true
		restarted <- errors.Join(d.gateway.kill(), d.gateway.start())
	})
	d.vendor.app.Fault(app.Fault{Method: http.MethodPost, After: n / 2, Times: 1, Kind: app.LoseAnswer})
	report := d.cycle(ctx)
	d.vendor.app.ClearFaults()
	d.vendor.onLost(nil)
	d.expectTruth(report, 0)
	select {
	case <-struck:
		return "failed: " + statuses(report), <-restarted
	default:
		return "", errors.New("the gateway was not killed: no create was under way")
	}
}

// unchanged is what every cycle of a job is once all is done: nothing to write.
func (d *demo) unchanged(ctx context.Context) (string, error) {
	before := nativeWrites(d.vendor.app.Calls())
	report := d.clean(ctx)
	native := nativeWrites(d.vendor.app.Calls()) - before
	d.idle = fmt.Sprintf("writes in the unchanged cycle: %d from Entra, %d native", report.Writes(), native)
	if report.Writes() > 0 || native > 0 {
		d.broke(steadyState, "%s (%s)", d.idle, strings.Join(sortedKeys(report.Patched), ", "))
	}
	return "nothing written", nil
}

// nativeWrites counts the calls of the application that may change a user.
func nativeWrites(calls map[string]int) (n int) {
	for kind, count := range calls {
		if !strings.HasPrefix(kind, http.MethodGet) {
			n += count
		}
	}
	return n
}

func (d *demo) cycle(ctx context.Context) entra.Report {
	report := d.service.Cycle(ctx)
	d.middle = nil
	d.count(report)
	return report
}

// clean is a cycle in which nothing may go wrong, and after which the
// application has what Entra has.
func (d *demo) clean(ctx context.Context) entra.Report {
	report := d.cycle(ctx)
	d.expectClean(report)
	if ctx.Err() == nil {
		t := compare(d.directory, d.vendor.app.Users())
		switch complaints := strings.Join(t.complaints(), "; "); {
		case t.duplicates+t.lost+t.strangers > 0:
			d.broke(noDuplicates, "%s", complaints)
		case len(t.wrong) > 0:
			d.broke(desiredState, "%s", complaints)
		}
	}
	return report
}

func (d *demo) expectClean(report entra.Report) {
	if n := len(report.Errors); n > 0 {
		d.broke(desiredState, "%d requests failed, the first: %v", n, report.Errors[0])
	}
}

// count adds a report to the table, and looks for the two answers that make
// Entra give up on a user or a job.
func (d *demo) count(report entra.Report) {
	for kind, n := range report.Requests {
		d.requests[kind] += n
	}
	if n := report.InvalidAnchors(); n > 0 {
		d.broke(truthfulness, "%d living users were answered 404", n)
	}
	if report.Quarantined {
		d.broke(truthfulness, "Entra would quarantine the job")
	}
}
