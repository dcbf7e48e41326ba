package transform

import (
	"fmt"
	"strings"

	"scimshim/transform/scim"
)

// Plan is one request on its way through a program. Its state is data: what is
// known so far and where it stands.
type Plan struct {
	kind    *Kind
	up      *Upstream
	program *Program
	request *Request
	facts   Facts

	at      int  // the step it stands at
	waiting bool // for the outcome of that step's move
	last    Outcome

	stored *Record    // what is remembered of the resource
	record *Record    // the same, with what this request teaches
	native scim.Value // what the vendor shows of it
	id     string     // its native id
	known  bool       // native is the vendor's word, and current
	likely bool       // it was, before what was sent since was laid over it

	showing showing // what native shows, once asked for
	names   names   // whom its references are
	members members // of a group
	lookups lookups // the tables that values pass through
	rejoin  rejoin  // of a user: the groups to be joined again

	reading *reading // the resource on its way in, where read is several calls

	inner *Plan // consulted first
	then  func(inner *Plan, reply Reply)

	absent   bool // the vendor says that it is gone
	vanished bool // likewise, where that reads as inactive
	believed bool // the vendor has vouched for it
	partial  bool // only a part of the resource is known: it has no version
	write    writing
	search   search
	pending  []Commit // left to the record step
	reply    *Reply
	finished bool // what is remembered of the request has been decided

	Trace Trace
}

// NewPlan begins a request.
func NewPlan(up *Upstream, kind *Kind, request *Request, facts Facts) *Plan {
	p := &Plan{kind: kind, up: up, program: kind.Programs[request.Operation], request: request, facts: facts, names: names{ref: kind.refers}}
	if request.Operation == Delete {
		p.write.course = removing
	}
	return p
}

// Step is the step that the plan stands at, or the one that it consults.
func (p *Plan) Step() Step {
	if p.inner != nil {
		return p.inner.Step()
	}
	return p.program.Steps[p.at]
}

// NativeID is the vendor's id of the resource that the next move is about, once
// it is known.
func (p *Plan) NativeID() string {
	if p.inner != nil {
		return p.inner.NativeID()
	}
	return p.id
}

// Consults reports whether the next move is about somebody whom the resource refers to.
func (p *Plan) Consults() bool { return p.inner != nil }

// Sought is the vendor's name of the user who is looked for; Absent when nobody is
// looked for by that.
func (p *Plan) Sought() scim.Value {
	if p.inner != nil {
		return p.inner.Sought()
	}
	return p.request.claim
}

// Next takes the outcome of the last move and gives the next one. The first
// call is given a zero outcome. A step is entered until it wants nothing more;
// the plan ends with a Reply.
func (p *Plan) Next(got Outcome) Move {
	if p.waiting {
		if move := p.readsOn(&got); move != nil {
			return move
		}
		p.waiting, p.last = false, got
		p.take(got)
		got = Outcome{}
	}
	for {
		if p.inner != nil {
			if move := p.consulted(got); move != nil {
				return move
			}
			got = Outcome{}
			continue
		}
		switch move := p.enter(p.Step()).(type) {
		case nil:
			p.at++
		case proceed:
		default:
			p.waiting = true
			return p.claiming(move)
		}
	}
}

// claiming says whose memory a commit is about, and adds the unique values that
// it gives somebody.
func (p *Plan) claiming(move Move) Move {
	commit, ok := move.(Commit)
	if !ok {
		return move
	}
	if commit.Kind != nil {
		return commit // of a kind that is not the plan's own, and of no value that somebody could claim
	}
	commit.Kind = p.kind
	if put := commit.Change.Put; put != nil {
		commit.Taken = p.kind.Unique(put.Keys)
	}
	if open := commit.Change.Open; open != nil {
		commit.Taken = append(commit.Taken, open.Key)
	}
	if written := commit.Written; written != nil {
		commit.Taken = append(commit.Taken, written.Taken...)
	}
	return commit
}

