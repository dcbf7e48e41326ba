package rules

import (
	"slices"
	"strings"
)

// Function is one that an author may call, for documentation.
type Function struct{ Usage, About string }

// lazy are functions whose arguments are not all evaluated. An absent list is an
// empty one to them.
var lazy = []Function{
	{"IIF(condition, a, b)", "a if the condition holds, else b"},
	{"any(list, condition)", "whether it holds for some element, which is called #; its member name is .name"},
	{"all(list, condition)", "whether it holds for every element"},
	{"filter(list, condition)", "the elements for which it holds"},
	{"map(list, value)", "the value for each element; an object stands in parentheses, ({\"name\": #})"},
}

// Functions gives every function, sorted by name.
func Functions() []Function {
	out := slices.Clone(lazy)
	for _, f := range functions {
		out = append(out, Function{f.usage, f.about})
	}
	slices.SortFunc(out, func(a, b Function) int { return strings.Compare(strings.ToLower(a.Usage), strings.ToLower(b.Usage)) })
	return out
}
