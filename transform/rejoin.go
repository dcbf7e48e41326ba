package transform

import "scimshim/transform/scim"

// A user who is deleted and remembered (active: exists) leaves the vendor's groups
// with the account, and Entra does not send a membership again when the user comes
// back: the records of the groups know who is in them.

// recordMembers notes who is in the group by now. A read that shows everybody takes
// out of the record who has an account and is not shown: an administrator has removed
// him, and he must not come back with the next account.
func (p *Plan) recordMembers(record *Record) *Record {
	reads := p.request.Operation == Read && p.members.known
	if p.request.Members == nil && !reads || !p.kind.refers.To.Exists() {
		return record
	}
	ids := record.members()
	if reads {
		ids = without(ids, without(ids, p.members.ids))
	} else {
		ids = p.members.now(p.request.Members, ids, p.write.answered404)
	}
	if sameMembers(ids, record.members()) {
		return record
	}
	if record == nil {
		record = p.fresh()
	}
	return record.withMembers(p.kind, ids)
}

// now are those who are in the group, as far as the request tells. Once all is as it
// wants that is more than who joined and left by its calls: an earlier one, of which
// no answer came, may have had its effect.
func (m *members) now(change *MemberChange, was []string, failed bool) []string {
	joined, left := m.joined, m.left
	if m.applied && !failed && len(m.joins)+len(m.leaves) == 0 {
		if m.known || !change.known {
			return without(m.ids, m.strangers)
		}
		joined, left = without(change.added, m.strangers), change.taken
	}
	ids := without(was, left)
	return append(ids, without(joined, ids)...)
}

func sameMembers(a, b []string) bool { return len(a) == len(b) && len(without(a, b)) == 0 }

// enterRejoin lets a user who has an account again join the groups that the old
// one was in, and takes a user who is deleted for good out of their records.
func (p *Plan) enterRejoin() Move {
	groups, w := p.kind.groups, &p.write
	returns, leaves := w.course == reviving && p.id != "", w.course == removing
	if groups == nil || p.record == nil || !returns && !leaves {
		return nil
	}
	if !p.rejoin.asked {
		return Ask{Kind: groups, Keys: []Key{MemberKey(p.record.ID)}}
	}
	for p.reply == nil && len(p.rejoin.groups) > 0 {
		next := p.rejoin.groups[0]
		p.rejoin.groups = p.rejoin.groups[1:]
		if leaves {
			p.pending = append(p.pending, Commit{Kind: groups, Why: "a member is deleted",
				Change: Change{Put: next.withMembers(groups, without(next.members(), []string{p.record.ID}))}})
			continue
		}
		request := &Request{Operation: Update, ID: next.ID, Patch: &scim.Patch{}, StartIndex: 1,
			Members: &MemberChange{patch: &scim.Patch{}, added: []string{p.record.ID}, known: true}}
		move := p.consult(groups, request, p.takeRejoined)
		p.inner.names.is(p.record.ID, groups.refers.nameIn(merge(p.native, p.write.fields)))
		if groups.refers.By == nil {
			p.inner.names.is(p.record.ID, p.kind.ID.value(p.id))
		}
		return move
	}
	return nil
}

// rejoin is what is left of a user's groups.
type rejoin struct {
	asked  bool
	groups []*Record
}

func (p *Plan) takeRejoin(got Outcome) { p.rejoin = rejoin{asked: true, groups: got.Records} }

// takeRejoined: a group that is gone by now is left out. Any other failure leaves
// the user to be resumed here: a 2xx would lose the membership.
func (p *Plan) takeRejoined(_ *Plan, reply Reply) {
	if reply.Error != nil && reply.Status != 404 {
		p.refuse(reply.Error)
	}
}
