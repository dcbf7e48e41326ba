package entra

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	probeGroup  = "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22GUID%22"
	searchSales = "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Sales%22"
	postSales   = `POST /Groups {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],` +
		`"displayName":"Sales","externalId":"s","meta":{"resourceType":"Group"}}`
)

// person is a user with nothing but a name, which is also its ObjectID.
func person(name string) User { return User{ObjectID: name, UserPrincipalName: name} }

func searchFor(name string) string { return "GET /Users?filter=userName+eq+%22" + name + "%22" }

func postOf(name string) string {
	return `POST /Users {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
		`"userName":"` + name + `","active":true,"meta":{"resourceType":"User"}}`
}

func added(ids ...string) string {
	return patchHead + `{"op":"Add","path":"members","value":[` + refs(ids) + `]}]}`
}

func removed(ids ...string) string {
	return patchHead + `{"op":"Remove","path":"members","value":[` + refs(ids) + `]}]}`
}

func refs(ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf(`{"$ref":null,"value":%q}`, id))
	}
	return strings.Join(out, ",")
}

func sales(members ...string) Group {
	return Group{ObjectID: "s", DisplayName: "Sales", Members: members}
}

// newGroupService provisions userName, active and manager of users, and groups.
func newGroupService(t *testing.T, c *Client) *Service {
	t.Helper()
	s := newService(t, c, append(DefaultMapping()[:2:2], ManagerRow()))
	if err := s.MapGroups(GroupMapping()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLifeOfAGroup(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(person("ann"), person("bob"), person("cem"))
	s.PutGroups(sales("ann", "bob"))
	report := cycle(t, "initial", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), searchFor("bob"), postOf("bob"),
		searchFor("cem"), postOf("cem"), searchSales, postSales, "PATCH /Groups/4 "+added("1", "2"))
	want := Report{
		Requests: map[Kind]int{Probe: 1, ProbeGroup: 1, FilterUser: 3, PostUser: 3, FilterGroup: 1, PostGroup: 1, PatchGroup: 1},
		Statuses: map[int]int{200: 7, 201: 4}, Patched: map[string]int{"members": 2},
	}
	if diff := cmp.Diff(want, report); diff != "" || report.Writes() != 5 {
		t.Errorf("got %d writes, want 5; report (-want +got):\n%s", report.Writes(), diff)
	}
	steady := []string{probe, probeGroup, "GET /Users/1", "GET /Users/2", "GET /Users/3", "GET /Groups/4?excludedAttributes=members"}
	report = cycle(t, "nothing changed", s, target, steady...)
	want = Report{
		Requests: map[Kind]int{Probe: 1, ProbeGroup: 1, GetUser: 3, GetGroup: 1},
		Statuses: map[int]int{200: 6}, Patched: map[string]int{},
	}
	if diff := cmp.Diff(want, report); diff != "" || report.Writes() != 0 {
		t.Errorf("got %d writes; steady report (-want +got):\n%s", report.Writes(), diff)
	}

	g := sales("cem", "bob")
	g.DisplayName = "Sellers"
	s.PutGroups(g)
	report = cycle(t, "renamed, one left, one came", s, target, append(slices.Clone(steady),
		"PATCH /Groups/4 "+patchHead+`{"op":"Replace","path":"displayName","value":"Sellers"}]}`,
		"PATCH /Groups/4 "+removed("1"), "PATCH /Groups/4 "+added("3"))...)
	if diff := cmp.Diff(map[string]int{"displayName": 1, "members": 2}, report.Patched); diff != "" {
		t.Errorf("patched (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2", "3"}, target.membersOf("4")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	cycle(t, "steady again", s, target, steady...)

	if got := s.GroupAnchor("s"); got != "4" || s.Anchor("s") != "" {
		t.Errorf("got anchor %q of the group, and %q of a user, want 4 and none", got, s.Anchor("s"))
	}
	s.PurgeGroup("s")
	report = cycle(t, "deleted", s, target, append(slices.Clone(steady[:5]), "DELETE /Groups/4")...)
	if report.Writes() != 1 {
		t.Errorf("deleted: got %d writes, want 1", report.Writes())
	}
	cycle(t, "gone", s, target, steady[:5]...)
	if len(target.groups) != 0 || len(target.users) != 3 {
		t.Errorf("left at the target: %q, %q", target.groups, target.users)
	}
	s.PutGroups(sales("ann"))
	cycle(t, "assigned again", s, target, append(slices.Clone(steady[:5]), searchSales, postSales, "PATCH /Groups/5 "+added("1"))...)
}

func TestGroupsThatAreNotMappedAreLeftAlone(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping()[:2])
	s.Put(person("ann"))
	s.PutGroups(sales("ann"))
	cycle(t, "initial", s, target, probe, searchFor("ann"), postOf("ann"))
}

// TestRestartAsksForMembers holds that an initial cycle takes a group's members
// for unknown, since it cannot read them, and adds those alone who are missing.
func TestRestartAsksForMembers(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(person("ann"), person("bob"))
	s.PutGroups(sales("ann", "bob"))
	s.Cycle(t.Context())
	target.groups["3"] = []byte(`{"id":"3","displayName":"Sales","externalId":"s","members":[{"value":"2"},{"value":"9"}]}`)
	target.asked()
	s.Restart()
	const ask = "GET /Groups?attributes=id&filter="
	cycle(t, "restart", s, target, probe, probeGroup, searchFor("ann"), "GET /Users/1", searchFor("bob"), "GET /Users/2",
		searchSales, "GET /Groups/3?excludedAttributes=members",
		ask+"id+eq+%223%22+and+members+eq+%221%22", ask+"members+eq+%222%22+and+id+eq+%223%22",
		"PATCH /Groups/3 "+added("1"))
	if diff := cmp.Diff([]string{"2", "9", "1"}, target.membersOf("3")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	steady := []string{probe, probeGroup, "GET /Users/1", "GET /Users/2", "GET /Groups/3?excludedAttributes=members"}
	cycle(t, "steady", s, target, steady...)
	// What came afterwards is known to be missing.
	s.Put(person("cem"))
	s.PutGroups(sales("ann", "cem"))
	cycle(t, "changed", s, target, append(slices.Insert(slices.Clone(steady), 4, searchFor("cem"), postOf("cem")),
		"PATCH /Groups/3 "+removed("2"), "PATCH /Groups/3 "+added("4"))...)
}

func TestFlagRemovesMembersByFilter(t *testing.T) {
	target, client := newTarget(t)
	client.Dialect = AadOptscim062020
	s := newGroupService(t, client)
	s.Put(person("ann"), person("bob"), person("cem"))
	s.PutGroups(sales("ann", "bob"))
	s.Cycle(t.Context())
	target.asked()
	s.PutGroups(sales("cem"))
	cycle(t, "changed", s, target, probe, probeGroup, "GET /Users/1", "GET /Users/2", "GET /Users/3", "GET /Groups/4?excludedAttributes=members",
		"PATCH /Groups/4 "+patchHead+`{"op":"remove","path":"members[value eq \"1\"]"},{"op":"remove","path":"members[value eq \"2\"]"}]}`,
		"PATCH /Groups/4 "+patchHead+`{"op":"add","path":"members","value":[{"$ref":null,"value":"3"}]}]}`)
	if diff := cmp.Diff([]string{"3"}, target.membersOf("4")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

// TestDisabledMemberIsNotSentAgain is Microsoft's word: memberships are not
// resent when a user returns.
func TestDisabledMemberIsNotSentAgain(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(person("ann"))
	s.PutGroups(sales("ann"))
	s.Cycle(t.Context())
	target.asked()
	const readGroup = "GET /Groups/2?excludedAttributes=members"
	ann := person("ann")
	ann.SoftDeleted = true
	s.Put(ann)
	cycle(t, "disabled", s, target, probe, probeGroup, "GET /Users/1", "PATCH /Users/1 "+patchHead+`{"op":"Replace","path":"active","value":"False"}]}`, readGroup)
	s.Put(person("ann"))
	cycle(t, "restored", s, target, probe, probeGroup, searchFor("ann"), "GET /Users/1", "PATCH /Users/1 "+patchHead+`{"op":"Replace","path":"active","value":"True"}]}`, readGroup)
	s.Purge("ann")
	cycle(t, "purged", s, target, probe, probeGroup, "DELETE /Users/1", readGroup)
	s.PutGroups(sales())
	cycle(t, "purged members are not removed", s, target, probe, probeGroup, readGroup)
}

// TestPurgedUserLeavesAndJoinsNoGroup holds that nothing is said of him beside
// his own deletion.
func TestPurgedUserLeavesAndJoinsNoGroup(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(person("ann"), person("bob"))
	s.PutGroups(sales("ann"))
	s.Cycle(t.Context())
	target.asked()
	s.Purge("ann")
	s.Purge("bob")
	s.PutGroups(sales("bob"))
	target.refuse = answering("DELETE /Users/2", 503, nil, `{}`)
	report := s.Cycle(t.Context())
	want := []string{probe, probeGroup, "DELETE /Users/1", "DELETE /Users/2", "GET /Groups/3?excludedAttributes=members"}
	if diff := cmp.Diff(want, target.asked()); diff != "" || len(report.Errors) != 1 || report.OutOfScope != 1 {
		t.Errorf("%d out of scope, want 1; errors %v, want one; requests (-want +got):\n%s", report.OutOfScope, report.Errors, diff)
	}
}

func TestMembersOutOfScope(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	bob := person("bob")
	bob.SoftDeleted = true
	s.Put(person("ann"), bob)
	s.PutGroups(sales("ann", "bob", "nobody", "s"))
	report := cycle(t, "initial", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), searchFor("bob"),
		searchSales, postSales, "PATCH /Groups/2 "+added("1"))
	if report.OutOfScope != 3 || report.Skipped != 1 {
		t.Errorf("got %d members out of scope and %d users skipped, want 3 and 1", report.OutOfScope, report.Skipped)
	}
	s.Put(person("bob"))
	const readGroup = "GET /Groups/2?excludedAttributes=members"
	report = cycle(t, "in scope", s, target, probe, probeGroup, "GET /Users/1", searchFor("bob"), postOf("bob"), readGroup)
	if report.OutOfScope != 0 {
		t.Errorf("got %d out of scope again", report.OutOfScope)
	}
	s.Restart()
	cycle(t, "restart", s, target, probe, probeGroup, searchFor("ann"), "GET /Users/1", searchFor("bob"), "GET /Users/3", searchSales, readGroup,
		"GET /Groups?attributes=id&filter=id+eq+%222%22+and+members+eq+%221%22", "GET /Groups?attributes=id&filter=members+eq+%223%22+and+id+eq+%222%22",
		"PATCH /Groups/2 "+added("3"))
}

// TestMemberWhoseCreateFailedIsSentLater tells him from one out of scope.
func TestMemberWhoseCreateFailedIsSentLater(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(person("ann"))
	s.PutGroups(sales("ann"))
	target.refuse = answering("POST /Users", 503, nil, `{}`)
	if report := s.Cycle(t.Context()); len(report.Errors) != 1 || report.OutOfScope != 0 || report.Requests[PatchGroup] != 0 {
		t.Errorf("got %+v", report)
	}
	target.refuse = nil
	target.asked()
	cycle(t, "next", s, target, probe, probeGroup, searchFor("ann"), postOf("ann"), "GET /Groups/1?excludedAttributes=members", "PATCH /Groups/1 "+added("2"))
}

func TestManyMembersTakeSeveralPatches(t *testing.T) {
	target, client := newTarget(t)
	s := newGroupService(t, client)
	s.Workers = 8
	var members []string
	users := Sample(150, 1)
	for _, u := range users {
		members = append(members, u.ObjectID)
	}
	s.Put(users...)
	s.PutGroups(sales(members...))
	target.refuse = answering("PATCH /Groups", 503, nil, `{}`)
	if report := s.Cycle(t.Context()); report.Requests[PatchGroup] != 1 || report.Patched["members"] != 100 {
		t.Errorf("refused: got %d patches of %d members, want one of 100", report.Requests[PatchGroup], report.Patched["members"])
	}
	target.refuse = nil
	report := s.Cycle(t.Context())
	if report.Requests[PatchGroup] != 2 || report.Patched["members"] != 150 || len(report.Errors) > 0 {
		t.Errorf("got %d patches of %d members and %v, want two of 150", report.Requests[PatchGroup], report.Patched["members"], report.Errors)
	}
	if got := len(target.membersOf(s.GroupAnchor("s"))); got != 150 {
		t.Errorf("got %d members at the target, want 150", got)
	}
	s.PutGroups(sales(members[:20]...))
	report = s.Cycle(t.Context())
	if report.Requests[PatchGroup] != 2 || len(target.membersOf(s.GroupAnchor("s"))) != 20 {
		t.Errorf("got %d patches, %d members left, want 2 and 20", report.Requests[PatchGroup], len(target.membersOf(s.GroupAnchor("s"))))
	}
	if report = s.Cycle(t.Context()); report.Writes() != 0 {
		t.Errorf("got %d writes in a steady state", report.Writes())
	}
}

func TestGroupOnDemand(t *testing.T) {
	target, client := newTarget(t)
	client.Dialect = AadOptscim062020
	s := newGroupService(t, client)
	names := []string{"a", "b", "c", "d", "e", "f", "g"}
	for _, name := range names[:6] {
		s.Put(person(name))
	}
	s.Cycle(t.Context())
	target.asked()
	report := s.ProvisionGroupOnDemand(t.Context(), sales(names...), names...)
	want := []string{probe, probeGroup, searchSales, postSales, "PATCH /Groups/7 " + added("1", "2", "3", "4", "5")}
	if diff := cmp.Diff(want, target.asked()); diff != "" || len(report.Errors) > 0 {
		t.Errorf("errors %v; requests (-want +got):\n%s", report.Errors, diff)
	}
	report = s.ProvisionGroupOnDemand(t.Context(), sales(names...), "g")
	want = []string{probe, probeGroup, "GET /Groups/7?excludedAttributes=members"}
	if diff := cmp.Diff(want, target.asked()); diff != "" || report.OutOfScope != 1 {
		t.Errorf("%d out of scope, want 1; requests (-want +got):\n%s", report.OutOfScope, diff)
	}
	report = s.Cycle(t.Context())
	if diff := cmp.Diff(map[string]int{"members": 1}, report.Patched); diff != "" {
		t.Errorf("the rest is left to the cycle: patched (-want +got):\n%s", diff)
	}
}

func TestProgressCountsGroups(t *testing.T) {
	_, client := newTarget(t)
	s := newGroupService(t, client)
	s.Put(person("ann"), person("bob"))
	s.PutGroups(sales("ann"))
	var told [][2]int
	s.Progress = func(done, total int) { told = append(told, [2]int{done, total}) }
	s.Cycle(t.Context())
	if diff := cmp.Diff([][2]int{{1, 3}, {2, 3}, {3, 3}}, told); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestGroupErrors(t *testing.T) {
	const shows = `{"id":"2","displayName":"Sales","externalId":"s","members":[{"value":"1"}]}`
	tests := []struct {
		name    string
		refuse  func(http.ResponseWriter, *http.Request) bool
		want    Error
		stopped bool
	}{
		{"probe 404", answering("GET /Groups?excludedAttributes=members&filter=displayName+eq+%22", 404, nil, `{}`),
			Error{Request: ProbeGroup, Status: 404, Code: Quarantine}, true},
		{"probe finds one", answering("GET /Groups?excludedAttributes=members", 200, nil, `{"totalResults":1,"Resources":[{"id":"1"}]}`),
			Error{Request: ProbeGroup, Status: 200, Code: Quarantine, Detail: "1 groups were found for a random GUID"}, true},
		{"two matches", answering(searchSales, 200, nil, `{"totalResults":2,"Resources":[{"id":"1"},{"id":"2"}]}`),
			Error{ObjectID: "s", Request: FilterGroup, Status: 200, Code: DuplicateTargetEntries, Detail: `2 groups were found for displayName "Sales"`}, false},
		{"match shows members", answering(searchSales, 200, nil, `{"totalResults":1,"Resources":[`+shows+`]}`),
			Error{ObjectID: "s", Request: FilterGroup, Status: 200, Code: MultipleEntries, Detail: "members are shown although the read excludes them"}, false},
		{"read shows members", answering("GET /Groups/2", 200, nil, shows),
			Error{ObjectID: "s", Request: GetGroup, Status: 200, Code: MultipleEntries, Detail: "members are shown although the read excludes them"}, false},
		{"anchor gone", answering("GET /Groups/2", 404, nil, `{}`),
			Error{ObjectID: "s", Request: GetGroup, Status: 404, Code: InvalidAnchor}, false},
		{"question refused", answering("GET /Groups?attributes=id", 400, nil, `{"detail":"no such filter"}`),
			Error{ObjectID: "s", Request: CheckMember, Status: 400, Code: ProtocolError, Detail: "no such filter"}, false},
		{"question answered 404", answering("GET /Groups?attributes=id", 404, nil, `{}`),
			Error{ObjectID: "s", Request: CheckMember, Status: 404, Code: ProtocolError}, false},
		{"patch gone", answering("PATCH /Groups", 404, nil, `{}`),
			Error{ObjectID: "s", Request: PatchGroup, Status: 404, Code: InvalidAnchor}, false},
		{"patch 200 without a body", answering("PATCH /Groups", 200, nil, ""),
			Error{ObjectID: "s", Request: PatchGroup, Status: 200, Code: ServiceIncompatible, Detail: "the answer is not application/scim+json"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			target, client := newTarget(t)
			target.groups["2"] = []byte(`{"id":"2","displayName":"Sales","externalId":"s"}`)
			s := newGroupService(t, client)
			s.Put(person("ann"))
			s.PutGroups(sales("ann"))
			target.refuse = test.refuse
			report := s.Cycle(t.Context())
			if diff := cmp.Diff([]Error{test.want}, report.Errors, cmpopts.IgnoreUnexported(Error{})); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if report.Quarantined != test.stopped {
				t.Errorf("quarantined: %v, want %v", report.Quarantined, test.stopped)
			}
			if got := target.membersOf("2"); got != nil {
				t.Errorf("got members %q beside the error", got)
			}
			target.refuse = nil
			report = s.Cycle(t.Context())
			if diff := cmp.Diff([]string{"1"}, target.membersOf("2")); diff != "" || len(report.Errors) > 0 {
				t.Errorf("next cycle: errors %v, members (-want +got):\n%s", report.Errors, diff)
			}
		})
	}
}
