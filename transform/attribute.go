package transform

import (
	"slices"
	"time"

	"scimshim/transform/scim"
)

// Attribute is one row of the mapping: a SCIM attribute and where it lives at
// the vendor. It is a lens: write makes the native value, read makes it back.
type Attribute struct {
	Path scim.Path
	Name string // the path as the file writes it: emails.work.value

	Native  NativePath // no segments: nowhere (keep, exists, computed)
	Read    *Expression
	Write   *Expression
	Values  *Table
	Lookup  *Lookup // what each value passes through
	Default *Tree   // sent on creation when the caller sent nothing

	Elements bool       // the native list has one value for each element
	Each     NativePath // where an element of it has that; none: it is the element

	Required   bool
	Mutability string // readWrite, readOnly, immutable or writeOnly
	Uniqueness string // none, server or global; "": the schema's
	Empty      Empty
	Otherwise  Otherwise

	Ref    *Reference // the value is a user's: the SCIM id here, the vendor's name for him there
	Keep   bool       // no home at the vendor: what Entra sent is remembered
	Exists bool       // active alone: the account's existence is its value

	secret   bool        // lives in a native field that the file calls secret, or may be a generated password
	made     bool        // its default is generated
	searched bool        // a find, the index or a claim looks for its values
	inputs   []scim.Path // of the request, that feed the native field
	at       int         // in the list of attributes
	pure     bool        // its native value depends on these inputs alone
	texts    bool        // answers may show it as a text whatever was sent
}

// Empty is what is sent on update for a value that becomes absent.
type Empty struct {
	Mode  EmptyMode
	Value scim.Value // of EmptyLiteral
}

type EmptyMode uint8

const (
	EmptyNull EmptyMode = iota
	EmptyOmit
	EmptyNever // the vendor cannot clear it
	EmptyLiteral
	EmptyRemove // the element of the list goes
)

// Otherwise is what happens when a value cannot be mapped.
type Otherwise uint8

const (
	OtherwiseKeep Otherwise = iota
	OtherwiseDrop
	OtherwiseReject
)

// Table is a value table: a SCIM value and the native values that mean it, the
// first of which is written.
type Table struct{ Rows []TableRow }

type TableRow struct {
	SCIM   scim.Value
	Native []scim.Value
}

// Write gives the native value of a SCIM value.
func (t *Table) Write(v scim.Value) (scim.Value, bool) {
	for _, row := range t.Rows {
		if sameText(row.SCIM, v) {
			return row.Native[0], true
		}
	}
	return scim.Value{}, false
}

// Read gives the SCIM value of a native one.
func (t *Table) Read(v scim.Value) (scim.Value, bool) {
	for _, row := range t.Rows {
		for _, native := range row.Native {
			if sameText(native, v) {
				return row.SCIM, true
			}
		}
	}
	return scim.Value{}, false
}

// spelling gives a native value as the table writes it.
func (t *Table) spelling(v scim.Value) (scim.Value, bool) {
	for _, row := range t.Rows {
		if i := slices.IndexFunc(row.Native, func(native scim.Value) bool { return sameText(native, v) }); i >= 0 {
			return row.Native[i], true
		}
	}
	return scim.Value{}, false
}

// sameText compares as the keys of a table are compared: as text, so that true,
// "true" and 1, "1" in a YAML file mean what they look like.
func sameText(a, b scim.Value) bool {
	return a.Kind() != scim.KindAbsent && b.Kind() != scim.KindAbsent &&
		a.Text() == b.Text() && (a.Kind() == scim.KindNull) == (b.Kind() == scim.KindNull)
}

// home reports whether the attribute has a native place.
func (a *Attribute) home() bool { return len(a.Native.segments) > 0 || a.Read != nil }

// Sent reports whether the attribute feeds a native field.
func (a *Attribute) Sent() bool {
	return len(a.Native.segments) > 0 && a.Mutability != "readOnly"
}

// visible is the value that a native resource shows for the attribute, before
// what is kept is laid over it. problem says why a present value, or a part of it,
// is left out.
func (a *Attribute) visible(native scim.Value, t tables) (v scim.Value, problem string) {
	if a.Mutability == "writeOnly" || a.secret || !a.home() {
		return scim.Value{}, ""
	}
	if a.Values != nil {
		return a.fromTable(a.Native.Get(native))
	}
	v, problem = a.natively(native)
	switch {
	case problem != "" || v.IsEmpty():
		return scim.Value{}, problem
	case a.Lookup != nil || a.listed():
		return a.shownBy(v, t)
	}
	return a.typed(v)
}

// natively is what a native resource has for the attribute, read as the file says.
func (a *Attribute) natively(native scim.Value) (v scim.Value, problem string) {
	v = a.Native.Get(native)
	if a.listed() {
		v = a.plain(v)
	}
	if a.Read == nil || len(a.Native.segments) > 0 && v.IsEmpty() && !a.tellsOfEmpty(v) {
		return v, ""
	}
	out, err := a.Read.Eval(&Env{Native: native, Value: v})
	if err != nil {
		return scim.Value{}, "read: " + err.Error()
	}
	return out, ""
}

// tellsOfEmpty reports whether a native value with nothing in it says something: an end
// of a suspension that is null says that there is none, and an empty list of roles that
// somebody is disabled. A field that is not there says so only where it may be missing:
// an answer may show a part.
func (a *Attribute) tellsOfEmpty(v scim.Value) bool {
	return a.Path.Leaf().Type == scim.TypeBoolean && (!v.IsAbsent() || a.Native.optional())
}

func (a *Attribute) fromTable(v scim.Value) (scim.Value, string) {
	if out, ok := a.Values.Read(v); ok {
		return a.typed(out)
	}
	if v.IsEmpty() {
		return scim.Value{}, ""
	}
	return scim.Value{}, "the vendor's value is not in the table"
}

// typed gives a native value the type that the schema promises, where that
// needs no guess: Entra cannot read a number where text is promised.
func (a *Attribute) typed(v scim.Value) (scim.Value, string) {
	switch leaf := a.Path.Leaf(); {
	case leaf.MultiValued && a.Path.Sub == nil && a.Path.Where == nil:
		if items := one(v); items != nil {
			return scim.ListOf(items...), ""
		}
	case leaf.Type == "boolean":
		if v.Kind() == scim.KindBoolean {
			return v, ""
		}
		if v.Text() == "true" || v.Text() == "false" {
			return scim.Bool(v.Text() == "true"), ""
		}
	case leaf.Type == "integer", leaf.Type == "decimal":
		if v.Kind() == scim.KindNumber {
			return v, ""
		}
		if number := scim.Number(v.Text()); !number.IsAbsent() {
			return number, ""
		}
	case leaf.Type == "complex":
		if v.Kind() == scim.KindObject {
			return v, ""
		}
	case a.Path.IsTime(): // a client may fail at what is no time
		if _, err := time.Parse(time.RFC3339, v.Text()); err == nil {
			return v, ""
		}
	case v.Kind() == scim.KindString:
		return v, ""
	case v.Kind() == scim.KindNumber || v.Kind() == scim.KindBoolean:
		return scim.String(v.Text()), ""
	}
	return scim.Value{}, "the vendor's value is not a " + a.Path.Leaf().Type
}
