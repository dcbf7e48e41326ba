package rules

import "testing"

func TestLoops(t *testing.T) {
	evaluates(t, []evaluation{
		{`any(native.groups, .name == "staff")`, true},
		{`any(native.groups, .name == "none")`, false},
		{`any(native.gone, .name == "none")`, false},
		{`all(native.groups, has(.name))`, false},
		{`all(native.gone, has(.name))`, true},
		{`any(native.groups, .flag)`, false},
		{`filter(native.numbers, # > 1)`, []any{2.0, 3}},
		{`map(native.groups, .name)`, []any{"admins", "staff", nil}},
		{`map(native.gone, .name)`, []any{}},
		{`map(filter(native.groups, .id == age - 34), upper(.name))`, []any{"STAFF"}},
		{`first(filter(emails, .type == "work")).value`, "w@x"},
		{`filter(emails, .type == "work")[0].value`, "w@x"},
		{`map(native.numbers, ({"n": #, m: "x"}))`, []any{map[string]any{"n": 1, "m": "x"}, map[string]any{"n": 2.0, "m": "x"}, map[string]any{"n": 3, "m": "x"}}},
		{`join(map(native.groups, .name), ",")`, "admins,staff"},
	})
}

func TestLoopFaults(t *testing.T) {
	faults(t, []faulty{
		{`any(native.role, # == 1)`, `any needs a list, not a string`},
		{`any(native.groups, .name)`, `any needs a boolean, not a string`},
		{`map(native.numbers, .name)`, `.name needs an object, not a number`},
	})
}
