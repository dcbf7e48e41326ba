package scim

import "strings"

// Path names a place in a resource (RFC 7644 section 3.10): an attribute, the
// elements of a multi-valued attribute that a filter selects, a sub-attribute of
// either. An extension as a whole is a path too: its Attribute bears the URN.
type Path struct {
	URN       string     // of the extension; "" for the core schema
	Attribute *Attribute // nil only in the zero Path, which names nothing
	Where     Filter     // selects elements; nil: all
	Sub       *Attribute // nil: the attribute or element as a whole

	alias   string // the extension's
	element string // the type, where Where is `type eq "..."` and nothing else
}

// ofType narrows the path to the element of this type.
func (p Path) ofType(text string) Path {
	kind := Path{URN: p.URN, Attribute: p.Attribute, Sub: p.Attribute.SubAttribute("type"), alias: p.alias}
	p.Where = newComparison(kind, "eq", String(text), true)
	p.element = text
	return p
}

// where narrows the path to the elements that a value filter selects.
func (p Path) where(f Filter) Path {
	p.Where = f
	if c, ok := f.(*comparison); ok && c.op == "eq" && c.path.Sub.Name == "type" && c.value.kind == KindString {
		p.element = c.value.literal()
	}
	return p
}

// Leaf is the attribute or sub-attribute that the path ends in.
func (p Path) Leaf() *Attribute {
	if p.Sub != nil {
		return p.Sub
	}
	return p.Attribute
}

// List reports whether the path names all values of a multi-valued attribute.
func (p Path) List() bool { return p.Attribute.MultiValued && p.Where == nil && p.Sub == nil }

// IsTime reports whether the path is meta.created or meta.lastModified: of all
// that is said about a resource, what only the vendor can say.
func (p Path) IsTime() bool {
	return p.URN == "" && p.Sub != nil && p.Attribute.Name == "meta" && p.Sub.Type == TypeDateTime
}

// IsMembers reports whether the path is the members of a group, or a part of them.
func (p Path) IsMembers() bool {
	return p.URN == "" && p.Attribute != nil && p.Attribute.Name == "members"
}

// IsManager reports whether the path is the user's manager, or a part of it.
func (p Path) IsManager() bool {
	return p.URN == EnterpriseURN && p.Attribute != nil && p.Attribute.Name == "manager"
}

// CaseExact reports whether values at the path that differ in case alone differ.
func (p Path) CaseExact() bool { return p.Leaf().CaseExact }

// Fold gives the text of a value such that equal values give equal texts.
func (p Path) Fold(v Value) string {
	if p.CaseExact() {
		return v.Text()
	}
	return strings.ToLower(v.Text())
}

// Dotted is the path as a vendor file writes it: emails.work.value. A filter
// that this notation cannot say keeps the form of Portal.
func (p Path) Dotted() string {
	if p.alias == "" && p.Where == nil && p.Sub == nil {
		return p.Attribute.Name
	}
	if p.Where != nil && p.element == "" {
		return p.Portal()
	}
	var b strings.Builder
	if p.whole() {
		if p.alias != "" {
			return p.alias
		}
		return p.Attribute.Name
	}
	if p.alias != "" {
		b.WriteString(p.alias + ".")
	}
	b.WriteString(p.Attribute.Name)
	if p.Where != nil {
		b.WriteString("." + p.element)
	}
	if p.Sub != nil {
		b.WriteString("." + p.Sub.Name)
	}
	return b.String()
}

// Portal is the path as Entra's portal and the RFC write it:
// emails[type eq "work"].value.
func (p Path) Portal() string {
	if p.URN == "" && p.Where == nil && p.Sub == nil {
		return p.Attribute.Name
	}
	var b strings.Builder
	if p.URN != "" {
		b.WriteString(p.URN + ":")
	}
	b.WriteString(p.Attribute.Name)
	if p.Where != nil {
		b.WriteString("[" + p.Where.String() + "]")
	}
	if p.Sub != nil {
		b.WriteString("." + p.Sub.Name)
	}
	return b.String()
}

// String is the path as a vendor file writes it.
func (p Path) String() string {
	if p.Attribute == nil {
		return ""
	}
	return p.Dotted()
}

// whole reports whether the path is an extension as a whole.
func (p Path) whole() bool { return p.URN == "" && strings.ContainsRune(p.Attribute.Name, ':') }

// Equal reports whether both name the same place.
func (p Path) Equal(q Path) bool {
	if p.Attribute == nil || q.Attribute == nil {
		return p.Attribute == q.Attribute
	}
	return p.URN == q.URN && p.Attribute.Name == q.Attribute.Name && p.sameElements(q) &&
		(p.Sub == q.Sub || p.Sub != nil && q.Sub != nil && p.Sub.Name == q.Sub.Name)
}

// Covers reports whether whatever is at other is also at p, or below it:
// name covers name.givenName, emails covers emails.work.value.
func (p Path) Covers(other Path) bool {
	if p.whole() && p.Attribute.Name == other.URN {
		return true
	}
	if p.URN != other.URN || p.Attribute.Name != other.Attribute.Name {
		return false
	}
	if p.Where != nil && !p.sameElements(other) {
		return false
	}
	return p.Sub == nil || other.Sub != nil && p.Sub.Name == other.Sub.Name
}