// enter gives what the step wants done, or nil when it is done with.
func (p *Plan) enter(step Step) Move {
	if p.reply != nil && step.Kind == StepDecide {
		p.outrank()
	}
	if p.reply != nil && step.Kind < StepBelieve {
		return nil // decided: only the end of the program is left
	}
	switch step.Kind {
	case StepRecall:
		return p.enterRecall()
	case StepTranslate:
		return p.enterTranslate()
	case StepLookup:
		return p.enterLookup(step.Lookup)
	case StepRead:
		return p.enterRead()
	case StepMembers:
		return p.enterMembers()
	case StepFind:
		return p.enterFind(step)
	case StepIndex:
		return p.enterIndex()
	case StepList:
		return p.enterList(step)
	case StepRecheck:
		return p.enterRecheck()
	case StepApply:
		p.enterApply()
	case StepDecide:
		p.enterDecide()
	case StepVacant:
		return p.enterVacant()
	case StepIntent:
		return p.enterIntent()
	case StepCall:
		return p.enterCall(step)
	case StepMember:
		return p.enterMember(step)
	case StepReread:
		return p.enterReread()
	case StepRejoin:
		return p.enterRejoin()
	case StepVerify:
		return p.enterVerify()
	case StepBelieve:
		return p.enterBelieve()
	case StepRecord:
		return p.enterRecord()
	case StepReply:
		return p.enterReply()
	}
	return nil
}

// take learns from the outcome of the step's last move.
func (p *Plan) take(got Outcome) {
	if p.names.asked != nil {
		p.takeNames(got)
		return
	}
	switch step := p.Step(); step.Kind {
	case StepRecall:
		p.takeRecall(got)
	case StepLookup:
		p.takeLookup(step.Lookup, got)
	case StepRead:
		p.takeRead(got)
	case StepMembers:
		p.takeMembers(got)
	case StepFind, StepList:
		p.takePage(step, got)
	case StepIndex:
		p.takeIndex(got)
	case StepRecheck:
		p.takeRecheck(got)
	case StepVacant:
		p.takeVacant(got)
	case StepIntent, StepRecord:
		p.takeCommit(got)
	case StepCall:
		p.takeCall(step, got)
	case StepMember:
		p.takeMember(step, got)
	case StepRejoin:
		p.takeRejoin(got)
	case StepReread:
		p.takeReread(got)
	case StepVerify:
		p.takeVerify(got)
	case StepBelieve:
		p.takeBelieve(got)
	}
}

// done marks the current step as over, so that entering it again passes on.
func (p *Plan) done() { p.at++ }

// fail ends the plan with what went wrong; what is pending is still recorded.
func (p *Plan) fail(got Outcome) {
	status := got.Status
	if status == 0 {
		status = 502
	}
	p.refuse(&scim.Error{Status: status, ScimType: got.ScimType, Attribute: got.Attribute, Detail: got.Detail, RetryAfter: got.RetryAfter})
}

// refuse ends the plan with an error of the gateway's own.
func (p *Plan) refuse(err *scim.Error) {
	err.Operation = string(p.request.Operation)
	err.CorrelationID = p.facts.CorrelationID
	if err.Rule == "" {
		err.Rule = p.ruleOf(err.Attribute)
	}
	p.reply = &Reply{Status: err.Status, Error: err}
}

// ruleOf names the rule that made the value of an attribute.
func (p *Plan) ruleOf(attribute string) string {
	for _, firing := range p.Trace.Fired {
		if attribute != "" && firing.Rule.Set.Dotted() == attribute {
			return firing.Rule.Name
		}
	}
	return ""
}

func (p *Plan) drop(subject, why string) {
	p.Trace.Dropped = append(p.Trace.Dropped, Dropped{Subject: subject, Why: why})
}

// send renders a call. What cannot be rendered ends the plan.
func (p *Plan) send(call *Call, why string, env *Env, fields scim.Value) Move {
	env.Now = p.facts.Now
	var from *rendering
	if p.up.LogsIn() {
		env.Sketch = true
		from = &rendering{p.up, *env} // a copy, so that where there is no login the env is not allocated
	}
	request, err := call.Render(p.up, env, fields)
	if err != nil {
		p.refuse(&scim.Error{Status: 502, Detail: fmt.Sprintf("the %s call of the vendor file cannot be made: %v", call.Operation, err)})
		return nil
	}
	return Send{Call: call, Request: request, Fields: fields, Why: why, kind: p.kind,
		id: env.Names["id"], member: env.Names["member"], refers: p.request.refers, After: p.write.pause, from: from}
}

// sendRead reads a resource, all of it.
func (p *Plan) sendRead(id, why string) Move {
	if len(p.kind.Joins) > 0 {
		p.reading = &reading{id: id, why: why}
	}
	return p.look(id, why)
}

// look asks whether a resource is there.
func (p *Plan) look(id, why string) Move {
	return p.send(p.kind.Read, why, &Env{Names: map[string]scim.Value{"id": p.kind.ID.value(id)}}, scim.Value{})
}

