// Package starmind_api_test runs Entra's provisioning service, played by package
// entra, through scimshim against a stand-in for Starmind's GraphQL API.
package starmind_api_test

import (
	"strings"
	"testing"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
	"scimshim/examples/starmind-api/app"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "mail", Target: "userName", Matching: 1},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "jobTitle", Target: "title"},
		{Source: "department", Target: enterprise + ":department"},
		{Source: "companyName", Target: enterprise + ":organization"},
		{Source: "city", Target: `addresses[type eq "work"].locality`},
		{Source: "country", Target: `addresses[type eq "work"].country`},
		{Source: "preferredLanguage", Target: "preferredLanguage"},
		{Source: "objectId", Target: "externalId"},
	}
}

// wants is what Starmind should have for somebody.
func wants(u entra.User) any {
	want := map[string]any{
		"email": u.Mail, "firstname": u.GivenName, "lastname": u.Surname, "position": u.JobTitle, "department": u.Department,
		"company": u.CompanyName, "location": u.City, "countryId": strings.ToLower(u.Country), "languageId": u.Language[:2],
		"externalId": u.ObjectID, "isActive": !u.SoftDeleted, "isSystem": false, "isHidden": false, "about": nil, "employmentStart": nil,
	}
	if u.JobTitle == "" {
		want["position"] = nil
	}
	return want
}

func stage(t *testing.T) (*scene.Stage, *app.App) {
	vendor := app.New("client", "secret-of-the-client")
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: "starmind-api.yaml",
		Env: map[string]string{"STARMIND_URL": "{vendor}", "STARMIND_TOKEN_URL": "{vendor}/auth/realms/customer/protocol/openid-connect/token",
			"STARMIND_CLIENT_ID": "client", "STARMIND_CLIENT_SECRET": "secret-of-the-client"},
		Mapping: mapping(), People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.Users: 1, app.User: people} },
	})
	return s, vendor
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

// A list is read where a search finds nobody, for it may hide whoever is
// deactivated; the index spares all but the first.
func TestCycles(t *testing.T) {
	s, _ := stage(t)
	s.Play(t, []scene.Act{
		{Name: "initial cycle", Do: func(*scene.Stage) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
			Calls:    scene.Calls{app.Token: 1, app.Users: 9, app.Create: 6}},
		{Name: "changes", Do: func(s *scene.Stage) {
			s.Change(0, func(u *entra.User) { u.GivenName, u.Country, u.Language = "Annabel", "CH", "de-CH" })
			s.Change(1, func(u *entra.User) { u.Mail, u.Surname = "Married@contoso.com", "Married" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{app.Users: 2, app.User: 8, app.Update: 2}},
		{Name: "disabled", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = true }) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.Users: 1, app.User: 7, app.Deactivate: 1}},
		{Name: "restored", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.Users: 2, app.User: 8, app.Restore: 1}},
		{Name: "deleted", Do: func(s *scene.Stage) { s.Purge(3) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 5, entra.DeleteUser: 1},
			Calls:    scene.Calls{app.Users: 1, app.User: 6, app.Delete: 1}},
	})
}

// While Starmind is away nobody is taken for deleted; a create whose answer was
// lost is found and not made again; an old token costs one new one.
func TestTroubles(t *testing.T) {
	s, vendor := stage(t)
	s.Gate.Lose(app.Create)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, scene.Calls{app.Token: 1, app.Users: 11, app.Create: 6})
	s.Change(0, func(u *entra.User) { u.Surname = "Lee" })
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.Users: 1, app.User: 7, app.Update: 1})
	s.Unchanged(t)
	vendor.Expire()
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6}, scene.Calls{app.Token: 1, app.Users: 2, app.User: 6})
}

// What Starmind refuses is told Entra with the status that is due, although each
// of its answers is a 200.
func TestRefusals(t *testing.T) {
	s, _ := stage(t)
	s.Service.Cycle(t.Context())
	s.Change(0, func(u *entra.User) { u.Surname = strings.Repeat("x", 51) })
	report := s.Service.Cycle(t.Context())
	if len(report.Errors) != 1 || report.Errors[0].Status != 400 {
		t.Errorf("a name that is too long: %v", report.Errors)
	}
}

// The list is read page by page, however few Starmind puts into one.
func TestPages(t *testing.T) {
	s, vendor := stage(t)
	s.Service.Cycle(t.Context())
	vendor.Pages(2)
	s.CheckList(t, 7, scene.Calls{app.Users: 5})
}
