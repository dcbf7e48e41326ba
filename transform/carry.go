package transform

import (
	"fmt"
	"slices"

	"scimshim/transform/scim"
)

// wanted lists the native fields that differ from what the request wants.
// feeds says which attributes are meant; creating sends all that have a value.
func (p *Plan) wanted(creating bool, feeds func(*Attribute) bool) []Sending {
	w := &p.write
	fields := make([]Sending, 0, len(p.kind.Attributes))
	env := &Env{User: w.ruled, Before: w.before, Entropy: p.facts.Entropy}
	for _, a := range p.kind.Attributes {
		if !a.Sent() || w.unmapped[a.Name] || !feeds(a) || p.fixed(a) {
			continue
		}
		s := Sending{Attribute: a, Current: a.Native.Get(p.native), Known: (p.known || p.likely) && !creating}
		var problem string
		if s.Value, problem = p.nativeOf(a); problem != "" {
			continue // sorted out by validate
		}
		if s.Value.IsEmpty() && a.Default != nil && p.falls(a, creating) {
			s.Value, _ = a.Default.Build(env)
		}
		if s.Value.IsEmpty() && !p.writtenEmpty(a, s.Value) && (p.creates() || !a.clears(&s)) {
			continue
		}
		if s.Known {
			s.Value = a.joined(s.Value, s.Current, p.lookups.tables)
		}
		if s.Known && a.same(s.Value, s.Current) {
			continue
		}
		fields = append(fields, s)
	}
	if s, ok := p.memberList(); ok && feeds(s.Attribute) && !(s.Known && !creating && s.Attribute.same(s.Value, s.Current)) {
		fields = append(fields, s)
	}
	return fields
}

// writtenEmpty: a `write` may say that a value which is there is an empty list or text
// at the vendor, such as no roles for somebody inactive. Nothing is cleared then.
func (p *Plan) writtenEmpty(a *Attribute, v scim.Value) bool {
	return a.Write != nil && v.Kind() > scim.KindNull && !a.Path.Get(p.write.ruled).IsEmpty()
}

// falls reports whether an attribute that the caller left out falls back to its
// default: on creation, and where it is required. A generated one is made once: by
// the call that creates, or by an update where no such call takes the field, and for
// no account that somebody else had before.
func (p *Plan) falls(a *Attribute, creating bool) bool {
	switch {
	case !p.creates():
		return a.Required && !a.made
	case !a.made || creating:
		return true
	}
	return !p.write.tookOver && !slices.ContainsFunc(p.kind.Create, func(c *Call) bool { return p.kind.Carries(c, a) })
}

// same reports whether the vendor has the value already. A table compares as
// text: what is written as "true" may read as true. So does what may read as
// a text whatever it was.
func (a *Attribute) same(v, current scim.Value) bool {
	switch {
	case v.Equal(current), a.texts && alike(v).Equal(alike(current)):
		return true
	case a.listed():
		return a.sameElements(v, current)
	}
	return (a.Values != nil || a.Lookup != nil) && sameText(v, current)
}

// fixed: an immutable field that has a value is left alone, also by rules.
func (p *Plan) fixed(a *Attribute) bool {
	return a.Mutability == "immutable" && !p.creates() && !a.Path.Get(p.write.before).IsAbsent()
}

// clears decides what is sent for a value that became absent.
func (a *Attribute) clears(s *Sending) bool {
	if s.Known && s.Current.IsEmpty() {
		return false
	}
	switch a.Empty.Mode {
	case EmptyNull, EmptyRemove:
		s.Value = scim.Null()
	case EmptyLiteral:
		s.Value = a.Empty.Value
	default:
		return false
	}
	return true
}

// enterCall makes a call of the program, if this request needs it.
func (p *Plan) enterCall(step Step) Move {
	w := &p.write
	if !p.applies(step) {
		return nil
	}
	switch {
	case w.suspect != nil:
		return p.examine(step)
	case p.members.doubt != nil:
		return p.examineList(step)
	}
	if w.carry == nil {
		w.carry, w.field = p.carried(step), 0
	}
	fields := p.body(step.Call, w.carry)
	w.fields = fields
	env := p.callEnv(step.Call, fields)
	if !step.Call.needed(w.carry, w.made, env) {
		w.carry, w.made = nil, nil
		return nil
	}
	if name := step.Call.unsaved(w.saved); name != "" {
		p.fail(broken(fmt.Sprintf("the %s call needs saved.%s, which no answer has shown", step.Name(), name)))
		return nil
	}
	if w.field == 0 {
		p.Trace.Sending = append(p.Trace.Sending, w.carry...)
	}
	return p.send(step.Call, step.Name(), env, fields)
}

// needed: an update runs when it has a field to carry, a create step that lists
// its fields likewise; one with until follows the call before it; `when` narrows.
func (c *Call) needed(carry, made []Sending, env *Env) bool {
	if c.Until != nil && c.Operation == Update {
		return len(made) > 0
	}
	if len(carry) == 0 && (c.Operation == Update || c.Operation == Create && len(c.Fields) > 0) {
		return false
	}
	if c.When == nil {
		return true
	}
	holds, _ := c.When.Holds(env)
	return holds
}

// applies reports whether the course of the request comes to this call.
func (p *Plan) applies(step Step) bool {
	w := &p.write
	switch step.Call.Operation {
	case Create:
		return p.creates() && step.Number >= w.resume
	case Update:
		return p.creates() || w.course == changing
	}
	return w.course == leaving || w.course == removing && (p.record == nil || !p.record.Gone)
}

