package transform

import (
	"fmt"
	"time"

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

	natives  []nativeValue   // of the attributes, in their order, as far as asked for
	unmapped map[string]bool // cannot be mapped: kept or dropped
	keep     map[string]bool // of these: kept
	disables bool            // the request deactivates

	intent    *Intent // open, for this create
	opened    bool    // by this plan or an earlier one
	resume    int     // the first create call to make
	resumes   bool    // an earlier request has made the resource
	saved     map[string]scim.Value
	ownID     string   // the SCIM id of a resource whose native one is taken
	doubt     *Outcome // a create that may have happened
	collision *Outcome // a create that was refused, where the file says `adopt`
	sought    int      // the unique values that were looked for since
	holders   []hit    // who has one of them
	mend      bool     // adopted: everything that differs is sent
	tookOver  bool     // the account was somebody else's making

	suspect     *suspect      // was refused
	vouched     bool          // who is referred to is known
	carry       []Sending     // what the current call carries
	fields      scim.Value    // the same as native fields
	field       int           // of a call made once per field
	asked       int           // how often a call with until was made
	pause       time.Duration // before it is made again
	former      string        // the native id before an update changed it
	renaming    *renaming     // that may have happened
	made        []Sending     // carried by the call before the current one, where it was made
	sent        bool          // some write was answered
	elsewhere   bool          // with another resource than the one it was about
	answered404 bool          // a write was
	jobLost     bool          // that was to say what has become of a create
	release     bool          // the create certainly did not happen
	keys        int           // how many idempotency keys were made
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

// open gives the open intent among these, if one may still be resumed.
func (p *Plan) open(intents []*Intent) *Intent {
	if len(intents) == 0 || !intents[0].mayResume(p.facts.Now) {
		return nil
	}
	return intents[0]
}

// enterApply decides what is wanted and validates it, before the first write.
func (p *Plan) enterApply() {
	if p.outdated() {
		return
	}
	switch p.request.Operation {
	case Create:
		p.applyCreate()
		p.applyMembers()
	case Update:
		p.applyUpdate()
		p.applyMembers()
	case Delete:
		p.applyDelete()
	}
}

func (p *Plan) applyCreate() {
	w := &p.write
	if p.kind.RefusesCreate {
		p.refuse(&scim.Error{Status: 501, Detail: "the vendor file says `create: refuse`: switch off Create under Target Object Actions in Entra's mapping"})
		return
	}
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
		w.before, _ = p.visible(p.native, p.record)
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

// claimRename looks for somebody else under a unique value that is new. One
// that a rule keeps from the vendor claims nothing there; the first of them,
// the user name, must be free in Entra's eyes too.
func (p *Plan) claimRename() {
	w := &p.write
	for i, path := range p.kind.unique {
		v := path.Get(w.after)
		renames := p.touches(path) && path.Fold(v) != path.Fold(path.Get(w.before)) && (i == 0 || p.rewrites(path))
		if !v.IsAbsent() && (w.course == reviving || renames) {
			p.lookFor(path, v)
			return
		}
	}
}

// rewrites reports whether the request changes what the vendor has at a path.
func (p *Plan) rewrites(path scim.Path) bool {
	a := p.kind.Attribute(path.Dotted())
	v, _ := p.nativeOf(a)
	return !a.same(v, a.Native.Get(p.native))
}

func (p *Plan) applyDelete() {
	w := &p.write
	switch {
	case p.kind.OnDelete == Refuse:
		p.refuse(&scim.Error{Status: 501, Detail: "the vendor file says `delete: refuse`: switch off Delete under Target Object Actions in Entra's mapping"})
	case !p.known || p.protected(p.native):
	case p.kind.OnDelete == Deactivate:
		w.course = changing
		w.before, _ = p.visible(p.native, p.record)
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
	w.touched = make([]scim.Path, 0, len(p.kind.leaves))
	for _, path := range p.kind.leaves {
		if w.blind && p.request.Patch.Names(path) || !w.blind && !path.Get(w.before).Equal(path.Get(w.after)) || p.pendingReference(path) {
			w.touched = append(w.touched, path)
		}
	}
	p.dropUnmapped(w.after)
	op := Update
	if p.creates() {
		op = Create
	}
	w.ruled, p.Trace.Fired = p.kind.apply(w.after, op)
	w.natives = nil
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
	if failed := p.lookups.failed; failed != nil && !w.disables && w.course != remembering {
		p.fail(*failed)
		return
	}
	p.validate()
}

func (p *Plan) touches(path scim.Path) bool {
	return contains(p.write.touched, path)
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
		w.intent = &Intent{Key: p.kind.claims(w.after)[0], Opened: p.facts.Now.Unix()}
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
