package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// expression is a filter as its text, with what it comes to for ada. How tight
// it binds decides where parentheses must stand (RFC 7644 section 3.4.2.2,
// table 5).
type expression struct {
	text  string
	value bool
	binds int // or 0, and 1, the others 2
}

func (e expression) within(binds int) string {
	if e.binds < binds {
		return "(" + e.text + ")"
	}
	return e.text
}

func drawExpression(depth int) *rapid.Generator[expression] {
	return rapid.Custom(func(t *rapid.T) expression {
		kind := "comparison"
		if depth > 0 {
			kind = rapid.SampledFrom([]string{"comparison", "and", "or", "not"}).Draw(t, "kind")
		}
		if kind == "comparison" {
			return rapid.SampledFrom([]expression{{`userName pr`, true, 2}, {`title pr`, false, 2}}).Draw(t, "comparison")
		}
		a := drawExpression(depth-1).Draw(t, "a")
		if kind == "not" {
			return expression{"not (" + a.text + ")", !a.value, 2}
		}
		b := drawExpression(depth-1).Draw(t, "b")
		if kind == "and" {
			return expression{a.within(1) + " and " + b.within(1), a.value && b.value, 1}
		}
		return expression{a.text + " or " + b.text, a.value || b.value, 0}
	})
}

func TestFilterPrecedence(t *testing.T) {
	catalog, resource := userCatalog(), mustJSON(t, ada)
	rapid.Check(t, func(t *rapid.T) {
		e := drawExpression(4).Draw(t, "expression")
		f, err := ParseFilter(catalog, e.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Matches(resource); got != e.value {
			t.Fatalf("%s is %v, want %v", e.text, got, e.value)
		}
	})
}

// Entra asks who is in a group with both comparisons, in either order.
func TestFilterOfReferences(t *testing.T) {
	group := mustJSON(t, `{"id":"g","displayName":"All \\ of \"us\"","members":[{"value":"u1"},{"value":"u2"}]}`)
	both := []string{`id="g"`, `members.value="u2"`}
	for _, c := range []struct {
		filter     string
		matches    bool
		equalities []string
	}{
		{`id eq "g" and members eq "u2"`, true, both},
		{`members eq "u2" and id eq "g"`, true, []string{both[1], both[0]}},
		{`id eq "g" and members eq "u3"`, false, []string{`id="g"`, `members.value="u3"`}},
		{`id eq "h" and members eq "u2"`, false, []string{`id="h"`, both[1]}},
		{`id eq "g" and members.value eq "u2"`, true, both},
		{`id eq "g" and members[value eq "u2"]`, true, both},
		{`displayName eq "ALL \\ OF \"US\""`, true, []string{`displayName="ALL \\ OF \"US\""`}},
		{`not (members eq "u2")`, false, nil},
	} {
		f, err := ParseFilter(NewCatalog(CoreGroup()), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var equalities []string
		for _, e := range Equalities(f) {
			equalities = append(equalities, e.Path.Dotted()+"="+e.Value.JSON())
		}
		if diff := cmp.Diff(c.equalities, equalities); diff != "" || f.Matches(group) != c.matches {
			t.Errorf("%s: %v\n%s", c.filter, f.Matches(group), diff)
		}
	}
}
