package config

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiagnosticString(t *testing.T) {
	base := Diagnostic{File: "a.yaml", Line: 12, Column: 3, Severity: Error, Message: "wrong", Code: "x"}
	with := func(change func(*Diagnostic)) Diagnostic {
		d := base
		change(&d)
		return d
	}
	for _, test := range []struct {
		name string
		d    Diagnostic
		want string
	}{
		{"bare", base, "a.yaml:12:3: error: wrong [x]"},
		{"warning", with(func(d *Diagnostic) { d.Severity = Warning }), "a.yaml:12:3: warning: wrong [x]"},
		{"hint alone", with(func(d *Diagnostic) { d.Hint = "do it" }), "a.yaml:12:3: error: wrong [x]\n    hint: do it"},
		{"excerpt", with(func(d *Diagnostic) { d.Excerpt, d.From, d.To = "ab cde", 4, 7 }),
			"a.yaml:12:3: error: wrong [x]\n    12 | ab cde\n       |    ^^^"},
		{"excerpt and hint", with(func(d *Diagnostic) { d.Excerpt, d.From, d.To, d.Hint = "\tü: x", 5, 6, "do it" }),
			"a.yaml:12:3: error: wrong [x]\n    12 | \tü: x\n       | \t   ^ hint: do it"},
		{"an empty range", with(func(d *Diagnostic) { d.Excerpt, d.From, d.To = "ab", 3, 3 }),
			"a.yaml:12:3: error: wrong [x]\n    12 | ab\n       |   ^"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.d.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiagnosticsSort(t *testing.T) {
	ds := Diagnostics{
		{File: "b", Line: 1, Column: 1, Code: "a"}, {File: "a", Line: 10, Column: 1, Code: "a"}, {File: "a", Line: 2, Column: 5, Code: "a"},
		{File: "a", Line: 2, Column: 4, Code: "b"}, {File: "a", Line: 2, Column: 4, Code: "a"},
	}
	ds.sort()
	const want = "a:2:4: :  [a]\na:2:4: :  [b]\na:2:5: :  [a]\na:10:1: :  [a]\nb:1:1: :  [a]\n"
	if diff := cmp.Diff(want, ds.String()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestHasErrors(t *testing.T) {
	warnings := Diagnostics{{Severity: Warning}}
	if warnings.HasErrors() || !append(warnings, Diagnostic{Severity: Error}).HasErrors() {
		t.Error("HasErrors does not tell an error from a warning")
	}
}

func TestDiagnosticJSON(t *testing.T) {
	_, ds := Load([]string{"unknown-attribute-rule.yaml"}, from("bad"))
	got, err := json.Marshal(ds[0])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"file":"unknown-attribute-rule.yaml","line":9,"column":17,"severity":"error",` +
		`"message":"rule \"e-mail\": unknown attribute \"userNam\"","code":"unknown-attribute",` +
		`"hint":"did you mean \"userName\"?","excerpt":"      to: lower(userNam)","from":17,"to":24}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}
