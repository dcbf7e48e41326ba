// Package zimbra_test runs Entra's provisioning service, played by package entra,
// through scimshim against a program that answers as Zimbra's admin API does, and
// compares the outcome with the accounts that it has.
package zimbra_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
	"scimshim/examples/zimbra/app"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "userPrincipalName", Target: "userName", Matching: 1},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "displayName", Target: "displayName"},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "jobTitle", Target: "title"},
		{Source: "telephoneNumber", Target: `phoneNumbers[type eq "work"].value`},
		{Source: "mobile", Target: `phoneNumbers[type eq "mobile"].value`},
		{Source: "companyName", Target: enterprise + ":organization"},
		{Source: "mailNickname", Target: "externalId"},
	}
}

func stage(t *testing.T, dialect entra.Dialect) (*scene.Stage, *app.App) {
	vendor := app.New("contoso.com", "admin@contoso.com", "secret-of-admin")
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: "zimbra.yaml",
		Env:     map[string]string{"ZIMBRA_URL": "{vendor}", "ZIMBRA_USER": "admin@contoso.com", "ZIMBRA_PASSWORD": "secret-of-admin"},
		Mapping: mapping(), Dialect: dialect, People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.Get: 1 + people} },
	})
	return s, vendor
}

// wants is what Zimbra should have for somebody.
func wants(u entra.User) any {
	want := app.Account{Name: strings.ToLower(u.UserPrincipalName), Attributes: map[string][]string{
		"displayName": {u.DisplayName}, "givenName": {u.GivenName}, "sn": {u.Surname}, "telephoneNumber": {u.TelephoneNumber},
		"company": {u.CompanyName}, "zimbraAccountStatus": {"active"},
	}}
	for name, value := range map[string]string{"title": u.JobTitle, "mobile": u.Mobile} {
		if value != "" {
			want.Attributes[name] = []string{value}
		}
	}
	if u.SoftDeleted {
		want.Attributes["zimbraAccountStatus"] = []string{"closed"}
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
					Calls:    scene.Calls{app.Login: 1, app.Get: 7, app.Create: 6}},
				{Name: "changes", Do: func(s *scene.Stage) {
					s.Change(0, func(u *entra.User) { u.GivenName, u.DisplayName = "Annabel", "Annabel & Bauer <AB>" })
					s.Change(1, func(u *entra.User) { u.UserPrincipalName, u.Surname = "Married@contoso.com", "Married" })
				},
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
					Calls:    scene.Calls{app.Get: 1 + 6 + 2 + 1, app.Modify: 2, app.Rename: 1}},
				{Name: "disabled", Do: func(s *scene.Stage) {
					s.Change(4, func(u *entra.User) { u.SoftDeleted = true })
					s.Change(5, func(u *entra.User) { u.SoftDeleted = true })
				},
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
					Calls:    scene.Calls{app.Get: 1 + 6 + 2, app.Modify: 2}},
				{Name: "enabled", Do: func(s *scene.Stage) { s.Change(4, func(u *entra.User) { u.SoftDeleted = false }) },
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
					Calls:    scene.Calls{app.Get: 2 + 6 + 1, app.Modify: 1}},
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

// A change sends the attributes that it changes, and no other: what administrators
// have set stays, also what they set while the gateway was at work.
func TestOtherAttributesStay(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	name := s.People[0].UserPrincipalName
	vendor.Set(name, "description", "one", "two")
	vendor.Set(name, "zimbraMailAlias", "first@contoso.com")
	s.Change(0, func(u *entra.User) { u.JobTitle = "Director" })
	if codes := s.Fails(t); codes != nil {
		t.Fatalf("errors: %v", codes)
	}
	want := wants(s.People[0]).(app.Account)
	want.Attributes["description"], want.Attributes["zimbraMailAlias"] = []string{"one", "two"}, []string{"first@contoso.com"}
	if diff := cmp.Diff(any(want), vendor.Accounts()[s.ID(0)]); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

// A session that ends in between is made anew, once, and nobody notices.
func TestSessionEnds(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	vendor.EndSessions()
	s.Change(0, func(u *entra.User) { u.GivenName = "Annabel" })
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
		scene.Calls{app.Login: 1, app.Get: 1 + 1 + 6 + 1, app.Modify: 1})
}

// While Zimbra is away nobody is taken for deleted, and a create whose answer was
// lost is found and not made again.
func TestTroubles(t *testing.T) {
	s, _ := stage(t, entra.Default)
	s.Gate.Lose(app.Create)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, scene.Calls{app.Login: 1, app.Get: 7 + 1, app.Create: 6})
	s.Change(0, func(u *entra.User) { u.GivenName = "Annabel" })
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.Get: 1 + 6 + 1, app.Modify: 1})
	s.Unchanged(t)
}

// An address that is somebody's alias is a conflict, one of another domain a value
// that is refused, and the administrator is nobody's to change.
func TestRefusals(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	vendor.Set(s.People[0].UserPrincipalName, "zimbraMailAlias", "taken@contoso.com")
	alias, foreign := entra.Sample(8, 1)[6], entra.Sample(8, 1)[7]
	alias.UserPrincipalName, foreign.UserPrincipalName = "taken@contoso.com", "ann@fabrikam.com"
	s.Service.Put(alias, foreign)
	vendor.Set(s.People[1].UserPrincipalName, "zimbraIsAdminAccount", "TRUE")
	s.Change(1, func(u *entra.User) { u.SoftDeleted = true })
	before := vendor.Accounts()
	if diff := cmp.Diff([]string{entra.EntryConflict, entra.ProtocolError}, s.Fails(t)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, vendor.Accounts()); diff != "" {
		t.Errorf("accounts (-before +after):\n%s", diff)
	}
}

// An account that was deleted in Zimbra's console is absent: the fault says so, in
// a 500. Entra is told 404, and makes it anew after a restart of the job.
func TestDeletedInTheConsole(t *testing.T) {
	s, vendor := stage(t, entra.Default)
	s.Service.Cycle(t.Context())
	vendor.Delete(s.People[0].UserPrincipalName)
	if diff := cmp.Diff([]string{entra.InvalidAnchor}, s.Fails(t)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	s.Service.Restart()
	if codes := s.Fails(t); codes != nil {
		t.Errorf("after the restart: %v", codes)
	}
	s.CheckAccounts(t)
}
