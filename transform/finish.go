package transform

import (
	"cmp"
	"slices"

	"scimshim/transform/scim"
)

// finish decides what is remembered of a request, once it is decided.
func (p *Plan) finish() {
	switch {
	case p.reply != nil && p.reply.Error != nil:
		p.finishFailed()
	case p.request.Operation == Read, p.write.course == nothing:
		p.record = p.recordMembers(p.record)
		p.keepSettled()
	case p.write.course == removing:
		p.finishDelete()
	default:
		p.finishWrite()
		if p.request.Operation == Delete && p.reply == nil {
			p.reply = &Reply{Status: 204}
		}
	}
}

// keepSettled remembers what a read taught, where nothing was written.
func (p *Plan) keepSettled() {
	if p.record != p.stored && !p.record.Gone {
		p.pending = append(p.pending, Commit{Change: Change{Put: p.record, Durable: p.request.Members != nil}, Why: "what the vendor made of the values sent last"})
	}
}

func (p *Plan) finishFailed() {
	w := &p.write
	p.finishRename()
	if after := p.recordMembers(p.record); p.request.Operation == Update && after != p.record { // some are as wanted
		p.pending = append(p.pending, Commit{Change: Change{Durable: true, Put: after}, Why: "who is in the group"})
	}
	switch {
	case w.release && w.intent != nil:
		p.pending = append(p.pending, Commit{Change: Change{Close: w.intent.Key}, Why: "the create did not happen"})
	case w.intent != nil && !w.opened:
		p.pending = append(p.pending, Commit{Change: Change{Durable: true, Open: w.intent}, Why: "where the create is resumed"})
	case w.course == removing && p.absent && p.reply.Status == 404 && p.record != nil:
		p.reply = nil // gone as wanted, though by another hand
		p.finishDelete()
	}
}

func (p *Plan) finishDelete() {
	p.reply = &Reply{Status: 204}
	commit := Commit{Removed: p.id, Why: "the resource is deleted"}
	if p.record != nil {
		commit.Change = Change{Durable: true, Drop: p.record.ID}
	}
	p.pending = append(p.pending, commit)
}

// finishWrite remembers what a write leaves behind that the vendor cannot show.
func (p *Plan) finishWrite() {
	w := &p.write
	old := p.stored
	if p.stillActive() {
		p.fail(broken("the calls of the vendor file were answered, but the account is still active"))
		return
	}
	if w.course == leaving || w.course == remembering {
		p.record = p.departed(p.remember())
		p.commitRecord(old, Commit{Removed: p.id})
		return
	}
	p.record = p.recordMembers(p.written())
	visible := func(a *Attribute) scim.Value { return p.shown().values[a.at] }
	entry := p.kind.entry(p.id, visible)
	entry.Piece, entry.Taken = !p.known, p.kind.taken(visible)
	p.commitRecord(old, Commit{Written: &entry, Removed: w.former})
}

// stillActive reports whether a deactivation did not happen although nothing
// failed: no call carried it, or the vendor's answer shows otherwise.
func (p *Plan) stillActive() bool {
	a, w := p.kind.active, &p.write
	if a == nil || !a.Sent() || !p.inactive() || !p.creates() && !p.touches(a.Path) {
		return false
	}
	if p.known {
		v := p.shown().values[a.at]
		return v.Kind() == scim.KindBoolean && v.Boolean()
	}
	return !slices.ContainsFunc(p.Trace.Sending, func(s Sending) bool { return s.Attribute == a }) && w.course != nothing
}

func (p *Plan) commitRecord(old *Record, commit Commit) {
	w := &p.write
	if w.intent != nil {
		commit.Change.Close, commit.Change.Durable = w.intent.Key, true
	} else if claims := p.kind.claims(w.before); old == nil && len(claims) > 0 {
		commit.Change.Close = claims[0] // a doubtful create of this user is answered by this
	}
	if old == nil || !old.equal(p.record) {
		commit.Change.Put = p.record
		commit.Change.Durable = commit.Change.Durable || p.kind.Exists() || p.request.Members != nil || w.former != "" || p.record.keepsMore(old)
	}
	commit.Why = "the resource as it was written"
	if commit.Change == (Change{}) && commit.Written == nil && commit.Removed == "" {
		return
	}
	p.pending = append(p.pending, commit)
}

// remember is the record of a resource that is, or will be, known here alone.
func (p *Plan) remember() *Record {
	w := &p.write
	record := p.fresh()
	record.Resource = p.kind.mapped(w.after).Clone()
	record.Keys = p.kind.keys(record)
	return record
}

