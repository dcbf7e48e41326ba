package scim

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Kind is what a Value is.
type Kind uint8

const (
	KindAbsent Kind = iota
	KindNull
	KindBoolean
	KindNumber
	KindString
	KindList
	KindObject
)

var kindNames = [...]string{"nothing", "null", "a boolean", "a number", "a string", "a list", "an object"}

// String names the kind as messages do: "a string", "an object".
func (k Kind) String() string { return kindNames[k] }

// Value is a JSON value, or Absent, which is its zero value. It is immutable:
// With and Without give copies, and the slices it hands out are not to be
// changed. Objects keep the order of their members.
type Value struct {
	kind    Kind
	boolean bool
	text    string // of a string, or the literal of a number
	items   []Value
	members []Member
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// Bool gives true or false.
func Bool(b bool) Value { return Value{kind: KindBoolean, boolean: b} }

// Null gives JSON's null, which is not Absent.
func Null() Value { return Value{kind: KindNull} }

// String gives a string.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Int gives a number.
func Int(i int64) Value { return Value{kind: KindNumber, text: strconv.FormatInt(i, 10)} }

// Number gives a number by its JSON literal, of whatever size. What is no such
// literal gives Absent, so that a body can never be broken by it.
func Number(literal string) Value {
	if literal == "" || literal[0] != '-' && (literal[0] < '0' || literal[0] > '9') || !gjson.Valid(literal) ||
		literal != strings.TrimSpace(literal) {
		return Value{}
	}
	return Value{kind: KindNumber, text: literal}
}

// ListOf gives a list without the items that are Absent.
func ListOf(items ...Value) Value {
	v := Value{kind: KindList, items: items}
	for i, item := range items {
		if item.kind == KindAbsent {
			v.items = append([]Value(nil), items[:i]...)
			for _, rest := range items[i:] {
				if rest.kind != KindAbsent {
					v.items = append(v.items, rest)
				}
			}
			break
		}
	}
	return v
}

// Object gives an object without the members that are Absent. The names must differ.
func Object(members ...Member) Value {
	v := Value{kind: KindObject, members: make([]Member, 0, len(members))}
	for _, m := range members {
		if m.Value.kind != KindAbsent {
			v.members = append(v.members, m)
		}
	}
	return v
}

// From gives the Value of a Go value as encoding/json or an expression makes
// them. nil is Absent; inside a list or a map it is null.
func From(v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return Value{}, nil
	case Value:
		return v, nil
	case bool:
		return Bool(v), nil
	case string:
		return String(v), nil
	case int:
		return Int(int64(v)), nil
	case int64:
		return Int(v), nil
	case uint64:
		return Number(strconv.FormatUint(v, 10)), nil
	case float64:
		return fromFloat(v)
	case []any:
		return fromList(v)
	case []string:
		out := make([]Value, len(v))
		for i, s := range v {
			out[i] = String(s)
		}
		return ListOf(out...), nil
	case map[string]any:
		return fromMap(v)
	}
	return fromInteger(v)
}

// fromInteger takes the rarer integers, which YAML decoders make.
func fromInteger(v any) (Value, error) {
	switch v.(type) {
	case int8, int16, int32, uint, uint8, uint16, uint32:
		return Number(fmt.Sprint(v)), nil
	}
	return Value{}, fmt.Errorf("a %T is not a JSON value", v)
}

func fromFloat(f float64) (Value, error) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Value{}, fmt.Errorf("%v is not a JSON number", f)
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return Int(int64(f)), nil
	}
	return Number(strconv.FormatFloat(f, 'g', -1, 64)), nil
}

func fromList(list []any) (Value, error) {
	out := make([]Value, len(list))
	for i, item := range list {
		v, err := inside(item)
		if err != nil {
			return Value{}, err
		}
		out[i] = v
	}
	return ListOf(out...), nil
}

func fromMap(m map[string]any) (Value, error) {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	members := make([]Member, 0, len(m))
	for _, name := range names {
		v, err := inside(m[name])
		if err != nil {
			return Value{}, err
		}
		members = append(members, Member{name, v})
	}
	return Object(members...), nil
}

func inside(item any) (Value, error) {
	if item == nil {
		return Null(), nil
	}
	return From(item)
}

// Kind says what the value is.
func (v Value) Kind() Kind { return v.kind }

