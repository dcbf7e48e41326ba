package scim

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// ParseSortBy parses the attribute that a list is sorted by (RFC 7644 section
// 3.4.2.3). A complex attribute stands for its `value`, as in a filter.
func (c *Catalog) ParseSortBy(s string) (Path, error) {
	p, err := c.ParsePath(s)
	if err != nil || p.Leaf().Type != TypeComplex {
		return p, err
	}
	if p.Sub = p.Attribute.SubAttribute("value"); p.Sub == nil {
		return Path{}, fmt.Errorf("%q is complex: sort by one of its sub-attributes", s)
	}
	return p, nil
}

// SortKey is what places a folded resource in a list that is sorted by the
// path: of several values the primary one, else the first. CompareSortKeys
// compares two of them.
func (p Path) SortKey(resource Value) Value {
	v := p.holder(resource).Member(p.Attribute.Name)
	if v.kind != KindList {
		return p.sortable(p.sub(v))
	}
	var first Value
	for _, item := range v.Items() {
		if p.Where != nil && !p.Where.Matches(item) {
			continue
		}
		key := p.sortable(p.sub(item))
		if !key.IsAbsent() && item.Member("primary").Boolean() {
			return key
		}
		if first.IsAbsent() {
			first = key
		}
	}
	return first
}

// sortableTime has a fixed width, so that the order of the texts is that of the times.
const sortableTime = "2006-01-02T15:04:05.000000000Z"

func (p Path) sortable(v Value) Value {
	switch {
	case v.IsEmpty() || v.kind == KindObject || v.kind == KindList:
		return Value{}
	case v.kind != KindString:
		return v
	case p.Leaf().Type == TypeDateTime:
		if at, err := time.Parse(time.RFC3339, v.literal()); err == nil {
			return String(at.UTC().Format(sortableTime))
		}
	}
	return String(p.Fold(v))
}

// CompareSortKeys gives a negative number when a comes before b in ascending
// order, where what has no value comes last.
func CompareSortKeys(a, b Value) int {
	switch {
	case a.kind == KindAbsent || b.kind == KindAbsent:
		return cmp.Compare(b.kind, a.kind)
	case a.kind != b.kind:
		return cmp.Compare(a.kind, b.kind)
	case a.kind == KindNumber:
		return compareNumbers(a.literal(), b.literal())
	}
	return strings.Compare(a.Text(), b.Text()) // "false" comes before "true"
}
