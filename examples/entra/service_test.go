package entra

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	probe  = "GET /Users?filter=userName+eq+%22GUID%22"
	search = "GET /Users?filter=userName+eq+%22ann%40contoso.com%22"
	post   = `POST /Users {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
		`"userName":"ann@contoso.com","active":true,"displayName":"Ann Lee","title":"CTO",` +
		`"emails":[{"type":"work","primary":true,"value":"Ann@contoso.com"}],"meta":{"resourceType":"User"}}`
	patchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
)

func ann() User {
	return User{ObjectID: "o1", UserPrincipalName: "ann@contoso.com", Mail: "Ann@contoso.com", DisplayName: "Ann Lee", JobTitle: "CTO"}
}

func newService(t *testing.T, c *Client, m Mapping) *Service {
	t.Helper()
	s, err := NewService(c, m, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cycle runs one and compares the requests, and that nothing went wrong.
func cycle(t *testing.T, what string, s *Service, target *target, want ...string) Report {
	t.Helper()
	report := s.Cycle(t.Context())
	if diff := cmp.Diff(want, target.asked()); diff != "" {
		t.Errorf("%s: requests (-want +got):\n%s", what, diff)
	}
	for _, e := range report.Errors {
		t.Errorf("%s: %v", what, e)
	}
	return report
}

func TestLifeOfAUser(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	u := ann()
	s.Put(u)
	cycle(t, "initial", s, target, probe, search, post)
	report := cycle(t, "nothing changed", s, target, probe, "GET /Users/1")
	want := Report{Requests: map[Kind]int{Probe: 1, GetUser: 1}, Statuses: map[int]int{200: 2}, Patched: map[string]int{}}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("steady report (-want +got):\n%s", diff)
	}

	u.DisplayName, u.GivenName = "Ann B. Lee", "Ann"
	s.Put(u)
	report = cycle(t, "changed", s, target, probe, "GET /Users/1", "PATCH /Users/1 "+patchHead+
		`{"op":"Replace","path":"displayName","value":"Ann B. Lee"},{"op":"Add","path":"name.givenName","value":"Ann"}]}`)
	if diff := cmp.Diff(map[string]int{"displayName": 1, "name.givenName": 1}, report.Patched); diff != "" || report.Writes() != 1 {
		t.Errorf("got %d writes, want 1; patched (-want +got):\n%s", report.Writes(), diff)
	}

	u.JobTitle = ""
	s.Put(u)
	cycle(t, "cleared", s, target, probe, "GET /Users/1")

	u.SoftDeleted = true
	s.Put(u)
	cycle(t, "disabled", s, target, probe, "GET /Users/1", "PATCH /Users/1 "+patchHead+`{"op":"Replace","path":"active","value":"False"}]}`)
	cycle(t, "still disabled", s, target, probe, "GET /Users/1")

	u.SoftDeleted = false
	s.Put(u)
	cycle(t, "restored", s, target, probe, search, "GET /Users/1", "PATCH /Users/1 "+patchHead+`{"op":"Replace","path":"active","value":"True"}]}`)
	cycle(t, "restored and steady", s, target, probe, "GET /Users/1")

	s.Restart()
	cycle(t, "restart", s, target, probe, search, "GET /Users/1")

	s.Purge("o1")
	cycle(t, "purged", s, target, probe, "DELETE /Users/1")
	cycle(t, "gone", s, target, probe)
	if len(target.users) != 0 {
		t.Errorf("left at the target: %q", target.users)
	}
}

func TestRestoredUserThatIsGoneIsCreated(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	u := ann()
	s.Put(u)
	s.Cycle(t.Context())
	u.SoftDeleted = true
	s.Put(u)
	s.Cycle(t.Context())
	clear(target.users)
	target.asked()
	u.SoftDeleted = false
	s.Put(u)
	cycle(t, "restored", s, target, probe, search, post)
	if got := s.Anchor("o1"); got != "2" {
		t.Errorf("got anchor %q, want %q", got, "2")
	}
}

func TestDisabledUserIsNeverCreated(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	u := ann()
	u.SoftDeleted = true
	s.Put(u)
	if report := cycle(t, "initial", s, target, probe, search); report.Skipped != 1 {
		t.Errorf("got %d skipped, want 1", report.Skipped)
	}
	s.Purge("o1")
	cycle(t, "purged", s, target, probe)
}

func TestPurgedUserThatIsGoneIsForgotten(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	s.Put(ann())
	s.Cycle(t.Context())
	clear(target.users)
	target.asked()
	s.Purge("o1")
	cycle(t, "purged", s, target, probe, "DELETE /Users/1")
	cycle(t, "forgotten", s, target, probe)
}

func TestCycleEndsWithItsContext(t *testing.T) {
	_, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	s.Put(Sample(20, 1)...)
	ctx, cancel := context.WithCancel(t.Context())
	s.Progress = func(int, int) { cancel() }
	// The one that was waiting for the worker at that moment still has its turn.
	if report := s.Cycle(ctx); report.Requests[PostUser] != 1 || len(report.Errors) > 1 {
		t.Errorf("got %d posts and %d errors, want 1 and at most 1", report.Requests[PostUser], len(report.Errors))
	}
}

func TestMatchingGoesByPrecedence(t *testing.T) {
	target, client := newTarget(t)
	target.users["9"] = []byte(`{"id":"9","userName":"ann@contoso.com","active":true}`)
	s := newService(t, client, Mapping{
		{Source: "userPrincipalName", Target: "userName", Matching: 2},
		{Source: "objectId", Target: "externalId", Matching: 1},
	})
	s.Put(ann())
	cycle(t, "initial", s, target,
		"GET /Users?filter=externalId+eq+%22GUID%22",
		"GET /Users?filter=externalId+eq+%22o1%22",
		search,
		"GET /Users/9",
		"PATCH /Users/9 "+patchHead+`{"op":"Add","path":"externalId","value":"o1"}]}`)
}

func TestFlagFoldsAndOnDemandDoesNot(t *testing.T) {
	target, client := newTarget(t)
	client.Dialect = AadOptscim062020
	target.users["9"] = []byte(`{"id":"9","userName":"ann@contoso.com","active":false,"displayName":"A"}`)
	s := newService(t, client, DefaultMapping())
	u := ann()
	u.Mail, u.JobTitle = "", ""
	s.Put(u)
	cycle(t, "flag", s, target, probe, search, "GET /Users/9",
		"PATCH /Users/9 "+patchHead+`{"op":"replace","value":{"active":true,"displayName":"Ann Lee"}}]}`)

	u.DisplayName = "Ann"
	if report := s.ProvisionOnDemand(t.Context(), u); len(report.Errors) > 0 {
		t.Error(report.Errors)
	}
	want := []string{probe, "GET /Users/9", "PATCH /Users/9 " + patchHead + `{"op":"Replace","path":"displayName","value":"Ann"}]}`}
	if diff := cmp.Diff(want, target.asked()); diff != "" {
		t.Errorf("on demand (-want +got):\n%s", diff)
	}
}

func TestLostAttributeIsSentInEveryCycle(t *testing.T) {
	target, client := newTarget(t)
	target.loses = "title"
	s := newService(t, client, DefaultMapping())
	s.Put(ann())
	s.Cycle(t.Context())
	for range 2 {
		report := s.Cycle(t.Context())
		if diff := cmp.Diff(map[string]int{"title": 1}, report.Patched); diff != "" {
			t.Errorf("patched (-want +got):\n%s", diff)
		}
	}
}

func TestWorkersShareTheUsers(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	s.Workers = 8
	var told []int
	s.Progress = func(done, total int) {
		if total != 50 {
			t.Errorf("got total %d, want 50", total)
		}
		told = append(told, done)
	}
	users := Sample(50, 3)
	s.Put(users...)
	report := s.Cycle(t.Context())
	want := Report{Requests: map[Kind]int{Probe: 1, FilterUser: 50, PostUser: 50},
		Statuses: map[int]int{200: 51, 201: 50}, Patched: map[string]int{}}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if !slices.IsSorted(told) || len(told) != 50 {
		t.Errorf("progress was told %v, want 1 to 50", told)
	}
	for _, u := range users {
		if s.Anchor(u.ObjectID) == "" {
			t.Errorf("%s has no anchor", u.UserPrincipalName)
		}
	}
	if len(target.users) != 50 {
		t.Errorf("got %d users at the target, want 50", len(target.users))
	}
}

// answering gives a refusal of the requests that start with prefix.
func answering(prefix string, status int, header http.Header, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.RequestURI, prefix) {
			return false
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		answerJSON(w, status, body)
		return true
	}
}

func TestErrors(t *testing.T) {
	const searches = "GET /Users?filter=userName+eq+%22ann"
	tests := []struct {
		name    string
		known   bool // whether the user was created by a cycle before
		refuse  func(http.ResponseWriter, *http.Request) bool
		want    Error
		stopped bool
	}{
		{"probe 401", false, answering("GET /Users?", 401, nil, `{"detail":"bad token"}`),
			Error{Request: Probe, Status: 401, Code: Quarantine, Detail: "bad token"}, true},
		{"probe 404", false, answering("GET /Users?", 404, nil, `{"detail":"nobody"}`),
			Error{Request: Probe, Status: 404, Code: Quarantine, Detail: "nobody"}, true},
		{"probe finds somebody", false, answering("GET /Users?", 200, nil, `{"totalResults":1,"Resources":[{"id":"1"}]}`),
			Error{Request: Probe, Status: 200, Code: Quarantine, Detail: "1 users were found for a random GUID"}, true},
		{"probe 503", false, answering("GET /Users?", 503, nil, `{}`),
			Error{Request: Probe, Status: 503, Code: InternalServerError}, false},
		{"filter 403", false, answering(searches, 403, nil, `{}`),
			Error{ObjectID: "o1", Request: FilterUser, Status: 403, Code: Quarantine}, true},
		{"two matches", false, answering(searches, 200, nil, `{"totalResults":2,"Resources":[{"id":"1"},{"id":"2"}]}`),
			Error{ObjectID: "o1", Request: FilterUser, Status: 200, Code: DuplicateTargetEntries, Detail: `2 users were found for userName "ann@contoso.com"`}, false},
		{"lower-case resources", false, answering(searches, 200, nil, `{"totalResults":1,"resources":[{"id":"1"}]}`),
			Error{ObjectID: "o1", Request: FilterUser, Status: 200, Code: ServiceIncompatible, Detail: "totalResults and Resources do not agree"}, false},
		{"match without an id", false, answering(searches, 200, nil, `{"totalResults":1,"Resources":[{"userName":"ann"}]}`),
			Error{ObjectID: "o1", Request: FilterUser, Status: 200, Code: ServiceIncompatible, Detail: "a resource has no id"}, false},
		{"post 409", false, answering("POST", 409, nil, `{"scimType":"uniqueness","detail":"taken"}`),
			Error{ObjectID: "o1", Request: PostUser, Status: 409, Code: EntryConflict, Detail: "taken"}, false},
		{"post 429", false, answering("POST", 429, http.Header{"Retry-After": {"30"}}, `{}`),
			Error{ObjectID: "o1", Request: PostUser, Status: 429, Code: TooManyRequests, RetryAfter: "30"}, false},
		{"post broken", false, answering("POST", 201, nil, `{"id":"1"`),
			Error{ObjectID: "o1", Request: PostUser, Status: 201, Code: ServiceIncompatible, Detail: "the answer is not application/scim+json"}, false},
		{"post without an id", false, answering("POST", 201, nil, `{"userName":"ann"}`),
			Error{ObjectID: "o1", Request: PostUser, Status: 201, Code: ServiceIncompatible, Detail: "the resource has no id"}, false},
		{"anchor gone", true, answering("GET /Users/1", 404, nil, `{}`),
			Error{ObjectID: "o1", Request: GetUser, Status: 404, Code: InvalidAnchor}, false},
		{"patch 400", true, answering("PATCH", 400, nil, `{"detail":"bad title"}`),
			Error{ObjectID: "o1", Request: PatchUser, Status: 400, Code: ProtocolError, Detail: "bad title"}, false},
		{"patch 200 without a body", true, answering("PATCH", 200, nil, ""),
			Error{ObjectID: "o1", Request: PatchUser, Status: 200, Code: ServiceIncompatible, Detail: "the answer is not application/scim+json"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			target, client := newTarget(t)
			s := newService(t, client, DefaultMapping())
			u := ann()
			s.Put(u)
			if test.known {
				s.Cycle(t.Context())
				u.JobTitle = "CEO"
				s.Put(u)
			}
			target.refuse = test.refuse
			report := s.Cycle(t.Context())
			if diff := cmp.Diff([]Error{test.want}, report.Errors, cmpopts.IgnoreUnexported(Error{})); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if report.Quarantined != test.stopped {
				t.Errorf("quarantined: %v, want %v", report.Quarantined, test.stopped)
			}
			if want := test.want.Code == InvalidAnchor; report.InvalidAnchors() > 0 != want {
				t.Errorf("got %d invalid anchors", report.InvalidAnchors())
			}

			// What went wrong is mended by the next cycle.
			target.refuse = nil
			if report = s.Cycle(t.Context()); len(report.Errors) > 0 || s.Anchor("o1") != "1" {
				t.Errorf("next cycle: anchor %q, errors %v", s.Anchor("o1"), report.Errors)
			}
		})
	}
}

func TestQuarantineEndsTheCycle(t *testing.T) {
	target, client := newTarget(t)
	s := newService(t, client, DefaultMapping())
	s.Put(Sample(20, 1)...)
	target.refuse = answering("POST", 401, nil, `{}`)
	report := s.Cycle(t.Context())
	// The one that was waiting for the worker when it was refused still ran.
	if posts := report.Requests[PostUser]; posts > 2 || !report.Quarantined {
		t.Errorf("got %d posts and quarantined %v, want at most 2 and true", posts, report.Quarantined)
	}
}

func TestWrongContentTypeIsIncompatible(t *testing.T) {
	target, client := newTarget(t)
	target.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"totalResults":0,"Resources":[]}`))
		return true
	}
	err := newService(t, client, DefaultMapping()).TestConnection(t.Context())
	want := "probe answered 200: EncounteredQuarantineException: the answer is not application/scim+json"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	target.refuse = nil
	if err := newService(t, client, DefaultMapping()).TestConnection(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNoAnswer(t *testing.T) {
	target, client := newTarget(t)
	target.refuse = func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
	s := newService(t, client, DefaultMapping())
	s.Put(ann())
	report := s.Cycle(t.Context())
	want := []Error{{Request: Probe, Code: ProtocolError}}
	if diff := cmp.Diff(want, report.Errors, cmpopts.IgnoreUnexported(Error{}), cmpopts.IgnoreFields(Error{}, "Detail")); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if report.Statuses[0] == 0 {
		t.Error("a call without an answer is not counted")
	}
}
