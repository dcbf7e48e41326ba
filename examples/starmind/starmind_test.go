// Package starmind_test runs Entra's provisioning service, played by package
// entra, through scimshim against a stand-in for Starmind, and compares the
// outcome with what the stand-in has.
package starmind_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/examples/entra"
	"scimshim/examples/provider"
	"scimshim/examples/scene"
)

//go:embed starmind.yaml
var file string

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "mail", Target: `emails[type eq "work"].value`, Matching: 1},
		{Source: "userPrincipalName", Target: "userName"},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "jobTitle", Target: "title"},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "companyName", Target: enterprise + ":organization"},
		{Source: "department", Target: enterprise + ":department"},
	}
}

func play() scene.Play {
	return scene.Play{
		Files: scene.Files{Vendor: file}, URL: "STARMIND_URL", Token: "STARMIND_KEY",
		Quirks: provider.Starmind(), Mapping: mapping(), People: 6, Wants: wants,
	}
}

// wants is what Starmind should have for somebody.
func wants(u entra.User) map[string]any {
	want := map[string]any{
		"userName": u.UserPrincipalName, "active": !u.SoftDeleted, "emails": scene.Elements("work", u.Mail),
		"name":     map[string]any{"givenName": u.GivenName, "familyName": u.Surname},
		enterprise: map[string]any{"organization": u.CompanyName, "department": u.Department},
	}
	if u.JobTitle != "" {
		want["title"] = u.JobTitle
	}
	return want
}

// lowerCased is what a Starmind should have that keeps addresses in small letters.
func lowerCased(u entra.User) map[string]any {
	want := wants(u)
	want["emails"] = scene.Elements("work", strings.ToLower(u.Mail))
	return want
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

func TestCycles(t *testing.T) {
	scene.Weeks(t, play, map[string]func(*scene.Play){
		"default":               func(*scene.Play) {},
		"flag":                  func(p *scene.Play) { p.Dialect = entra.AadOptscim062020 },
		"PATCH is answered 204": func(p *scene.Play) { p.Quirks.PatchNoContent = true },
		"addresses in small letters": func(p *scene.Play) {
			p.Quirks.LowerCasesEmail = true
			p.Wants = lowerCased
		},
		"answers to writes lack attributes": func(p *scene.Play) { p.Quirks.AnswersLack = []string{"title", "name", enterprise} },
		"no PATCH":                          (*scene.Play).NoPatch,
	}, weeks)
}

// While Starmind is away nobody is taken for deleted; a create whose answer was
// lost is found and not made again; a limit is passed on. What was not done is
// done in the next cycle.
func TestTroubles(t *testing.T) {
	s := scene.New(t, play())
	for _, trouble := range []struct {
		name  string
		fault provider.Fault
		do    func()
		want  []string // the codes under which Entra logs what failed
		posts int      // that Starmind had got after the next cycle
	}{
		{"an answer is lost", provider.Fault{Method: "POST", Done: true, Times: 1}, func() {}, nil, 6},
		{"Starmind is away", provider.Fault{Path: "/Users/"}, func() { s.Change(0, func(u *entra.User) { u.JobTitle = "Director" }) },
			slices.Repeat([]string{entra.InternalServerError}, 6), 0},
		{"a limit", provider.Fault{Method: "PATCH", Status: 429, RetryAfter: "7"}, func() { s.Change(1, func(u *entra.User) { u.JobTitle = "Director" }) },
			[]string{entra.TooManyRequests}, 0},
	} {
		t.Run(trouble.name, func(t *testing.T) {
			s.Provider.ResetCalls()
			trouble.do()
			s.Provider.Fail(trouble.fault)
			var got []string
			for _, e := range s.Service.Cycle(t.Context()).Errors {
				got = append(got, e.Code)
			}
			s.Provider.Mend()
			s.NextCycle()
			if diff := cmp.Diff(trouble.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if report := s.Service.Cycle(t.Context()); len(report.Errors) > 0 {
				t.Errorf("the next cycle: %v", report.Errors)
			}
			if posts := s.Provider.Calls()[scene.Create]; posts != trouble.posts {
				t.Errorf("%d creates, want %d", posts, trouble.posts)
			}
			s.CheckUsers(t)
			s.Unchanged(t)
		})
	}
}

// The list is read page after page, however few Starmind puts into one.
func TestPages(t *testing.T) {
	p := play()
	p.Quirks.PageSize = 2
	s := scene.New(t, p)
	s.Service.Cycle(t.Context())
	s.Provider.ResetCalls()
	answer, err := s.Client.Discover(t.Context(), 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{answer.Status, gjson.GetBytes(answer.Body, "totalResults").Int(), len(gjson.GetBytes(answer.Body, "Resources").Array()), s.Provider.Calls()}
	if diff := cmp.Diff([]any{200, int64(6), 6, scene.Calls{scene.List: 3}}, got); diff != "" {
		t.Errorf("status, totalResults, resources and calls (-want +got):\n%s", diff)
	}
}

// weeks are what happens to six people. Before a create and a new user name
// Starmind is asked who has that; Entra itself matches by the address. A change
// is read for only if it is in a list, or if the update needs it.
func weeks(update string, reads int) []scene.Step {
	return append([]scene.Step{
		{Name: "initial cycle", Do: func(*scene.Scene) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
			Calls:    scene.Calls{scene.Find: 13, scene.Create: 6}},
		{Name: "changes beside those of an administrator", Do: func(s *scene.Scene) {
			s.EditAtVendor(0, func(r map[string]any) { r["nickName"] = "Annie" })
			s.EditAtVendor(1, func(r map[string]any) { scene.Append(r, "emails", scene.Elements("home", "bea@home.example")) })
			s.Change(0, func(u *entra.User) { u.GivenName, u.JobTitle, u.Department = "Annabel", "Director", "Board" })
			s.Change(1, func(u *entra.User) { u.Surname = "Bauer" })
			s.Change(2, func(u *entra.User) { u.CompanyName = "Fabrikam" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 3},
			Calls:    scene.Calls{scene.Find: 1, scene.Read: 6 + 3*reads, update: 3}},
		{Name: "new addresses", Do: func(s *scene.Scene) {
			s.Change(1, func(u *entra.User) { u.Mail = "Bea.Bauer@Contoso.com" })
			s.Change(3, func(u *entra.User) { u.Mail = "New." + u.Mail })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{scene.Find: 3, scene.Read: 8, update: 2}},
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
