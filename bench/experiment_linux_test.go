package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Only Linux has what usage.go reads, so that only there a run is possible.

// tiny is a run that ends in seconds and says nothing about speed.
func tiny() settings {
	return settings{rounds: 1, requests: 64, creates: 8, connections: 4, proxies: []string{bareProxy, plain, keptMemory}}
}

// watched is a run that leaves no process behind.
func watched(t *testing.T, ctx context.Context, s settings, progress io.Writer) (*Report, error) {
	t.Helper()
	before := children(t)
	report, err := measure(ctx, s, progress)
	if diff := cmp.Diff(before, children(t)); diff != "" {
		t.Errorf("processes that are left (+):\n%s", diff)
	}
	return report, err
}

// children are the processes that this one has started and that are still there.
func children(t *testing.T) (found []string) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(lists) == 0 {
		t.Fatalf("no list of children below /proc: %v", err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		found = append(found, strings.Fields(string(text))...)
	}
	return found
}

// A whole run compares the answers and what the vendor has itself; here are the
// counts of the vendor's calls, and that the report lacks nothing.
func TestRun(t *testing.T) {
	report, err := watched(t, t.Context(), tiny(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		row, proxy string
		requests   int
		calls      float64
	}
	var got, want []line
	for _, f := range report.Figures {
		got = append(got, line{f.Row, f.Proxy, f.Requests, f.Calls})
		for _, spread := range []Spread{f.CPU, f.Ratio, f.Rate, f.P50, f.P99} {
			if spread.Low <= 0 || spread.Low > spread.Median || spread.Median > spread.High {
				t.Errorf("%s, %s: nothing was measured: %+v", f.Row, f.Proxy, f)
			}
		}
	}
	for _, row := range []line{{readRow, "", 64, 1}, {findRow, "", 64, 1}, {missRow, "", 8, 1}, {createRow, "", 8, 1}, {phoneRow, "", 64, 2}, {titleRow, "", 64, 1}} {
		want = append(want, line{row.row, bareProxy, row.requests, 1}, line{row.row, plain, row.requests, row.calls}, line{row.row, keptMemory, row.requests, row.calls})
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("the figures (-want +got):\n%s", diff)
	}
	checkReport(t, report)
}

// checkReport writes the report in every form.
func checkReport(t *testing.T, report *Report) {
	t.Helper()
	folder := t.TempDir()
	s := settings{json: filepath.Join(folder, "r.json"), plot: filepath.Join(folder, "r.svg"), readme: filepath.Join(folder, "r.md")}
	if err := os.WriteFile(s.readme, []byte("before\n"+tablesBegin+"old\n"+tablesEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := report.deliver(s, &printed); err != nil {
		t.Fatal(err)
	}
	if got, want := slurp(t, s.readme), "before\n"+tablesBegin+"\n"+printed.String()+"\n"+tablesEnd+"after\n"; got != want {
		t.Errorf("the page: got %q, want %q", got, want)
	}
	var read Report
	if err := json.Unmarshal([]byte(slurp(t, s.json)), &read); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(report, &read, cmpopts.IgnoreUnexported(Figure{})); diff != "" || len(read.Memory) != 3 || len(read.Starts) != 2 {
		t.Errorf("the JSON (-report +read):\n%s", diff)
	}
	for _, text := range []string{printed.String(), slurp(t, s.plot)} {
		for _, name := range []string{bareProxy, plain, keptMemory, readRow, findRow, missRow, createRow, phoneRow, titleRow} {
			if !strings.Contains(text, name) {
				t.Errorf("%q is missing in:\n%.3000s", name, text)
			}
		}
	}
}

func slurp(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestInterrupted holds that nothing is left of a run that a signal ends.
func TestInterrupted(t *testing.T) {
	s := tiny()
	s.rounds, s.requests = 100, 1_000_000
	ctx, cancel := context.WithCancel(t.Context())
	progress := &trigger{wait: "round 0", do: func() { time.AfterFunc(100*time.Millisecond, cancel) }} // amid the requests
	if _, err := watched(t, ctx, s, progress); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

// trigger does something when a text is written to it.
type trigger struct {
	wait string
	do   func()
}

func (g *trigger) Write(p []byte) (int, error) {
	if strings.Contains(string(p), g.wait) {
		g.do()
	}
	return len(p), nil
}
