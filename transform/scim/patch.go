package scim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// These bound what one PATCH may cost: Entra sends some dozens of operations,
// and long lists only of members. Elements that are told apart by a value are
// found by it, the others one by one.
const (
	maxOperations = 1000
	maxValues     = 5000 // added to multi-valued attributes
	maxSearched   = 200  // of these, for attributes other than members
)

// Patch is a parsed PATCH request (RFC 7644 section 3.5.2), in either dialect
// of Entra: its operations are broken down into steps on single paths.
type Patch struct {
	steps    []step
	findings []Finding
}

// step is one change at one path.
type step struct {
	operation int // 1-based, for messages
	kind      stepKind
	path      Path
	value     Value // folded; Absent removes
}

type stepKind uint8

const (
	set  stepKind = iota // the path has this value
	join                 // the values are added to a multi-valued attribute
	take                 // the values are taken from a multi-valued attribute
)

// ParsePatch parses the body of a PATCH. What it cannot use is left out and
// reported by Apply; only a request that is no PATCH at all is an error.
func ParsePatch(c *Catalog, body Value) (Patch, *Error) {
	operations := body.MemberFold("Operations")
	if operations.kind != KindList {
		return Patch{}, BadRequest(InvalidSyntax, "a PATCH needs the list \"Operations\"")
	}
	if n := len(operations.Items()); n > maxOperations {
		return Patch{}, &Error{Status: 413, Detail: fmt.Sprintf("%d operations are more than %d", n, maxOperations)}
	}
	p := patchParser{catalog: c}
	var wrong *Error
	for i, operation := range operations.Items() {
		p.number = i + 1
		if err := p.operation(operation); err != nil {
			err.Detail = fmt.Sprintf("operation %d: %s", p.number, err.Detail)
			p.report(fmt.Sprintf("operation %d", p.number), err.Detail, false)
			if wrong == nil {
				wrong = err
			}
		}
	}
	if wrong != nil && !p.patch.deactivates() {
		return Patch{}, wrong
	}
	if p.values > maxValues || p.searched > maxSearched {
		return Patch{}, &Error{Status: 413, Detail: "the operations add too many values"}
	}
	return p.patch, nil
}

// deactivates reports whether an operation sets active to false. Whatever is
// wrong beside it must not keep the user active.
func (p Patch) deactivates() bool {
	return slices.ContainsFunc(p.steps, func(s step) bool {
		return s.kind == set && s.path.Dotted() == "active" && s.value.kind == KindBoolean && !s.value.Boolean()
	})
}

type patchParser struct {
	catalog *Catalog
	number  int
	patch   Patch
	// How many values are added.
	values, searched int
}

func (p *patchParser) operation(operation Value) *Error {
	if operation.kind != KindObject {
		return BadRequest(InvalidSyntax, "an object is expected, not "+operation.kind.String())
	}
	op := operation.MemberFold("op").literal()
	text := operation.MemberFold("path")
	value := operation.MemberFold("value")
	if text.kind != KindString && !text.IsEmpty() {
		return BadRequest(InvalidPath, "the path is "+text.kind.String()+", not a string")
	}
	switch {
	case strings.EqualFold(op, "remove"):
		return p.remove(text.literal(), value)
	case !strings.EqualFold(op, "add") && !strings.EqualFold(op, "replace"):
		return BadRequest(InvalidSyntax, fmt.Sprintf("%q is not an operation: use add, replace or remove", op))
	case value.IsAbsent():
		return BadRequest(InvalidValue, strings.ToLower(op)+" needs a value")
	case text.literal() == "":
		return p.pathless(strings.EqualFold(op, "add"), value)
	}
	path, err := p.path(text.literal())
	if err == nil && path.Attribute != nil {
		return p.write(strings.EqualFold(op, "add"), path, value)
	}
	return err
}

