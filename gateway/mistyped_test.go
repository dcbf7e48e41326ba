package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// atVendor calls the vendor past the gateway, as its administrator does.
func (r *rig) atVendor(t *testing.T, method, path, body string) (status int) {
	t.Helper()
	request, err := http.NewRequest(method, r.vendor+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	return got.StatusCode
}

// silent answers a good PATCH without a word.
func silent(vendor http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "PATCH" {
			vendor.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		if vendor.ServeHTTP(answer, r); answer.Code == 200 {
			answer.Code = 204
		}
		w.WriteHeader(answer.Code)
	}
}

// TestMembersMistyped: a group of which the file has a wrong idea is no empty group.
func TestMembersMistyped(t *testing.T) {
	const list, element = "the vendor's answer does not contain the list of members", "an element of the vendor's list of members does not name the member"
	read, put := "GET /clubs/n4 200", `{"displayName":"Chess","members":[]}`
	for native, want := range map[string]string{
		"membrs": list, "members.id": list, "name": list, "membrs[].id": list,
		"people": element, `"people[].who.id"`: element, `"people[].who"`: element,
	} {
		t.Run(native, func(t *testing.T) {
			r, vendor := clubsRig(t, "", "    native: "+native)
			if native[0] == '"' || native == "people" {
				if got := r.atVendor(t, "POST", "/clubs/n4/join", `["n1"]`); got != 204 {
					t.Fatal(got)
				}
			}
			r.tell(t, vendor, []step{
				{"GET /Groups/n4", "", 502, want, []string{read}},
				{"PUT /Groups/n4", put, 502, want, []string{read}},
				{"PATCH /Groups/n4", takeMembers("n1"), 502, want, []string{read}},
				{askMember("n4", "n1"), "", 502, want, []string{read}},
				{"GET /Groups?filter=displayName+eq+%22Chess%22", "", 502, want, []string{"GET /clubs?name=Chess 200"}},
			})
		})
	}
	for _, native := range []string{"membrs?", `"membrs[].id?"`, "membrs[]?"} {
		r, vendor := clubsRig(t, "", "    native: "+native)
		r.tell(t, vendor, []step{{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess",`), []string{read}}})
	}
}

// TestMembersLookedAtAfterAChange: what was sent to a group does not show who is in it.
func TestMembersLookedAtAfterAChange(t *testing.T) {
	r, vendor := clubsRig(t, "", `    native: members
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"], read_first: true}`)
	both := `{"op":"replace","path":"displayName","value":"Go"},{"op":"remove","path":"members","value":[{"value":"n1"}]}`
	vendor.vendor = silent(vendor.vendor)
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1"), 204, "", []string{"POST /clubs/n4/join 204"}},
		{"PATCH /Groups/n4", patchMembers("[" + both + "]"), 204, "",
			[]string{"GET /clubs/n4 200", "GET /clubs?name=Go 200", "PATCH /clubs/n4 204", "GET /clubs/n4 200", "POST /clubs/n4/leave 204"}},
	})
}
