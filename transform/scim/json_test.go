package scim

import "testing"

func TestAppendJSONEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"":                      `""`,
		"plain <&> é \u2028":    "\"plain <&> é \u2028\"",
		"a\"b\\c\n\r\t\x00\x1f": `"a\"b\\c\n\r\t\u0000\u001f"`,
		"bad \xff byte":         "\"bad \uFFFD byte\"",
		"\xff":                  "\"\uFFFD\"",
		"cut \xc3":              "\"cut \uFFFD\"",
	} {
		if got := String(in).JSON(); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