// path resolves the path of an operation. For one that no schema has, and for
// what only the service provider writes, it is the zero Path: such an operation
// is ignored, since it must not sink those beside it.
func (p *patchParser) path(text string) (Path, *Error) {
	path, err := p.catalog.ParsePath(text)
	if errors.As(err, new(*UnknownAttribute)) {
		p.report(text, unknownAttribute, false)
		return Path{}, nil
	}
	if err != nil {
		return Path{}, BadRequest(InvalidPath, err.Error())
	}
	if path.Attribute.Mutability == "readOnly" {
		return Path{}, nil
	}
	return path, nil
}

func (p *patchParser) report(path, problem string, known bool) {
	p.patch.findings = append(p.patch.findings, Finding{path, problem, known})
}

func (p *patchParser) step(kind stepKind, path Path, value Value) {
	if p.values += len(value.Items()); !path.IsMembers() {
		p.searched += len(value.Items())
	}
	p.patch.steps = append(p.patch.steps, step{p.number, kind, path, value})
}

// remove reads a removal. Entra names the members to remove in a value, which
// RFC 7644 section 3.5.2.2 does not know: ignored, it would empty the group. So
// a value that names nobody takes nobody.
func (p *patchParser) remove(text string, value Value) *Error {
	if text == "" {
		return BadRequest(NoTarget, "remove needs a path")
	}
	path, err := p.path(text)
	if err != nil || path.Attribute == nil {
		return err
	}
	named := !value.IsAbsent() && value.kind != KindNull
	if named {
		path = path.elements()
	}
	if !named || !path.List() {
		p.step(set, path, Value{})
		return nil
	}
	folded, _ := p.list(path, value)
	if !folded.IsAbsent() {
		p.step(take, path, folded)
	}
	return nil
}

// pathless reads an operation without a path: an object whose names are
// attributes or, in Entra's dialects, whole paths.
func (p *patchParser) pathless(add bool, value Value) (wrong *Error) {
	if value.kind != KindObject {
		return BadRequest(InvalidSyntax, "without a path the value must be an object, not "+value.kind.String())
	}
	for _, m := range value.Members() {
		path, err := p.catalog.memberPath(m.Name)
		var refused *Error
		switch {
		case p.catalog.isCore(m):
			refused = p.pathless(add, m.Value)
		case err != nil:
			p.report(m.Name, unknownAttribute, false)
		case path.Attribute.Mutability != "readOnly":
			refused = p.write(add, path, m.Value)
		}
		if wrong == nil {
			wrong = refused
		}
	}
	return wrong
}

// write reads an add or replace at a path. On a single-valued attribute they
// are the same.
func (p *patchParser) write(add bool, path Path, value Value) *Error {
	if add {
		path = path.elements()
	}
	if !path.List() && value.kind == KindList && len(value.Items()) == 1 {
		value = value.Items()[0]
	}
	switch {
	case path.whole() && value.kind == KindObject:
		p.extension(add, path, value)
	case path.List() && add && value.IsEmpty():
		// Nothing is added.
	case path.List() && add:
		folded, err := p.list(path, value)
		if !folded.IsAbsent() {
			p.step(join, path, folded)
		}
		return err
	case p.merges(add, path) && value.kind == KindObject:
		p.members(add, path, value)
	default:
		return p.assign(path, value)
	}
	return nil
}

// merges reports whether an object sets the sub-attributes that it names and
// leaves the others (RFC 7644 section 3.5.2.3): so a complex attribute, but not
// a reference such as the manager, whose display name belongs to its id; and an
// element that is added to, but not one that is replaced.
func (p *patchParser) merges(add bool, path Path) bool {
	leaf := path.Leaf()
	if path.Sub != nil || len(leaf.Sub) == 0 {
		return false
	}
	if path.Where != nil {
		return add
	}
	return !leaf.MultiValued && leaf.SubAttribute("value") == nil
}

