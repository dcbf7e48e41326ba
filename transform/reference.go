package transform

import (
	"scimshim/transform/scim"
)

// Reference says how the vendor names a user whom an attribute or a member is:
// to Entra it is always the user's SCIM id (RFC 7643 section 2.3.7).
type Reference struct {
	To *Kind
	By *Attribute // of the users, whose native field holds the name; nil: the native id
}

// nameIn is the vendor's name for a user in the user's own native resource.
func (r *Reference) nameIn(native scim.Value) scim.Value {
	if r.By == nil {
		return r.To.ID.Native.Get(native)
	}
	return r.By.Native.Get(native)
}

// fold gives a name such that names of the same user are equal: an attribute has its
// own rule of letters, an id has none.
func (r *Reference) fold(name string) string {
	if r == nil || r.By == nil {
		return name
	}
	return r.By.Path.Fold(scim.String(name))
}

// References says how the vendor names the users that its users or groups refer
// to; nil where the file maps no reference.
func (k *Kind) References() *Reference { return k.refers }

// names is what a plan has learned of the users that it meets: it translates
// between SCIM ids and the vendor's names. A user may be known to be nobody.
type names struct {
	ref     *Reference            // how the vendor names users
	ids     map[string]string     // the SCIM id by the vendor's name, folded; "": nobody's
	natives map[string]scim.Value // the vendor's name by SCIM id; Absent: nobody's
	gone    map[string]bool       // the SCIM ids of those deleted and remembered
	asked   *Ask                  // whose outcome is awaited
}

// id is the SCIM id behind the vendor's name; Absent when it is nobody's.
func (n *names) id(name scim.Value) scim.Value {
	if id := n.ids[n.ref.fold(name.Text())]; id != "" {
		return scim.String(id)
	}
	return scim.Value{}
}

// folded is the vendor's name of a user, to be compared; "" for nobody.
func (n *names) folded(id string) string { return n.ref.fold(n.natives[id].Text()) }

// is learns that a SCIM id and a vendor's name are the same user's.
func (n *names) is(id string, name scim.Value) {
	if n.ids == nil {
		n.ids, n.natives, n.gone = map[string]string{}, map[string]scim.Value{}, map[string]bool{}
	}
	if id != "" {
		n.natives[id] = name
	}
	if !name.IsEmpty() {
		n.ids[n.ref.fold(name.Text())] = id
	}
}

func (n *names) unknown(ids, names []string) (unknownIDs, unknownNames []string) {
	for _, id := range ids {
		if _, known := n.natives[id]; !known && id != "" {
			unknownIDs = append(unknownIDs, id)
		}
	}
	for _, name := range names {
		if _, known := n.ids[n.ref.fold(name)]; !known && name != "" {
			unknownNames = append(unknownNames, name)
		}
	}
	return unknownIDs, unknownNames
}

// proceed is no move: the plan goes on with the one that it consults, or at the
// step where it has put itself.
type proceed struct{}

func (proceed) move() {}

// translate learns who is meant by SCIM ids and by the vendor's names. It gives
// nil when all are known.
func (p *Plan) translate(ids, names []string) Move {
	ref := p.kind.refers
	if ref == nil || p.reply != nil {
		return nil
	}
	ids, names = p.names.unknown(ids, names)
	switch {
	case len(ids)+len(names) == 0:
		return nil
	case ref.By == nil:
		p.names.asked = &Ask{Kind: ref.To, IDs: ids, Natives: names}
		return *p.names.asked
	case len(ids) > 0:
		return p.consult(ref.To, &Request{Operation: Read, ID: ids[0]}, p.takeUser)
	}
	return p.consult(ref.To, ref.lookFor(names[0]), func(inner *Plan, reply Reply) { p.takeNamesake(names[0], inner, reply) })
}

