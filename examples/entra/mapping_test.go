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
		{Attribute{Source: "manager", Target: enterpriseURN + ":manager", Matching: 1}, "the mapping has no matching attribute"},
		{Attribute{Source: "members", Target: "members", Matching: 1}, `mapping of "members": unknown source "members"`},
	}
	s := newService(t, NewClient("http://h", ""), DefaultMapping())
	if err := s.MapGroups(Mapping{{Source: "mail", Target: "externalId"}}); err == nil || err.Error() != `mapping of "externalId": unknown source "mail"` {
		t.Errorf("groups: got error %v", err)
	}
	for _, test := range tests {
		_, err := NewService(NewClient("http://h", ""), Mapping{test.row}, 1)
		if err == nil || err.Error() != test.want {
			t.Errorf("%+v: got error %v, want %s", test.row, err, test.want)
		}
	}
}

// TestLegacyExampleShowsTheMappings keeps the tables that administrators type in
// and those that the demo plays the same.
func TestLegacyExampleShowsTheMappings(t *testing.T) {
	checkTable(t, "Provision Microsoft Entra ID Users", append(DefaultMapping(), ManagerRow()))
	checkTable(t, "Provision Microsoft Entra ID Groups", GroupMapping())
}

func checkTable(t *testing.T, heading string, mapping Mapping) {
	t.Helper()
	text, err := os.ReadFile("../legacy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte(heading))
	_, text, _ = bytes.Cut(text, []byte("| matching precedence |\n"))
	_, text, _ = bytes.Cut(text, []byte("\n")) // the line of dashes
	text, _, _ = bytes.Cut(text, []byte("\n\n"))
	var want strings.Builder
	for _, a := range mapping {
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
