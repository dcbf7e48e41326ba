//go:build unix

// Package pocketbase_test runs Entra's provisioning service, played by package
// entra, through scimshim against a real PocketBase, and compares the outcome
// with PocketBase's own records.
package pocketbase_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
)

func mapping() entra.Mapping { return append(entra.DefaultMapping(), entra.ManagerRow()) }

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) { scene.CheckMapping(t, "README.md", mapping()) }

// stage is Entra with 12 people, who have managers, the gateway and PocketBase.
// The password is the one that the gateway has.
func stage(t *testing.T, server *server, password string, groups entra.Mapping) *scene.Stage {
	t.Helper()
	var s *scene.Stage
	s = scene.NewStage(t, scene.Cast{
		Vendor: server, File: "pocketbase.yaml",
		Env:     map[string]string{"POCKETBASE_URL": "{vendor}", "POCKETBASE_USER": admin, "POCKETBASE_PASSWORD": password},
		Mapping: mapping(), Groups: groups, People: 12, Quiet: quiet,
		Wants: func(u entra.User) any {
			return map[string]any{"username": u.UserPrincipalName, "email": u.Mail, "name": u.DisplayName, "title": u.JobTitle, "verified": true,
				"disabled": u.SoftDeleted, "department": u.Department, "manager": s.Service.Anchor(u.Manager)}
		},
	})
	entra.SampleManagers(s.People)
	s.Service.Put(s.People...)
	return s
}

func quiet(people int) scene.Calls { return scene.Calls{"find users": 1, "read users": people} }

func TestLife(t *testing.T) {
	server := newServer(t)
	s := stage(t, server, password, nil)
	s.Play(t, []scene.Act{
		{Name: "initial cycle", Do: func(*scene.Stage) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 12, entra.PostUser: 12, entra.PatchUser: 11},
			Calls:    scene.Calls{"login": 1, "list departments": 1, "find users": 13, "POST users": 12, "PATCH users": 11}},
		{Name: "changes", Do: func(s *scene.Stage) {
			s.Change(0, func(u *entra.User) { u.DisplayName, u.Department = "Annabel Archer", "Legal" })
			s.Change(1, func(u *entra.User) { u.Mail, u.JobTitle = "Married@contoso.com", "Auditor" })
			s.Change(2, func(u *entra.User) { u.MailNickname = "kept" })
			s.Change(11, func(u *entra.User) { u.Manager = s.People[5].ObjectID })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 12, entra.PatchUser: 4},
			Calls:    scene.Calls{"find users": 2, "read users": 14, "PATCH users": 3}},
		{Name: "a new user name", Do: func(s *scene.Stage) {
			s.Change(1, func(u *entra.User) { u.UserPrincipalName = "o'brien@contoso.com" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 12, entra.PatchUser: 1},
			Calls:    scene.Calls{"find users": 2, "read users": 13, "PATCH users": 1}},
		{Name: "disabled", Do: func(s *scene.Stage) { s.Change(3, func(u *entra.User) { u.SoftDeleted = true }) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 12, entra.PatchUser: 1},
			Calls:    scene.Calls{"find users": 1, "read users": 12, "PATCH users": 1}},
		{Name: "restored", Do: func(s *scene.Stage) { s.Change(3, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 12, entra.PatchUser: 1},
			Calls:    scene.Calls{"find users": 2, "read users": 12, "PATCH users": 1}},
		{Name: "deleted", Do: func(s *scene.Stage) { s.Purge(10) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 11, entra.DeleteUser: 1},
			Calls:    scene.Calls{"find users": 1, "read users": 11, "DELETE users": 1}},
		{Name: "edited by hand", Do: func(s *scene.Stage) {
			server.ask("PATCH", "/users/records/"+s.ID(4), map[string]any{"name": "Edited", "disabled": true}, nil)
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 11, entra.PatchUser: 1},
			Calls:    scene.Calls{"find users": 1, "read users": 11, "PATCH users": 1}},
		{Name: "PocketBase restarted", Do: func(*scene.Stage) { server.stop(); server.start() },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 11},
			Calls:    quiet(11)},
		{Name: "the session ends", Do: func(*scene.Stage) { server.setPassword(password) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 11},
			Calls:    scene.Calls{"login": 1, "find users": 2, "read users": 11}},
		{Name: "job restarted", Do: func(s *scene.Stage) { s.Service.Restart() },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 11, entra.GetUser: 11, entra.CheckManager: 10},
			Calls:    scene.Calls{"find users": 12, "read users": 21}},
	})
}

