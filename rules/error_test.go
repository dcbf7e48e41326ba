package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refused is an expression, the part of it that is blamed, and why.
type refused struct {
	expression    string
	want          Type
	blamed        string
	message, hint string
}

func refuses(t *testing.T, code string, tests []refused) {
	t.Helper()
	for _, tt := range tests {
		_, fail := Compile(tt.expression, testScope(), tt.want)
		if fail == nil {
			t.Errorf("%s: compiles", tt.expression)
			continue
		}
		blamed := string([]rune(tt.expression)[fail.From:fail.To])
		got := refused{tt.expression, tt.want, blamed, fail.Message, fail.Hint}
		if diff := cmp.Diff(tt, got, cmp.AllowUnexported(refused{})); diff != "" || fail.Code != code {
			t.Errorf("%s: code %s, want %s (-want +got):\n%s", tt.expression, fail.Code, code, diff)
		}
	}
}

func TestUnknownAttribute(t *testing.T) {
	refuses(t, "unknown-attribute", []refused{
		{`lower(userNam)`, "any", `userNam`, `unknown attribute "userNam"`, `did you mean "userName"?`},
		{`username`, "any", `username`, `unknown attribute "username"`, `did you mean "userName"?`},
		{`USERNAME == "x"`, "any", `USERNAME`, `unknown attribute "USERNAME"`, `did you mean "userName"?`},
		{`lower(emails.wrk.value) + "x"`, "any", `emails.wrk.value`, `unknown attribute "emails.wrk.value"`, `did you mean "emails.work.value"?`},
		{`emails.work`, "any", `emails.work`, `unknown attribute "emails.work"`, `did you mean "emails.work.value"?`},
		{`emails["wrk"].value`, "any", `emails["wrk"].value`, `unknown attribute "emails.wrk.value"`, `did you mean "emails.work.value"?`},
		{`givenName`, "any", `givenName`, `unknown attribute "givenName"`, `did you mean "name.givenName"?`},
		{`department`, "any", `department`, `unknown attribute "department"`, `did you mean "enterprise.department"?`},
		{`name.given`, "any", `name.given`, `unknown attribute "name.given"`, ``},
		{`null`, "any", `null`, `unknown attribute "null"`, `did you mean "nil"?`},
		{`userName.foo`, "any", `userName.foo`, `unknown attribute "userName.foo"`, ``},
		{`userName[0]`, "any", `userName[0]`, `unknown attribute "userName[0]"`, ``},
		{`nativ.role`, "any", `nativ.role`, `unknown attribute "nativ.role"`, `did you mean "native.role"?`},
		{`zzz[native.role].x`, "any", `zzz`, `unknown attribute "zzz"`, ``},
		{`"äöü" + völlig`, "any", `völlig`, `unknown attribute "völlig"`, ``},
		{`any(native.g, userNam == "x")`, "any", `userNam`, `unknown attribute "userNam"`, `did you mean "userName"?`},
		{`native[userNam]`, "any", `userNam`, `unknown attribute "userNam"`, `did you mean "userName"?`},
		{`$env`, "any", `$env`, `unknown attribute "$env"`, ``},
		{`lower`, "any", `lower`, `unknown attribute "lower"`, `"lower" is a function: lower(text)`},
		{`before.active`, "any", `before.active`, `unknown attribute "before.active"`,
			`"before" is known in write and in calls of update and delete, not in a test`},
		{`page + 1`, "any", `page`, `unknown attribute "page"`, `"page" is known in list and find, not in a test`},
	})
}

