package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// TestSeveralLists: a vendor that lists the archived apart is asked for both, and
// the index has them all.
func TestSeveralLists(t *testing.T) {
	users := []map[string]any{{"id": 1, "login": "ann"}, {"id": 2, "login": "bob", "archived": true}}
	vendor := &tape{vendor: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if id, one := strings.CutPrefix(r.URL.Path, "/users/"); one {
			for _, u := range users {
				if fmt.Sprint(u["id"]) == id {
					json.NewEncoder(w).Encode(u)
				}
			}
			return
		}
		shown := []map[string]any{}
		for _, u := range users {
			if (u["archived"] != nil) == (r.URL.Path == "/archive") {
				shown = append(shown, u)
			}
		}
		json.NewEncoder(w).Encode(shown)
	})}
	server := httptest.NewServer(vendor)
	defer server.Close()
	r := newRig(t, `vendor: lists
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    active: {native: "archived?", values: {true: [null, false], false: true}}
  create: POST /users
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: refuse
  list: [GET /users, GET /archive]
groups: unsupported
`, server.URL, gateway.Options{})
	all := r.must(t, 200, "GET", "/Users", "")
	if got := gjson.Get(all.body, "Resources.#.userName").Raw; got != `["ann","bob"]` {
		t.Errorf("everybody: %s", got)
	}
	for i, name := range []string{"ann", "bob", "cid"} {
		got := r.must(t, 200, "GET", "/Users?filter=userName+eq+%22"+name+"%22", "")
		if gjson.Get(got.body, "totalResults").Int() != []int64{1, 1, 0}[i] {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	want := []string{"GET /archive 200", "GET /archive 200", "GET /users 200", "GET /users 200", "GET /users/2 200"}
	if calls := vendor.take(); !slices.Equal(slices.Sorted(slices.Values(calls)), want) {
		t.Errorf("calls: %v, want %v", calls, want)
	}
}
