package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Benchmark is one line of `go test -bench`.
type Benchmark struct {
	Package     string  `json:"package"`
	Name        string  `json:"name"`
	Nanoseconds float64 `json:"nanoseconds"`
	Bytes       float64 `json:"bytes"`
	Allocations float64 `json:"allocations"`

	// Of a benchmark that is one direction of the mapping.
	TimeTarget       *Target `json:"timeTarget,omitempty"`
	AllocationTarget *Target `json:"allocationTarget,omitempty"`
}

// benchmarks runs those of the packages whose speed matters.
func (x *experiment) benchmarks(ctx context.Context) error {
	x.say("running the benchmarks of the packages")
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem",
		"scimshim/transform/...", "scimshim/rules/...", "scimshim/gateway/...")
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	x.report.Benchmarks = readBenchmarks(out)
	return nil
}

func readBenchmarks(out []byte) (list []Benchmark) {
	var name string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if after, is := strings.CutPrefix(lines.Text(), "pkg: scimshim/"); is {
			name = after
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		b := Benchmark{Package: name, Name: benchmarkName(fields[0])}
		for i := 2; i+1 < len(fields); i += 2 {
			b.take(fields[i], fields[i+1])
		}
		b.judge()
		list = append(list, b)
	}
	return list
}

// benchmarkName leaves out the number of processors, which the report has once.
func benchmarkName(text string) string {
	name := strings.TrimPrefix(text, "Benchmark")
	return strings.TrimSuffix(name, processors())
}

func processors() string { return fmt.Sprintf("-%d", runtime.GOMAXPROCS(0)) }

func (b *Benchmark) take(text, unit string) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return
	}
	switch unit {
	case "ns/op":
		b.Nanoseconds = value
	case "B/op":
		b.Bytes = value
	case "allocs/op":
		b.Allocations = value
	}
}

// judge knows the benchmarks of transform that map one whole user.
func (b *Benchmark) judge() {
	if b.Package == "transform" && (b.Name == "ReadMapping" || b.Name == "WriteMapping") {
		b.TimeTarget = atMost(directionTarget, samples{b.Nanoseconds / 1000})
		b.AllocationTarget = atMost(allocationTarget, samples{b.Allocations})
	}
}
