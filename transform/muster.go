package transform

import (
	"slices"

	"scimshim/transform/scim"
)

// muster finds out who is in a group: everybody, or only whether some are.
type muster struct {
	group   string     // its native id
	native  scim.Value // its resource; Absent: to be read, where that has the list
	record  *Record
	asked   []string // the SCIM ids in question; nil: everybody
	at      int      // of those, where they are asked for one by one
	pages   paging   // of the list that says so
	names   []string // whom the vendor shows
	done    bool     // with the vendor
	recalls bool     // who is deleted and remembered has been asked
	doubts  bool     // a removal was answered 404: a has that says so, too, may be as wrong as that call
}

// oneByOne reports whether a call for each tells who is in the group.
func (m *muster) oneByOne(mem *Membership) bool { return m.asked != nil && mem.Has != nil && !m.doubts }

// asks gives the next move that the muster needs; nil when it is complete.
func (p *Plan) asks(m *muster) Move {
	mem := p.kind.Members
	if move := p.translate(m.asked, nil); move != nil {
		return move
	}
	for !m.done && p.reply == nil {
		switch {
		case !mem.Native.IsZero() && m.native.IsAbsent():
			return p.sendRead(m.group, "who is in the group?")
		case !mem.Native.IsZero():
			var problem string
			if m.names, problem = mem.namesIn(m.native); problem != "" {
				p.fail(broken(problem))
			}
			m.done = true
		case !m.oneByOne(mem):
			m.pages.restart()
			env := m.pages.env(scim.Value{})
			env.Names["id"] = p.kind.ID.value(m.group)
			return p.sendPage(&m.pages, mem.List, "who is in the group?", env)
		case m.at == len(m.asked):
			m.done = true
		case p.names.natives[m.asked[m.at]].IsEmpty():
			m.at++
		default:
			name := p.names.natives[m.asked[m.at]]
			return p.send(mem.Has, "is it in the group?", &Env{Names: map[string]scim.Value{"id": p.kind.ID.value(m.group), "member": name}}, scim.Value{})
		}
	}
	if mem.Ref.To.Exists() && len(m.record.members()) > 0 && !m.recalls && p.reply == nil {
		m.recalls = true
		p.names.asked = &Ask{Kind: mem.Ref.To, Remembered: true}
		return *p.names.asked
	}
	if m.asked == nil {
		return p.translate(nil, m.names)
	}
	return nil
}

// answered takes the outcome of the muster's last move.
func (p *Plan) answered(m *muster, got Outcome) {
	mem := p.kind.Members
	switch {
	case !mem.Native.IsZero():
		p.answeredWhole(m, p.same(m.group, got))
	case m.oneByOne(mem):
		if got.Kind != Absent && got.Kind != Found && got.Kind != Done {
			p.fail(got)
		} else if got.Kind != Absent {
			m.names = append(m.names, p.names.natives[m.asked[m.at]].Text())
		}
		m.at++
	case got.Kind == Absent && p.request.Operation == Update && !p.known: // is it the group that is gone?
		p.write.answered404, p.members.doubt = true, nil
		p.at = p.program.at(StepVerify)
	case got.Kind == Absent:
		p.fail(broken("the vendor answers 404 to the list of the group's members"))
	case got.Kind != Found:
		p.fail(got)
	default:
		for _, element := range got.Items {
			name := mem.nameOf(element, mem.List.ID)
			if name == "" {
				p.fail(broken(unnamed))
			} else if m.pages.meets(name) {
				m.names = append(m.names, name)
			}
		}
		p.members.seen = true
		if problem := m.pages.turn(p.up, mem.List, got); problem != nil && p.reply == nil {
			p.fail(*problem)
		}
		m.done = m.pages.page == 0
	}
}

// answeredWhole takes the group's own resource, which has the list.
func (p *Plan) answeredWhole(m *muster, got Outcome) {
	switch {
	case got.Kind == Found:
		m.native, p.members.seen = got.Native, true
	case got.Kind == Absent && m.group == p.id:
		p.absent = true
		p.notFound()
	case got.Kind == Absent:
		p.fail(broken("the vendor lists a group and answers 404 to its read"))
	default:
		p.fail(got)
	}
}

