package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// check looks at what only the whole of a kind can tell.
func (d *decoder) check(k *transform.Kind, n *node, f fields) {
	if f == nil || f["attributes"] == nil || f["attributes"].kind != mapping {
		return
	}
	d.checkNaming(k, f["attributes"])
	d.checkNatives(k)
	if k.Name == "users" {
		d.checkActive(k, f)
	}
	d.checkReferences(k)
	d.checkLookups(k)
	d.checkFields(k)
	d.checkBodies(k)
	d.checkWhole(k)
	d.checkUses(k)
	d.checkUntil(k)
	d.checkRenames(k, f["id"])
	d.checkIDs(k)
	d.checkFinds(k)
	d.checkFormats(k, f)
}

// checkNaming: RFC 7643 has no user without a userName (section 4.1.1), and no
// group without a displayName (section 4.2).
func (d *decoder) checkNaming(k *transform.Kind, attributes *node) {
	if name := k.Type.Naming; k.Attribute(name) == nil && d.keys[name] == nil {
		d.report(attributes, codeMissingKey, "attributes needs the key %q: every SCIM %s has one", name, noun(k))
	}
}

// noun is what a message calls one of a kind.
func noun(k *transform.Kind) string { return strings.ToLower(k.Type.Name) }

// checkNatives finds native fields that two attributes write. Two that write
// the same expression agree.
func (d *decoder) checkNatives(k *transform.Kind) {
	first := map[string]*transform.Attribute{}
	for _, a := range k.Attributes {
		if !a.Sent() {
			continue
		}
		native := strings.TrimSuffix(a.Native.String(), "?")
		earlier := first[native]
		switch {
		case earlier == nil:
			first[native] = a
		case a.Write == nil || earlier.Write == nil || a.Write.Source() != earlier.Write.Source():
			d.report(d.keys[a.Name], codeDuplicateNative, "attributes %q and %q both write the native field %q; the first is at %s",
				earlier.Name, a.Name, native, d.position(d.keys[earlier.Name])).Hint = "make one of them mutability: readOnly, or give both the same write"
		}
	}
	for _, fixed := range k.Fixed {
		if a := first[strings.TrimSuffix(fixed.Path.String(), "?")]; a != nil {
			d.report(d.keys[a.Name], codeDuplicateNative, "attribute %q writes the native field %q, which is fixed as well", a.Name, fixed.Path)
		}
	}
}

// checkActive warns when a deactivation would not reach the vendor.
func (d *decoder) checkActive(k *transform.Kind, f fields) {
	const keeps = "a user with active=false keeps access at the vendor"
	a := k.Attribute("active")
	switch {
	case d.keys["active"] == nil:
		d.warn(f["attributes"], codeNoDeprovision, keeps+`: nothing native is mapped to "active"`)
	case a == nil || a.Exists:
	case !a.Native.IsZero() && a.Mutability != "readWrite":
		d.warn(d.keys["active"], codeNoDeprovision, keeps+`: "active" is %s`, a.Mutability)
	case a.Values != nil && len(a.Values.Rows) > 0:
		d.checkTable(a, keeps)
	case a.Write == nil && a.Values == nil && turnedRound.MatchString(a.Native.String()):
		d.warn(d.keys["active"], codeNoDeprovision, keeps+`: "active" is sent to %q as it is, so that disabling somebody sends false`, a.Native).Hint =
			fmt.Sprintf("turn it round: {native: %s, values: {true: false, false: true}}", a.Native)
	}
	switch {
	case k.OnDelete == transform.Deactivate && (a == nil || !a.Sent()):
		d.report(f["delete"], codeUnmapped, `delete: deactivate needs a native field mapped to "active"`)
	case a != nil && a.Exists && len(k.Delete) == 0:
		d.report(d.keys["active"], codeConflict, `"active: exists" deletes the accounts of inactive users, which needs a call for delete`)
	}
}

// turnedRound is a native field that is true of who has no access.
var turnedRound = regexp.MustCompile(`(?i)(disabled|suspended|locked|blocked|archived|inactive|deactivated|deleted)\??$`)

func (d *decoder) checkTable(a *transform.Attribute, keeps string) {
	seen := map[string]bool{}
	for _, row := range a.Values.Rows {
		seen[row.SCIM.Text()] = true
	}
	if !seen["false"] {
		d.warn(d.keys["active"], codeNoDeprovision, "%s: the values of \"active\" have no row for false", keeps)
	}
	if !seen["true"] {
		d.report(d.keys["active"], codeBadValue, "attribute %q: the values have no row for true", a.Name)
	}
}

// checkReferences refuses mappings of what only follows from another attribute.
func (d *decoder) checkReferences(k *transform.Kind) {
	for _, a := range k.Attributes {
		manager := a.Path.IsManager() && a.Path.Sub != nil && a.Path.Sub.Name != "value"
		if manager && !a.Keep {
			d.report(d.keys[a.Name], codeBadValue, "attribute %q follows from whom the manager is", a.Name).Hint = "map enterprise.manager"
		}
	}
}

