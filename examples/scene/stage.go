package scene

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scimshim/examples/entra"
	"scimshim/gateway"
)

// Cast is what a stage is set up from: an example whose vendor is a program that
// answers as the vendor documents its API.
type Cast struct {
	Vendor  http.Handler
	Kind    func(r *http.Request, body []byte) string // names a call, for the counts
	File    string                                    // the text of the vendor file
	URL     string                                    // the variable that holds the vendor's address
	Env     map[string]string                         // the other variables; SCIM_TOKEN is put in
	Mapping entra.Mapping
	Groups  entra.Mapping // none: groups are not provisioned
	Dialect entra.Dialect
	People  []entra.User

	Wants func(entra.User) any // the account that the vendor should have for somebody
	Has   func() []any         // the accounts that it has, those left out that were there before
	Quiet func(people int) Calls
}

// Stage is Entra, the gateway and the vendor's program at work.
type Stage struct {
	Cast
	Gate    *Gate
	Gateway *gateway.Gateway
	Client  *entra.Client
	Service *entra.Service
	clock
}

// NewStage sets a stage up.
func NewStage(t testing.TB, c Cast) *Stage {
	t.Helper()
	s := &Stage{Cast: c, Gate: NewGate(c.Vendor, c.Kind)}
	s.People = slices.Clone(c.People)
	vendor := httptest.NewServer(s.Gate)
	t.Cleanup(vendor.Close)
	files := Files{Vendor: c.File, Env: map[string]string{"SCIM_TOKEN": SCIMToken, c.URL: vendor.URL}}
	maps.Copy(files.Env, c.Env)
	snapshot := files.Load(t)
	if snapshot == nil {
		t.FailNow()
	}
	var tenantURL string
	s.Gateway, tenantURL = serve(t, snapshot, s.clock.options())
	s.Client = entra.NewClient(tenantURL, SCIMToken)
	// Idle connections would hold up the end of the gateway.
	s.Client.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	s.Client.Dialect = c.Dialect
	var err error
	if s.Service, err = entra.NewService(s.Client, c.Mapping, 1); err != nil {
		t.Fatal(err)
	}
	if c.Groups != nil {
		if err := s.Service.MapGroups(c.Groups); err != nil {
			t.Fatal(err)
		}
	}
	s.Service.Put(s.People...)
	return s
}

// Change changes somebody in Entra's directory.
func (s *Stage) Change(who int, change func(*entra.User)) {
	change(&s.People[who])
	s.Service.Put(s.People[who])
}

// Purge deletes somebody from Entra's directory for good.
func (s *Stage) Purge(who int) { s.Service.Purge(s.People[who].ObjectID) }

// Act is something that happens, and the cycle after it.
type Act struct {
	Name     string
	Do       func(*Stage)
	Requests Requests
	Calls    Calls
}

// Play lets one thing happen after the other. Behind the cycle that each brings
// comes one in which nothing may be written.
func (s *Stage) Play(t *testing.T, acts []Act) {
	for _, act := range acts {
		passed := t.Run(act.Name, func(t *testing.T) {
			act.Do(s)
			s.Cycle(t, act.Requests, act.Calls)
			s.Unchanged(t)
		})
		if !passed {
			return // each act builds on the one before
		}
	}
}

// Cycle runs a cycle, and compares what Entra asked, what the vendor was asked,
// and what the vendor has afterwards.
func (s *Stage) Cycle(t testing.TB, requests Requests, calls Calls) {
	t.Helper()
	s.Gate.Reset()
	report := s.Service.Cycle(t.Context())
	for _, e := range report.Errors {
		t.Errorf("%s: %v", e.ObjectID, e)
	}
	if diff := cmp.Diff(requests, report.Requests); diff != "" {
		t.Errorf("requests of Entra (-want +got):\n%s\npatched: %v", diff, report.Patched)
	}
	if diff := cmp.Diff(calls, s.Gate.Calls()); diff != "" {
		t.Errorf("calls of the vendor (-want +got):\n%s", diff)
	}
	s.CheckAccounts(t)
}

// Unchanged is the steady state: Entra reads everybody, and has nothing to send.
func (s *Stage) Unchanged(t testing.TB) {
	t.Helper()
	people := len(s.Present())
	s.Cycle(t, Requests{entra.Probe: 1, entra.GetUser: people}, s.Quiet(people))
}

// Present are the people whom Entra has provisioned and not deleted.
func (s *Stage) Present() (out []entra.User) {
	for _, u := range s.People {
		if s.Service.Anchor(u.ObjectID) != "" {
			out = append(out, u)
		}
	}
	return out
}

// CheckAccounts compares everything that the vendor has with what it should have.
func (s *Stage) CheckAccounts(t testing.TB) {
	t.Helper()
	var want []any
	for _, u := range s.Present() {
		want = append(want, s.Wants(u))
	}
	if diff := cmp.Diff(want, s.Has(), cmpopts.SortSlices(inOrder)); diff != "" {
		t.Errorf("accounts at the vendor (-want +got):\n%s", diff)
	}
}

// Fails runs a cycle in which things go wrong, and gives the codes under which
// Entra logs them, each once.
func (s *Stage) Fails(t testing.TB) []string {
	t.Helper()
	s.Gate.Reset()
	report := s.Service.Cycle(t.Context())
	var codes []string
	for _, e := range report.Errors {
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// Any gives the elements of a slice as Cast.Has wants them.
func Any[T any](all []T) (out []any) {
	for _, one := range all {
		out = append(out, one)
	}
	return out
}
