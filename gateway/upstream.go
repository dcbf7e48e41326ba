package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"scimshim/config"
	"scimshim/transform"
)

// Limits of the connections to one vendor.
const (
	upstreamConns   = 64
	upstreamWait    = 5 * time.Second       // for one of them to be free
	upstreamConnect = 5 * time.Second       // DNS, TCP and TLS
	upstreamIdle    = 3 * time.Second       // below any vendor's own limit, so that few connections are found closed
	upstreamBusy    = 50 * time.Millisecond // less than this between two calls of a connection is no idleness
	upstreamAnswer  = 16 << 20
	upstreamHeaders = 32 << 10
)

// upstream is a vendor's API as we reach it. It uses fasthttp's pool and its
// codec, and not its Do: that one repeats requests by itself, rewrites paths
// and cannot tell whether anything was sent.
type upstream struct {
	host   string
	base   string // the path of the URL, as written
	agent  string
	aws    *config.AWS // nil: requests are not signed
	pooled *fasthttp.HostClient
}

// newUpstream takes a URL that config has checked.
func newUpstream(address, version string) *upstream {
	u := parsed(address)
	up := &upstream{host: u.Host, base: strings.TrimRight(u.EscapedPath(), "/"), agent: "scimshim/" + version}
	up.pooled = &fasthttp.HostClient{
		Addr:                hostPort(u),
		DialTimeout:         dialer(u, &tls.Config{MinVersion: tls.VersionTLS12}),
		MaxConns:            upstreamConns,
		MaxConnWaitTimeout:  upstreamWait,
		MaxIdleConnDuration: upstreamIdle,
		ConnPoolStrategy:    fasthttp.LIFO,
		ReadBufferSize:      upstreamHeaders,
	}
	return up
}

func parsed(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		panic("BUG: the upstream has an unchecked url")
	}
	return u
}

// secured has the upstream know and be known as the vendor file says.
func (u *upstream) secured(v *config.Vendor) *upstream {
	if v.TLS != nil {
		address := parsed(v.Upstream.URL)
		u.pooled.DialTimeout = dialer(address, clientTLS(v.TLS, true))
	}
	u.aws = v.AWS
	return u
}

// clientTLS is how a server is met; a name of its own is the upstream's alone.
func clientTLS(t *config.TLS, named bool) *tls.Config {
	out := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: t.Roots}
	if t.Certificate != nil {
		out.Certificates = []tls.Certificate{*t.Certificate}
	}
	if named {
		out.ServerName = t.ServerName
	}
	return out
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" && u.Scheme == "https" {
		port = "443"
	} else if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// dialer connects over IPv4 or IPv6, and brings TLS to its end, so that what
