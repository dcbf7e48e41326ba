// Package nextcloud_test runs Entra's provisioning service, played by package
// entra, through scimshim against a program that answers as Nextcloud's User
// provisioning API does, and compares the outcome with what it has.
package nextcloud_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/nextcloud/app"
	"scimshim/examples/scene"
)

// mapping is the table of README.md.
func mapping() entra.Mapping {
	return entra.Mapping{
		{Source: "userPrincipalName", Target: "userName", Matching: 1},
		{Source: entra.NotSoftDeleted, Target: "active"},
		{Source: "displayName", Target: "displayName"},
		{Source: "mail", Target: `emails[type eq "work"].value`},
		{Source: "telephoneNumber", Target: `phoneNumbers[type eq "work"].value`},
		{Source: "streetAddress", Target: `addresses[type eq "work"].formatted`},
		{Source: "preferredLanguage", Target: "preferredLanguage"},
		{Source: "mailNickname", Target: "externalId"},
	}
}

// stage sets six people up, with or without groups.
func stage(t *testing.T, groups entra.Mapping) (*scene.Stage, *app.App) {
	vendor := app.New("admin", "secret-of-admin")
	s := scene.NewStage(t, scene.Cast{
		Vendor: vendor, File: "nextcloud.yaml",
		Env:     map[string]string{"NEXTCLOUD_URL": "{vendor}", "NEXTCLOUD_USER": "admin", "NEXTCLOUD_PASSWORD": "secret-of-admin"},
		Mapping: mapping(), Groups: groups, People: 6, Wants: wants,
		Quiet: func(people int) scene.Calls { return scene.Calls{app.Read: 1 + people} },
	})
	return s, vendor
}

// wants is what Nextcloud should have for somebody.
func wants(u entra.User) any {
	return app.User{
		ID: u.UserPrincipalName, Enabled: !u.SoftDeleted, DisplayName: u.DisplayName, Email: strings.ToLower(u.Mail),
		Phone: strings.ReplaceAll(u.TelephoneNumber, " ", ""), Address: u.Street, Language: "en_GB", Quota: "default",
	}
}

// The tables that administrators copy into the portal are those tested here.
func TestReadmeHasTheMapping(t *testing.T) {
	scene.CheckMapping(t, "README.md", slices.Concat(mapping(), entra.GroupMapping()))
}

func TestCycles(t *testing.T) {
	for name, old := range map[string]bool{"a create is answered with the id": false, "a create is answered with nothing": true} {
		t.Run(name, func(t *testing.T) {
			s, vendor := stage(t, nil)
			vendor.Old = old
			s.Play(t, []scene.Act{
				{Name: "initial cycle", Do: func(*scene.Stage) {},
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6},
					Calls:    scene.Calls{app.Read: 7 + 12, app.Create: 6, app.Edit: 18}},
				{Name: "changes", Do: func(s *scene.Stage) {
					s.Change(0, func(u *entra.User) { u.DisplayName, u.Street = "Annabel Bauer", "1 Low Street" })
					s.Change(1, func(u *entra.User) { u.Mail = "New@Contoso.com" })
				},
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
					Calls:    scene.Calls{app.Read: 1 + 6 + 2, app.Edit: 3}},
				{Name: "disabled", Do: func(s *scene.Stage) {
					s.Change(4, func(u *entra.User) { u.SoftDeleted = true })
					s.Change(5, func(u *entra.User) { u.SoftDeleted = true })
				},
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 2},
					Calls:    scene.Calls{app.Read: 1 + 6 + 2, app.Disable: 2}},
				{Name: "enabled", Do: func(s *scene.Stage) { s.Change(4, func(u *entra.User) { u.SoftDeleted = false }) },
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 1, entra.GetUser: 6, entra.PatchUser: 1},
					Calls:    scene.Calls{app.Read: 2 + 6 + 1, app.Enable: 1}},
				{Name: "deleted", Do: func(s *scene.Stage) { s.Purge(2); s.Purge(5) },
					Requests: scene.Requests{entra.Probe: 1, entra.GetUser: 4, entra.DeleteUser: 2},
					Calls:    scene.Calls{app.Read: 1 + 4 + 2, app.Delete: 2}},
				{Name: "job restarted", Do: func(s *scene.Stage) { s.Service.Restart() },
					Requests: scene.Requests{entra.Probe: 1, entra.FilterUser: 4, entra.GetUser: 4},
					Calls:    scene.Calls{app.Read: 5 + 4}},
			})
		})
	}
}

