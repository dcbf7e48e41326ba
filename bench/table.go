package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tables are all of the report's, in Markdown that reads well as it is.
func (r *Report) tables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %d cores, %s, %s.\n", r.Date, r.Machine.Processor, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go)
	fmt.Fprintf(&b, "%d rounds of %d requests (POST and the look-up before it: %d) a row and proxy, %d connections: median (range).\n",
		r.Rounds, r.Requests, r.Creates, r.Connections)
	for _, name := range r.Missing {
		fmt.Fprintf(&b, "%s: not installed.\n", name)
	}
	for _, t := range []table{r.cpuTable(), r.paceTable(), r.durableTable(), r.memoryTable(), r.startTable(), r.benchmarkTable()} {
		t.print(&b)
	}
	return b.String()
}

// table is printed only if it has rows.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(b *strings.Builder) {
	if len(t.rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n\n", t.title)
	widths := make([]int, len(t.head))
	for _, cells := range append([][]string{t.head}, t.rows...) {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := make([]string, len(t.head))
	for i, width := range widths {
		line[i] = strings.Repeat("-", width)
	}
	for _, cells := range append([][]string{t.head, line}, t.rows...) {
		for i, cell := range cells {
			fmt.Fprintf(b, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		b.WriteString("|\n")
	}
}

func (r *Report) cpuTable() table {
	t := table{title: "CPU of the proxy for one request, in us, and what part that is of the bare proxy's in the same round:",
		head: []string{"request", "through", "vendor calls", "CPU us", "of bare", "target"}}
	for _, f := range r.Figures {
		t.add(f.Row, f.Proxy, f.callsCell(), f.CPU.cell(1), f.ratioCell(), f.Target.cell("%.1f"))
	}
	return t
}

func (f *Figure) callsCell() string {
	if f.Calls == f.Claimed {
		return fmt.Sprintf("%.0f", f.Calls)
	}
	return fmt.Sprintf("%.4f, missed %.0f", f.Calls, f.Claimed)
}

func (f *Figure) ratioCell() string {
	if f.Ratio == (Spread{}) {
		return "-"
	}
	return f.Ratio.cell(2)
}

func (r *Report) paceTable() table {
	t := table{title: "Rates and latencies, which on a shared machine are indications; the driver and the upstream share its cores:",
		head: []string{"request", "through", "requests/s", "p50 us", "p99 us"}}
	for _, f := range r.Figures {
		t.add(f.Row, f.Proxy, f.Rate.cell(0), f.P50.cell(0), f.P99.cell(0))
	}
	return t
}

func (r *Report) durableTable() table {
	t := table{title: "What the state file adds to a POST, beside a state in memory only:", head: []string{"file", "CPU us", "p50 us"}}
	for _, d := range r.Durable {
		t.add(d.Vendor, d.CPU.cell(1), d.P50.cell(0))
	}
	return t
}

func (r *Report) memoryTable() table {
	t := table{title: "Resident memory in MiB, and in brackets the part that is not the program's own file:",
		head: []string{"process", "idle", "target", "after the load", "target", "users created"}}
	for _, m := range r.Memory {
		t.add(m.Proxy, fmt.Sprintf("%.1f (%.1f)", m.Idle, m.IdleAnon), m.IdleLimit.cell("%.0f"),
			fmt.Sprintf("%.1f (%.1f)", m.Load, m.LoadAnon), m.LoadLimit.cell("%.0f"), fmt.Sprint(m.Created))
	}
	return t
}

func (r *Report) startTable() table {
	t := table{title: "From exec to the first answer of the gateway, in ms:", head: []string{"the state file", "ms", "target"}}
	for _, s := range r.Starts {
		t.add(s.State, s.Milliseconds.cell(1), s.Target.cell("%.0f"))
	}
	return t
}

func (r *Report) benchmarkTable() table {
	t := table{title: "`go test -bench` (for a direction of the mapping the targets are 6 us and 20 allocations):",
		head: []string{"package", "benchmark", "us", "target", "bytes", "allocations", "target"}}
	for _, b := range r.Benchmarks {
		t.add(b.Package, b.Name, fmt.Sprintf("%.2f", b.Nanoseconds/1000), b.TimeTarget.cell("%.0f"),
			fmt.Sprintf("%.0f", b.Bytes), fmt.Sprintf("%.0f", b.Allocations), b.AllocationTarget.cell("%.0f"))
	}
	return t
}

func (s Spread) cell(digits int) string {
	return fmt.Sprintf("%.*f (%.*f-%.*f)", digits, s.Median, digits, s.Low, digits, s.High)
}

// cell says what was aimed at, and whether it was reached.
func (t *Target) cell(format string) string {
	if t == nil {
		return ""
	}
	verdict := "met"
	if !t.Met {
		verdict = "**missed**"
	}
	return fmt.Sprintf("at most "+format+": %s", t.AtMost, verdict)
}
