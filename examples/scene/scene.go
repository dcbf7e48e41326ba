// Package scene puts together what the tests of the examples need: Entra's
// provisioning service, the gateway with an example's vendor file, and a
// stand-in for the vendor, each serving on a loopback address.
package scene

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scimshim/config"
	"scimshim/examples/entra"
	"scimshim/examples/provider"
	"scimshim/gateway"
	"scimshim/gateway/state"
)

// Entra's token and the vendor's, until a test replaces them.
const (
	SCIMToken   = "token-of-entra"
	VendorToken = "token-of-the-vendor"
)

// Files are a vendor file and what it takes from elsewhere.
type Files struct {
	Vendor string            // the text of the vendor file
	Env    map[string]string // by the name of the variable
	Secret map[string]string // by the path in ${file:PATH}
}

// Load compiles the files as they are now; nil when they have a fault.
func (f *Files) Load(t testing.TB) *config.Snapshot {
	t.Helper()
	snapshot, found := config.Load([]string{"vendor.yaml"}, config.Options{
		Env: func(name string) (string, bool) { value, set := f.Env[name]; return value, set },
		ReadFile: func(name string) ([]byte, error) {
			if name == "vendor.yaml" {
				return []byte(f.Vendor), nil
			}
			return []byte(f.Secret[name]), nil
		},
	})
	if found.String() != "" {
		t.Error(found)
	}
	return snapshot
}

// Serve runs a gateway on a state of its own until the test ends, and gives the
// Tenant URL of its first vendor.
func Serve(t testing.TB, snapshot *config.Snapshot) (g *gateway.Gateway, tenantURL string) {
	t.Helper()
	return serve(t, snapshot, gateway.Options{})
}