// A user name that changes in Entra is shown to it, and not sent: Nextcloud has no
// rename. A language that Nextcloud lacks is kept as well.
func TestKept(t *testing.T) {
	s, vendor := stage(t, nil)
	s.Service.Cycle(t.Context())
	before := vendor.Accounts()
	s.Change(0, func(u *entra.User) { u.UserPrincipalName = "married@contoso.com" })
	s.Change(1, func(u *entra.User) { u.Language = "tlh" })
	if report := s.Service.Cycle(t.Context()); len(report.Errors) > 0 || report.Requests[entra.PatchUser] != 2 {
		t.Errorf("the change: %v, %v", report.Requests, report.Errors)
	}
	if diff := cmp.Diff(before, vendor.Accounts()); diff != "" {
		t.Errorf("users (-before +after):\n%s", diff)
	}
	if report := s.Service.Cycle(t.Context()); report.Writes() > 0 {
		t.Errorf("the cycle behind it writes: %v", report.Patched)
	}
}

// While Nextcloud is away nobody is taken for deleted, and a create whose answer
// was lost is found and not made again.
func TestTroubles(t *testing.T) {
	s, _ := stage(t, nil)
	s.Gate.Lose(app.Create)
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 6, entra.PostUser: 6}, scene.Calls{app.Read: 7 + 12, app.Create: 6, app.Edit: 18 + 1})
	s.Change(0, func(u *entra.User) { u.DisplayName = "Annabel" })
	s.Away(t, scene.Requests{entra.Probe: 1})
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.GetUser: 6, entra.PatchUser: 1}, scene.Calls{app.Read: 1 + 6 + 1, app.Edit: 1})
	s.Unchanged(t)
}

// What Nextcloud refuses is told as what it is: an id that it cannot have as a
// value, an administrator as nobody's to change. Nothing of it is written.
func TestRefusals(t *testing.T) {
	s, vendor := stage(t, nil)
	s.Service.Cycle(t.Context())
	guest := entra.Sample(7, 1)[6]
	guest.UserPrincipalName = "ann_contoso.com#EXT#@example.com"
	s.Service.Put(guest)
	vendor.Join(s.People[0].UserPrincipalName, "admin")
	s.Change(0, func(u *entra.User) { u.SoftDeleted = true })
	before := vendor.Accounts()
	if diff := cmp.Diff([]string{entra.ProtocolError}, s.Fails(t)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, vendor.Accounts()); diff != "" {
		t.Errorf("users (-before +after):\n%s", diff)
	}
}

// Groups come, are renamed and go, and people join and leave them. Those whom an
// administrator put into a group stay.
func TestGroups(t *testing.T) {
	s, vendor := stage(t, entra.GroupMapping())
	people := s.People
	sales := entra.Group{ObjectID: "sales", DisplayName: "Sales", Members: []string{people[0].ObjectID, people[1].ObjectID}}
	more := entra.Group{ObjectID: "more", DisplayName: "More Sales", Members: []string{people[1].ObjectID}}
	s.Service.PutGroups(sales, more)
	name := func(who int) string { return people[who].UserPrincipalName }
	for _, act := range []struct {
		name string
		do   func()
		want []app.Group
	}{
		{"initial cycle", func() {}, []app.Group{
			{ID: "More Sales", DisplayName: "More Sales", Members: []string{name(1)}},
			{ID: "Sales", DisplayName: "Sales", Members: []string{name(0), name(1)}}}},
		{"an administrator, a change and a rename", func() {
			vendor.Join(name(5), "Sales")
			sales.DisplayName, sales.Members = "Field Sales", []string{people[1].ObjectID, people[2].ObjectID}
			s.Service.PutGroups(sales)
		}, []app.Group{
			{ID: "More Sales", DisplayName: "More Sales", Members: []string{name(1)}},
			{ID: "Sales", DisplayName: "Field Sales", Members: []string{name(1), name(2), name(5)}}}},
		{"deleted", func() { s.Service.PurgeGroup("more") }, []app.Group{
			{ID: "Sales", DisplayName: "Field Sales", Members: []string{name(1), name(2), name(5)}}}},
	} {
		t.Run(act.name, func(t *testing.T) {
			act.do()
			if codes := s.Fails(t); codes != nil {
				t.Errorf("errors: %v", codes)
			}
			if diff := cmp.Diff(act.want, vendor.Groups()); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
			if report := s.Service.Cycle(t.Context()); report.Writes() > 0 || len(report.Errors) > 0 {
				t.Errorf("the cycle behind it writes: %v, %v", report.Requests, report.Errors)
			}
		})
	}
}
