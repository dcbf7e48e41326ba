package config

import (
	"slices"
	"time"

	"scimshim/rules"
	"scimshim/transform"
	"scimshim/transform/scim"
)

const (
	defaultFresh = 10 * time.Minute
	longestFresh = 24 * time.Hour
)

// lookUps decodes the tables that the vendor keeps itself.
func (d *decoder) lookUps(n *node) []*transform.Lookup {
	if n == nil {
		return nil
	}
	d.scopes = transform.NewScopes(d.catalog, nil, d.scim)
	for _, p := range d.entries(n, "lookups") {
		call, f := d.call(p.value, transform.LookUp)
		if d.need(p.value, "lookup", f, "key", "value"); call == nil {
			continue
		}
		l := &transform.Lookup{Name: p.key.text, Call: call, Fresh: defaultFresh}
		if f == nil {
			d.report(p.value, codeMissingKey, "lookup needs the keys %q and %q", "key", "value")
		}
		if f["key"] != nil {
			l.Key = d.native(f["key"], "lookup")
		}
		if f["value"] != nil {
			l.Value = d.native(f["value"], "lookup")
		}
		if f["fresh"] != nil {
			l.Fresh = d.fresh(f["fresh"])
		}
		d.lookups = append(d.lookups, l)
	}
	return d.lookups
}

func (d *decoder) fresh(n *node) time.Duration {
	text, ok := d.text(n, "lookup")
	if !ok {
		return 0
	}
	out, err := time.ParseDuration(text)
	if err != nil || out <= 0 || out > longestFresh {
		d.report(n, codeBadValue, "lookup: %q is not a duration up to 24h", text).Hint = "write it with its unit, such as 10m or 1h"
		return 0
	}
	return out
}

// lookupNamed gives the lookup that an attribute names.
func (d *decoder) lookupNamed(n *node, where string) *transform.Lookup {
	text, ok := d.text(n, where)
	if !ok {
		return nil
	}
	var names []string
	for _, l := range d.lookups {
		if names = append(names, l.Name); l.Name == text {
			return l
		}
	}
	p := d.report(n, codeUnknownLookup, "%s: there is no lookup %q", where, text)
	if p.Hint = rules.DidYouMean(text, names); p.Hint == "" {
		p.Hint = "define it under lookups, beside users"
	}
	return nil
}

// checkLookups refuses lookups of what decides who a resource is, and of what is no
// text: a table that is not at hand must not keep anybody from being found or disabled.
func (d *decoder) checkLookups(k *transform.Kind) {
	for _, a := range k.Attributes {
		if a.Lookup == nil {
			continue
		}
		textual := slices.Contains([]string{scim.TypeString, scim.TypeReference}, a.Path.Leaf().Type) || a.Path.List()
		if !textual || a.Ref != nil || identifies(k, a) {
			d.report(d.keys[a.Name], codeConflict, "attribute %q cannot pass through a lookup", a.Name).Hint =
				"a lookup is for what a user has, such as roles or enterprise.department"
		}
	}
}

// identifies reports whether a resource is told by the attribute.
func identifies(k *transform.Kind, a *transform.Attribute) bool {
	uniqueness := a.Uniqueness
	if uniqueness == "" {
		uniqueness = a.Path.Leaf().Uniqueness
	}
	return a.Name == k.Type.Naming || uniqueness != "none" && uniqueness != ""
}
