package transform

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"scimshim/transform/scim"
)

// takeCall learns how a write went.
func (p *Plan) takeCall(step Step, got Outcome) {
	w := &p.write
	if got.Pending {
		p.awaits(step, got)
		return
	}
	w.asked, w.pause = 0, 0
	if got.Kind == Done {
		p.wrote(step, got)
		return
	}
	carry := w.carry
	w.carry = nil
	if step.Call.Until != nil && step.Call.Operation == Update { // the news is of what the call before has begun
		carry = w.made
	}
	if w.suspect = p.suspicious(carry, got); w.suspect != nil {
		return
	}
	if got.Kind == Refused && p.members.carried(carry) {
		p.members.doubt = &doubt{refusal: got} // is one of the members nobody?
		return
	}
	p.refused(step, carry, got)
}

// A call with until is made again after one second, two, and so on.
const (
	untilMost  = 60 // times
	untilPause = 5 * time.Second
)

// awaits makes a call again whose answer says that the vendor has not finished. The
// gateway ends this when the request has taken too long.
func (p *Plan) awaits(step Step, got Outcome) {
	w := &p.write
	w.asked++
	w.pause = min(time.Duration(w.asked)*time.Second, untilPause)
	if got.RetryAfter > 0 {
		w.pause = time.Duration(got.RetryAfter) * time.Second
	}
	if w.asked >= untilMost {
		p.refused(step, w.made, unfinished())
	}
}

// unfinished is a call with until that has not come to its end in the time of a
// request.
func unfinished() Outcome {
	return Outcome{Kind: Unavailable, Status: 503, RetryAfter: retryQueued, Detail: "the vendor has not finished yet"}
}

// refused decides what becomes of a request of which a write has failed.
func (p *Plan) refused(step Step, carry []Sending, got Outcome) {
	w := &p.write
	if step.Call.Operation == Create {
		p.createFailed(step, got)
		return
	}
	active := slices.ContainsFunc(carry, func(s Sending) bool { return s.Attribute == p.kind.active })
	switch to := p.renames(step.Call, carry); {
	case got.Kind == Absent:
		w.answered404 = true
		p.at = p.program.at(StepVerify)
	case to != "" && got.mayHaveHappened():
		w.renaming = &renaming{to: to, step: step, at: p.at, carry: carry, got: got}
		p.at = p.program.at(StepVerify)
	case w.disables && step.Call.Operation == Update && !active:
		p.dropped(step, carry, got) // only the step that carries active decides
		p.done()
	case w.disables && got.Kind == Refused && len(carry) > 1: // once more, with the field of active alone
		p.dropped(step, carry, got)
		p.beginAnew()
	default:
		if got.Kind == Refused && got.Attribute == "" && len(carry) == 1 {
			got.Attribute = carry[0].Attribute.Name
		}
		p.fail(got)
		p.done()
	}
}

// dropped gives up what failed beside a deactivation: the next read shows it.
func (p *Plan) dropped(step Step, carry []Sending, got Outcome) {
	for _, s := range carry {
		if s.Attribute != p.kind.active {
			p.write.unmapped[s.Attribute.Name] = true
			p.drop(s.Attribute.Name, step.Name()+": "+got.Detail)
		}
	}
}

// wrote goes on after a write that was answered with success.
func (p *Plan) wrote(step Step, got Outcome) {
	w := &p.write
	w.sent = true
	p.saveAll(got.Saved)
	if step.Call.Operation == Delete {
		w.carry = nil
		p.done()
		return
	}
	if step.Call.Operation == Create && !p.takeID(step, got) {
		return
	}
	p.renamed(step.Call)
	p.learn(step.Call, got.Native)
	if step.Call.perField && w.field+1 < len(w.carry) {
		w.field++
		return
	}
	if len(w.carry) > 0 {
		w.made = w.carry
	}
	w.carry = nil
	p.done()
}

// beginAnew goes back to the call that began what a call with until asks about.
func (p *Plan) beginAnew() {
	for p.Step().Call.Until != nil {
		p.at--
	}
}

