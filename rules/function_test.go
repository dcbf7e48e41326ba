package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr/ast"
	"github.com/google/go-cmp/cmp"
)

// Whatever a vendor answers, one evaluation reads and makes only so much.
func TestBounds(t *testing.T) {
	env := map[string]any{
		"native.kib4":  strings.Repeat("x", 4<<10),
		"native.kib64": strings.Repeat("x", 64<<10),
		"native.half":  strings.Repeat("x", 33<<10),
		"native.csv":   strings.Repeat(",", 1_999),
		"native.csv1":  strings.Repeat(",", 2_000),
		"native.few":   make([]any, 500),
		"native.most":  make([]any, 2_000),
		"native.many":  make([]any, 2_001),
		"native.texts": slices.Repeat([]any{strings.Repeat("x", 33<<10)}, 2),
	}
	tests := []struct{ expression, fault string }{
		{`lower(native.kib64)`, ``},
		{`native.half + native.kib4`, ``},
		{`native.half + native.half`, `+ makes a text of more than 64 KiB`},
		{`lower(native.kib64 + "x")`, `+ makes a text of more than 64 KiB`},
		{`replace(native.kib64, "x", "yy")`, `replace makes a text of more than 64 KiB`},
		{`replace(native.half, "xx", "yyy")`, ``},
		{`join(native.texts, "")`, `join makes a text of more than 64 KiB`},
		{`split(native.csv, ",")`, ``},
		{`split(native.csv1, ",")`, `split takes at most 2000 elements`},
		{`concat(native.most, ["x"])`, `concat takes at most 2000 elements`},
		{`concat(native.most, [])`, ``},
		{`any(native.most, # == 1)`, ``},
		{`any(native.many, # == 1)`, `any takes at most 2000 elements`},
		{`all(native.many, # == 1)`, `all takes at most 2000 elements`},
		{`filter(native.many, # == 1)`, `filter takes at most 2000 elements`},
		{`map(native.many, #)`, `map takes at most 2000 elements`},
		{`has(native.many) and len(native.many) == 2001 and "x" not in native.many`, ``},
		{`any(native.few, # in native.few)`, ``},
		{`any(native.few, native.most == nil or 1 in native.most)`, `in takes at most 500 elements`},
		{`any(native.few, native.kib4 contains "y")`, ``},
		{`any(native.few, native.half contains "y")`, `contains reads a text of more than 4 KiB`},
		{`map(native.few, native.kib4)`, ``},
		{`map(native.few, native.kib4 + "x")`, `+ makes a text of more than 4 KiB`},
		{`map(native.few, split(left(native.csv, 99), ","))`, ``},
		{`map(native.few, split(left(native.csv, 100), ","))`, `split takes at most 100 elements`},
		{`map(native.few, [` + strings.Repeat("1,", 150) + `])`, ``},
		{`map(native.most, [` + strings.Repeat("1,", 150) + `])`, `the expression makes lists of more than 100000 elements`},
	}
	for _, tt := range tests {
		_, err := mustCompile(t, tt.expression, anyType).Eval(env)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.fault {
			t.Errorf("%s: fault %q, want %q", tt.expression, got, tt.fault)
		}
	}
}

// A function that two evaluations may answer differently marks its expression.
func TestImpure(t *testing.T) {
	tr := &translation{functions: newConfig().Functions}
	tr.bind(functions["lower"], &ast.NilNode{}, nil)
	if tr.impure {
		t.Error("lower is impure")
	}
	tr.bind(&function{name: "now", impure: true}, &ast.NilNode{}, nil)
	if !tr.impure {
		t.Error("now is pure")
	}
}

// The table is what authors may call; a change here is a change of the language.
func TestFunctionTable(t *testing.T) {
	var usages []string
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		usages = append(usages, functions[name].usage)
	}
	want := []string{
		"base64(value)", "boolean(value)", "coalesce(a, b, ...)", "concat(list, ...)", "date(value, from, to)", "first(list)", "has(value)",
		"hash(algorithm, value)", "hex(value)", "hmac(algorithm, key, value)",
		"join(list, separator)", "last(list)", "ldap(text)", "left(text, count)", "len(value)",
		"link(header, relation)", "list(value)", "lower(text)", "number(value)", "param(address, name)", "password(length, classes, avoid)",
		"pbkdf2(algorithm, password, salt, iterations, length)", "replace(text, old, new)", "right(text, count)", "split(text, separator)",
		"text(value)", "trim(text)", "unbase64(text)", "unhex(text)", "upper(text)",
	}
	if diff := cmp.Diff(want, usages); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
