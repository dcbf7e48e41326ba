// Package unleash_enterprise_test runs Entra's provisioning service, played by
// package entra, through scimshim against a stand-in for the SCIM endpoint of
// Unleash Enterprise, and compares the outcome with what the stand-in has.
package unleash_enterprise_test

import (
	_ "embed"
	"strings"
	"testing"

	"scimshim/examples/entra"
	"scimshim/examples/provider"
	"scimshim/examples/scene"
)

//go:embed unleash-enterprise.yaml
var file string

// play has Entra's whole mapping: Unleash's own page has all of it taken out but
// four rows. The stand-in refuses whatever else it is sent, so that a request
// with one attribute too many fails the cycle.
func play() scene.Play {
	p := scene.Play{
		Files: scene.Files{Vendor: file}, URL: "UNLEASH_SCIM_URL", Token: "UNLEASH_SCIM_TOKEN",
		Quirks: provider.UnleashEnterprise(), Mapping: entra.WholeMapping(), People: 6, Wants: wants,
	}
	p.Quirks.DropsUnknown = false
	return p
}

// wants is what Unleash should have for somebody.
func wants(u entra.User) map[string]any {
	return map[string]any{
		"userName": u.UserPrincipalName, "displayName": u.DisplayName, "externalId": u.MailNickname, "active": !u.SoftDeleted,
		"emails": []any{map[string]any{"type": "work", "primary": true, "value": strings.ToLower(u.Mail)}},
	}
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", entra.WholeMapping())
}

func TestCycles(t *testing.T) {
	scene.Weeks(t, play, map[string]func(*scene.Play){
		"default":                     func(*scene.Play) {},
		"flag":                        func(p *scene.Play) { p.Dialect = entra.AadOptscim062020 },
		"drops what it does not know": func(p *scene.Play) { p.Quirks.DropsUnknown = true },
		"PATCH is answered 204":       func(p *scene.Play) { p.Quirks.PatchNoContent = true },
		"no PATCH":                    (*scene.Play).NoPatch,
	}, weeks)
}

// weeks are what happens to six people. A change is read for only if it is in a
// list, if nothing of it goes to Unleash, or if the update needs it.
func weeks(update string, reads int) []scene.Step {
	return append([]scene.Step{
		{Name: "initial cycle", Do: func(*scene.Scene) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
			Calls:    scene.Calls{scene.Find: 7, scene.Create: 6}},
		{Name: "changes beside those of an administrator", Do: func(s *scene.Scene) {
			s.EditAtVendor(0, func(r map[string]any) { r["nickName"] = "Annie" })
			s.Change(0, func(u *entra.User) { u.GivenName, u.DisplayName = "Annabel", "Annabel Archer" })
			s.Change(1, func(u *entra.User) { u.MailNickname, u.JobTitle = "bea", "Director" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 6 + 2*reads, update: 2}},
		{Name: "new addresses", Do: func(s *scene.Scene) {
			s.EditAtVendor(2, func(r map[string]any) { scene.Append(r, "emails", scene.Elements("home", "cyd@home.example")) })
			s.Change(2, func(u *entra.User) { u.Mail = "New." + u.Mail })
			s.Change(3, func(u *entra.User) { u.Mail = "New." + u.Mail })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 8, update: 2}},
		{Name: "changes of what Unleash has no place for", Do: func(s *scene.Scene) {
			s.Change(0, func(u *entra.User) { u.Department, u.City, u.Mobile = "Design", "Leeds", "+44 7700 900998" })
			s.Change(3, func(u *entra.User) { u.Surname, u.FaxNumber, u.EmployeeID = "Married", "+44 1632 960998", "7" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 8}},
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
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 6 + 2*reads, update: 2}},
		{Name: "enabled", Do: func(s *scene.Scene) { s.Change(4, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{scene.Find: 2, scene.Read: 6 + reads, update: 1}},
	}, scene.Farewell(0)...)
}