func (p *Plan) fresh() *Record {
	if p.record != nil {
		return p.record.clone()
	}
	record := &Record{ID: p.request.ID, Native: p.id}
	record.ID = cmp.Or(record.ID, p.write.ownID, p.id, p.facts.Random)
	return record
}

// remembered is the visible resource of an account that is gone.
func (k *Kind) remembered(record *Record) scim.Value {
	return k.active.Path.Set(record.Resource, scim.Bool(false))
}

// mapped is the part of a resource that the file speaks of.
func (k *Kind) mapped(resource scim.Value) scim.Value {
	values := make([]scim.Value, len(k.Attributes))
	for i, a := range k.Attributes {
		if a.Mutability != "writeOnly" && !a.secret {
			values[i] = a.Path.Get(resource)
		}
	}
	return k.layout.Resource(values)
}

// written is the record after a write: of every attribute that it fed, the
// value sent and what the vendor made of it.
func (p *Plan) written() *Record {
	record := p.fresh()
	record.Native, record.Gone, record.Left = p.id, false, 0
	fresh := scim.DraftOf(record.Fresh, len(p.kind.Attributes))
	for _, a := range p.kind.Attributes {
		touched := p.touches(a.Path)
		if !p.renews(a, touched) {
			continue
		}
		p.noteResent(a, touched)
		delete(record.Kept, a.Name)
		fresh.Set(a.Name, scim.Value{})
		switch pair, keep := p.pair(a, touched); {
		case keep && pair.fresh():
			fresh.Set(a.Name, pair.Sent)
		case keep:
			record.keep(a.Name, pair.own())
		}
	}
	record.Fresh = fresh.Own()
	if p.kind.Exists() {
		record.Resource = p.kind.mapped(p.write.after).Clone()
	}
	record.Keys = p.kind.keys(record)
	return record
}

// renews reports whether what is remembered of an attribute is the write's. Of
// one that was dropped, what was shown before is shown still.
func (p *Plan) renews(a *Attribute, touched bool) bool {
	w := &p.write
	dropped := w.unmapped[a.Name] && !w.keep[a.Name]
	return a.keepable() && !a.Exists && !dropped && (touched || p.creates() || a.feeds(w.touched))
}

// pair is what is kept of one attribute: nothing, when there was nothing to send.
func (p *Plan) pair(a *Attribute, touched bool) (pair Pair, keep bool) {
	w := &p.write
	sent := a.Path.Get(w.after)
	switch {
	case a.Keep:
		if !sent.IsAbsent() {
			p.Trace.Kept = append(p.Trace.Kept, a.Name)
		}
		return Pair{Sent: sent, Settled: true}, !sent.IsAbsent()
	case sent.IsAbsent() && !touched:
		return Pair{}, false
	}
	pair = Pair{Sent: sent}
	if p.known {
		pair.Back = p.shown().values[a.at]
	}
	// A value that was not sent at all does not change later by itself.
	pair.Settled = p.known && (w.keep[a.Name] || a.Mutability == "readOnly")
	if pair.Settled && pair.Back.Equal(sent) {
		return Pair{}, false
	}
	if !pair.Back.Equal(sent) {
		p.Trace.Kept = append(p.Trace.Kept, a.Name)
	}
	return pair, true
}

// noteResent counts a value that Entra sends although it was shown it once, and
// the vendor has changed it since.
func (p *Plan) noteResent(a *Attribute, touched bool) {
	if p.record == nil || !touched || !p.known {
		return
	}
	old, kept := p.record.Kept[a.Name]
	if sent := a.Path.Get(p.write.after); kept && old.Settled && !sent.IsAbsent() && sent.Equal(old.Sent) {
		p.Trace.Resent = append(p.Trace.Resent, a.Name)
	}
}

// present gives the resource as the caller sees it, and problems as visible does.
// members are shown where they are known, and somebody asks for them.
func (p *Plan) present(record *Record, id string, native, members scim.Value) (scim.Value, []string) {
	var attributes scim.Value
	var problems []string
	switch {
	case record != nil && record.Gone:
		attributes = p.kind.remembered(record)
	case native.Is(p.native):
		attributes, problems = p.layOver(*p.shown(), record), p.showing.problems
	default:
		attributes, problems = p.visible(native, record)
	}
	if record != nil {
		id = record.ID
	}
	if !members.IsEmpty() {
		attributes = attributes.With("members", members)
	}
	whole := !p.partial && (p.kind.Members == nil || !members.IsAbsent())
	return p.dress(id, attributes, whole), problems
}

