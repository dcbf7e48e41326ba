package transform

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// place is where a resource stands in a list that is sorted, or paged through by
// a cursor: what it is sorted by, then its id, which no two have.
type place struct {
	key scim.Value
	id  string
}

// Sorted reports whether the request says what a list is sorted by.
func (r *Request) Sorted() bool { return r.SortBy.Attribute != nil }

func (r *Request) compare(a, b place) int {
	order := scim.CompareSortKeys(a.key, b.key)
	if r.Descending {
		order = -order
	}
	return cmp.Or(order, strings.Compare(a.id, b.id))
}

// candidatePlace is used where nothing is sorted by.
func candidatePlace(c candidate) place {
	if c.record != nil {
		return place{id: c.record.ID}
	}
	return place{id: c.id}
}

func (r *Request) hitPlace(h hit) place {
	at := candidatePlace(h.candidate)
	if r.Sorted() {
		at.key = r.SortBy.SortKey(h.resource)
	}
	return at
}

// page cuts the page that a request asks for, in the order that it asks for.
func page[T any](p *Plan, all []T, placeOf func(T) place) []T {
	r := p.request
	if !r.Sorted() && r.Cursor == nil {
		return slicePage(all, r)
	}
	type placed struct {
		place
		item T
	}
	rows := make([]placed, len(all))
	for i, item := range all {
		rows[i] = placed{placeOf(item), item}
	}
	slices.SortFunc(rows, func(a, b placed) int { return r.compare(a.place, b.place) })
	if r.Cursor != nil {
		rows = slices.DeleteFunc(rows, func(row placed) bool { return !r.follows(row.place) })
	}
	cut := slicePage(rows, r)
	if r.Cursor != nil && len(cut) < len(rows) {
		p.search.last = &cut[len(cut)-1].place
	}
	out := make([]T, len(cut))
	for i, row := range cut {
		out[i] = row.item
	}
	return out
}

// slicePage cuts by index (RFC 7644 section 3.4.2.4).
func slicePage[T any](all []T, r *Request) []T {
	from := min(max(r.StartIndex, 1)-1, len(all))
	to := len(all)
	if r.Count >= 0 {
		to = from + min(r.Count, to-from)
	}
	return all[from:to]
}

// Cursor is where a page begins (RFC 9865): after the last resource of the page
// before. It holds the place of that resource and not its number, so that nobody
// is passed over or shown twice when somebody is created or deleted between two
// pages; and it needs no memory here, so that it never expires and any gateway
// that serves the vendor takes it.
type Cursor struct {
	text  string
	after *place // nil: the first page
}

// follows reports whether a place is on the page of the cursor or a later one.
func (r *Request) follows(at place) bool {
	return r.Cursor.after == nil || r.compare(at, *r.Cursor.after) > 0
}

// resume reads the cursor, once the search that it belongs to is known.
func (r *Request) resume(kind *Kind) *scim.Error {
	switch {
	case r.StartIndex > 1:
		return scim.BadRequest(scim.InvalidCursor, "startIndex and cursor cannot be used together")
	case r.Count == 0:
		return scim.BadRequest(scim.InvalidCount, "with a cursor, count is at least 1")
	case r.Cursor.text == "":
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(r.Cursor.text)
	v, invalid := scim.ParseJSON(raw, scim.Limits{})
	items := v.Items()
	if err != nil || invalid != nil || len(items) != 2 && len(items) != 3 {
		return scim.BadRequest(scim.InvalidCursor, "the cursor is none of this endpoint: begin with an empty one")
	}
	if items[0].Text() != r.signature(kind) {
		return scim.BadRequest(scim.InvalidCursor, "the cursor belongs to another filter or sort order: begin with an empty one")
	}
	r.Cursor.after = &place{id: items[1].Text()}
	if len(items) == 3 {
		r.Cursor.after.key = items[2]
	}
	return nil
}

// cursorAfter is the cursor of the page that begins after a place.
func (r *Request) cursorAfter(kind *Kind, at place) string {
	text := scim.ListOf(scim.String(r.signature(kind)), scim.String(at.id), at.key).AppendJSON(nil)
	return base64.RawURLEncoding.EncodeToString(text)
}

// signature tells searches apart.
func (r *Request) signature(kind *Kind) string {
	h := fnv.New64a()
	h.Write([]byte(kind.Name))
	if r.Filter != nil {
		h.Write([]byte("\nfilter " + r.Filter.String()))
	}
	if r.Sorted() {
		h.Write([]byte("\nsort " + r.SortBy.Portal()))
	}
	if r.Descending {
		h.Write([]byte("\ndescending"))
	}
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, h.Sum64()))
}
