package transform

import "scimshim/transform/scim"

// dependence is the value at a path and the paths of a request that decide it.
type dependence struct {
	path scim.Path
	on   map[string]bool
}

// closeInputs computes, through the rules, which paths of a request decide the value
// that each attribute sends.
func (k *Kind) closeInputs() {
	var ruled []dependence
	for _, rule := range k.Rules {
		if rule.restsInUpdates() {
			continue // inputs are asked for only where something changes
		}
		union := map[string]bool{}
		if rule.When != nil {
			add(union, dependsOn(rule.Set, ruled))
		}
		for _, e := range []*Expression{rule.To, rule.When} {
			for _, in := range e.under("") {
				add(union, dependsOn(in.scim, ruled))
			}
		}
		ruled = append(ruled, dependence{rule.Set, union})
	}
	for i, a := range k.Attributes {
		inputs := map[string]bool{}
		if a.Write == nil || a.Write.reads("value") {
			add(inputs, dependsOn(a.Path, ruled))
		}
		for _, in := range a.Write.under("") {
			add(inputs, dependsOn(in.scim, ruled))
		}
		a.at, a.pure, a.inputs = i, true, nil
		for _, path := range k.leaves {
			if inputs[path.Dotted()] {
				a.inputs = append(a.inputs, path)
			}
		}
		if a.Write != nil && (a.Write.reads("before") || a.Write.Impure()) {
			a.pure = false
		}
	}
}

// restsInUpdates reports whether the operation alone keeps a rule from setting
// anything when a resource changes.
func (r *Rule) restsInUpdates() bool {
	if r.When == nil || len(r.When.under("")) > 0 {
		return false
	}
	holds, err := r.When.Holds(&Env{Names: map[string]scim.Value{"operation": scim.String(string(Update))}})
	return err == nil && !holds
}

// dependsOn gives the paths of a request that decide what stands at a path once
// these rules have run. The last one that sets all of it overrides what was
// before; one that sets a part of it, or of which it is a part, adds to it.
func dependsOn(path scim.Path, ruled []dependence) map[string]bool {
	out := map[string]bool{path.Dotted(): true}
	for _, r := range ruled {
		switch {
		case r.path.Covers(path) && path.Covers(r.path):
			out = map[string]bool{}
			add(out, r.on)
		case r.path.Covers(path), path.Covers(r.path):
			add(out, r.on)
		}
	}
	return out
}

func add(to, from map[string]bool) {
	for name := range from {
		to[name] = true
	}
}
