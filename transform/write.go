package transform

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// course is what a write turns out to be, once before and after are known.
type course uint8

const (
	nothing     course = iota
	creating           // POST
	changing           // PATCH or PUT of a living resource
	reviving           // active: exists, true again: created anew under its SCIM id
	leaving            // active: exists, false: deleted and remembered
	remembering        // a change of a resource that lives only in memory
	removing           // DELETE
)

// writing is the state of a create, update or delete.
type writing struct {
	course  course
	before  scim.Value // what Entra would see
	after   scim.Value // with the request applied
	ruled   scim.Value // with the rules applied: what the mapping maps
	blind   bool       // a PATCH that needs no read
	touched []scim.Path
	misfits []scim.Finding // values of a type that their attribute cannot have

	unmapped map[string]bool // cannot be mapped: kept or dropped
	keep     map[string]bool // of these: kept
	disables bool            // the request deactivates

	intent *Intent // open, for this create
	opened bool    // by this plan or an earlier one
	resume int     // the first create call to make
	saved  map[string]scim.Value
	ownID  string   // the SCIM id of a resource whose native one is taken
	doubt  *Outcome // a create that may have happened
	mend   bool     // adopted: everything that differs is sent

	carry       []Sending  // what the current call carries
	fields      scim.Value // the same as native fields
	field       int        // of a call made once per field
	sent        bool       // some write was answered
	answered404 bool       // a write was
	release     bool       // the create certainly did not happen
}

// Sending is a native field on its way to the vendor.
type Sending struct {
	Attribute *Attribute
	Value     scim.Value // Null where the vendor is to clear it
	Current   scim.Value // what it has, where that is known
	Known     bool
}

// creates reports whether the request makes an account.
func (p *Plan) creates() bool { return p.write.course == creating || p.write.course == reviving }

// claims are the unique values that a create claims.
func (p *Plan) claims(resource scim.Value) (keys []Key) {
	for _, path := range p.kind.unique {
		if v := path.Get(resource); !v.IsAbsent() {
			keys = append(keys, key(path, v))
		}
	}
	return keys
}

// enterApply decides what is wanted and validates it, before the first write.
func (p *Plan) enterApply() {
	switch p.request.Operation {
	case Create:
		p.applyCreate()
	case Update:
		p.applyUpdate()
	case Delete:
		p.applyDelete()
	}
}

func (p *Plan) applyCreate() {
	w := &p.write
	w.course, w.before, w.after = creating, scim.Object(), p.request.Resource
	w.misfits = p.request.Ignored
	p.want()
	if p.reply != nil {
		return
	}
	for _, path := range p.kind.unique {
		if v := path.Get(w.after); !v.IsAbsent() {
			p.lookFor(path, v)
			return
		}
		p.refuse(&scim.Error{Status: 400, ScimType: scim.InvalidValue, Attribute: path.Dotted(), Detail: fmt.Sprintf("%q is required", path.Dotted())})
	}
}

func (p *Plan) applyUpdate() {
	w := &p.write
	gone := p.record != nil && p.record.Gone
	w.course = changing
	if gone {
		w.course, w.before = remembering, p.kind.remembered(p.record)
	} else {
		w.before, _ = p.kind.visible(p.native, p.record)
		if p.known && p.protected(p.native) {
			return
		}
	}
	w.misfits = p.request.Ignored
	if w.after = p.request.Resource; p.request.Patch != nil {
		after, findings, err := p.request.Patch.Apply(w.before)
		if err != nil {
			p.refuse(err)
			return
		}
		w.after = after
		w.misfits = findings
	}
	if active := p.kind.active; active != nil && active.Path.Get(w.after).IsAbsent() {
		w.after = active.Path.Set(w.after, active.Path.Get(w.before)) // nobody is enabled by saying nothing
	}
	if p.kind.Exists() {
		p.turn(gone)
	}
	p.want()
	if p.reply == nil {
		p.claimRename()
	}
}

// turn finds out whether the request makes the account come or go.
func (p *Plan) turn(gone bool) {
	w := &p.write
	active := p.kind.active.Path.Get(w.after)
	switch {
	case gone && active.Kind() == scim.KindBoolean && active.Boolean():
		w.course = reviving
	case !gone && active.Kind() == scim.KindBoolean && !active.Boolean():
		w.course = leaving
	}
}

// claimRename looks for somebody else under a unique value that is new.
func (p *Plan) claimRename() {
	w := &p.write
	for _, path := range p.kind.unique {
		v := path.Get(w.after)
		if !v.IsAbsent() && (w.course == reviving || p.touches(path) && path.Fold(v) != path.Fold(path.Get(w.before))) {
			p.lookFor(path, v)
			return
		}
	}
}

func (p *Plan) applyDelete() {
	w := &p.write
	switch {
	case p.kind.OnDelete == Refuse:
		p.refuse(&scim.Error{Status: 501, Detail: "the vendor file says `delete: refuse`: switch off Delete under Target Object Actions in Entra's mapping"})
	case !p.known || p.protected(p.native):
	case p.kind.OnDelete == Deactivate:
		w.course = changing
		w.before, _ = p.kind.visible(p.native, p.record)
		w.after = p.kind.active.Path.Set(w.before, scim.Bool(false))
		p.want()
	}
}

