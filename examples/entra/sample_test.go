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

// TestSampleManagers holds that the organization is a tree: everybody comes to
// the first user by going up.
func TestSampleManagers(t *testing.T) {
	users := Sample(200, 7)
	SampleManagers(users)
	at, reports := map[string]int{}, map[string]int{}
	for i, u := range users {
		at[u.ObjectID] = i
		reports[u.Manager]++
	}
	for i, u := range users[1:] {
		if manager, found := at[u.Manager]; !found || manager > i {
			t.Errorf("user %d has the manager %d", i+1, manager)
		}
		if reports[u.ObjectID] > 5 {
			t.Errorf("%d users report to user %d", reports[u.ObjectID], i+1)
		}
	}
	if reports[""] != 1 || users[0].Manager != "" {
		t.Errorf("%d users have no manager, the first of all has %q", reports[""], users[0].Manager)
	}
}

func TestSampleGroups(t *testing.T) {
	users := Sample(96, 7)
	groups := SampleGroups(users, 7)
	if diff := cmp.Diff(groups, SampleGroups(users, 7)); diff != "" {
		t.Errorf("the same seed gave other groups:\n%s", diff)
	}
	known, ids, sizes := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, u := range users {
		known[u.ObjectID] = true
	}
	for _, g := range groups {
		ids[g.ObjectID] = true
		for _, id := range g.Members {
			if known[id] {
				sizes[g.DisplayName]++
			}
		}
	}
	want := map[string]int{"All Hands": 24, "Auditors": 4, "Expense Approvers": 4, "First Aiders": 4, "On Call": 4, "R&D": 4, "Works Council": 4}
	if diff := cmp.Diff(want, sizes); diff != "" {
		t.Errorf("members who are users (-want +got):\n%s", diff)
	}
	if len(ids) != len(want) {
		t.Errorf("%d groups have %d ids", len(want), len(ids))
	}
}