// While PocketBase is away nobody is taken for deleted, and a create whose
// answer was lost is found and not made again.
func TestTroubles(t *testing.T) {
	server := newServer(t)
	s := stage(t, server, password, nil)
	s.Gate.Lose("POST users")
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 12, entra.PostUser: 12, entra.PatchUser: 11},
		scene.Calls{"login": 1, "list departments": 1, "find users": 14, "POST users": 12, "PATCH users": 11})
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.NextCycle()
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 12},
		scene.Calls{"list departments": 1, "find users": 1, "read users": 12}) // the table is fetched anew after a while
}

// With a password that PocketBase refuses Entra is told 502, nobody is taken for
// deleted, and logins are held back.
func TestWrongPassword(t *testing.T) {
	server := newServer(t)
	s := stage(t, server, "another password", nil)
	report := s.Service.Cycle(t.Context())
	if diff := cmp.Diff(map[int]int{http.StatusBadGateway: 1}, report.Statuses); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scene.Calls{"login": 1}, s.Gate.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// To PocketBase who comes with a token that has ended is a guest, who sees
// nobody and whom it answers 404. Each request of Entra is the first after the
// session's end.
func TestGuest(t *testing.T) {
	server := newServer(t)
	s := stage(t, server, password, nil)
	s.Service.Cycle(t.Context())
	first := s.ID(0)
	for _, test := range []struct {
		name   string
		status int
		do     func() (entra.Response, error)
	}{
		{"read", 200, func() (entra.Response, error) { return s.Client.Get(t.Context(), first) }},
		{"find", 200, func() (entra.Response, error) {
			return s.Client.Filter(t.Context(), "userName", s.People[0].UserPrincipalName)
		}},
		{"list", 200, func() (entra.Response, error) { return s.Client.Discover(t.Context(), 1, 100) }},
		// A guest's write is answered 404 as well. It is not made again by itself:
		// Entra comes again in its next cycle.
		{"update", 502, func() (entra.Response, error) { return s.Client.Patch(t.Context(), first, patch("title", "Chief")) }},
		{"delete", 502, func() (entra.Response, error) { return s.Client.Delete(t.Context(), first) }},
	} {
		server.setPassword(password)
		answer, err := test.do()
		if err != nil || answer.Status != test.status {
			t.Errorf("%s: answered %d, want %d: %v: %s", test.name, answer.Status, test.status, err, answer.Body)
		}
		if found := bytes.Contains(answer.Body, []byte(s.People[0].UserPrincipalName)); found != (test.status == 200) {
			t.Errorf("%s: %s", test.name, answer.Body)
		}
	}
	s.CheckAccounts(t)
}

func patch(path, value string) []byte {
	return fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":%q,"value":%q}]}`, path, value)
}

// Who is disabled cannot sign in any more.
func TestSignIn(t *testing.T) {
	server := newServer(t)
	s := stage(t, server, password, nil)
	s.Service.Cycle(t.Context())
	server.ask("PATCH", "/users/records/"+s.ID(0),
		map[string]any{"password": "a-password", "passwordConfirm": "a-password"}, nil)
	signIn := func() int {
		status, _ := server.do("POST", "/users/auth-with-password", "", map[string]any{"identity": s.People[0].Mail, "password": "a-password"})
		return status
	}
	got := []int{signIn()}
	s.Change(0, func(u *entra.User) { u.SoftDeleted = true })
	s.Service.Cycle(t.Context())
	if got = append(got, signIn()); !slices.Equal(got, []int{200, 403}) {
		t.Errorf("signing in is answered %v, want 200 while enabled and 403 when disabled", got)
	}
}

// Accounts that were there before are found however their names are spelled, and
// by names that have a meaning in PocketBase's filters.
func TestNames(t *testing.T) {
	server := newServer(t)
	for i, name := range []string{"Ada@Contoso.com", "o'neil", `CONTOSO\ada`, `back\`, `two\\`, `q'\'`, `a"b`, "per%cent_", "x' || id != '", "@now"} {
		server.ask("POST", "/users/records", map[string]any{"username": name, "email": fmt.Sprintf("%d@contoso.com", i),
			"password": "a-password", "passwordConfirm": "a-password"}, nil)
	}
	s := stage(t, server, password, nil)
	for _, name := range []string{"ada@contoso.com", "O'NEIL", `contoso\ADA`, `back\`, `two\\`, `q'\'`, `a"b`, "per%cent_", "x' || id != '", "@now"} {
		answer, err := s.Client.Filter(t.Context(), "userName", name)
		if err != nil || !bytes.Contains(answer.Body, []byte(`"totalResults":1,`)) {
			t.Errorf("%s: %d, %v: %s", name, answer.Status, err, answer.Body)
		}
	}
	for name, mail := range map[string]string{"somebody": "0@contoso.com", "Ada@contoso.com": "new@contoso.com"} {
		answer, err := s.Client.Create(t.Context(), fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],`+
			`"userName":%q,"emails":[{"type":"work","value":%q}],"active":true}`, name, mail))
		if err != nil || answer.Status != http.StatusConflict {
			t.Errorf("create of %s with %s: %d, %v: %s", name, mail, answer.Status, err, answer.Body)
		}
	}
	s.CheckAccounts(t)
}

// Groups come and go with their members.
func TestGroups(t *testing.T) {
	server := newServer(t)
	s := stage(t, server, password, entra.GroupMapping())
	group := func(name string, members ...int) (g entra.Group) {
		g = entra.Group{ObjectID: "g1", DisplayName: name}
		for _, i := range members {
			g.Members = append(g.Members, s.People[i].ObjectID)
		}
		return g
	}
	check := func(what string, want map[string][]int) {
		t.Helper()
		report := s.Service.Cycle(t.Context())
		got := map[string][]int{}
		for _, team := range server.records("teams") {
			name := team["name"].(string)
			got[name] = nil
			for i, u := range s.People {
				if slices.Contains(team["members"].([]any), any(s.Service.Anchor(u.ObjectID))) {
					got[name] = append(got[name], i)
				}
			}
			if len(got[name]) != len(team["members"].([]any)) {
				t.Errorf("%s: %s has members who are nobody of ours: %v", what, name, team["members"])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(report.Errors) > 0 {
			t.Errorf("%s: teams (-want +got):\n%s\n%v", what, diff, report.Errors)
		}
		if report = s.Service.Cycle(t.Context()); report.Writes() > 0 || len(report.Errors) > 0 {
			t.Errorf("%s: the next cycle: %v", what, report)
		}
	}
	s.Service.PutGroups(group("First Aiders", 0, 1, 2))
	check("initial cycle", map[string][]int{"First Aiders": {0, 1, 2}})
	s.Service.PutGroups(group("Helpers", 1, 2, 3))
	check("a rename, one leaves, one joins", map[string][]int{"Helpers": {1, 2, 3}})
	s.Change(2, func(u *entra.User) { u.SoftDeleted = true })
	check("one is disabled", map[string][]int{"Helpers": {1, 2, 3}})
	server.setPassword(password)
	s.Service.PutGroups(group("Helpers", 3))
	check("a session ends, and two leave", map[string][]int{"Helpers": {3}})
	s.Service.Restart()
	check("the job is restarted", map[string][]int{"Helpers": {3}})
	s.Service.PurgeGroup("g1")
	check("deleted", map[string][]int{})
}
