package scim

import (
	"strings"
	"testing"
)

func TestParseJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{` {"b":1,"a":[true,null,"\u00e4\ud83d\ude00"],"n":12345678901234567890} `, `{"b":1,"a":[true,null,"ä😀"],"n":12345678901234567890}`},
		{`[]`, `[]`},
		{`{}`, `{}`},
		{`"x"`, `"x"`},
		{`{"a":1,"A":2}`, `{"a":1,"A":2}`},
		{`{"a":"]}]}"}`, `{"a":"]}]}"}`},
		{`{"a":"\"[[["}`, `{"a":"\"[[["}`},
	} {
		got, err := ParseJSON([]byte(c.in), Limits{Depth: 3})
		if err != nil || got.JSON() != c.want {
			t.Errorf("%s: got %s, %v", c.in, got.JSON(), err)
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	many := "{"
	for i := range manyMembers + 4 {
		many += `"` + strings.Repeat("k", i+1) + `":1,`
	}
	for _, c := range []struct {
		in     string
		limits Limits
		want   string
	}{
		{``, Limits{}, "the body is not valid JSON at offset 0"},
		{`{"a":1,}`, Limits{}, "the body is not valid JSON at offset 7"},
		{`{"a":1} x`, Limits{}, "the body is not valid JSON at offset 8"},
		{`{"a":1}{}`, Limits{}, "the body is not valid JSON at offset 7"},
		{"{\"a\":\"\xff\"}", Limits{}, "the body is not UTF-8 at offset 6"},
		{`{"a":1,"a":2}`, Limits{}, `the name "a" appears twice in one object`},
		{`{"a":1,"\u0061":2}`, Limits{}, `the name "a" appears twice in one object`},
		{`[{"a":1,"A":2}]`, Limits{FoldNames: true}, `the name "A" appears twice in one object`},
		{many + `"kkk":2}`, Limits{}, `the name "kkk" appears twice in one object`},
		{many + `"z":1,"z":2}`, Limits{}, `the name "z" appears twice in one object`},
		{many + `"` + "\u212a" + `":2}`, Limits{FoldNames: true}, `the name "` + "\u212a" + `" appears twice in one object`},
		{strings.Repeat("[", 100_000), Limits{}, "the body is nested more than 32 deep at offset 32"},
		{`[[1],[[2]]]`, Limits{Depth: 2}, "the body is nested more than 2 deep at offset 6"},
		{`[1,2,3]`, Limits{Values: 3}, "the body has more than 3 values"},
	} {
		if _, err := ParseJSON([]byte(c.in), c.limits); errorText(err) != c.want {
			t.Errorf("%.40s: got %v, want %s", c.in, err, c.want)
		}
	}
}

func TestParseJSONKeepsNothingOfTheBody(t *testing.T) {
	body := []byte(`{"userName":"ada"}`)
	v, err := ParseJSON(body, Limits{})
	copy(body, strings.Repeat("x", len(body)))
	if err != nil || v.JSON() != `{"userName":"ada"}` {
		t.Errorf("got %s, %v", v.JSON(), err)
	}
}

const postBody = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"ada@example.com","active":true,"displayName":"Ada Lovelace",
"title":"Countess","preferredLanguage":"en","emails":[{"primary":true,"type":"work","value":"ada@example.com"}],
"name":{"formatted":"Ada Lovelace","familyName":"Lovelace","givenName":"Ada"},
"phoneNumbers":[{"type":"work","value":"+44 1"},{"type":"mobile","value":"+44 2"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Engines","employeeNumber":"1815","manager":{"value":"26118915"}}}`

func BenchmarkParseJSON(b *testing.B) {
	body := []byte(postBody)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseJSON(body, Limits{FoldNames: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	catalog := userCatalog()
	body := mustJSON(b, postBody)
	b.ReportAllocs()
	for b.Loop() {
		if _, findings := catalog.Fold(body); findings != nil {
			b.Fatal(findings)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	v := mustJSON(b, postBody)
	b.ReportAllocs()
	for b.Loop() {
		if len(v.AppendJSON(nil)) < 500 {
			b.Fatal("the body is cut")
		}
	}
}
