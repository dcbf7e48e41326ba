package scim

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Finding is something in a request that was left out. It never fails the
// request: one bad attribute must not keep a user from being deactivated.
type Finding struct {
	Path    string // as the client wrote it, or in the portal's form
	Problem string
	Known   bool // the attribute exists, its value cannot be used
}

func (f Finding) String() string { return f.Path + ": " + f.Problem }

const unknownAttribute = "unknown attribute"

// Fold gives the canonical form of a resource as a client sent it: names in the
// schema's case, values of the schema's types, null, "", [] and {} absent, each
// attribute where its schema has it, no `schemas`. Both dialects of Entra come
// out the same. What cannot be folded is left out and reported.
func (c *Catalog) Fold(body Value) (resource Value, findings []Finding) {
	f := folder{}
	out := make([]Member, 0, len(body.Members()))
	for _, m := range body.Members() {
		if c.isCore(m) {
			inner, found := c.Fold(m.Value)
			f.findings = append(f.findings, found...)
			for _, m := range inner.Members() {
				out = put(out, m.Name, m.Value)
			}
			continue
		}
		path, err := c.memberPath(m.Name)
		if err != nil {
			f.findings = append(f.findings, Finding{m.Name, unknownAttribute, false})
			continue
		}
		if path.Attribute.Name == "schemas" {
			continue
		}
		if v := f.leaf(path, m.Value); !v.IsAbsent() {
			out = path.fill(out, v)
		}
	}
	return object(out), f.findings
}

// isCore reports whether a member is the core schema's URN with an object of its
// attributes, which some clients write as they do an extension's.
func (c *Catalog) isCore(m Member) bool {
	return m.Value.kind == KindObject && strings.EqualFold(m.Name, c.core.URN)
}

// memberPath resolves the name of a member: nearly always an attribute or an
// extension's URN, in Entra's dialects also a whole path.
func (c *Catalog) memberPath(name string) (Path, error) {
	if p, ok := c.lookUp(name); ok {
		return p, nil
	}
	return c.ParsePath(name)
}

// fill sets the value in the members of a resource that nobody else has seen yet;
// an extension that is already there keeps its other members.
func (p Path) fill(resource []Member, v Value) []Member {
	name := p.Attribute.Name
	switch {
	case p.URN != "" || p.Where != nil || p.Sub != nil:
		return p.Set(object(resource), v).Members()
	case p.whole():
		return put(resource, name, mergeElement(object(resource).Member(name), v))
	}
	return put(resource, name, v)
}

// FoldValue gives the canonical form of a value for the path. A value that
// cannot be folded comes out Absent and is reported.
func (c *Catalog) FoldValue(path Path, v Value) (Value, []Finding) {
	f := folder{}
	return f.leaf(path, v), f.findings
}

// folder gathers the findings, and knows where it is for their sake.
type folder struct {
	findings []Finding
	path     Path     // of the value that was handed over
	below    []string // the names from there to the value in hand
}

func (f *folder) report(problem string, known bool) {
	path := f.path.Portal()
	if len(f.below) > 0 {
		separator := "."
		if f.path.whole() {
			separator = ":"
		}
		path += separator + strings.Join(f.below, ".")
	}
	f.findings = append(f.findings, Finding{path, problem, known})
}

func (f *folder) leaf(path Path, v Value) Value {
	f.path, f.below = path, f.below[:0]
	if path.List() {
		return f.value(path.Attribute, v)
	}
	return f.single(path.Leaf(), v)
}

func (f *folder) value(a *Attribute, v Value) Value {
	switch {
	case v.IsEmpty():
		return Value{}
	case a.MultiValued:
		return f.list(a, v)
	}
	return f.single(a, v)
}

// list folds the values of a multi-valued attribute; one that stands alone is a
// list of one.
func (f *folder) list(a *Attribute, v Value) Value {
	if v.kind != KindList {
		v = ListOf(v)
	}
	items := v.Items()
	var out []Value // nil as long as all are as they were, which needs no copy
	for i, item := range items {
		folded := f.single(a, item)
		if out == nil && folded.Is(item) {
			continue
		}
		if out == nil {
			out = append(make([]Value, 0, len(items)), items[:i]...)
		}
		if !folded.IsAbsent() {
			out = append(out, folded)
		}
	}
	if out != nil {
		v = list(out)
	}
	return unassigned(v)
}

