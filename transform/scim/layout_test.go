package scim

import (
	"testing"

	"pgregory.net/rapid"
)

// A layout makes what setting one path after the other makes.
func TestLayoutSetsThePaths(t *testing.T) {
	catalog := userCatalog()
	names := []string{"userName", "name.givenName", "name.familyName", "active", "emails.work.value", "emails.home.value", "emails.work.primary",
		"phoneNumbers.work.value", "enterprise.department", "enterprise.manager.value", "roles", "addresses.value", `ims[primary eq true].value`, "title"}
	values := []Value{{}, String("x"), String(""), Null(), Bool(true), ListOf(Object(Member{"value", String("y")}))}
	rapid.Check(t, func(t *rapid.T) {
		var paths []Path
		var list []Value
		want := Object()
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID).Draw(t, "paths") {
			path, err := catalog.ParseDotted(name)
			if err != nil {
				path, err = catalog.ParsePath(name)
			}
			if err != nil {
				continue // not in this catalog
			}
			paths, list = append(paths, path), append(list, rapid.SampledFrom(values).Draw(t, name))
			if v := list[len(list)-1]; !v.IsEmpty() {
				want = path.Set(want, v)
			}
		}
		if got := NewLayout(paths).Resource(list); !got.Equal(want) {
			t.Fatalf("got %s, want %s", got.JSON(), want.JSON())
		}
	})
}
