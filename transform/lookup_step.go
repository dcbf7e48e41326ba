package transform

import (
	"fmt"
	"slices"

	"scimshim/transform/scim"
)

// lookups is what a plan knows of the vendor's own tables.
type lookups struct {
	tables tables
	failed *Outcome // why a table is not known
	move   lookupMove
	pages  paging // of the list under way
	items  []scim.Value
}

// lookupMove is what the step of a lookup waits for.
type lookupMove uint8

const (
	lookupAsked lookupMove = iota
	lookupSent
	lookupKept
)

// enterLookup gets the table of a lookup where the request needs it, or a newer one
// where something is not in it: from the gateway's memory, or else from the vendor.
func (p *Plan) enterLookup(l *Lookup) Move {
	u := &p.lookups
	switch {
	case u.items != nil && u.pages.page == 0:
		table := NewLookupTable(l, u.items, p.facts.Now)
		u.items, u.move = nil, lookupKept
		p.learnTable(l, table)
		if table.Doubled > 0 {
			p.drop("lookup "+l.Name, fmt.Sprintf("%d items have a key or value that an earlier one has: the first counts", table.Doubled))
		}
		return Commit{Lookup: l, Table: table, Why: fmt.Sprintf("the table of the lookup %q", l.Name)}
	case u.pages.page > 0:
		u.move = lookupSent
		return p.sendLookup(l)
	case !p.wantsTable(l):
		return nil
	}
	u.move = lookupAsked
	ask := Ask{Kind: p.kind, Lookup: l}
	if known := u.tables[l]; known != nil {
		ask.After = known.Fetched
	}
	return ask
}

func (p *Plan) sendLookup(l *Lookup) Move {
	pages := &p.lookups.pages
	move := p.sendPage(pages, l.Call, fmt.Sprintf("the table of the lookup %q", l.Name), pages.env(scim.Value{}))
	send, ok := move.(Send)
	if !ok {
		return nil // the call cannot be made, which ends the plan
	}
	send.lookup = l
	return send
}

func (p *Plan) learnTable(l *Lookup, table *LookupTable) {
	if p.lookups.tables == nil {
		p.lookups.tables = tables{}
	}
	p.lookups.tables[l] = table
	p.showing = showing{}
	if settled := p.kind.settle(p.record, p.native, p.lookups.tables); settled != nil && p.known {
		p.record = settled
	}
}

func (p *Plan) takeLookup(l *Lookup, got Outcome) {
	u := &p.lookups
	switch {
	case u.move == lookupKept:
	case u.move == lookupAsked && got.Table != nil:
		p.learnTable(l, got.Table)
	case u.move == lookupAsked && got.Status == 0:
		u.pages, u.items = paging{}, []scim.Value{}
		u.pages.restart()
	case got.Kind == Absent:
		p.lookupFailed(l, broken("the vendor says that there is none"))
	case got.Kind != Found:
		p.lookupFailed(l, got)
	default:
		p.takeLookupPage(l, got)
	}
}

func (p *Plan) takeLookupPage(l *Lookup, got Outcome) {
	u := &p.lookups
	for _, item := range got.Items {
		if u.pages.meets(l.nameOf(item)) {
			u.items = append(u.items, item)
		}
	}
	if problem := u.pages.turn(p.up, l.Call, got); problem != nil {
		p.lookupFailed(l, *problem)
	}
}

// nameOf tells the items of a lookup apart.
func (l *Lookup) nameOf(item scim.Value) string {
	return l.Key.Get(item).Text() + "\n" + l.Value.Get(item).Text()
}

// lookupFailed ends the plan, save one of an update: it may deactivate, which nothing
// must keep from being done.
func (p *Plan) lookupFailed(l *Lookup, got Outcome) {
	got.Detail = fmt.Sprintf("lookup %q: %s", l.Name, got.Detail)
	p.lookups.pages, p.lookups.items = paging{}, nil
	if p.lookups.failed = &got; p.request.Operation != Update {
		p.fail(got)
	}
}

// wantsTable reports whether the step has something to get.
func (p *Plan) wantsTable(l *Lookup) bool {
	if p.request.refers || p.lookups.failed != nil {
		return false // who is meant does not depend on what he shows
	}
	table := p.lookups.tables[l]
	if table == nil {
		return p.needsTable(l)
	}
	switch age := p.facts.Now.Sub(table.Fetched); {
	case age < missRest:
		return false
	case age >= unknownRest && p.meetsUnknown(l, table):
		return true
	}
	return slices.ContainsFunc(p.wishes(l), func(key scim.Value) bool { return table.value(key).IsAbsent() })
}

