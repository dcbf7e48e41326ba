package scim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The models here say in a few lines what a kind of operation comes to, in
// another way than Apply does it.

func operation(op, path string, value any) map[string]any {
	out := map[string]any{"op": op, "value": value}
	if path != "" {
		out["path"] = path
	}
	return out
}

// mustApply applies operations that are well-formed and have their targets.
func mustApply(t *rapid.T, c *Catalog, before Value, operations []any) Value {
	t.Helper()
	body, err := From(map[string]any{"Operations": operations})
	if err != nil {
		t.Fatal(err)
	}
	patch, refused := ParsePatch(c, body)
	if refused != nil {
		t.Fatalf("%s: %v", body.JSON(), refused)
	}
	after, ignored, refused := patch.Apply(before)
	if refused != nil || len(ignored) > 0 {
		t.Fatalf("%s: %v, ignored %v", body.JSON(), refused, ignored)
	}
	return after
}

// Whatever Entra does to the members of a group comes to a set: who is added
// twice is a member once, who is removed and no member does no harm, and
// nobody goes who is not named.
func TestPatchMembersAreASet(t *testing.T) {
	catalog := NewCatalog(CoreGroup())
	ids := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		var want []string // the members in the order in which they came
		take := func(id string) { want = slices.DeleteFunc(want, func(other string) bool { return other == id }) }
		add := func(id string) {
			if !slices.Contains(want, id) {
				want = append(want, id)
			}
		}
		var operations []any
		for range rapid.IntRange(1, 6).Draw(t, "operations") {
			named := ids.Draw(t, "ids")
			list := make([]any, len(named))
			for i, id := range named {
				list[i] = map[string]any{"value": id, "$ref": nil}
			}
			var next map[string]any
			switch kind := rapid.SampledFrom([]string{"add", "add one", "remove", "remove by filter", "empty"}).Draw(t, "kind"); kind {
			case "add":
				next = operation("Add", "members", list)
				for _, id := range named {
					add(id)
				}
			case "add one":
				next = operation("add", "", map[string]any{"members": named[0]})
				add(named[0])
			case "remove":
				next = operation("Remove", "members", list)
				for _, id := range named {
					take(id)
				}
			case "remove by filter":
				next = operation("remove", fmt.Sprintf("members[value eq %q]", named[0]), nil)
				take(named[0])
			case "empty":
				next = operation(rapid.SampledFrom([]string{"remove", "replace"}).Draw(t, "op"), "members", nil)
				want = nil
			}
			operations = append(operations, next)
		}
		var got []string
		for _, member := range mustApply(t, catalog, Object(), operations).Member("members").Items() {
			got = append(got, member.Member("value").Text())
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v: members %v, want %v", operations, got, want)
		}
	})
}

// Of the elements of a list the one that was made primary last is it, alone.
func TestPatchMovesPrimary(t *testing.T) {
	catalog := userCatalog()
	types := []string{"work", "home", "other"}
	rapid.Check(t, func(t *rapid.T) {
		want := "" // the type of the primary element
		before, operations := Object(), []any(nil)
		for _, kind := range types {
			operations = append(operations, operation("Add", fmt.Sprintf("emails[type eq %q].value", kind), kind+"@x"))
		}
		for range rapid.IntRange(1, 6).Draw(t, "operations") {
			kind := rapid.SampledFrom(types).Draw(t, "type")
			selected := fmt.Sprintf("emails[type eq %q]", kind)
			primary := rapid.Bool().Draw(t, "primary")
			switch rapid.SampledFrom([]string{"sub-attribute", "element", "list"}).Draw(t, "at") {
			case "sub-attribute":
				operations = append(operations, operation("Replace", selected+".primary", map[bool]string{true: "True", false: "False"}[primary]))
			case "element":
				operations = append(operations, operation("replace", selected, map[string]any{"value": kind + "@x", "primary": primary}))
			case "list":
				operations = append(operations, operation("add", "emails", []any{map[string]any{"type": kind, "value": kind + "@x", "primary": primary}}))
			}
			switch {
			case primary:
				want = kind
			case want == kind:
				want = ""
			}
		}
		got, elements := []string(nil), mustApply(t, catalog, before, operations).Member("emails").Items()
		for _, element := range elements {
			if element.Member("primary").Boolean() {
				got = append(got, element.Member("type").Text())
			}
		}
		if strings.Join(got, " ") != want || len(elements) != len(types) {
			t.Fatalf("%v: primary are %q of %d, want %q of %d", operations, got, len(elements), want, len(types))
		}
	})
}