func TestWrongType(t *testing.T) {
	refuses(t, "wrong-type", []refused{
		{`active`, "string", `active`, `gives a boolean, a string is needed`, `text(...) makes a string of it`},
		{`lower(userName)`, "boolean", `lower(userName)`, `gives a string, a boolean is needed`,
			`boolean(...) makes a boolean of it, has(...) asks whether it is there`},
		{`native.role + "x"`, "number", `native.role + "x"`, `gives a string, a number is needed`, `number(...) makes a number of it`},
		{`[1]`, "object", `[1]`, `gives a list, an object is needed`, ``},
		{`lower(age)`, "any", `age`, `lower needs a string, not a number`, `text(...) makes a string of it`},
		{`lower(lower( 1 + 2 ))`, "any", `1 + 2`, `lower needs a string, not a number`, `text(...) makes a string of it`},
		{`lower(["a", "b"])`, "any", `["a", "b"]`, `lower needs a string, not a list`, ``},
		{`lower({a: 1})`, "any", `{a: 1}`, `lower needs a string, not an object`, ``},
		{`len(userName) contains "x"`, "any", `len(userName)`, `contains needs a string, not a number`, `text(...) makes a string of it`},
		{`active + "x"`, "any", `active + "x"`, `+ joins strings or adds numbers, not a boolean`, ``},
		{`userName + native.x + 1`, "any", `userName + native.x + 1`,
			`+ needs strings only or numbers only, text(x) makes a string of a number`, ``},
		{`-userName`, "any", `userName`, `- needs a number, not a string`, `number(...) makes a number of it`},
		{`age < userName`, "any", `age < userName`, `< compares two numbers or two strings, not a number and a string`, ``},
		{`active < true`, "any", `active < true`, `< compares two numbers or two strings, not a boolean and a boolean`, ``},
		{`userName == 1`, "any", `userName == 1`, `== compares a string with a number, which are never equal`, ``},
		{`active != "true"`, "any", `active != "true"`, `!= compares a boolean with a string, which are never equal`, ``},
		{`userName in displayName`, "any", `displayName`, `in needs a list, not a string`, ``},
		{`age matches "1"`, "any", `age`, `matches needs a string, not a number`, `text(...) makes a string of it`},
		{`not age`, "any", `age`, `not needs a boolean, not a number`, ``},
		{`active or age`, "any", `age`, `or needs a boolean, not a number`, ``},
		{`IIF(age, 1, 2)`, "any", `age`, `IIF needs a boolean, not a number`, ``},
		{`age ? 1 : 2`, "any", `age`, `?: needs a boolean, not a number`, ``},
		{`any(userName, # == 1)`, "any", `userName`, `any needs a list, not a string`, ``},
		{`filter(native.a, 1)`, "any", `1`, `filter needs a boolean, not a number`, ``},
		{`"abc"[0]`, "any", `"abc"[0]`, `[0] needs a list, not a string`, ``},
		{`[1].x`, "any", `[1].x`, `.x needs an object, not a list`, ``},
	})
}