// overlaps reports whether a change at one may be a change at the other. Two
// filters may select the same element unless they name different types.
func (p Path) overlaps(other Path) bool {
	if p.whole() || other.whole() {
		return p.Covers(other) || other.Covers(p)
	}
	if p.URN != other.URN || p.Attribute.Name != other.Attribute.Name {
		return false
	}
	if p.element != "" && other.element != "" && !strings.EqualFold(p.element, other.element) {
		return false
	}
	return p.Sub == nil || other.Sub == nil || p.Sub.Name == other.Sub.Name
}

func (p Path) sameElements(other Path) bool {
	if p.Where == nil || other.Where == nil {
		return p.Where == nil && other.Where == nil
	}
	if p.element != "" || other.element != "" {
		return strings.EqualFold(p.element, other.element)
	}
	return p.Where.String() == other.Where.String()
}

// Get gives the value at the path in a folded resource. Of several elements
// that a filter selects it is the first; without a filter a sub-attribute of a
// multi-valued attribute is the list of its values.
func (p Path) Get(resource Value) Value {
	if p.Attribute == nil {
		return Value{}
	}
	v := p.holder(resource).Member(p.Attribute.Name)
	switch {
	case p.Where != nil:
		for _, item := range v.Items() {
			if p.Where.Matches(item) {
				return p.sub(item)
			}
		}
		return Value{}
	case p.Sub != nil && p.Attribute.MultiValued:
		return p.list(v)
	}
	return p.sub(v)
}

func (p Path) holder(resource Value) Value {
	if p.URN != "" {
		return resource.Member(p.URN)
	}
	return resource
}

func (p Path) sub(v Value) Value {
	if p.Sub != nil {
		return v.Member(p.Sub.Name)
	}
	return v
}

func (p Path) list(v Value) Value {
	var out []Value
	for _, item := range v.Items() {
		out = append(out, p.sub(item))
	}
	return unassigned(ListOf(out...))
}

// some reports whether a value at the path holds. Unlike Get it tries the
// values of all elements.
func (p Path) some(resource Value, holds func(Value) bool) bool {
	v := p.holder(resource).Member(p.Attribute.Name)
	if v.kind != KindList {
		return p.Where == nil && holds(p.sub(v))
	}
	for _, item := range v.Items() {
		if (p.Where == nil || p.Where.Matches(item)) && holds(p.sub(item)) {
			return true
		}
	}
	return false
}

// Set gives the resource with the value at the path. A missing element is made
// from what its filter says ({type: "work", value: v}), where the filter says
// enough; otherwise the resource stays as it is. An empty value removes: the
// leaf, then an element of which only type and primary are left, then what is
// empty above it.
func (p Path) Set(resource, v Value) Value {
	v = unassigned(v)
	if p.URN == "" {
		return p.setAttribute(resource, v)
	}
	return resource.With(p.URN, unassigned(p.setAttribute(resource.Member(p.URN), v)))
}

// unassigned makes every empty value Absent (RFC 7643 section 2.5).
func unassigned(v Value) Value {
	if v.IsEmpty() {
		return Value{}
	}
	return v
}

func (p Path) setAttribute(holder, v Value) Value {
	name := p.Attribute.Name
	switch {
	case p.Where == nil && p.Sub == nil:
		return holder.With(name, v)
	case p.Attribute.MultiValued:
		return holder.With(name, p.setElements(holder.Member(name), v))
	case v.IsAbsent() && p.Sub.Name == "value":
		// A manager without its id names nobody, whatever else is known of it.
		return holder.Without(name)
	}
	return holder.With(name, unassigned(holder.Member(name).With(p.Sub.Name, v)))
}

func (p Path) setElements(list, v Value) Value {
	items := make([]Value, 0, len(list.Items())+1)
	matched := false
	for _, item := range list.Items() {
		if p.Where == nil || p.Where.Matches(item) {
			matched = true
			item = p.setElement(item, v)
		}
		items = append(items, item)
	}
	if fresh, ok := p.fresh(); !matched && ok && !v.IsAbsent() {
		items = append(items, p.setElement(fresh, v))
	}
	return unassigned(ListOf(items...))
}

func (p Path) setElement(item, v Value) Value {
	if p.Sub == nil {
		return p.complete(v)
	}
	item = item.With(p.Sub.Name, v)
	if v.IsAbsent() && idle(item) {
		return Value{}
	}
	return item
}

// complete adds to a new element what the filter that selects it says.
func (p Path) complete(element Value) Value {
	if fresh, ok := p.fresh(); ok && element.kind == KindObject {
		for _, m := range fresh.Members() {
			if element.Member(m.Name).IsAbsent() {
				element = element.With(m.Name, m.Value)
			}
		}
	}
	return element
}

// fresh is a new element that the filter selects; false when the filter says
// too little to make one.
func (p Path) fresh() (Value, bool) {
	element := Object()
	if p.Where == nil {
		return element, true
	}
	for _, e := range Equalities(p.Where) {
		element = element.With(e.Path.Sub.Name, e.Value)
	}
	return element, len(element.Members()) > 0 && p.Where.Matches(element)
}

// idle reports whether an element says nothing: only what it is for is left.
func idle(element Value) bool {
	for _, m := range element.Members() {
		if m.Name != "type" && m.Name != "primary" {
			return false
		}
	}
	return true
}
