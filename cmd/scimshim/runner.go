package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"scimshim/config"
	"scimshim/gateway"
	"scimshim/gateway/state"
	"scimshim/transform"
)

// What cases can rely on. Everything that a gateway makes up, correlation ids
// among it, is "round-1" in the first round, and so on.
const (
	caseURL   = "https://scimshim.example"
	caseToken = "the runner's token"
)

// caseEntropy makes the passwords of a case the same each time.
func caseEntropy() string { return "the runner's entropy" }

// runner runs one case against a gateway of its own, whose vendor is the case.
type runner struct {
	vendor   *config.Vendor
	gateway  *gateway.Gateway
	c        vendorCase
	number   int // of the round, from 1
	sent     int // native calls in this round
	steps    map[string]int
	problems []string
}

// loadCaseVendor loads a vendor file as cases need it: with placeholders for
// all secrets whatever the environment says, and with the runner as its caller.
func loadCaseVendor(file string) (*config.Vendor, config.Diagnostics) {
	unset := func(string) (string, bool) { return "", false }
	snapshot, found := config.Load([]string{file}, config.Options{Env: unset, Placeholders: true})
	if snapshot == nil {
		return nil, found
	}
	vendor := *snapshot.Vendors[0]
	vendor.Callers = []config.Caller{{Token: sha256.Sum256([]byte(caseToken))}}
	return &vendor, found
}

// runCase gives what is wrong, or "". It stops at the first round that fails.
// steps counts the native calls by the step that made them.
func runCase(vendor *config.Vendor, c vendorCase, steps map[string]int) (problem string) {
	store := state.InMemory()
	defer store.Close()
	r := &runner{vendor: vendor, c: c, steps: steps}
	snapshot := &config.Snapshot{Vendors: []*config.Vendor{vendor}}
	r.gateway = gateway.New(snapshot, store, gateway.Options{
		PublicURL: caseURL, Now: r.now, Random: r.random, Entropy: caseEntropy, Send: r.send, Observe: r.observe, LoggedIn: !c.logsIn(vendor),
	})
	for range c.rounds {
		if r.round(); len(r.problems) > 0 {
			break
		}
	}
	return strings.Join(r.problems, "\n")
}

// logsIn reports whether one of the calls that the case has the vendor get is of a
// login. In a case without one the session is there already, as placeholders.
func (c vendorCase) logsIn(vendor *config.Vendor) bool {
	for _, round := range c.rounds {
		if slices.ContainsFunc(round.natives, func(n native) bool { return n.logsIn(vendor) }) {
			return true
		}
	}
	return false
}

// logsIn reports whether a call is one of a login. Where a vendor's calls all go to
// one URL the body tells, as far as it is known before there is a session.
func (n native) logsIn(vendor *config.Vendor) bool {
	method, path, _ := n.request.request()
	path, _, _ = strings.Cut(path, "?")
	return slices.ContainsFunc(slices.Concat(vendor.Upstream.Login, vendor.Upstream.Refresh), func(call *transform.Call) bool {
		source, _, _ := strings.Cut(call.Path.Source, "?")
		if call.Method != method || source != path {
			return false
		}
		if read := vendor.Users.Read; read.Method != method || read.Path.Source != call.Path.Source || call.Uses("session") {
			return true
		}
		send, _, err := vendor.Upstream.LoginCall(call, transform.Session{}, time.Time{})
		return err == nil && canonical(send.Request.Body) == canonical(n.request.body)
	})
}

// now is a clock that stands still within a round, so that no case depends on
// the speed of the machine.
func (r *runner) now() time.Time {
	return time.Date(2026, time.January, 1, 12, 0, r.number, 0, time.UTC)
}

func (r *runner) random() string { return fmt.Sprintf("round-%d", r.number) }

func (r *runner) report(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf("round %d: ", r.number)+fmt.Sprintf(format, args...))
}

func (r *runner) observe(p gateway.Point) {
	if send, sends := p.Move.(transform.Send); sends && p.When == "before" {
		r.steps[stepName(send.Kind(), p.Step)]++
	}
}