// fails here certainly reached nobody.
func dialer(u *url.URL, config *tls.Config) fasthttp.DialFuncWithTimeout {
	plain := &net.Dialer{}
	dial := plain.DialContext
	if u.Scheme == "https" {
		if config.ServerName == "" {
			config.ServerName = u.Hostname()
		}
		secure := &tls.Dialer{NetDialer: plain, Config: config}
		dial = secure.DialContext
	}
	return func(address string, timeout time.Duration) (net.Conn, error) {
		if timeout <= 0 || timeout > upstreamConnect {
			timeout = upstreamConnect
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		return dial(ctx, "tcp", address)
	}
}

var errNoTime = errors.New("no time is left for the call")

// send makes one native call. A GET that meets a connection which the vendor
// has closed meanwhile is sent once more; nothing else ever is.
func (u *upstream) send(native transform.NativeRequest, deadline time.Time) transform.Answer {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	if u.aws != nil {
		native = withSignature(u.aws, u.host, u.base, native, time.Now())
	}
	u.fill(req, native)
	reads := native.Method == http.MethodGet
	delivery, err, stale := u.try(req, resp, deadline, reads)
	if stale && reads {
		u.pooled.CloseIdleConnections()
		delivery, err, _ = u.try(req, resp, deadline, false)
	}
	answer := transform.Answer{Delivery: delivery, Now: time.Now()}
	if err != nil {
		answer.Reason = reason(err)
		return answer
	}
	return read(answer, resp)
}

// fill writes the request from the native one alone. The URI is set as raw
// bytes and never parsed again: parsing would decode and resolve it.
func (u *upstream) fill(req *fasthttp.Request, native transform.NativeRequest) {
	req.Header.SetMethod(native.Method)
	req.Header.SetRequestURI(u.base + native.Path)
	req.Header.SetHost(u.host)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.SetUserAgent(u.agent)
	for _, h := range native.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	req.SetBodyRaw(native.Body)
}

// try sends the request over one connection. One that may be sent again trusts
// what was used a moment ago. stale says that a kept connection was found closed
// before any answer.
func (u *upstream) try(req *fasthttp.Request, resp *fasthttp.Response, deadline time.Time, again bool) (delivery transform.Delivery, err error, stale bool) {
	left := time.Until(deadline)
	if left <= 0 {
		return transform.NotSent, errNoTime, false
	}
	conn, err := u.pooled.AcquireConn(left, false)
	for err == nil && !conn.LastUseTime().IsZero() && !usable(conn.Conn(), time.Since(conn.LastUseTime()), again) {
		u.pooled.CloseConn(conn)
		conn, err = u.pooled.AcquireConn(left, false)
	}
	if err != nil {
		if errors.Is(err, fasthttp.ErrNoFreeConns) {
			return transform.Queued, err, false
		}
		return transform.NotSent, err, false
	}
	kept := !conn.LastUseTime().IsZero()
	clean, err := u.roundTrip(conn.Conn(), req, resp, deadline)
	if err != nil {
		u.pooled.CloseConn(conn)
		if late(err) {
			return transform.Late, err, false
		}
		return transform.Lost, err, kept && errors.As(err, new(unanswered))
	}
	if clean {
		u.pooled.ReleaseConn(conn)
	} else {
		u.pooled.CloseConn(conn)
	}
	return transform.Answered, nil, false
}

// usable reports whether a kept connection may take the request. A write into one
// that the vendor has closed seems to succeed, and would leave a create in
// doubt, so that before each write the system is asked. A read is sent again
// if need be: one that follows another at once saves the system call. fasthttp's
// own cleaner of idle connections may come late.
func usable(conn net.Conn, idle time.Duration, again bool) bool {
	return idle <= upstreamIdle && (again && idle < upstreamBusy || alive(conn))
}

// unanswered is a connection that broke before the first byte of an answer.
type unanswered struct{ error }

func (e unanswered) Unwrap() error { return e.error }

// roundTrip reports whether the connection can be used again: bytes left over
// would be taken for the next answer.
func (u *upstream) roundTrip(conn net.Conn, req *fasthttp.Request, resp *fasthttp.Response, deadline time.Time) (clean bool, err error) {
	if err := conn.SetDeadline(deadline); err != nil {
		return false, unanswered{err}
	}
	w := u.pooled.AcquireWriter(conn)
	defer u.pooled.ReleaseWriter(w)
	if err := req.Write(w); err != nil {
		return false, unanswered{err}
	}
	if err := w.Flush(); err != nil {
		return false, unanswered{err}
	}
	r := u.pooled.AcquireReader(conn)
	defer u.pooled.ReleaseReader(r)
	if _, err := r.Peek(1); err != nil {
		return false, unanswered{err}
	}
	resp.SkipBody = req.Header.IsHead()
	resp.Header.SetNoDefaultContentType(true) // a type that the vendor did not name is not text/plain
	if err := resp.ReadLimitBody(r, upstreamAnswer); err != nil {
		return false, err
	}
	return r.Buffered() == 0 && !resp.ConnectionClose(), nil
}

func late(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// read copies everything out: the bytes of a response die with it.
func read(answer transform.Answer, resp *fasthttp.Response) transform.Answer {
	answer.Status = resp.StatusCode()
	answer.Body = append([]byte(nil), resp.Body()...)
	answer.Headers = copyHeaders(&resp.Header)
	return answer
}

// copyHeaders takes all names and values out in one piece of text.
func copyHeaders(h *fasthttp.ResponseHeader) []transform.Header {
	var room [1 << 10]byte // on the stack
	text, count := room[:0], 0
	for name, value := range h.All() {
		text, count = append(append(text, name...), value...), count+1
	}
	if count == 0 {
		return nil
	}
	all, headers := string(text), make([]transform.Header, 0, count)
	for name, value := range h.All() {
		end := len(name) + len(value)
		headers = append(headers, transform.Header{Name: all[:len(name)], Value: all[len(name):end]})
		all = all[end:]
	}
	return headers
}

// reason says for the log what went wrong. An error of the codec may quote what
// the vendor sent, so that only its kind is told.
func reason(err error) string {
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errNoTime):
		return err.Error()
	case late(err):
		return "time-out"
	case errors.As(err, new(unanswered)):
		return "the connection was closed before an answer"
	case errors.Is(err, fasthttp.ErrNoFreeConns):
		return "all connections to the vendor are busy"
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return "the answer is too large"
	case errors.As(err, &network), errors.As(err, &certificate):
		return err.Error()
	}
	return "the answer is not HTTP or was cut short"
}
