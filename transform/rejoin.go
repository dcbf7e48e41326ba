package transform

import "scimshim/transform/scim"

// A user who is deleted and remembered (active: exists) leaves the vendor's groups
// with the account, and Entra does not send a membership again when the user comes
// back: the records of the groups know who is in them.

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
