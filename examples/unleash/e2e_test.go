//go:build unix

package unleash_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
)

// unlimited lifts Unleash's limit of 20 creates a minute.
const unlimited = "CREATE_USER_RATE_LIMIT_PER_MINUTE=100000"

type (
	requests = map[entra.Kind]int
	writes   = map[string]int
)

func TestCycles(t *testing.T) {
	for name, dialect := range map[string]entra.Dialect{"default": entra.Default, "flag": entra.AadOptscim062020} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 30, dialect, unlimited)
			steps := []struct {
				name string
				run  func(*scene, *testing.T)
			}{
				{"connection test", (*scene).testConnection},
				{"initial cycle", (*scene).initial},
				{"changes", (*scene).changes},
				{"disabled", (*scene).disabled},
				{"restored", (*scene).restored},
				{"deleted", (*scene).deleted},
				{"gateway killed", (*scene).killed},
				{"job restarted", (*scene).restarted},
				{"answers lost", (*scene).answersLost},
				{"administrators", (*scene).administrators},
				{"refusals", (*scene).refusals},
				{"odd values", (*scene).oddValues},
			}
			for _, step := range steps {
				if !t.Run(step.name, func(t *testing.T) { step.run(s, t) }) {
					return // each step builds on the one before
				}
			}
			s.gateway.checkSecrets(t)
		})
	}
}

func (s *scene) testConnection(t *testing.T) {
	if err := s.service.TestConnection(t.Context()); err != nil {
		t.Error(err)
	}
}

func (s *scene) initial(t *testing.T) {
	s.cycle(t, requests{entra.Probe: 1, entra.FilterUser: 30, entra.PostUser: 30}, writes{"POST": 30})
	s.checkAccounts(t)
	s.unchanged(t, 30)
}

// unchanged is the steady state: Entra reads, compares, and has nothing to do.
func (s *scene) unchanged(t *testing.T, people int) {
	t.Helper()
	s.cycle(t, requests{entra.Probe: 1, entra.GetUser: people}, writes{})
	s.checkAccounts(t)
}

// changes: names and addresses reach Unleash, what is only kept does not, and
// neither touches the role that an administrator of Unleash gave. A name that
// this administrator changed is put back.
func (s *scene) changes(t *testing.T) {
	first := s.people[0].UserPrincipalName
	promoted := s.server.accounts(t)[first]
	s.server.change(t, "PUT", promoted.ID, `{"rootRole": 2}`)
	edited := s.server.accounts(t)[s.people[21].UserPrincipalName]
	s.server.change(t, "PUT", edited.ID, `{"name": "Edited in Unleash"}`)

	s.edit(func(u *entra.User) { u.DisplayName += " (new)" }, 0, 1, 2, 3, 4, 11)
	s.edit(func(u *entra.User) { u.Mail = "New." + u.Mail }, 5, 6, 7, 11)
	for _, i := range []int{0, 1, 2, 3, 4, 5, 6, 7, 11} {
		s.want(s.people[i])
	}
	editor := s.accounts[first]
	editor.RootRole = 2
	s.accounts[first] = editor
	s.edit(func(u *entra.User) { u.Surname = "Married" }, 10)
	s.edit(func(u *entra.User) { u.UserPrincipalName = "renamed." + u.UserPrincipalName }, 8, 9)

	s.cycle(t, requests{entra.Probe: 1, entra.GetUser: 30, entra.PatchUser: 13}, writes{"PUT": 10})
	s.unchanged(t, 30)
}

// disabled: the accounts are gone from Unleash, and Entra still sees the users.
func (s *scene) disabled(t *testing.T) {
	s.edit(func(u *entra.User) { u.SoftDeleted = true }, 9, 12, 13, 14)
	for _, i := range []int{12, 13, 14} {
		delete(s.accounts, s.people[i].UserPrincipalName)
	}
	delete(s.accounts, "user00010@contoso.com") // number 9, whose new name never reached Unleash
	s.cycle(t, requests{entra.Probe: 1, entra.GetUser: 30, entra.PatchUser: 4}, writes{"DELETE": 4})
	for _, i := range []int{9, 12, 13, 14} {
		s.checkFound(t, s.people[i].UserPrincipalName, shown{s.service.Anchor(s.people[i].ObjectID), s.people[i].UserPrincipalName, false})
	}
	s.unchanged(t, 30)
}