// changes are new values by path, some of them empty, with a few paths of each
// shape that Entra's mappings have.
func changes(t *rapid.T) map[string]string {
	paths := []string{"displayName", "title", "name.givenName", "name.familyName", "name.formatted",
		`emails[type eq "work"].value`, `phoneNumbers[type eq "mobile"].value`, `addresses[type eq "work"].country`, EnterpriseURN + ":department"}
	return rapid.MapOfN(rapid.SampledFrom(paths), rapid.SampledFrom([]string{"x", "y", ""}), 1, 4).Draw(t, "changes")
}

const everything = `{"displayName":"0","title":"0","name":{"givenName":"0","familyName":"0","formatted":"0"},
	"emails":[{"type":"work","value":"0"},{"type":"home","value":"0"}],"phoneNumbers":[{"type":"mobile","value":"0"}],
	"addresses":[{"type":"work","country":"0","region":"0"}],"` + EnterpriseURN + `":{"department":"0","division":"0"}}`

// A change means the same in both dialects of Entra, and to whoever sends
// objects: what is named has its new value or is gone, and nothing else moves.
func TestPatchSpellingsAgree(t *testing.T) {
	catalog := userCatalog()
	rapid.Check(t, func(t *rapid.T) {
		before, _ := catalog.Fold(parsed(t, rapid.SampledFrom([]string{`{}`, everything}).Draw(t, "before")))
		changed := changes(t)
		var single, filtered []any
		folded, nested, names := map[string]any{}, map[string]any{}, map[string]any{}
		for _, path := range slices.Sorted(maps.Keys(changed)) {
			value := any(changed[path])
			if value == "" {
				value = rapid.SampledFrom([]any{"", nil}).Draw(t, "nothing")
			}
			single = append(single, operation(rapid.SampledFrom([]string{"Add", "Replace"}).Draw(t, "op"), path, value))
			sub, isName := strings.CutPrefix(path, "name.")
			switch {
			case strings.Contains(path, "["):
				filtered = append(filtered, operation("replace", path, value))
				continue
			case isName:
				names[sub] = value
				nested["name"] = names
			case strings.HasPrefix(path, EnterpriseURN):
				nested[EnterpriseURN] = map[string]any{"department": value}
			default:
				nested[path] = value
			}
			folded[path] = value
		}
		after := mustApply(t, catalog, before, single)
		checkChanged(t, catalog, before, after, changed)
		for _, object := range []map[string]any{folded, nested} {
			if other := mustApply(t, catalog, before, append(slices.Clone(filtered), operation("replace", "", object))); !other.Equal(after) {
				t.Fatalf("one by one %s, at once %s", after.JSON(), other.JSON())
			}
		}
	})
}

func parsed(t *rapid.T, text string) Value {
	v, err := ParseJSON([]byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func checkChanged(t *rapid.T, c *Catalog, before, after Value, changed map[string]string) {
	for _, leaf := range c.Leaves() {
		want := leaf.Get(before).Text()
		if value, named := changed[leaf.Portal()]; named {
			want = value
		}
		if got := leaf.Get(after).Text(); !leaf.List() && leaf.Leaf().Type != TypeComplex && got != want {
			t.Fatalf("%v: %s is %q, want %q", changed, leaf.Portal(), got, want)
		}
	}
}
