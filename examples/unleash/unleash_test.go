//go:build unix

// Package unleash_test runs Entra's provisioning service, played by package
// entra, through scimshim against a real Unleash server, and compares the
// outcome with Unleash's own list of users.
package unleash_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
)

// scene is Entra, the gateway and Unleash, and what Unleash should hold.
type scene struct {
	server  *server
	calls   *counter
	gateway *gateway
	client  *entra.Client
	service *entra.Service

	people   []entra.User
	accounts map[string]account // wanted, by user name; the ids are Unleash's
}

// newScene starts all three; the environment is Unleash's.
func newScene(t *testing.T, people int, dialect entra.Dialect, environment ...string) *scene {
	t.Helper()
	s := &scene{server: newServer(t), calls: startCounter(t), people: entra.Sample(people, 1)}
	s.restartServer(t, environment...)
	s.gateway = newGateway(t, s.calls.url)
	s.client = entra.NewClient(s.gateway.tenantURL, scimToken)
	s.client.Dialect = dialect
	var err error
	if s.service, err = entra.NewService(s.client, mapping(), 1); err != nil {
		t.Fatal(err)
	}
	s.service.Workers = 4
	s.service.Put(s.people...)
	s.accounts = map[string]account{"admin": {Username: "admin", RootRole: 1}}
	for _, p := range s.people {
		s.want(p)
	}
	return s
}

// restartServer starts Unleash, or starts it anew on the same database.
func (s *scene) restartServer(t *testing.T, environment ...string) {
	t.Helper()
	if s.server.process != nil {
		s.server.stop()
	}
	s.server.start(t, environment...)
	s.calls.point(t, s.server.url)
}

// want says that Unleash should hold this person as the file creates it.
func (s *scene) want(p entra.User) {
	s.accounts[p.UserPrincipalName] = account{
		Username: p.UserPrincipalName, Email: strings.ToLower(p.Mail), Name: p.DisplayName, RootRole: 3,
	}
}

// edit changes people in the directory.
func (s *scene) edit(change func(*entra.User), people ...int) {
	for _, i := range people {
		change(&s.people[i])
		s.service.Put(s.people[i])
	}
}

// cycle runs a cycle and compares what Entra asked, what it was told to be
// wrong, and what of this changed Unleash, with what should have been.
func (s *scene) cycle(t *testing.T, requests map[entra.Kind]int, writes map[string]int) {
	t.Helper()
	s.calls.take()
	report := s.service.Cycle(t.Context())
	calls := s.calls.take()
	t.Logf("asked by Entra: %v, of Unleash: %v", report.Requests, calls)
	delete(calls, "GET")
	if diff := cmp.Diff(requests, report.Requests); diff != "" {
		t.Errorf("requests of Entra, wanted (-) and made (+):\n%s", diff)
	}
	if diff := cmp.Diff(writes, calls); diff != "" {
		t.Errorf("calls that change Unleash, wanted (-) and made (+):\n%s", diff)
	}
	for _, e := range report.Errors {
		t.Errorf("%s: %v", e.ObjectID, e)
	}
}

// checkAccounts compares Unleash's own list with what it should be: nobody is
// lost, nobody is there twice, and no field is another's.
func (s *scene) checkAccounts(t *testing.T) {
	t.Helper()
	got := s.server.accounts(t)
	for name, a := range got {
		a.ID = 0
		got[name] = a
	}
	if diff := cmp.Diff(s.accounts, got); diff != "" {
		t.Errorf("accounts in Unleash, wanted (-) and there (+):\n%s", diff)
	}
}

// shown is what Entra sees of a user.
type shown struct {
	ID       string `json:"id"`
	UserName string `json:"userName"`
	Active   bool   `json:"active"`
}

// checkFound compares what a filter by user name and a read by id show.
func (s *scene) checkFound(t *testing.T, userName string, want shown) {
	t.Helper()
	var read shown
	answer, err := s.client.Get(t.Context(), want.ID)
	decode(t, answer, err, 200, &read)
	var list struct{ Resources []shown }
	answer, err = s.client.Filter(t.Context(), "userName", userName)
	decode(t, answer, err, 200, &list)
	if diff := cmp.Diff([]shown{want, want}, append(list.Resources, read)); diff != "" {
		t.Errorf("found and read, wanted (-) and shown (+):\n%s", diff)
	}
}

// decode reads an answer that must have this status.
func decode(t *testing.T, answer entra.Response, err error, status int, into any) {
	t.Helper()
	if err != nil || answer.Status != status {
		t.Fatalf("answered %d: %v: %s; wanted %d", answer.Status, err, answer.Body, status)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		t.Fatal(err)
	}
}
