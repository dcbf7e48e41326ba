// Package starleaf_api_test runs Entra's provisioning service, played by package
// entra, through scimshim against a stand-in for StarLeaf's cloud API.
package starleaf_api_test

import (
	"testing"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
	"scimshim/examples/starleaf-api/app"
)

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "userPrincipalName", Target: "userName", Matching: 1},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "mobile", Target: `phoneNumbers[type eq "mobile"].value`},
		{Source: "telephoneNumber", Target: `phoneNumbers[type eq "work"].value`},
		{Source: "preferredLanguage", Target: "preferredLanguage"},
		{Source: "mailNickname", Target: "externalId"},
	}
}

// wants is what StarLeaf should have for somebody.
func wants(u entra.User) any {
	return map[string]any{
		"email": u.UserPrincipalName, "first_name": u.GivenName, "last_name": u.Surname, "mobile": u.Mobile,
		"phone": u.TelephoneNumber, "language": u.Language, "disabled": u.SoftDeleted, "is_admin": false,
	}
}

const (
	reseller = "reseller@starleaf.example"
	password = `it has a " and a \ and a ${`
)

// stage sets a scene up with one of the two files.
func stage(t *testing.T, file string) (*scene.Stage, *app.App) {
	vendor := app.New(scene.VendorToken, reseller, password)
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: file,
		Env:     map[string]string{"STARLEAF_URL": "{vendor}", "STARLEAF_TOKEN": scene.VendorToken, "STARLEAF_USER": reseller, "STARLEAF_PASSWORD": password, "STARLEAF_ORG": app.Org},
		Mapping: mapping(), People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.Read: people} },
	})
	return s, vendor
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

func TestCycles(t *testing.T) {
	s, _ := stage(t, "starleaf-api.yaml")
	s.Play(t, life(scene.Calls{app.List: 1, app.Create: 6, app.Read: 6}))
}

func TestCyclesOfAReseller(t *testing.T) {
	s, _ := stage(t, "../starleaf-reseller/starleaf-reseller.yaml")
	s.Play(t, life(scene.Calls{app.Challenge: 1, app.Authenticate: 1, app.List: 1, app.Create: 6, app.Read: 6}))
}

// life is what happens to six people, after an initial cycle that costs so much.
func life(initial scene.Calls) []scene.Act {
	return []scene.Act{
		{Name: "initial cycle", Do: func(*scene.Stage) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, Calls: initial},
		{Name: "changes", Do: func(s *scene.Stage) {
			s.Change(0, func(u *entra.User) { u.GivenName, u.Mobile = "Annabel", "+44 7700 900999" })
			s.Change(1, func(u *entra.User) { u.UserPrincipalName, u.Surname = "married@contoso.com", "Married" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{app.Read: 8, app.Patch: 2}},
		{Name: "disabled", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = true }) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.Read: 7, app.Disable: 1}},
		{Name: "restored", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.Read: 8, app.Disable: 1}},
		{Name: "deleted", Do: func(s *scene.Stage) { s.Purge(3) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 5, entra.DeleteUser: 1},
			Calls:    scene.Calls{app.Read: 6, app.Delete: 1}},
	}
}

// While StarLeaf is away nobody is taken for deleted, and a create whose answer
// was lost is found in the list and not made again.
func TestTroubles(t *testing.T) {
	s, _ := stage(t, "starleaf-api.yaml")
	s.Gate.Lose(app.Create)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, scene.Calls{app.List: 2, app.Create: 6, app.Read: 5})
	s.Change(0, func(u *entra.User) { u.Surname = "Lee" })
	s.Away(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6}) // the index answers the probe
	s.NextCycle()                                               // so many calls failed that the gateway waits before the next
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.List: 1, app.Read: 7, app.Patch: 1})
	s.Unchanged(t)
}

// A session that has ended costs one new login.
func TestSessionEnds(t *testing.T) {
	s, vendor := stage(t, "../starleaf-reseller/starleaf-reseller.yaml")
	s.Service.Cycle(t.Context())
	vendor.EndSessions()
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6}, scene.Calls{app.Challenge: 1, app.Authenticate: 1, app.Read: 7})
}

// The cookie that a 449 sets goes with whatever is sent next, and no login is
// made for it.
func TestNewCookie(t *testing.T) {
	s, vendor := stage(t, "../starleaf-reseller/starleaf-reseller.yaml")
	s.Service.Cycle(t.Context())
	vendor.Renew()
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6}, s.Quiet(7)) // one of them twice: 449
}
