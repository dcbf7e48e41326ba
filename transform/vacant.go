package transform

import (
	"fmt"
	"strings"

	"scimshim/transform/scim"
)

// A create by PUT overwrites whoever has the id that it names: no vendor refuses it.
// The search for the user name does not tell who has an id that is made of something
// else, and what an earlier request has proved may be a minute old.

// puts reports whether the kind's resources are created under an id that is sent.
func (k *Kind) puts() bool {
	return len(k.Create) > 0 && k.Create[0].Method == "PUT" && k.Read != nil
}

// enterVacant looks under the id, unless this request's own search has done so.
func (p *Plan) enterVacant() Move {
	w := &p.write
	if !p.creates() || w.resume > 0 || p.kind.Exists() && p.inactive() {
		return nil
	}
	naming := p.kind.Attribute(p.kind.Type.Naming)
	if p.search.asked && naming != nil && naming.Native.String() == p.kind.ID.Native.String() {
		return nil
	}
	id := p.sentID()
	if id == "" || !p.kind.ID.Fits(id) {
		return nil
	}
	return p.look(id, "is there nobody with the id "+id+"?")
}

// takeVacant decides about whoever is there as a search that has found him would: he
// may be our own doubtful create. Whoever goes by another name is somebody else.
func (p *Plan) takeVacant(got Outcome) {
	w, s := &p.write, &p.search
	switch path := p.kind.unique[0]; {
	case got.Kind == Absent:
	case got.Kind != Found:
		p.fail(got)
	case !p.shownAs(path, got.Native):
		p.refuse(&scim.Error{Status: 409, ScimType: scim.Uniqueness, Attribute: p.idAttribute(),
			Detail: fmt.Sprintf("another %s already has the id that this one would have", strings.ToLower(p.kind.Type.Name))})
	default:
		s.nobody = false
		p.lookFor(path, path.Get(w.after))
		whole := len(p.kind.Joins) == 0 // else it is read before it is believed
		s.add(candidate{id: p.sentID(), native: got.Native, whole: whole, manned: whole, read: whole, guarded: whole && p.kind.Read.shows(p.kind.guards)})
		s.asked, s.complete = true, true
		p.at = p.program.at(StepRecheck)
		return
	}
	p.done()
}

// shownAs reports whether a native resource has the value of a unique attribute that
// the request wants.
func (p *Plan) shownAs(path scim.Path, native scim.Value) bool {
	resource, _ := p.visible(native, nil)
	want := scim.Comparison{Path: path, Operator: "eq", Value: path.Get(p.write.after)}
	return want.Holds(resource)
}

// idAttribute names the attribute that is written to the id's own field.
func (p *Plan) idAttribute() string {
	for _, a := range p.kind.Attributes {
		if a.Sent() && a.Native.String() == p.kind.ID.Native.String() {
			return a.Name
		}
	}
	return ""
}
