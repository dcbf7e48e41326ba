package starleaf_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/provider"
	"scimshim/examples/scene"
)

// Whoever has the e-mail address at StarLeaf already is managed from Entra from
// then on: the account stays the same, and what only StarLeaf knows stays in it.
func TestAdoptByEmail(t *testing.T) {
	s := scene.New(t, play())
	first := s.People[0]
	edit := func(r map[string]any) { r["title"] = "Director" }
	account := wants(first)
	account["userName"] = "made.by.hand"
	delete(account, "externalId")
	edit(account)
	s.Provider.Insert(account)
	s.Edits[first.ObjectID] = edit
	s.Cycle(t, scene.Requests{entra.Probe: 1, entra.FilterUser: 12, entra.PostUser: 6},
		// The address cannot be searched for, so that the list is read, once.
		scene.Calls{scene.Find: 13, scene.List: 1, scene.Read: 1, scene.Create: 6, scene.Patch: 1})
	if id := s.Service.Anchor(first.ObjectID); id != "1" {
		t.Errorf("the account that was there is not used: Entra has the id %q", id)
	}
	s.Unchanged(t)
}

// An administrator of StarLeaf is not taken over, changed, disabled or deleted:
// not by the user name that Entra matches, and not by the e-mail address.
func TestProtectedAdministrators(t *testing.T) {
	p := play()
	p.People = 2
	s := scene.New(t, p)
	byName := provider.StarLeafAdministrator(s.People[0].UserPrincipalName)
	byEmail := provider.StarLeafAdministrator("root")
	byEmail["emails"] = scene.Elements("work", s.People[1].UserPrincipalName)
	s.Provider.Insert(byName)
	s.Provider.Insert(byEmail)
	before := s.Provider.Users()
	for _, change := range []func(*entra.User){
		func(*entra.User) {},
		func(u *entra.User) { u.SoftDeleted = true },
	} {
		s.Change(0, change)
		report := s.Service.Cycle(t.Context())
		var got []refused
		for _, e := range report.Errors {
			got = append(got, refused{e.Request, e.Status, e.Detail})
		}
		const detail = "the vendor file protects this account: it can only be changed at the vendor"
		if diff := cmp.Diff([]refused{{entra.PatchUser, 400, detail}, {entra.PostUser, 400, detail}}, got); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
	}
	answer, err := s.Client.Delete(t.Context(), "1")
	if err != nil || answer.Status != 400 {
		t.Errorf("delete: %d, %v", answer.Status, err)
	}
	if diff := cmp.Diff(before, s.Provider.Users()); diff != "" {
		t.Errorf("users at the vendor (-want +got):\n%s", diff)
	}
}

type refused struct {
	Request entra.Kind
	Status  int
	Detail  string
}

// The account that has the address belongs to somebody whom Entra knows.
func TestAdoptNobodyTwice(t *testing.T) {
	p := play()
	p.People = 1
	s := scene.New(t, p)
	s.Service.Cycle(t.Context())
	newcomer := entra.Sample(2, 1)[1]
	s.EditAtVendor(0, func(r map[string]any) { r["emails"] = scene.Elements("work", newcomer.UserPrincipalName) })
	before := s.Provider.Users()
	answer, err := s.Client.Create(t.Context(), []byte(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
		"userName": "`+newcomer.UserPrincipalName+`", "externalId": "newcomer"}`))
	if err != nil || answer.Status != 409 {
		t.Errorf("%d %s, %v", answer.Status, answer.Body, err)
	}
	if diff := cmp.Diff(before, s.Provider.Users()); diff != "" {
		t.Errorf("users at the vendor (-want +got):\n%s", diff)
	}
}
