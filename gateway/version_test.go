package gateway

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// with makes a call with further headers, given as "Name: value".
func (b *bench) with(t *testing.T, method, path, body string, headers ...string) answered {
	t.Helper()
	request, err := http.NewRequest(method, "http://gateway"+legacy+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range append(headers, "Authorization: Bearer token-of-legacy", "Content-Type: application/scim+json") {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return b.send(t, request)
}

// shown is the version that meta has.
func shown(t *testing.T, resource any) string {
	t.Helper()
	meta, _ := resource.(map[string]any)["meta"].(map[string]any)
	version, _ := meta["version"].(string)
	return version
}

// Every answer that shows a user names the same version, until he changes.
func TestVersions(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	created := b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann","displayName":"Ann","active":true,"externalId":"x"}`)
	first := created.Header.Get("ETag")
	if !strings.HasPrefix(first, `W/"`) || shown(t, decoded(t, created.Body)) != first {
		t.Fatalf("a create answers ETag %q and %s", first, created.Body)
	}
	read := b.with(t, "GET", "/Users/1", "")
	list := decoded(t, b.with(t, "GET", `/Users?filter=userName+eq+%22ann%22`, "").Body)["Resources"].([]any)
	narrow := b.with(t, "GET", "/Users/1?attributes=userName", "")
	same := b.with(t, "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"displayName","value":"Ann"}]}`)
	again := newBench(t, Options{}, v.file("legacy"))
	other := again.with(t, "GET", "/Users/1", "") // which has not kept the external id
	got := []string{read.Header.Get("ETag"), shown(t, decoded(t, read.Body)), shown(t, list[0]), narrow.Header.Get("ETag"), same.Header.Get("ETag")}
	if diff := cmp.Diff([]string{first, first, first, first, first}, got); diff != "" {
		t.Error(diff)
	}
	if other.Header.Get("ETag") == first {
		t.Error("without the external id the version is the same")
	}
	patched := b.with(t, "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"externalId","value":"y"}]}`)
	put := b.with(t, "PUT", "/Users/1", `{"userName":"ann","displayName":"Ann","active":true,"externalId":"x"}`)
	if second := patched.Header.Get("ETag"); second == first || second == "" || put.Header.Get("ETag") != first {
		t.Errorf("first %s, changed %s, and back %s", first, second, put.Header.Get("ETag"))
	}
}

func TestIfNoneMatch(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	created := b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann"}`)
	version := created.Header.Get("ETag")
	bare := strings.Trim(version, `W/"`)
	for header, want := range map[string]int{
		version: 304, `"` + bare + `"`: 304, bare: 304, "*": 304, `"x", ` + version: 304, version + `,"x"`: 304,
		`W/"x"`: 200, `"x","y"`: 200, `""`: 200, " ": 200,
	} {
		for _, query := range []string{"", "?attributes=userName"} {
			got := b.with(t, "GET", "/Users/1"+query, "", "If-None-Match: "+header)
			if got.Status != want || got.Header.Get("ETag") != version || (got.Body == "") != (want == 304) {
				t.Errorf("If-None-Match: %s: status %d with ETag %s and %q, want %d", header, got.Status, got.Header.Get("ETag"), got.Body, want)
			}
		}
	}
	if got := b.with(t, "GET", "/Users/2", "", "If-None-Match: *"); got.Status != 404 {
		t.Errorf("nobody: status %d", got.Status)
	}
}

// A write that is wanted of another version reaches nobody.
func TestIfMatch(t *testing.T) {
	for _, test := range []struct{ method, body string }{
		{"PATCH", `{"Operations":[{"op":"replace","path":"title","value":"new"}]}`},
		{"PATCH", `{"Operations":[{"op":"replace","path":"active","value":false}]}`},
		{"PUT", `{"userName":"ann","title":"new"}`},
		{"DELETE", ""},
	} {
		v := newFakeVendor(t)
		b := newBench(t, Options{}, v.file("legacy"))
		version := b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann","title":"old","active":true}`).Header.Get("ETag")
		v.took()

		refused := b.with(t, test.method, "/Users/1", test.body, `If-Match: W/"0", "1"`)
		want := `412 the resource has changed: If-Match is W/"0", "1", and its version is ` + version
		if text := summary(t, refused); text != want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", test.method, test.body, text, want)
		}
		if diff := cmp.Diff([]string{"GET /users/1"}, v.took()); diff != "" {
			t.Errorf("%s %s: calls: %s", test.method, test.body, diff)
		}
		if got := b.with(t, test.method, "/Users/2", test.body, "If-Match: "+version); got.Status != 404 {
			t.Errorf("%s of nobody: status %d: %s", test.method, got.Status, got.Body)
		}
		for _, header := range []string{`"x", ` + version, "*"} {
			before := v.count()
			got := b.with(t, test.method, "/Users/1", test.body, "If-Match: "+header)
			if got.Status >= 300 || test.method == "DELETE" && v.count() == before {
				t.Errorf("%s %s with %s: status %d: %s", test.method, test.body, header, got.Status, got.Body)
			}
			if test.method == "DELETE" { // and who was there before comes back
				v.put(1, "ann", "old")
			}
		}
	}
}

// "*" takes whatever there is: nothing is read for it.
func TestIfMatchAny(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann"}`)
	v.took()
	b.with(t, "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"title","value":"new"}]}`, "If-Match: *")
	b.with(t, "DELETE", "/Users/1", "", "If-Match: *")
	if diff := cmp.Diff([]string{"PUT /users/1", "DELETE /users/1"}, v.took()); diff != "" {
		t.Error(diff)
	}
	if got := b.with(t, "POST", "/Users", `{"userName":"ann"}`, `If-Match: "x"`); got.Status != 201 {
		t.Errorf("a create is of no version: status %d: %s", got.Status, got.Body)
	}
}

// A create whose account the vendor does not show yet is answered by what was
// sent, which may not be all: it has no version.
func TestNoVersion(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	v.before(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "POST" {
			w.Header().Set("Location", "/users/7")
			answer(w, 201, map[string]any{})
		}
		return r.Method == "POST"
	})
	got := b.with(t, "POST", "/Users", `{"userName":"ann"}`)
	want := `201 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7","userName":"ann",` +
		`"meta":{"resourceType":"User","location":"https://gateway.example/legacy/scim/v2/Users/7"}}`
	if text := summary(t, got); text != want || got.Header.Get("ETag") != "" {
		t.Errorf("ETag %q:\ngot  %s\nwant %s", got.Header.Get("ETag"), text, want)
	}
}
