package config

import (
	"fmt"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// row is one line of the mapping before its expressions are compiled: their
// scopes need the paths of all rows first.
type row struct {
	path  scim.Path
	key   *node
	value *node
}

// rows gives the mapping's lines whose SCIM attribute is known.
func (d *decoder) rows(n *node) (out []row) {
	if n == nil {
		return nil
	}
	if n.kind == sequence {
		d.report(n, codeWrongKind, "attributes: a mapping is needed here, not a list").Hint = "a list of what is passed on goes with upstream: {protocol: scim}"
		return nil
	}
	if !d.is(n, mapping, "attributes") {
		return nil
	}
	for _, p := range n.pairs {
		if p.key.bad {
			continue
		}
		path, ok := d.path(p.key, "attributes")
		if !ok {
			continue
		}
		if path = reference(path, p.value); d.writable(p.key, path) && !d.mappedTwice(p.key, path, out) {
			out = append(out, row{path, p.key, p.value})
		}
	}
	return out
}

// reference is the path of whom a reference refers to. What Entra sent can be kept
// as it is.
func reference(path scim.Path, value *node) scim.Path {
	if path.IsManager() && path.Sub == nil && value.text != "keep" {
		path.Sub = path.Attribute.SubAttribute("value")
	}
	return path
}

// writable refuses what the gateway itself says about a resource.
func (d *decoder) writable(key *node, path scim.Path) bool {
	if path.IsMembers() {
		d.report(key, codeBadValue, "attribute %q: who is in a group has a key of its own", path.Dotted()).Hint = "write members beside attributes, not below it"
		return false
	}
	if path.IsTime() {
		return true
	}
	if path.Leaf().Mutability != "readOnly" && path.Attribute.Mutability != "readOnly" {
		return true
	}
	p := d.report(key, codeBadValue, "attribute %q is set by the gateway and cannot be mapped", path.Dotted())
	if path.Dotted() == "id" {
		p.Hint = "the native id is named under id, beside attributes"
	}
	return false
}

func (d *decoder) mappedTwice(key *node, path scim.Path, rows []row) bool {
	for _, r := range rows {
		switch {
		case r.path.Dotted() == path.Dotted():
			d.report(key, codeDuplicateMap, "attribute %q is mapped twice; first at %s", path.Dotted(), d.position(r.key))
		case r.path.Covers(path), path.Covers(r.path):
			d.report(key, codeDuplicateMap, "attribute %q overlaps %q, which is mapped at %s",
				path.Dotted(), r.path.Dotted(), d.position(r.key))
		default:
			continue
		}
		return true
	}
	return false
}

var attributeShape = shape{
	keys: []string{"native", "read", "write", "values", "default", "required", "mutability", "uniqueness", "empty", "otherwise", "by", "lookup"},
}

// attribute compiles one line of the mapping.
func (d *decoder) attribute(r row) *transform.Attribute {
	a := &transform.Attribute{Path: r.path, Name: r.path.Dotted(), Mutability: "readWrite"}
	if r.path.IsTime() {
		a.Mutability = "readOnly"
		d.checkTime(r)
	}
	if r.path.IsManager() && r.value.text != "keep" {
		a.Ref = &transform.Reference{}
	}
	where := fmt.Sprintf("attribute %q", a.Name)
	if r.value.kind == mapping {
		d.attributeFields(a, r, where)
		return a
	}
	switch text, _ := d.text(r.value, where); {
	case text == "keep" && a.Name == "active":
		p := d.report(r.value, codeKeepActive, "%s may not be kept: a user who was deactivated would keep access at the vendor", where)
		p.Hint = "map it to a native field, or write active: exists"
	case text == "keep":
		a.Keep = true
	case text == "exists" && a.Name != "active":
		d.report(r.value, codeBadValue, "%s: only active can be %q", where, text).Hint = "write {native: exists} for a native field of this name"
	case text == "exists":
		a.Exists = true
	case text != "":
		d.home(a, r.value, where)
	}
	return a
}

// checkTime: when something was created and changed is only read.
func (d *decoder) checkTime(r row) {
	if r.value.text == "keep" {
		d.report(r.value, codeBadValue, "attribute %q is the application's to say: it cannot be kept", r.path.Dotted())
	}
	for _, p := range r.value.pairs {
		if p.key.text != "native" && p.key.text != "read" {
			d.report(p.key, codeMisplacedKey, "attribute %q: %q has no meaning here: it is only read", r.path.Dotted(), p.key.text)
		}
	}
}

func (d *decoder) attributeFields(a *transform.Attribute, r row, where string) {
	f := d.mapping(r.value, where, attributeShape)
	if f == nil {
		return
	}
	switch {
	case f["native"] != nil:
		d.home(a, f["native"], where)
	case d.scim:
		a.Native = d.field(r.key, where)
	case f["read"] == nil:
		d.report(r.value, codeMissingKey, "%s needs the key %q", where, "native")
	}
	if f["by"] != nil && a.Ref == nil {
		d.report(f["by"], codeMisplacedKey, "%s: %q has no meaning here", where, "by")
	}
	if f["values"] != nil && a.Ref != nil {
		d.report(f["values"], codeConflict, "%s: it refers to a user, and has no table of values", where)
	}
	d.lens(a, f, where)
	if f["default"] != nil {
		tree := d.tree(f["default"], where, transform.InDefault)
		a.Default = &tree
	}
	a.Required = d.boolean(f["required"], where)
	if f["mutability"] != nil {
		a.Mutability = d.word(f["mutability"], where, "readWrite", "readOnly", "immutable", "writeOnly")
	}
	if f["uniqueness"] != nil {
		a.Uniqueness = d.word(f["uniqueness"], where, "none", "server", "global")
	}
	if f["empty"] != nil {
		a.Empty = d.empty(f["empty"], where)
		d.checkEmpty(a, f["empty"], where)
	}
	a.Otherwise = d.otherwise(f["otherwise"], a.Required, where)
}

// lens decodes how values are translated, either way.
func (d *decoder) lens(a *transform.Attribute, f fields, where string) {
	for _, key := range []string{"read", "write"} {
		if f["values"] != nil && f[key] != nil {
			d.report(f[key], codeConflict, "%s: values and %s exclude each other", where, key)
		}
	}
	if f["write"] != nil && a.Native.IsZero() && f["native"] == nil {
		d.report(f["write"], codeConflict, "%s: write needs a native field", where)
	}
	if f["read"] != nil {
		want := transform.TypeOf(a.Path)
		a.Read = d.expression(f["read"], where+": read", transform.InRead, want)
	}
	if f["write"] != nil {
		a.Write = d.expression(f["write"], where+": write", transform.InWrite, "any")
	}
	if f["values"] != nil {
		a.Values = d.values(f["values"], a, where)
	}
	if f["lookup"] != nil {
		a.Lookup = d.lookupNamed(f["lookup"], where)
	}
	if f["lookup"] != nil && f["values"] != nil {
		d.report(f["lookup"], codeConflict, "%s: values and lookup exclude each other", where)
	}
	if a.Lookup != nil && d.scim && a.Path.List() {
		a.Each = d.nativeText(f["lookup"], "value", where)
	}
}

// home decodes where an attribute lives.
func (d *decoder) home(a *transform.Attribute, n *node, where string) {
	if n.kind != scalar || d.scim || !strings.Contains(n.text, "[]") {
		a.Native = d.field(n, where)
		return
	}
	if !a.Path.List() {
		d.report(n, codeConflict, "%s: %q names a list, and the attribute is a single value", where, n.text).Hint =
			"write [0] or [name eq value] for one element, or map the whole attribute"
	}
	a.Native, a.Each, a.Elements = d.listOf(n, n.text, where)
}

// checkEmpty: only what is in a list can be taken out of it.
func (d *decoder) checkEmpty(a *transform.Attribute, n *node, where string) {
	if a.Empty.Mode == transform.EmptyRemove && (d.scim || !a.Native.InList()) {
		d.report(n, codeConflict, "%s: empty: remove takes an element out of its list, and %q is in none", where, a.Native).Hint =
			"it goes with native paths such as phones[kind eq work].number"
	}
}

func (d *decoder) empty(n *node, where string) transform.Empty {
	switch {
	case n.kind == empty:
		return transform.Empty{Mode: transform.EmptyNull}
	case n.kind == scalar && n.style == plain && n.text == "omit":
		return transform.Empty{Mode: transform.EmptyOmit}
	case n.kind == scalar && n.style == plain && n.text == "remove":
		return transform.Empty{Mode: transform.EmptyRemove}
	case n.kind == scalar && n.style == plain && n.text == "never":
		return transform.Empty{Mode: transform.EmptyNever}
	}
	value, err := d.constant(n, where).Build(&transform.Env{})
	if err != nil {
		return transform.Empty{}
	}
	return transform.Empty{Mode: transform.EmptyLiteral, Value: value}
}

// constant gives a literal that takes no expression.
func (d *decoder) constant(n *node, where string) *transform.Tree {
	tree := d.tree(n, where, noPlace)
	return &tree
}

func (d *decoder) otherwise(n *node, required bool, where string) transform.Otherwise {
	if n == nil && required {
		return transform.OtherwiseReject
	}
	if n == nil {
		return transform.OtherwiseKeep
	}
	switch d.word(n, where, "keep", "drop", "reject") {
	case "drop":
		return transform.OtherwiseDrop
	case "reject":
		return transform.OtherwiseReject
	}
	return transform.OtherwiseKeep
}

// values decodes a value table. Keys are compared as text, whatever YAML makes
// of them.
func (d *decoder) values(n *node, a *transform.Attribute, where string) *transform.Table {
	out, before := &transform.Table{}, len(d.source.problems)
	taken := map[string]*node{}
	for _, p := range d.entries(n, where) {
		row := transform.TableRow{SCIM: d.tableKey(p.key, a, where)}
		for _, item := range list(p.value) {
			value := d.literal(item, where)
			text := fmt.Sprint(value.Kind() == scim.KindNull, value.Text())
			if earlier := taken[text]; earlier != nil {
				d.report(item, codeDuplicateValue, "%s: the native value %q stands for two values; first at %s", where, item.text, d.position(earlier))
			}
			taken[text] = item
			row.Native = append(row.Native, value)
		}
		if len(row.Native) == 0 {
			d.report(p.value, codeWrongKind, "%s: the row %q has no native value", where, p.key.text)
			continue
		}
		out.Rows = append(out.Rows, row)
	}
	if n.kind == mapping && len(n.pairs) == 0 {
		d.report(n, codeWrongKind, "%s: the table of values is empty", where)
	}
	if len(d.source.problems) > before {
		return nil
	}
	return out
}

func (d *decoder) tableKey(key *node, a *transform.Attribute, where string) scim.Value {
	switch a.Path.Leaf().Type {
	case scim.TypeBoolean:
		if key.text != "true" && key.text != "false" {
			d.report(key, codeBadValue, "%s: %q is not true or false", where, key.text)
		}
		return scim.Bool(key.text == "true")
	case scim.TypeInteger, scim.TypeDecimal:
		number := scim.Number(key.text)
		if number.IsAbsent() {
			d.report(key, codeBadValue, "%s: %q is not a number", where, key.text)
		}
		return number
	}
	return scim.String(key.text)
}
