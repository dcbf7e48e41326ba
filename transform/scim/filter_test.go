package scim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ada = `{"id":"A1","externalId":"Ext","userName":"Ada@Example.com","active":true,"name":{"familyName":"O'Malley"},
"emails":[{"type":"work","value":"ada@work.example","primary":true},{"type":"home","value":"ada@home.example"}],
"meta":{"lastModified":"2024-05-13T04:42:34Z"},
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"M1"}},
"urn:ietf:params:scim:schemas:extension:acme:2.0:User":{"level":7,"hired":"2024-01-31T23:00:00-02:00"}}`

func TestFilterMatches(t *testing.T) {
	resource := mustJSON(t, ada)
	for filter, want := range map[string]bool{
		`userName eq "ada@example.COM"`:                                   true,
		`userName ne "ada@example.com"`:                                   false,
		`userName sw "ADA" and userName ew ".com"`:                        true,
		`externalId eq "ext"`:                                             false,
		`externalId eq "Ext"`:                                             true,
		`id eq "A1" and manager eq "m1"`:                                  true,
		`manager eq "m1" and id eq "A1"`:                                  true,
		`manager.value pr`:                                                true,
		`active eq "True"`:                                                true,
		`active eq true`:                                                  true,
		`active ne "true"`:                                                false,
		`emails eq "ADA@home.example"`:                                    true,
		`emails.value co "home"`:                                          true,
		`emails.type eq "other"`:                                          false,
		`emails[type eq "work"]`:                                          true,
		`emails[type eq "work" and value co "home"]`:                      false,
		`emails.type eq "work" and emails.value co "home"`:                true,
		`emails[type eq "work"].value eq "ada@work.example"`:              true,
		`emails[type eq "home"].value eq "ada@work.example"`:              false,
		`emails[not (type eq "work")].primary pr`:                         false,
		`emails[primary eq "True"].value eq "ada@work.example"`:           true,
		`emails pr and name pr and not (title pr)`:                        true,
		`title ne "x"`:                                                    true,
		`title eq "x"`:                                                    false,
		`title gt ""`:                                                     false,
		`title eq null`:                                                   true,
		`title ne null`:                                                   false,
		`userName eq null`:                                                false,
		`userName ne null`:                                                true,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`:                     true,
		`meta.lastModified eq "2024-05-13T06:42:34+02:00"`:                true,
		`meta.lastModified lt "2024-05-13T06:42:34.001+02:00"`:            true,
		`hired ge "2024-02-01T01:00:00Z"`:                                 true,
		`hired co "-02:00"`:                                               true,
		`level eq "7"`:                                                    true,
		`level gt 6.5 and level le 7 and level lt 1e1`:                    true,
		`level ne "x"`:                                                    true,
		`title pr or userName pr and level eq 8`:                          false,
		`(title pr or userName pr) and level eq 7`:                        true,
		EnterpriseURN + `:manager.value eq "M1"`:                          true,
		`name.familyName co "o'malley"`:                                   true,
		`userName eq "a\u0064a@example.com" OR NOT(userName PR)`:          true,
		`userName eq "\u0061da@example.com" And Not  (title Pr)`:          true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName pr`:          true,
		strings.Repeat("(", 31) + `userName pr` + strings.Repeat(")", 31): true,
	} {
		f, err := ParseFilter(userCatalog(), filter)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := f.Matches(resource); got != want {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
		again, err := ParseFilter(userCatalog(), f.String())
		if err != nil || again.String() != f.String() || again.Matches(resource) != want {
			t.Errorf("%s: its text %s reads as %v, %v", filter, f, again, err)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, `an attribute is expected at position 1`},
		{`userName`, `an operator is expected at position 9`},
		{`userName eq`, `a value is expected at position 12`},
		{`userName is "x"`, `"is" is not an operator at position 10`},
		{`userName eq x`, `"x" is not a value at position 13: text needs double quotes`},
		{`userName eq 'x'`, `"'x'" is not a value at position 13: text needs double quotes`},
		{`userName eq "x`, `the text at position 13 has no closing quote`},
		{`userName eq "x\`, `the text at position 13 has no closing quote`},
		{`userName eq "\a"`, `the text at position 13 is not a JSON string`},
		{`userName eq "x" userName pr`, `unexpected "userName pr" at position 17`},
		{`userName eq "x")`, `unexpected ")" at position 16`},
		{`(userName pr`, `a closing parenthesis is expected at position 13`},
		{`userName pr and`, `an attribute is expected at position 16`},
		{`not userName pr`, `unknown attribute "not"`},
		{`nope eq "x"`, `unknown attribute "nope"`},
		{`emails[typ eq "x"]`, `unknown attribute "emails.typ", did you mean "emails.type"?`},
		{`name eq "x"`, `"name" is complex: compare one of its sub-attributes`},
		{`addresses co "x"`, `"addresses" is complex: compare one of its sub-attributes`},
		{`active gt true`, `"active" is a boolean and has no operator gt`},
		{`active eq "maybe"`, `"active" needs true or false, not "maybe"`},
		{`title gt null`, `"title" gt null: null can only be compared by eq and ne`},
		{`-x eq 1`, `"-x" is not an attribute name`},
		{`emails[type eq "x"] pr`, `unexpected "pr" at position 21`},
		{strings.Repeat("(", 40), `it is nested more than 32 deep`},
	} {
		_, err := ParseFilter(userCatalog(), c.in)
		want := "parse filter " + String(c.in).JSON() + ": " + c.want
		if errorText(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, err := ParseFilter(userCatalog(), strings.Repeat("x", 4097))
	if want := "parse filter: 4097 characters are more than 4096"; errorText(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFilterEqualitiesAndPaths(t *testing.T) {
	for _, c := range []struct {
		filter            string
		equalities, paths []string
	}{
		{`userName eq "x"`, []string{`userName="x"`}, []string{"userName"}},
		{`emails eq "x"`, []string{`emails.value="x"`}, []string{"emails.value"}},
		{`id eq "x" and (manager eq "y" and title pr)`, []string{`id="x"`, `enterprise.manager.value="y"`},
			[]string{"id", "enterprise.manager.value", "title"}},
		{`emails[type eq "work" and value eq "x"]`, []string{`emails.work.value="x"`}, []string{"emails.work.value"}},
		{`emails[type eq "work"].value eq "x"`, []string{`emails.work.value="x"`}, []string{"emails.work.value"}},
		{`emails[value eq "x"]`, []string{`emails.value="x"`}, []string{"emails.value"}},
		{`emails[type eq "work"]`, []string{`emails.type="work"`}, []string{"emails.work"}},
		{`emails[type eq "work" and value sw "x"]`, nil, []string{"emails.work.value"}},
		{`userName eq "x" or title eq "y"`, nil, []string{"userName", "title"}},
		{`not (userName eq "x")`, nil, []string{"userName"}},
		{`userName ne "x" and title eq null`, nil, []string{"userName", "title"}},
		{`active eq "True" and level eq "7"`, []string{`active=true`, `level=7`}, []string{"active", "level"}},
	} {
		f, err := ParseFilter(userCatalog(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var equalities, paths []string
		for _, e := range Equalities(f) {
			equalities = append(equalities, e.Path.Dotted()+"="+e.Value.JSON())
		}
		for _, p := range f.Paths() {
			paths = append(paths, p.Dotted())
		}
		if diff := cmp.Diff([][]string{c.equalities, c.paths}, [][]string{equalities, paths}); diff != "" {
			t.Errorf("%s\n%s", c.filter, diff)
		}
	}
}

func BenchmarkParseFilter(b *testing.B) {
	catalog := userCatalog()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFilter(catalog, `userName eq "ada@example.com"`); err != nil {
			b.Fatal(err)
		}
	}
}