// extension writes each attribute of an extension's object.
func (p *patchParser) extension(add bool, path Path, value Value) {
	for _, m := range value.Members() {
		inner, err := p.catalog.attributePath(path.Attribute.Name + ":" + m.Name)
		if err != nil {
			p.report(path.Attribute.Name+":"+m.Name, unknownAttribute, false)
			continue
		}
		p.write(add, inner, m.Value)
	}
}

func (p *patchParser) members(add bool, path Path, value Value) {
	for _, m := range value.Members() {
		inner, err := path.withSub(m.Name, m.Name)
		if err != nil {
			p.report(path.Portal()+"."+m.Name, unknownAttribute, false)
			continue
		}
		p.write(add, inner, m.Value)
	}
}

// assign sets the value at the path. One that cannot be used changes nothing;
// an empty one removes, and so does a reference to "".
func (p *patchParser) assign(path Path, value Value) *Error {
	before := len(p.patch.findings)
	folded, err := p.list(path, value)
	if err != nil {
		return err
	}
	id := value.MemberFold("value")
	if path.Sub == nil && !path.List() && !id.IsAbsent() && id.IsEmpty() {
		folded = Value{}
	}
	if path.List() {
		folded = onePrimary(Value{}, folded)
	}
	if !folded.IsAbsent() || value.IsEmpty() || len(p.patch.findings) == before {
		p.step(set, path, folded)
	}
	return nil
}

// list folds a value. Of the elements of members each must name somebody: one
// that was left out would be a member who never joins.
func (p *patchParser) list(path Path, value Value) (Value, *Error) {
	folded := p.fold(path, value)
	if !path.List() || !path.IsMembers() {
		return folded, nil
	}
	return membersIn(value, folded)
}

func (p *patchParser) fold(path Path, value Value) Value {
	folded, findings := p.catalog.FoldValue(path, value)
	p.patch.findings = append(p.patch.findings, findings...)
	return folded
}

// Names reports whether an operation is about the value at leaf.
func (p Patch) Names(leaf Path) bool {
	for _, s := range p.steps {
		if s.reach().overlaps(leaf) {
			return true
		}
		if s.movesPrimary() && s.list().overlaps(leaf) && leaf.Sub != nil && leaf.Sub.Name == "primary" {
			return true
		}
	}
	return false
}

// Assigns reports whether an operation sets the whole of what is at leaf.
func (p Patch) Assigns(leaf Path) bool {
	for _, s := range p.steps {
		if s.kind == set && s.path.Covers(leaf) {
			return true
		}
	}
	return false
}

// list is the path of the attribute that the step is about, as a whole.
func (s step) list() Path {
	whole := s.path
	whole.Where, whole.Sub, whole.element = nil, nil, ""
	return whole
}

// reach is what the step may change: with the type of an element, all that is
// found by it.
func (s step) reach() Path {
	if s.path.Attribute.MultiValued && !s.keepsType() {
		return s.list()
	}
	return s.path
}

func (s step) keepsType() bool {
	if s.path.Sub != nil {
		return s.path.Sub.Name != "type"
	}
	kind := s.value.Member("type")
	return s.path.Where == nil || kind.IsAbsent() || strings.EqualFold(kind.literal(), s.path.element)
}

// Determined reports whether the values of the leaves that the operations name
// follow from the request alone, whatever the resource is.
func (p Patch) Determined() bool {
	for _, s := range p.steps {
		if !s.determined() {
			return false
		}
	}
	return true
}

func (s step) determined() bool {
	path := s.path
	switch {
	case s.kind != set:
		return false
	case path.Where == nil:
		return path.Sub == nil || !path.Attribute.MultiValued
	}
	return path.element != "" && !s.movesPrimary() && s.keepsType()
}

// movesPrimary reports whether the step may make an element the primary one,
// which takes that from another.
func (s step) movesPrimary() bool {
	if s.path.Sub != nil {
		return s.path.Sub.Name == "primary" && s.path.Attribute.MultiValued
	}
	return s.path.Where != nil && s.value.Member("primary").Boolean() || s.kind == join
}
