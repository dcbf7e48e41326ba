package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCanonicalXML(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"elements, attributes and prefixes as they are spelt", `<?xml version="1.0"?><s:a xmlns:s="u" b='1 &amp; "2"'><c/><d></d> <e>x &lt; y</e></s:a>`,
			"<s:a xmlns:s=\"u\" b=\"1 &amp; &#34;2&#34;\">\n  <c/>\n  <d/>\n  <e>x &lt; y</e>\n</s:a>"},
		{"blanks in a text are something", "<a> x </a>", "<a> x </a>"},
		{"text beside elements", "<a>\n  x\n  <b>y</b>\n</a>", "<a>x\n  <b>y</b>\n</a>"},
		{"an element of blanks", "<a>  </a>", "<a>  </a>"},
		{"not nested", "<a><b></a></b>", ""},
		{"not closed", "<a><b>", ""},
		{"two roots", "<a/><b/>", ""},
		{"a form", "a=1&b=2", ""},
		{"a text before it", "x<a/>", ""},
		{"nothing", "", ""},
	} {
		got, ok := canonicalXML([]byte(test.text))
		if diff := cmp.Diff(test.want, got); diff != "" || ok != (test.want != "") {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, ok, diff)
		}
	}
}
