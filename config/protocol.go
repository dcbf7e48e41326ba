package config

import (
	_ "embed"
	"slices"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

//go:embed scim.yaml
var scimDefaults []byte

// protocol gives the place of `protocol: scim`, which decides how everything else
// is read; nil where the file does not say so.
func (d *decoder) protocol(upstream *node) *node {
	if upstream == nil || upstream.kind != mapping {
		return nil
	}
	n := upstream.value("protocol")
	if n != nil && d.word(n, "upstream", "scim") == "scim" {
		return n
	}
	return nil
}

// value is the value of a key of a mapping, or nil.
func (n *node) value(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// fillIn adds to a file what `protocol: scim` stands for. What is added is
// blamed on that key, should it not fit the rest of the file.
func (d *decoder) fillIn(f fields, protocol *node) {
	source := &source{name: "scim.yaml"}
	defaults := source.parse(scimDefaults)
	if defaults == nil || source.failed() {
		panic("BUG: scim.yaml cannot be read")
	}
	defaults.move(protocol)
	upstream := defaults.value("upstream")
	if headers := f["upstream"].value("headers"); headers != nil {
		headers.complete(upstream.value("headers"))
	}
	if errors := f["upstream"].value("errors"); errors != nil && errors.kind == sequence {
		errors.items = append(errors.items, upstream.value("errors").items...)
	}
	f["upstream"].complete(upstream)
	d.fillInKind(f["users"], defaults.value("users"), protocol, d.catalog)
	d.fillInKind(f["groups"], defaults.value("groups"), protocol, scim.NewCatalog(scim.CoreGroup()))
}

func (d *decoder) fillInKind(n, from, protocol *node, catalog *scim.Catalog) {
	if n == nil || n.kind != mapping {
		return
	}
	for _, operation := range []string{"find", "list", "update"} {
		for _, call := range calls(n.value(operation)) {
			call.complete(from.value(operation).fitting(call))
		}
	}
	n.complete(from)
	passOn(n, protocol, catalog)
}

// move puts a node, and what is below it, where another one stands.
func (n *node) move(to *node) {
	n.line, n.column, n.raw = to.line, to.column, ""
	for _, p := range n.pairs {
		p.key.move(to)
		p.value.move(to)
	}
	for _, item := range n.items {
		item.move(to)
	}
}

// complete adds the keys that a mapping lacks.
func (n *node) complete(from *node) {
	for _, p := range from.pairs {
		same := func(q pair) bool { return strings.EqualFold(q.key.text, p.key.text) }
		if n.kind == mapping && !slices.ContainsFunc(n.pairs, same) {
			n.pairs = append(n.pairs, p)
		}
	}
}

// calls are the calls of an operation as mappings: of a plain string it is the request.
func calls(n *node) []*node {
	if n == nil {
		return nil
	}
	all := list(n)
	for _, call := range all {
		if call.kind == scalar && call.text != "none" {
			request := *call
			*call = node{kind: mapping, line: call.line, column: call.column, pairs: []pair{{request.key("request"), &request}}}
		}
	}
	return all
}

// fitting is what a call is completed with: an answer that is one item has no
// items, only a PATCH takes operations, and a PUT sends the whole resource.
func (n *node) fitting(call *node) *node {
	out := *n
	out.pairs = slices.Clone(n.pairs)
	leave := func(key string) {
		out.pairs = slices.DeleteFunc(out.pairs, func(p pair) bool { return p.key.text == key })
	}
	if call.value("item") != nil {
		leave("items")
	}
	request, own := call.value("request"), call.value("whole") != nil
	if n.value("body") == nil || !own && (request == nil || strings.HasPrefix(request.text, "PATCH ")) {
		return &out
	}
	leave("body")
	if !own && strings.HasPrefix(request.text, "PUT ") {
		out.pairs = append(out.pairs, pair{n.key("whole"), n.key("true")})
	}
	return &out
}

// key is a key that nobody wrote, at the node's place.
func (n *node) key(text string) *node {
	return &node{kind: scalar, text: text, line: n.line, column: n.column}
}

// passOn makes the mapping of a list of attributes, each to the same place at
// the vendor. Items may be rows of a mapping; without a list it is everything.
func passOn(kind, protocol *node, catalog *scim.Catalog) {
	attributes := kind.value("attributes")
	if attributes == nil {
		attributes = protocol.key("")
		attributes.kind, attributes.text = sequence, ""
		for _, path := range catalog.Leaves() {
			if passable(path) {
				attributes.items = append(attributes.items, protocol.key(path.Dotted()))
			}
		}
		kind.pairs = append(kind.pairs, pair{protocol.key("attributes"), attributes})
	}
	if attributes.kind != sequence {
		return
	}
	attributes.kind = mapping
	for _, item := range attributes.items {
		if item.kind == mapping {
			attributes.pairs = append(attributes.pairs, item.pairs...)
		} else {
			attributes.pairs = append(attributes.pairs, pair{item, item})
		}
	}
	attributes.items = nil
}

// passable reports whether an attribute is passed on where a file names none.
// Elements are passed on with their list. A password is not: it is writeOnly. Nor
// are roles, which are rights, and not given unless a file says so; of the manager it is whom
// he is, and who is in a group is said under members. When something was made and
// changed is only read.
func passable(path scim.Path) bool {
	if path.IsTime() {
		return true
	}
	writable := path.Attribute.Mutability == "readWrite" && path.Leaf().Mutability == "readWrite"
	if path.IsManager() {
		return path.Sub != nil && path.Sub.Name == "value"
	}
	return writable && path.Where == nil && !path.IsMembers() && path.Attribute.Name != "roles"
}

// field gives the path of a native field: at a vendor that speaks SCIM one of
// SCIM's attributes.
func (d *decoder) field(n *node, where string) transform.NativePath {
	if !d.scim {
		return d.native(n, where)
	}
	path, ok := d.path(n, where)
	if !ok {
		return transform.NativePath{}
	}
	out, err := transform.NativeSCIM(path)
	if err != nil {
		d.report(n, codeBadPath, "%s: %v", where, err)
	}
	return out
}

// fieldNames gives native fields as calls name them.
func (d *decoder) fieldNames(n *node, where string) []string {
	if !d.scim {
		return d.texts(n, where)
	}
	var out []string
	for _, path := range d.fieldPaths(n, where) {
		out = append(out, path.String())
	}
	return out
}

// fieldPaths gives native fields by their paths.
func (d *decoder) fieldPaths(n *node, where string) (out []transform.NativePath) {
	for _, item := range list(n) {
		if path := d.field(item, where); !path.IsZero() {
			out = append(out, path)
		}
	}
	return out
}
