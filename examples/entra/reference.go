package entra

import (
	"context"
	"maps"
	"slices"
)

// membersPerPatch bounds the members of one PATCH. Microsoft names no figure;
// AWS IAM Identity Center, which its gallery provisions groups to, documents
// that it takes a hundred changes of a group's members in a request.
const membersPerPatch = 100

// member is how a PATCH writes one.
type member struct {
	Ref   *string `json:"$ref"` // always null
	Value string  `json:"value"`
}

// bringReferences brings all references of one object up to date.
func (v *visit) bringReferences(ctx context.Context, e *entry) {
	if v.bringChosen(ctx, e, e.references()) {
		e.matched = false
	}
}

// bringChosen sends those of an object's references that are wanted and have not
// been dealt with, and takes back what the source no longer has. It tells
// whether nothing went wrong. An object that is not as it should be, or that is
// out of scope, has to wait.
func (v *visit) bringChosen(ctx context.Context, e *entry, wanted []string) bool {
	if v.table.reference == "" || e.anchor == "" || e.failed || e.purged || e.softDeleted() {
		return false
	}
	missing, err := v.missing(ctx, e, wanted)
	if err == nil && v.client.endpoint == userEndpoint {
		err = v.bringManager(ctx, e, missing)
	} else if err == nil {
		err = v.bringMembers(ctx, e, missing)
	}
	v.note(e, err)
	return err == nil
}

// missing gives the users that a reference must lead to and does not yet. Those
// out of scope are left out for good; those in scope who are not at the target,
// because something went wrong, only for now.
func (v *visit) missing(ctx context.Context, e *entry, wanted []string) (missing []*entry, err error) {
	for i, objectID := range wanted {
		to := v.users[objectID]
		_, known := e.referred[objectID]
		switch {
		case known:
			continue
		case to == nil || to.purged || to.softDeleted():
			e.noteReference(objectID, false)
			v.recorder.outOfScope()
			continue
		case to.anchor == "":
			continue
		}
		there := false
		if e.matched {
			// Entra writes the two conditions in either order; here every other
			// question has them the other way round.
			if there, err = v.askReference(ctx, e, to, (e.order+i)%2 == 1); err != nil {
				return nil, err
			}
		}
		if there {
			e.noteReference(objectID, true)
		} else {
			missing = append(missing, to)
		}
	}
	return missing, nil
}

// askReference asks the target, for no read shows members.
func (v *visit) askReference(ctx context.Context, e, to *entry, idLast bool) (bool, error) {
	at := v.client.endpoint
	answer, err := v.client.Check(ctx, e.anchor, at.reference, to.anchor, idLast)
	found, err := v.listed(at.check, answer, err)
	return len(found) > 0, err
}

// bringManager sends a manager as Entra does in both dialects, as a bare string,
// and an empty one to remove him.
func (v *visit) bringManager(ctx context.Context, e *entry, missing []*entry) error {
	wanted, sent := e.references(), false
	for _, s := range e.referred {
		sent = sent || s
	}
	op := operation{"Add", v.table.reference, ""}
	if sent {
		op.Op = "Replace"
	}
	switch {
	case len(missing) > 0:
		op.Value = missing[0].anchor
	case len(wanted) > 0 || !sent:
		// What is out of scope leaves the target with the manager it has.
		maps.DeleteFunc(e.referred, func(objectID string, sent bool) bool { return !sent && !slices.Contains(wanted, objectID) })
		return nil
	}
	v.recorder.patched(op.Path, 1)
	if err := v.patch(ctx, e, []operation{op}); err != nil {
		return err
	}
	e.referred = nil
	for _, objectID := range wanted {
		e.noteReference(objectID, true)
	}
	return nil
}

// bringMembers removes first, and sends no more than one PATCH takes.
func (v *visit) bringMembers(ctx context.Context, e *entry, missing []*entry) error {
	for some := range slices.Chunk(v.left(e), membersPerPatch) {
		if err := v.patchMembers(ctx, e, v.dialect.remove(v.table.reference, some), some); err != nil {
			return err
		}
		for _, to := range some {
			delete(e.referred, to.objectID())
		}
	}
	for some := range slices.Chunk(missing, membersPerPatch) {
		if err := v.patchMembers(ctx, e, []operation{{"Add", v.table.reference, asMembers(some)}}, some); err != nil {
			return err
		}
		for _, to := range some {
			e.noteReference(to.objectID(), true)
		}
	}
	return nil
}

func (v *visit) patchMembers(ctx context.Context, e *entry, ops []operation, some []*entry) error {
	v.recorder.patched(v.table.reference, len(some))
	return v.patch(ctx, e, ops)
}

// left gives the members that were sent and are none any more. One whose own
// account is deleted left the group with it.
func (v *visit) left(e *entry) (gone []*entry) {
	still := map[string]bool{}
	for _, objectID := range e.references() {
		still[objectID] = true
	}
	for _, objectID := range slices.Sorted(maps.Keys(e.referred)) {
		to := v.users[objectID]
		switch {
		case still[objectID]:
		case e.referred[objectID] && to != nil && to.anchor != "":
			gone = append(gone, to)
		default:
			delete(e.referred, objectID)
		}
	}
	return gone
}

// remove is the removal of members, in which the dialects differ most.
func (d Dialect) remove(target string, some []*entry) (ops []operation) {
	if d == Default {
		return []operation{{"Remove", target, asMembers(some)}}
	}
	for _, to := range some {
		ops = append(ops, operation{Op: "Remove", Path: target + "[" + equals("value", to.anchor) + "]"})
	}
	return ops
}

func asMembers(some []*entry) (out []member) {
	for _, to := range some {
		out = append(out, member{Value: to.anchor})
	}
	return out
}
