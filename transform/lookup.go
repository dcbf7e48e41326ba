package transform

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"scimshim/transform/scim"
)

// Lookup is a table that the vendor keeps itself: what Entra knows a thing by, and
// what the vendor's resources have for it.
type Lookup struct {
	Name       string
	Call       *Call // lists it
	Key, Value NativePath
	Fresh      time.Duration // how old the table may be that answers
}

// A value that is not in a table may be newer than the table. It is fetched anew for
// what Entra sends, since that might otherwise never reach the vendor, and more
// rarely for what the vendor shows: all its users may have what no table names.
const (
	missRest    = 10 * time.Second
	unknownRest = time.Minute
)

// LookupTable is what a lookup showed. It is immutable.
type LookupTable struct {
	Fetched time.Time             // when its call was about to be made
	Doubled int                   // items whose key or value an earlier one has
	values  map[string]scim.Value // by the text of the key
	folded  map[string]scim.Value // by the key in small letters
	keys    map[string]scim.Value // by the text of the value
}

// NewLookupTable makes the table of the items. The first of two that share a key,
// or a value, counts.
func NewLookupTable(l *Lookup, items []scim.Value, fetched time.Time) *LookupTable {
	t := &LookupTable{Fetched: fetched, values: map[string]scim.Value{}, folded: map[string]scim.Value{}, keys: map[string]scim.Value{}}
	for _, item := range items {
		key, value := l.Key.Get(item), l.Value.Get(item)
		if key.Text() == "" || value.Text() == "" {
			continue
		}
		_, sameKey := t.values[key.Text()]
		_, sameValue := t.keys[value.Text()]
		if sameKey || sameValue {
			t.Doubled++
		}
		key, value = scim.String(strings.Clone(key.Text())), value.Clone()
		for _, entry := range []struct {
			in    map[string]scim.Value
			under string
			what  scim.Value
		}{{t.values, key.Text(), value}, {t.folded, strings.ToLower(key.Text()), value}, {t.keys, value.Text(), key}} {
			if _, taken := entry.in[entry.under]; !taken {
				entry.in[entry.under] = entry.what
			}
		}
	}
	return t
}

// value is what the vendor has for a key, which is compared as it is first, and then
// without regard to case.
func (t *LookupTable) value(key scim.Value) scim.Value {
	if v, ok := t.values[key.Text()]; ok {
		return v
	}
	return t.folded[strings.ToLower(key.Text())]
}

// tables are those that a plan knows; nothing can be said of the others.
type tables map[*Lookup]*LookupTable

// noTable is why nothing can be looked up.
func noTable(l *Lookup) string {
	return fmt.Sprintf("the table of the lookup %q is not known", l.Name)
}

// listed reports whether the attribute is a list of elements of which the vendor has
// one value each: their `value` (RFC 7643 section 2.4).
func (a *Attribute) listed() bool { return a.Path.List() && (a.Elements || a.Lookup != nil) }

// plain is the list of what names the elements of a native list.
func (a *Attribute) plain(list scim.Value) scim.Value {
	if list = a.listOf(list); a.Each.IsZero() || list.Kind() != scim.KindList {
		return list
	}
	names := make([]scim.Value, len(list.Items()))
	for i, element := range list.Items() {
		names[i] = a.Each.Get(element)
	}
	return scim.ListOf(names...)
}

// listOf is a native value as the list that it is: one element alone is a list of one.
func (a *Attribute) listOf(v scim.Value) scim.Value {
	if a.Read != nil || v.IsEmpty() {
		return v // its expression knows what to make of it
	}
	return scim.ListOf(one(v)...)
}

// elements is the reverse of plain.
func (a *Attribute) elements(list scim.Value) scim.Value {
	if a.Each.IsZero() || list.Kind() != scim.KindList {
		return list
	}
	items := make([]scim.Value, len(list.Items()))
	for i, name := range list.Items() {
		items[i] = a.Each.Set(scim.Object(), name)
	}
	return scim.ListOf(items...)
}

// shownBy is what the resource shows for the native values of an attribute, as far
// as they have something.
func (a *Attribute) shownBy(v scim.Value, t tables) (shown scim.Value, problem string) {
	if a.Lookup != nil && t[a.Lookup] == nil {
		return scim.Value{}, noTable(a.Lookup)
	}
	if !a.listed() {
		if shown = t[a.Lookup].keys[v.Text()]; shown.IsAbsent() {
			return shown, unknownTo(a.Lookup)
		}
		return a.typed(shown)
	}
	if v.Kind() != scim.KindList {
		return scim.Value{}, "the vendor's value is not a list"
	}
	var items []scim.Value
	for _, name := range v.Items() {
		if a.Lookup != nil {
			name = t[a.Lookup].keys[name.Text()]
		}
		switch {
		case name.IsAbsent():
			problem = unknownTo(a.Lookup)
		case name.Text() == "":
			problem = "an element of the vendor's list has no value"
		default:
			items = append(items, a.element(scim.String(name.Text())))
		}
	}
	if len(items) == 0 {
		return scim.Value{}, problem
	}
	return scim.ListOf(items...), problem
}

func unknownTo(l *Lookup) string {
	return fmt.Sprintf("the lookup %q has nothing for the vendor's value", l.Name)
}

