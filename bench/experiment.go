package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	usersEach   = 32   // for each connection: those that are read and patched
	mostCreates = 5000 // of a round: the gateway remembers 10,000 misses, and only for a minute
	userNumbers = 10_000_000
	warmUp      = 10 // the first round has that part of the requests, and does not count
)

// experiment is one run.
type experiment struct {
	settings settings
	stage    *stage
	proxies  []*proxy
	rows     []row
	report   *Report
	progress io.Writer
}

// measure is the life of a run. Whatever happens, what it started is ended.
func measure(ctx context.Context, s settings, progress io.Writer) (report *Report, err error) {
	folder, err := os.MkdirTemp("", "scimshim-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	x := &experiment{settings: s, stage: &stage{folder: folder, profile: s.profile}, rows: allRows(), report: newReport(s), progress: progress}
	defer func() { err = errors.Join(err, x.end()) }()
	if s.benchmarks { // first, as they do not run beside anything else
		if err := x.benchmarks(ctx); err != nil {
			return nil, err
		}
	}
	if err := x.start(ctx); err != nil {
		return nil, err
	}
	for _, p := range x.proxies {
		if err := x.settle(ctx, p); err != nil {
			return nil, err
		}
	}
	for round := range 1 + s.rounds {
		if err := x.round(ctx, round); err != nil {
			return nil, err
		}
	}
	if err := x.finish(ctx); err != nil {
		return nil, err
	}
	return x.report, nil
}

func (x *experiment) say(format string, args ...any) { fmt.Fprintf(x.progress, format+"\n", args...) }

// start builds what is measured and starts it.
func (x *experiment) start(ctx context.Context) (err error) {
	x.say("building the gateway")
	if err := x.stage.build(ctx); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	command, err := role(roleUpstream, address)
	if err != nil {
		return err
	}
	if x.stage.upstream, err = launch(ctx, x.stage.folder, roleUpstream, address, command); err != nil {
		return err
	}
	for _, name := range x.settings.proxies {
		p, err := x.stage.enter(ctx, name)
		if err != nil {
			return err
		}
		if p == nil {
			x.report.Missing = append(x.report.Missing, name)
			continue
		}
		p.number = (1 + len(x.proxies)) * userNumbers
		x.proxies = append(x.proxies, p)
	}
	return nil
}

// end ends all processes.
func (x *experiment) end() (err error) {
	for _, p := range x.proxies {
		err = errors.Join(err, p.process.stop())
	}
	if x.stage.upstream != nil {
		err = errors.Join(err, x.stage.upstream.stop())
	}
	return err
}

// settle notes what a proxy needs when idle, and creates its users through it.
func (x *experiment) settle(ctx context.Context, p *proxy) (err error) {
	if p.idle, err = memory(p.process.pid()); err != nil {
		return err
	}
	count := usersEach * x.settings.connections
	base := p.number
	for _, r := range x.rows {
		if r.fresh {
			if _, err := x.slice(ctx, r, p, count); err != nil {
				return err
			}
		}
	}
	for i := range count {
		u := newUser(base + i)
		if u.id, err = x.stage.idOf(u); err != nil {
			return err
		}
		p.users = append(p.users, u)
	}
	return nil
}

// round measures every row through every proxy. Each round begins with another
// proxy, so that none always follows the same one.
func (x *experiment) round(ctx context.Context, round int) error {
	x.say("round %d of %d", round, x.settings.rounds)
	for _, r := range x.rows {
		requests := x.settings.requests
		if r.fresh {
			requests = x.settings.creates
		}
		if round == 0 {
			requests = max(x.settings.connections, requests/warmUp)
		}
		for i := range x.proxies {
			p := x.proxies[(i+round)%len(x.proxies)]
			s, err := x.slice(ctx, r, p, requests)
			if err != nil {
				return err
			}
			if round > 0 {
				x.report.add(r, p.name, s)
			}
		}
	}
	return nil
}

// slice measures one row through one proxy, and then looks at what the vendor
// has of the users whose answers were compared.
func (x *experiment) slice(ctx context.Context, r row, p *proxy, requests int) (*slice, error) {
	callsBefore, err := x.stage.calls()
	if err != nil {
		return nil, err
	}
	cpuBefore, err := cpu(p.process.pid())
	if err != nil {
		return nil, err
	}
	s, err := r.send(ctx, p, requests, x.settings.connections)
	if err != nil {
		return nil, err
	}
	time.Sleep(settling) // for what is written behind the answers
	cpuAfter, err := cpu(p.process.pid())
	if err != nil {
		return nil, err
	}
	callsAfter, err := x.stage.calls()
	s.cpu, s.calls = cpuAfter-cpuBefore, callsAfter-callsBefore
	if err != nil {
		return nil, err
	}
	return s, x.verify(r, p, s.sampled)
}

// verify compares the users with those at the vendor.
func (x *experiment) verify(r row, p *proxy, users []*user) error {
	for _, u := range users {
		path := usersPath + "/" + u.id
		body, err := x.stage.get(path)
		if err != nil {
			return err
		}
		var got object
		if err = json.Unmarshal(body, &got); err == nil {
			err = same(got, u.native(p.keeps()))
		}
		if err != nil {
			return &wrongAnswer{p.name, r.name, "at the vendor: GET " + path, err}
		}
	}
	return nil
}
