package scim

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unsafe"

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
//
// It has one pointer for what it holds, whatever that is, and so a quarter of
// the size of a struct with a string and two slices, which took twice the memory
// and a third more time in BenchmarkReadMapping.
type Value struct {
	_       [0]func()      // == would compare pointers
	data    unsafe.Pointer // to the first byte, item or member
	size    uint32         // how many there are
	kind    Kind
	boolean bool
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// Bool gives true or false.
func Bool(b bool) Value { return Value{kind: KindBoolean, boolean: b} }

func textual(kind Kind, text string) Value {
	return Value{kind: kind, data: unsafe.Pointer(unsafe.StringData(text)), size: size(len(text))}
}

// list takes the items as they are; the caller may not change them any more.
func list(items []Value) Value {
	return Value{kind: KindList, data: unsafe.Pointer(unsafe.SliceData(items)), size: size(len(items))}
}

// object takes the members as they are; the caller may not change them any more.
func object(members []Member) Value {
	return Value{kind: KindObject, data: unsafe.Pointer(unsafe.SliceData(members)), size: size(len(members))}
}

func size(n int) uint32 {
	if uint64(n) > math.MaxUint32 {
		panic("BUG: a value is larger than any body can be")
	}
	return uint32(n)
}

// Null gives JSON's null, which is not Absent.
func Null() Value { return Value{kind: KindNull} }

// String gives a string.
func String(s string) Value { return textual(KindString, s) }

// Int gives a number.
func Int(i int64) Value { return textual(KindNumber, strconv.FormatInt(i, 10)) }

// Number gives a number by its JSON literal, of whatever size. What is no such
// literal gives Absent, so that a body can never be broken by it.
func Number(literal string) Value {
	if literal == "" || literal[0] != '-' && (literal[0] < '0' || literal[0] > '9') || !gjson.Valid(literal) ||
		literal != strings.TrimSpace(literal) {
		return Value{}
	}
	return textual(KindNumber, literal)
}

// IsNatural reports whether the value is a number that is written in digits alone,
// as an id is: it may be larger than what can be counted with.
func (v Value) IsNatural() bool {
	return v.kind == KindNumber && strings.Trim(v.literal(), "0123456789") == ""
}

// ListOf gives a list without the items that are Absent.
func ListOf(items ...Value) Value {
	if !slices.ContainsFunc(items, Value.IsAbsent) {
		return list(items)
	}
	return list(slices.DeleteFunc(slices.Clone(items), Value.IsAbsent))
}

// Object gives an object without the members that are Absent. The names must differ.
func Object(members ...Member) Value {
	absent := func(m Member) bool { return m.Value.kind == KindAbsent }
	if !slices.ContainsFunc(members, absent) {
		return object(members)
	}
	return object(slices.DeleteFunc(slices.Clone(members), absent))
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
	case KindString, KindList, KindObject:
		return v.size == 0
	}
	return false
}

// Text is the content of a string, or the literal of a number or boolean; ""
// for anything else.
func (v Value) Text() string {
	if v.kind == KindBoolean {
		return strconv.FormatBool(v.boolean)
	}
	return v.literal()
}

// literal is the content of a string, or the literal of a number; "" for
// anything else, a boolean included.
func (v Value) literal() string {
	if v.kind != KindString && v.kind != KindNumber {
		return ""
	}
	return unsafe.String((*byte)(v.data), v.size)
}

// Boolean is true for the boolean true alone.
func (v Value) Boolean() bool { return v.boolean }

// Items are the items of a list.
func (v Value) Items() []Value {
	if v.kind != KindList {
		return nil
	}
	return unsafe.Slice((*Value)(v.data), v.size)
}

// Members are the members of an object, in order.
func (v Value) Members() []Member {
	if v.kind != KindObject {
		return nil
	}
	return unsafe.Slice((*Member)(v.data), v.size)
}

// Member is the value under exactly this name.
func (v Value) Member(name string) Value {
	members := v.Members()
	for i := range members {
		if members[i].Name == name {
			return members[i].Value
		}
	}
	return Value{}
}

// MemberFold is the value under this name in any case.
func (v Value) MemberFold(name string) Value {
	members := v.Members()
	for i := range members {
		if strings.EqualFold(members[i].Name, name) {
			return members[i].Value
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
	members := make([]Member, len(v.Members()), len(v.Members())+1)
	copy(members, v.Members())
	return object(put(members, name, member))
}

// put sets a member in a slice that nobody else has seen yet.
func put(members []Member, name string, v Value) []Member {
	for i := range members {
		if members[i].Name == name {
			members[i].Value = v
			return members
		}
	}
	return append(members, Member{name, v})
}

// Without gives a copy of the object without the member.
func (v Value) Without(name string) Value {
	for i, m := range v.Members() {
		if m.Name == name {
			return object(slices.Delete(slices.Clone(v.Members()), i, i+1))
		}
	}
	return v
}

// Is reports whether both are one and the same, without a look inside.
func (v Value) Is(w Value) bool {
	return v.data == w.data && v.size == w.size && v.kind == w.kind && v.boolean == w.boolean
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
		return v.literal() == w.literal()
	case KindNumber:
		return v.literal() == w.literal() || compareNumbers(v.literal(), w.literal()) == 0
	case KindList:
		return equalItems(v.Items(), w.Items())
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
	if v.size != w.size {
		return false
	}
	others := Draft{members: w.Members()}
	for _, m := range v.Members() {
		if other := others.Member(m.Name); other.kind == KindAbsent || !m.Value.Equal(other) {
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
		return v.literal()
	case KindNumber:
		if i, err := strconv.Atoi(v.literal()); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(v.literal(), 64)
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return int(f)
		}
		return f
	case KindList:
		out := make([]any, v.size)
		for i, item := range v.Items() {
			out[i] = item.Any()
		}
		return out
	case KindObject:
		out := make(map[string]any, v.size)
		for _, m := range v.Members() {
			out[m.Name] = m.Value.Any()
		}
		return out
	}
	return nil
}