// idleSteps are the steps that can make a native call and made none.
func idleSteps(vendor *config.Vendor, made map[string]int) (idle []string) {
	for _, kind := range vendor.Kinds() {
		for _, operation := range []transform.Operation{transform.Create, transform.Read, transform.Update, transform.Delete, transform.List, transform.Find} {
			for _, step := range kind.Programs[operation].Steps {
				if name := stepName(kind, step); calls(step) && made[name] == 0 && !slices.Contains(idle, name) {
					idle = append(idle, name)
				}
			}
		}
	}
	return idle
}

// stepName tells the steps of groups from those of users.
func stepName(kind *transform.Kind, step transform.Step) string {
	if kind.Name != "users" {
		return kind.Name + ": " + step.Name()
	}
	return step.Name()
}

func calls(step transform.Step) bool {
	switch step.Kind {
	case transform.StepMember:
		return step.Call != nil
	case transform.StepLookup, transform.StepRead, transform.StepFind, transform.StepList, transform.StepRecheck,
		transform.StepCall, transform.StepReread, transform.StepVerify, transform.StepBelieve, transform.StepMembers:
		return true
	}
	return false
}

// round sends a request and compares what comes of it.
func (r *runner) round() {
	round := r.c.rounds[r.number]
	r.number, r.sent = r.number+1, 0
	var ctx fasthttp.RequestCtx
	if err := ctx.Request.Read(bufio.NewReader(bytes.NewReader(r.wire(round.request)))); err != nil {
		r.report("the request cannot be read: %v", err)
		return
	}
	if r.gateway.Handler()(&ctx); len(r.problems) > 0 {
		return // of a wrong call: what follows from it is no news
	}
	for i := r.sent; i < len(round.natives); i++ {
		r.report("native call %d was wanted and did not come:\n%s", i+1, round.natives[i].request.plain())
	}
	if diff := difference(round.response, received(&ctx.Response).versionedLike(round.response)); diff != "" {
		r.report("the response differs:\n%s", diff)
	}
}

// wire is the request as it would arrive, with what a case leaves out.
func (r *runner) wire(m message) []byte {
	method, path, _ := m.request()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s /%s/scim/v2%s HTTP/1.1\r\nHost: scimshim.example\r\nContent-Length: %d\r\n", method, r.vendor.Name, path, len(m.body))
	if _, given := m.header("Authorization"); !given {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", caseToken)
	}
	for _, h := range m.headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	b.WriteString("\r\n")
	b.Write(m.body)
	return b.Bytes()
}

func received(response *fasthttp.Response) message {
	m := message{first: fmt.Sprintf("HTTP/1.1 %d", response.StatusCode()), body: response.Body()}
	for name, value := range response.Header.All() {
		m.headers = append(m.headers, transform.Header{Name: string(name), Value: string(value)})
	}
	return m
}

// send is the vendor of the case.
func (r *runner) send(vendor *config.Vendor, request transform.NativeRequest, _ time.Time) transform.Answer {
	came := message{first: request.Method + " " + request.Path, headers: request.Headers, body: request.Body}
	natives := r.c.rounds[r.number-1].natives
	r.sent++
	if r.sent > len(natives) {
		r.report("native call %d was not wanted:\n%s", r.sent, came)
		return transform.Answer{Delivery: transform.NotSent}
	}
	wanted := natives[r.sent-1]
	if diff := difference(wanted.request, came.without(vendor.Upstream.Body, wanted.request)); diff != "" {
		r.report("native call %d differs:\n%s", r.sent, diff)
		return transform.Answer{Delivery: transform.NotSent}
	}
	if wanted.delivery != transform.Answered {
		return transform.Answer{Delivery: wanted.delivery, Now: r.now()}
	}
	status, _ := wanted.answer.status()
	return transform.Answer{Status: status, Headers: wanted.answer.headers, Body: wanted.answer.body, Now: r.now()}
}
