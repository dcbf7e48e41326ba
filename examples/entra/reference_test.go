package entra

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// managed is a person with a manager.
func managed(name, manager string) User {
	u := person(name)
	u.Manager = manager
	return u
}

func managerPatch(id, op, value string) string {
	return fmt.Sprintf(`PATCH /Users/%s %s{"op":%q,"path":"%s:manager","value":%q}]}`, id, patchHead, op, enterpriseURN, value)
}

func TestLifeOfAManager(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	// Ann comes before her manager, who can be named once he is there himself.
	s.Put(managed("ann", "bob"), person("bob"), person("cem"))
	report := cycle(t, "initial", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), searchFor("bob"), postOf("bob"),
		searchFor("cem"), postOf("cem"), managerPatch("1", "Add", "2"))
	if diff := cmp.Diff(map[string]int{enterpriseURN + ":manager": 1}, report.Patched); diff != "" {
		t.Errorf("patched (-want +got):\n%s", diff)
	}
	steady := []string{probe, probeGroup, "GET /Users/1", "GET /Users/2", "GET /Users/3"}
	change := func(what string, u User, want ...string) {
		t.Helper()
		s.Put(u)
		cycle(t, what, s, target, append(slices.Clone(steady), want...)...)
		cycle(t, what+", steady", s, target, steady...)
	}
	change("nothing", managed("ann", "bob"))
	change("another", managed("ann", "cem"), managerPatch("1", "Replace", "3"))
	change("nobody", person("ann"), managerPatch("1", "Replace", ""))
	change("one again", managed("ann", "bob"), managerPatch("1", "Add", "2"))
	change("one out of scope leaves the old one", managed("ann", "nobody"))
	change("who is still known", managed("ann", "bob"))
	change("and replaced", managed("ann", "cem"), managerPatch("1", "Replace", "3"))
	change("out of scope and then removed", managed("ann", "nobody"))
	change("removed", person("ann"), managerPatch("1", "Replace", ""))
	change("out of scope from the first", managed("ann", "nobody"))
	change("was never there", person("ann"))
}

// TestManagerIsLookedAtAnewWhenHeComesBack holds that one who was passed over is
// forgotten once the source has named another.
func TestManagerIsLookedAtAnewWhenHeComesBack(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	for _, manager := range []string{"bob", "cem", "bob"} { // cem is not there yet
		s.Put(managed("ann", manager), person("bob"))
		s.Cycle(t.Context())
	}
	s.Put(managed("ann", "cem"), person("cem"))
	target.asked()
	cycle(t, "in scope", s, target, probe, probeGroup, "GET /Users/1", "GET /Users/2", searchFor("cem"), postOf("cem"), managerPatch("1", "Replace", "3"))
}

func TestFlagSendsTheManagerAsAString(t *testing.T) {
	target, client := newTarget(t)
	client.Dialect = AadOptscim062020
	s := newGroupService(t, client)
	s.Put(managed("ann", "bob"), person("bob"))
	cycle(t, "initial", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), searchFor("bob"), postOf("bob"), managerPatch("1", "add", "2"))
}

func TestManagerOutOfScopeComesWithARestart(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	bob := person("bob")
	bob.SoftDeleted = true
	s.Put(managed("ann", "bob"), bob)
	if report := cycle(t, "out of scope", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), searchFor("bob")); report.OutOfScope != 1 {
		t.Errorf("got %d out of scope, want 1", report.OutOfScope)
	}
	s.Put(person("bob"))
	cycle(t, "in scope", s, target, probe, probeGroup, "GET /Users/1", searchFor("bob"), postOf("bob"))
	const ask = "GET /Users?attributes=id&filter="
	for _, want := range [][]string{
		{ask + "id+eq+%221%22+and+manager+eq+%222%22", managerPatch("1", "Add", "2")},
		{ask + "id+eq+%221%22+and+manager+eq+%222%22"},
	} {
		s.Restart()
		cycle(t, "restart", s, target, append([]string{probe, probeGroup, searchFor("ann"), "GET /Users/1", searchFor("bob"), "GET /Users/2"}, want...)...)
	}
	s.Put(person("cem"), managed("ann", "cem"))
	cycle(t, "what the restart found is replaced", s, target, probe, probeGroup, "GET /Users/1", "GET /Users/2", searchFor("cem"), postOf("cem"), managerPatch("1", "Replace", "3"))
}

