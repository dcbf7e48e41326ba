package scene

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/examples/entra"
	"scimshim/gateway"
)

// Vendor is a program in the place of a vendor with an API of its own.
type Vendor interface {
	http.Handler
	Calls() map[string]int
	ResetCalls()
	Down(away bool)
	Lose(kind string)
	// Accounts gives everybody's fields by id. It is no call.
	Accounts() map[string]map[string]any
}

// VendorStage is Entra and the gateway at work over a vendor with an API of its own.
type VendorStage struct {
	File    string            // of the vendor
	Env     map[string]string // what the file takes, beside SCIM_TOKEN; "{vendor}" is the vendor's address
	Vendor  Vendor
	Mapping entra.Mapping
	Groups  entra.Mapping // nil: groups are not provisioned
	Number  int           // of people in Entra's directory
	// Wants are the fields that the vendor should have for somebody.
	Wants func(entra.User) map[string]any

	Gateway   *gateway.Gateway
	TenantURL string
	Client    *entra.Client
	Service   *entra.Service
	People    []entra.User
	others    map[string]map[string]any // who was there before
	clock
}

// Open sets the stage.
func (s *VendorStage) Open(t testing.TB) {
	t.Helper()
	vendor := httptest.NewServer(s.Vendor)
	t.Cleanup(vendor.Close)
	s.others = s.Vendor.Accounts()
	env := map[string]string{"SCIM_TOKEN": SCIMToken}
	for name, value := range s.Env {
		env[name] = strings.ReplaceAll(value, "{vendor}", vendor.URL)
	}
	s.Gateway, s.TenantURL = serve(t, load(t, s.File, env), s.clock.options())
	s.Client = entra.NewClient(s.TenantURL, SCIMToken)
	s.Client.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var err error
	if s.Service, err = entra.NewService(s.Client, s.Mapping, 1); err != nil {
		t.Fatal(err)
	}
	if s.Groups != nil {
		if err := s.Service.MapGroups(s.Groups); err != nil {
			t.Fatal(err)
		}
	}
	s.People = entra.Sample(s.Number, 1)
	s.Service.Put(s.People...)
}

// load compiles a vendor file from disk, which may have no fault at all.
func load(t testing.TB, file string, env map[string]string) *config.Snapshot {
	t.Helper()
	snapshot, found := config.Load([]string{file}, config.Options{
		Env: func(name string) (string, bool) { value, set := env[name]; return value, set },
	})
	if found.String() != "" {
		t.Fatal(found)
	}
	return snapshot
}

// Change changes somebody in Entra's directory.
func (s *VendorStage) Change(who int, change func(*entra.User)) {
	change(&s.People[who])
	s.Service.Put(s.People[who])
}

// Purge deletes somebody there for good.
func (s *VendorStage) Purge(who int) { s.Service.Purge(s.People[who].ObjectID) }

// VendorAct is something that happens, and what the cycle after it asks and costs.
type VendorAct struct {
	Name     string
	Do       func(*VendorStage)
	Requests Requests
	Calls    Calls    // nil: as many as it takes
	Errors   []string // Entra's codes, of the cycle
}

// Run lets one thing happen after the other. Behind the cycle that each brings
// comes one in which nothing may be written: its calls are those of unchanged,
// for so many people.
func (s *VendorStage) Run(t *testing.T, acts []VendorAct, unchanged func(people int) Calls) {
	for _, act := range acts {
		passed := t.Run(act.Name, func(t *testing.T) {
			act.Do(s)
			s.Cycle(t, act)
			people := s.present()
			s.Cycle(t, VendorAct{Requests: Requests{entra.Probe: 1, entra.GetUser: people}, Calls: unchanged(people)})
		})
		if !passed {
			return // each act builds on the one before
		}
	}
}

// Cycle runs a cycle, and compares what Entra asked, what the vendor was asked,
// what failed, and who is there afterwards.
func (s *VendorStage) Cycle(t testing.TB, act VendorAct) {
	t.Helper()
	s.Vendor.ResetCalls()
	report := s.Service.Cycle(t.Context())
	var codes []string
	for _, e := range report.Errors {
		codes = append(codes, e.Code)
	}
	if diff := cmp.Diff(act.Errors, codes); diff != "" {
		t.Errorf("errors (-want +got):\n%s\n%v", diff, report.Errors)
	}
	if diff := cmp.Diff(act.Requests, report.Requests); diff != "" {
		t.Errorf("requests of Entra (-want +got):\n%s\npatched: %v", diff, report.Patched)
	}
	if diff := cmp.Diff(act.Calls, s.Vendor.Calls()); act.Calls != nil && diff != "" {
		t.Errorf("calls of the vendor (-want +got):\n%s", diff)
	}
	s.Check(t)
}

// Check compares everybody whom the vendor has with who should be there: nobody
// is lost, nobody is there twice, and nothing is another's.
func (s *VendorStage) Check(t testing.TB) {
	t.Helper()
	want := maps.Clone(s.others)
	for _, u := range s.People {
		if id := s.Service.Anchor(u.ObjectID); id != "" {
			want[id] = s.Wants(u)
		}
	}
	if diff := cmp.Diff(want, s.Vendor.Accounts()); diff != "" {
		t.Errorf("accounts at the vendor (-want +got):\n%s", diff)
	}
}

func (s *VendorStage) present() (n int) {
	for _, u := range s.People {
		if s.Service.Anchor(u.ObjectID) != "" {
			n++
		}
	}
	return n
}

// Away has the vendor away for a whole cycle: nobody is taken for deleted, and
// the first request is enough for Entra to see that.
func (s *VendorStage) Away(t testing.TB) {
	t.Helper()
	s.Vendor.Down(true)
	report := s.Service.Cycle(t.Context())
	s.Vendor.Down(false)
	if report.InvalidAnchors() > 0 || report.Requests[entra.PostUser] > 0 || len(report.Errors) == 0 {
		t.Errorf("while the vendor is away: %v", report)
	}
	if slices.ContainsFunc(report.Errors, func(e entra.Error) bool { return e.Status < 500 }) {
		t.Errorf("while the vendor is away: %v", report.Errors)
	}
	s.Check(t)
	s.NextCycle()
}