// element is an element of the attribute that has nothing but a value.
func (a *Attribute) element(value scim.Value) scim.Value {
	if a.Path.Leaf().Type != scim.TypeComplex {
		return value
	}
	return scim.Object(scim.Member{Name: "value", Value: value})
}

// valueOf is the value of an element.
func (a *Attribute) valueOf(element scim.Value) scim.Value {
	if element.Kind() == scim.KindObject {
		return element.Member("value")
	}
	return element
}

// keysIn are what a resource's value of the attribute is looked up by.
func (a *Attribute) keysIn(value scim.Value) (keys []scim.Value) {
	if !a.listed() {
		keys = append(keys, value)
	}
	for _, element := range value.Items() {
		keys = append(keys, a.valueOf(element))
	}
	return slices.DeleteFunc(keys, func(key scim.Value) bool { return key.Text() == "" })
}

// sentFor is what the vendor has for a value of the attribute. Of a list whose
// elements are not all known it is what is known of them.
func (a *Attribute) sentFor(value scim.Value, t tables) (v scim.Value, problem string) {
	switch unknown := a.Lookup != nil && t[a.Lookup] == nil; {
	case unknown && (a.listed() || !value.IsAbsent()): // what of a list has to stay is not known either
		return scim.Value{}, noTable(a.Lookup)
	case value.IsAbsent():
		return value, ""
	}
	var known []scim.Value
	has := map[string]bool{}
	for _, key := range a.keysIn(value) {
		if a.Lookup != nil {
			key = t[a.Lookup].value(key)
		}
		if !key.IsAbsent() && !has[key.Text()] {
			has[key.Text()], known = true, append(known, key)
		}
	}
	switch {
	case len(known) == 0 && a.Lookup == nil:
		return scim.Value{}, "no element of it has a value"
	case len(known) == 0:
		return scim.Value{}, fmt.Sprintf("the lookup %q has nothing for it", a.Lookup.Name)
	case !a.listed():
		return known[0], ""
	}
	return scim.ListOf(known...), ""
}

// strangers are the keys of a value that the table does not have.
func (a *Attribute) strangers(value scim.Value, t tables) []scim.Value {
	if a.Lookup == nil || t[a.Lookup] == nil {
		return nil
	}
	return slices.DeleteFunc(a.keysIn(value), func(key scim.Value) bool { return !t[a.Lookup].value(key).IsAbsent() })
}

// unknown reports whether a native resource has something that the table does not name.
func (a *Attribute) unknown(native scim.Value, t *LookupTable) bool {
	return slices.ContainsFunc(a.looksUp(native), func(v scim.Value) bool { return t.keys[v.Text()].IsAbsent() })
}

// looksUp are the values of a native resource that pass through the lookup.
func (a *Attribute) looksUp(native scim.Value) (values []scim.Value) {
	v, _ := a.natively(native)
	if !a.listed() {
		values = append(values, v)
	}
	values = append(values, v.Items()...)
	return slices.DeleteFunc(values, func(v scim.Value) bool { return v.Text() == "" })
}

// joined is a list to be sent in which an element that the vendor has is as the
// vendor has it, and stays where no table names it: Entra cannot have meant it.
func (a *Attribute) joined(wanted, current scim.Value, t tables) scim.Value {
	if !a.listed() || wanted.Kind() != scim.KindList {
		return wanted
	}
	if current = a.listOf(current); current.Kind() != scim.KindList {
		return wanted
	}
	has := map[string]scim.Value{}
	for _, element := range current.Items() {
		has[a.nameOf(element)] = element
	}
	items := slices.Clone(wanted.Items())
	for i, element := range items {
		if own, ok := has[a.nameOf(element)]; ok {
			items[i] = own
		}
	}
	for _, element := range current.Items() {
		if a.Lookup != nil && a.Read == nil && t[a.Lookup].keys[a.nameOf(element)].IsAbsent() {
			items = append(items, element)
		}
	}
	return scim.ListOf(items...)
}

// nameOf tells the elements of the native list apart.
func (a *Attribute) nameOf(element scim.Value) string {
	if a.Each.IsZero() {
		return element.Text()
	}
	return a.Each.Get(element).Text()
}

// sameElements compares native lists whose order says nothing.
func (a *Attribute) sameElements(v, w scim.Value) bool {
	if w = a.listOf(w); v.Kind() != scim.KindList || w.Kind() != scim.KindList {
		return false
	}
	names := func(list scim.Value) (out []string) {
		for _, element := range list.Items() {
			out = append(out, a.nameOf(element))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(names(v), names(w))
}

// comparedMost bounds the lists whose elements are compared one by one, each with each.
const comparedMost = 500

// readsAs reports whether two values of a resource are the same reading: the values
// of a multi-valued attribute have no order.
func (a *Attribute) readsAs(v, w scim.Value) bool {
	if v.Equal(w) {
		return true
	}
	left, right := v.Items(), slices.Clone(w.Items())
	if !a.Path.List() || len(left) != len(right) || len(left) > comparedMost {
		return false
	}
	for _, item := range left {
		i := slices.IndexFunc(right, item.Equal)
		if i < 0 {
			return false
		}
		right = slices.Delete(right, i, i+1)
	}
	return len(left) > 0
}