// takeID takes the id of a created resource, and moves the intent on to where a
// create of several calls would be resumed. A step that names no id leaves that
// to a later one. It reports whether the create can go on.
func (p *Plan) takeID(step Step, got Outcome) bool {
	w := &p.write
	if p.id == "" {
		p.id = got.ID
	}
	last := step.Number+1 == len(p.kind.Create)
	if p.id == "" && last { // no answer has named it: it is the one that was sent, if any was
		p.id = p.sentID()
	}
	if p.id == "" && last || p.id != "" && !p.kind.ID.Fits(p.id) {
		p.id, p.known, w.carry = "", false, nil
		p.createFailed(step, Outcome{Kind: Unclear, Status: 502, Detail: "the vendor's answer to the create names no id"})
		return false
	}
	p.avoid(got.Records)
	next := *w.intent
	next.Native, next.Step, next.Saved = p.id, step.Number+1, w.saved
	w.intent, w.opened = &next, false // the step between the calls makes it durable
	return true
}

// sentID is the native id that the request itself gives the resource; "" where the
// vendor gives it.
func (p *Plan) sentID() string {
	all := p.wanted(true, func(*Attribute) bool { return true })
	return strings.Clone(p.kind.ID.Native.Get(p.body(p.kind.Create[0], all)).Text())
}

// renamed takes the native id that an update has given the resource.
func (p *Plan) renamed(call *Call) {
	if to := p.renames(call, p.write.carry); to != "" {
		p.write.former, p.id = p.id, to
	}
}

// avoid keeps a new resource apart from those that Entra knows by its native id:
// a vendor may give a freed id again. A remembered one keeps the id as its SCIM
// id, and the new one gets one of the gateway's own; one whose account has thus
// turned out to be gone is remembered, or forgotten.
func (p *Plan) avoid(records []*Record) {
	for _, other := range records {
		if p.record != nil && other.ID == p.record.ID {
			continue
		}
		if p.kind.Exists() && other.Native == p.id {
			other = p.departed(other)
			p.pending = append(p.pending, Commit{Change: Change{Durable: true, Put: other}, Why: "its account is gone: the vendor has given its id again"})
		} else if other.Native == p.id && other.ID != p.id {
			p.pending = append(p.pending, Commit{Change: Change{Durable: true, Drop: other.ID}, Why: "its account is gone: the vendor has given its id again"})
		}
		if other.ID == p.id && other.Native != p.id {
			p.write.ownID = p.facts.Random
		}
	}
}

// learn lays what an answer shows over what is known. What it does not show is
// known from before, unless it was just sent. An object without the resource's
// id, such as {"ok": true}, is not the resource, nor is a piece of it.
func (p *Plan) learn(call *Call, shown scim.Value) {
	before := merge(p.native, p.write.fields)
	if id := call.idOf(shown, p.kind.ID); id == "" || id != p.id || p.piece(call, shown) {
		p.write.elsewhere = p.write.elsewhere || id != "" && id != p.id
		p.native, p.known, p.likely = before, false, p.known || p.likely
		return
	}
	known := true
	for _, path := range p.kind.needs {
		if !call.lacks(path) {
			continue
		}
		if v := path.Get(before); p.known && !p.carries(path) {
			shown = path.Set(shown, v)
		} else {
			known = false
		}
	}
	p.native, p.known = shown, known
}

// carries reports whether the call at hand sends something of a native field.
func (p *Plan) carries(path NativePath) bool {
	return slices.ContainsFunc(p.write.carry, func(s Sending) bool { return s.Attribute.Native.Root() == path.Root() })
}

// piece reports whether the answer to a write lacks without announcement the user
// name, or that to an update what the resource had and was not sent: it is not the whole.
func (p *Plan) piece(call *Call, shown scim.Value) bool {
	name := p.kind.Attribute(p.kind.Type.Naming)
	if call.Operation == Create && name != nil {
		return name.Sent() && !call.lacks(name.Native) && name.Native.Get(shown).IsEmpty()
	}
	if call.Operation != Update {
		return false
	}
	for _, a := range p.kind.Attributes {
		if a.Native.IsZero() || call.lacks(a.Native) || !a.Native.Get(shown).IsEmpty() {
			continue
		}
		if !p.carries(a.Native) && (a.Name == p.kind.Type.Naming || p.known && !a.Native.Get(p.native).IsEmpty()) {
			return true
		}
	}
	return false
}

