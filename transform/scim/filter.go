package scim

import (
	"strings"
	"time"
)

// Filter is a parsed filter (RFC 7644 section 3.4.2.2). It is a tree of
// comparisons, joined by and, or, not and value paths.
type Filter interface {
	// Matches reports whether a folded resource passes; for the value filter of
	// a path it is an element that is asked about.
	Matches(v Value) bool
	// Paths are the paths that the filter looks at.
	Paths() []Path
	// Alternatives has at least one; all comparisons of one of them hold of
	// whatever the filter takes.
	Alternatives() []Alternative
	// String is the canonical text, which parses to an equal filter.
	String() string
}

// comparison is one attribute expression, such as userName eq "x".
type comparison struct {
	path   Path
	op     string // in lower case
	value  Value  // of the attribute's type where that could be; Absent for pr
	folded string // the value's text by the case rule
	within bool   // inside a value filter: Matches is asked about an element
}

func newComparison(path Path, op string, value Value, within bool) *comparison {
	return &comparison{path: path, op: op, value: value, folded: path.Fold(value), within: within}
}

func (f *comparison) Matches(v Value) bool {
	present := false
	holds := func(v Value) bool {
		if v.IsEmpty() {
			return false
		}
		present = true
		return f.compare(v)
	}
	if f.within {
		if holds(v.Member(f.path.Sub.Name)) {
			return true
		}
	} else if f.path.some(v, holds) {
		return true
	}
	return !present && f.matchesAbsent()
}

// matchesAbsent: an attribute without a value equals null and nothing else
// (RFC 7643 section 2.5).
func (f *comparison) matchesAbsent() bool {
	null := f.value.kind == KindNull
	return f.op == "eq" && null || f.op == "ne" && !null
}

// compare holds a value that is there against the one of the filter.
func (f *comparison) compare(v Value) bool {
	switch f.op {
	case "pr":
		return true
	case "eq":
		return f.equal(v)
	case "ne":
		return !f.equal(v)
	case "co":
		return strings.Contains(f.path.Fold(v), f.folded)
	case "sw":
		return strings.HasPrefix(f.path.Fold(v), f.folded)
	case "ew":
		return strings.HasSuffix(f.path.Fold(v), f.folded)
	}
	order, comparable := f.order(v)
	if !comparable {
		return false
	}
	switch f.op {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

func (f *comparison) equal(v Value) bool {
	order, comparable := f.order(v)
	return comparable && order == 0
}

// order compares v with the filter's value by the attribute's type.
func (f *comparison) order(v Value) (order int, comparable bool) {
	switch {
	case f.value.kind == KindNull, v.kind == KindObject, v.kind == KindList:
		return 0, false
	case v.kind == KindNumber || f.value.kind == KindNumber:
		if v.kind != f.value.kind {
			return 0, false
		}
		return compareNumbers(v.literal(), f.value.literal()), true
	case f.path.Leaf().Type == TypeDateTime:
		a, errA := time.Parse(time.RFC3339, v.literal())
		b, errB := time.Parse(time.RFC3339, f.value.literal())
		if errA == nil && errB == nil {
			return a.Compare(b), true
		}
	}
	return strings.Compare(f.path.Fold(v), f.folded), true
}

func (f *comparison) Paths() []Path { return []Path{f.path} }

func (f *comparison) String() string {
	name := f.path.Portal()
	if f.within {
		name = f.path.Sub.Name
	}
	if f.op == "pr" {
		return name + " pr"
	}
	return name + " " + f.op + " " + f.value.JSON()
}

// valuePath asks for one element that passes a filter of its own.
type valuePath struct {
	path  Path
	where Filter
}

func (f *valuePath) Matches(v Value) bool {
	return f.path.some(v, f.where.Matches)
}

func elementType(comparisons []Comparison) (string, bool) {
	for _, c := range comparisons {
		if c.Operator == "eq" && c.Path.Sub.Name == "type" {
			return c.Value.Text(), true
		}
	}
	return "", false
}

func (f *valuePath) typed(p Path, kind string) Path {
	sub := p.Sub
	p = f.path.ofType(kind)
	p.Sub = sub
	return p
}

func (f *valuePath) Paths() []Path {
	inner := f.where.Paths()
	kind, found := elementType(Equalities(f.where))
	if !found {
		return inner
	}
	out := []Path{}
	for _, p := range inner {
		if p.Sub.Name != "type" {
			out = append(out, f.typed(p, kind))
		}
	}
	if len(out) == 0 {
		out = append(out, f.path.ofType(kind))
	}
	return out
}

func (f *valuePath) String() string { return f.path.Portal() + "[" + f.where.String() + "]" }

// conjunction is a list of filters joined by and.
type conjunction []Filter

func (f conjunction) Matches(v Value) bool {
	for _, term := range f {
		if !term.Matches(v) {
			return false
		}
	}
	return true
}

func (f conjunction) Paths() []Path { return pathsOf(f) }

func (f conjunction) String() string {
	terms := make([]string, len(f))
	for i, term := range f {
		terms[i] = term.String()
		if _, weaker := term.(disjunction); weaker {
			terms[i] = "(" + terms[i] + ")"
		}
	}
	return strings.Join(terms, " and ")
}

// disjunction is a list of filters joined by or.
type disjunction []Filter

func (f disjunction) Matches(v Value) bool {
	for _, term := range f {
		if term.Matches(v) {
			return true
		}
	}
	return false
}

func (f disjunction) Paths() []Path { return pathsOf(f) }

func (f disjunction) String() string {
	terms := make([]string, len(f))
	for i, term := range f {
		terms[i] = term.String()
	}
	return strings.Join(terms, " or ")
}

func pathsOf(terms []Filter) (out []Path) {
	for _, term := range terms {
		out = append(out, term.Paths()...)
	}
	return out
}

// negation is not (...).
type negation struct{ term Filter }

func (f negation) Matches(v Value) bool { return !f.term.Matches(v) }
func (f negation) Paths() []Path        { return f.term.Paths() }
func (f negation) String() string       { return "not (" + f.term.String() + ")" }

// Equals is the filter `path eq value`.
func Equals(path Path, value Value) Filter { return newComparison(path, "eq", value, false) }
