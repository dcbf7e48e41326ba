package config

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

// TestLimits reads the limits of the upstream and of one call, and what they are
// where the file does not say.
func TestLimits(t *testing.T) {
	for limits, want := range map[string]transform.Limits{
		"{rate: 10/s, burst: 20, concurrent: 8, wait: 2s}": {Calls: 10, Per: time.Second, Burst: 20, Concurrent: 8, Wait: 2 * time.Second},
		"{rate: 20/m}":    {Calls: 20, Per: time.Minute, Burst: 1, Wait: 5 * time.Second},
		"{rate: 500 / h}": {Calls: 500, Per: time.Hour, Burst: 1, Wait: 5 * time.Second},
		"{concurrent: 3}": {Concurrent: 3, Wait: 5 * time.Second},
	} {
		text, err := os.ReadFile("testdata/good/minimal.yaml")
		if err != nil {
			t.Fatal(err)
		}
		file := strings.Replace(string(text), "create: POST /users", "create: {request: POST /users, limits: "+limits+"}", 1)
		file = strings.Replace(file, "upstream: {", "upstream: {limits: "+limits+", ", 1)
		opts := from("good")
		opts.ReadFile = func(string) ([]byte, error) { return []byte(file), nil }
		v := load(t, opts, "minimal.yaml").Vendors[0]
		if diff := cmp.Diff([]transform.Limits{want, want, {}}, []transform.Limits{v.Upstream.Limits, v.Users.Create[0].Limits, v.Users.Read.Limits}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", limits, diff)
		}
	}
}