// IsAbsent reports whether there is no value at all.
func (v Value) IsAbsent() bool { return v.kind == KindAbsent }

// IsEmpty reports whether the value is unassigned in the sense of RFC 7643
// section 2.5: absent, null, "", [] or {}.
func (v Value) IsEmpty() bool {
	switch v.kind {
	case KindAbsent, KindNull:
		return true
	case KindString:
		return v.text == ""
	case KindList:
		return len(v.items) == 0
	case KindObject:
		return len(v.members) == 0
	}
	return false
}

// Text is the content of a string, or the literal of a number or boolean; ""
// for anything else.
func (v Value) Text() string {
	if v.kind == KindBoolean {
		return strconv.FormatBool(v.boolean)
	}
	return v.text
}

// Boolean is true for the boolean true alone.
func (v Value) Boolean() bool { return v.boolean }

// Items are the items of a list.
func (v Value) Items() []Value { return v.items }

// Members are the members of an object, in order.
func (v Value) Members() []Member { return v.members }

// Member is the value under exactly this name.
func (v Value) Member(name string) Value {
	for i := range v.members {
		if v.members[i].Name == name {
			return v.members[i].Value
		}
	}
	return Value{}
}

// MemberFold is the value under this name in any case.
func (v Value) MemberFold(name string) Value {
	for i := range v.members {
		if strings.EqualFold(v.members[i].Name, name) {
			return v.members[i].Value
		}
	}
	return Value{}
}

// With gives a copy of the object with the member replaced in its place, or
// added at the end. An Absent member removes; what is no object becomes one.
func (v Value) With(name string, member Value) Value {
	if member.kind == KindAbsent {
		return v.Without(name)
	}
	members := make([]Member, len(v.members), len(v.members)+1)
	copy(members, v.members)
	for i := range members {
		if members[i].Name == name {
			members[i].Value = member
			return Value{kind: KindObject, members: members}
		}
	}
	return Value{kind: KindObject, members: append(members, Member{name, member})}
}

// Without gives a copy of the object without the member.
func (v Value) Without(name string) Value {
	for i := range v.members {
		if v.members[i].Name == name {
			members := make([]Member, 0, len(v.members)-1)
			members = append(append(members, v.members[:i]...), v.members[i+1:]...)
			return Value{kind: KindObject, members: members}
		}
	}
	return v
}

// Equal compares objects whatever the order of their members, and numbers by
// what they are worth.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case KindBoolean:
		return v.boolean == w.boolean
	case KindString:
		return v.text == w.text
	case KindNumber:
		return v.text == w.text || compareNumbers(v.text, w.text) == 0
	case KindList:
		return equalItems(v.items, w.items)
	case KindObject:
		return equalMembers(v, w)
	}
	return true
}

func equalItems(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

func equalMembers(v, w Value) bool {
	if len(v.members) != len(w.members) {
		return false
	}
	for _, m := range v.members {
		if other := w.Member(m.Name); other.kind == KindAbsent || !m.Value.Equal(other) {
			return false
		}
	}
	return true
}

// compareNumbers gives -1, 0 or 1. Integers are compared as such, since ids
// beyond 2^53 differ although their floating-point values do not.
func compareNumbers(a, b string) int {
	i, errA := strconv.ParseInt(a, 10, 64)
	j, errB := strconv.ParseInt(b, 10, 64)
	if errA == nil && errB == nil {
		return order(i, j)
	}
	f, _ := strconv.ParseFloat(a, 64)
	g, _ := strconv.ParseFloat(b, 64)
	if f == g && isInteger(a) && isInteger(b) {
		return strings.Compare(a, b)
	}
	return order(f, g)
}

func order[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func isInteger(literal string) bool {
	return literal != "" && !strings.ContainsAny(literal, ".eE")
}

// Any gives the value as encoding/json would, save that an integral number
// which fits is an int.
func (v Value) Any() any {
	switch v.kind {
	case KindBoolean:
		return v.boolean
	case KindString:
		return v.text
	case KindNumber:
		if i, err := strconv.Atoi(v.text); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(v.text, 64)
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return int(f)
		}
		return f
	case KindList:
		out := make([]any, len(v.items))
		for i, item := range v.items {
			out[i] = item.Any()
		}
		return out
	case KindObject:
		out := make(map[string]any, len(v.members))
		for _, m := range v.members {
			out[m.Name] = m.Value.Any()
		}
		return out
	}
	return nil
}
