package starleaf_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
)

// withSecrets is a scene whose tokens stand in files, as README.md has it.
func withSecrets(t *testing.T) *scene.Scene {
	p := play()
	p.People = 40
	p.Files.Vendor = strings.NewReplacer("${env:SCIM_TOKEN}", "${file:entra}", "${env:STARLEAF_TOKEN}", "${file:starleaf}").Replace(file)
	p.Files.Secret = map[string]string{"entra": scene.SCIMToken, "starleaf": scene.VendorToken}
	s := scene.New(t, p)
	s.Service.Workers = 4
	return s
}

// sender sends Entra's requests with a token that can be replaced. Those under
// way keep theirs, and are waited for.
type sender struct {
	mu    sync.RWMutex
	token string
}

func (s *sender) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r.Header.Set("Authorization", "Bearer "+s.token)
	return http.DefaultTransport.RoundTrip(r)
}

func (s *sender) replace(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Entra's token is replaced in the middle of a cycle, and not one request fails:
// for a while two callers are known.
func TestRotationOfEntrasToken(t *testing.T) {
	s := withSecrets(t)
	via := &sender{token: scene.SCIMToken}
	s.Client.HTTP = &http.Client{Transport: via}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	one := s.Files.Vendor
	s.Service.Progress = func(done, _ int) {
		switch done {
		case 10:
			s.Files.Vendor = strings.Replace(one, `callers: [`, `callers: [{token: "${file:entra-next}"}, `, 1)
			s.Files.Secret["entra-next"] = "the-next-token-of-entra"
			s.Reload(t)
		case 20:
			via.replace("the-next-token-of-entra")
		case 30:
			s.Files.Vendor, s.Files.Secret["entra"] = one, "the-next-token-of-entra"
			s.Reload(t)
		}
	}
	report := s.Service.Cycle(t.Context())
	if diff := cmp.Diff(map[int]int{200: 1 + 80, 201: 40}, report.Statuses); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	s.CheckUsers(t)
	via.replace(scene.SCIMToken)
	if report := s.Service.Cycle(t.Context()); !report.Quarantined {
		t.Errorf("the old token is still good: %v", report.Statuses)
	}
}

// StarLeaf's token is regenerated in the middle of a cycle. Until the gateway
// knows the new one Entra is answered 502, which it repeats: nobody is lost,
// nobody is there twice, and the job goes on.
func TestRotationOfStarLeafsToken(t *testing.T) {
	s := withSecrets(t)
	s.Service.Progress = func(done, _ int) {
		switch done {
		case 10:
			s.Provider.RegenerateToken("the-next-token-of-the-vendor")
		case 20:
			s.Files.Secret["starleaf"] = "the-next-token-of-the-vendor"
			s.Reload(t)
		}
	}
	report := s.Service.Cycle(t.Context())
	if len(report.Errors) == 0 || report.Quarantined {
		t.Errorf("%d errors, quarantined: %t", len(report.Errors), report.Quarantined)
	}
	for _, e := range report.Errors {
		if want := (entra.Error{ObjectID: e.ObjectID, Request: e.Request, Status: 502, Code: entra.InternalServerError,
			Detail: "the vendor refuses the gateway's own credentials (status 401)"}); e.Error() != want.Error() {
			t.Errorf("got %v, want %v", e, want)
		}
	}
	s.Service.Progress = nil
	if report := s.Service.Cycle(t.Context()); len(report.Errors) > 0 {
		t.Error(report.Errors)
	}
	s.CheckUsers(t)
	s.Unchanged(t)
}