// restored: the accounts are made anew, under the same SCIM ids. One deleted by
// hand in Unleash is too, for it is as good as disabled.
func (s *scene) restored(t *testing.T) {
	byHand := s.server.accounts(t)[s.people[20].UserPrincipalName]
	s.server.change(t, "DELETE", byHand.ID, "")
	s.edit(func(u *entra.User) { u.SoftDeleted = false }, 9, 12)
	s.want(s.people[9])
	s.want(s.people[12])
	anchors := map[int]string{}
	for _, i := range []int{9, 12, 20} {
		anchors[i] = s.service.Anchor(s.people[i].ObjectID)
	}
	s.cycle(t, requests{entra.Probe: 1, entra.FilterUser: 2, entra.GetUser: 30, entra.PatchUser: 3}, writes{"POST": 3})
	for i, anchor := range anchors {
		s.checkFound(t, s.people[i].UserPrincipalName, shown{anchor, s.people[i].UserPrincipalName, true})
	}
	s.unchanged(t, 30)
}

// deleted: for good, one of them while it was disabled.
func (s *scene) deleted(t *testing.T) {
	gone := map[string]bool{}
	for _, i := range []int{13, 15, 16} {
		gone[s.service.Anchor(s.people[i].ObjectID)] = true
		s.service.Purge(s.people[i].ObjectID)
		delete(s.accounts, s.people[i].UserPrincipalName)
	}
	s.cycle(t, requests{entra.Probe: 1, entra.GetUser: 27, entra.DeleteUser: 3}, writes{"DELETE": 2})
	for anchor := range gone {
		answer, err := s.client.Get(t.Context(), anchor)
		decode(t, answer, err, http.StatusNotFound, nil)
		answer, err = s.client.Delete(t.Context(), anchor)
		decode(t, answer, err, http.StatusNotFound, nil)
	}
	s.unchanged(t, 27)
}

func (s *scene) killed(t *testing.T) {
	s.gateway.kill()
	s.client.BaseURL = s.gateway.tenantURL
	s.unchanged(t, 27)
}

// restarted is what the portal's button does: everybody is matched anew.
func (s *scene) restarted(t *testing.T) {
	s.service.Restart()
	s.cycle(t, requests{entra.Probe: 1, entra.FilterUser: 27, entra.GetUser: 27}, writes{})
	s.checkAccounts(t)
}

// answersLost: the network fails when Unleash has done its work. An account is
// looked up and adopted, and not made twice. What became of a deletion Entra is
// not told, and sees in its next cycle.
func (s *scene) answersLost(t *testing.T) {
	newcomer := entra.Sample(31, 1)[30]
	s.service.Put(newcomer)
	s.want(newcomer)
	s.calls.lose("POST")
	s.calls.take()
	report := s.service.Cycle(t.Context())
	if diff := cmp.Diff(map[int]int{http.StatusOK: 29, http.StatusCreated: 1}, report.Statuses); diff != "" {
		t.Errorf("answers when the one to a create is lost, wanted (-) and given (+):\n%s", diff)
	}
	if posts := s.calls.take()["POST"]; posts != 1 {
		t.Errorf("the account was made with %d POSTs, wanted 1", posts)
	}
	s.unchanged(t, 28)

	s.edit(func(u *entra.User) { u.SoftDeleted = true }, 17)
	delete(s.accounts, s.people[17].UserPrincipalName)
	s.calls.lose("DELETE")
	report = s.service.Cycle(t.Context())
	if diff := cmp.Diff(map[int]int{http.StatusOK: 29, http.StatusGatewayTimeout: 1}, report.Statuses); diff != "" {
		t.Errorf("answers when the one to a deletion is lost, wanted (-) and given (+):\n%s", diff)
	}
	s.unchanged(t, 28)
}

// administrators of Unleash cannot be changed, disabled, deleted or taken over,
// one who was provisioned no more than one who was not.
func (s *scene) administrators(t *testing.T) {
	promoted := s.server.accounts(t)[s.people[1].UserPrincipalName]
	s.server.change(t, "PUT", promoted.ID, `{"rootRole": 1}`)
	s.calls.take()
	for _, id := range []string{"1", strconv.Itoa(promoted.ID)} {
		for _, op := range []string{
			`{"op":"Replace","path":"displayName","value":"Mallory"}`,
			`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"mallory@contoso.com"}`,
			`{"op":"Replace","path":"active","value":"False"}`,
		} {
			answer, err := s.client.Patch(t.Context(), id, patchBody(op))
			decode(t, answer, err, http.StatusBadRequest, nil)
		}
		answer, err := s.client.Delete(t.Context(), id)
		decode(t, answer, err, http.StatusBadRequest, nil)
	}
	answer, err := s.client.Create(t.Context(), userBody("Admin", "mallory@contoso.com", "Mallory"))
	decode(t, answer, err, http.StatusConflict, nil)
	calls := s.calls.take()
	delete(calls, "GET")
	if diff := cmp.Diff(writes{}, calls); diff != "" {
		t.Errorf("calls that change Unleash:\n%s", diff)
	}
	s.server.change(t, "PUT", promoted.ID, `{"rootRole": 3}`)
	s.checkAccounts(t)
}

