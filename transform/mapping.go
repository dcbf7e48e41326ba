package transform

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"scimshim/transform/scim"
)

// visible gives the resource that Entra would see: what the vendor shows, with
// what is kept laid over it. problems name attributes that had to be left out.
func (p *Plan) visible(native scim.Value, rec *Record) (resource scim.Value, problems []string) {
	s := p.kind.show(native, p.lookups.tables)
	return p.layOver(s, rec), s.problems
}

// showing is what a native resource shows, before what is kept is laid over it.
type showing struct {
	native   scim.Value
	values   []scim.Value // of the attributes, in their order; of a reference, the vendor's name for it
	problems []string     // attributes that had to be left out
}

func (k *Kind) show(native scim.Value, t tables) showing {
	s := showing{native: native, values: make([]scim.Value, len(k.Attributes))}
	for i, a := range k.Attributes {
		v, problem := a.visible(native, t)
		if problem != "" {
			s.problems = append(s.problems, a.Name+": "+problem)
		}
		s.values[i] = v
	}
	return s
}

// shown is what the present native resource shows. It is asked for by the record
// and by the answer of a write, and mapped once.
func (p *Plan) shown() *showing {
	if p.showing.values == nil || !p.showing.native.Is(p.native) {
		p.showing = p.kind.show(p.native, p.lookups.tables)
	}
	return &p.showing
}

func (p *Plan) layOver(s showing, rec *Record) scim.Value {
	var room [24]scim.Value // on the stack
	values := room[:0]
	for i, a := range p.kind.Attributes {
		v := s.values[i]
		if a.Exists {
			v = scim.Bool(true)
		}
		if a.Lookup != nil && rec != nil && p.lookups.tables[a.Lookup] == nil {
			v = a.Path.Get(rec.Resource)
		}
		v, sent := rec.shown(a, v)
		if a.Ref != nil && !sent {
			v = p.names.id(v)
		}
		values = append(values, v)
	}
	return p.kind.layout.Resource(values)
}

// shown is the lens: what was sent, as long as the vendor's side reads as it
// did then; else what the vendor shows now.
func (r *Record) shown(a *Attribute, current scim.Value) (v scim.Value, sent bool) {
	if r == nil {
		return current, false
	}
	pair, kept := r.pair(a.Name)
	if kept && a.keepable() && (!pair.Settled || a.readsAs(pair.Back, current)) {
		return pair.Sent, true
	}
	return current, false
}

// keepable: the state of an account and secrets are the vendor's truth and are
// never shown from memory.
func (a *Attribute) keepable() bool {
	return a.Name != "active" && a.Mutability != "writeOnly" && !a.secret
}

// settle takes what the vendor shows now as the read-back of values sent
// lately. It gives nil when nothing was open. What a table would have to tell, and
// does not, stays open.
func (k *Kind) settle(rec *Record, native scim.Value, t tables) *Record {
	if rec == nil || rec.Gone || rec.values() == 0 {
		return nil
	}
	var settled *Record
	fresh := scim.DraftOf(rec.Fresh, 0)
	for _, a := range k.Attributes {
		pair, kept := rec.pair(a.Name)
		if !kept || pair.Settled {
			continue
		}
		back, problem := a.visible(native, t)
		if problem != "" && a.Lookup != nil {
			continue
		}
		if settled == nil {
			settled = rec.clone()
		}
		delete(settled.Kept, a.Name)
		fresh.Set(a.Name, scim.Value{})
		if pair.Back = back; !pair.Back.Equal(pair.Sent) {
			pair.Settled = true
			settled.keep(a.Name, pair.own())
		}
	}
	if settled != nil {
		settled.Fresh, settled.Keys = fresh.Own(), k.keys(settled)
	}
	return settled
}

// departed is the record of a resource whose account is gone: it is known here alone.
func (p *Plan) departed(record *Record) *Record {
	out := record.clone()
	if !out.Gone {
		out.Left = p.facts.Now.Unix()
	}
	out.Gone, out.Native = true, ""
	out.Keys = p.kind.keys(out)
	return out
}

// forgets reports whether somebody deleted and remembered has been gone for longer
// than the file wants to know of him.
func (p *Plan) forgets(r *Record) bool {
	if !r.Gone || r.Left == 0 || p.kind.Forget == 0 || p.facts.Now.Sub(time.Unix(r.Left, 0)) <= p.kind.Forget {
		return false
	}
	p.pending = append(p.pending, Commit{Change: Change{Drop: r.ID}, Why: "deleted for longer than forget says"})
	return true
}

// keys are the values under which a filter must find a record although the
// vendor does not show them. A fresh one is shown by the vendor unless it has
// changed since, and of use only where the file has a search that would miss it.
func (k *Kind) keys(rec *Record) (keys []Key) {
	for _, a := range k.Attributes {
		v := scim.Value{}
		if rec.Gone {
			v = a.Path.Get(rec.Resource)
		} else if pair, kept := rec.Kept[a.Name]; kept {
			v = pair.Sent
		} else if a.searched {
			v = rec.Fresh.Member(a.Name)
		}
		if v.Kind() == scim.KindString && v.Text() != "" {
			keys = append(keys, a.key(v))
		}
	}
	return append(keys, k.memberKeys(rec)...)
}

