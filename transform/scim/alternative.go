package scim

import "slices"

// Comparison is one attribute expression that a vendor could be asked for: the
// resource has a value at the path that compares so, by the schema's case rule.
type Comparison struct {
	Path     Path
	Operator string // eq, co, sw, ew, gt, ge, lt or le
	Value    Value  // never null
}

// Holds reports whether a folded resource has such a value.
func (c Comparison) Holds(resource Value) bool {
	return newComparison(c.Path, c.Operator, c.Value, false).Matches(resource)
}

// Equal reports whether both ask the same.
func (c Comparison) Equal(o Comparison) bool {
	return c.Operator == o.Operator && c.Path.Equal(o.Path) && c.Value.Equal(o.Value)
}

// String is the comparison as a filter writes it.
func (c Comparison) String() string {
	return newComparison(c.Path, c.Operator, c.Value, false).String()
}

// Alternative is a list of comparisons that all hold of whoever a filter takes
// by it. What cannot be asked for (not, ne, pr, null) is left out, so that they
// may hold of others, too.
type Alternative []Comparison

// maxAlternatives bounds how finely a filter is split. A part that would make
// more of them is left out.
const maxAlternatives = 16

// anything is the one alternative of a filter of which nothing can be asked for.
func anything() []Alternative { return []Alternative{nil} }

// Equalities are the comparisons with eq that a filter demands of every resource.
func Equalities(f Filter) (out []Comparison) {
	alternatives := f.Alternatives()
	for _, c := range alternatives[0] {
		demanded := func(a Alternative) bool { return slices.ContainsFunc(a, c.Equal) }
		if c.Operator == "eq" && !slices.ContainsFunc(alternatives, func(a Alternative) bool { return !demanded(a) }) {
			out = append(out, c)
		}
	}
	return out
}

func (f *comparison) Alternatives() []Alternative {
	if f.op == "pr" || f.op == "ne" || f.value.kind == KindNull {
		return anything()
	}
	return []Alternative{{{f.path, f.op, f.value}}}
}

// Alternatives inside a value path hold of one element: with the element's type
// among them they are about emails.work.value and not about emails.value.
func (f *valuePath) Alternatives() []Alternative {
	inner := f.where.Alternatives()
	for i, alternative := range inner {
		inner[i] = f.typedAll(alternative)
	}
	return inner
}

func (f *valuePath) typedAll(a Alternative) (out Alternative) {
	kind, found := elementType(a)
	if !found || len(a) == 1 {
		return a
	}
	for _, c := range a {
		if c.Path.Sub.Name != "type" {
			out = append(out, Comparison{f.typed(c.Path, kind), c.Operator, c.Value})
		}
	}
	return out
}

// Alternatives of a conjunction are one of each of its terms.
func (f conjunction) Alternatives() []Alternative {
	out := anything()
	for _, term := range f {
		if inner := term.Alternatives(); len(out)*len(inner) <= maxAlternatives {
			out = joined(out, inner)
		}
	}
	return out
}

func joined(left, right []Alternative) []Alternative {
	out := make([]Alternative, 0, len(left)*len(right))
	for _, a := range left {
		for _, b := range right {
			out = append(out, slices.Concat(a, b))
		}
	}
	return out
}

func (f disjunction) Alternatives() (out []Alternative) {
	for _, term := range f {
		out = append(out, term.Alternatives()...)
	}
	if len(out) > maxAlternatives {
		return anything()
	}
	return out
}

func (f negation) Alternatives() []Alternative { return anything() }
