package rules

import "testing"

func TestNames(t *testing.T) {
	evaluates(t, []evaluation{
		{`nil`, nil},
		{`"x"`, "x"},
		{`-3`, -3},
		{`-2.5`, -2.5},
		{`userName`, "Ada@Example.com"},
		{`title`, nil},
		{`emails.work.value`, "ada@example.com"},
		{`emails?.work?.value`, "ada@example.com"},
		{`emails["work"].value`, "ada@example.com"},
		{`emails[0].value`, "w@x"},
		{`emails[-1].type`, "home"},
		{`emails[2].value`, nil},
		{`native.role`, "ADMIN"},
		{`native["role"]`, "ADMIN"},
		{`native["a.b"]`, "dotted"},
		{`native.roles[0].name`, "first"},
		{`native.gone.deeper[3].still`, nil},
		{`native.groups[age - 35].name`, "staff"},
		{`headers["X-Request-Id"]`, "r1"},
		{`value.id`, 7},
		{`value.tags[1]`, "b"},
		{`value["id"]`, 7},
		{`saved.token`, nil},
		{`{id: native.role, "list": [1, title, active]}`, map[string]any{"id": "ADMIN", "list": []any{1, nil, true}}},
	})
}

func TestNamesFaults(t *testing.T) {
	faults(t, []faulty{
		{`native.groups[native.rate]`, `[...] needs a list and a number, or an object and a string, not a list and a number`},
		{`value.id[0]`, `[0] needs a list, not a number`},
	})
}
