package main

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"time"
)

// Report is all that was measured. Times are in microseconds where the name
// does not say otherwise.
type Report struct {
	Date        string      `json:"date"`
	Machine     Machine     `json:"machine"`
	Rounds      int         `json:"rounds"`
	Requests    int         `json:"requests"`
	Creates     int         `json:"creates"`
	Connections int         `json:"connections"`
	Missing     []string    `json:"missing,omitempty"` // proxies that are not installed
	Figures     []*Figure   `json:"figures"`
	Durable     []Durable   `json:"durable"`
	Memory      []Memory    `json:"memory"`
	Starts      []Start     `json:"starts"`
	Benchmarks  []Benchmark `json:"benchmarks,omitempty"`
}

// Figure is one row through one proxy.
type Figure struct {
	Row      string  `json:"row"`
	Proxy    string  `json:"proxy"`
	Requests int     `json:"requests"` // in all rounds
	Calls    float64 `json:"calls"`    // of the vendor, for one request
	Claimed  float64 `json:"claimed"`  // how many these should be
	CPU      Spread  `json:"cpu"`
	Ratio    Spread  `json:"ratio"`  // to the CPU of the bare proxy in the same round
	Target   *Target `json:"target"` // of the ratio
	Rate     Spread  `json:"rate"`   // requests a second
	P50      Spread  `json:"p50"`
	P99      Spread  `json:"p99"`

	calls               int64
	cpu, rate, p50, p99 samples // by round
}

// Durable is what a POST costs more with the state in a file than in memory.
type Durable struct {
	Vendor string `json:"vendor"`
	CPU    Spread `json:"cpu"`
	P50    Spread `json:"p50"`
}

// Memory is what a process holds, in MiB.
type Memory struct {
	Proxy     string  `json:"proxy"`
	Created   int     `json:"created"` // users, through it
	Idle      float64 `json:"idle"`
	IdleAnon  float64 `json:"idleAnon"` // without the program's own file
	Load      float64 `json:"load"`
	LoadAnon  float64 `json:"loadAnon"`
	IdleLimit *Target `json:"idleTarget"`
	LoadLimit *Target `json:"loadTarget"`
}

// Start is the time from exec to the first answer.
type Start struct {
	State        string  `json:"state"`
	Milliseconds Spread  `json:"milliseconds"`
	Target       *Target `json:"target"`
}

// Spread is the median of the rounds and their range.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

type samples []float64

func (s samples) spread() Spread {
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	if n == 0 {
		return Spread{}
	}
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: sorted[0], High: sorted[n-1]}
}

// against combines two rows of samples, round by round.
func (s samples) against(other samples, combine func(a, b float64) float64) samples {
	out := make(samples, min(len(s), len(other)))
	for i := range out {
		out[i] = combine(s[i], other[i])
	}
	return out
}

func ratio(a, b float64) float64      { return a / b }
func difference(a, b float64) float64 { return a - b }

func newReport(s settings) *Report {
	return &Report{
		Date: time.Now().UTC().Format("2006-01-02 15:04 MST"), Machine: thisMachine(),
		Rounds: s.rounds, Requests: s.requests, Creates: s.creates, Connections: s.connections,
	}
}

// add takes what one slice measured.
func (r *Report) add(of row, proxy string, s *slice) {
	f := r.figure(of.name, proxy)
	if f == nil {
		f = &Figure{Row: of.name, Proxy: proxy, Claimed: 1}
		if mapping(proxy) {
			f.Claimed = of.calls
		}
		r.Figures = append(r.Figures, f)
	}
	f.Requests += s.requests
	f.calls += s.calls
	f.cpu = append(f.cpu, micros(s.cpu)/float64(s.requests))
	f.rate = append(f.rate, float64(s.requests)/s.elapsed.Seconds())
	f.p50 = append(f.p50, micros(s.latencies[len(s.latencies)/2]))
	f.p99 = append(f.p99, micros(s.latencies[len(s.latencies)*99/100]))
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// mapping says that a proxy is the gateway.
func mapping(proxy string) bool { return proxy != bareProxy && proxy != nginxProxy }

func (r *Report) figure(row, proxy string) *Figure {
	for _, f := range r.Figures {
		if f.Row == row && f.Proxy == proxy {
			return f
		}
	}
	return nil
}

func (r *Report) remember(p *proxy, loaded resident) {
	m := Memory{Proxy: p.name, Created: p.created,
		Idle: p.idle.all / 1024, IdleAnon: p.idle.anonymous / 1024, Load: loaded.all / 1024, LoadAnon: loaded.anonymous / 1024}
	if p.name == plain || p.name == kept {
		m.IdleLimit = atMost(idleTarget, samples{m.Idle})
		m.LoadLimit = atMost(loadTarget, samples{m.Load})
	}
	r.Memory = append(r.Memory, m)
}

// finish computes what the rounds add up to, in the order of the tables.
func (r *Report) finish() {
	order := func(names []string, name string) int { return slices.Index(names, name) }
	var rows []string
	for _, row := range allRows() {
		rows = append(rows, row.name)
	}
	slices.SortStableFunc(r.Figures, func(a, b *Figure) int {
		if a.Row != b.Row {
			return order(rows, a.Row) - order(rows, b.Row)
		}
		return order(allProxies(), a.Proxy) - order(allProxies(), b.Proxy)
	})
	for _, f := range r.Figures {
		f.Calls = float64(f.calls) / float64(f.Requests)
		f.CPU, f.Rate, f.P50, f.P99 = f.cpu.spread(), f.rate.spread(), f.p50.spread(), f.p99.spread()
		if bare := r.figure(f.Row, bareProxy); bare != nil {
			over := f.cpu.against(bare.cpu, ratio)
			f.Ratio, f.Target = over.spread(), ratioTarget(f.Row, f.Proxy, over)
		}
	}
	r.durable(plain, plainMemory)
	r.durable(kept, keptMemory)
}

func (r *Report) durable(file, inMemory string) {
	with, without := r.figure(createRow, file), r.figure(createRow, inMemory)
	if with != nil && without != nil {
		r.Durable = append(r.Durable, Durable{Vendor: file,
			CPU: with.cpu.against(without.cpu, difference).spread(), P50: with.p50.against(without.p50, difference).spread()})
	}
}

// deliver prints the report, and writes it into the files that were asked for.
func (r *Report) deliver(s settings, stdout io.Writer) error {
	if _, err := io.WriteString(stdout, r.tables()); err != nil {
		return err
	}
	if s.json != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if s.plot != "" {
		if err := r.plot(s.plot); err != nil {
			return err
		}
	}
	if s.readme != "" {
		return r.readme(s.readme)
	}
	return nil
}