// needsTable: what is remembered shows itself, and a PATCH that needs no read needs
// the tables of what it changes alone.
func (p *Plan) needsTable(l *Lookup) bool {
	switch {
	case p.request.Operation == Read:
		return p.record == nil || !p.record.Gone
	case p.request.Operation == Update && p.at < p.program.at(StepRead):
		listed := func(a *Attribute) bool { return a.Lookup == l && a.listed() } // which is read first in any case
		return p.request.Patch != nil && !slices.ContainsFunc(p.kind.Attributes, listed) && len(p.wishes(l)) > 0
	case p.request.Operation == Update:
		return !p.write.blind
	}
	return true
}

// meetsUnknown reports whether the vendor shows something that is not in the table.
func (p *Plan) meetsUnknown(l *Lookup, table *LookupTable) bool {
	unknown := func(native scim.Value) bool {
		return slices.ContainsFunc(p.kind.Attributes, func(a *Attribute) bool { return a.Lookup == l && a.unknown(native, table) })
	}
	return unknown(p.native) || p.searches() && slices.ContainsFunc(p.search.candidates, func(c candidate) bool { return unknown(c.native) })
}

// misses reports whether some table lacks something of a candidate, and may be
// fetched anew for it.
func (p *Plan) misses(native scim.Value) bool {
	return p.searches() && !p.request.refers && p.lookups.failed == nil && slices.ContainsFunc(p.kind.Attributes, func(a *Attribute) bool {
		table := p.lookups.tables[a.Lookup]
		return table != nil && p.facts.Now.Sub(table.Fetched) >= unknownRest && a.unknown(native, table)
	})
}

// wishes are the keys that the request wants the vendor to have a value for, as far
// as it changes what feeds them.
func (p *Plan) wishes(l *Lookup) (keys []scim.Value) {
	before, after := scim.Object(), p.request.Resource
	if p.request.Operation == Update {
		if before, _ = p.visible(p.native, p.record); p.record != nil && p.record.Gone {
			before = p.kind.remembered(p.record)
		}
		if p.request.Patch != nil {
			after, _, _ = p.request.Patch.Apply(before)
		}
	} else if p.request.Operation != Create {
		return nil
	}
	ruled, _ := p.kind.apply(after, p.request.Operation)
	for _, a := range p.kind.Attributes {
		changed := func(path scim.Path) bool { return !path.Get(before).Equal(path.Get(after)) }
		if a.Lookup == l && slices.ContainsFunc(a.inputs, changed) {
			keys = append(keys, a.keysIn(a.Path.Get(ruled))...)
		}
	}
	return keys
}

// LookedFor are what the table of the lookup that is asked for has to name: keys of
// Entra's, and values of the vendor's.
func (p *Plan) LookedFor() (keys, values []scim.Value) {
	l := p.Step().Lookup
	for _, a := range p.kind.Attributes {
		if l == nil || a.Lookup != l {
			continue
		}
		values = append(values, a.looksUp(p.native)...)
		for _, c := range p.search.candidates {
			values = append(values, a.looksUp(c.native)...)
		}
	}
	if l != nil {
		keys = p.wishes(l)
	}
	return keys, values
}

// lacksTable reports whether something of the resource cannot be shown.
func (p *Plan) lacksTable() bool {
	return slices.ContainsFunc(p.kind.lookups, func(l *Lookup) bool { return p.lookups.tables[l] == nil })
}

// partly does what the file says of a list some of whose elements have nothing at the
// vendor: the others are sent.
func (p *Plan) partly(a *Attribute, strangers []scim.Value) {
	w := &p.write
	text := fmt.Sprintf("the lookup %q has nothing for %d of its values", a.Lookup.Name, len(strangers))
	switch {
	case a.Otherwise == OtherwiseReject:
		p.unmappable(a, problem{scimType: scim.InvalidValue, text: text})
	case a.Otherwise == OtherwiseDrop:
		strange := make(map[string]bool, len(strangers))
		for _, key := range strangers {
			strange[key.Text()] = true
		}
		var rest []scim.Value
		for _, element := range a.Path.Get(w.after).Items() {
			if !strange[a.valueOf(element).Text()] {
				rest = append(rest, element)
			}
		}
		w.after = a.Path.Set(w.after, scim.ListOf(rest...))
		p.drop(a.Name, text)
	default:
		p.Trace.Dropped = append(p.Trace.Dropped, Dropped{Subject: a.Name, Why: text + ": they are kept here alone", Grave: true})
	}
}