// checkFields compares what the steps carry with what the mapping sends.
func (d *decoder) checkFields(k *transform.Kind) {
	for _, c := range slices.Concat(k.Create, k.Update) {
		for _, field := range c.Fields {
			known := slices.ContainsFunc(k.Attributes, func(a *transform.Attribute) bool { return a.Sent() && a.Native.Under(field) }) ||
				k.Members != nil && k.Members.Native.Under(field)
			if !known {
				d.report(d.calls[c], codeFieldUnknown, "%s: fields names the native field %q, to which no attribute is mapped", c.Operation, field)
			}
		}
		for _, place := range c.WholeFields {
			if !slices.ContainsFunc(k.Attributes, func(a *transform.Attribute) bool { return a.Sent() && a.Native.Under(place.String()) }) {
				d.report(d.calls[c], codeFieldUnknown, "%s: whole names the native field %q, in which no attribute is mapped", c.Operation, place)
			}
		}
	}
	if m := k.Members; m != nil && m.Whole() && !m.Native.IsZero() && !carried(k.Update, &transform.Attribute{Native: m.Native}) {
		d.report(d.calls[k.Update[0]], codeFieldUnsent, "members: no step of update carries the native field %q", m.Native).Hint =
			"name it under fields of a step, or add a step without fields"
	}
	if m := k.Members; m != nil && k.Read != nil && slices.ContainsFunc(k.Read.Lacks, m.Native.Under) {
		d.report(d.calls[k.Read], codeConflict, "members: read lacks the native field %q: nobody could tell who is in a group", m.Native).Hint =
			"give members a list, or read the group by a call that shows everything"
	}
	for _, a := range k.Attributes {
		if a.Sent() && a.Mutability != "immutable" && !carried(k.Update, a) {
			d.report(d.keys[a.Name], codeFieldUnsent, "attribute %q: no step of update carries the native field %q", a.Name, a.Native).Hint =
				"name it under fields of a step, or add a step without fields"
		}
		if a.Sent() && a.Mutability == "immutable" && !carried(k.Create, a) {
			d.report(d.keys[a.Name], codeFieldUnsent, "attribute %q: no step of create carries the native field %q", a.Name, a.Native).Hint =
				"name it under fields of a step, or add a step without fields"
		}
	}
}

// checkWhole refuses to send a whole resource that was not read as one: the vendor
// would take what is left out for cleared.
func (d *decoder) checkWhole(k *transform.Kind) {
	for _, c := range k.Update {
		if !c.Whole || k.Read == nil {
			continue
		}
		for _, lack := range k.Read.Lacks {
			if !slices.Contains(c.Fields, lack) {
				d.report(d.calls[c], codeConflict, "update: the whole resource is sent, but read lacks %q, which would be lost", lack).Hint =
					"send the changed fields alone, or read the resource by a call that shows everything"
			}
		}
	}
}

// checkBodies finds bodies that leave out what their call is to carry: it would
// never be sent, and be remembered as if it had been.
func (d *decoder) checkBodies(k *transform.Kind) {
	for _, c := range slices.Concat(k.Create, k.Update) {
		if c.Body == nil || !c.Wrap.IsZero() || len(c.Fields) > 0 || c.Until != nil || c.Uses("field", "operations") {
			continue
		}
		var has []string
		for _, u := range d.uses[c] {
			has = append(has, u.below("fields")...)
			has = append(has, u.below("native")...)
		}
		if d.takesAll(c) {
			continue
		}
		for _, a := range k.Attributes {
			field := strings.TrimSuffix(a.Native.String(), "?")
			shown := func(name string) bool { return related(name, field) }
			if a.Sent() && !(c.Operation == transform.Update && a.Mutability == "immutable") && k.Carries(c, a) && !slices.ContainsFunc(has, shown) {
				d.report(d.calls[c], codeFieldUnsent, "%s: the body leaves out the native field %q, which %q is to be sent as", c.Operation, field, a.Name).Hint =
					"lay the fields over the body with wrap: . (or wrap: NAME), or write =fields where they belong; or name under fields what this call carries"
			}
		}
	}
}

// takesAll reports whether the call uses all of the fields at once.
func (d *decoder) takesAll(c *transform.Call) bool {
	return slices.ContainsFunc(d.uses[c], func(u use) bool {
		return slices.Contains(u.expr.Inputs(), "fields") || slices.Contains(u.expr.Inputs(), "native")
	})
}

// related reports whether one of two native paths leads to the other.
func related(a, b string) bool {
	root := func(path string) string { before, _, _ := strings.Cut(path, "["); return before }
	return within(root(a), root(b)) || within(root(b), root(a))
}

// checkUntil: what is repeated follows the write that it waits for, and writes nothing.
func (d *decoder) checkUntil(k *transform.Kind) {
	for _, calls := range [][]*transform.Call{k.Create, k.Update, k.Delete} {
		for i, c := range calls {
			switch {
			case c.Until == nil:
			case i == 0:
				d.report(d.calls[c], codeConflict, "%s: the first call cannot be repeated until something holds", c.Operation).Hint =
					"let the write come first, and a GET with until after it"
			case c.Method != "GET":
				d.report(d.calls[c], codeConflict, "%s: a call with until is repeated, and must be a GET", c.Operation)
			case len(c.Fields) > 0:
				d.report(d.calls[c], codeConflict, "%s: a call with until carries no fields: it follows the call before it", c.Operation)
			}
		}
	}
}