// refusals of Unleash reach Entra as what they are, for two of them look like
// an outage: Unleash answers 500.
func (s *scene) refusals(t *testing.T) {
	taken := s.people[2].Mail
	answer, err := s.client.Create(t.Context(), userBody("newcomer", taken, "New"))
	decode(t, answer, err, http.StatusConflict, nil)
	answer, err = s.client.Create(t.Context(), userBody(strings.Repeat("n", 256), "new@contoso.com", "New"))
	decode(t, answer, err, http.StatusBadRequest, nil)
	answer, err = s.client.Patch(t.Context(), s.service.Anchor(s.people[3].ObjectID),
		patchBody(fmt.Sprintf(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":%q}`, taken)))
	decode(t, answer, err, http.StatusConflict, nil)
	s.checkAccounts(t)
}

// oddValues are those for which Unleash's search answers nothing although the
// user is there, and a name so long that Unleash cannot delete its user.
func (s *scene) oddValues(t *testing.T) {
	for _, name := range []string{"x", `CONTOSO\ada`, "under_score", "per%cent", "a+b@contoso.com", strings.Repeat("n", 255)} {
		long := strings.Repeat("Ä", 256)
		var created struct{ ID, DisplayName string }
		answer, err := s.client.Create(t.Context(), userBody(name, fmt.Sprintf("%d@contoso.com", len(name)), long))
		decode(t, answer, err, http.StatusCreated, &created)
		if created.DisplayName != long {
			t.Errorf("the display name reads %q, wanted %q", created.DisplayName, long)
		}
		s.checkFound(t, strings.ToUpper(name), shown{created.ID, name, true})
		answer, err = s.client.Patch(t.Context(), created.ID, patchBody(`{"op":"Replace","path":"active","value":"False"}`))
		decode(t, answer, err, http.StatusOK, nil)
		s.checkFound(t, name, shown{created.ID, name, false})
	}
	s.checkAccounts(t)
}

// userBody has no value that JSON spells otherwise than Go does.
func userBody(userName, mail, displayName string) []byte {
	return fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"active":true,`+
		`"userName":%q,"displayName":%q,"emails":[{"type":"work","value":%q}]}`, userName, displayName, mail)
}

func patchBody(op string) []byte {
	return fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`, op)
}

// TestLimitAndOutage leaves Unleash's limit on. What it refuses is told to Entra
// with the time to wait, and a later cycle makes the rest, each user once. In
// between Unleash is away for a cycle, which nobody may mistake for users who
// are gone.
func TestLimitAndOutage(t *testing.T) {
	s := newScene(t, 25, entra.Default)
	report := s.service.Cycle(t.Context())
	if len(report.Errors) != 5 {
		t.Fatalf("%d users were refused, wanted 5: %v", len(report.Errors), report.Errors)
	}
	var free time.Time // when Unleash takes creates again: until then none is sent
	for _, e := range report.Errors {
		wait, err := strconv.Atoi(e.RetryAfter)
		free = time.Now().Add(time.Duration(wait+1) * time.Second)
		if e.Request != entra.PostUser || e.Status != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 60 {
			t.Errorf("%s answered %d with Retry-After %q, wanted post, 429 and 1 to 60", e.Request, e.Status, e.RetryAfter)
		}
	}

	s.server.stop()
	report = s.service.Cycle(t.Context())
	if diff := cmp.Diff(map[int]int{http.StatusServiceUnavailable: 1}, report.Statuses); diff != "" {
		t.Errorf("answers while Unleash is away, wanted (-) and given (+):\n%s", diff)
	}

	s.restartServer(t)
	time.Sleep(time.Until(free)) // Entra's next cycle begins after 40 minutes
	s.cycle(t, requests{entra.Probe: 1, entra.FilterUser: 5, entra.GetUser: 20, entra.PostUser: 5}, writes{"POST": 5})
	s.checkAccounts(t)
	s.unchanged(t, 25)
	s.gateway.checkSecrets(t)
}
