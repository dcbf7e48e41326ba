package transform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// StepKind is one of the closed set of things that a program does.
type StepKind uint8

const (
	StepRecall    StepKind = iota // ask what the gateway remembers
	StepTranslate                 // who are the users whom the request and the resource refer to
	StepLookup                    // get a table of the vendor's own
	StepRead                      // read the resource at the vendor
	StepMembers                   // ask who is in the group
	StepFind                      // search by one attribute
	StepIndex                     // ask the index of a vendor without search
	StepList                      // list everybody
	StepRecheck                   // check every candidate on its visible value
	StepApply                     // what is wanted: the request laid over what is, the rules, validation
	StepDecide                    // who has the unique value already: nobody, somebody else, our own doubtful create
	StepVacant                    // is there nobody under the id that a create by PUT would have?
	StepIntent                    // remember durably what is about to happen
	StepCall                      // a write
	StepReread                    // read what the vendor made of it
	StepMember                    // members come or go, call by call
	StepRejoin                    // the groups of a user who was deleted and remembered
	StepVerify                    // a write was answered 404: is it the resource that is absent?
	StepBelieve                   // find out whether an absence may be believed
	StepRecord                    // remember what must be
	StepReply
)

var stepNames = [...]string{"recall", "translate", "lookup", "read", "members", "find", "index", "list", "recheck", "apply", "decide", "vacant", "intent", "call", "reread",
	"member", "rejoin", "verify", "believe", "record", "reply"}

func (k StepKind) String() string { return stepNames[k] }

// Step is one step of a program. A plan passes over the steps that its request
// does not need.
type Step struct {
	Kind StepKind
	Call *Call     // of read, list, call, reread, believe
	Find *FindCall // of find
	// Lookup is whose table a lookup gets.
	Lookup *Lookup
	// Number counts the calls of one operation, so that a create that was
	// interrupted is resumed where it stopped.
	Number int
}

// Name is how explain, coverage and the log call the step.
func (s Step) Name() string {
	switch {
	case s.Find != nil:
		names := make([]string, len(s.Find.By))
		for i, by := range s.Find.By {
			names[i] = by.String()
		}
		return "find by " + strings.Join(names, " or ")
	case s.Lookup != nil:
		return "lookup " + s.Lookup.Name
	case s.Kind == StepCall:
		return fmt.Sprintf("%s %d", s.Call.Operation, s.Number+1)
	case s.Kind == StepMember && s.Call != nil:
		return string(s.Call.Operation)
	}
	return s.Kind.String()
}

// Program is the linear list of steps of one SCIM operation, assembled when the
// vendor file is loaded.
type Program struct {
	Operation Operation
	Steps     []Step
}

// at is the index of the first step of a kind; the length of the program when
// there is none.
func (p *Program) at(kind StepKind) int {
	if i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Kind == kind }); i >= 0 {
		return i
	}
	return len(p.Steps)
}

// last is the index of the last step of a kind that there is.
func (p *Program) last(kind StepKind) int {
	i := len(p.Steps) - 1
	for p.Steps[i].Kind != kind {
		i--
	}
	return i
}

// Assemble derives everything about the vendor that can be known before the first
// request.
func (v *Vendor) Assemble() {
	for _, a := range v.Users.Attributes {
		if a.Ref != nil {
			a.Ref.To = v.Users
		}
	}
	if v.Groups != nil && v.Groups.Members != nil {
		v.Groups.Members.Ref.To = v.Users
		if slices.ContainsFunc(v.Users.Attributes, func(a *Attribute) bool { return a.Exists }) {
			v.Users.groups = v.Groups
		}
	}
	for _, l := range v.Lookups {
		l.Call.prepare(&v.Upstream, &Kind{})
	}
	for _, c := range slices.Concat(v.Upstream.Login, v.Upstream.Refresh) {
		c.prepare(&v.Upstream, &Kind{})
	}
	for _, k := range v.Kinds() {
		k.Assemble(&v.Upstream)
	}
}