// checkRenames: an attribute that is written to the id's own field changes the id.
func (d *decoder) checkRenames(k *transform.Kind, n *node) {
	if n == nil || k.ID.Native.IsZero() {
		return
	}
	writes := slices.IndexFunc(k.Attributes, func(a *transform.Attribute) bool {
		return a.Sent() && a.Mutability != "immutable" && a.Native.String() == k.ID.Native.String()
	})
	switch {
	case k.ID.Renames && writes < 0:
		d.report(n, codeConflict, "id: renames has no meaning: no attribute changes the native field %q", k.ID.Native)
	case !k.ID.Renames && writes >= 0 && len(k.Update) > 0:
		a := k.Attributes[writes]
		d.report(d.keys[a.Name], codeConflict, "attribute %q changes the native field %q, which is the id", a.Name, k.ID.Native).Hint =
			"write mutability: immutable, or, where the application lets it change, id: {native: " + k.ID.Native.String() + ", renames: true}"
	}
}

// carried reports whether one of the calls takes an attribute's field.
func carried(calls []*transform.Call, a *transform.Attribute) bool {
	return len(calls) == 0 || slices.ContainsFunc(calls, func(c *transform.Call) bool {
		return len(c.Fields) == 0 || slices.ContainsFunc(c.Fields, a.Native.Under)
	})
}

// checkIDs finds calls that do not say whom they are about, and creates whose
// id nobody would learn.
func (d *decoder) checkIDs(k *transform.Kind) {
	about := slices.Concat(k.Update, k.Delete)
	if k.Read != nil {
		about = append(about, k.Read)
	}
	for _, c := range about {
		if len(c.Path.Parts) > 0 && !c.Uses("id", "native", "before", "saved") && !(c.Uses("fields") && d.sendsID(k, c)) {
			d.report(d.calls[c], codeNoID, "%s: the request does not name the %s", c.Operation, noun(k)).Hint = "put {id} into its URL, or =id into its body"
		}
	}
	if len(k.Create) == 0 {
		return
	}
	if c := k.Create[0]; c.Uses("id") {
		d.report(d.calls[c], codeNoID, "create: the id is not known before the first call")
	}
	if !d.yieldsID(k) {
		d.report(d.calls[k.Create[0]], codeNoID, "create: its answer lacks the id, and nothing else tells it").Hint = "add save: {id: ...}, or a find"
	}
}

// sendsID reports whether the fields of a call may have the id among them: those that
// change alone do not, where nothing is mapped to its field.
func (d *decoder) sendsID(k *transform.Kind, c *transform.Call) bool {
	return c.Whole || slices.ContainsFunc(k.Attributes, func(a *transform.Attribute) bool { return a.Sent() && a.Native.Under(k.ID.Native.Root()) })
}

// yieldsID reports whether some step of create, or a search after it, can name
// the new user.
func (d *decoder) yieldsID(k *transform.Kind) bool {
	if len(k.Finds) > 0 || k.List != nil {
		return true
	}
	return slices.ContainsFunc(k.Create, func(c *transform.Call) bool {
		saves := slices.ContainsFunc(c.Save, func(s transform.Saving) bool { return s.Name == "id" })
		return saves || !slices.ContainsFunc(c.Lacks, k.ID.Native.Under)
	})
}

// checkFinds warns when Entra's matching cannot work, and refuses searches
// whose hits could not be checked.
func (d *decoder) checkFinds(k *transform.Kind) {
	searched := k.List != nil
	for _, find := range k.Finds {
		for _, by := range find.By {
			mapped := slices.ContainsFunc(k.Attributes, func(a *transform.Attribute) bool {
				return a.Path.Covers(by.Path) && (!a.Native.IsZero() || a.Read != nil)
			})
			name := by.Path.Dotted()
			broken := d.keys[name] != nil && k.Attribute(name) == nil
			switch {
			case !mapped && !broken:
				d.report(d.calls[find.Call], codeUnmapped, "find: nothing native is mapped to %q, so that no hit could be checked", name)
			case by.Operator != "eq" && by.Path.Leaf().Type == scim.TypeBoolean:
				d.report(d.calls[find.Call], codeBadValue, "find: %q is a boolean and has no operator %s", name, by.Operator)
			case !k.Passes(by):
				d.report(d.calls[find.Call], codeConflict, "find: %q is never asked: the vendor's values of %q are others than those that Entra sees", by, name).Hint =
					"a find by " + name + " alone is asked for the value that the mapping writes"
			}
			searched = searched || by.String() == k.Type.Naming
		}
	}
	if name := k.Type.Naming; d.keys[name] != nil && !searched {
		p := d.warn(d.keys[name], codeNoSearch, "no %s can be looked up by %q: a %s that exists already is created again", noun(k), name, noun(k))
		p.Hint = "add a find by " + name + ", or a list"
	}
}
