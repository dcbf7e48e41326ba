package scim

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sortCatalog has an attribute of every type that is sorted in a way of its own.
func sortCatalog() *Catalog {
	extension := NewSchema("urn:x:User", "X", "X",
		&Attribute{Name: "level", Type: TypeInteger}, &Attribute{Name: "hired", Type: TypeDateTime},
		&Attribute{Name: "code", CaseExact: true}, &Attribute{Name: "tags", MultiValued: true})
	return NewCatalog(CoreUser(), Extension{Schema: EnterpriseUser(), Alias: "enterprise"}, Extension{Schema: extension})
}

func TestSort(t *testing.T) {
	for _, test := range []struct {
		sortBy    string
		resources []string // in the wanted order; of each the member id is shown
	}{
		{"userName", []string{`{"id":"1","userName":"Ann"}`, `{"id":"2","userName":"ben"}`, `{"id":"3","userName":"Cid"}`}},
		{"USERNAME", []string{`{"id":"1","userName":"a"}`, `{"id":"2","userName":"B"}`}},
		{"code", []string{`{"id":"1","urn:x:User":{"code":"B"}}`, `{"id":"2","urn:x:User":{"code":"a"}}`}},
		{"urn:x:User:level", []string{`{"id":"1","urn:x:User":{"level":9}}`, `{"id":"2","urn:x:User":{"level":10}}`, `{"id":"3"}`}},
		{"hired", []string{`{"id":"1","urn:x:User":{"hired":"2026-01-01T01:00:00+02:00"}}`, `{"id":"2","urn:x:User":{"hired":"2026-01-01T00:00:00Z"}}`,
			`{"id":"3","urn:x:User":{"hired":"2026-01-01T00:00:00.5Z"}}`}},
		{"active", []string{`{"id":"1","active":false}`, `{"id":"2","active":true}`, `{"id":"3"}`}},
		{"name.familyName", []string{`{"id":"1","name":{"familyName":"a"}}`, `{"id":"2","name":{"familyName":"b"}}`, `{"id":"3","name":{"givenName":"a"}}`}},
		{"emails", []string{`{"id":"1","emails":[{"value":"z"},{"value":"a","primary":true}]}`, `{"id":"2","emails":[{"value":"b"},{"value":"0"}]}`, `{"id":"3","emails":[]}`}},
		{"emails.value", []string{`{"id":"1","emails":[{"type":"x","primary":true},{"value":"a"}]}`, `{"id":"2","emails":[{"value":"b"}]}`}},
		{`emails[type eq "home"].value`, []string{`{"id":"1","emails":[{"type":"work","value":"z","primary":true},{"type":"home","value":"a"}]}`,
			`{"id":"2","emails":[{"type":"home","value":"b"}]}`, `{"id":"3","emails":[{"type":"work","value":"a"}]}`}},
		{"tags", []string{`{"id":"1","urn:x:User":{"tags":["b"]}}`, `{"id":"2","urn:x:User":{"tags":["c","a"]}}`}},
		{"manager", []string{`{"id":"1","` + EnterpriseURN + `":{"manager":{"value":"1"}}}`, `{"id":"2","` + EnterpriseURN + `":{"manager":{"value":"2"}}}`}},
	} {
		path, err := sortCatalog().ParseSortBy(test.sortBy)
		if err != nil {
			t.Fatal(err)
		}
		var all []Value
		for _, text := range slices.Backward(test.resources) {
			all = append(all, mustParse(t, text))
		}
		slices.SortFunc(all, func(a, b Value) int { return CompareSortKeys(path.SortKey(a), path.SortKey(b)) })
		var got []string
		for _, v := range all {
			got = append(got, v.JSON())
		}
		if diff := cmp.Diff(test.resources, got); diff != "" {
			t.Errorf("%s: %s", test.sortBy, diff)
		}
	}
}

func mustParse(t *testing.T, text string) Value {
	t.Helper()
	v, err := ParseJSON([]byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParseSortByRefuses(t *testing.T) {
	for sortBy, want := range map[string]string{
		"name":             `"name" is complex: sort by one of its sub-attributes`,
		"userNam":          `parse path "userNam": unknown attribute "userNam", did you mean "userName"?`,
		"emails[type eq":   `parse path "emails[type eq": a value is expected at position 15`,
		EnterpriseURN:      `"` + EnterpriseURN + `" is complex: sort by one of its sub-attributes`,
		"emails.value.sub": `parse path "emails.value.sub": unknown attribute "emails.value.sub"`,
	} {
		_, err := sortCatalog().ParseSortBy(sortBy)
		if err == nil || strings.TrimSpace(err.Error()) != want {
			t.Errorf("%s:\ngot  %v\nwant %s", sortBy, err, want)
		}
	}
}