// Assemble derives everything about a kind that can be known before the first
// request, its programs above all.
func (k *Kind) Assemble(up *Upstream) {
	k.leaves, k.needs, k.guards, k.indexes, k.unique, k.lookups = nil, nil, nil, nil, nil, nil
	for _, a := range k.Attributes {
		if !a.Path.IsTime() { // which no request is about
			k.leaves = append(k.leaves, a.Path)
		}
		if a.Name == "active" {
			k.active = a
		}
		if a.Ref != nil {
			k.refers = a.Ref
		}
		if !a.Native.IsZero() && a.Mutability != "writeOnly" {
			k.needs = append(k.needs, a.Native)
		}
		if a.indexed() {
			k.indexes = append(k.indexes, a.Native)
			for _, in := range a.Read.under("native") {
				k.indexes = append(k.indexes, in.native)
			}
		}
		switch uniqueness := cmp.Or(a.Uniqueness, a.Path.Leaf().Uniqueness); {
		case a.Name == k.Type.Naming: // a create is looked up, and remembered, under it
			k.unique = slices.Insert(k.unique, 0, a.Path)
		case uniqueness != "none":
			k.unique = append(k.unique, a.Path)
		}
		// The name, which RFC 7643 sections 4.1.1 and 4.2 require whatever the file says.
		a.Required = a.Required || a.Path.Sub == nil && a.Path.Leaf().Required
		if a.Lookup != nil && !slices.Contains(k.lookups, a.Lookup) {
			k.lookups = append(k.lookups, a.Lookup)
		}
		a.made = a.Default != nil && a.Default.generates()
		a.secret = a.made || slices.ContainsFunc(k.Secret, func(p NativePath) bool { return a.Native.Under(p.String()) })
		k.addLeaves(a.Write)
	}
	for _, rule := range k.Rules {
		k.leaves = append(k.leaves, rule.Set)
		k.addLeaves(rule.To)
		k.addLeaves(rule.When)
	}
	slices.SortStableFunc(k.leaves, func(a, b scim.Path) int { return strings.Compare(a.Dotted(), b.Dotted()) })
	k.leaves = slices.CompactFunc(k.leaves, func(a, b scim.Path) bool { return a.Dotted() == b.Dotted() })
	for _, a := range k.Attributes {
		a.searched = k.searches(a)
	}
	for _, in := range k.Protect.under("native") {
		k.guards = append(k.guards, in.native)
	}
	k.layout = scim.NewLayout(k.paths())
	k.closeInputs()
	if k.Members != nil {
		k.refers = &k.Members.Ref
		k.Members.prepare(up, k)
	}
	for _, call := range k.calls() {
		call.prepare(up, k)
	}
	k.compareTexts()
	k.Programs = k.programs()
}

// compareTexts: where an answer shows texts alone, what was sent as a number is
// none when it is read, and a list of one is the one. Comparing by that is right
// for every answer of the kind, whichever call it came from.
func (k *Kind) compareTexts() {
	if !slices.ContainsFunc(k.calls(), func(c *Call) bool { return c.Expect.texts() }) {
		return
	}
	for _, a := range k.Attributes {
		a.texts = true
	}
	if k.Members != nil {
		k.Members.attribute.texts = true
	}
}

// searches reports whether somebody may be looked for by the attribute.
func (k *Kind) searches(a *Attribute) bool {
	finds := func(find *FindCall) bool {
		return slices.ContainsFunc(find.By, func(by By) bool { return by.Path.Equal(a.Path) })
	}
	return k.isUnique(a.Path) || k.List != nil && a.indexed() || slices.ContainsFunc(k.Finds, finds)
}

// paths are the attributes' own, in their order.
func (k *Kind) paths() (paths []scim.Path) {
	for _, a := range k.Attributes {
		paths = append(paths, a.Path)
	}
	return paths
}

func (k *Kind) addLeaves(e *Expression) {
	for _, in := range e.under("") {
		k.leaves = append(k.leaves, in.scim)
	}
}

// Calls are all native calls of the kind.
func (k *Kind) Calls() []*Call {
	if k.Members == nil {
		return k.calls()
	}
	return append(k.calls(), k.Members.calls()...)
}

func (k *Kind) calls() []*Call {
	calls := slices.Concat(k.Create, k.Update, k.Delete)
	for _, find := range k.Finds {
		calls = append(calls, find.Call)
	}
	for _, call := range slices.Concat([]*Call{k.Read, k.List}, k.MoreLists, k.Joins) {
		if call != nil {
			calls = append(calls, call)
		}
	}
	return calls
}

// prepare gives a call what it shares with its kind and upstream.
func (c *Call) prepare(up *Upstream, k *Kind) {
	c.Send = cmp.Or(c.Send, up.Send, AsJSON)
	c.Expect = cmp.Or(c.Expect, up.Expect, Expect{Format: AsJSON})
	c.Errors = slices.Concat(c.Errors, k.Errors, up.Errors)
	turns := c.uses("page") || c.uses("seen") || c.uses("next")
	c.linked = c.Next != nil && !turns
	c.paged = turns || c.linked
	c.perField, c.perMember = c.uses("field"), c.uses("member")
	c.operations = c.uses("operations")
	c.readsNative = c.uses("native")
	c.idempotent = c.uses("idempotency_key")
	c.saved = nil
	for _, e := range c.expressions() {
		for _, in := range e.under("saved") {
			c.saved = append(c.saved, in.native.Root())
		}
	}
	c.looksFirst = c.ReadFirst || c.Whole || c.uses("before") || c.readsNative || k.readSaves(c.saved)
	for _, join := range k.Joins {
		if c.Operation != Read {
			c.Lacks = append(c.Lacks, join.Into.String()) // no answer shows what another call is for
		}
	}
}

// readSaves reports whether one of these values is captured from a read.
func (k *Kind) readSaves(names []string) bool {
	captures := func(c *Call) bool {
		return c != nil && slices.ContainsFunc(c.Save, func(s Saving) bool { return slices.Contains(names, s.Name) })
	}
	return captures(k.Read) || slices.ContainsFunc(k.Joins, captures)
}

// uses reports whether the request of a call depends on a name.
func (c *Call) uses(name string) bool {
	return c.When.reads(name) || slices.ContainsFunc(c.expressions(), func(e *Expression) bool { return e.reads(name) })
}

