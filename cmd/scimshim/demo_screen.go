package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
)

// screen is what the demo prints. On a terminal a phase shows how far it is.
type screen struct {
	w        io.Writer
	terminal bool
	name     string
	began    time.Time
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

func (s *screen) printf(format string, values ...any) { fmt.Fprintf(s.w, format, values...) }

func (s *screen) headline(users, groups int) {
	s.printf("Entra with %d users and %d groups  ->  scimshim  ->  an application without SCIM\n\n", users, groups)
	s.printf("%-39s %8s %8s\n", "", "requests", "native")
	s.printf("%-39s %8s %8s\n", "", "of Entra", "calls")
}

// begin starts the line of a phase.
func (s *screen) begin(name string) {
	s.name, s.began = name, time.Now()
	s.progress(0, 0)
}

// progress is not for files: a line there is written once.
func (s *screen) progress(done, total int) {
	if !s.terminal {
		return
	}
	s.printf("\r\x1b[K%-40s", s.name)
	if total > 0 {
		s.printf("%d of %d", done, total)
	}
}

// end finishes the line of a phase.
func (s *screen) end(name string, requests, calls int, remark string) {
	if s.terminal {
		s.printf("\r\x1b[K")
	}
	s.printf("%-39s %8d %8d %5.1f s  %s\n", name, requests, calls, time.Since(s.began).Seconds(), remark)
}

// show prints one request with its translation.
func (s *screen) show(scim, native transcript) {
	s.printf("\nOne of the creates in full. Entra sends\n\n")
	s.printf("    %s\n%s\n", scim.request, members(scim.body))
	s.printf("and scimshim calls\n\n")
	s.printf("    %s\n%s\n", native.request, members(native.body))
	s.printf("which the application answers with\n\n")
	s.printf("    %d %s\n%s\n", native.status, http.StatusText(native.status), members(native.answer))
	s.printf("and scimshim with\n\n")
	s.printf("    %d %s\n%s\n", scim.status, http.StatusText(scim.status), members(scim.answer))
}

// members lays out a JSON object with a line for each member.
func members(object string) string {
	var b strings.Builder
	gjson.Parse(object).ForEach(func(key, value gjson.Result) bool {
		fmt.Fprintf(&b, "      %s: %s\n", key.Raw, value.Raw)
		return true
	})
	return b.String()
}

// summarize prints the table, with the application's own store as the judge of
// what is there twice, lost or wrong.
func (d *demo) summarize() {
	users, teams := d.vendor.app.Users(), d.vendor.app.Teams()
	t := compare(d.directory, users, teams)
	_, refused := d.vendor.seen()
	if refused > 0 {
		d.broke(noDuplicates, "%d creates were for a user or group that was there already", refused)
	}
	d.screen.printf("requests of Entra\n")
	printCounts(d.screen, d.requests)
	d.screen.printf("native calls\n")
	printCounts(d.screen, d.vendor.app.Calls())
	d.screen.printf("users in Entra: %d, accounts in the application: %d and its administrator\n", len(d.directory.users), len(users)-1)
	d.screen.printf("duplicates: %d, lost users: %d, accounts of nobody: %d, wrong values: %d, wrong managers: %d\n",
		t.duplicates+refused, t.lost, t.strangers, len(t.wrong), len(t.managers))
	d.screen.printf("groups in Entra: %d with %d members, teams in the application: %d with %d\n",
		len(d.directory.groups),
		sum(d.directory.groups, func(g entra.Group) int { return len(g.Members) }),
		len(teams), sum(teams, func(t app.Team) int { return len(t.Members) }))
	d.screen.printf("lost groups: %d, teams that are no group: %d, lost memberships: %d, memberships of nobody: %d\n",
		t.lostGroups, t.strangeTeams, len(t.lostMembers), len(t.strayMembers))
	d.screen.printf("%s\n", d.idle)
}

func sum[T any](all []T, of func(T) int) (n int) {
	for _, one := range all {
		n += of(one)
	}
	return n
}

func printCounts[K ~string](s *screen, counts map[K]int) {
	for _, kind := range sortedKeys(counts) {
		s.printf("    %-41s%6d\n", kind, counts[kind])
	}
}

func sortedKeys[K cmp.Ordered, V any](of map[K]V) []K { return slices.Sorted(maps.Keys(of)) }

// watch is a transport that takes down the last POST that went over it. It is
// for one request at a time.
type watch struct {
	next http.RoundTripper
	post transcript
}

// RoundTrip sends the request on.
func (c *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return c.next.RoundTrip(r)
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(sent))
	answer, err := c.next.RoundTrip(again)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(text))
	c.post = transcript{"POST " + r.URL.Path, string(sent), answer.StatusCode, string(text)}
	return answer, err
}
