package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Scope knows the names that expressions of one place may use. It is built
// once and then only read, so that expressions may share it.
type Scope struct {
	place   string
	names   map[string]Type
	roots   map[string]bool
	entropy bool
}

// NewScope makes an empty scope; messages name the place, such as "a rule".
func NewScope(place string) *Scope {
	return &Scope{place: place, names: map[string]Type{}, roots: map[string]bool{}}
}

// Name declares one name, dotted or not. Elements of a list and members of an
// object may be asked for as well, unless names are declared below the object.
func (s *Scope) Name(dotted string, t Type) *Scope {
	s.names[dotted] = t
	return s
}

// Root declares an open tree: every path below it is allowed and may be
// anything. Names below "headers" are lower-cased, since field names are
// case-insensitive (RFC 9110, section 5.1).
func (s *Scope) Root(name string) *Scope {
	s.roots[name] = true
	return s
}

// Entropy lets expressions generate passwords: an input "entropy" is at hand.
func (s *Scope) Entropy() *Scope {
	s.entropy = true
	return s
}

// Names gives the declared names, sorted. An open tree ends in a dot.
func (s *Scope) Names() []string {
	out := slices.Collect(maps.Keys(s.names))
	for root := range s.roots {
		out = append(out, root+".")
	}
	slices.Sort(out)
	return out
}

// open reports whether what stands behind a declared name may be left to the
// run time: elements of lists, and members unless the scope lists them.
func (s *Scope) open(name string, key ast.Node) bool {
	_, member := key.(*ast.StringNode)
	switch s.names[name] {
	case listType:
		return !member
	case objectType, anyType:
		return !member || !s.declaresBelow(name)
	}
	return false
}

// placesOf tells an author where a name of the language is known that is not
// known where it was used.
var placesOf = map[string]string{
	"before":    "write and in calls of update and delete",
	"body":      "errors, save, next and more",
	"cookies":   "errors, save, next and more",
	"field":     "calls of update and delete",
	"fields":    "calls of create, update and delete",
	"headers":   "errors, save, next and more",
	"id":        "calls",
	"member":    "calls of members",
	"members":   "calls of members",
	"native":    "read, protect and calls of create, update and delete",
	"next":      "list and find",
	"now":       "calls",
	"operation": "rules, errors, save, next and more",
	"page":      "list and find",
	"saved":     "calls of create, update and delete",
	"seen":      "list and find",
	"session":   "headers, query and body of calls and of the upstream",
	"status":    "errors, save, next and more",
	"text":      "errors, save, next and more",
	"value":     "read, write, list and find",
}

// hint says what the author of an unknown name may have meant.
func (s *Scope) hint(dotted string) string {
	first, _, _ := strings.Cut(dotted, ".")
	first, _, _ = strings.Cut(first, "[")
	if first == "operations" {
		return `"operations" needs upstream: {protocol: scim}, and is known in calls of update`
	}
	if where, ok := placesOf[first]; ok && !s.roots[first] && !s.declares(first) {
		return `"` + first + `" is known in ` + where + `, not in ` + s.place
	}
	if f, ok := functions[dotted]; ok {
		return `"` + dotted + `" is a function: ` + f.usage
	}
	return DidYouMean(dotted, s.candidates(dotted, first))
}

// declares reports whether some name begins with the word.
func (s *Scope) declares(first string) bool {
	_, ok := s.names[first]
	return ok || s.declaresBelow(first)
}

func (s *Scope) declaresBelow(name string) bool {
	for declared := range s.names {
		if strings.HasPrefix(declared, name+".") {
			return true
		}
	}
	return false
}

// candidates are the names that may have been meant, sorted. A root is one
// with the rest of the path as it was written.
func (s *Scope) candidates(dotted, first string) []string {
	all := append(slices.Collect(maps.Keys(s.names)), "nil", "true", "false")
	for root := range s.roots {
		all = append(all, root+dotted[len(first):])
	}
	slices.Sort(all)
	return all
}

// DidYouMean hints at the candidate that differs by a few letters, or else at
// the first that is the wanted one but for its beginning or its end.
func DidYouMean(wanted string, candidates []string) string {
	best, least := "", min(3, len(wanted)/2+1)
	for _, c := range candidates {
		if d := distance(strings.ToLower(wanted), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	for _, c := range candidates {
		if best == "" && (strings.HasPrefix(c, wanted+".") || strings.HasSuffix(c, "."+wanted)) {
			best = c
		}
	}
	if best == "" {
		return ""
	}
	return `did you mean "` + best + `"?`
}

// distance is the number of letters to insert, remove or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