func (a *Attribute) key(v scim.Value) Key {
	return Key{Path: a.Name, Value: strings.Clone(a.Path.Fold(v))}
}

// key is remembered for longer than the body that the value was read from.
func key(path scim.Path, v scim.Value) Key {
	return Key{Path: path.Dotted(), Value: strings.Clone(path.Fold(v))}
}

// Firing is one rule that set a value, for explain.
type Firing struct {
	Rule  *Rule
	Value scim.Value
	Err   error
}

// apply runs the rules over the resource that the caller wants.
func (k *Kind) apply(user scim.Value, op Operation) (ruled scim.Value, fired []Firing) {
	for _, rule := range k.Rules {
		env := &Env{User: user, Names: map[string]scim.Value{"operation": scim.String(string(op))}}
		if rule.When != nil {
			if holds, err := rule.When.Holds(env); !holds {
				if err != nil {
					fired = append(fired, Firing{rule, scim.Value{}, err})
				}
				continue
			}
		}
		v, err := rule.To.Eval(env)
		if err == nil {
			user = rule.Set.Set(user, v)
		}
		fired = append(fired, Firing{rule, v, err})
	}
	return user, fired
}

// native gives the native value that the mapping wants for an attribute.
// problem says why the value cannot be mapped.
func (a *Attribute) native(env *Env) (v scim.Value, problem string) {
	return a.nativeFor(a.Path.Get(env.User), env)
}

// nativeFor is native for a value that is given: of a reference it is the
// vendor's name for whom it refers to.
func (a *Attribute) nativeFor(value scim.Value, env *Env) (v scim.Value, problem string) {
	if a.Lookup != nil || a.listed() {
		if value, problem = a.sentFor(value, env.Tables); problem != "" {
			return scim.Value{}, problem
		}
	}
	switch {
	case a.Values != nil:
		if value.IsAbsent() {
			return scim.Value{}, ""
		}
		v, ok := a.Values.Write(value)
		if !ok {
			return scim.Value{}, fmt.Sprintf("the table has no row for %q", value.Text())
		}
		return v, ""
	case a.Write != nil:
		if value.IsAbsent() && a.Write.reads("value") {
			return scim.Value{}, ""
		}
		in := Env{User: env.User, Before: env.Before, Value: value}
		v, err := a.Write.Eval(&in)
		if err != nil {
			return scim.Value{}, "write: " + err.Error()
		}
		value = v
	}
	if a.listed() {
		value = a.elements(value)
	}
	return value, ""
}

// nativeValue is what the mapping makes of one attribute of a write.
type nativeValue struct {
	value   scim.Value
	problem string
	known   bool
}

// nativeOf gives the native value that the request wants for an attribute. It is
// asked for by validation, by the search for others who have it and by the
// calls, and mapped once.
func (p *Plan) nativeOf(a *Attribute) (v scim.Value, problem string) {
	w := &p.write
	if w.natives == nil {
		w.natives = make([]nativeValue, len(p.kind.Attributes))
	}
	n := &w.natives[a.at]
	if !n.known {
		n.known = true
		env := &Env{User: w.ruled, Before: w.before, Tables: p.lookups.tables}
		if a.Ref == nil {
			n.value, n.problem = a.native(env)
		} else {
			n.value, n.problem = p.nativeReference(a, env)
		}
	}
	return n.value, n.problem
}

// dropUnmapped drops the attributes of a resource that neither the mapping nor a
// rule knows.
func (p *Plan) dropUnmapped(resource scim.Value) {
	const why = "the vendor file does not map it"
	var dropped []Dropped
	for _, m := range resource.Members() {
		switch {
		case p.kind.Catalog.IsExtension(m.Name):
			for _, inner := range m.Value.Members() {
				if !p.kind.knows(m.Name, inner.Name) {
					dropped = append(dropped, Dropped{URN: m.Name, Subject: inner.Name, Why: why})
				}
			}
		case !p.kind.knows("", m.Name):
			dropped = append(dropped, Dropped{Subject: m.Name, Why: why})
		}
	}
	p.Trace.Dropped = append(p.Trace.Dropped, dropped...)
}

func (k *Kind) knows(urn, name string) bool {
	return slices.ContainsFunc(k.leaves, func(p scim.Path) bool { return p.Attribute.Name == name && p.URN == urn })
}

// feeds reports whether one of the touched paths feeds the native field.
func (a *Attribute) feeds(touched []scim.Path) bool {
	return slices.ContainsFunc(touched, func(p scim.Path) bool { return contains(a.inputs, p) })
}
