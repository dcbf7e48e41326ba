package app

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newWithStaff gives an application with the users 2 to 4 beside its
// administrator: ann, bob and cem.
func newWithStaff(t *testing.T) *App {
	t.Helper()
	a := New("key")
	for _, login := range []string{"ann", "bob", "cem"} {
		body := fmt.Sprintf(`{"login":%q,"mail":"%s@example.com"}`, login, login)
		if status, got := call(t, a, "POST", "/api/users", body); status != 201 {
			t.Fatalf("%s: got %d %s", login, status, got)
		}
	}
	return a
}

func TestTeams(t *testing.T) {
	const (
		sales  = `{"id":1,"name":"Sales","members_count":0,"created_at":"NOW"}`
		legal  = `{"id":2,"name":"Legal","members_count":0,"created_at":"NOW"}`
		abroad = `{"id":1,"name":"Sales Abroad","members_count":0,"created_at":"NOW"}`
	)
	long := strings.Repeat("é", 80)
	converse(t, New("key"), []step{
		{"none", "GET", "/api/teams", "", 200, `{"teams":[],"total":0}`},
		{"create", "POST", "/api/teams", `{"name":"Sales"}`, 201, sales},
		{"create another", "POST", "/api/teams", `{"name":"Legal"}`, 201, legal},
		{"read", "GET", "/api/teams/1", "", 200, sales},
		{"name is taken in any case", "POST", "/api/teams", `{"name":"sALES"}`, 422, refusal("invalid", "name already taken")},
		{"name is taken by another", "PUT", "/api/teams/2", `{"name":"SALES"}`, 422, refusal("invalid", "name already taken")},
		{"name missing", "POST", "/api/teams", `{}`, 422, refusal("invalid", "name is required")},
		{"name blank", "POST", "/api/teams", `{"name":" "}`, 422, refusal("invalid", "name is required")},
		{"name cleared", "PUT", "/api/teams/1", `{"name":null}`, 422, refusal("invalid", "name is required")},
		{"name too long", "POST", "/api/teams", `{"name":"` + long + `x"}`, 422, refusal("invalid", "name is too long")},
		{"unknown field", "POST", "/api/teams", `{"name":"x","members":[1]}`, 400, refusal("bad_request", `unknown field "members"`)},
		{"wrong type", "PUT", "/api/teams/1", `{"name":7}`, 400, refusal("bad_request", "name must be a string or null")},
		{"broken JSON", "POST", "/api/teams", `{"name":`, 400, refusal("bad_request", "the body is not a JSON object")},
		{"search takes any case", "GET", "/api/teams?name=sALES", "", 200, `{"teams":[` + sales + `],"total":1}`},
		{"search takes the whole name", "GET", "/api/teams?name=Sale", "", 200, `{"teams":[],"total":0}`},
		{"search for nothing", "GET", "/api/teams?name=", "", 200, `{"teams":[],"total":0}`},
		{"unknown parameters are ignored", "GET", "/api/teams?title=nobody", "", 200, `{"teams":[` + sales + `,` + legal + `],"total":2}`},
		{"page", "GET", "/api/teams?per_page=1&page=2", "", 200, `{"teams":[` + legal + `],"total":2}`},
		{"page past the end", "GET", "/api/teams?per_page=1&page=9", "", 200, `{"teams":[],"total":2}`},
		{"rename", "PUT", "/api/teams/1", `{"name":"Sales Abroad"}`, 200, abroad},
		{"change nothing", "PUT", "/api/teams/1", `{}`, 200, abroad},
		{"own name is not taken", "PUT", "/api/teams/1", `{"name":"Sales Abroad"}`, 200, abroad},
		{"the old name is free", "PUT", "/api/teams/2", `{"name":"SALES"}`, 200, `{"id":2,"name":"SALES","members_count":0,"created_at":"NOW"}`},
		{"a name of 80 characters", "PUT", "/api/teams/2", `{"name":"` + long + `"}`, 200, `{"id":2,"name":"` + long + `","members_count":0,"created_at":"NOW"}`},
		{"read nobody", "GET", "/api/teams/9", "", 404, refusal("not_found", `no team with id "9"`)},
		{"update nobody", "PUT", "/api/teams/9", `{}`, 404, refusal("not_found", `no team with id "9"`)},
		{"no number", "DELETE", "/api/teams/Sales", "", 404, refusal("not_found", `no team with id "Sales"`)},
		{"delete", "DELETE", "/api/teams/2", "", 204, ""},
		{"deleted twice", "DELETE", "/api/teams/2", "", 404, refusal("not_found", `no team with id "2"`)},
		{"ids are not used twice", "POST", "/api/teams", `{"name":"Legal"}`, 201, strings.Replace(legal, `"id":2`, `"id":3`, 1)},
		{"other method", "PATCH", "/api/teams/1", `{}`, 405, refusal("method_not_allowed", "PATCH is not allowed here")},
		{"other method on all", "DELETE", "/api/teams", "", 405, refusal("method_not_allowed", "DELETE is not allowed here")},
	})
}

