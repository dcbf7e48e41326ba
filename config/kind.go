package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

var kindKeys = []string{"rules", "id", "attributes", "fixed", "secret", "create", "read", "update", "delete", "list", "find",
	"protect", "adopt", "errors"}

var usersShape = shape{keys: slices.Concat(kindKeys, []string{"forget"})}

var groupsShape = shape{keys: slices.Concat(kindKeys, []string{"members"})}

// kind compiles the users or the groups of a vendor; nil where the file has none.
func (d *decoder) kind(n *node, k *transform.Kind, s shape) *transform.Kind {
	d.catalog, d.keys, d.place = k.Catalog, map[string]*node{}, transform.InAnswer
	f, rows := d.prepare(n, k.Name, s)
	if n == nil || f == nil {
		return nil
	}
	d.fill(k, f, rows)
	d.check(k, n, f)
	return k
}

// prepare looks at the names that a kind maps, which every scope needs to know.
func (d *decoder) prepare(n *node, where string, s shape) (fields, []row) {
	var f fields
	var rows []row
	if n != nil {
		f = d.mapping(n, where, s)
		d.need(n, where, f, "id", "attributes", "create", "read", "update", "delete")
		rows = d.rows(f["attributes"])
	}
	var used []scim.Path
	for _, r := range rows {
		used = append(used, r.path)
		d.keys[r.path.Dotted()] = r.key
	}
	if f["rules"] != nil {
		used = append(used, d.targets(f["rules"])...)
	}
	d.scopes = transform.NewScopes(d.catalog, used, d.scim)
	return f, rows
}

// targets are the attributes that rules set; what is wrong with them is
// reported later.
func (d *decoder) targets(n *node) (out []scim.Path) {
	for _, rule := range n.items {
		for _, p := range rule.pairs {
			if path, err := d.catalog.ParseDotted(p.value.text); err == nil && p.key.text == "set" {
				out = append(out, path)
			}
		}
	}
	return out
}

// fill compiles what the keys of a kind say.
func (d *decoder) fill(k *transform.Kind, f fields, rows []row) {
	if k.Name == "users" {
		d.users = k
	}
	if f["rules"] != nil {
		k.Rules = d.rules(f["rules"])
	}
	if f["id"] != nil {
		k.ID = d.id(f["id"])
		d.scopes.Identify(k.ID)
	}
	for _, r := range rows {
		k.Attributes = append(k.Attributes, d.attribute(r))
	}
	if f["fixed"] != nil {
		k.Fixed = d.fixed(f["fixed"])
	}
	if f["secret"] != nil {
		for _, item := range list(f["secret"]) {
			k.Secret = append(k.Secret, d.field(item, "secret"))
		}
	}
	d.operations(k, f)
	if f["protect"] != nil {
		k.Protect = d.expression(f["protect"], "protect", transform.InGuard, "boolean")
	}
	k.Adopt = d.boolean(f["adopt"], "adopt")
	if f["forget"] != nil {
		k.Forget = d.days(f["forget"], k)
	}
	k.Errors = d.errors(f["errors"], k.Name)
	for _, r := range rows {
		d.refer(k.Attribute(r.path.Dotted()), r)
	}
	if f["members"] != nil {
		k.Members = d.members(f["members"])
	}
}

// refer says how the vendor names whom a reference refers to.
func (d *decoder) refer(a *transform.Attribute, r row) {
	if a == nil || a.Ref == nil || r.value.kind != mapping {
		return
	}
	if by := r.value.value("by"); by != nil {
		a.Ref.By = d.referredBy(by, fmt.Sprintf("attribute %q", a.Name))
	}
}

func (d *decoder) operations(k *transform.Kind, f fields) {
	if k.RefusesCreate = refuses(f["create"]); !k.RefusesCreate {
		k.Create = d.operation(f["create"], transform.Create)
	}
	d.reads(k, f["read"])
	if !refuses(f["update"]) {
		k.Update = d.operation(f["update"], transform.Update)
	} else {
		for _, a := range k.Attributes {
			if a.Sent() && a.Mutability == "readWrite" {
				a.Mutability = "immutable"
			}
		}
	}
	switch n := f["delete"]; {
	case n != nil && n.kind == scalar && n.text == "deactivate":
		k.OnDelete = transform.Deactivate
	case n != nil && n.kind == scalar && n.text == "refuse":
		k.OnDelete = transform.Refuse
	default:
		k.Delete = d.operation(n, transform.Delete)
	}
	if n := f["list"]; n == nil || n.kind != scalar || n.text != "none" {
		if lists := d.operation(n, transform.List); len(lists) > 0 {
			k.List, k.MoreLists = lists[0], lists[1:]
		}
	}
	k.Finds = d.finds(f["find"])
}

