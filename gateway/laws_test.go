// Package gateway_test tries to break the laws that this program promises to
// keep, from outside: a caller, often Entra itself, on one side of a gateway,
// and a vendor on the other.
//
// For each law a change of one line that breaks it, and a test that then fails:
//
//	1 desired state    carry.go carried: feeds gives true             TestUntouchedFieldsAreTheVendors
//	2 steady state     mapping.go shown: current in place of the      TestSteadyState
//	                   pair's Sent
//	3 truth in failure answer.go answered: a 404 of any call is        TestTruthInFailure/404,
//	                   Absent                                         TestProxyAnswers404
//	4 one bad          write_answer.go takeCall: what is refused      TestDeactivationOutranks
//	  attribute        beside active is not sent once more without it
//	5 no duplicates    write.go enterIntent: the intent of a create   TestKill/create
//	                   is not committed
//	6 isolation        call.go escapeSegment gives what it was given  TestHolesAreSafe
//	7 fewest calls     blind.go blind gives false                     TestBlindPatch
//
// The files are those of package transform. Laws 5 and 6 also rest on what other
// packages test: the settings that make a commit durable in gateway/state, and
// that nothing a vendor answers is followed in gateway.
package gateway_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

// TestDeactivationOutranks is law 4: a value that the vendor refuses does not
// keep a user alive, and is visible in the next read.
func TestDeactivationOutranks(t *testing.T) {
	for _, file := range []string{mistakeFile, strings.Replace(steadyFile, "PROTECT", "", 1)} {
		vendor := newFake(t)
		r := newRig(t, file, vendor.URL, gateway.Options{})
		r.must(t, 201, "POST", "/Users", eve)
		vendor.turn(func(f *fake) { f.refuses = "name" })
		vendor.called()
		got := r.must(t, 200, "PATCH", "/Users/1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
			{"op":"Replace","path":"displayName","value":"Eve the Refused"},{"op":"Replace","path":"active","value":"False"},
			{"op":"Add","path":"nickName","value":"unmapped"},{"op":"Add","path":"noSuchAttribute","value":"unknown"}]}`)
		want := []string{`PUT /users/1 {"name":"Eve the Refused","status":"OFF"}`, `PUT /users/1 {"status":"OFF"}`}
		if diff := cmp.Diff(want, writes(vendor.called())); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
		if has := vendor.all()[0]; has["status"] != "OFF" || has["name"] != nil {
			t.Errorf("the vendor has %v", has)
		}
		for _, body := range []string{got.body, r.must(t, 200, "GET", "/Users/1", "").body} {
			if !strings.Contains(body, `"active":false`) || strings.Contains(body, "Refused") {
				t.Errorf("shown is %s", body)
			}
		}
		if log := r.log.String(); !strings.Contains(log, "dropped") || strings.Contains(log, "Refused") || strings.Contains(log, "CANARY") {
			t.Errorf("the log says %s", log)
		}
	}
}
