package scene

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
)

// Vendor is a program that answers as a vendor documents its API.
type Vendor interface {
	Handler() http.Handler
	// Kind names a call, for the counts.
	Kind(r *http.Request, body []byte) string
	// Accounts gives everybody's account by id. It is no call.
	Accounts() map[string]any
}

// Cast is what a stage is set up from: an example whose vendor has an API of its
// own.
type Cast struct {
	Vendor  Vendor
	File    string            // the path of the vendor file
	Env     map[string]string // what the file takes, beside SCIM_TOKEN; "{vendor}" is the vendor's address
	Mapping entra.Mapping
	Groups  entra.Mapping // none: groups are not provisioned
	Dialect entra.Dialect
	People  int // in Entra's directory

	Wants func(entra.User) any   // the account that the vendor should have for somebody
	Quiet func(people int) Calls // those of a cycle in which nothing changes
}

// Stage is Entra, the gateway and the vendor's program at work.
type Stage struct {
	Cast
	Gate    *Gate
	Client  *entra.Client
	Service *entra.Service
	People  []entra.User
	others  map[string]any // the accounts that were there before
	clock
}

// NewStage sets a stage up.
func NewStage(t testing.TB, c Cast) *Stage {
	t.Helper()
	s := &Stage{Cast: c, Gate: NewGate(c.Vendor.Handler(), c.Vendor.Kind), People: entra.Sample(c.People, 1), others: c.Vendor.Accounts()}
	vendor := httptest.NewServer(s.Gate)
	t.Cleanup(vendor.Close)
	snapshot := c.files(t, vendor.URL).Load(t)
	if snapshot == nil {
		t.FailNow()
	}
	_, tenantURL := serve(t, snapshot, s.clock.options())
	s.Client, s.Service = provisioning(t, tenantURL, c.Dialect, c.Mapping)
	if c.Groups != nil {
		if err := s.Service.MapGroups(c.Groups); err != nil {
			t.Fatal(err)
		}
	}
	s.Service.Put(s.People...)
	return s
}

func (c *Cast) files(t testing.TB, vendorURL string) *Files {
	t.Helper()
	text, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SCIM_TOKEN": SCIMToken}
	for name, value := range c.Env {
		env[name] = strings.ReplaceAll(value, "{vendor}", vendorURL)
	}
	return &Files{Vendor: string(text), Env: env}
}

// Change changes somebody in Entra's directory.
func (s *Stage) Change(who int, change func(*entra.User)) {
	change(&s.People[who])
	s.Service.Put(s.People[who])
}

// Purge deletes somebody from Entra's directory for good.
func (s *Stage) Purge(who int) { s.Service.Purge(s.People[who].ObjectID) }

// ID gives the vendor's id for somebody, "" for whom Entra has not provisioned.
func (s *Stage) ID(who int) string { return s.Service.Anchor(s.People[who].ObjectID) }

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
	people := len(s.provisioned())
	s.Cycle(t, Requests{entra.Probe: 1, entra.GetUser: people}, s.Quiet(people))
}

// provisioned are the people whom Entra has provisioned and not deleted, by the
// vendor's id.
func (s *Stage) provisioned() map[string]entra.User {
	out := map[string]entra.User{}
	for who, u := range s.People {
		if id := s.ID(who); id != "" {
			out[id] = u
		}
	}
	return out
}

// CheckAccounts compares everybody whom the vendor has with who should be there:
// nobody is lost, nobody is there twice, and nothing is another's.
func (s *Stage) CheckAccounts(t testing.TB) {
	t.Helper()
	want := maps.Clone(s.others)
	for id, u := range s.provisioned() {
		want[id] = s.Wants(u)
	}
	if diff := cmp.Diff(want, s.Vendor.Accounts()); diff != "" {
		t.Errorf("accounts at the vendor (-want +got):\n%s", diff)
	}
}

// CheckList has the first users listed, and compares their number and the calls
// that this takes.
func (s *Stage) CheckList(t testing.TB, users int, calls Calls) {
	t.Helper()
	s.Gate.Reset()
	answer, err := s.Client.Discover(t.Context(), 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{answer.Status, strings.Count(string(answer.Body), `"userName"`), s.Gate.Calls()}
	if diff := cmp.Diff([]any{http.StatusOK, users, calls}, got); diff != "" {
		t.Errorf("status, users and calls (-want +got):\n%s\n%s", diff, answer.Body)
	}
}

// Fails runs a cycle in which things go wrong, and gives the codes under which
// Entra logs them, each once.
func (s *Stage) Fails(t testing.TB) []string {
	t.Helper()
	s.Gate.Reset()
	return codes(s.Service.Cycle(t.Context()))
}

func codes(report entra.Report) (out []string) {
	for _, e := range report.Errors {
		out = append(out, e.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Away has the vendor away for a whole cycle, and compares what Entra asks before
// it gives up. Nobody is taken for deleted.
func (s *Stage) Away(t testing.TB, requests Requests) {
	t.Helper()
	before := s.Vendor.Accounts()
	s.Gate.Down(true)
	report := s.Service.Cycle(t.Context())
	s.Gate.Down(false)
	if diff := cmp.Diff([]string{entra.InternalServerError}, codes(report)); diff != "" || report.InvalidAnchors() > 0 {
		t.Errorf("errors while the vendor is away (-want +got):\n%s\n%v", diff, report.Errors)
	}
	if slices.ContainsFunc(report.Errors, func(e entra.Error) bool { return e.Status < 500 }) {
		t.Errorf("errors while the vendor is away: %v", report.Errors)
	}
	if diff := cmp.Diff(requests, report.Requests); diff != "" {
		t.Errorf("requests while the vendor is away (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, s.Vendor.Accounts()); diff != "" {
		t.Errorf("accounts at the vendor (-before +after):\n%s", diff)
	}
}
