package scim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// What is taken is what encoding/json and gjson take, and means the same; what is
// refused is wrong for them as well, or has a reason of its own.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{postBody, `[1e5,-0,0.5e-7,"\u0041\ud800"]`, `{"a":{"b":[{}]}}`, `{"a":1,"A":2}`, "\xff", "[[[[",
		`"\ud83d\ude00\ud800\u0041\\\/\b\f"`, `{"a":1,"\u0061":2}`, ` [ true , false , null ] `, `[01]`, `[1.]`, `{"a"}`, `{"a":1,}`, "\"\t\"", `"é\n"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := ParseJSON(body, Limits{})
		valid := json.Valid(body) && utf8.Valid(body)
		ours := err != nil && (strings.Contains(err.Error(), "nested more") || strings.Contains(err.Error(), "appears twice"))
		if valid != (err == nil) && !ours {
			t.Fatalf("%q: %v, but valid for encoding/json: %v", body, err, valid)
		}
		if err != nil {
			return
		}
		var want any
		reader := json.NewDecoder(bytes.NewReader(body))
		reader.UseNumber()
		if reader.Decode(&want); !means(v, want) || !gjson.ValidBytes(body) {
			t.Fatalf("%q became %s, encoding/json makes %v of it", body, v.JSON(), want)
		}
		again, err := ParseJSON(v.AppendJSON(nil), Limits{})
		if err != nil || !again.Equal(v) {
			t.Fatalf("%q became %s: %v", body, v.JSON(), err)
		}
	})
}

// means reports whether a value is what encoding/json made of the same text.
func means(v Value, want any) bool {
	switch want := want.(type) {
	case []any:
		return v.Kind() == KindList && slices.EqualFunc(v.Items(), want, means)
	case map[string]any:
		return v.Kind() == KindObject && len(v.Members()) == len(want) &&
			!slices.ContainsFunc(v.Members(), func(m Member) bool { return !means(m.Value, want[m.Name]) })
	case json.Number:
		return v.Kind() == KindNumber && v.Text() == want.String()
	case string:
		return v.Kind() == KindString && v.Text() == want
	case bool:
		return v.Kind() == KindBoolean && v.Boolean() == want
	}
	return v.Kind() == KindNull && want == nil
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "x"`, `emails[type eq "work" and not (value pr)].value co "\u0041"`,
		`(title pr or level gt 1e3) and active eq "True"`, `urn:ietf:params:scim:schemas:core:2.0:User:name.givenName ne null`} {
		f.Add(seed)
	}
	catalog, resource := userCatalog(), mustJSON(f, ada)
	f.Fuzz(func(t *testing.T, s string) {
		filter, err := ParseFilter(catalog, s)
		if err != nil {
			return
		}
		matches := filter.Matches(resource)
		for _, e := range Equalities(filter) {
			e.Path.Get(resource)
		}
		text := filter.String()
		again, err := ParseFilter(catalog, text)
		if err != nil && len(text) <= maxFilter {
			t.Fatalf("%q gives %q: %v", s, text, err)
		}
		if err == nil && (again.String() != text || again.Matches(resource) != matches) {
			t.Fatalf("%q gives %q, which gives %q", s, text, again)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{`emails[type eq "work"].value`, `emails.work.value`, `enterprise.manager`, `name.givenName`,
		EnterpriseURN + `.department`, `roles[primary eq "True"].value`, `mailNickname`} {
		f.Add(seed)
	}
	catalog, resource := userCatalog(), mustJSON(f, ada)
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (Path, error){catalog.ParsePath, catalog.ParseDotted} {
			p, err := parse(s)
			if err != nil {
				continue
			}
			if again, err := catalog.ParsePath(p.Portal()); len(p.Portal()) <= maxPath && (err != nil || !again.Equal(p)) {
				t.Fatalf("%q is %q, which reads as %v, %v", s, p.Portal(), again, err)
			}
			after := p.Set(resource, String("v"))
			if twice := p.Set(after, String("v")); p.Where == nil && !twice.Equal(after) {
				t.Fatalf("%q set twice: %s, then %s", s, after.JSON(), twice.JSON())
			}
			if gone := p.Set(resource, Value{}); p.Where == nil && !p.Get(gone).IsAbsent() {
				t.Fatalf("%q is still there: %s", s, gone.JSON())
			}
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"Replace","path":"active","value":"False"}]`,
		`[{"op":"add","path":"emails","value":[{"type":"work","value":"x"}]},{"op":"remove","path":"emails[type eq \"home\"]"}]`,
		`[{"op":"replace","value":{"name.givenName":"x","manager":"m"}},{"op":"remove","path":"name"}]`,
		`[{"op":"replace","path":"roles[primary eq \"True\"].value","value":"x"}]`,
		`[{"op":"replace","path":"emails[type eq \"work\"]","value":{"primary":true,"value":"x"}}]`,
	} {
		f.Add(seed, ada)
	}
	catalog := userCatalog()
	f.Fuzz(func(t *testing.T, operations, resource string) {
		ops, err := ParseJSON([]byte(operations), Limits{FoldNames: true})
		body, err2 := ParseJSON([]byte(resource), Limits{FoldNames: true})
		if err != nil || err2 != nil {
			return
		}
		before, _ := catalog.Fold(body)
		patch, refused := ParsePatch(catalog, Object(Member{"Operations", ops}))
		if refused != nil {
			return
		}
		once, _, refused := patch.Apply(before)
		if refused != nil {
			if !once.Equal(before) {
				t.Fatalf("%s: half applied to %s", operations, before.JSON())
			}
			return
		}
		if folded, findings := catalog.Fold(once); findings != nil || !folded.Equal(once) {
			t.Fatalf("%s on %s gives %s, which is not folded: %v", operations, before.JSON(), once.JSON(), findings)
		}
		if twice, _, _ := patch.Apply(once); patch.Determined() && !twice.Equal(once) {
			t.Fatalf("%s on %s gives %s, then %s", operations, before.JSON(), once.JSON(), twice.JSON())
		}
	})
}