func (p *Plan) enterRecall() Move {
	switch p.request.Operation {
	case List, Find:
		p.search.begin(p.request.Filter)
		p.search.claim, p.search.claims = p.request.claim, !p.request.claim.IsAbsent()
		p.prepareSearch()
		return nil
	case Create:
		return Ask{Kind: p.kind, Keys: p.kind.claims(p.request.Resource)}
	}
	return Ask{Kind: p.kind, ID: p.request.ID}
}

func (p *Plan) takeRecall(got Outcome) {
	defer p.done()
	if p.request.Operation == Create {
		p.search.nobody = got.Nobody
		if p.write.intent = p.open(got.Intents); p.write.intent != nil {
			p.search.nobody = false
		}
		return
	}
	p.id = p.request.ID
	if len(got.Records) > 0 && p.forgets(got.Records[0]) {
		got.Records = got.Records[1:] // the native id may be somebody else's by now
	}
	if len(got.Records) > 0 {
		p.stored, p.record = got.Records[0], got.Records[0]
		p.id = p.record.Native
	}
	switch gone := p.record != nil && p.record.Gone; {
	case p.record != nil && p.record.ID != p.request.ID:
		p.notFound() // the native id of a resource that Entra knows by another id
	case !gone && !p.kind.ID.Fits(p.id):
		if p.record != nil {
			p.fail(Outcome{Status: 502, Detail: fmt.Sprintf("the recorded native id %q does not fit the file's id", p.id)})
			return
		}
		p.notFound()
	}
}

func (p *Plan) notFound() {
	p.refuse(&scim.Error{Status: 404, Detail: fmt.Sprintf("there is no %s with the id %q", strings.ToLower(p.kind.Type.Name), p.request.ID)})
}

func (p *Plan) enterRead() Move {
	if p.record != nil && p.record.Gone {
		return nil
	}
	p.write.blind = p.request.Operation == Update && p.kind.blind(p.request, p.lookups.tables)
	if p.Trace.Blind = p.write.blind; !p.mustRead() {
		return nil
	}
	return p.sendRead(p.id, "read "+p.id)
}

// mustRead reports whether the request cannot be answered without the vendor's
// present state.
func (p *Plan) mustRead() bool {
	switch p.request.Operation {
	case Update:
		return !p.write.blind
	case Delete:
		return p.kind.Protect != nil || p.kind.OnDelete == Deactivate || looksFirst(p.kind.Delete) || p.request.conditional()
	}
	return true
}

func (p *Plan) takeRead(got Outcome) {
	switch got = p.same(p.id, got); got.Kind {
	case Found:
		p.native, p.known = got.Native, true
		p.saveAll(got.Saved)
		if settled := p.kind.settle(p.record, p.native, p.lookups.tables); settled != nil {
			p.record = settled
		}
	case Absent:
		p.gone()
	default:
		p.fail(got)
	}
	p.done()
}

// same sees that a read shows the resource that was asked for.
func (p *Plan) same(id string, got Outcome) Outcome {
	shown := p.kind.Read.idOf(got.Native, p.kind.ID)
	switch {
	case got.Kind != Found || shown == id || shown == "" && p.kind.Read.lacks(p.kind.ID.Native):
		return got
	case shown == "":
		return broken("the vendor's answer does not contain the resource: it has no id")
	}
	return broken("the vendor's answer shows another resource than the one asked for")
}

// gone is what an absence means: under `exists` a recorded resource is an
// inactive one, else it is not there.
func (p *Plan) gone() {
	if p.kind.Exists() && p.record != nil {
		p.vanished, p.record, p.id = true, p.departed(p.record), ""
		return
	}
	p.absent = true
	p.notFound()
}

// enterRecord remembers what is pending, one commit at a time.
func (p *Plan) enterRecord() Move {
	if !p.finished {
		p.finished = true
		p.finish()
	}
	if len(p.pending) == 0 {
		return nil
	}
	next := p.pending[0]
	p.pending = p.pending[1:]
	return next
}

func (p *Plan) takeCommit(got Outcome) {
	if got.Kind != Done && p.Step().Kind == StepRecord && (p.request.Operation == Read || p.searches()) {
		p.drop("state", "what a read taught could not be remembered") // a later read teaches it again
		return
	}
	if got.Kind != Done {
		p.pending = nil
		p.fail(Outcome{Status: 503, RetryAfter: retryUnavailable, Detail: "the gateway cannot write its state"})
	}
}

func (p *Plan) enterReply() Move {
	reply := p.reply
	if reply == nil {
		reply = p.answer()
	}
	reply.Dropped, reply.Resent = p.Trace.Dropped, p.Trace.Resent
	return *reply
}
