package gateway

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/zap"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// exchange is one request and its answer.
type exchange struct {
	gateway *Gateway
	ctx     *fasthttp.RequestCtx
	method  string
	target  target
	vendor  *vendor
	kind    *transform.Kind
	memory  *memory
	facts   transform.Facts
	began   time.Time

	hold   *hold
	claims []transform.Key            // the unique values that a write names
	wrote  bool                       // a write was sent
	turns  []*turn                    // what it gets while others wait for it
	seen   map[seen]*transform.Record // the records that the plan was given

	// For the log.
	from      netip.Addr // where the request comes from
	caller    string
	subject   string // of a token of Entra's
	denial    *denial
	operation string
	spent
	dropped dropped
	resent  []string
	trouble []string
	refusal string // what the caller was told instead of an answer
}

// spent is what native calls have cost.
type spent struct {
	calls    int
	waited   time.Duration // for a turn, a pause, or to send something again
	repeated []string      // what was sent again, and why
}

func (s *spent) add(more spent) {
	s.calls += more.calls
	s.waited += more.waited
	s.repeated = append(s.repeated, more.repeated...)
}

// seen is a record that a plan was given.
type seen struct {
	kind *transform.Kind
	id   string
}

func (g *Gateway) newExchange(ctx *fasthttp.RequestCtx) *exchange {
	return &exchange{
		gateway: g,
		ctx:     ctx,
		method:  methodOf(ctx.Method()),
		began:   time.Now(),
		facts:   transform.Facts{Now: g.options.Now(), CorrelationID: g.options.Random(), Random: g.options.Random()},
	}
}

// methodOf spares a copy of the methods that are served.
func methodOf(name []byte) string {
	switch string(name) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "PUT":
		return "PUT"
	case "PATCH":
		return "PATCH"
	case "DELETE":
		return "DELETE"
	}
	return string(name)
}

// answer is the life of a request.
func (x *exchange) answer() (reply transform.Reply) {
	defer x.end(&reply)
	if problem := x.match(); problem != nil {
		return failed(problem)
	}
	if x.target.token {
		return x.grant()
	}
	if problem := x.admit(); problem != nil {
		return failed(problem)
	}
	if reply, done := x.standing(); done {
		return reply
	}
	request, problem := x.decode()
	if problem != nil {
		return failed(problem)
	}
	if problem := x.lock(request); problem != nil {
		return failed(problem)
	}
	return x.run(request)
}

func failed(problem *scim.Error) transform.Reply {
	return transform.Reply{Status: problem.Status, Error: problem}
}

// match finds the vendor. The answer for one that is not there is the same with
// and without a token.
func (x *exchange) match() *scim.Error {
	if ambiguous(x.ctx.Request.Header.RawHeaders()) {
		x.ctx.SetConnectionClose()
		return scim.BadRequest(scim.InvalidSyntax, "the request has both Content-Length and Transfer-Encoding")
	}
	path := string(x.ctx.URI().PathOriginal())
	var ok bool
	if x.target, ok = parseTarget(path); ok {
		x.vendor = (*x.gateway.vendors.Load())[x.target.vendor]
	}
	if x.vendor == nil {
		x.target.vendor = "" // not to be taken for one in the log
		return &scim.Error{Status: 404, Detail: "there is nothing at this address: the tenant URL has the form https://HOST/VENDOR/scim/v2"}
	}
	if x.target.token && !x.vendor.callers.grants() {
		x.target.token = false
		return &scim.Error{Status: 404, Detail: "there is no token endpoint: the vendor file has no client among its callers"}
	}
	x.facts.BaseURL = x.publicURL() + "/" + x.target.vendor + BasePath
	return nil
}

// ambiguous finds a request whose end two servers could see in two places (RFC
// 9112 section 6.1).
func ambiguous(headers []byte) bool {
	length, encoding := false, false
	for line := range bytes.Lines(headers) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		length = length || bytes.EqualFold(name, []byte("Content-Length"))
		encoding = encoding || bytes.EqualFold(name, []byte("Transfer-Encoding"))
	}
	return length && encoding
}

func (x *exchange) decode() (*transform.Request, *scim.Error) { return x.decodeAt(x.target.path) }

// decodeAt reads the request as one to a path of x.kind.
func (x *exchange) decodeAt(path string) (*transform.Request, *scim.Error) {
	header, body := &x.ctx.Request.Header, x.ctx.PostBody()
	if len(body) > 0 && x.method != "GET" && !acceptable(string(header.ContentType())) {
		return nil, &scim.Error{Status: 415, Detail: fmt.Sprintf("the content type is %q, application/scim+json is needed", header.ContentType())}
	}
	request, problem := transform.Decode(x.kind, x.method, path, string(x.ctx.URI().QueryString()), body)
	if problem == nil {
		x.operation = string(request.Operation)
		request.IfMatch, request.IfNoneMatch = string(header.Peek("If-Match")), string(header.Peek("If-None-Match"))
	}
	return request, problem
}

