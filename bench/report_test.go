package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// took is a slice of ten requests of which each took so many microseconds.
func took(micros int, calls int64) *slice {
	each := time.Duration(micros) * time.Microsecond
	return &slice{requests: 10, elapsed: 10 * each, cpu: 10 * each, calls: calls, latencies: []time.Duration{each, 2 * each, 3 * each}}
}

func TestFigures(t *testing.T) {
	r := &Report{}
	row := row{name: createRow, calls: 1}
	for round, bare := range []int{10, 20, 40} {
		r.add(row, plain, took(bare*(round+2), 10))
		r.add(row, bareProxy, took(bare, 10))
		r.add(row, plainMemory, took(bare*(round+1), 11))
	}
	r.finish()
	var got []string
	for _, cells := range append(append(r.cpuTable().rows, r.paceTable().rows...), r.durableTable().rows...) {
		got = append(got, strings.Join(cells, " | "))
	}
	want := []string{
		"POST | bare proxy | 1 | 20.0 (10.0-40.0) | 1.00 (1.00-1.00) | ",
		"POST | plain | 1 | 60.0 (20.0-160.0) | 3.00 (2.00-4.00) | ",
		"POST | plain, in memory | 1.1000, missed 1 | 40.0 (10.0-120.0) | 2.00 (1.00-3.00) | at most 2.0: met",
		"POST | bare proxy | 50000 (25000-100000) | 40 (20-80) | 60 (30-120)",
		"POST | plain | 16667 (6250-50000) | 120 (40-320) | 180 (60-480)",
		"POST | plain, in memory | 25000 (8333-100000) | 80 (20-240) | 120 (30-360)",
		"plain | 20.0 (10.0-40.0) | 40 (20-80)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the tables (-want +got):\n%s", diff)
	}
}

func TestTargets(t *testing.T) {
	for name, test := range map[string]struct {
		row, proxy string
		got        samples
		want       string
	}{
		"met":             {readRow, plain, samples{1.9, 1.6, 1.1}, "at most 1.6: met"},
		"missed":          {readRow, plain, samples{1.7, 1.61, 1.1}, "at most 1.6: **missed**"},
		"kept":            {readRow, kept, samples{1.81}, "at most 1.8: **missed**"},
		"create":          {createRow, plainMemory, samples{2}, "at most 2.0: met"},
		"create, kept":    {createRow, keptMemory, samples{2.3}, "at most 2.2: **missed**"},
		"durable create":  {createRow, plain, samples{9}, ""},
		"no target":       {titleRow, plain, samples{9}, ""},
		"not the gateway": {readRow, bareProxy, samples{1}, ""},
	} {
		if got := ratioTarget(test.row, test.proxy, test.got).cell("%.1f"); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestReadBenchmarks(t *testing.T) {
	out := `goos: linux
pkg: scimshim/transform
BenchmarkReadMapping-2    	  174000	      6100 ns/op	    3100 B/op	      20 allocs/op
BenchmarkOther/case-2     	  100	      50 ns/op	 12 commits/transaction	 8 B/op	 1 allocs/op
PASS
pkg: scimshim/rules
BenchmarkLower   	 1000	        12.5 ns/op	       0 B/op	       0 allocs/op
`
	var got []string
	r := Report{Benchmarks: readBenchmarks([]byte(strings.ReplaceAll(out, "-2 ", processors()+" ")))}
	for _, cells := range r.benchmarkTable().rows {
		got = append(got, strings.Join(cells, " | "))
	}
	want := []string{
		"transform | ReadMapping | 6.10 | at most 6: **missed** | 3100 | 20 | at most 20: met",
		"transform | Other/case | 0.05 |  | 8 | 1 | ",
		"rules | Lower | 0.01 |  | 0 | 0 | ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the benchmarks (-want +got):\n%s", diff)
	}
}

func TestBetweenTheMarkers(t *testing.T) {
	want := fmt.Sprintf("the lines %q and %q are needed, in this order", tablesBegin, tablesEnd)
	for _, page := range []string{"no markers", tablesEnd + tablesBegin} {
		if _, err := between(page, "x"); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", page, err, want)
		}
	}
}
