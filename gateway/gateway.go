// Package gateway is the moving part: it takes SCIM requests, lets a plan of
// package transform decide what to do, and does it.
//
// Start at exchange.go, where the life of one request reads from top to bottom.
// caller.go says who may call, peer.go where a request comes from, issuer.go and
// keys.go whether a token is Entra's; grant.go is the token endpoint, and signer.go
// makes its tokens. route.go says what is asked for, and search.go searches users
// and groups at once. vendor.go has what serves one vendor, and what of it outlives a
// snapshot. locks.go and members.go keep the calls for one user or group apart,
// memory.go, index.go and lookup.go answer what a plan asks, and turn.go has one
// exchange get what others wait for. session.go sees to it that calls have a session,
// with oauth2.go for OAuth 2 and aws.go for AWS; patience.go says when a native call
// is made and how often, as gate.go, pause.go and breaker.go have it; upstream.go
// sends, and evidence.go says whether a "not found" may be believed. reply.go writes
// the answer, log.go and dropped.go what is said of it, and resent.go warns of values
// that Entra sends again and again.
package gateway

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/zap"

	"scimshim/config"
	"scimshim/gateway/state"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// Limits of what callers may do, and of one request.
const (
	serverConns   = 1024
	serverRead    = 15 * time.Second
	serverWrite   = 15 * time.Second
	serverIdle    = 75 * time.Second
	serverHeaders = 16 << 10 // a token of 4 KiB is not unusual
	serverBody    = 1 << 20

	requestBudget = 30 * time.Second // for all native calls of one request
	lockWait      = 10 * time.Second
)

// Options are what a gateway needs besides its files. The zero value serves.
type Options struct {
	PublicURL string // how callers reach it; "": as they say in the header Host
	Version   string // told to vendors
	// TrustedProxies are whose word on where a request comes from is taken.
	TrustedProxies []netip.Prefix
	Logger         *zap.Logger
	Now            func() time.Time
	Random         func() string
	// Sleep waits for the end of a pause, or for a turn; nil: time.Sleep.
	Sleep func(time.Duration)
	// Entropy is what passwords are generated of.
	Entropy func() string

	// Send stands in for the upstream where nothing is to be sent. It is asked at
	// once and once: what limits and repeats calls is left out as well.
	Send func(vendor *config.Vendor, request transform.NativeRequest, deadline time.Time) transform.Answer
	// LoggedIn has calls begin with a session that stands for one, instead of a login.
	LoggedIn bool
	// ForgetKept breaks the steady state: values that the vendor changes or has
	// no home for are not remembered. It shows that the demo would notice.
	ForgetKept bool
	// Observe is told of every Commit and Send, before and after.
	Observe func(Point)
}

// Point is a moment at which a gateway may be watched, or killed.
type Point struct {
	When    string // "before" or "after"
	Step    transform.Step
	Move    transform.Move
	Outcome transform.Outcome // after
}

// Gateway serves the vendors of a snapshot.
type Gateway struct {
	options    Options
	logger     *zap.Logger
	store      *state.Store
	locks      *locks
	vendors    atomic.Pointer[map[string]*vendor]
	server     *fasthttp.Server
	keysClient *http.Client

	swapping   sync.Mutex         // guards what follows
	generation int                // of the snapshot: counted up by each Swap
	known      map[string]*vendor // the last of each name, in whatever snapshot that was
	keySets    map[string]*keySet // by URL, of all snapshots
}

// New makes a gateway. The store stays the caller's to close, after Shutdown.
func New(snapshot *config.Snapshot, store *state.Store, options Options) *Gateway {
	g := &Gateway{options: options, logger: options.Logger, store: store, locks: newLocks(lockWait),
		keysClient: newKeysClient(), known: map[string]*vendor{}, keySets: map[string]*keySet{}}
	if g.logger == nil {
		g.logger = zap.NewNop()
	}
	if g.options.Now == nil {
		g.options.Now = time.Now
	}
	if g.options.Random == nil {
		g.options.Random = randomHex
	}
	if g.options.Sleep == nil {
		g.options.Sleep = time.Sleep
	}
	if g.options.Entropy == nil {
		g.options.Entropy = rand256
	}
	g.options.PublicURL = strings.TrimRight(options.PublicURL, "/")
	g.server = g.newServer()
	g.Swap(snapshot)
	return g
}

// randomHex names a request or a resource. It need not be hard to guess, only
// never come twice, so that no system call is made for it.
func randomHex() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

// rand256 is as hard to guess as anything can be.
func rand256() string {
	var b [32]byte
	crand.Read(b[:]) // which never fails
	return string(b[:])
}

// Swap serves another snapshot from the next request on. What is under way ends
// with the one it began with.
func (g *Gateway) Swap(snapshot *config.Snapshot) {
	g.swapping.Lock()
	defer g.swapping.Unlock()
	g.generation++
	vendors := make(map[string]*vendor, len(snapshot.Vendors))
	for _, v := range snapshot.Vendors {
		vendors[v.Name] = g.newVendor(v, g.known[v.Name])
		g.known[v.Name] = vendors[v.Name]
	}
	for name, v := range g.known {
		if vendors[name] == nil {
			g.known[name] = v.remains()
		}
	}
	before := g.vendors.Swap(&vendors)
	if before == nil {
		return
	}
	for _, v := range *before {
		v.upstream.pooled.CloseIdleConnections()
	}
}

func (g *Gateway) newServer() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:                      g.handle,
		ErrorHandler:                 g.unreadable,
		Logger:                       serverLog{g.logger},
		SecureErrorLogMessage:        true,
		NoDefaultServerHeader:        true,
		Concurrency:                  serverConns,
		ReadTimeout:                  serverRead,
		WriteTimeout:                 serverWrite,
		IdleTimeout:                  serverIdle,
		ReadBufferSize:               serverHeaders,
		MaxRequestBodySize:           serverBody,
		DisablePreParseMultipartForm: true,
		CloseOnShutdown:              true,
	}
}

// Handler is the gateway as a handler of requests.
func (g *Gateway) Handler() fasthttp.RequestHandler { return g.handle }

// Serve answers the connections of a listener until Shutdown.
func (g *Gateway) Serve(ln net.Listener) error { return g.server.Serve(ln) }

// Shutdown takes no more requests and waits for those under way.
func (g *Gateway) Shutdown(ctx context.Context) error { return g.server.ShutdownWithContext(ctx) }

// handle serves one request.
func (g *Gateway) handle(ctx *fasthttp.RequestCtx) {
	x := g.newExchange(ctx)
	reply := x.answer()
	x.write(reply)
	x.log(reply.Status)
}

// unreadable answers a request that could not be read to its end. fasthttp
// closes the connection after it.
func (g *Gateway) unreadable(ctx *fasthttp.RequestCtx, err error) {
	problem := &scim.Error{Status: 400, ScimType: scim.InvalidSyntax, Detail: "the request is not valid HTTP"}
	switch {
	case err == fasthttp.ErrBodyTooLarge:
		problem = &scim.Error{Status: 413, Detail: "the body is larger than 1 MiB"}
	case late(err):
		problem = &scim.Error{Status: 408, Detail: "the request did not arrive in time"}
	default:
		if _, ok := err.(*fasthttp.ErrSmallBuffer); ok {
			problem = &scim.Error{Status: 431, Detail: "the headers are larger than 16 KiB"}
		}
	}
	x := &exchange{gateway: g, ctx: ctx, began: time.Now(), facts: transform.Facts{CorrelationID: g.options.Random()}}
	x.write(failed(problem))
	x.log(problem.Status)
}
