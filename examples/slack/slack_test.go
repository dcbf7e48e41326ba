// Package slack_test runs Entra's provisioning service, played by package entra,
// through scimshim against a stand-in for Slack's Web API.
package slack_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
	"scimshim/examples/slack/app"
)

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "mail", Target: "userName", Matching: 1},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "displayName", Target: "displayName"},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "jobTitle", Target: "title"},
		{Source: "telephoneNumber", Target: `phoneNumbers[type eq "work"].value`},
		{Source: "mailNickname", Target: "externalId"},
	}
}

// wants is what Slack should have for somebody.
func wants(u entra.User) any {
	return map[string]any{
		"deleted": u.SoftDeleted, "is_admin": false, "is_owner": false, "is_bot": false, "real_name": u.DisplayName,
		"profile": map[string]any{
			"email": strings.ToLower(u.Mail), "real_name": u.DisplayName, "display_name": "", "first_name": u.GivenName,
			"last_name": u.Surname, "title": u.JobTitle, "phone": u.TelephoneNumber,
		},
	}
}

func stage(t *testing.T) (*scene.Stage, *app.App) {
	vendor := app.New("client", "secret-of-the-app", "xoxe-0")
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: "slack.yaml",
		Env: map[string]string{"SLACK_URL": "{vendor}/api", "SLACK_CLIENT_ID": "client", "SLACK_CLIENT_SECRET": "secret-of-the-app",
			"SLACK_REFRESH_TOKEN": "xoxe-0", "SLACK_TEAM": app.Team, "SLACK_CHANNEL": app.Channel},
		Mapping: mapping(), People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.Lookup: 1, app.Info: people} },
	})
	return s, vendor
}

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", mapping())
}

func TestCycles(t *testing.T) {
	s, vendor := stage(t)
	s.Play(t, []scene.Act{
		{Name: "initial cycle", Do: func(*scene.Stage) {},
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
			Calls:    scene.Calls{app.Token: 1, app.Lookup: 13, app.List: 1, app.Invite: 6, app.Profile: 6, app.Info: 6}},
		{Name: "changes, and everybody has accepted", Do: func(s *scene.Stage) {
			vendor.Accept()
			s.Change(0, func(u *entra.User) { u.GivenName, u.DisplayName, u.JobTitle = "Annabel", "Annabel Archer", "Director" })
			s.Change(1, func(u *entra.User) { u.Mail = "Married@contoso.com" })
		},
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
			Calls:    scene.Calls{app.Lookup: 2, app.Info: 8, app.Profile: 2}},
		{Name: "disabled", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = true }) },
			Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.Lookup: 1, app.Info: 7, app.Remove: 1}},
		{Name: "restored", Do: func(s *scene.Stage) { s.Change(2, func(u *entra.User) { u.SoftDeleted = false }) },
			Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
			Calls:    scene.Calls{app.Lookup: 2, app.Info: 8, app.Assign: 1}},
	})
}

// An invitation says nothing of an id: whoever was invited is looked up, in the
// list if users.lookupByEmail misses them until they accept.
func TestInvitedAreInTheListAlone(t *testing.T) {
	s, vendor := stage(t)
	vendor.HideInvited()
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
		scene.Calls{app.Token: 1, app.Lookup: 13, app.List: 7, app.Invite: 6, app.Profile: 6, app.Info: 6})
	s.Unchanged(t)
}

// While Slack is away nobody is taken for removed, and an invitation whose answer
// was lost is found and not sent again.
func TestTroubles(t *testing.T) {
	s, _ := stage(t)
	s.Gate.Lose(app.Invite)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, scene.Calls{app.Token: 1, app.Lookup: 13, app.List: 1, app.Invite: 6, app.Profile: 6, app.Info: 6})
	s.Change(0, func(u *entra.User) { u.JobTitle = "Director" })
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.Lookup: 1, app.Info: 7, app.Profile: 1})
	s.Unchanged(t)
}

// Where Slack limits a method, Entra is told so; nobody is taken for removed.
func TestLimit(t *testing.T) {
	s, vendor := stage(t)
	s.Service.Cycle(t.Context())
	vendor.Limit(app.Info, 3)
	if diff := cmp.Diff([]string{entra.TooManyRequests}, s.Fails(t)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	vendor.Limit(app.Info, 100)
	s.NextCycle()
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6}, scene.Calls{app.Lookup: 1, app.Info: 6, app.List: 1})
}

// Nothing deletes a member: DELETE takes him out of the workspace.
func TestDelete(t *testing.T) {
	s, vendor := stage(t)
	s.Service.Cycle(t.Context())
	id := s.ID(3)
	s.Purge(3)
	s.Gate.Reset()
	s.Service.Cycle(t.Context())
	if got := vendor.Accounts()[id].(map[string]any)["deleted"]; got != true || s.Gate.Calls()[app.Remove] != 1 {
		t.Errorf("deleted: %v, calls: %v", got, s.Gate.Calls())
	}
}

// A token that has ended costs one refresh, and the refresh token it brings is
// the next one's.
func TestTokens(t *testing.T) {
	s, vendor := stage(t)
	s.Service.Cycle(t.Context())
	for range 2 {
		vendor.Expire()
		s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6}, scene.Calls{app.Token: 1, app.Lookup: 2, app.Info: 6})
	}
}

// The list is read by its cursor, however few Slack puts into one page.
func TestPages(t *testing.T) {
	s, vendor := stage(t)
	s.Service.Cycle(t.Context())
	vendor.Pages(2)
	s.CheckList(t, 7, scene.Calls{app.List: 4})
}
