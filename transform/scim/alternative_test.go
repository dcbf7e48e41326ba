package scim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func alternativesOf(t *testing.T, text string) (out []string) {
	t.Helper()
	f, err := ParseFilter(userCatalog(), text)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range f.Alternatives() {
		terms := make([]string, len(a))
		for i, c := range a {
			terms[i] = c.String()
		}
		out = append(out, strings.Join(terms, " and "))
	}
	return out
}

// Nothing but what a vendor can be asked for is in an alternative.
func TestAlternatives(t *testing.T) {
	const a, b = `userName eq "a"`, `title co "b"`
	many := strings.TrimSuffix(strings.Repeat(`userName eq "a" or `, 17), " or ")
	for _, test := range []struct {
		filter string
		want   []string
	}{
		{a, []string{a}},
		{`userName pr`, []string{""}},
		{`userName ne "a"`, []string{""}},
		{`userName eq null`, []string{""}},
		{`not (userName eq "a")`, []string{""}},
		{a + " and " + b, []string{a + " and " + b}},
		{a + " and title pr", []string{a}},
		{a + " or " + b, []string{a, b}},
		{a + " or title pr", []string{a, ""}},
		{a + " or not (" + b + ")", []string{a, ""}},
		{"(" + a + " or " + b + ") and active eq true", []string{a + " and active eq true", b + " and active eq true"}},
		{"(" + a + " or " + b + `) and (title gt "c" or title le "d")`, []string{a + ` and title gt "c"`, a + ` and title le "d"`, b + ` and title gt "c"`, b + ` and title le "d"`}},
		{a + ` and (title eq "b" or title eq "c") and not (active eq true)`, []string{a + ` and title eq "b"`, a + ` and title eq "c"`}},
		{`emails[type eq "work" and value eq "x"]`, []string{`emails[type eq "work"].value eq "x"`}},
		{`emails[type eq "work" and (value eq "x" or value sw "y")]`, []string{`emails[type eq "work"].value eq "x"`, `emails[type eq "work"].value sw "y"`}},
		{`emails[type sw "work" and value eq "x"]`, []string{`emails.type sw "work" and emails.value eq "x"`}},
		{`emails[type eq "work" and not (value eq "x")]`, []string{`emails.type eq "work"`}},
		{`emails co "x"`, []string{`emails.value co "x"`}},
		{many, []string{""}},
		{a + " and (" + many + ")", []string{a}},
		{"(" + strings.TrimSuffix(strings.Repeat(a+" or ", 5), " or ") + ") and (" + strings.TrimSuffix(strings.Repeat(b+" or ", 4), " or ") + ")", []string{a, a, a, a, a}},
	} {
		if diff := cmp.Diff(test.want, alternativesOf(t, test.filter)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.filter, diff)
		}
	}
}

// split is a filter, and whether its alternatives say all that it says.
type split struct {
	text     string
	complete bool
}

func drawSplit(depth int) *rapid.Generator[split] {
	texts := rapid.SampledFrom([]string{"a", "A", "ab", "b", "ba"})
	return rapid.Custom(func(t *rapid.T) split {
		kinds := []string{"text", "text", "number", "time", "element", "pr", "ne", "null"}
		if depth > 0 {
			kinds = append(kinds, "and", "and", "and", "or", "or", "or", "not")
		}
		switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
		case "text":
			return split{fmt.Sprintf(`%s %s %q`, rapid.SampledFrom([]string{"userName", "title", "externalId", "emails.value", `emails[type eq "work"].value`}).Draw(t, "path"),
				rapid.SampledFrom([]string{"eq", "co", "sw", "ew", "gt", "ge", "lt", "le"}).Draw(t, "operator"), texts.Draw(t, "value")), true}
		case "number":
			return split{fmt.Sprintf(`level %s %d`, rapid.SampledFrom([]string{"eq", "gt", "ge", "lt", "le"}).Draw(t, "operator"), rapid.IntRange(0, 2).Draw(t, "value")), true}
		case "time":
			return split{fmt.Sprintf(`meta.lastModified %s "2020-01-01T0%d:00:00Z"`, rapid.SampledFrom([]string{"eq", "gt", "ge", "lt", "le"}).Draw(t, "operator"), rapid.IntRange(0, 2).Draw(t, "value")), true}
		case "element":
			return split{fmt.Sprintf(`emails[type eq "work" and value sw %q]`, texts.Draw(t, "value")), true}
		case "pr":
			return split{"title pr", false}
		case "ne":
			return split{fmt.Sprintf("title ne %q", texts.Draw(t, "value")), false}
		case "null":
			return split{"title eq null", false}
		case "not":
			return split{"not (" + drawSplit(depth-1).Draw(t, "term").text + ")", false}
		default:
			left, right := drawSplit(depth-1).Draw(t, "left"), drawSplit(depth-1).Draw(t, "right")
			return split{"(" + left.text + ") " + kind + " (" + right.text + ")", left.complete && right.complete}
		}
	})
}

