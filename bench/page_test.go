package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the page shows is what the last run measured, and nobody's edit.
func TestPageHasTheFigures(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	figures, err := os.ReadFile("figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(figures, &r); err != nil {
		t.Fatal(err)
	}
	written, err := between(string(page), r.tables())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written, string(page)); diff != "" {
		t.Errorf("README.md has other tables than figures.json (-want +got):\n%s", diff)
	}
	if len(r.Benchmarks) == 0 {
		t.Error("figures.json has no allocations: run it without --benchmarks=false")
	}
}

// The commands of the page are taken, and the counts that it names are those of
// a run without flags.
func TestPageCommands(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for line := range strings.Lines(string(page)) {
		command, _, _ := strings.Cut(line, "#")
		arguments, found := strings.CutPrefix(command, "    go run ./bench")
		if !found {
			continue
		}
		commands++
		if _, err := parse(strings.Fields(arguments), io.Discard); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	s, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{
		fmt.Sprintf("in each of %d rounds", s.rounds), fmt.Sprintf("%d,%03d requests", s.requests/1000, s.requests%1000),
		fmt.Sprintf("(%d,%03d for POST", s.creates/1000, s.creates%1000), fmt.Sprintf("over %d kept connections", s.connections),
	} {
		if !strings.Contains(strings.Join(strings.Fields(string(page)), " "), words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if commands != 3 {
		t.Errorf("the page has %d commands, want 3", commands)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct{ arguments, want string }{
		{"now", `bench: argument "now": there are only flags`},
		{"--rounds 0", "bench: 0 rounds: choose 1 to 100"},
		{"--rounds 101", "bench: 101 rounds: choose 1 to 100"},
		{"--connections 65", "bench: 65 connections: choose 1 to 64"},
		{"--requests 15", "bench: 15 requests: choose one for each connection, up to 1000000"},
		{"--creates 5001", "bench: 5001 creates: choose one for each connection, up to 5000"},
		{"role upstream", `bench: role ["upstream"]: an address to listen on is needed`},
	} {
		t.Run(test.arguments, func(t *testing.T) {
			var stderr strings.Builder
			code := execute(strings.Fields(test.arguments), io.Discard, &stderr)
			if diff := cmp.Diff(fmt.Sprintf("%d %s\n", exitStuck, test.want), fmt.Sprintf("%d %s", code, stderr.String())); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if code := execute([]string{"--help"}, io.Discard, io.Discard); code != exitFine {
		t.Errorf("--help exits %d", code)
	}
}
