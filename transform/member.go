package transform

import (
	"slices"
	"strconv"
	"strings"

	"scimshim/transform/scim"
)

// enterMember lets members join or leave by calls of their own: a call for each,
// or one for all where it uses `members`. Joining somebody twice is joining once,
// and nobody need be there to leave: a call that is refused is believed only
// after a look.
func (p *Plan) enterMember(step Step) Move {
	m := &p.members
	if step.Call == nil || step.Call.Operation == AddMember {
		defer p.refuseStrangers()
	}
	if p.write.course == nothing || p.id == "" {
		return nil
	}
	if step.Call == nil { // the list went with the group
		m.done(RemoveMember, m.leaves)
		m.done(AddMember, m.joins)
		return nil
	}
	for p.reply == nil {
		if m.doubt != nil {
			if move := p.settleDoubt(step.Call); move != nil {
				return move
			}
			continue
		}
		if move := p.lookFirst(step.Call); move != nil || p.reply != nil {
			return move
		}
		if m.batch = p.batch(step.Call); len(m.batch) == 0 {
			last := step.Call.Operation == AddMember
			m.unseen = m.unseen || last && !p.write.sent && !p.known && !m.seen && !p.creates() // without a call the group must be seen
			return nil
		}
		return p.sendMembers(step.Call)
	}
	return nil
}

// lookFirst finds out who is in the group already, where the file wants that before
// a call: one that takes the group out of a field of the user must not take out
// another.
func (p *Plan) lookFirst(call *Call) Move {
	m := &p.members
	pending := m.pending(call.Operation)
	if !call.ReadFirst || len(*pending) == 0 || m.looked == call.Operation {
		return nil
	}
	if m.look == nil {
		m.look = &muster{group: p.id, asked: *pending, record: p.record}
		if p.known {
			m.look.native = p.native
		}
	}
	if move := p.asks(m.look); move != nil || p.reply != nil {
		return move
	}
	in := p.mustered(m.look)
	if m.look, m.looked = nil, call.Operation; call.Operation == AddMember {
		m.done(call.Operation, in)
	} else {
		p.leftAlready(*pending, in)
	}
	return nil
}

// pending are those who are still to join or leave.
func (m *members) pending(op Operation) *[]string {
	if op == AddMember {
		return &m.joins
	}
	return &m.leaves
}

// batch gives whom the next call is about, and is done with those who have no
// account at the vendor: they are remembered.
func (p *Plan) batch(call *Call) (batch []string) {
	m := &p.members
	pending := m.pending(call.Operation)
	for _, id := range *pending {
		if p.names.natives[id].IsEmpty() {
			m.done(call.Operation, []string{id})
		} else if batch = append(batch, id); call.perMember {
			return batch
		}
	}
	return batch
}

// done notes that these have joined or left.
func (m *members) done(op Operation, ids []string) {
	pending := m.pending(op)
	*pending = without(*pending, ids)
	if op == AddMember {
		m.joined = append(m.joined, ids...)
	} else {
		m.left = append(m.left, ids...)
	}
}

func (p *Plan) sendMembers(call *Call) Move {
	env := &Env{Native: p.native, Names: map[string]scim.Value{"id": p.kind.ID.value(p.id)}}
	names := make([]scim.Value, len(p.members.batch))
	for i, id := range p.members.batch {
		names[i] = p.names.natives[id]
	}
	env.Names["member"], env.Names["members"] = names[0], scim.ListOf(names...)
	if call.operations {
		env.Names["operations"] = p.kind.Members.operations(call.Operation, names)
	}
	return p.send(call, string(call.Operation), env, scim.Value{})
}

// operations are those of a PATCH by which members join or leave at a vendor that
// speaks SCIM, strictly as RFC 7644 section 3.5.2 has them.
func (m *Membership) operations(op Operation, names []scim.Value) scim.Value {
	path := m.attribute.Path
	var out []scim.Value
	var added []scim.Value
	for _, name := range names {
		if op == AddMember {
			added = append(added, scim.Object(scim.Member{Name: "value", Value: name}))
			continue
		}
		out = append(out, scim.Object(scim.Member{Name: "op", Value: scim.String("remove")},
			scim.Member{Name: "path", Value: scim.String(path.Portal() + "[value eq " + name.JSON() + "]")}))
	}
	if len(added) > 0 {
		out = append(out, operation("add", path, scim.ListOf(added...)))
	}
	return scim.ListOf(out...)
}

func (p *Plan) takeMember(step Step, got Outcome) {
	m, w := &p.members, &p.write
	switch {
	case m.doubt != nil && m.doubt.check.doubts && p.kind.Members.Native.IsZero() && got.Kind == Absent:
		m.doubt.nowhere, m.doubt.check.done = true, true
	case m.doubt != nil:
		p.answered(&m.doubt.check, got)
	case m.look != nil:
		p.answered(m.look, got)
	case got.Kind == Done:
		w.sent = true
		m.done(step.Call.Operation, m.batch)
	case got.Kind == Refused || got.Kind == Absent:
		m.doubt = &doubt{refusal: got, check: muster{group: p.id, asked: m.batch, record: p.record,
			doubts: got.Kind == Absent && step.Call.Operation == RemoveMember}}
	default:
		p.fail(got)
	}
}