func TestBadExpression(t *testing.T) {
	refuses(t, "bad-expression", []refused{
		{``, "any", ``, `the expression is empty`, ``},
		{` `, "any", ` `, `the expression is empty`, ``},
		{`lowr(userName)`, "any", `lowr`, `unknown function "lowr"`, `did you mean "lower"?`},
		{`ToLower(userName)`, "any", `ToLower`, `unknown function "ToLower"`, `did you mean "lower"?`},
		{`iif(active, 1, 2)`, "any", `iif`, `unknown function "iif"`, `did you mean "IIF"?`},
		{`now()`, "any", `now`, `unknown function "now"`, ``},
		{`sum(native.a)`, "any", `sum`, `unknown function "sum"`, ``},
		{`native.role()`, "any", `native.role`, `members cannot be called`, ``},
		{`left(userName)`, "any", `left(userName)`, `left takes 2 arguments, not 1`, `it is left(text, count)`},
		{`lower(userName, 1)`, "any", `lower(userName, 1)`, `lower takes 1 argument, not 2`, `it is lower(text)`},
		{`coalesce(title)`, "any", `coalesce(title)`, `coalesce takes at least 2 arguments, not 1`, `it is coalesce(a, b, ...)`},
		{`IIF(active, 1)`, "any", `IIF(active, 1)`, `IIF takes 3 arguments, not 2`, `it is IIF(condition, a, b)`},
		{`any(native.a)`, "any", `)`, `too few arguments`, ``},
		{`any(native.a, all(.b, # == 1))`, "any", `all(.b, # == 1)`, `all inside any is not allowed`, ``},
		{`userName matches title`, "any", `title`, `the pattern of matches is a quoted text`, ``},
		{`userName matches "(a"`, "any", `"(a"`, `pattern "(a": missing closing )`, ``},
		{`1; 2`, "any", `1; 2`, `; is not part of the language`, ``},
		{`let a = 1; a`, "any", `a = 1; a`, `let is not part of the language`, ``},
		{`userName[1:]`, "any", `userName[1`, `[from:to] is not part of the language`, `use left(text, count) or right(text, count)`},
		{`b"x"`, "any", `b"x"`, `b"..." is not part of the language`, ``},
		{`1 .. 3`, "any", `1 .. 3`, `.. is not part of the language`, ``},
		{`2 ** 3`, "any", `2 ** 3`, `** is not part of the language`, ``},
		{`+age`, "any", `+age`, `+ before a value is not part of the language`, ``},
		{`map(native.a, #index)`, "any", `#`, `#index is not part of the language`, ``},
		{`{(userName): 1}`, "any", `userName`, `the key of an object is a name or a quoted text`, ``},
		{`map(native.a, {"b": #})`, "any", `:`, `unexpected ":"`, `put parentheses round the object: map(list, ({"name": #}))`},
		{`userName : "x"`, "any", `:`, `unexpected ":"`, ``},
		{`userName = "x"`, "any", `=`, `unexpected "="`, `compare with ==`},
		{`userName & displayName`, "any", `&`, `unexpected "&"`, `join text with +, conditions with and`},
		{`userName @ 3`, "any", `@`, `unexpected "@"`, ``},
		{`(userName`, "any", `e`, `the expression ends too early`, ``},
		{`userName)`, "any", `)`, `unexpected ")"`, ``},
		{`native?.[0`, "any", `0`, `the expression ends too early`, ``},
		{`title ?? userName + "x"`, "any", `+`, `?? beside another operator needs parentheses`, ``},
		{`12abc`, "any", `a`, `a number is misspelt or too large`, ``},
		{`99999999999999999999`, "any", `9`, `a number is misspelt or too large`, ``},
		{`"\q"`, "any", `q`, `unknown escape in a quoted text`, ``},
		{`/* x`, "any", `x`, `a comment is not closed`, ``},
		{`emails[type eq "work"].value`, "any", `eq`, `unexpected "eq"`, `here emails[type eq "work"] is spelt emails.work`},
	})
}

func TestQuoteExpression(t *testing.T) {
	refuses(t, "quote-expression", []refused{
		{`!active and`, "any", `d`, `the expression ends too early`, `write not instead of !`},
		{`active ? 1`, "any", `1`, `the expression ends too early`, `write IIF(condition, a, b) instead of condition ? a : b`},
		{`value + "`, "any", `"`, `a quote is not closed`, `YAML ends a plain value at " #": quote the whole expression`},
	})
}

func TestTooLarge(t *testing.T) {
	tests := []struct {
		source string
		want   Error
	}{
		{`"` + strings.Repeat("ä", 9_999) + `"`, Error{Message: "the expression is longer than 10000 characters", To: 10_000}},
		{strings.Repeat("1+", 600) + "1", Error{Message: "the expression has more than 1000 parts", From: 1001, To: 1002}},
	}
	for _, tt := range tests {
		tt.want.Code = "too-large"
		_, fail := Compile(tt.source, testScope(), anyType)
		if diff := cmp.Diff(&tt.want, fail); diff != "" {
			t.Errorf("%.20s... (-want +got):\n%s", tt.source, diff)
		}
	}
	mustCompile(t, `"`+strings.Repeat("ä", 9_998)+`"`, textType)
	mustCompile(t, strings.Repeat("1+", 400)+"1", numberType)
}

func TestErrorText(t *testing.T) {
	_, fail := Compile(`userNam`, testScope(), anyType)
	if want := `unknown attribute "userNam" [unknown-attribute]`; fail.Error() != want {
		t.Errorf("got %s, want %s", fail, want)
	}
}
