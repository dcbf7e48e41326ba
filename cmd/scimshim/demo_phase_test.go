package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
)

// TestDemoLaws gives the demo reports of cycles that no sound gateway brings
// about.
func TestDemoLaws(t *testing.T) {
	refused := func(status int, code string) entra.Report {
		return entra.Report{Errors: []entra.Error{
			{Request: entra.GetUser, Status: 503, Code: entra.InternalServerError, Detail: "down"},
			{Request: entra.PatchUser, Status: status, Code: code, Detail: "why"},
		}}
	}
	stopped := refused(401, entra.Quarantine)
	stopped.Quarantined = true
	for _, test := range []struct {
		name string
		hold func(*demo)
		want []string
	}{
		{"an outage told as such", func(d *demo) { d.expectTruth(refused(504, entra.Timeout), 503, 504) }, nil},
		{"an outage told as a refusal", func(d *demo) { d.expectTruth(refused(400, entra.ProtocolError), 503, 504) },
			[]string{"truth in failure: Entra was told in the middle of trouble: patch answered 400: WebExceptionProtocolError: why"}},
		{"living users answered 404", func(d *demo) { d.count(refused(404, entra.InvalidAnchor)) },
			[]string{"truth in failure: 1 living users or groups were answered 404"}},
		{"the job stopped", func(d *demo) { d.count(stopped) },
			[]string{"truth in failure: Entra would quarantine the job"}},
		{"a quiet cycle with errors", func(d *demo) { d.expectClean(refused(500, entra.InternalServerError)) },
			[]string{"desired state: 2 requests failed, the first: get answered 503: InternalServerError: down"}},
		{"a quiet cycle", func(d *demo) { d.expectClean(entra.Report{}) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &demo{requests: map[entra.Kind]int{}}
			test.hold(d)
			if diff := cmp.Diff(test.want, d.broken); diff != "" {
				t.Errorf("laws broken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrites(t *testing.T) {
	calls := map[string]int{"GET /api/users": 5, "GET /api/users?login=": 7, "POST /api/users": 2, "PUT /api/users/{id}": 3, "DELETE /api/users/{id}": 1}
	if got := nativeWrites(calls); got != 6 {
		t.Errorf("writes: %d, want 6", got)
	}
}