// protected refuses a change of a resource that the file protects.
func (p *Plan) protected(native scim.Value) bool {
	if p.kind.Protect == nil {
		return false
	}
	if holds, err := p.kind.Protect.Holds(&Env{Native: native}); !holds && err == nil {
		return false
	}
	p.refuse(&scim.Error{Status: 400, ScimType: scim.Mutability, Detail: "the vendor file protects this account: it can only be changed at the vendor"})
	return true
}

// want applies the rules and validates. touched are the attributes whose
// visible value the request changes; of a blind PATCH all that it names.
func (p *Plan) want() {
	w := &p.write
	for _, path := range p.kind.leaves {
		if w.blind && p.request.Patch.Names(path) || !w.blind && !path.Get(w.before).Equal(path.Get(w.after)) {
			w.touched = append(w.touched, path)
		}
	}
	for _, name := range p.kind.unmapped(w.after) {
		p.drop(name, "the vendor file does not map it")
	}
	op := Update
	if p.creates() {
		op = Create
	}
	w.ruled, p.Trace.Fired = p.kind.apply(w.after, op)
	for _, firing := range p.Trace.Fired {
		if firing.Err != nil {
			p.drop("rule "+firing.Rule.Name, firing.Err.Error())
		}
	}
	inactive := p.inactive()
	if p.kind.active == nil && inactive {
		p.refuse(&scim.Error{Status: 400, ScimType: scim.Mutability, Attribute: "active",
			Detail: `the vendor file maps nothing to "active": this user cannot be disabled, and keeps access`})
		return
	}
	w.disables = inactive && p.touches(p.kind.active.Path)
	p.validate()
}

func (p *Plan) touches(path scim.Path) bool {
	return slices.ContainsFunc(p.write.touched, func(t scim.Path) bool { return t.Dotted() == path.Dotted() })
}

// validate sorts out what cannot be mapped, attribute by attribute, so that one
// bad value never sinks a user, and a deactivation outranks them all.
func (p *Plan) validate() {
	w := &p.write
	w.unmapped, w.keep = map[string]bool{}, map[string]bool{}
	for _, misfit := range w.misfits {
		if a := p.kind.attributeAt(misfit.Path); misfit.Known && a != nil {
			p.unmappable(a, problem{scimType: scim.InvalidValue, text: misfit.Problem})
		} else {
			p.drop(misfit.Path, misfit.Problem)
		}
	}
	for _, a := range p.kind.Attributes {
		if !p.creates() && !a.feeds(w.touched) && !p.touches(a.Path) {
			continue
		}
		if problem := p.problem(a); problem.text != "" {
			p.unmappable(a, problem)
		}
	}
}

// attributeAt finds the attribute that a finding of the decoder is about.
func (k *Kind) attributeAt(path string) *Attribute {
	parsed, err := k.Catalog.ParsePath(path)
	if err != nil {
		return nil
	}
	return k.Attribute(parsed.Dotted())
}

// problem is why a value cannot be mapped. A fatal one refuses the request
// whatever the file says: nothing could be made of it.
type problem struct {
	scimType, text string
	fatal          bool
}

func (p *Plan) problem(a *Attribute) problem {
	w := &p.write
	before, value := a.Path.Get(w.before), a.Path.Get(w.ruled)
	switch {
	case a.Required && value.IsAbsent() && a.Default == nil:
		return problem{scim.InvalidValue, "it is required", true}
	case a.Keep || a.Exists || w.course == remembering:
		return problem{}
	case a.Mutability == "readOnly" && p.touches(a.Path):
		return problem{scimType: scim.Mutability, text: "it can only be changed at the vendor"}
	case a.Mutability == "immutable" && !p.creates() && !before.IsAbsent() && p.touches(a.Path):
		return problem{scimType: scim.Mutability, text: "it cannot be changed after creation"}
	case !a.Sent():
		return problem{}
	}
	v, text := a.native(&Env{User: w.ruled, Before: w.before})
	if text == "" && v.IsEmpty() && !p.creates() && a.Empty.Mode == EmptyNever && p.touches(a.Path) {
		return problem{scimType: scim.Mutability, text: "the vendor cannot clear it"}
	}
	return problem{scimType: scim.InvalidValue, text: text}
}

// unmappable does what the file says of a value that cannot be mapped.
func (p *Plan) unmappable(a *Attribute, why problem) {
	w := &p.write
	w.unmapped[a.Name] = true
	active := a == p.kind.active
	switch reject := why.fatal || active || a.Otherwise == OtherwiseReject; {
	case reject && w.disables && !active:
		p.drop(a.Name, why.text)
		w.after = a.Path.Set(w.after, a.Path.Get(w.before))
	case reject && p.reply == nil:
		p.refuse(&scim.Error{Status: 400, ScimType: why.scimType, Attribute: a.Name, Detail: fmt.Sprintf("%q cannot be mapped: %s", a.Name, why.text)})
	case !reject && a.Otherwise == OtherwiseKeep && a.keepable():
		w.keep[a.Name] = true
	default:
		p.drop(a.Name, why.text)
	}
}

