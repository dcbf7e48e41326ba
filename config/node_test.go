package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAt: a character of the decoded text is found in the line as written.
func TestAt(t *testing.T) {
	for _, test := range []struct {
		line   string
		offset int
		want   string // the rest of the line from there
	}{
		{`k: abc`, 1, `bc`},
		{`k:   "abc"`, 0, `abc"`},
		{`k: "a\"b\u00e9c\x41d"`, 3, `\u00e9c\x41d"`},
		{`k: "a\"b\u00e9c\x41d"`, 6, `d"`},
		{`k: 'a''b''''c'`, 5, `c'`},
		{`kü: ä + ö # x`, 4, `ö # x`},
		{`- {k: "x", l: 'y z'}`, 0, `x", l: 'y z'}`},
	} {
		s := &source{name: "f"}
		root := s.parse([]byte(test.line + "\r\n"))
		if root == nil {
			t.Fatal(s.finish())
		}
		if root.kind == sequence {
			root = root.items[0]
		}
		n := root.pairs[0].value
		if got := string([]rune(test.line)[n.at(test.offset)-1:]); got != test.want {
			t.Errorf("%s: character %d is at %q, want %q", test.line, test.offset, got, test.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a: b", ""},
		{"\n# c\n---\na: b\n...\n", ""},
		{"a: 'b\n", "f:1:4: error: could not find end character of single-quoted text [yaml]\n    1 | a: 'b\n      |    ^\n"},
		{"a: b: c", "f:1:4: error: YAML cuts this value in two [quote-expression]\n    1 | a: b: c\n      |    ^ hint: put quotes round it: a: 'b: c'\n"},
		{"a: @b", "f:1:4: error: '@' is a reserved character [yaml]\n    1 | a: @b\n      |    ^\n"},
		{"? a\n: b\n", ""},
	} {
		s := &source{name: "f"}
		s.parse([]byte(test.text))
		if diff := cmp.Diff(test.want, s.finish().String()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}
