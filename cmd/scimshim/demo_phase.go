package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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
		{"one user and a group, on demand", (*demo).onDemand},
		{"initial cycle", (*demo).initial},
		{"changes, in the default dialect", (*demo).changeDefault},
		{"changes, with aadOptscim062020", (*demo).changeFlagged},
		{"a user is disabled", (*demo).disable},
		{"and restored", (*demo).restore},
		{"a user and a group are deleted", (*demo).remove},
		{"the application goes down in mid-cycle", (*demo).outage},
		{"and is back", (*demo).recover},
		{"creates are made, their answers lost", (*demo).loseAnswers},
		{"kill -9 in mid-create, mid-membership", (*demo).killTwice},
		{"the next cycle", (*demo).recover},
		{"the job is restarted in Entra", (*demo).restart},
		{"nothing has changed", (*demo).unchanged},
	}
}

// play plays every phase and prints a line for each.
func (d *demo) play(ctx context.Context) error {
	d.screen.headline(len(d.directory.users), len(d.directory.groups))
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
	err := d.service.TestConnection(ctx)
	d.requests[entra.Probe]++
	var failed entra.Error
	if !errors.As(err, &failed) || failed.Request == entra.ProbeGroup {
		d.requests[entra.ProbeGroup]++ // which follows only where the users' went well
	}
	if err != nil {
		d.broke(truthfulness, "the connection test was answered wrongly: %v", err)
	}
	return "random names find nothing", nil
}

// onDemand provisions somebody with a title, for it shows a rule at work, and
// the largest group with him alone.
func (d *demo) onDemand(ctx context.Context) (string, error) {
	at := max(0, slices.IndexFunc(d.directory.users, func(u entra.User) bool { return u.JobTitle != "" }))
	u, g := d.directory.users[at], d.directory.groups[0]
	plain := d.client.HTTP.Transport
	seen := &watch{next: plain}
	d.client.HTTP.Transport = seen
	user := d.service.ProvisionOnDemand(ctx, u)
	d.client.HTTP.Transport = plain
	native, _ := d.vendor.seen()
	d.example = [2]transcript{seen.post, native}
	group := d.service.ProvisionGroupOnDemand(ctx, g, u.ObjectID)
	for _, report := range []entra.Report{user, group} {
		d.count(report)
		d.expectClean(report)
	}
	return "the user is shown in full below", nil
}

func (d *demo) initial(ctx context.Context) (string, error) {
	report := d.clean(ctx)
	return fmt.Sprintf("new: %d users, %d groups, %d managers, %d members",
		report.Requests[entra.PostUser], report.Requests[entra.PostGroup],
		report.Patched[entra.ManagerRow().Target], report.Patched["members"]), nil
}

func (d *demo) changeDefault(ctx context.Context) (string, error) {
	return d.change(ctx, entra.Default, 0)
}

func (d *demo) changeFlagged(ctx context.Context) (string, error) {
	return d.change(ctx, entra.AadOptscim062020, 1)
}

// change gives every fifth user another life, and one or two of the others and
// three groups something that is a PATCH of its own.
func (d *demo) change(ctx context.Context, dialect entra.Dialect, from int) (string, error) {
	d.marry(dialect, from)
	users := d.directory.users
	users[from+6].Manager, users[from+8].Manager = users[from+2].ObjectID, ""
	d.directory.leave(0, users[from*4])
	d.directory.join(from+1, users[from+5])
	renamed := &d.directory.groups[from+3]
	renamed.DisplayName = "All " + renamed.DisplayName
	d.put()
	d.client.Dialect = dialect
	report := d.clean(ctx)
	return fmt.Sprintf("%d users and %d groups patched", report.Requests[entra.PatchUser], report.Requests[entra.PatchGroup]), nil
}