func TestMembers(t *testing.T) {
	const (
		team     = "/api/teams/1"
		ann, cem = `{"id":2,"login":"ann"}`, `{"id":4,"login":"cem"}`
	)
	noMember, noTeam := refusal("not_found", "no such member"), refusal("not_found", `no team with id "9"`)
	a := newWithStaff(t)
	converse(t, a, []step{
		{"create", "POST", "/api/teams", `{"name":"Sales"}`, 201, `{"id":1,"name":"Sales","members_count":0,"created_at":"NOW"}`},
		{"nobody yet", "GET", team + "/members", "", 200, `{"total":0,"users":[]}`},
		{"add", "PUT", team + "/members/4", "", 204, ""},
		{"add another", "PUT", team + "/members/2", "", 204, ""},
		{"add him again", "PUT", team + "/members/2", "", 204, ""},
		{"add an unknown user", "PUT", team + "/members/9", "", 422, refusal("invalid", "no such user")},
		{"add no number", "PUT", team + "/members/ann", "", 422, refusal("invalid", "no such user")},
		{"list, by id", "GET", team + "/members", "", 200, `{"total":2,"users":[` + ann + `,` + cem + `]}`},
		{"page", "GET", team + "/members?per_page=1&page=2", "", 200, `{"total":2,"users":[` + cem + `]}`},
		{"page past the end", "GET", team + "/members?per_page=1&page=4", "", 200, `{"total":2,"users":[]}`},
		{"read", "GET", team + "/members/2", "", 200, ann},
		{"read a user who is none", "GET", team + "/members/3", "", 404, noMember},
		{"the team shows how many", "GET", team, "", 200, `{"id":1,"name":"Sales","members_count":2,"created_at":"NOW"}`},
		{"renamed, they stay", "PUT", team, `{"name":"Sellers"}`, 200, `{"id":1,"name":"Sellers","members_count":2,"created_at":"NOW"}`},
		{"remove", "DELETE", team + "/members/4", "", 204, ""},
		{"remove him again", "DELETE", team + "/members/4", "", 404, noMember},
		{"read him again", "GET", team + "/members/4", "", 404, noMember},
		{"who is left", "GET", team + "/members", "", 200, `{"total":1,"users":[` + ann + `]}`},
		{"list of no team", "GET", "/api/teams/9/members", "", 404, noTeam},
		{"read of no team", "GET", "/api/teams/9/members/2", "", 404, noTeam},
		{"add to no team", "PUT", "/api/teams/9/members/2", "", 404, noTeam},
		{"add nobody to no team", "PUT", "/api/teams/9/members/9", "", 404, noTeam},
		{"remove from no team", "DELETE", "/api/teams/9/members/2", "", 404, noTeam},
		{"other method", "POST", team + "/members", `{"id":2}`, 405, refusal("method_not_allowed", "POST is not allowed here")},
		{"other method on one", "POST", team + "/members/2", `{}`, 405, refusal("method_not_allowed", "POST is not allowed here")},
	})
	want := []Team{{ID: 1, Name: "Sellers", Members: []int64{2}}}
	got := a.Teams()
	if got[0].CreatedAt.IsZero() {
		t.Error("the team has no time of creation")
	}
	got[0].CreatedAt = time.Time{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	got[0].Members[0] = 3
	if diff := cmp.Diff([]int64{2}, a.Teams()[0].Members); diff != "" {
		t.Errorf("what Teams gave is no copy (-want +got):\n%s", diff)
	}
}

// TestDisabledUserStaysInHisTeams holds that of the two ways out of an
// application only deletion ends memberships.
func TestDisabledUserStaysInHisTeams(t *testing.T) {
	a := newWithStaff(t)
	for _, name := range []string{"Sales", "Legal", "Board"} {
		call(t, a, "POST", "/api/teams", fmt.Sprintf(`{"name":%q}`, name))
	}
	for _, member := range []string{"1/members/2", "1/members/3", "2/members/2"} {
		call(t, a, "PUT", "/api/teams/"+member, "")
	}
	members := func() (out [][]int64) {
		for _, team := range a.Teams() {
			out = append(out, team.Members)
		}
		return out
	}
	call(t, a, "PUT", "/api/users/2", `{"status":"DISABLED"}`)
	if diff := cmp.Diff([][]int64{{2, 3}, {2}, nil}, members()); diff != "" {
		t.Errorf("disabled (-want +got):\n%s", diff)
	}
	call(t, a, "DELETE", "/api/users/2", "")
	if diff := cmp.Diff([][]int64{{3}, {}, nil}, members()); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
}

func TestManagers(t *testing.T) {
	user := func(id int, login, manager string) string {
		return fmt.Sprintf(`{"id":%d,"login":%q,"mail":"%s@example.com","first_name":null,"last_name":null,"full_name":null,"position":null,"department":null,"manager_id":%s,"status":"ENABLED","role":"USER","created_at":"NOW"}`, id, login, login, manager)
	}
	noSuchUser := refusal("invalid", "manager_id: no such user")
	converse(t, newWithStaff(t), []step{
		{"create with one", "POST", "/api/users", `{"login":"dan","mail":"dan@example.com","manager_id":2}`, 201, user(5, "dan", "2")},
		{"create with nobody", "POST", "/api/users", `{"login":"eve","mail":"eve@example.com","manager_id":9}`, 422, noSuchUser},
		{"set", "PUT", "/api/users/3", `{"manager_id":4}`, 200, user(3, "bob", "4")},
		{"two of each other", "PUT", "/api/users/4", `{"manager_id":3}`, 200, user(4, "cem", "3")},
		{"what is not given stays", "PUT", "/api/users/3", `{}`, 200, user(3, "bob", "4")},
		{"oneself", "PUT", "/api/users/3", `{"manager_id":3}`, 422, noSuchUser},
		{"an unknown user", "PUT", "/api/users/3", `{"manager_id":9}`, 422, noSuchUser},
		{"zero is no null", "PUT", "/api/users/3", `{"manager_id":0}`, 422, noSuchUser},
		{"a text", "PUT", "/api/users/3", `{"manager_id":"4"}`, 400, refusal("bad_request", "manager_id must be an integer or null")},
		{"a fraction", "PUT", "/api/users/3", `{"manager_id":4.5}`, 400, refusal("bad_request", "manager_id must be an integer or null")},
		{"unchanged", "GET", "/api/users/3", "", 200, user(3, "bob", "4")},
		{"clear", "PUT", "/api/users/3", `{"manager_id":null}`, 200, user(3, "bob", "null")},
		{"set again", "PUT", "/api/users/3", `{"manager_id":2}`, 200, user(3, "bob", "2")},
		{"the manager is deleted", "DELETE", "/api/users/2", "", 204, ""},
		{"he is nobody's manager", "GET", "/api/users/3", "", 200, user(3, "bob", "null")},
		{"nor anybody else's", "GET", "/api/users/5", "", 200, user(5, "dan", "null")},
		{"the others' stay", "GET", "/api/users/4", "", 200, user(4, "cem", "3")},
	})
}

func TestFaultsReachTeams(t *testing.T) {
	a := newWithStaff(t)
	call(t, a, "POST", "/api/teams", `{"name":"Sales"}`)
	a.Fault(Fault{Method: "PUT", Path: "/api/teams/1/members/", Times: 1, Kind: Status, Code: 503, Body: "{}"})
	var got []int
	for range 2 {
		status, _ := call(t, a, "PUT", "/api/teams/1/members/2", "")
		got = append(got, status, len(a.Teams()[0].Members))
	}
	if diff := cmp.Diff([]int{503, 0, 204, 1}, got); diff != "" {
		t.Errorf("statuses and members (-want +got):\n%s", diff)
	}
}

func TestConcurrentMembers(t *testing.T) {
	a := newWithStaff(t)
	call(t, a, "POST", "/api/teams", `{"name":"Sales"}`)
	var all sync.WaitGroup
	for id := range 12 {
		all.Go(func() {
			call(t, a, "PUT", fmt.Sprintf("/api/teams/1/members/%d", id%4+1), "")
			call(t, a, "GET", "/api/teams/1/members", "")
		})
	}
	all.Wait()
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, a.Teams()[0].Members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}