// TestReferencesOfADisabledUserWait holds that nothing but the disabling is sent
// for one out of scope, and what changed meanwhile when he returns.
func TestReferencesOfADisabledUserWait(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(managed("ann", "bob"), person("bob"), person("cem"))
	s.Cycle(t.Context())
	target.asked()
	u := managed("ann", "cem")
	u.SoftDeleted = true
	s.Put(u)
	cycle(t, "disabled", s, target, probe, probeGroup, "GET /Users/1", "PATCH /Users/1 "+patchHead+`{"op":"Replace","path":"active","value":"False"}]}`, "GET /Users/2", "GET /Users/3")
	s.Put(managed("ann", "cem"))
	cycle(t, "restored", s, target, probe, probeGroup, searchFor("ann"), "GET /Users/1", "PATCH /Users/1 "+patchHead+`{"op":"Replace","path":"active","value":"True"}]}`,
		"GET /Users/2", "GET /Users/3", managerPatch("1", "Replace", "3"))
}

// TestFreshAccountIsToldItsManager holds that what was sent to an account that
// is gone says nothing of the one that takes its place. Groups are not told: to
// them the user has been a member all the time.
func TestFreshAccountIsToldItsManager(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(managed("ann", "bob"), person("bob"))
	s.PutGroups(sales("ann"))
	s.Cycle(t.Context())
	u := managed("ann", "bob")
	u.SoftDeleted = true
	s.Put(u)
	s.Cycle(t.Context())
	const readGroup = "GET /Groups/3?excludedAttributes=members"
	delete(target.users, "1")
	target.asked()
	s.Put(managed("ann", "bob"))
	cycle(t, "restored", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), "GET /Users/2", readGroup, managerPatch("4", "Add", "2"))

	s.Put(u)
	s.Cycle(t.Context())
	delete(target.users, "4")
	target.users["9"] = []byte(`{"id":"9","userName":"ann","active":true}`)
	target.asked()
	s.Put(managed("ann", "bob"))
	cycle(t, "another account took the name", s, target, probe, probeGroup, searchFor("ann"), "GET /Users/9", "GET /Users/2", readGroup,
		"GET /Users?attributes=id&filter=id+eq+%229%22+and+manager+eq+%222%22", managerPatch("9", "Add", "2"))
}

func TestManagerPatchThatFailsIsSentAgain(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(managed("ann", "bob"), person("bob"))
	target.refuse = answering("PATCH", 400, nil, `{"detail":"no managers"}`)
	want := Error{ObjectID: "ann", Request: PatchUser, Status: 400, Code: ProtocolError, Detail: "no managers"}
	report := s.Cycle(t.Context())
	if len(report.Errors) != 1 || report.Errors[0] != want {
		t.Errorf("got %+v, want %+v", report.Errors, want)
	}
	target.refuse = nil
	target.asked()
	cycle(t, "next", s, target, probe, probeGroup, "GET /Users/1", "GET /Users/2", managerPatch("1", "Add", "2"))
}

func TestOnDemandSendsTheManager(t *testing.T) {
	target, client := newTarget(t)
	client.Dialect = AadOptscim062020
	s := newGroupService(t, client)
	s.Put(person("bob"))
	s.Cycle(t.Context())
	target.asked()
	if report := s.ProvisionOnDemand(t.Context(), managed("ann", "bob")); len(report.Errors) > 0 {
		t.Error(report.Errors)
	}
	want := []string{probe, probeGroup, searchFor("ann"), postOf("ann"), managerPatch("2", "Add", "1")}
	if diff := cmp.Diff(want, target.asked()); diff != "" {
		t.Errorf("on demand (-want +got):\n%s", diff)
	}
}
