package transform

import (
	"fmt"

	"scimshim/transform/scim"
)

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
		strangers := a.strangers(a.Path.Get(w.ruled), p.lookups.tables)
		if problem := p.problem(a); problem.text != "" {
			p.unmappable(a, problem)
		} else if len(strangers) > 0 && w.course != remembering {
			p.partly(a, strangers)
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
	v, text := p.nativeOf(a)
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
	if a.Lookup != nil && p.lookups.failed != nil { // beside a deactivation; nothing is known that could be kept
		p.drop(a.Name, why.text)
		return
	}
	switch reject := why.fatal || active || a.Otherwise == OtherwiseReject; {
	case reject && w.disables && !active:
		p.drop(a.Name, why.text)
		w.after = a.Path.Set(w.after, a.Path.Get(w.before))
	case reject && p.reply == nil:
		p.refuse(&scim.Error{Status: 400, ScimType: why.scimType, Attribute: a.Name, Detail: fmt.Sprintf("%q cannot be mapped: %s", a.Name, why.text)})
	case !reject && a.Otherwise == OtherwiseKeep && a.keepable():
		w.keep[a.Name] = true
		if a.Ref != nil {
			p.Trace.Dropped = append(p.Trace.Dropped, Dropped{Subject: a.Name, Why: why.text + ": it is kept here, and the vendor's own stays", Grave: true})
		}
	default:
		p.drop(a.Name, why.text)
	}
}
