package transform

import (
	"fmt"
	"strconv"
	"strings"

	"scimshim/transform/scim"
)

// NativePath names a place in a native resource: `a.b`, `a[0].b`, `a[k eq v].b`.
// A trailing `?` says that it may be missing.
type NativePath struct {
	source   string
	segments []segment
	scim     *scim.Path // at a vendor that speaks SCIM: the same place, read and set by SCIM's rules
}

type segment struct {
	name  string // "" for an element of a list
	index int    // of an element, when key is ""
	key   string // an element by the value of one of its members
	value string
	whole bool // the value is written as a whole number, without quotes
}

// ParseNativePath parses a native path as a vendor file writes it.
func ParseNativePath(source string) (NativePath, error) {
	p, err := parsePath(source)
	if err == nil && (len(p.segments) == 0 || p.segments[0].name == "") {
		return NativePath{}, fmt.Errorf("native path %q: it must start with a name", source)
	}
	return p, err
}

// ParsePlace parses the path of a part of a body. A body may be a list itself, and
// `.` is all of it: where a key that is not there means something else.
func ParsePlace(source string) (NativePath, error) {
	if source == wholeBody {
		return NativePath{source: source}, nil
	}
	p, err := parsePath(source)
	if err == nil && len(p.segments) == 0 {
		return NativePath{}, fmt.Errorf("native path %q: a name is missing", source)
	}
	return p, err
}

// wholeBody is the path of all of a body.
const wholeBody = "."

// parsePath parses one that may start with an element, as an expression may ask
// for body[0].id.
func parsePath(source string) (NativePath, error) {
	p := NativePath{source: source}
	rest := strings.TrimSuffix(source, "?") // any value may be missing; the mark tells the reader
	for rest != "" {
		var seg segment
		var err error
		if rest[0] == '[' {
			seg, rest, err = parseElement(rest)
		} else {
			seg.name, rest = cutName(rest)
			if seg.name == "" {
				err = fmt.Errorf("a name is missing at %q", rest)
			}
		}
		if err != nil {
			return NativePath{}, fmt.Errorf("native path %q: %w", source, err)
		}
		p.segments = append(p.segments, seg)
		if after, found := strings.CutPrefix(rest, "."); found && after != "" && after[0] != '[' {
			rest = after
		} else if rest != "" && rest[0] != '[' {
			return NativePath{}, fmt.Errorf("native path %q: unexpected %q", source, rest)
		}
	}
	return p, nil
}

// NativeSCIM is the place of an attribute at a vendor that speaks SCIM. A filter
// must select its elements by one text, as `type eq "work"` does.
func NativeSCIM(path scim.Path) (NativePath, error) {
	p := NativePath{source: path.Portal(), scim: &path}
	if path.URN != "" {
		p.segments = append(p.segments, segment{name: path.URN})
	}
	p.segments = append(p.segments, segment{name: path.Attribute.Name})
	if path.Where != nil {
		selects := scim.Equalities(path.Where)
		if len(selects) != 1 || selects[0].Value.Kind() != scim.KindString {
			return NativePath{}, fmt.Errorf("native path %q: elements can only be selected by one text, as in emails.work.value", p.source)
		}
		p.segments = append(p.segments, segment{key: selects[0].Path.Sub.Name, value: selects[0].Value.Text()})
	}
	if path.Sub != nil {
		p.segments = append(p.segments, segment{name: path.Sub.Name})
	}
	return p, nil
}

func cutName(s string) (name, rest string) {
	if i := strings.IndexAny(s, ".["); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// parseElement reads `[0]` or `[k eq v]`.
func parseElement(s string) (segment, string, error) {
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return segment{}, s, fmt.Errorf("%q has no closing bracket", s)
	}
	inside, rest := s[1:end], s[end+1:]
	if key, value, found := strings.Cut(inside, " eq "); found {
		key = strings.TrimSpace(key)
		bare := strings.TrimSpace(value)
		value = strings.Trim(bare, `"'`)
		if key == "" || value == "" {
			return segment{}, s, fmt.Errorf("%q needs the form [name eq value]", s[:end+1])
		}
		n, err := strconv.Atoi(bare)
		return segment{key: key, value: value, whole: err == nil && strconv.Itoa(n) == bare}, rest, nil
	}
	index, err := strconv.Atoi(inside)
	if err != nil || index < 0 || index > 1000 {
		return segment{}, s, fmt.Errorf("%q needs a number from 0 to 1000, or [name eq value]", s[:end+1])
	}
	return segment{index: index}, rest, nil
}