func drawUser(t *rapid.T) Value {
	text := func(name string) Member {
		v := rapid.SampledFrom([]string{"", "a", "A", "ab", "b", "ba"}).Draw(t, name)
		if v == "" {
			return Member{Name: name}
		}
		return Member{Name: name, Value: String(v)}
	}
	var emails []Value
	for range rapid.IntRange(0, 3).Draw(t, "emails") {
		kind := rapid.SampledFrom([]string{"work", "home"}).Draw(t, "type")
		emails = append(emails, Object(Member{Name: "type", Value: String(kind)}, text("value")))
	}
	modified := fmt.Sprintf("2020-01-01T0%d:00:00Z", rapid.IntRange(0, 2).Draw(t, "hour"))
	return Object(text("userName"), text("title"), text("externalId"), Member{Name: "emails", Value: ListOf(emails...)},
		Member{Name: "urn:ietf:params:scim:schemas:extension:acme:2.0:User", Value: Object(Member{Name: "level", Value: Int(int64(rapid.IntRange(0, 2).Draw(t, "level")))})},
		Member{Name: "meta", Value: Object(Member{Name: "lastModified", Value: String(modified)})})
}

// Whoever a filter takes passes one of its alternatives; and where it was split
// completely, nobody else does.
func TestAlternativesAreTheFilter(t *testing.T) {
	taken, complete := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawSplit(3).Draw(t, "filter")
		f, err := ParseFilter(userCatalog(), s.text)
		if err != nil {
			t.Fatal(err)
		}
		alternatives := f.Alternatives()
		if len(alternatives) == 0 || len(alternatives) > maxAlternatives {
			t.Fatalf("%s has %d alternatives", s.text, len(alternatives))
		}
		user := drawUser(t)
		passes := slices.ContainsFunc(alternatives, func(a Alternative) bool {
			return !slices.ContainsFunc(a, func(c Comparison) bool { return !c.Holds(user) })
		})
		matches := f.Matches(user)
		if matches && !passes {
			t.Fatalf("%s takes %s, and none of %v does", s.text, user.JSON(), alternatives)
		}
		if s.complete && passes != matches && !cutShort(f) {
			t.Fatalf("%s: %v for %s, and its alternatives %v", s.text, matches, user.JSON(), alternatives)
		}
		if matches {
			taken++
		}
		if s.complete {
			complete++
		}
	})
	if taken == 0 || complete == 0 {
		t.Errorf("%d matches and %d filters split completely: the property says nothing", taken, complete)
	}
}

// cutShort reports whether a filter has more alternatives than are made.
func cutShort(f Filter) bool { return alternativeCount(f) > maxAlternatives }

func alternativeCount(f Filter) int {
	n := 1
	switch f := f.(type) {
	case conjunction:
		for _, term := range f {
			n *= alternativeCount(term)
		}
	case disjunction:
		n = 0
		for _, term := range f {
			n += alternativeCount(term)
		}
	}
	return n
}