// takeNames learns from the records who is meant. Whom there is no record of is
// known to Entra and to the vendor by the same id.
func (p *Plan) takeNames(got Outcome) {
	ref, asked := p.kind.refers, p.names.asked
	p.names.asked = nil
	byID, byNative := map[string]*Record{}, map[string]*Record{}
	for _, record := range got.Records {
		byID[record.ID] = record
		if !record.Gone {
			byNative[record.Native] = record
		}
	}
	for _, id := range asked.IDs {
		switch record := byID[id]; {
		case record != nil && record.Gone:
			p.names.is(id, scim.Value{})
			p.names.gone[id] = true
		case record != nil:
			p.names.is(id, ref.To.ID.value(record.Native))
		case byNative[id] == nil && ref.To.ID.Fits(id):
			p.names.is(id, ref.To.ID.value(id))
		default:
			p.names.is(id, scim.Value{}) // the native id of one whom Entra knows by another, or nobody's
		}
	}
	for _, name := range asked.Natives {
		switch record := byNative[name]; {
		case record != nil:
			p.names.is(record.ID, scim.String(name))
		case byID[name] != nil:
			p.names.is("", scim.String(name)) // Entra knows somebody else by this id
		default:
			p.names.is(name, ref.To.ID.value(name))
		}
	}
	if asked.Remembered {
		for _, record := range got.Records {
			if _, known := p.names.natives[record.ID]; record.Gone && !known { // one who comes back just now is on record as gone
				p.names.is(record.ID, scim.Value{})
				p.names.gone[record.ID] = true
			}
		}
	}
}

// value is a native id in the type that the vendor writes it in. What cannot be one
// stays a text, and is for the vendor to refuse.
func (id ID) value(text string) scim.Value {
	if v := scim.Number(text); id.Type == "integer" && !v.IsAbsent() {
		return v
	}
	return scim.String(text)
}

// takeUser learns the vendor's name of a user who was read.
func (p *Plan) takeUser(inner *Plan, reply Reply) {
	id := inner.request.ID
	switch {
	case reply.Status == 404:
		p.names.is(id, scim.Value{})
	case reply.Error != nil:
		p.refuse(reply.Error)
	case inner.record != nil && inner.record.Gone:
		p.names.is(id, scim.Value{})
		p.names.gone[id] = true
	default:
		p.names.is(id, p.kind.refers.nameIn(inner.native))
	}
}

// lookFor is the search for the user whose native field holds a name.
func (r *Reference) lookFor(name string) *Request {
	native := r.By.Native.Set(scim.Object(), scim.String(name))
	shown, _ := r.By.visible(native, nil)
	if shown.IsEmpty() {
		shown = scim.String(name)
	}
	return &Request{Operation: Find, Filter: scim.Equals(r.By.Path, shown), StartIndex: 1, Count: everybody, claim: scim.String(name)}
}

// takeNamesake learns who has a name; several are as good as nobody.
func (p *Plan) takeNamesake(name string, inner *Plan, reply Reply) {
	switch hits := inner.search.hits; {
	case reply.Error != nil:
		p.refuse(reply.Error)
	case len(hits) == 1 && hits[0].record != nil:
		p.names.is(hits[0].record.ID, scim.String(name))
	case len(hits) == 1:
		p.names.is(hits[0].id, scim.String(name))
	default:
		p.names.is("", scim.String(name))
	}
}

// consult lets a plan for another resource decide first. then is told how it ended.
func (p *Plan) consult(kind *Kind, request *Request, then func(inner *Plan, reply Reply)) Move {
	request.refers = true
	p.inner, p.then = NewPlan(p.up, kind, request, p.facts), then
	return proceed{}
}

// consulted gives the next move of the plan that is consulted, or nil at its end.
func (p *Plan) consulted(got Outcome) Move {
	move := p.inner.Next(got)
	reply, ended := move.(Reply)
	if !ended {
		return move
	}
	inner, then := p.inner, p.then
	p.inner, p.then = nil, nil
	p.Trace.Sending = append(p.Trace.Sending, inner.Trace.Sending...)
	p.Trace.Dropped = append(p.Trace.Dropped, inner.Trace.Dropped...)
	then(inner, reply)
	return nil
}

// pendingReference reports whether the request names somebody whom Entra is shown
// already and the vendor is not: he was nobody there when he was sent first.
func (p *Plan) pendingReference(path scim.Path) bool {
	a := p.kind.Attribute(path.Dotted())
	if a == nil || a.Ref == nil || p.request.Patch == nil || !p.request.Patch.Names(path) {
		return false
	}
	name := p.names.natives[path.Get(p.write.after).Text()]
	return p.known && !name.IsEmpty() && a.Native.Get(p.native).IsEmpty()
}

