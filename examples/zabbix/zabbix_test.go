// Package zabbix_test runs Entra's provisioning service, played by package entra,
// through scimshim against a program that answers as Zabbix's API does, and
// compares the outcome with the users that it has.
package zabbix_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
	"scimshim/examples/zabbix/app"
)

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "userPrincipalName", Target: "userName", Matching: 1},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "mailNickname", Target: "externalId"},
	}
}

func stage(t *testing.T, dialect entra.Dialect) (*scene.Stage, *app.App) {
	vendor := app.New("api", "secret-of-api")
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: "zabbix.yaml",
		Env:     map[string]string{"ZABBIX_URL": "{vendor}", "ZABBIX_USER": "api", "ZABBIX_PASSWORD": "secret-of-api"},
		Mapping: mapping(), Dialect: dialect, People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.Get: 1 + people} },
	})
	return s, vendor
}

// wants is what Zabbix should have for somebody.
func wants(u entra.User) any {
	want := app.User{Username: u.UserPrincipalName, Name: u.GivenName, Surname: u.Surname, RoleID: app.RoleUser, Groups: []string{app.GroupAdministrators}}
	if u.SoftDeleted {
		want.Groups = append(want.Groups, app.GroupDisabled)
	}
	return want
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

func TestCycles(t *testing.T) {
	for name, dialect := range map[string]entra.Dialect{"default": entra.Default, "flag": entra.AadOptscim062020} {
		t.Run(name, func(t *testing.T) {
			s, _ := stage(t, dialect)
			s.Play(t, []scene.Act{
				{Name: "initial cycle", Do: func(*scene.Stage) {},
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
					Calls:    scene.Calls{app.Login: 1, app.Get: 7 + 6, app.Create: 6}},
				{Name: "changes", Do: func(s *scene.Stage) {
					s.Change(0, func(u *entra.User) { u.GivenName, u.Surname = "Annabel", "Bauer" })
					s.Change(1, func(u *entra.User) { u.UserPrincipalName = "married@contoso.com" })
				},
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
					Calls:    scene.Calls{app.Get: 1 + 6 + 2 + 1, app.Update: 2}},
				{Name: "disabled", Do: func(s *scene.Stage) {
					s.Change(4, func(u *entra.User) { u.SoftDeleted = true })
					s.Change(5, func(u *entra.User) { u.SoftDeleted = true })
				},
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
					Calls:    scene.Calls{app.Get: 1 + 6 + 2, app.Update: 2}},
				{Name: "enabled", Do: func(s *scene.Stage) { s.Change(4, func(u *entra.User) { u.SoftDeleted = false }) },
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
					Calls:    scene.Calls{app.Get: 2 + 6 + 1, app.Update: 1}},
				{Name: "deleted", Do: func(s *scene.Stage) { s.Purge(2); s.Purge(5) },
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 4, entra.DeleteUser: 2},
					Calls:    scene.Calls{app.Get: 1 + 4 + 2, app.Delete: 2}},
				{Name: "job restarted", Do: func(s *scene.Stage) { s.Service.Restart() },
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 4, entra.GetUser: 4},
					Calls:    scene.Calls{app.Get: 5 + 4}},
			})
		})
	}
}

// Groups that an administrator gave somebody stay when he is disabled and enabled.
func TestOtherGroupsStay(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	vendor.Join(s.People[0].UserPrincipalName, app.GroupInternal)
	var got [][]string
	for _, disabled := range []bool{true, false} {
		s.Change(0, func(u *entra.User) { u.SoftDeleted = disabled })
		s.Service.Cycle(t.Context())
		got = append(got, vendor.Accounts()[s.ID(0)].(app.User).Groups)
	}
	want := [][]string{{app.GroupInternal, app.GroupAdministrators, app.GroupDisabled}, {app.GroupInternal, app.GroupAdministrators}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups when disabled and enabled (-want +got):\n%s", diff)
	}
}

// A session that ends in between is made anew, once, and nobody notices.
func TestSessionEnds(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	vendor.EndSessions()
	s.Change(0, func(u *entra.User) { u.GivenName = "Annabel" })
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
		scene.Calls{app.Login: 1, app.Get: 1 + 1 + 6 + 1, app.Update: 1})
}

// While Zabbix is away nobody is taken for deleted, and a create whose answer was
// lost is found and not made again.
func TestTroubles(t *testing.T) {
	s, _ := stage(t, entra.Default)
	s.Gate.Lose(app.Create)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, scene.Calls{app.Login: 1, app.Get: 7 + 6, app.Create: 6})
	s.Change(0, func(u *entra.User) { u.Surname = "Bauer" })
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.Get: 1 + 6 + 1, app.Update: 1})
	s.Unchanged(t)
}

// A user name that another account has is a conflict, and nothing is written. The
// Super admin is nobody's to change.
func TestRefusals(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	before := vendor.Accounts()
	s.Change(0, func(u *entra.User) { u.UserPrincipalName = s.People[1].UserPrincipalName })
	s.Change(2, func(u *entra.User) { u.UserPrincipalName = "api" })
	if diff := cmp.Diff([]string{entra.EntryConflict}, s.Fails(t)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, vendor.Accounts()); diff != "" {
		t.Errorf("users (-before +after):\n%s", diff)
	}
}