// single folds one value; a list of one stands for its item, since Entra's
// documentation writes a manager so.
func (f *folder) single(a *Attribute, v Value) Value {
	if v.kind == KindList && len(v.Items()) == 1 {
		v = v.Items()[0]
	}
	if v.IsEmpty() {
		return Value{}
	}
	out, ok := f.convert(a, v)
	if !ok {
		f.report(fmt.Sprintf("%s is expected, not %s", expectation(a), v.kind), true)
		return Value{}
	}
	return out
}

func expectation(a *Attribute) string {
	switch a.Type {
	case TypeBoolean:
		return "true or false"
	case TypeInteger:
		return "a whole number"
	case TypeDecimal:
		return "a number"
	case TypeComplex:
		return "an object"
	}
	return "a string"
}

func (f *folder) convert(a *Attribute, v Value) (Value, bool) {
	switch a.Type {
	case TypeComplex:
		return f.complex(a, v)
	case TypeBoolean:
		return asBoolean(v)
	case TypeInteger, TypeDecimal:
		return asNumber(a, v)
	}
	switch v.kind {
	case KindString:
		return v, true
	case KindNumber, KindBoolean:
		return String(v.Text()), true
	}
	return Value{}, false
}

// asBoolean takes Entra's "True" and "False" for what they mean.
func asBoolean(v Value) (Value, bool) {
	switch {
	case v.kind == KindBoolean:
		return v, true
	case v.kind == KindString && strings.EqualFold(v.literal(), "true"):
		return Bool(true), true
	case v.kind == KindString && strings.EqualFold(v.literal(), "false"):
		return Bool(false), true
	}
	return Value{}, false
}

func asNumber(a *Attribute, v Value) (Value, bool) {
	if v.kind == KindString {
		v = Number(v.literal())
	}
	return v, v.kind == KindNumber && (a.Type == TypeDecimal || isInteger(v.literal()))
}

// complex folds an object. A bare text stands for {"value": text}: so Entra
// sends the manager, and some clients an e-mail address.
func (f *folder) complex(a *Attribute, v Value) (Value, bool) {
	if v.kind == KindString && a.SubAttribute("value") != nil {
		v = Object(Member{"value", v})
	}
	if v.kind != KindObject {
		return Value{}, false
	}
	members := v.Members()
	var out []Member // nil as long as all are as they were, which needs no copy
	for i, m := range members {
		name, folded := f.sub(a, m)
		if out == nil && name == m.Name && folded.Is(m.Value) {
			continue
		}
		if out == nil {
			out = append(make([]Member, 0, len(members)), members[:i]...)
		}
		if !folded.IsAbsent() {
			out = put(out, name, folded)
		}
	}
	if out != nil {
		v = object(out)
	}
	if a.Name == "roles" {
		v = unpackRole(v)
	}
	return unassigned(v), true
}

// sub folds one member of an object and gives the schema's name of it.
func (f *folder) sub(a *Attribute, m Member) (string, Value) {
	f.below = append(f.below, m.Name)
	defer func() { f.below = f.below[:len(f.below)-1] }()
	sub := a.SubAttribute(m.Name)
	if sub == nil {
		f.report(unknownAttribute, false)
		return "", Value{}
	}
	f.below[len(f.below)-1] = sub.Name
	return sub.Name, f.value(sub, m.Value)
}

// unpackRole reads the JSON that Entra's AppRoleAssignmentsComplex puts inside
// the string `value` of a role.
func unpackRole(role Value) Value {
	text := role.Member("value").literal()
	if !strings.HasPrefix(text, "{") || !gjson.Valid(text) {
		return role
	}
	inner := gjson.Parse(text)
	if value := inner.Get("value"); value.Type == gjson.String && value.Str != "" {
		role = role.With("value", String(value.Str))
		if name := inner.Get("displayName"); name.Type == gjson.String && name.Str != "" {
			role = role.With("display", String(name.Str))
		}
	}
	return role
}