// reads decodes the calls of read: the first shows the resource, each further one
// a part of it.
func (d *decoder) reads(k *transform.Kind, n *node) {
	if n == nil || n.bad {
		return
	}
	if n.kind == sequence && len(n.items) == 0 {
		d.report(n, codeWrongKind, "%s: a call is needed here", transform.Read)
	}
	for i, item := range list(n) {
		d.used = nil
		if i == 0 {
			k.Read, _ = d.call(item, transform.Read)
			d.checkRead(item, k.Read)
			continue
		}
		c, _ := d.callAt(item, transform.Read, transform.InJoin)
		switch {
		case c == nil:
		case item.kind != mapping || item.value("into") == nil:
			d.report(item, codeMissingKey, "read: a further call needs the key %q: where in the resource its answer is joined", "into")
		default:
			c.Into = d.field(item.value("into"), "read")
			k.Joins, d.uses[c] = append(k.Joins, c), d.used
		}
	}
}

// checkRead: the first call is the resource, and nothing is joined before it.
func (d *decoder) checkRead(n *node, c *transform.Call) {
	if c == nil || n.kind != mapping {
		return
	}
	for _, key := range []string{"into", "when"} {
		if found := n.value(key); found != nil {
			d.report(found, codeMisplacedKey, "read: %q has no meaning in the first call, which shows the user or group", key)
		}
	}
}

// refuses reports whether an operation is one that the vendor has no call for.
func refuses(n *node) bool { return n != nil && n.kind == scalar && n.text == "refuse" }

var idShape = shape{keys: []string{"native", "type", "match", "renames"}}

func (d *decoder) id(n *node) transform.ID {
	out := transform.ID{Type: "string"}
	if n.kind != mapping {
		out.Native = d.field(n, "id")
		return out
	}
	f := d.mapping(n, "id", idShape)
	if d.need(n, "id", f, "native"); f["native"] != nil {
		out.Native = d.field(f["native"], "id")
	}
	if f["type"] != nil {
		out.Type = d.word(f["type"], "id", "string", "integer")
	}
	out.Renames = d.boolean(f["renames"], "id")
	if f["match"] != nil {
		out.Match = d.match(f["match"])
	}
	return out
}

// match gives a pattern that an id must fit as a whole.
func (d *decoder) match(n *node) func(string) bool {
	text, ok := d.text(n, "id")
	if !ok {
		return nil
	}
	pattern, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		d.report(n, codeBadValue, "id: %q is not a regular expression", text)
		return nil
	}
	return pattern.MatchString
}

// fixed decodes the native fields that the file sets at creation.
func (d *decoder) fixed(n *node) (out []transform.FixedField) {
	for _, p := range d.entries(n, "fixed") {
		out = append(out, transform.FixedField{
			Path:  d.field(p.key, "fixed"),
			Value: d.tree(p.value, "fixed."+p.key.text, transform.InFixed),
		})
	}
	return out
}

// types are those that an extension's attribute may have.
var types = []string{scim.TypeString, scim.TypeBoolean, scim.TypeInteger, scim.TypeDecimal, scim.TypeDateTime,
	scim.TypeReference, scim.TypeBinary}

// extensions declares further attributes. The enterprise extension is known.
func (d *decoder) extensions(n *node) []scim.Extension {
	out := []scim.Extension{{Schema: scim.EnterpriseUser(), Alias: "enterprise"}}
	if n == nil {
		return out
	}
	known := scim.NewCatalog(scim.CoreUser(), out...)
	for _, p := range d.entries(n, "extensions") {
		urn := p.key.text
		switch {
		case !strings.HasPrefix(strings.ToLower(urn), "urn:"):
			d.report(p.key, codeBadValue, "extensions: %q is not the URN of a schema", urn)
		case strings.EqualFold(urn, scim.CoreUser().URN) || strings.EqualFold(urn, scim.EnterpriseUser().URN):
			d.report(p.key, codeBadValue, "extensions: %q is known already", urn)
		default:
			out = append(out, scim.Extension{Schema: d.extension(urn, p.value, known)})
		}
	}
	return out
}

// attributeName is that of RFC 7643 section 2.1.
var attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

func (d *decoder) extension(urn string, n *node, known *scim.Catalog) *scim.Schema {
	var attributes []*scim.Attribute
	for _, p := range d.entries(n, "extensions") {
		if !attributeName.MatchString(p.key.text) {
			d.report(p.key, codeBadValue, "extensions: %q cannot be the name of an attribute", p.key.text)
			continue
		}
		if _, err := known.ParseDotted(p.key.text); err == nil {
			d.report(p.key, codeBadValue, "extensions: %q is an attribute of another schema already", p.key.text)
			continue
		}
		attributes = append(attributes, &scim.Attribute{Name: p.key.text, Type: d.word(p.value, "extensions", types...)})
	}
	return scim.NewSchema(urn, urn, "", attributes...)
}
