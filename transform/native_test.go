package transform

import (
	"testing"

	"scimshim/transform/scim"
)

func parsed(t *testing.T, text string) scim.Value {
	t.Helper()
	v, err := scim.ParseJSON([]byte(text), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNativePath(t *testing.T) {
	tests := []struct{ path, before, got, after string }{
		{"a", `{"a":1}`, `1`, `{"a":"x"}`},
		{"a.b", `{"a":{"c":2}}`, ``, `{"a":{"c":2,"b":"x"}}`},
		{"a.b", `{}`, ``, `{"a":{"b":"x"}}`},
		{"a[1].b", `{"a":[{"b":1},{"b":2}]}`, `2`, `{"a":[{"b":1},{"b":"x"}]}`},
		{"a[k eq v].b", `{"a":[{"k":"u"},{"k":"v","b":3}]}`, `3`, `{"a":[{"k":"u"},{"k":"v","b":"x"}]}`},
		{`a[k eq "v"].b`, `{"a":[]}`, ``, `{"a":[{"k":"v","b":"x"}]}`},
		{"a?", `{}`, ``, `{"a":"x"}`},
		{"a.@n", `{"a":{"@n":"1","#text":"t"}}`, `"1"`, `{"a":{"@n":"x","#text":"t"}}`},
		{"a.#text", `{"a":{"@n":"1","#text":"t"}}`, `"t"`, `{"a":{"@n":"1","#text":"x"}}`},
		{"a.#text", `{"a":"t"}`, `"t"`, `{"a":{"#text":"x"}}`},
		{"a[@n eq v].#text", `{"a":[{"@n":"u"},{"@n":"v","#text":"t"}]}`, `"t"`, `{"a":[{"@n":"u"},{"@n":"v","#text":"x"}]}`},
		{"a[@n eq v].#text", `{"a":{"@n":"v","#text":"t"}}`, `"t"`, `{"a":[{"@n":"v","#text":"x"}]}`},
		{"a[@n eq v].#text", `{"a":""}`, ``, `{"a":[{"@n":"v","#text":"x"}]}`},
		{"a[k eq v].b", `{"a":{"k":"v","b":3}}`, `3`, `{"a":[{"k":"v","b":"x"}]}`},
		{"a[k eq v].b", `{"a":{"k":"u","b":3}}`, ``, `{"a":[{"k":"u","b":3},{"k":"v","b":"x"}]}`},
		{"a[0]", `{"a":"t"}`, `"t"`, `{"a":["x"]}`},
		{"a[#text eq t].@n", `{"a":"t"}`, ``, `{"a":[{"@n":"x"}]}`},
	}
	for _, test := range tests {
		path, err := ParseNativePath(test.path)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		before := parsed(t, test.before)
		if got := path.Get(before); got.JSON() != test.got && !(got.IsAbsent() && test.got == "") {
			t.Errorf("%s of %s: %s, want %s", test.path, test.before, got.JSON(), test.got)
		}
		if got := path.Set(before, scim.String("x")).JSON(); got != test.after {
			t.Errorf("%s set in %s: %s, want %s", test.path, test.before, got, test.after)
		}
	}
}

func TestNativePathErrors(t *testing.T) {
	tests := []struct{ path, want string }{
		{"", `native path "": it must start with a name`},
		{"[0]", `native path "[0]": it must start with a name`},
		{"a..b", `native path "a..b": a name is missing at ".b"`},
		{"a.", `native path "a.": unexpected "."`},
		{"a[", `native path "a[": "[" has no closing bracket`},
		{"a[x]", `native path "a[x]": "[x]" needs a number from 0 to 1000, or [name eq value]`},
		{"a[-1]", `native path "a[-1]": "[-1]" needs a number from 0 to 1000, or [name eq value]`},
		{"a[k eq ]", `native path "a[k eq ]": "[k eq ]" needs the form [name eq value]`},
	}
	for _, test := range tests {
		if _, err := ParseNativePath(test.path); err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.path, err, test.want)
		}
	}
}

func TestIDFits(t *testing.T) {
	integer, text := ID{Type: "integer"}, ID{Type: "string"}
	for id, want := range map[string]bool{"7": true, "0": true, "07": false, "": false, "-1": false, "1e3": false, "99999999999999999999": false, "x": false} {
		if integer.Fits(id) != want {
			t.Errorf("integer %q: %v", id, !want)
		}
	}
	if !text.Fits("a/../b") || text.Fits("") {
		t.Error("a string id is anything but empty: it is encoded where it is used")
	}
}