// membersOf is the value of members, in an order that is not the vendor's: the
// version of a group must not change with that.
func (p *Plan) membersOf(ids []string) scim.Value {
	to := p.kind.refers.To.Type
	items := make([]scim.Value, len(ids))
	for i, id := range slices.Sorted(slices.Values(ids)) {
		items[i] = scim.Object(
			scim.Member{Name: "value", Value: scim.String(id)},
			scim.Member{Name: "$ref", Value: scim.String(p.facts.BaseURL + to.Endpoint + "/" + EscapeSegment(id))},
			scim.Member{Name: "type", Value: scim.String(to.Name)})
	}
	return scim.ListOf(items...)
}

// dress adds what every resource carries: schemas, id and meta.
// whole says that nothing else is shown of it to anybody.
func (p *Plan) dress(id string, attributes scim.Value, whole bool) scim.Value {
	const own, meta = 3, 5
	times := attributes.Member("meta") // which are the vendor's
	if !times.IsAbsent() {
		attributes = attributes.Without("meta")
	}
	location, version := p.address(id, attributes, whole)
	members := make([]scim.Member, 0, len(attributes.Members())+own+meta) // those of meta come last
	members = append(members, scim.Member{Name: "schemas", Value: p.kind.Catalog.SchemasOf(attributes)}, scim.Member{Name: "id", Value: scim.String(id)})
	members = append(append(members, attributes.Members()...), scim.Member{Name: "meta"},
		scim.Member{Name: "resourceType", Value: scim.String(p.kind.Type.Name)},
		scim.Member{Name: "created", Value: times.Member("created")}, scim.Member{Name: "lastModified", Value: times.Member("lastModified")},
		scim.Member{Name: "location", Value: location}, scim.Member{Name: "version", Value: version})
	last := len(members) - meta
	members[last-1].Value = scim.Object(members[last:]...)
	return scim.Object(members[:last]...)
}

func (p *Plan) location(id string) string {
	return p.facts.BaseURL + p.kind.Type.Endpoint + "/" + EscapeSegment(id)
}

// answer is the reply of a plan that succeeded.
func (p *Plan) answer() *Reply {
	switch p.request.Operation {
	case List, Find:
		return p.answerList()
	case Read:
		resource, problems := p.present(p.record, p.id, p.native, p.ownMembers())
		for _, problem := range problems {
			p.drop(p.id, problem)
		}
		return p.unlessKnown(p.show(200, resource))
	}
	return p.answerWrite()
}

func (p *Plan) answerWrite() *Reply {
	w := &p.write
	status, id := 200, p.id
	if p.request.Operation == Create {
		status = 201
	}
	if p.record != nil {
		id = p.record.ID
	}
	var resource scim.Value
	switch gone := p.record != nil && p.record.Gone; {
	case p.request.Operation == Update && p.request.Patch != nil && !gone && p.lacksTable():
		return &Reply{Status: 204} // less than an answer would make Entra send it again
	case p.request.Operation == Update && p.request.Patch != nil && p.kind.Members != nil:
		return &Reply{Status: 204} // so Entra wants it of groups, which can be large
	case gone || p.known:
		resource, _ = p.present(p.record, p.id, p.native, p.ownMembers())
	case status == 200 && p.request.Patch != nil:
		return &Reply{Status: 204} // the vendor's answer did not show the resource
	default:
		attributes := p.kind.mapped(w.after)
		if members := p.ownMembers(); !members.IsEmpty() {
			attributes = attributes.With("members", members)
		}
		resource = p.dress(id, attributes, false) // the vendor may show more than was sent
	}
	reply := p.show(status, resource)
	if status == 201 {
		reply.Location = p.location(id)
	}
	return reply
}

// ownMembers are those of the group at hand; Absent where nobody asks.
func (p *Plan) ownMembers() scim.Value {
	if p.kind.Members == nil || !p.members.known && p.request.Operation != Create {
		return scim.Value{}
	}
	return p.membersOf(p.members.ids)
}

func (p *Plan) answerList() *Reply {
	s := &p.search
	hits, list := s.shownHits, scim.List{Total: s.total}
	for _, h := range hits {
		list.Resources = append(list.Resources, p.project(h.resource))
	}
	list.ItemsPerPage, list.Resources = len(hits), slices.Clip(list.Resources)
	if p.request.Cursor == nil {
		list.StartIndex = max(p.request.StartIndex, 1)
	} else if s.last != nil {
		list.NextCursor = p.request.cursorAfter(p.kind, *s.last)
	}
	return &Reply{Status: 200, Body: list.Value()}
}

func (p *Plan) project(resource scim.Value) scim.Value {
	if len(p.request.Attributes) == 0 && len(p.request.Excluded) == 0 {
		return resource
	}
	return scim.Project(resource, p.request.Attributes, p.request.Excluded)
}
