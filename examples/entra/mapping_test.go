package entra

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMappingErrors(t *testing.T) {
	tests := []struct {
		row  Attribute
		want string
	}{
		{Attribute{Source: "jobTitel", Target: "title", Matching: 1}, `mapping of "title": unknown source "jobTitel"`},
		{Attribute{Source: "mail", Target: `emails[type eq "work"]`, Matching: 1}, `unknown form of target attribute "emails[type eq \"work\"]"`},
		{Attribute{Source: "mail", Target: `emails[primary eq "True"].value`, Matching: 1}, `unknown form of target attribute "emails[primary eq \"True\"].value"`},
		{Attribute{Source: "mail", Target: "userName"}, "the mapping has no matching attribute"},
	}
	for _, test := range tests {
		_, err := NewService(NewClient("http://h", ""), Mapping{test.row}, 1)
		if err == nil || err.Error() != test.want {
			t.Errorf("%+v: got error %v, want %s", test.row, err, test.want)
		}
	}
}

// TestLegacyExampleShowsTheDefaultMapping keeps the table that administrators
// type in and the table that the demo plays the same, with the manager at its end.
func TestLegacyExampleShowsTheDefaultMapping(t *testing.T) {
	text, err := os.ReadFile("../legacy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("**Provision Microsoft Entra ID Users**"))
	_, text, _ = bytes.Cut(text, []byte("| matching precedence |\n"))
	_, text, _ = bytes.Cut(text, []byte("\n")) // the line of dashes
	text, _, _ = bytes.Cut(text, []byte("\n\n"))
	var want strings.Builder
	for _, a := range append(DefaultMapping(), Attribute{Source: "manager", Target: enterpriseURN + ":manager"}) {
		precedence := ""
		if a.Matching > 0 {
			precedence = strconv.Itoa(a.Matching) + " "
		}
		fmt.Fprintf(&want, "   | `%s` | `%s` | %s|\n", a.Target, a.Source, precedence)
	}
	if diff := cmp.Diff(strings.TrimSuffix(want.String(), "\n"), string(text)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
