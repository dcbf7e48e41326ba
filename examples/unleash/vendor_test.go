package unleash_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/examples/entra"
)

// mapping is the table of README.md: rows for which Unleash has no place and
// the file no line are gone, for Entra would send their values for ever.
func mapping() entra.Mapping {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"
	return slices.DeleteFunc(entra.DefaultMapping(), func(a entra.Attribute) bool {
		return a.Target == "title" || a.Target == enterprise+"department"
	})
}

func TestFileHasNoFaults(t *testing.T) {
	_, diagnostics := config.Load([]string{"unleash.yaml"}, config.Options{Placeholders: true})
	if diff := cmp.Diff("", diagnostics.String()); diff != "" {
		t.Error(diff)
	}
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var got entra.Mapping
	for _, row := range regexp.MustCompile("(?m)^\\| `(.*?)` \\| `(.*?)` \\|.*\\| (\\d*) ?\\|$").FindAllSubmatch(readme, -1) {
		matching, _ := strconv.Atoi(string(row[3]))
		got = append(got, entra.Attribute{Source: string(row[1]), Target: string(row[2]), Matching: matching})
	}
	if diff := cmp.Diff(mapping(), got); diff != "" {
		t.Errorf("mapping, tested (-) and in README.md (+):\n%s", diff)
	}
}
