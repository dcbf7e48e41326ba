package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told is what a test compares of an explanation; the scripts compare it whole.
type told struct {
	Read   string
	Calls  []string
	Status int
}

func TestExplain(t *testing.T) {
	const (
		title  = `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`
		rename = `{"Operations":[{"op":"replace","path":"userName","value":"x"}]}`
		active = `{"Operations":[{"op":"replace","path":"active","value":false}]}`
		mail   = `{"Operations":[{"op":"replace","path":"emails[type eq \"work\"].primary","value":true}]}`
		ann    = `{"userName":"ann@contoso.com","emails":[{"type":"work","value":"ann@contoso.com"}]}`
	)
	for _, test := range []struct {
		file, request string
		want          told
	}{
		{"legacy/legacy.yaml", "PATCH /Users/15\n\n" + title,
			told{"needed: protect looks at the resource", []string{"GET /api/users/15", "PUT /api/users/15"}, 200}},
		{"legacy/legacy.yaml", "GET /Users/15", told{"", []string{"GET /api/users/15"}, 200}},
		{"legacy/legacy.yaml", "GET /Users/ann", told{"", nil, 404}},
		{"legacy/legacy.yaml", "DELETE /Users/15", told{"", []string{"GET /api/users/15", "DELETE /api/users/15"}, 204}},
		{"legacy/legacy.yaml", "GET /Users", told{"", []string{"GET /api/users?per_page=100&page=1"}, 200}},
		{"unleash/unleash.yaml", "PATCH /Users/7\n\n" + active,
			told{"needed: protect looks at the resource", []string{"GET /api/admin/user-admin/7", "DELETE /api/admin/user-admin/7"}, 200}},
		{"unleash/unleash.yaml", "GET /Users?filter=userName+eq+%22x%22", told{"", []string{"GET /api/admin/user-admin"}, 200}},
		{"entra/wide.yaml", "PATCH /Users/7\n\n" + title,
			told{"not needed: what is sent follows from the request alone", []string{"PATCH /people/7"}, 200}},
		{"entra/wide.yaml", "PATCH /Users/7\n\n" + rename,
			told{"needed: the request may rename", []string{"GET /people/7", "GET /people?user_name=x", "PATCH /people/7"}, 200}},
		{"entra/wide.yaml", "PATCH /Users/7\n\n" + mail,
			told{"needed: what is sent does not follow from the request alone", []string{"GET /people/7", "PATCH /people/7"}, 200}},
		{"entra/wide.yaml", "PUT /wide/scim/v2/Users/7\n\n" + ann,
			told{"needed: a PUT is compared with what is there", []string{"GET /people/7", "GET /people?user_name=ann%40contoso.com", "PATCH /people/7"}, 200}},
		{"entra/wide.yaml", "PUT /Users\n\n" + ann, told{"", nil, 405}},
	} {
		t.Run(test.file+" "+test.request, func(t *testing.T) {
			vendor, found := loadForExplain("../../examples/" + test.file)
			if vendor == nil {
				t.Fatal(found)
			}
			x := &explainer{vendor: vendor}
			if err := x.run([]byte(test.request)); err != nil {
				t.Fatal(err)
			}
			got := told{Read: x.out.Read, Status: x.out.Reply.Status}
			for _, move := range x.out.Moves {
				if move.Native != nil {
					got.Calls = append(got.Calls, move.Native.Request)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
