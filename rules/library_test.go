package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLibrary holds that every function that an author can call is described.
func TestLibrary(t *testing.T) {
	want := []string{"IIF"}
	for name := range functions {
		want = append(want, name)
	}
	for name := range loopNames {
		want = append(want, name)
	}
	var got []string
	for _, f := range Functions() {
		name, _, _ := strings.Cut(f.Usage, "(")
		got = append(got, name)
		if f.About == "" {
			t.Errorf("%s: nothing says what it gives", f.Usage)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions (-) and their descriptions (+):\n%s", diff)
	}
}

func TestScopeNames(t *testing.T) {
	scope := NewScope("a test").Root("native").Name("value", anyType).Name("field.name", textType)
	if diff := cmp.Diff([]string{"field.name", "native.", "value"}, scope.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
