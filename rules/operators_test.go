package rules

import "testing"

func TestArithmetic(t *testing.T) {
	evaluates(t, []evaluation{
		{`name.givenName + " " + name.familyName`, "Ada Lovelace"},
		{`title + " " + name.familyName`, " Lovelace"},
		{`title + name.middle`, nil},
		{`title + native.gone`, nil},
		{`1 + 2 + 3`, 6},
		{`1 + 2.5`, 3.5},
		{`1 + saved.count`, nil},
		{`age - 6 * 2`, 24},
		{`-age`, -36},
		{`-native.gone`, nil},
		{`7 / 2`, 3.5},
		{`6 / 2`, 3},
		{`7 % 2`, 1},
		{`native.id - 1`, 9007199254740992},
	})
}

func TestComparisons(t *testing.T) {
	evaluates(t, []evaluation{
		{`native.role == "ADMIN"`, true},
		{`native.role == nil`, false},
		{`title == nil`, true},
		{`title != "x"`, true},
		{`title == ""`, false},
		{`native.id == 9007199254740992`, false},
		{`native.rate == 2.5`, true},
		{`native.role == 1`, false},
		{`native.numbers == [1, 2, 3]`, true},
		{`native.numbers == [1, 2]`, false},
		{`value == {id: 7.0, tags: ["a", "b", "c"]}`, true},
		{`value == {id: 7}`, false},
		{`age > 30`, true},
		{`native.rate <= 2.4`, false},
		{`native.id > 9007199254740992`, true},
		{`name.givenName < name.familyName`, true},
		{`native.gone < 5`, false},
		{`native.gone >= 5`, false},
		{`not (native.gone < 5)`, true},
		{`1 < age < 40`, true},
		{`native.role in ["ADMIN", "ROOT"]`, true},
		{`native.role not in ["ADMIN", "ROOT"]`, false},
		{`2 in native.numbers`, true},
		{`title in ["x"]`, false},
		{`"x" in native.gone`, false},
		{`status == 422 and text contains "taken"`, true},
		{`text not contains "taken"`, false},
		{`text(status) + text`, "422userName already taken"},
		{`title contains "x"`, false},
		{`userName startsWith "Ada"`, true},
		{`userName endsWith ".org"`, false},
		{`userName matches "^[A-Z][a-z]+@"`, true},
		{`title matches "x"`, false},
	})
}

func TestConditions(t *testing.T) {
	evaluates(t, []evaluation{
		{`active and age > 3`, true},
		{`native.flag or active`, true},
		{`native.flag and active`, false},
		{`!native.flag && (active || native.role)`, true},
		{`not native.flag`, true},
		{`title ?? "none"`, "none"},
		{`(title ?? displayName) + "!"`, "Ada Lovelace!"},
		{`IIF(active, "ENABLED", "DISABLED")`, "ENABLED"},
		{`IIF(native.flag, 1, 3)`, 3},
		{`IIF(active, 1, number("x"))`, 1},
		{`active ? 1 : 3`, 1},
	})
}

func TestOperatorFaults(t *testing.T) {
	faults(t, []faulty{
		{`native.role - 1`, `- needs a number, not a string`},
		{`native.role + 1`, `+ needs strings only or numbers only, text(x) makes a string of a number`},
		{`native.groups + native.role`, `+ joins strings or adds numbers, not a list`},
		{`native.role < 3`, `< compares two numbers or two strings, not a string and a number`},
		{`native.id contains "x"`, `contains needs a string, not a number`},
		{`native.id matches "x"`, `matches needs a string, not a number`},
		{`"x" in native.role`, `in needs a list, not a string`},
		{`not native.role`, `not needs a boolean, not a string`},
		{`native.role and active`, `and needs a boolean, not a string`},
		{`active and native.role`, `and needs a boolean, not a string`},
		{`IIF(native.role, 1, 2)`, `IIF needs a boolean, not a string`},
		{`1 / (age - 36)`, `division by zero`},
		{`1 % (age - 36)`, `division by zero`},
		{`1 % native.rate`, `% needs whole numbers`},
		{`9223372036854775807 + age`, `a number is too large`},
		{`native.id * native.id`, `a number is too large`},
		{`1e308 * 1e308`, `a number is too large`},
	})
}
