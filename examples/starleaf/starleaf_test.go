// Package starleaf_test runs Entra's provisioning service, played by package
// entra, through scimshim against a stand-in for StarLeaf, and compares the
// outcome with what the stand-in has.
package starleaf_test

import (
	_ "embed"
	"testing"

	"scimshim/examples/entra"
	"scimshim/examples/provider"
	"scimshim/examples/scene"
)

//go:embed starleaf.yaml
var file string

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "mailNickname", Target: "externalId", Matching: 1},
		{Source: "userPrincipalName", Target: "userName", Matching: 2},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "userPrincipalName", Target: workEmail},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "displayName", Target: "name.formatted"},
		{Source: "mobile", Target: `phoneNumbers[type eq "mobile"].value`},
		{Source: "telephoneNumber", Target: `phoneNumbers[type eq "work"].value`},
		{Source: "preferredLanguage", Target: "preferredLanguage"},
	}
}

const workEmail = `emails[type eq "work"].value`

func play() scene.Play {
	return scene.Play{
		Files: scene.Files{Vendor: file}, URL: "STARLEAF_URL", Token: "STARLEAF_TOKEN",
		Quirks: provider.StarLeaf(), Mapping: mapping(), People: 6, Wants: wants,
	}
}

// wants is what StarLeaf should have for somebody.
func wants(u entra.User) map[string]any {
	return map[string]any{
		"externalId": u.MailNickname, "userName": u.UserPrincipalName, "active": !u.SoftDeleted,
		"emails":       scene.Elements("work", u.UserPrincipalName),
		"name":         map[string]any{"givenName": u.GivenName, "familyName": u.Surname, "formatted": u.DisplayName},
		"phoneNumbers": scene.Elements("mobile", u.Mobile, "work", u.TelephoneNumber), "preferredLanguage": u.Language,
	}
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

func TestCycles(t *testing.T) {
	scene.Weeks(t, play, map[string]func(*scene.Play){
		"default": func(p *scene.Play) {},
		"flag":    func(p *scene.Play) { p.Dialect = entra.AadOptscim062020 },
		// StarLeaf gets the user name as the address all the same.
		"e-mail from mail":      func(p *scene.Play) { p.Mapping[3].Source = "mail" },
		"PATCH is answered 204": func(p *scene.Play) { p.Quirks.PatchNoContent = true },
		"no PATCH":              (*scene.Play).NoPatch,
	}, weeks)
}

// weeks are what happens to six people. StarLeaf is asked for a user before each
// change, because of `protect`; who has a new user name is looked for.
func weeks(update string, _ int) []scene.Step {
	return append([]scene.Step{
		{Name: "initial cycle", Do: func(*scene.Scene) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 12, entra.PostUser: 6},
			Calls:    scene.Calls{scene.Find: 13, scene.Create: 6}},
		{Name: "changes beside those of an administrator", Do: func(s *scene.Scene) {
			s.EditAtVendor(0, func(r map[string]any) { r["title"] = "Director" })
			s.EditAtVendor(1, func(r map[string]any) { scene.Append(r, "phoneNumbers", scene.Elements("home", "+44 20 7946 0001")) })
			s.Change(0, func(u *entra.User) { u.GivenName, u.DisplayName = "Annabel", "Annabel Archer" })
			s.Change(1, func(u *entra.User) { u.Mobile = "+44 7700 900999" })
			s.Change(3, func(u *entra.User) { u.Mobile = "+44 7700 900998" }) // who had none
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 3},
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 9, update: 3}},
		{Name: "new user name", Do: func(s *scene.Scene) {
			s.Change(4, func(u *entra.User) { u.UserPrincipalName, u.Surname = "married@contoso.com", "Married" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{scene.Find: 2, scene.Read: 7, update: 1}},
		{Name: "disabled", Do: func(s *scene.Scene) {
			s.Change(4, func(u *entra.User) { u.SoftDeleted = true })
			s.Change(5, func(u *entra.User) { u.SoftDeleted = true })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 8, update: 2}},
		{Name: "enabled", Do: func(s *scene.Scene) { s.Change(4, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{scene.Find: 2, scene.Read: 7, update: 1}},
	}, scene.Farewell(2)...)
}