func serve(t testing.TB, snapshot *config.Snapshot, options gateway.Options) (g *gateway.Gateway, tenantURL string) {
	t.Helper()
	store, err := state.Open(filepath.Join(t.TempDir(), "state.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g = gateway.New(snapshot, store, options)
	go g.Serve(listener)
	t.Cleanup(func() {
		if err := g.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, "http://" + listener.Addr().String() + "/" + snapshot.Vendors[0].Name + "/scim/v2"
}

// Play is what a scene is set up from.
type Play struct {
	Files   Files  // SCIM_TOKEN, and the two variables below, are put in
	URL     string // the variable that holds the address of the vendor
	Token   string // the variable that holds the vendor's token
	Quirks  provider.Quirks
	Mapping entra.Mapping
	Dialect entra.Dialect
	People  int // in Entra's directory

	// Wants is the resource that the vendor should have for somebody, without
	// its id.
	Wants func(entra.User) map[string]any
}

// Scene is Entra, the gateway and the vendor at work.
type Scene struct {
	Play
	Provider *provider.Provider
	Gateway  *gateway.Gateway
	Client   *entra.Client
	Service  *entra.Service
	People   []entra.User
	// Edits are what administrators of the vendor have changed, by the user's
	// ObjectID. It must survive.
	Edits map[string]func(resource map[string]any)

	clock
}

// New sets a scene up.
func New(t testing.TB, p Play) *Scene {
	t.Helper()
	s := &Scene{Play: p, Provider: provider.New(p.Quirks, VendorToken), People: entra.Sample(p.People, 1), Edits: map[string]func(map[string]any){}}
	vendor := httptest.NewServer(s.Provider.Handler())
	t.Cleanup(vendor.Close)
	s.Files.Env = map[string]string{"SCIM_TOKEN": SCIMToken, p.URL: vendor.URL, p.Token: VendorToken}
	snapshot := s.Files.Load(t)
	if snapshot == nil {
		t.FailNow()
	}
	var tenantURL string
	s.Gateway, tenantURL = serve(t, snapshot, s.clock.options())
	s.Client, s.Service = provisioning(t, tenantURL, p.Dialect, p.Mapping)
	s.Service.Put(s.People...)
	return s
}

// provisioning gives Entra's service, and the client by which it asks.
func provisioning(t testing.TB, tenantURL string, dialect entra.Dialect, mapping entra.Mapping) (*entra.Client, *entra.Service) {
	t.Helper()
	client := entra.NewClient(tenantURL, SCIMToken)
	// Idle connections would hold up the end of the gateway.
	client.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client.Dialect = dialect
	service, err := entra.NewService(client, mapping, 1)
	if err != nil {
		t.Fatal(err)
	}
	return client, service
}

// Reload is SIGHUP: the files are read again.
func (s *Scene) Reload(t testing.TB) {
	t.Helper()
	if snapshot := s.Files.Load(t); snapshot != nil {
		s.Gateway.Swap(snapshot)
	}
}

// Change changes somebody in Entra's directory.
func (s *Scene) Change(who int, change func(*entra.User)) {
	change(&s.People[who])
	s.Service.Put(s.People[who])
}

// EditAtVendor is an administrator who changes somebody in the vendor's portal.
func (s *Scene) EditAtVendor(who int, edit func(resource map[string]any)) {
	id := s.People[who].ObjectID
	s.Provider.Edit(s.Service.Anchor(id), edit)
	s.Edits[id] = edit
}

// Append adds to a list of a resource.
func Append(resource map[string]any, name string, elements []any) {
	before, _ := resource[name].([]any)
	resource[name] = append(before, elements...)
}

// What Entra asks, and what the vendor is asked, by kind.
type (
	Requests = map[entra.Kind]int
	Calls    = map[string]int
)

// The vendor's kinds of calls.
const (
	Find   = "GET /Users?filter="
	List   = "GET /Users"
	Read   = "GET /Users/{id}"
	Create = "POST /Users"
	Patch  = "PATCH /Users/{id}"
	Put    = "PUT /Users/{id}"
	Delete = "DELETE /Users/{id}"
)

// Step is something that happens, and the cycle after it.
type Step struct {
	Name     string
	Do       func(*Scene)
	Requests Requests
	Calls    Calls
}

// Run lets one thing happen after the other. Behind the cycle that each brings
// comes one in which nothing may be written.
func (s *Scene) Run(t *testing.T, steps []Step) {
	for _, step := range steps {
		passed := t.Run(step.Name, func(t *testing.T) {
			step.Do(s)
			s.Cycle(t, step.Requests, step.Calls)
			s.Unchanged(t)
		})
		if !passed {
			return // each step builds on the one before
		}
	}
}

// Unchanged is the steady state: Entra reads everybody, and has nothing to send.
func (s *Scene) Unchanged(t testing.TB) {
	t.Helper()
	people := len(s.present())
	s.Cycle(t, Requests{entra.Probe: 1, entra.GetUser: people}, Calls{Find: 1, Read: people})
}

// present are the people whom Entra has provisioned and not deleted.
func (s *Scene) present() (out []entra.User) {
	for _, u := range s.People {
		if s.Service.Anchor(u.ObjectID) != "" {
			out = append(out, u)
		}
	}
	return out
}

// Cycle runs a cycle, and compares what Entra asked, what the vendor was asked,
// and what the vendor has afterwards.
func (s *Scene) Cycle(t testing.TB, requests Requests, calls Calls) {
	t.Helper()
	s.Provider.ResetCalls()
	report := s.Service.Cycle(t.Context())
	for _, e := range report.Errors {
		t.Errorf("%s: %v", e.ObjectID, e)
	}
	if diff := cmp.Diff(requests, report.Requests); diff != "" {
		t.Errorf("requests of Entra (-want +got):\n%s\npatched: %v", diff, report.Patched)
	}
	if diff := cmp.Diff(calls, s.Provider.Calls()); diff != "" {
		t.Errorf("calls of the vendor (-want +got):\n%s", diff)
	}
	s.CheckUsers(t)
}

// CheckUsers compares everything that the vendor has with what it should have:
// nobody is lost, nobody is there twice, and nothing is another's.
func (s *Scene) CheckUsers(t testing.TB) {
	t.Helper()
	var want []map[string]any
	for _, u := range s.present() {
		resource := s.Wants(u)
		resource["id"] = s.Service.Anchor(u.ObjectID)
		if edit := s.Edits[u.ObjectID]; edit != nil {
			edit(resource)
		}
		want = append(want, resource)
	}
	if diff := cmp.Diff(want, s.Provider.Users(), cmpopts.SortSlices(inOrder)); diff != "" {
		t.Errorf("users at the vendor (-want +got):\n%s", diff)
	}
}

// inOrder puts users and the elements of lists in an order: several workers make
// users in any, and elements have none (RFC 7643 section 2.4).
func inOrder(a, b any) bool { return fmt.Sprint(a) < fmt.Sprint(b) }

// Elements makes a list of the elements that have a value: pairs of type and value.
func Elements(pairs ...string) (out []any) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, map[string]any{"type": pairs[i], "value": pairs[i+1]})
		}
	}
	return out
}

// row is a row of the table in an example's README.md: source, target, what
// becomes of it, and the matching precedence.
var row = regexp.MustCompile("(?m)^\\| `(.*?)` \\| `(.*?)` \\|.*\\| (\\d*) ?\\|$")

// CheckMapping compares the table that a page shows with the mapping of a test.
func CheckMapping(t testing.TB, page string, want entra.Mapping) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var got entra.Mapping
	for _, found := range row.FindAllSubmatch(text, -1) {
		matching, _ := strconv.Atoi(string(found[3]))
		got = append(got, entra.Attribute{Source: string(found[1]), Target: string(found[2]), Matching: matching})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mapping (-tested +%s):\n%s", page, diff)
	}
}