// mustered are the SCIM ids of those who are in the group, among those asked for.
func (p *Plan) mustered(m *muster) (ids []string) {
	living := func(id string) bool { return !p.names.gone[id] }
	gone := slices.DeleteFunc(m.record.members(), living) // of whom the record alone knows
	if m.asked == nil {
		for _, name := range m.names {
			if id := p.names.ids[p.names.ref.fold(name)]; id != "" {
				ids = append(ids, id)
			}
		}
		return append(ids, without(gone, ids)...)
	}
	there, here := make(map[string]bool, len(m.names)), make(map[string]bool, len(gone)) // by name, and by id
	for _, name := range m.names {
		there[p.names.ref.fold(name)] = true
	}
	for _, id := range gone {
		here[id] = true
	}
	for _, id := range m.asked {
		if name := p.names.folded(id); name != "" && there[name] || here[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// members is what a plan knows, and does, of the members of its group.
type members struct {
	muster muster
	known  bool     // ids are all of them
	ids    []string // by SCIM id, in the end as the request leaves them; else those of the asked who are

	joins, leaves []string // still to be written, by SCIM id
	joined, left  []string // since
	strangers     []string // who were to join, and whom the vendor does not know
	batch         []string // in the call at hand
	doubt         *doubt   // that call was refused
	look          *muster  // before the calls of an operation, where the file wants it
	looked        Operation
	applied       bool // joins and leaves are known
	seen          bool // the vendor has shown who is in it
	unseen        bool // somebody is said to be out of a group that nobody has seen
}

// doubt is a call that the vendor has refused: it may be so already, or one of
// those who were to join may be nobody whom the vendor knows.
type doubt struct {
	refusal Outcome
	check   muster   // who of the batch is in the group
	nowhere bool     // the list was answered 404 as well: is it the group that is gone?
	met     []string // who is not, and is a user
}

// resumeMembers decides anew who joins and who leaves a group that an earlier request
// has made: it may have had other members.
func (p *Plan) resumeMembers() {
	if p.request.Members == nil {
		request := *p.request
		request.Members = &MemberChange{}
		p.request = &request
	}
	p.members.strangers = nil
	p.applyMembers()
}

// enterMembers asks who is in the group, where the request cannot do without.
func (p *Plan) enterMembers() Move {
	m := &p.members
	if m.known || !p.needsMembers() {
		return nil
	}
	if m.muster.group == "" {
		m.muster = muster{group: p.id, native: p.native, record: p.record, asked: p.namedMembers()}
	}
	if move := p.asks(&m.muster); move != nil {
		return move
	}
	m.known, m.ids = m.muster.asked == nil, p.mustered(&m.muster)
	if p.request.Operation == Create {
		p.resumeMembers()
	}
	return nil
}

// namedMembers are those who join or leave, where nobody else matters, and to find
// out who the others are would cost a call for each.
func (p *Plan) namedMembers() []string {
	change, shown := p.request.Members, p.request.Patch == nil
	if change == nil || !change.known || shown || p.request.conditional() || p.kind.Members.Ref.By == nil {
		return nil
	}
	return change.IDs()
}

func (p *Plan) takeMembers(got Outcome) { p.answered(&p.members.muster, got) }

// needsMembers: nobody is asked for members that are neither shown nor changed,
// nor for those of a group that is to gain or lose some who are named.
func (p *Plan) needsMembers() bool {
	if p.kind.Members == nil || p.id == "" || p.reply != nil {
		return false
	}
	if p.request.conditional() {
		return true
	}
	switch change := p.request.Members; p.request.Operation {
	case Create:
		return p.write.resumes && p.known
	case Read:
		return p.shows(p.kind.Members.attribute.Path)
	case Update:
		return change != nil && (!change.known || p.kind.Members.Whole()) || p.request.Patch == nil && p.shows(p.kind.Members.attribute.Path)
	}
	return false
}

// shows reports whether the answer has an attribute, as far as the request says.
func (p *Plan) shows(path scim.Path) bool {
	r := p.request
	if slices.ContainsFunc(r.Excluded, func(e scim.Path) bool { return e.Covers(path) }) {
		return false
	}
	return len(r.Attributes) == 0 || slices.ContainsFunc(r.Attributes, func(a scim.Path) bool { return a.Covers(path) || path.Covers(a) })
}

// applyMembers decides who joins and who leaves.
func (p *Plan) applyMembers() {
	m, change := &p.members, p.request.Members
	if change == nil || p.reply != nil {
		return
	}
	if change.known && !m.known {
		m.joins, m.leaves = without(change.added, m.ids), change.taken
		if m.muster.group != "" {
			m.leaves = without(change.taken, without(change.taken, m.ids))
		}
	} else {
		after, problem := change.after(m.ids)
		if problem != nil {
			p.refuse(problem)
			return
		}
		m.joins, m.leaves, m.ids = without(after, m.ids), without(m.ids, after), after
	}
	m.applied = true
	for _, id := range m.joins {
		if p.names.natives[id].IsEmpty() && !p.names.gone[id] {
			m.strangers = append(m.strangers, id)
		}
	}
	m.joins = without(m.joins, m.strangers)
	if len(m.joins)+len(m.leaves)+len(m.strangers) > 0 {
		p.write.touched = append(p.write.touched, p.kind.Members.attribute.Path)
	}
}