func acceptable(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(media) {
	case "", "application/scim+json", "application/json":
		return true
	}
	return false
}

// lock keeps others away from the user, or users, that the request names. The
// records name some of them, and may change until they are locked.
func (x *exchange) lock(request *transform.Request) *scim.Error {
	x.claims = x.kind.Claims(request)
	record := x.recordOf(request)
	others := x.others(request)
	for time.Since(x.began) < requestBudget {
		hold, ok := x.gateway.locks.acquire(append(x.names(request.ID, record), others...))
		if !ok {
			break
		}
		before := record
		record, others = x.recordOf(request), x.others(request)
		if (record == before || hold.holds(x.names(request.ID, record))) && hold.holds(others) {
			x.hold = hold
			return nil
		}
		hold.release()
	}
	return x.busy()
}

func (x *exchange) busy() *scim.Error {
	return &scim.Error{Status: 503, Detail: "another request for the same user is still under way", RetryAfter: 10, Operation: x.operation}
}

func (x *exchange) recordOf(request *transform.Request) *transform.Record {
	if request.ID == "" {
		return nil
	}
	return x.memory.space.ByID(request.ID)
}

func (x *exchange) names(id string, record *transform.Record) (names []lockName) {
	keys := x.claims
	if record != nil {
		keys = append(x.kind.Unique(record.Keys), keys...)
		names = append(names, x.idName(x.kind, record.Native))
	}
	for _, key := range keys {
		names = append(names, lockName{x.target.vendor, x.kind.Name, false, key.Path + "\n" + strings.ToLower(key.Value)})
	}
	if id != "" {
		names = append(names, x.idName(x.kind, id))
	}
	return names
}

func (x *exchange) idName(kind *transform.Kind, id string) lockName {
	return lockName{x.target.vendor, kind.Name, true, id}
}

// run lets the plan decide and does what it says.
func (x *exchange) run(request *transform.Request) transform.Reply {
	if x.kind.Generates() {
		x.facts.Entropy = x.gateway.options.Entropy()
	}
	plan := transform.NewPlan(&x.vendor.Vendor.Upstream, x.kind, request, x.facts)
	var got transform.Outcome
	for {
		x.vendor.evidence.tell(&got)
		switch move := plan.Next(got).(type) {
		case transform.Ask:
			got = x.ask(move)
		case transform.Send:
			if !x.own(move, plan.NativeID()) {
				return failed(x.busy())
			}
			if got = x.send(plan.Step(), move); !x.own(move, got.ID) {
				return failed(x.busy())
			}
		case transform.Commit:
			got = x.commit(plan.Step(), move, request)
		case transform.Reply:
			x.dropped, x.resent = move.Dropped, move.Resent
			x.warnResent()
			return move
		}
	}
}

// ask answers from what the gateway remembers.
func (x *exchange) ask(ask transform.Ask) transform.Outcome {
	if ask.Lookup != nil {
		return x.lookUp(ask)
	}
	memory := x.vendor.memories[ask.Kind]
	if ask.Index != nil {
		return x.look(&memory.index, *ask.Index)
	}
	got := memory.answer(ask, x.gateway.options.Now())
	for _, record := range got.Records {
		if x.seen == nil {
			x.seen = map[seen]*transform.Record{}
		}
		x.seen[seen{ask.Kind, record.ID}] = record
	}
	return got
}

// lookUp asks for a table.
func (x *exchange) lookUp(ask transform.Ask) transform.Outcome {
	l := x.vendor.lookups[ask.Lookup]
	got, late := x.inTurn(&l.turn, nil, func() transform.Outcome { return l.find(ask, x.gateway.options.Now()) })
	if late {
		return transform.Outcome{Kind: transform.Unavailable, Status: 503, RetryAfter: 10, Detail: "another request is still fetching the table"}
	}
	return got
}

// look asks the index. Who is late lists everybody for himself.
func (x *exchange) look(index *index, key transform.Key) transform.Outcome {
	got, _ := x.inTurn(&index.turn, index.begin, func() transform.Outcome { return index.find(key, x.gateway.options.Now()) })
	return got
}

