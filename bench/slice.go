package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	callLimit = 10 * time.Second // for one answer
	sampling  = 50               // the first answer of a connection, and every so many, is compared whole
	settling  = 20 * time.Millisecond
)

// wrongAnswer ends a run: what was measured means nothing.
type wrongAnswer struct {
	proxy, row, request string
	err                 error
}

func (w *wrongAnswer) Error() string {
	return fmt.Sprintf("wrong answer: %s, %s: %s: %v", w.proxy, w.row, w.request, w.err)
}

// slice is one row through one proxy in one round.
type slice struct {
	requests  int
	elapsed   time.Duration
	cpu       time.Duration // of the proxy
	calls     int64         // that the upstream got
	latencies []time.Duration
	sampled   []*user // whom the compared answers are about
}

// send sends the requests of a row through a proxy over so many connections.
func (r row) send(ctx context.Context, p *proxy, requests, connections int) (*slice, error) {
	workers := make([]*worker, connections)
	for i := range workers {
		workers[i] = newWorker(p, r, i)
	}
	began := time.Now()
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(func() { w.work(ctx, requests, connections) })
	}
	group.Wait()
	out := &slice{requests: requests, elapsed: time.Since(began)}
	for _, w := range workers {
		w.client.CloseIdleConnections()
		if w.err != nil {
			return nil, w.err
		}
		out.latencies = append(out.latencies, w.latencies...)
		out.sampled = append(out.sampled, w.sampled...)
	}
	slices.Sort(out.latencies)
	if r.name == createRow {
		p.created += requests
	}
	return out, nil
}

// worker has one connection.
type worker struct {
	proxy     *proxy
	row       row
	first     int // its requests are this one, and every so many after it
	client    *fasthttp.HostClient
	latencies []time.Duration
	sampled   []*user
	err       error
}

func newWorker(p *proxy, r row, first int) *worker {
	return &worker{proxy: p, row: r, first: first, client: newClient(p.process.address)}
}

func newClient(address string) *fasthttp.HostClient {
	return &fasthttp.HostClient{
		Addr:                      address,
		MaxConns:                  1,
		MaxIdemponentCallAttempts: 1,
		MaxIdleConnDuration:       time.Minute,
		DisablePathNormalizing:    true,
	}
}

func (w *worker) work(ctx context.Context, requests, connections int) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	for i := w.first; i < requests; i += connections {
		if w.err = ctx.Err(); w.err != nil {
			return
		}
		c := w.row.call(w.proxy, i)
		w.fill(req, c)
		began := time.Now()
		if w.err = w.client.DoTimeout(req, resp, callLimit); w.err != nil {
			w.err = errors.Join(fmt.Errorf("%s, %s: %w", w.proxy.name, w.row.name, w.err), w.proxy.process.alive())
			return
		}
		w.latencies = append(w.latencies, time.Since(began))
		if err := w.check(c, resp); err != nil {
			w.err = &wrongAnswer{w.proxy.name, w.row.name, c.method + " " + c.path, err}
			return
		}
	}
}

func (w *worker) fill(req *fasthttp.Request, c call) {
	req.Reset()
	req.Header.SetMethod(c.method)
	req.SetRequestURI(c.path)
	req.Header.SetHost(w.proxy.process.address)
	req.Header.Set("Authorization", "Bearer "+w.proxy.token())
	if c.body != nil {
		req.Header.SetContentType(w.proxy.contentType())
		req.SetBodyRaw(c.body)
	}
}

// check looks at the status of every answer, and at the whole of a sample.
func (w *worker) check(c call, resp *fasthttp.Response) error {
	if resp.StatusCode() != c.status {
		return fmt.Errorf("status %d, want %d: %s", resp.StatusCode(), c.status, resp.Body())
	}
	if len(w.latencies)%sampling != 1 {
		return nil
	}
	if c.user != nil {
		w.sampled = append(w.sampled, c.user)
	}
	return w.proxy.check(c, resp.Body())
}