// createFailed decides what an unsuccessful create leaves behind: nothing, when
// it certainly did not happen; else its intent, after a look whether it did.
func (p *Plan) createFailed(step Step, got Outcome) {
	w := &p.write
	first := step.Number == 0
	lost := step.Call.Until != nil && p.id == "" && got.Kind == Absent // nothing tells any more what has become of it
	if lost {
		again := *w.intent
		again.Step, again.Saved = 0, nil
		w.intent, w.opened, w.saved, w.sent = &again, false, nil, false
		got = Outcome{Kind: Unclear, Status: 502, Detail: jobLost}
	}
	switch {
	case got.Kind == Absent && !first && p.id != "": // is it the half user that is gone?
		p.forgetJob(step)
		w.answered404 = true
		p.at = p.program.at(StepVerify)
		return
	case (first || lost) && got.Kind == Unclear && w.doubt == nil:
		w.doubt = &got
		p.search.nobody = false
		p.lookFor(p.kind.unique[0], p.kind.unique[0].Get(w.after))
		p.at = p.program.at(StepApply) + 1
		return
	case first && got.ScimType == scim.Uniqueness && p.kind.Adopt && w.course == creating && w.collision == nil:
		w.collision, w.release = &got, true
		if p.seek() {
			p.at++
			return
		}
	case got.Kind == Absent:
		got = broken(fmt.Sprintf("the vendor answers 404 to the %s call", step.Call.Operation))
	}
	failed := step.Call.Until != nil && p.id == "" && got.Kind == Refused // what was under way has made nothing
	w.release = failed || first && (got.Kind == Refused || got.Kind == Throttled || got.Unwritten)
	p.fail(got)
	if got.ScimType == scim.Uniqueness {
		p.pending = append(p.pending, Commit{Stale: true, Why: "the vendor knows a resource that the index does not"})
	}
	p.done()
}

// forgetJob passes over a call that nobody can answer any more: what became of the
// create is read off the resource.
func (p *Plan) forgetJob(step Step) {
	if w := &p.write; step.Call.Until != nil {
		next := *w.intent
		next.Step = step.Number + 1
		w.intent, w.opened, w.jobLost = &next, false, true
	}
}

const jobLost = "the vendor does not know any more what has become of the create"

// enterReread reads what the vendor made of a write, where the answer did not
// show it and the reply or a later step needs it.
func (p *Plan) enterReread() Move {
	w := &p.write
	whole := p.creates() || p.request.Operation == Update && p.request.Patch == nil
	if !w.sent || p.known || !whole && !(w.elsewhere && w.disables) || p.id == "" {
		return nil
	}
	return p.sendRead(p.id, "read what the vendor made of it")
}

func (p *Plan) takeReread(got Outcome) {
	switch got = p.same(p.id, got); got.Kind {
	case Found:
		p.native, p.known = got.Native, true
		p.saveAll(got.Saved)
		if p.write.mend && p.protected(p.native) {
			p.write.release = true
		}
	case Absent: // not shown yet; what was sent is shown until it is
		if p.write.mend && p.kind.mustSee() {
			p.doubtAbsence("the account that a create would take over cannot be read")
		}
	default:
		p.fail(got)
	}
	p.done()
}

// enterVerify asks for the resource itself after a write was answered 404, and where
// the vendor says of somebody alone that he is not in the group.
func (p *Plan) enterVerify() Move {
	if renaming := p.write.renaming; renaming != nil {
		return p.look(renaming.asks(p.id), "has the resource another id by now?")
	}
	if !p.write.answered404 && !p.members.unseen {
		return nil
	}
	return p.look(p.id, "is the resource gone?")
}

func (p *Plan) takeVerify(got Outcome) {
	w := &p.write
	if w.renaming != nil {
		p.takeRenaming(got)
		return
	}
	switch {
	case got.Kind == Found && !w.answered404: // and some are no members of it
	case got.Kind == Found && w.jobLost:
		p.fail(broken(jobLost))
	case got.Kind == Found:
		p.fail(broken("the vendor shows the resource but answers 404 to the write: the path of that call in the vendor file is wrong"))
	case got.Kind != Absent:
		p.fail(got)
	case w.course == leaving:
		w.sent, p.vanished = true, true
	case w.course == changing && p.kind.Exists() && p.record != nil:
		w.course = remembering
		p.gone()
	case p.creates():
		w.release = w.resume > 0 // the half user was deleted: the next create starts anew
		p.fail(broken("the vendor answers 404 to a call for the resource that it has created"))
	default:
		p.absent = true
		p.notFound()
	}
	p.done()
}
