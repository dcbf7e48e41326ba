package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSplit: braces and quotes inside an expression belong to it.
func TestSplit(t *testing.T) {
	for _, test := range []struct {
		source  string
		want    []piece
		problem string
	}{
		{"/users", []piece{{"/users", false, 4}}, ""},
		{"/ü/{id}/x", []piece{{"/ü/", false, 4}, {"id", true, 8}, {"/x", false, 11}}, ""},
		{"/{a}{b}", []piece{{"/", false, 4}, {"a", true, 6}, {"", false, 8}, {"b", true, 9}, {"", false, 11}}, ""},
		{`/{replace(id, "}", '{\'')}`, []piece{{"/", false, 4}, {`replace(id, "}", '{\'')`, true, 6}, {"", false, 30}}, ""},
		{"/{first(map(x, {a: 1})).a}", []piece{{"/", false, 4}, {"first(map(x, {a: 1})).a", true, 6}, {"", false, 30}}, ""},
		{`/{"}`, nil, "a { has no }"},
		{"/{ }", nil, "a hole is empty"},
		{"/a}", nil, "a } has no {"},
	} {
		got, problem := split([]rune(test.source), 4)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(piece{})); diff != "" || problem != test.problem {
			t.Errorf("%s: %q (-want +got):\n%s", test.source, problem, diff)
		}
	}
}