func (p NativePath) String() string { return p.source }

// optional reports whether the file says that the value may be missing.
func (p NativePath) optional() bool { return strings.HasSuffix(p.source, "?") }

// IsZero reports whether the path names nothing.
func (p NativePath) IsZero() bool { return len(p.segments) == 0 && p.source != wholeBody }

// Root is the first name of the path: the native field as an operation's
// `fields` and `lacks` name it.
func (p NativePath) Root() string {
	if len(p.segments) == 0 {
		return ""
	}
	return p.segments[0].name
}

// Under reports whether the path is field or lies below it.
func (p NativePath) Under(field string) bool {
	rest, found := strings.CutPrefix(strings.TrimSuffix(p.source, "?"), field)
	return found && field != "" && (rest == "" || strings.IndexByte(".[:", rest[0]) >= 0)
}

// parent is the place that the path's last name is in; none for a single name.
func (p NativePath) parent() (NativePath, bool) {
	last := len(p.segments) - 1
	if last < 1 {
		return NativePath{}, false
	}
	return NativePath{segments: p.segments[:last]}, true
}

// Get gives the value at the path; Absent when there is none.
func (p NativePath) Get(v scim.Value) scim.Value {
	if p.scim != nil {
		return p.scim.Get(v)
	}
	for _, seg := range p.segments {
		v = seg.get(v)
	}
	return v
}

func (s segment) get(v scim.Value) scim.Value {
	if s.name == xmlText && v.Kind() != scim.KindObject && v.Kind() != scim.KindList {
		return v // of an element without attributes, which is its text
	}
	if s.name != "" {
		return v.Member(s.name)
	}
	items := one(v)
	if i := s.find(items); i >= 0 {
		return items[i]
	}
	return scim.Value{}
}

// literal is the value that an element is named by: a number where the file writes one.
func (s segment) literal() scim.Value {
	if n, err := strconv.ParseInt(s.value, 10, 64); s.whole && err == nil {
		return scim.Int(n)
	}
	return scim.String(s.value)
}

// one gives the items of a list. One object or text is a list of one: XML cannot
// tell them apart, and PHP vendors collapse a list of one in JSON as well.
func one(v scim.Value) []scim.Value {
	if v.Kind() == scim.KindList || v.IsEmpty() {
		return v.Items()
	}
	return []scim.Value{v}
}

func (s segment) find(items []scim.Value) int {
	if s.key == "" {
		if s.index < len(items) {
			return s.index
		}
		return -1
	}
	for i, item := range items {
		if (segment{name: s.key}).get(item).Text() == s.value {
			return i
		}
	}
	return -1
}

// Set gives v with the value at the path replaced, making what is missing on the way.
func (p NativePath) Set(v, value scim.Value) scim.Value {
	if p.scim != nil && (value.Kind() != scim.KindNull || p.InList()) {
		return p.scim.Set(v, value)
	}
	return set(v, p.segments, value)
}

// fill sets the value at the path in an object that is being made.
func (p NativePath) fill(draft *scim.Draft, value scim.Value) {
	root := p.segments[0].name
	if p.scim != nil {
		own := scim.Object(scim.Member{Name: root, Value: draft.Member(root)})
		draft.Set(root, p.Set(own, value).Member(root))
		return
	}
	draft.Set(root, set(draft.Member(root), p.segments[1:], value))
}

func set(v scim.Value, path []segment, value scim.Value) scim.Value {
	if len(path) == 0 {
		return value
	}
	seg := path[0]
	if seg.name != "" {
		return v.With(seg.name, set(v.Member(seg.name), path[1:], value))
	}
	items := append([]scim.Value(nil), one(v)...)
	i := seg.find(items)
	if i < 0 {
		var fresh scim.Value
		if seg.key != "" {
			fresh = scim.Object(scim.Member{Name: seg.key, Value: seg.literal()})
		}
		items, i = append(items, fresh), len(items)
	}
	items[i] = set(items[i], path[1:], value)
	return scim.ListOf(items...)
}
