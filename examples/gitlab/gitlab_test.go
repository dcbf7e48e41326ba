// Package gitlab_test runs Entra's provisioning service, played by package
// entra, through scimshim against a stand-in for GitLab.
package gitlab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/gitlab/app"
	"scimshim/examples/scene"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "mailNickname", Target: "userName", Matching: 1},
		{Source: "mail", Target: `emails[type eq "work"].value`, Matching: 2},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "displayName", Target: "displayName"},
		{Source: "companyName", Target: enterprise + ":organization"},
		{Source: "city", Target: `addresses[type eq "work"].locality`},
		{Source: "userPrincipalName", Target: "externalId"},
	}
}

// wants is what GitLab should have for somebody.
func wants(u entra.User) any {
	state := map[bool]string{false: "active", true: "blocked"}
	return map[string]any{
		"username": u.MailNickname, "name": u.DisplayName, "state": state[u.SoftDeleted], "email": strings.ToLower(u.Mail),
		"confirmed_at": "2026-01-31T09:00:00.000Z", "is_admin": false, "bot": false, "organization": u.CompanyName,
		"location": u.City, "job_title": "", "identities": []any{map[string]any{"provider": "saml", "extern_uid": u.UserPrincipalName}},
	}
}

// stage sets six people up, with or without groups.
func stage(t *testing.T, groups entra.Mapping) (*scene.Stage, *app.App) {
	vendor := app.New(scene.VendorToken)
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: "gitlab.yaml",
		Env:     map[string]string{"GITLAB_URL": "{vendor}/api/v4", "GITLAB_TOKEN": scene.VendorToken},
		Mapping: mapping(), Groups: groups, People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.ByName: 1, app.Read: people} },
	})
	return s, vendor
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

func TestCycles(t *testing.T) {
	s, vendor := stage(t, nil)
	vendor.SweepAtOnce()
	s.Play(t, []scene.Act{
		{Name: "initial cycle", Do: func(*scene.Stage) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 12, entra.PostUser: 6},
			Calls:    scene.Calls{app.ByName: 7, app.Search: 6, app.Create: 6, app.Update: 6}},
		{Name: "changes", Do: func(s *scene.Stage) {
			s.Change(0, func(u *entra.User) { u.DisplayName, u.City = "Annabel Archer", "London" })
			s.Change(1, func(u *entra.User) { u.Mail, u.UserPrincipalName = "Married@contoso.com", "married@contoso.com" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{app.ByName: 1, app.Search: 1, app.Read: 8, app.Update: 3}},
		{Name: "a new user name", Do: func(s *scene.Stage) { s.Change(1, func(u *entra.User) { u.MailNickname = "married" }) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.ByName: 2, app.Read: 7, app.Update: 1}},
		{Name: "disabled", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = true }) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.ByName: 1, app.Read: 7, app.Block: 1}},
		{Name: "restored", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.ByName: 2, app.Read: 7, app.Unblock: 1}},
		{Name: "deleted", Do: func(s *scene.Stage) { s.Purge(3) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 5, entra.DeleteUser: 1},
			Calls:    scene.Calls{app.ByName: 1, app.Read: 6, app.Delete: 1}},
	})
}

// While GitLab is away nobody is taken for deleted, and a create whose answer was
// lost is found and not made again.
func TestTroubles(t *testing.T) {
	s, _ := stage(t, nil)
	s.Gate.Lose(app.Create)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 12, entra.PostUser: 6}, scene.Calls{app.ByName: 8, app.Search: 6, app.Create: 6, app.Update: 7})
	s.Change(0, func(u *entra.User) { u.City = "London" })
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.ByName: 1, app.Read: 7, app.Update: 1})
	s.Unchanged(t)
}

// Where GitLab limits the requests, Entra is told so; nobody is taken for deleted.
func TestLimit(t *testing.T) {
	s, vendor := stage(t, nil)
	s.Service.Cycle(t.Context())
	vendor.Limit(3)
	if diff := cmp.Diff([]string{entra.TooManyRequests}, s.Fails(t)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	vendor.Limit(-1)
	s.NextCycle()
	s.Unchanged(t)
}

// What an administrator does by hand survives, and a deactivated user, who may
// sign in again, is shown as active.
func TestByHand(t *testing.T) {
	s, vendor := stage(t, nil)
	s.Service.Cycle(t.Context())
	vendor.Edit(s.ID(0), func(u *app.User) { u.State = "deactivated" })
	if report := s.Service.Cycle(t.Context()); report.Writes() > 0 || len(report.Errors) > 0 {
		t.Errorf("a deactivated user: %v", report)
	}
}

// The list is read by the links of its pages, however few GitLab puts into one.
func TestPages(t *testing.T) {
	s, vendor := stage(t, nil)
	s.Service.Cycle(t.Context())
	vendor.Pages(2)
	s.CheckList(t, 7, scene.Calls{app.List: 4})
}

// Groups come and go with their members; the owner whom GitLab puts into each is
// left there.
func TestGroups(t *testing.T) {
	s, vendor := stage(t, entra.GroupMapping())
	s.Service.PutGroups(entra.Group{ObjectID: "g1", DisplayName: "First Aiders", Members: []string{s.People[0].ObjectID, s.People[1].ObjectID}})
	check := func(what string, want map[string][]int) {
		t.Helper()
		report := s.Service.Cycle(t.Context())
		if diff := cmp.Diff(want, vendor.Groups()); diff != "" || len(report.Errors) > 0 {
			t.Errorf("%s: groups (-want +got):\n%s\n%v", what, diff, report.Errors)
		}
		if report = s.Service.Cycle(t.Context()); report.Writes() > 0 {
			t.Errorf("%s: the next cycle writes: %v", what, report)
		}
	}
	check("initial cycle", map[string][]int{"First Aiders": {1, 2, 3}})
	s.Service.PutGroups(entra.Group{ObjectID: "g1", DisplayName: "Helpers", Members: []string{s.People[1].ObjectID, s.People[2].ObjectID}})
	check("a rename, one leaves, one joins", map[string][]int{"Helpers": {1, 3, 4}})
	s.Service.PurgeGroup("g1")
	check("deleted", map[string][]int{})
}
