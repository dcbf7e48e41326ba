package gateway_test

import (
	"strings"
	"testing"
)

// A group has a version only where all of its members are known.
func TestGroupVersions(t *testing.T) {
	r, _ := clubsRig(t, "", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: =members}
    remove: {request: "POST /clubs/{id}/leave", body: =members}`)
	r.must(t, 204, "PATCH", "/Groups/n4", addMembers("n1"))
	whole := r.must(t, 200, "GET", "/Groups/n4", "")
	first := whole.header.Get("ETag")
	if first == "" || !strings.Contains(whole.body, strings.ReplaceAll(first, `"`, `\"`)) {
		t.Fatalf("ETag %q of %s", first, whole.body)
	}
	for _, path := range []string{"/Groups/n4?excludedAttributes=members", "/Groups/n4?attributes=displayName,meta",
		"/Groups?attributes=id,meta&filter=id+eq+%22n4%22+and+members+eq+%22n1%22", "/Groups?excludedAttributes=members&filter=displayName+eq+%22Chess%22"} {
		if got := r.must(t, 200, "GET", path, ""); got.header.Get("ETag") != "" || strings.Contains(got.body, `"version"`) || !strings.Contains(got.body, `"n4"`) {
			t.Errorf("%s: ETag %q of %s", path, got.header.Get("ETag"), got.body)
		}
	}
	if found := r.must(t, 200, "GET", "/Groups?filter=displayName+eq+%22Chess%22", ""); !strings.Contains(found.body, strings.ReplaceAll(first, `"`, `\"`)) {
		t.Errorf("not the version %s: %s", first, found.body)
	}
	if got := r.call("GET", "/Groups/n4", "", "If-None-Match", first); got.status != 304 {
		t.Errorf("If-None-Match: status %d", got.status)
	}
	if got := r.call("PATCH", "/Groups/n4", addMembers("n2"), "If-Match", first); got.status != 204 {
		t.Errorf("If-Match of what there is: status %d", got.status)
	}
	for _, method := range []string{"PATCH", "DELETE"} {
		if got := r.call(method, "/Groups/n4", addMembers("n3"), "If-Match", first); got.status != 412 {
			t.Errorf("%s with If-Match after somebody has joined: status %d", method, got.status)
		}
	}
	now := r.must(t, 200, "GET", "/Groups/n4", "")
	if strings.Count(now.body, `"type":"User"`) != 2 || now.header.Get("ETag") == first {
		t.Errorf("ETag %s of %s", now.header.Get("ETag"), now.body)
	}
	if got := r.call("DELETE", "/Groups/n4", "", "If-Match", now.header.Get("ETag")); got.status != 204 {
		t.Errorf("DELETE with If-Match: status %d", got.status)
	}
}

// Members are asked for where groups are sorted by them, shown or not.
func TestSortByMembers(t *testing.T) {
	r, _ := clubsRig(t, "", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: =members}
    remove: {request: "POST /clubs/{id}/leave", body: =members}
  list: GET /clubs`)
	r.must(t, 201, "POST", "/Groups", `{"displayName":"Ajax"}`) // n5
	r.must(t, 204, "PATCH", "/Groups/n4", addMembers("n2"))
	r.must(t, 204, "PATCH", "/Groups/n5", addMembers("n1"))
	for query, want := range map[string]string{"sortBy=members": "n5 n4", "sortBy=members.value&sortOrder=descending": "n4 n5", "sortBy=displayName": "n5 n4", "": "n4 n5"} {
		got := r.must(t, 200, "GET", "/Groups?attributes=id&"+query, "").body
		if first, second, _ := strings.Cut(want, " "); !strings.Contains(got, first) || strings.Index(got, first) > strings.Index(got, second) {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}