// enterDecide looks at who has the unique value.
func (p *Plan) enterDecide() {
	s, w := &p.search, &p.write
	if w.intent == nil && len(s.intents) > 0 && p.creates() {
		w.intent = s.intents[0]
	}
	if len(w.touched) == 0 && w.course == changing {
		w.course = nothing
	}
	if !s.on {
		p.resumeKnown()
		return
	}
	s.on = false
	others := slices.DeleteFunc(s.hits, func(h hit) bool {
		return h.record != nil && h.record.ID == p.request.ID || h.record == nil && h.id != "" && h.id == p.id
	})
	switch ours := len(others) == 1 && others[0].record == nil && !others[0].foreign; {
	case w.doubt != nil && ours:
		w.doubt = nil
		p.adopt(others[0], max(1, w.intent.Step))
	case w.doubt != nil:
		p.fail(*w.doubt)
	case len(others) == 0:
		p.resumeKnown()
	case w.intent != nil && ours:
		p.adopt(others[0], max(1, w.intent.Step))
	case w.course == creating && p.kind.Adopt && len(others) == 1 && others[0].id != "" && !others[0].foreign:
		p.record = others[0].record
		p.adopt(others[0], len(p.kind.Create))
	default:
		want := s.wants[0]
		s.on = true
		defer p.outrank()
		p.refuse(&scim.Error{Status: 409, ScimType: scim.Uniqueness, Attribute: want.Path.Dotted(),
			Detail: fmt.Sprintf("another %s already has the %s %q", strings.ToLower(p.kind.Type.Name), want.Path.Dotted(), want.Value.Text())})
	}
}

// outrank gives up a rename that failed, or could not be checked, beside a
// deactivation: that one is carried out.
func (p *Plan) outrank() {
	s, w := &p.search, &p.write
	if !s.on || !w.disables || w.course != changing && w.course != leaving {
		return
	}
	path := s.wants[0].Path
	for _, a := range p.kind.Attributes {
		if a != p.kind.active && a.feeds([]scim.Path{path}) {
			w.unmapped[a.Name] = true
			p.drop(a.Name, p.reply.Error.Detail)
		}
	}
	w.after = path.Set(w.after, path.Get(w.before))
	s.on, p.reply = false, nil
}

// adopt goes on with a resource that exists already.
func (p *Plan) adopt(h hit, resume int) {
	w := &p.write
	p.id, p.native, p.known = h.id, h.native, h.guarded
	w.resume, w.mend, w.sent = resume, true, true
	if h.guarded && p.protected(h.native) { // else the reread looks
		return
	}
	if w.intent != nil {
		w.saved = w.intent.Saved
	}
	for _, call := range p.kind.Create[:resume] { // what their lost answers would have said
		send := Send{Call: call, kind: p.kind}
		got := send.capture(Outcome{}, Answer{}, send.env(Answer{}, h.native))
		for name, v := range got.Saved {
			p.save(name, v)
		}
	}
}

func (p *Plan) save(name string, v scim.Value) {
	saved := map[string]scim.Value{name: v}
	for other, v := range p.write.saved {
		if other != name {
			saved[other] = v
		}
	}
	p.write.saved = saved
}

// resumeKnown resumes a create whose native id is on record although no search
// shows it.
func (p *Plan) resumeKnown() {
	w := &p.write
	if w.intent == nil || w.intent.Native == "" && w.intent.Step == 0 || !p.creates() {
		return
	}
	p.id, w.resume, w.saved, w.mend, w.sent = w.intent.Native, max(1, w.intent.Step), w.intent.Saved, true, true
}

// enterIntent makes durable what is about to happen.
func (p *Plan) enterIntent() Move {
	w := &p.write
	if w.opened {
		return nil
	}
	w.opened = true
	if w.intent != nil && w.sent && w.intent.Step > 0 {
		return Commit{Change: Change{Durable: true, Open: w.intent}, Why: "where the create would be resumed"}
	}
	switch w.course {
	case creating, reviving:
		if p.kind.Exists() && p.inactive() {
			w.course = remembering // inactive is no account at all
			return nil
		}
		if w.intent != nil {
			return nil
		}
		w.intent = &Intent{Key: p.claims(w.after)[0]}
		if p.record != nil {
			w.intent.ID = p.record.ID
		}
		return Commit{Change: Change{Durable: true, Open: w.intent}, Why: "a create is about to be sent"}
	case leaving:
		return Commit{Change: Change{Durable: true, Put: p.remember()}, Why: "the account is about to be deleted and remembered"}
	}
	return nil
}

func (p *Plan) inactive() bool {
	v := p.write.after.Member("active")
	return v.Kind() == scim.KindBoolean && !v.Boolean()
}
