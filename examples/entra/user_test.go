package entra

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSample(t *testing.T) {
	users := Sample(200, 7)
	if diff := cmp.Diff(users, Sample(200, 7)); diff != "" {
		t.Errorf("the same seed gave other users:\n%s", diff)
	}
	if cmp.Equal(users[0], Sample(1, 8)[0]) {
		t.Error("another seed gave the same user")
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, u := range users {
		if !form.MatchString(u.ObjectID) || seen[u.ObjectID] || seen[u.UserPrincipalName] {
			t.Errorf("user %q has a bad or repeated id or name: %q", u.UserPrincipalName, u.ObjectID)
		}
		seen[u.ObjectID], seen[u.UserPrincipalName] = true, true
	}
}
