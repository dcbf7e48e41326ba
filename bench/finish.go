package main

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

const starts = 7 // of the gateway, with a new state file and with one that is there

// finish measures what is not measured in rounds.
func (x *experiment) finish(ctx context.Context) error {
	for _, p := range x.proxies {
		loaded, err := memory(p.process.pid())
		if err != nil {
			return err
		}
		x.report.remember(p, loaded)
	}
	for _, p := range x.proxies {
		if p.name == plain {
			if err := x.starts(ctx, p); err != nil {
				return err
			}
		}
	}
	x.report.finish()
	return nil
}

// starts measures how long the gateway takes to its first answer.
func (x *experiment) starts(ctx context.Context, p *proxy) error {
	x.say("starting the gateway %d times", 2*starts)
	var fresh, again samples
	for range starts {
		file := filepath.Join(x.stage.folder, "start.db")
		for _, into := range []*samples{&fresh, &again} {
			took, err := x.firstAnswer(ctx, p, file)
			if err != nil {
				return err
			}
			*into = append(*into, took.Seconds()*1000)
		}
		for _, name := range []string{file, file + "-wal"} {
			if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	x.report.Starts = []Start{
		{State: "is there", Milliseconds: again.spread(), Target: atMost(startTarget, again)},
		{State: "is new", Milliseconds: fresh.spread(), Target: atMost(startTarget, fresh)},
	}
	return nil
}

// firstAnswer starts the gateway once more and has it read a user.
func (x *experiment) firstAnswer(ctx context.Context, p *proxy, file string) (took time.Duration, err error) {
	address, err := freeAddress()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	process, err := launch(ctx, x.stage.folder, "start", address, x.stage.gateway(p.vendor, address, file))
	if err != nil {
		return 0, err
	}
	again := &proxy{name: "start", vendor: p.vendor, process: process, users: p.users}
	w := newWorker(again, row{name: readRow, call: read}, 0)
	w.work(ctx, 1, 1)
	took = time.Since(began)
	w.client.CloseIdleConnections()
	if err := process.stop(); err != nil {
		return 0, err
	}
	return took, w.err
}