// expressions are those that the request of a call is made of.
func (c *Call) expressions() (all []*Expression) {
	for _, part := range c.Path.Parts {
		all = append(all, part.Hole)
	}
	for _, pair := range c.Path.Query {
		for _, part := range pair.Parts {
			all = append(all, part.Hole)
		}
	}
	for _, list := range [][]Named{c.Query, c.Headers} {
		for i := range list {
			all = list[i].Value.expressions(all)
		}
	}
	if c.Body != nil {
		all = c.Body.expressions(all)
	}
	return all
}

func (t *Tree) expressions(all []*Expression) []*Expression {
	all = append(all, t.Expr)
	for i := range t.Members {
		all = t.Members[i].Tree.expressions(all)
	}
	for i := range t.Items {
		all = t.Items[i].expressions(all)
	}
	return all
}

// generates reports whether some expression of the tree makes a password.
func (t *Tree) generates() bool {
	return slices.ContainsFunc(t.expressions(nil), func(e *Expression) bool { return e.reads("entropy") })
}

// Generates reports whether a create of the kind makes a password.
func (k *Kind) Generates() bool {
	made := func(e *Expression) bool { return e.reads("entropy") }
	return slices.ContainsFunc(k.Attributes, func(a *Attribute) bool { return a.made }) ||
		slices.ContainsFunc(k.Fixed, func(f FixedField) bool { return f.Value.generates() }) ||
		slices.ContainsFunc(k.Create, func(c *Call) bool { return slices.ContainsFunc(c.expressions(), made) || made(c.When) })
}

// unsaved names a saved value that the call needs and that nobody captured.
func (c *Call) unsaved(saved map[string]scim.Value) string {
	for _, name := range c.saved {
		if saved[name].IsAbsent() {
			return name
		}
	}
	return ""
}

func (k *Kind) programs() map[Operation]*Program {
	one := func(kind StepKind) []Step { return []Step{{Kind: kind, Call: k.Read}} }
	recall, apply, reread := one(StepRecall), one(StepApply), one(StepReread)
	read := slices.Concat(one(StepRead), one(StepBelieve))
	var lookups []Step
	for _, l := range k.lookups {
		lookups = append(lookups, Step{Kind: StepLookup, Lookup: l, Call: l.Call})
	}
	end := slices.Concat(one(StepVerify), one(StepBelieve), one(StepRecord), one(StepReply))
	if k.refers != nil {
		recall = slices.Concat(recall, one(StepTranslate))
		read = slices.Concat(read, one(StepTranslate))
		end = slices.Concat(one(StepTranslate), end)
	}
	made := reread // what an earlier request has made, too
	if k.Members != nil {
		read, made = slices.Concat(read, one(StepMembers)), slices.Concat(reread, one(StepMembers))
	}

	var search []Step
	for i, find := range k.Finds {
		search = append(search, Step{Kind: StepFind, Find: find, Number: i})
	}
	if k.List != nil {
		search = append(search, Step{Kind: StepIndex}, Step{Kind: StepList, Call: k.List})
		for _, call := range k.MoreLists {
			search = append(search, Step{Kind: StepList, Call: call})
		}
	}
	recheck := one(StepRecheck)
	find := slices.Concat(lookups, search, lookups, recheck)
	search = slices.Concat(search, recheck)
	claim := slices.Concat(apply, search, one(StepDecide))
	if k.puts() {
		claim = append(claim, one(StepVacant)...)
	}
	claim = append(claim, one(StepIntent)...)

	creates, updates, deletes := steps(k.Create), steps(k.Update), steps(k.Delete)
	if m := k.Members; m != nil {
		updates = slices.Concat(updates, []Step{{Kind: StepMember, Call: m.Remove}, {Kind: StepMember, Call: m.Add}})
	}
	change := slices.Concat(updates, reread)
	rejoin := one(StepRejoin)
	if k.groups == nil {
		rejoin = nil
	}
	if k.Exists() { // active true may create the account anew, active false deletes it
		change = slices.Concat(creates, reread, rejoin, updates, deletes)
	}
	remove := slices.Concat(deletes, rejoin)
	if k.OnDelete == Deactivate {
		remove = updates
	}
	return map[Operation]*Program{
		Read:   {Read, slices.Concat(recall, read, lookups, end)},
		List:   {List, slices.Concat(recall, find, end)},
		Find:   {Find, slices.Concat(recall, find, end)},
		Create: {Create, slices.Concat(recall, lookups, claim, creates, made, updates, reread, end)},
		Update: {Update, slices.Concat(recall, lookups, read, lookups, claim, change, end)},
		Delete: {Delete, slices.Concat(recall, read, apply, remove, end)},
	}
}

// steps are the calls of an operation. Between those of a create its intent
// moves on, so that what was captured survives.
func steps(calls []*Call) (steps []Step) {
	for i, call := range calls {
		if i > 0 && call.Operation == Create {
			steps = append(steps, Step{Kind: StepIntent})
		}
		steps = append(steps, Step{Kind: StepCall, Call: call, Number: i})
	}
	return steps
}
