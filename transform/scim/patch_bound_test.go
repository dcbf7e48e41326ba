package scim

import (
	"strings"
	"testing"
)

// What a PATCH may cost is bounded before any of it is applied.
func TestPatchIsBounded(t *testing.T) {
	catalog := NewCatalog(CoreUser())
	for _, test := range []struct{ name, operation string }{
		{"many operations", strings.Repeat(`{"op":"add","path":"title","value":"x"},`, maxOperations+1)},
		{"many values without an id", strings.Repeat(`{"op":"add","path":"roles","value":[{"display":"a"},{"display":"b"}]},`, maxSearched/2+1)},
	} {
		body, err := ParseJSON([]byte(`{"Operations":[`+strings.TrimSuffix(test.operation, ",")+`]}`), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, problem := ParsePatch(catalog, body); problem == nil || problem.Status != 413 {
			t.Errorf("%s: %v", test.name, problem)
		}
	}
}