// send makes a native call.
func (x *exchange) send(step transform.Step, move transform.Send) transform.Outcome {
	observe(x, "before", step, move, transform.Outcome{})
	if !x.wait(move) {
		return move.Unfinished()
	}
	var answer transform.Answer
	var got transform.Outcome
	if x.vendor.session != nil {
		got, answer = x.withSession(step, move)
	} else {
		got, answer = x.deliver(step, move, nil)
	}
	if !answer.Delivery.Held() { // else the vendor has said nothing
		x.vendor.evidence.learn(move, got, x.gateway.options.Now())
	}
	if move.Call.Operation == transform.Create && got.ID != "" {
		got.Records = x.vendor.memories[move.Kind()].records(transform.Ask{Natives: []string{got.ID}})
	}
	if got.Detail != "" {
		x.trouble = append(x.trouble, strings.TrimSpace(step.Name()+": "+got.Detail+" "+answer.Reason))
	}
	observe(x, "after", step, move, got)
	return got
}

// own locks the id that a write is about, which may be learned on the way: from
// a create's answer, or from a resource that is adopted. Giving up instead is
// safe at any point: what is open is on record.
func (x *exchange) own(move transform.Send, id string) bool {
	if !move.Call.Operation.Writes() {
		return true
	}
	x.wrote = true
	return id == "" || x.hold.add(x.idName(move.Kind(), id))
}

// commit remembers.
func (x *exchange) commit(step transform.Step, move transform.Commit, request *transform.Request) transform.Outcome {
	observe(x, "before", step, move, transform.Outcome{})
	got := transform.Outcome{Kind: transform.Done}
	if move.Lookup != nil {
		l := x.vendor.lookups[move.Lookup]
		l.keep(move.Table)
		x.yield(&l.turn)
	} else if err := x.remember(&move, request); err != nil {
		got = transform.Outcome{Kind: transform.Unavailable}
		x.trouble = append(x.trouble, "state: "+err.Error())
	}
	observe(x, "after", step, move, got)
	return got
}

// remember leaves out of a commit what may no longer be so.
func (x *exchange) remember(move *transform.Commit, request *transform.Request) error {
	memory := x.vendor.memories[move.Kind]
	if !slices.Contains(x.turns, &memory.index.turn) {
		move.Listed = nil // others may have written meanwhile
	}
	if put := move.Change.Put; put != nil && x.gateway.options.ForgetKept {
		forgetful := *put // the plan goes on with its own
		forgetful.Kept, forgetful.Fresh = nil, scim.Value{}
		move.Change.Put = &forgetful
	}
	searches := request.ID == "" && request.Operation != transform.Create
	if (searches || move.Kind != x.kind) && !x.current(move.Kind, move.Change.Put) {
		move.Change.Put = nil
	}
	err := memory.commit(*move, x.vendor.generation, x.facts.Now, x.gateway.options.Now())
	if move.Listed != nil {
		x.yield(&memory.index.turn)
	}
	return err
}

// current reports whether a record that a search brings up to date is still the
// one it saw, and keeps it so. A search locks nobody before.
func (x *exchange) current(kind *transform.Kind, record *transform.Record) bool {
	return record == nil || x.hold.try(x.idName(kind, record.ID)) &&
		x.vendor.memories[kind].space.ByID(record.ID) == x.seen[seen{kind, record.ID}]
}

// observe is generic so that a move is put into an interface, which allocates,
// only where somebody looks.
func observe[M transform.Move](x *exchange, when string, step transform.Step, move M, got transform.Outcome) {
	if x.gateway.options.Observe != nil {
		x.gateway.options.Observe(Point{When: when, Step: step, Move: move, Outcome: got})
	}
}

// end gives back what the exchange holds. It has the one recover of the gateway.
func (x *exchange) end(reply *transform.Reply) {
	if fault := recover(); fault != nil {
		x.fault(fault)
		*reply = failed(&scim.Error{Status: 500, Detail: "the gateway has a fault of its own: its log has more under the correlation id", Operation: x.operation})
	}
	if x.wrote {
		x.memory.wrote(x.claims, x.gateway.options.Now())
	}
	x.yieldAll()
	if x.hold != nil {
		x.hold.release()
	}
}

// fault logs a panic. What it says may quote values, so that only what this
// program wrote is told, and where it happened.
func (x *exchange) fault(fault any) {
	text := fmt.Sprintf("%T", fault)
	if said, ok := fault.(string); ok && strings.HasPrefix(said, "BUG: ") {
		text = redacted([]string{said})[0]
	}
	x.gateway.logger.Error("fault", zap.String("fault", text), zap.String("correlationId", x.facts.CorrelationID),
		zap.ByteString("stack", debug.Stack()))
}