// settleDoubt looks whether what a call was refused for is so already, and whether
// those who were to join are users at all. Those who are not are left out, and
// the others are tried once more.
func (p *Plan) settleDoubt(call *Call) Move {
	m, d := &p.members, p.members.doubt
	if move := p.asks(&d.check); move != nil {
		return move
	}
	if p.reply != nil {
		return nil
	}
	if d.nowhere {
		p.giveUpOn(d, m.batch)
		return nil
	}
	in := p.mustered(&d.check)
	if call.Operation == RemoveMember {
		p.leftAlready(m.batch, in)
		p.giveUpOn(d, in)
		return nil
	}
	m.done(call.Operation, in)
	rest := without(without(m.batch, in), m.strangers)
	for _, id := range without(rest, d.met) {
		return p.consult(p.kind.refers.To, &Request{Operation: Read, ID: id}, p.takeMet)
	}
	strangers := len(rest) < len(m.batch)-len(in)
	m.joins = without(m.joins, m.strangers)
	if strangers {
		m.doubt = nil // once more, without them
		return nil
	}
	p.giveUpOn(d, rest)
	return nil
}

// leftAlready is done with those who are not in the group, as the vendor says. Where
// it is asked for each of them alone the group must be seen before that counts: a
// vendor that answers 404 to everything says it, too.
func (p *Plan) leftAlready(asked, in []string) {
	m, mem := &p.members, p.kind.Members
	out := without(asked, in)
	m.done(RemoveMember, out)
	known := func(id string) bool { return !p.names.natives[id].IsEmpty() }
	if mem.Native.IsZero() && mem.Has != nil && !p.known && slices.ContainsFunc(out, known) {
		m.unseen = true
	}
}

// takeMet learns whether somebody who was to join is a user.
func (p *Plan) takeMet(inner *Plan, reply Reply) {
	m, id := &p.members, inner.request.ID
	switch {
	case reply.Status == 404:
		m.strangers = append(m.strangers, id)
	case reply.Error != nil:
		p.refuse(reply.Error)
	default:
		m.doubt.met = append(m.doubt.met, id)
	}
}

// giveUpOn fails for those for whom the refusal stands.
func (p *Plan) giveUpOn(d *doubt, ids []string) {
	p.members.doubt = nil
	switch {
	case len(ids) == 0:
	case d.refusal.Kind == Absent:
		p.write.answered404 = true // is it the group that is gone?
		p.at = p.program.at(StepVerify) - 1
		p.members.joins, p.members.leaves = nil, nil
	default:
		d.refusal.Attribute = "members"
		p.fail(d.refusal)
	}
}

// refuseStrangers ends a request that named members whom nobody knows. The others
// have joined: adding them again is harmless, and a 2xx would lose these.
func (p *Plan) refuseStrangers() {
	m := &p.members
	if p.reply != nil || len(m.strangers) == 0 || len(m.joins) > 0 || m.doubt != nil || p.inner != nil {
		return
	}
	quoted := make([]string, len(m.strangers))
	for i, id := range m.strangers {
		quoted[i] = strconv.Quote(id)
	}
	p.refuse(&scim.Error{Status: 400, ScimType: scim.InvalidValue, Attribute: "members", Detail: "no user has the id " + strings.Join(quoted, ", ") +
		": provision them first; the other members are as wanted"})
}

// memberList is the list of members as a field of the group.
func (p *Plan) memberList() (s Sending, ok bool) {
	mem, m := p.kind.Members, &p.members
	if mem == nil || !mem.Whole() || p.request.Members == nil {
		return s, false
	}
	current := mem.listIn(p.native)
	leaving := map[string]bool{}
	for _, id := range m.leaves {
		leaving[p.names.folded(id)] = true
	}
	var items []scim.Value
	there := map[string]bool{}
	for _, element := range current.Items() {
		name := p.names.ref.fold(mem.nameOf(element, mem.Each))
		if there[name] = true; !leaving[name] {
			items = append(items, element)
		}
	}
	for _, id := range m.joins {
		if name := p.names.folded(id); name != "" && !there[name] {
			items = append(items, mem.element(p.names.natives[id]))
		}
	}
	s = Sending{Attribute: mem.attribute, Value: scim.ListOf(items...), Current: current, Known: p.known}
	return s, len(items) > 0 || !p.creates() || m.known && !current.IsEmpty()
}

// carried reports whether a call that carried the list of members, with some who are
// to join, may have been refused because of them.
func (m *members) carried(carry []Sending) bool {
	return len(m.joins) > 0 && slices.ContainsFunc(carry, func(s Sending) bool { return s.Attribute.Path.IsMembers() })
}

// examineList looks, where a list of members was refused, for those whom the vendor
// does not know. Without them the call is worth another try.
func (p *Plan) examineList(step Step) Move {
	m := &p.members
	for _, id := range without(without(m.joins, m.doubt.met), m.strangers) {
		return p.consult(p.kind.refers.To, &Request{Operation: Read, ID: id}, p.takeMet)
	}
	refusal := m.doubt.refusal
	m.doubt = nil
	if known := without(m.joins, m.strangers); len(known) < len(m.joins) {
		m.joins = known
	} else {
		p.refused(step, nil, refusal)
	}
	return proceed{}
}
