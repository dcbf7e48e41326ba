package rules

import (
	"fmt"
	"strings"
	"testing"
)

func generated(t *testing.T, source, entropy string) (string, error) {
	t.Helper()
	e, fail := Compile(source, NewScope("fixed").Name("age", numberType).Name("userName", textType).Entropy(), "any")
	if fail != nil {
		t.Fatalf("%s: %v", source, fail)
	}
	if !e.Impure() {
		t.Errorf("%s is called pure", source)
	}
	out, err := e.Eval(map[string]any{"entropy": entropy, "age": 36, "userName": "a"})
	text, _ := out.(string)
	return text, err
}

func TestPassword(t *testing.T) {
	tests := []struct {
		source  string
		length  int
		classes string
		avoid   string
	}{
		{`password(16)`, 16, "aA0!", ""},
		{`password(4)`, 4, "aA0!", ""},
		{`password(128, "a")`, 128, "a", ""},
		{`password(6, "0")`, 6, "0", ""},
		{`password(12, "aA0")`, 12, "aA0", ""},
		{`password(20, "aA0!", "!#$%&*")`, 20, "aA0!", "!#$%&*"},
	}
	for _, tt := range tests {
		seen := map[string]bool{}
		for n := range 200 {
			got, err := generated(t, tt.source, fmt.Sprint("entropy ", n))
			if err != nil || len(got) != tt.length || strings.ContainsAny(got, tt.avoid+"lI1|Oo0") {
				t.Fatalf("%s: %q, %v", tt.source, got, err)
			}
			rest := got
			for i := range len(tt.classes) {
				set := passwordClasses[tt.classes[i]]
				if !strings.ContainsAny(got, set) {
					t.Fatalf("%s: %q has nothing of %s", tt.source, got, set)
				}
				rest = strings.Map(func(r rune) rune {
					if strings.ContainsRune(set, r) {
						return -1
					}
					return r
				}, rest)
			}
			if rest != "" {
				t.Fatalf("%s: %q has %q, which no class has", tt.source, got, rest)
			}
			if again, _ := generated(t, tt.source, fmt.Sprint("entropy ", n)); again != got {
				t.Fatalf("%s: the same entropy gives %q and %q", tt.source, got, again)
			}
			seen[got] = true
		}
		if tt.length > 6 && len(seen) != 200 {
			t.Errorf("%s: 200 entropies give %d passwords", tt.source, len(seen))
		}
	}
}

// Every character of the classes comes, and none far more often than others.
func TestPasswordSpread(t *testing.T) {
	count := map[rune]int{}
	for n := range 400 {
		got, _ := generated(t, `password(100, "a")`, fmt.Sprint(n))
		for _, r := range got {
			count[r]++
		}
	}
	for _, r := range passwordClasses['a'] { // 40,000 in 24
		if count[r] < 1400 || count[r] > 1950 {
			t.Errorf("%c comes %d times", r, count[r])
		}
	}
}

func TestPasswordHidden(t *testing.T) {
	if got, err := generated(t, `password(16)`, Generated); got != "<generated>" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := generated(t, `password(16)`, ""); got != "" || err == nil || err.Error() != "password: there is no entropy to make one of" {
		t.Errorf("without entropy: %q, %v", got, err)
	}
}

func TestPasswordFaults(t *testing.T) {
	for source, want := range map[string]string{
		`password(age + 100)`:    `password: the length is a whole number from 4 to 128`,
		`password(age / 5)`:      `password: the length is a whole number from 4 to 128`,
		`password(9, userName)`:  ``,
		`password(9, "a" + "?")`: `password: its second argument is not made of a for small letters, A for capitals, 0 for digits, ! for special characters`,
	} {
		_, err := generated(t, source, "e")
		if got := fmt.Sprint(err); got != want && !(err == nil && want == "") {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

func TestPasswordRefused(t *testing.T) {
	const hint = "it is for what is created: fixed, default and calls of create"
	refuses(t, "bad-expression", []refused{
		{`password(16)`, "any", `password(16)`, `password has no meaning in a test`, hint},
	})
	scope := NewScope("fixed").Entropy()
	for source, want := range map[string]string{
		`password()`:                   `password takes 1 to 3 arguments, not 0 [bad-expression]`,
		`password(1, "", "", "")`:      `password takes 1 to 3 arguments, not 4 [bad-expression]`,
		`password("x")`:                `password needs a number, not a string [wrong-type]`,
		`password(3)`:                  `password: the length is a whole number from 4 to 128 [wrong-type]`,
		`password(129)`:                `password: the length is a whole number from 4 to 128 [wrong-type]`,
		`password(9, "")`:              `password: there is no class of characters: a for small letters, A for capitals, 0 for digits, ! for special characters [wrong-type]`,
		`password(9, "abc")`:           `password: "abc" is not made of a for small letters, A for capitals, 0 for digits, ! for special characters [wrong-type]`,
		`password(9, "0", "23456789")`: `password: no character of the class 0 is left [wrong-type]`,
		`entropy`:                      `unknown attribute "entropy" [unknown-attribute]`,
	} {
		_, fail := Compile(source, scope, "any")
		if fail == nil || fail.Error() != want {
			t.Errorf("%s: %v, want %s", source, fail, want)
		}
	}
}