// suspect is a write that was refused, and may have been because it refers to
// somebody whom the vendor does not know.
type suspect struct {
	attribute *Attribute
	carry     []Sending
	refusal   Outcome
	asked     bool
	stranger  bool
}

// suspicious finds a reference among what was refused, whom nobody has vouched for.
func (p *Plan) suspicious(carry []Sending, got Outcome) *suspect {
	if got.Kind != Refused || p.write.vouched || p.kind.refers == nil {
		return nil
	}
	for _, s := range carry {
		if s.Attribute.Ref != nil && !s.Value.IsEmpty() {
			return &suspect{attribute: s.Attribute, carry: carry, refusal: got}
		}
	}
	return nil
}

// examine looks whether a suspect is anybody. Somebody whom the vendor does not
// know cannot be mapped, and never sinks the rest of the user.
func (p *Plan) examine(step Step) Move {
	w, s := &p.write, p.write.suspect
	id := s.attribute.Path.Get(w.ruled)
	if !s.asked {
		s.asked = true
		return p.consult(s.attribute.Ref.To, &Request{Operation: Read, ID: id.Text()}, func(_ *Plan, reply Reply) {
			if s.stranger = reply.Status == 404; reply.Error != nil && !s.stranger {
				p.refuse(reply.Error)
			}
		})
	}
	w.suspect = nil
	switch {
	case p.reply != nil:
		return nil
	case !s.stranger:
		w.vouched = true
		p.refused(step, s.carry, s.refusal)
	default:
		p.names.is(id.Text(), scim.Value{})
		w.natives = nil
		p.unmappable(s.attribute, problem{scimType: scim.InvalidValue, text: "the vendor has no user with the id it refers to"})
		p.beginAnew()
	}
	return proceed{}
}

// enterTranslate learns who the users are whom the request and the resource refer to.
func (p *Plan) enterTranslate() Move {
	if p.kind.refers == nil {
		return nil
	}
	return p.translate(p.referred(), p.kind.named(p.native, p.record))
}

// referred are the SCIM ids that the request names.
func (p *Plan) referred() (ids []string) {
	ids = append(ids, p.request.Members.IDs()...)
	for _, a := range p.kind.Attributes {
		if a.Ref == nil {
			continue
		}
		resource := p.request.Resource
		if p.request.Patch != nil && p.request.Patch.Names(a.Path) {
			resource, _, _ = p.request.Patch.Apply(scim.Object())
		}
		if id := a.Path.Get(resource); !id.IsEmpty() {
			ids = append(ids, id.Text())
		}
	}
	return ids
}

// named are the vendor's names in a native resource that have to be translated:
// while the vendor's side is as it was, what Entra sent is known.
func (k *Kind) named(native scim.Value, rec *Record) (names []string) {
	if k.refers == nil {
		return nil
	}
	for _, a := range k.Attributes {
		if a.Ref == nil {
			continue
		}
		raw, _ := a.visible(native, nil)
		if v, sent := rec.shown(a, raw); !sent && !v.IsEmpty() {
			names = append(names, v.Text())
		}
	}
	return names
}

// nativeReference is the vendor's name for the user whom an attribute refers to.
func (p *Plan) nativeReference(a *Attribute, env *Env) (v scim.Value, problem string) {
	id := a.Path.Get(env.User)
	if id.IsEmpty() {
		return a.nativeFor(scim.Value{}, env)
	}
	name := p.names.natives[id.Text()]
	switch {
	case p.names.gone[id.Text()]:
		return scim.Value{}, "the user it refers to is inactive, and has no account at the vendor"
	case name.IsEmpty():
		return scim.Value{}, "the vendor has no user with the id it refers to"
	}
	if v, problem = a.nativeFor(name, env); problem == "" && !v.IsEmpty() {
		p.names.is(id.Text(), name)
		p.names.ids[p.names.ref.fold(v.Text())] = id.Text() // as the vendor will show it
	}
	return v, problem
}