// carried picks the fields that go with a call: those it lists, or those that
// no other call lists. A create leaves to the updates what they list, save the name
// under which it would be looked up, and they then mend what its answer shows different.
func (p *Plan) carried(step Step) []Sending {
	w := &p.write
	carry := make([]Sending, 0, len(p.kind.Attributes))
	if step.Call.Operation == Delete {
		return carry
	}
	creating := step.Call.Operation == Create
	feeds := func(a *Attribute) bool { return a.feeds(w.touched) }
	if creating || w.mend {
		feeds = func(*Attribute) bool { return true }
	} else if p.creates() {
		feeds = func(a *Attribute) bool {
			carried := func(c *Call) bool { return p.kind.Carries(c, a) }
			return a == p.kind.active || !slices.ContainsFunc(p.kind.Create, carried)
		}
	}
	for _, s := range p.wanted(creating, feeds) {
		if p.kind.Carries(step.Call, s.Attribute) {
			carry = append(carry, s)
		}
	}
	return carry
}

func (c *Call) lists(a *Attribute) bool {
	return slices.ContainsFunc(c.Fields, a.Native.Under)
}

// Carries reports whether a call of create or update takes an attribute's field: a
// call with `fields` takes these, the first one without takes the rest. A create leaves
// to the updates what they list, save the name, without which nobody is created.
func (k *Kind) Carries(c *Call, a *Attribute) bool {
	if len(c.Fields) > 0 {
		return c.lists(a)
	}
	lists := func(o *Call) bool { return o.lists(a) }
	own := k.Update
	if c.Operation == Create {
		if own = k.Create; a.Name != k.Type.Naming && slices.ContainsFunc(k.Update, lists) {
			return false
		}
	}
	rest := slices.IndexFunc(own, func(o *Call) bool { return len(o.Fields) == 0 && o.Until == nil })
	return rest >= 0 && own[rest] == c && !slices.ContainsFunc(own, lists)
}

// body builds the native fields of a call.
func (p *Plan) body(call *Call, carry []Sending) scim.Value {
	var base scim.Value
	if call.Whole {
		base = p.kind.spelt(p.native)
	}
	body := scim.DraftOf(base, len(carry)+len(p.kind.Fixed))
	if call.Operation == Create && call == p.kind.Create[0] {
		for i := range p.kind.Fixed {
			if v, err := p.kind.Fixed[i].Value.Build(&Env{User: p.write.ruled, Entropy: p.facts.Entropy}); err == nil {
				p.kind.Fixed[i].Path.fill(&body, v)
			}
		}
	}
	for _, s := range carry { // before anything is set: two attributes may share a field
		call.fillUp(&body, p.native, s.Attribute.Native)
	}
	for _, s := range carry {
		v := s.Value
		if v.Kind() == scim.KindNull && call.Whole && p.up.SCIM {
			v = scim.Value{} // a PUT clears what it leaves out (RFC 7644 section 3.5.1)
		}
		if s.leaves() {
			v = scim.Value{}
		}
		s.Attribute.Native.fill(&body, v)
	}
	p.kind.removeElements(&body, carry)
	if p.up.SCIM && (call.Operation == Create || call.Whole) {
		return p.kind.declared(body.Value())
	}
	return body.Value()
}

// spelt is a resource that was read as it is written: a value of a table in the
// spelling of the table, for what is written as "true" may read as true.
func (k *Kind) spelt(native scim.Value) scim.Value {
	for _, a := range k.Attributes {
		if a.Values == nil || !a.Sent() {
			continue
		}
		if v, ok := a.Values.spelling(a.Native.Get(native)); ok {
			native = a.Native.Set(native, v)
		}
	}
	return native
}

// fillUp puts into a body what the vendor has of a list, or of an object that the
// file names, so that the rest of it is sent with the value at the path.
func (c *Call) fillUp(body *scim.Draft, native scim.Value, path NativePath) {
	if c.Whole || len(path.segments) == 1 {
		return
	}
	if root := path.Root(); path.InList() && !c.Pieces && !native.Member(root).IsAbsent() {
		body.Set(root, native.Member(root))
		return
	}
	for _, place := range c.WholeFields {
		if current := place.Get(native); path.Under(place.String()) && !current.IsAbsent() {
			place.fill(body, current)
		}
	}
}

// completes reports whether the call sends the field that the path is in complete.
func (c *Call) completes(path NativePath) bool {
	return slices.ContainsFunc(c.WholeFields, func(place NativePath) bool { return path.Under(place.String()) })
}

// InList reports whether the path leads to an element of a list, or through one.
func (p NativePath) InList() bool {
	return slices.ContainsFunc(p.segments, func(s segment) bool { return s.name == "" })
}

func (p *Plan) callEnv(call *Call, fields scim.Value) *Env {
	w := &p.write
	env := &Env{User: w.ruled, Before: w.before, Native: p.native, Entropy: p.facts.Entropy, Names: map[string]scim.Value{
		"id": p.kind.ID.value(p.id), "fields": fields, "saved": objectOf(w.saved),
	}}
	if call.Operation == Create && call.readsNative { // of an update it is what there is: fields has what is wanted
		env.Native = merge(p.native, fields)
	}
	if call.idempotent {
		env.Names["idempotency_key"] = p.idempotencyKey(call)
	}
	if call.operations {
		env.Names["operations"] = p.operations(w.carry)
	}
	if w.field < len(w.carry) {
		s := w.carry[w.field]
		env.Names["field"] = scim.Object(
			scim.Member{Name: "name", Value: scim.String(s.Attribute.Native.String())},
			scim.Member{Name: "value", Value: s.Value})
	}
	return env
}

func objectOf(values map[string]scim.Value) scim.Value {
	members := make([]scim.Member, 0, len(values))
	for name, v := range values {
		members = append(members, scim.Member{Name: name, Value: v})
	}
	return scim.Object(members...)
}
