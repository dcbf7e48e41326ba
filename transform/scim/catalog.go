package scim

import (
	"fmt"
	"slices"
	"strings"
)

// Extension is a schema that extends a resource type.
type Extension struct {
	Schema *Schema
	// Alias is the name by which a vendor file writes it: enterprise.department.
	// An extension without one has its attributes written by their bare names.
	Alias string
}

// Catalog is what one resource type knows: its core schema, the attributes
// common to all resources, and the extensions. It is read-only once made.
type Catalog struct {
	core       *Schema
	attributes []*Attribute // the common and the core ones
	extensions []extension
	schemas    Value // the URNs of the core schema and all extensions
}

type extension struct {
	Extension
	whole *Attribute // the object that holds the attributes, as a complex attribute
}

// NewCatalog makes the catalog of a resource type.
func NewCatalog(core *Schema, extensions ...Extension) *Catalog {
	c := &Catalog{core: core, attributes: append(common(), core.Attributes...)}
	for _, e := range extensions {
		whole := &Attribute{Name: e.Schema.URN, Type: TypeComplex, Sub: e.Schema.Attributes,
			Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
		c.extensions = append(c.extensions, extension{e, whole})
	}
	var urns []Value
	for _, schema := range c.Schemas() {
		urns = append(urns, String(schema.URN))
	}
	c.schemas = ListOf(urns...)
	return c
}

// Core is the core schema.
func (c *Catalog) Core() *Schema { return c.core }

// IsExtension reports whether a member of this name holds an extension's attributes.
func (c *Catalog) IsExtension(name string) bool {
	for i := range c.extensions {
		if c.extensions[i].Schema.URN == name {
			return true
		}
	}
	return false
}

// SchemasOf is the value of `schemas` of a resource (RFC 7643 section 3.1). The
// list with every extension, the usual one, is made once.
func (c *Catalog) SchemasOf(resource Value) Value {
	missing := func(e extension) bool { return resource.Member(e.Schema.URN).IsEmpty() }
	if !slices.ContainsFunc(c.extensions, missing) {
		return c.schemas
	}
	urns := []Value{String(c.core.URN)}
	for _, e := range c.extensions {
		if !missing(e) {
			urns = append(urns, String(e.Schema.URN))
		}
	}
	return ListOf(urns...)
}

// Schemas are the core schema and those of the extensions.
func (c *Catalog) Schemas() []*Schema {
	out := []*Schema{c.core}
	for _, e := range c.extensions {
		out = append(out, e.Schema)
	}
	return out
}

// Leaves are the paths at which values can be found: simple attributes, the
// sub-attributes of complex ones, multi-valued attributes as a whole, and their
// sub-attributes for each canonical type.
func (c *Catalog) Leaves() []Path {
	var out []Path
	for _, a := range c.attributes {
		out = append(out, leaves(Path{Attribute: a})...)
	}
	for i := range c.extensions {
		for _, a := range c.extensions[i].Schema.Attributes {
			out = append(out, leaves(c.extensions[i].path(a))...)
		}
	}
	return out
}

func leaves(p Path) []Path {
	a := p.Attribute
	if a.MultiValued {
		out := []Path{p}
		if kind := a.SubAttribute("type"); kind != nil {
			for _, text := range kind.CanonicalValues {
				out = append(out, subs(p.ofType(text))...)
			}
		}
		return out
	}
	if len(a.Sub) > 0 {
		return subs(p)
	}
	return []Path{p}
}

func subs(p Path) (out []Path) {
	for _, sub := range p.Attribute.Sub {
		if p.Where == nil || sub.Name != "type" {
			p.Sub = sub
			out = append(out, p)
		}
	}
	return out
}

func (e *extension) path(a *Attribute) Path {
	return Path{URN: e.Schema.URN, Attribute: a, alias: e.Alias}
}

// wholePath is the path of the extension as a whole.
func (e *extension) wholePath() Path { return Path{Attribute: e.whole, alias: e.Alias} }

// root is where the first name of a path is looked up.
type root struct {
	urn        string // as the schema spells it; "" when none was written
	core       bool
	extension  *extension
	rest       string // what follows the URN and its separator
	candidates []*Attribute
}

// splitURN splits the longest known schema URN off s. The last colon would not
// do: `...:2.0:User` is a URN and `...:2.0:User:title` is not. A full stop as
// the separator is a form that Entra's older clients send.
func (c *Catalog) splitURN(s string) (root, bool) {
	best := root{}
	if rest, ok := cutURN(s, c.core.URN); ok {
		best = root{urn: c.core.URN, core: true, rest: rest, candidates: c.attributes}
	}
	for i := range c.extensions {
		e := &c.extensions[i]
		if rest, ok := cutURN(s, e.Schema.URN); ok && len(e.Schema.URN) > len(best.urn) {
			best = root{urn: e.Schema.URN, extension: e, rest: rest, candidates: e.Schema.Attributes}
		}
	}
	return best, best.urn != ""
}

func cutURN(s, urn string) (rest string, ok bool) {
	if len(s) < len(urn) || !strings.EqualFold(s[:len(urn)], urn) {
		return "", false
	}
	if s = s[len(urn):]; s == "" {
		return "", true
	}
	return s[1:], s[0] == ':' || s[0] == '.'
}

// lookUp finds a name written without a URN: first among the core attributes,
// then, since Entra writes `manager` bare, among those of the extensions.
func (c *Catalog) lookUp(name string) (Path, bool) {
	if a := find(c.attributes, name); a != nil {
		return Path{Attribute: a}, true
	}
	for i := range c.extensions {
		if a := find(c.extensions[i].Schema.Attributes, name); a != nil {
			return c.extensions[i].path(a), true
		}
	}
	return Path{}, false
}

// UnknownAttribute is a name that no schema of the catalog has.
type UnknownAttribute struct {
	Name       string
	Suggestion string // in the notation of Name; "" for none
}

func (e *UnknownAttribute) Error() string {
	if e.Suggestion != "" {
		return fmt.Sprintf("unknown attribute %q, did you mean %q?", e.Name, e.Suggestion)
	}
	return fmt.Sprintf("unknown attribute %q", e.Name)
}

// nearest gives the candidate that is at most two edits away and more like than not, or "".
func nearest(name string, candidates []string) string {
	best, distance := "", 3
	for _, candidate := range candidates {
		if d := edits(strings.ToLower(name), strings.ToLower(candidate), distance); d < distance && 2*d < len(name) {
			best, distance = candidate, d
		}
	}
	return best
}

// edits is the Levenshtein distance, or limit when it is no less.
func edits(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return min(row[len(b)], limit)
}

func names(attributes []*Attribute) []string {
	out := make([]string, len(attributes))
	for i, a := range attributes {
		out[i] = a.Name
	}
	return out
}
