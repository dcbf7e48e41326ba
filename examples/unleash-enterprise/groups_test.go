package unleash_enterprise_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
)

// week is what happens to the groups, and what Entra asks about them then.
type week struct {
	name     string
	groups   []entra.Group
	gone     string
	requests map[entra.Kind]int // of a cycle, about groups alone
	calls    map[string]int     // of the vendor, likewise
}

// TestGroups passes groups on: what Entra has is what Unleash has, in either
// dialect, and a cycle in which nothing changes writes nothing.
func TestGroups(t *testing.T) {
	const find, read, patch = "GET /Groups?filter=", "GET /Groups/{id}", "PATCH /Groups/{id}"
	for name, dialect := range map[string]entra.Dialect{"default": entra.Default, "flag": entra.AadOptscim062020} {
		t.Run(name, func(t *testing.T) {
			p := play()
			p.Dialect = dialect
			s := scene.New(t, p)
			if err := s.Service.MapGroups(entra.GroupMapping()); err != nil {
				t.Fatal(err)
			}
			id := func(n int) string { return s.People[n].ObjectID }
			ops := entra.Group{ObjectID: "g-ops", DisplayName: "Operations", Members: []string{id(0), id(1), id(2)}}
			dev := entra.Group{ObjectID: "g-dev", DisplayName: "Developers", Members: []string{id(2), id(3)}}
			fewer, renamed := ops, dev
			fewer.Members = []string{id(1), id(4)}
			renamed.DisplayName = "Engineers"
			for _, w := range []week{
				{"made", []entra.Group{ops, dev}, "",
					map[entra.Kind]int{entra.ProbeGroup: 1, entra.FilterGroup: 2, entra.PostGroup: 2, entra.PatchGroup: 2},
					map[string]int{find: 3, "POST /Groups": 2, patch: 2}},
				{"some come, some go", []entra.Group{fewer, dev}, "",
					map[entra.Kind]int{entra.ProbeGroup: 1, entra.GetGroup: 2, entra.PatchGroup: 2}, map[string]int{find: 1, read: 2, patch: 2}},
				{"renamed", []entra.Group{fewer, renamed}, "",
					map[entra.Kind]int{entra.ProbeGroup: 1, entra.GetGroup: 2, entra.PatchGroup: 1}, map[string]int{find: 2, read: 3, patch: 1}},
				{"deleted", []entra.Group{renamed}, "g-ops",
					map[entra.Kind]int{entra.ProbeGroup: 1, entra.GetGroup: 1, entra.DeleteGroup: 1}, map[string]int{find: 1, read: 1, "DELETE /Groups/{id}": 1}},
			} {
				t.Run(w.name, func(t *testing.T) {
					s.Service.PutGroups(w.groups...)
					if w.gone != "" {
						s.Service.PurgeGroup(w.gone)
					}
					requests, calls := cycleOfGroups(t, s)
					if diff := cmp.Diff(w.requests, requests); diff != "" {
						t.Errorf("requests of Entra (-want +got):\n%s", diff)
					}
					if diff := cmp.Diff(w.calls, calls); diff != "" {
						t.Errorf("calls of Unleash (-want +got):\n%s", diff)
					}
					checkGroups(t, s, w.groups)
					requests, _ = cycleOfGroups(t, s)
					if diff := cmp.Diff(map[entra.Kind]int{entra.ProbeGroup: 1, entra.GetGroup: len(w.groups)}, requests); diff != "" {
						t.Errorf("requests of the cycle in which nothing changes (-want +got):\n%s", diff)
					}
				})
			}
			s.Service.Restart() // whoever is in the groups is found there
			requests, _ := cycleOfGroups(t, s)
			if diff := cmp.Diff(map[entra.Kind]int{entra.ProbeGroup: 1, entra.FilterGroup: 1, entra.GetGroup: 1, entra.CheckMember: 2}, requests); diff != "" {
				t.Errorf("requests of the cycle after a restart (-want +got):\n%s", diff)
			}
		})
	}
}

// cycleOfGroups runs a cycle, and gives what was about groups.
func cycleOfGroups(t *testing.T, s *scene.Scene) (requests map[entra.Kind]int, calls map[string]int) {
	t.Helper()
	s.Provider.ResetCalls()
	report := s.Service.Cycle(t.Context())
	for _, e := range report.Errors {
		t.Errorf("%s: %v", e.ObjectID, e)
	}
	requests, calls = map[entra.Kind]int{}, map[string]int{}
	for _, kind := range []entra.Kind{entra.ProbeGroup, entra.FilterGroup, entra.GetGroup, entra.PostGroup, entra.PatchGroup, entra.DeleteGroup, entra.CheckMember} {
		if n := report.Requests[kind]; n > 0 {
			requests[kind] = n
		}
	}
	for call, n := range s.Provider.Calls() {
		if strings.Contains(call, "/Groups") {
			calls[call] = n
		}
	}
	return requests, calls
}

// checkGroups compares everything that Unleash has with what Entra has.
func checkGroups(t *testing.T, s *scene.Scene, groups []entra.Group) {
	t.Helper()
	var want []map[string]any
	for _, g := range groups {
		var members []any
		for _, m := range g.Members {
			members = append(members, map[string]any{"value": s.Service.Anchor(m), "type": "User"})
		}
		want = append(want, map[string]any{"id": s.Service.GroupAnchor(g.ObjectID), "displayName": g.DisplayName, "externalId": g.ObjectID, "members": members})
	}
	got := s.Provider.Groups()
	sorted := cmpopts.SortSlices(func(a, b any) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("groups of Unleash (-want +got):\n%s", diff)
	}
}