// marry gives every fifth user a new job, and every second of these a marriage.
func (d *demo) marry(dialect entra.Dialect, from int) {
	for i := from; i < len(d.directory.users); i += 5 {
		u := &d.directory.users[i]
		if u.JobTitle, u.Department = "Principal "+dialect.String(), "Field "+dialect.String(); i%10 < 5 {
			u.Surname = "van der " + u.Surname
			u.DisplayName = u.GivenName + " " + u.Surname
			u.UserPrincipalName = strings.Replace(u.UserPrincipalName, "@", ".married@", 1)
			u.Mail = "Married." + u.Mail
		}
	}
}

func (d *demo) disable(ctx context.Context) (string, error) {
	return d.enable(ctx, false)
}

func (d *demo) restore(ctx context.Context) (string, error) {
	return d.enable(ctx, true)
}

func (d *demo) enable(ctx context.Context, on bool) (string, error) {
	u := &d.directory.users[2]
	u.SoftDeleted = !on
	d.put()
	d.clean(ctx)
	account := d.account(*u)
	return fmt.Sprintf("the application shows %s, in %d of its teams", account.Status, d.teamsOf(account)), nil
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

// teamsOf counts the teams that an account is in.
func (d *demo) teamsOf(account app.User) int {
	return sum(d.vendor.app.Teams(), func(t app.Team) int {
		if slices.Contains(t.Members, account.ID) {
			return 1
		}
		return 0
	})
}

func (d *demo) remove(ctx context.Context) (string, error) {
	user, group := d.directory.dismiss(3), d.directory.disband(5)
	d.service.Purge(user.ObjectID)
	d.service.PurgeGroup(group.ObjectID)
	d.put()
	d.clean(ctx)
	return fmt.Sprintf("%s and %s are gone", user.UserPrincipalName, group.DisplayName), nil
}

// outage changes everybody and everything, and takes the application away
// half-way.
func (d *demo) outage(ctx context.Context) (string, error) {
	users := d.directory.users
	for i := range users {
		users[i].Department = "Moved " + users[i].Department
	}
	users[5].Manager = users[1].ObjectID
	for group := range d.directory.groups {
		d.directory.join(group, users[5])
	}
	d.put()
	d.middle = d.vendor.down
	report := d.cycle(ctx)
	if err := d.vendor.up(); err != nil {
		return "", err
	}
	if len(report.Errors) == 0 {
		return "", errors.New("no request failed: the outage came too late")
	}
	d.expectTruth(report, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusBadGateway)
	return "failed: " + statuses(report.Errors), d.await(ctx)
}

// await waits, as long as the gateway says, until it asks the application again:
// it has given up on it for a while, and Entra comes again after 40 minutes.
func (d *demo) await(ctx context.Context) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.tenantURL()+"/Users?filter=userName+eq+%22nobody%22", nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+d.token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		answer.Body.Close()
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		if answer.StatusCode != http.StatusServiceUnavailable || after == 0 {
			return nil // if something is wrong, the next cycle shows it
		}
		select {
		case <-time.After(time.Duration(after) * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
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

// statuses counts errors by their status.
func statuses(errs []entra.Error) string {
	counts := map[int]int{}
	for _, e := range errs {
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
	created := report.Requests[entra.PostUser] + report.Requests[entra.PostGroup]
	patched := report.Requests[entra.PatchUser] + report.Requests[entra.PatchGroup]
	return fmt.Sprintf("%d created, %d patched, nothing twice", created, patched), nil
}

// loseAnswers has the application make a user and a team and say nothing. What
// Entra is told may be yes or no, but a second cycle must not make a second one.
func (d *demo) loseAnswers(ctx context.Context) (string, error) {
	accounts, teams := len(d.vendor.app.Users()), len(d.vendor.app.Teams())
	d.directory.hire(1)
	d.directory.found()
	d.put()
	for _, path := range []string{"/api/users", "/api/teams"} {
		d.vendor.app.Fault(app.Fault{Method: http.MethodPost, Path: path, Times: 1, Kind: app.LoseAnswer})
	}
	report := d.cycle(ctx)
	d.vendor.app.ClearFaults()
	d.expectTruth(report, http.StatusGatewayTimeout)
	again := d.clean(ctx)
	sent := 0
	for _, kind := range []entra.Kind{entra.PostUser, entra.PostGroup} {
		sent += report.Requests[kind] + again.Requests[kind]
	}
	return fmt.Sprintf("POSTs of Entra: %d, new accounts: %d, new teams: %d", sent,
		len(d.vendor.app.Users())-accounts, len(d.vendor.app.Teams())-teams), nil
}

// killTwice ends the gateway at the two worst moments: when the application has
// made a user, and when it has put some of the new members into a team.
func (d *demo) killTwice(ctx context.Context) (string, error) {
	n := len(d.directory.newcomers)
	d.directory.hire(n)
	creating, err := d.kill(ctx, app.Fault{Method: http.MethodPost, After: n / 2})
	if err != nil {
		return "", err
	}
	d.directory.join(1, d.directory.users[4:9]...)
	joining, err := d.kill(ctx, app.Fault{Method: http.MethodPut, Path: "/api/teams/", After: 1})
	return "failed: " + statuses(slices.Concat(creating.Errors, joining.Errors)), err
}

// kill plays a cycle in which the gateway ends when the application has done
// what a call asked for and the gateway does not know yet. It is started again
// at once.
func (d *demo) kill(ctx context.Context, at app.Fault) (entra.Report, error) {
	d.put()
	struck, restarted := make(chan bool, 1), make(chan error, 1)
	d.vendor.onLost(func() {
		struck <- true
		restarted <- errors.Join(d.gateway.kill(), d.gateway.start())
	})
	at.Times, at.Kind = 1, app.LoseAnswer
	d.vendor.app.Fault(at)
	report := d.cycle(ctx)
	d.vendor.app.ClearFaults()
	d.vendor.onLost(nil)
	d.expectTruth(report, 0)
	select {
	case <-struck:
		return report, <-restarted
	default:
		return report, errors.New("the gateway was not killed: no such call was under way")
	}
}

// restart has Entra forget everything and find it again. It then asks who is in
// which group, and who manages whom, before it sends either.
func (d *demo) restart(ctx context.Context) (string, error) {
	d.service.Restart()
	report, _ := d.steady(ctx, "restarted")
	return fmt.Sprintf("%d managers and %d members looked up, nothing written",
		report.Requests[entra.CheckManager], report.Requests[entra.CheckMember]), nil
}

// unchanged is what every cycle of a job is once all is done: nothing to write.
func (d *demo) unchanged(ctx context.Context) (string, error) {
	_, d.idle = d.steady(ctx, "unchanged")
	return "nothing written", nil
}

// steady is a cycle that must not write. It gives what it wrote in words, too.
func (d *demo) steady(ctx context.Context, cycle string) (report entra.Report, writes string) {
	before := nativeWrites(d.vendor.app.Calls())
	report = d.clean(ctx)
	native := nativeWrites(d.vendor.app.Calls()) - before
	writes = fmt.Sprintf("writes in the %s cycle: %d from Entra, %d native", cycle, report.Writes(), native)
	if report.Writes() > 0 || native > 0 {
		d.broke(steadyState, "%s (%s)", writes, strings.Join(sortedKeys(report.Patched), ", "))
	}
	return report, writes
}

// nativeWrites counts the calls of the application that may change something.
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
		t := compare(d.directory, d.vendor.app.Users(), d.vendor.app.Teams())
		switch complaints := strings.Join(t.complaints(), "; "); {
		case t.miscounted():
			d.broke(noDuplicates, "%s", complaints)
		case complaints != "":
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
		d.broke(truthfulness, "%d living users or groups were answered 404", n)
	}
	if report.Quarantined {
		d.broke(truthfulness, "Entra would quarantine the job")
	}
}
