package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
)

// demoRun is a demo that has ended.
type demoRun struct {
	out, problems string
	err           error
	left          []string // files in its temporary folder
}

// playDemo runs the demo with a temporary folder of its own.
func playDemo(t *testing.T, ctx context.Context, s demoSettings, out io.Writer) demoRun {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	// A setting of another gateway must not reach the one of the demo.
	t.Setenv("SCIMSHIM_PUBLIC_URL", "https://elsewhere.example")
	var err error
	if s.executable, err = exec.LookPath("scimshim"); err != nil {
		t.Fatal(err)
	}
	var printed, problems bytes.Buffer
	run := demoRun{err: s.run(ctx, io.MultiWriter(&printed, out), &problems)}
	run.out, run.problems = printed.String(), problems.String()
	run.left = entries(t, temp)
	return run
}

// entries gives the names in a folder.
func entries(t *testing.T, folder string) (names []string) {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

// tail is the demo's output from its table on.
func (r demoRun) tail() string {
	_, table, _ := strings.Cut(r.out, "\nrequests of Entra\n")
	return table
}

// numbers that differ from run to run, for the workers race: how far a cycle
// was when the application went down or the gateway was killed.
var racing = regexp.MustCompile(`(?m)^(    (?:check|filter|get|patch|post|GET|PUT|POST)\b.*?) +\d+$`)

func TestDemo(t *testing.T) {
	run := playDemo(t, t.Context(), demoSettings{users: 40}, io.Discard)
	if run.err != nil || run.problems != "" {
		t.Fatalf("the demo failed: %v\n%s%s", run.err, run.out, run.problems)
	}
	want := `    check manager N
    check member N
    delete                                        1
    delete group                                  1
    filter N
    filter group N
    get N
    get group N
    patch N
    patch group N
    post N
    post group N
    probe                                        18
    probe group                                  18
native calls
    DELETE /api/teams/{id}                        1
    DELETE /api/teams/{id}/members/{user_id}      2
    DELETE /api/users/{id}                        1
    GET /api/teams/{id} N
    GET /api/teams/{id}/members/{user_id} N
    GET /api/teams?name= N
    GET /api/users/{id} N
    GET /api/users?login= N
    POST /api/teams N
    POST /api/users N
    PUT /api/teams/{id} N
    PUT /api/teams/{id}/members/{user_id} N
    PUT /api/users/{id} N
users in Entra: 50, accounts in the application: 50 and its administrator
duplicates: 0, lost users: 0, accounts of nobody: 0, wrong values: 0, wrong managers: 0
groups in Entra: 6 with 37 members, teams in the application: 6 with 37
lost groups: 0, teams that are no group: 0, lost memberships: 0, memberships of nobody: 0
writes in the unchanged cycle: 0 from Entra, 0 native
`
	if diff := cmp.Diff(want, racing.ReplaceAllString(run.tail(), "$1 N")); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	for _, p := range phases() {
		if !strings.Contains(run.out, "\n"+p.name+"  ") {
			t.Errorf("the phase %q has no line:\n%s", p.name, run.out)
		}
	}
	expectGone(t, run)
}

var gatewayAddress = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/legacy`)

// expectGone holds that neither files nor the gateway are left.
func expectGone(t *testing.T, run demoRun) {
	t.Helper()
	if len(run.left) > 0 {
		t.Errorf("the demo left %q", run.left)
	}
	address := gatewayAddress.FindStringSubmatch(run.out)
	if address == nil {
		t.Fatalf("the demo did not name the gateway's address:\n%s", run.out)
	}
	if conn, err := net.Dial("tcp", address[1]); err == nil {
		conn.Close()
		t.Errorf("something still listens on %s", address[1])
	}
}

// TestDemoNotices breaks the gateway: a demo that could not fail would show
// nothing.
func TestDemoNotices(t *testing.T) {
	run := playDemo(t, t.Context(), demoSettings{users: 10, forgetKept: true}, io.Discard)
	if !errors.Is(run.err, errWrong) {
		t.Errorf("the demo ended with %v", run.err)
	}
	const wrote = "18 from Entra, 0 native (emails[type eq \"work\"].value, externalId, title)\n"
	want := "broken: steady state: writes in the restarted cycle: " + wrote +
		"broken: steady state: writes in the unchanged cycle: " + wrote
	if diff := cmp.Diff(want, run.problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	expectGone(t, run)
}

// TestDemoNoticesEdits changes who is in which team, and who manages whom, behind
// the gateway's back. Entra does not look at that again, so that it stays.
func TestDemoNoticesEdits(t *testing.T) {
	var printed bytes.Buffer
	d := &demo{screen: newScreen(&printed), requests: map[entra.Kind]int{}}
	t.Cleanup(func() { d.close() })
	executable, err := exec.LookPath("scimshim")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.open(&demoSettings{users: 10, executable: executable}, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if d.clean(t.Context()); d.broken != nil {
		t.Fatalf("before the edits: %q", d.broken)
	}
	d.edit(t, "DELETE /api/teams/1/members/2", "")
	d.edit(t, "PUT /api/teams/1/members/3", "")
	d.edit(t, "PUT /api/users/4", `{"manager_id": null}`)
	d.clean(t.Context())
	want := []string{"desired state: 1 wrong managers, the first: the manager of user00003@contoso.com is nobody, not user00001@contoso.com; " +
		`1 lost memberships, the first: user00001@contoso.com in "All Hands"; 1 memberships of nobody, the first: user00002@contoso.com in "All Hands"`}
	if diff := cmp.Diff(want, d.broken); diff != "" {
		t.Errorf("laws broken (-want +got):\n%s", diff)
	}
	d.summarize()
	_, summary, _ := strings.Cut(printed.String(), "and its administrator\n")
	last := `duplicates: 0, lost users: 0, accounts of nobody: 0, wrong values: 0, wrong managers: 1
groups in Entra: 6 with 8 members, teams in the application: 6 with 8
lost groups: 0, teams that are no group: 0, lost memberships: 1, memberships of nobody: 1

`
	if diff := cmp.Diff(last, summary); diff != "" {
		t.Errorf("the last lines (-want +got):\n%s", diff)
	}
}

// edit makes a call of the application's own API.
func (d *demo) edit(t *testing.T, call, body string) {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	request, err := http.NewRequestWithContext(t.Context(), method, d.vendor.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Api-Key", d.vendor.key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode > 299 {
		t.Fatalf("%s answered %d", call, answer.StatusCode)
	}
}

// interrupter interrupts when a text is printed.
type interrupter struct {
	at     string
	cancel func()
}

func (i interrupter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(i.at)) {
		i.cancel()
	}
	return len(p), nil
}

func TestDemoInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := playDemo(t, ctx, demoSettings{users: 10}, interrupter{"initial cycle", cancel})
	if diff := cmp.Diff("interrupted", fmt.Sprint(run.err)); diff != "" {
		t.Errorf("the error (-want +got):\n%s", diff)
	}
	if len(run.left) > 0 || strings.Contains(run.out, "a user and a group are deleted") {
		t.Errorf("the demo went on, or left %q:\n%s", run.left, run.out)
	}
}

// TestDemoKeep runs the command itself, and presses Ctrl-C once it says that it
// stays.
func TestDemoKeep(t *testing.T) {
	temp := t.TempDir()
	command := exec.Command("scimshim", "demo", "--keep", "--users", "10")
	command.Env = append(os.Environ(), "TMPDIR="+temp)
	var printed, problems bytes.Buffer
	command.Stdout = io.MultiWriter(&printed, interrupter{"until Ctrl-C", func() { command.Process.Signal(os.Interrupt) }})
	command.Stderr = &problems
	if err := command.Run(); err != nil {
		t.Fatalf("the demo failed: %v\n%s", err, problems.String())
	}
	words := regexp.MustCompile(`(?s)\nTenant URL: (http://127\.0\.0\.1:\d+/legacy/scim/v2)\nSecret token: (\w{26})\n(curl .*)\nEverything`).FindStringSubmatch(printed.String())
	if words == nil {
		t.Fatalf("the demo did not say how to call it:\n%s", printed.String())
	}
	want := fmt.Sprintf("curl -H 'Authorization: Bearer %s' '%s/Users?filter=userName+eq+%%22user00001.married@contoso.com%%22'", words[2], words[1])
	if diff := cmp.Diff(want, words[3]); diff != "" {
		t.Errorf("the curl line (-want +got):\n%s", diff)
	}
	expectGone(t, demoRun{out: printed.String(), left: entries(t, temp)})
}

func TestDemoTooFew(t *testing.T) {
	run := playDemo(t, t.Context(), demoSettings{users: 3}, io.Discard)
	if diff := cmp.Diff("--users 3: the demo needs at least 10", fmt.Sprint(run.err)); diff != "" {
		t.Errorf("the error (-want +got):\n%s", diff)
	}
}

func TestDemoGatewayThatEnds(t *testing.T) {
	executable, err := exec.LookPath("scimshim")
	if err != nil {
		t.Fatal(err)
	}
	g := &demoGateway{executable: executable, folder: t.TempDir(), environment: demoEnvironment()}
	want := "the gateway ended at once: " + g.folder + "/legacy.yaml:1:1: error: the file cannot be read: no such file or directory [unreadable]"
	if diff := cmp.Diff(want, fmt.Sprint(g.start())); diff != "" {
		t.Errorf("the error (-want +got):\n%s", diff)
	}
	if err := g.stop(); err != nil {
		t.Errorf("stop after the end: %v", err)
	}
}
