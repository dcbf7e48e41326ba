package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// mistakeFile is a file for the fake vendor.
var mistakeFile = strings.Replace(steadyFile, "PROTECT", protectAdmins, 1)

const eve = `{"userName":"eve@x","emails":[{"type":"work","value":"eve@x"}],"title":"chief","externalId":"e","active":true}`

// summary is what matters of a list or an error.
func summary(got reply) string {
	ids := gjson.Get(got.body, "Resources.#.id").String()
	return strings.TrimSpace(fmt.Sprintf("%d %s %s %s", got.status, gjson.Get(got.body, "scimType"), gjson.Get(got.body, "totalResults"), ids))
}

// A proxy that has lost the vendor answers 404 for everything. Nobody is gone.
func TestProxyAnswers404(t *testing.T) {
	proxy := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(proxy.Close)
	r := newRig(t, mistakeFile, proxy.URL, gateway.Options{})
	for _, test := range []struct{ method, path, body, want string }{
		{"GET", "/Users/7", "", "503"},
		{"PATCH", "/Users/7", patchOf("displayName", "x"), "503"},
		{"PUT", "/Users/7", eve, "503"},
		{"DELETE", "/Users/7", "", "503"},
		{"GET", `/Users?filter=userName+eq+%22eve%40x%22`, "", "502"},
		{"GET", "/Users", "", "502"},
		{"POST", "/Users", eve, "502"},
	} {
		if got := summary(r.call(test.method, test.path, test.body)); got != test.want {
			t.Errorf("%s %s: got %s, want %s", test.method, test.path, got, test.want)
		}
	}
}

// A vendor that loses its users while we look is not believed for long.
func TestVendorLosesItsUsers(t *testing.T) {
	vendor := newFake(t)
	r := newRig(t, mistakeFile, vendor.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", eve)
	r.must(t, 200, "GET", "/Users/1", "")
	var got []int
	for id := 101; id <= 107; id++ {
		got = append(got, r.call("GET", fmt.Sprintf("/Users/%d", id), "").status)
	}
	r.must(t, 200, "GET", "/Users/1", "") // ends the doubt
	got = append(got, r.call("GET", "/Users/101", "").status)
	if diff := cmp.Diff([]int{404, 404, 404, 404, 404, 503, 503, 404}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

// A vendor that ignores the parameters of a search answers with everybody.
func TestSearchThatIsNoSearch(t *testing.T) {
	vendor := newFake(t)
	r := newRig(t, mistakeFile, vendor.URL, gateway.Options{})
	for _, name := range []string{"ann@x", "bob@x", "eve@x"} {
		r.must(t, 201, "POST", "/Users", strings.ReplaceAll(eve, "eve@x", name))
	}
	vendor.turn(func(f *fake) { f.deaf = true })
	for _, test := range []struct{ filter, want string }{
		{`userName+eq+%22nobody%40x%22`, "200  0 []"},
		{`userName+eq+%22BOB%40x%22`, `200  1 ["2"]`},
		{`id+eq+%222%22+and+userName+eq+%22ann%40x%22`, "200  0 []"},
	} {
		if got := summary(r.call("GET", "/Users?filter="+test.filter, "")); got != test.want {
			t.Errorf("%s: got %s, want %s", test.filter, got, test.want)
		}
	}
	if got := summary(r.call("POST", "/Users", strings.ReplaceAll(eve, "eve@x", "new@x"))); got != "201" {
		t.Errorf("a create of somebody new: %s", got)
	}
}

// A POST takes over nobody unless the file says so, and never whom it protects.
func TestTakeover(t *testing.T) {
	adopting := strings.Replace(mistakeFile, protectAdmins, protectAdmins+"\n  adopt: true", 1)
	for _, test := range []struct {
		name, file string
		users      []native
		want       string
		writes     []string
	}{
		{"no adopt", mistakeFile, []native{{"id": 1, "login": "eve@x"}}, "409 uniqueness", nil},
		{"adopt", adopting, []native{{"id": 1, "login": "eve@x"}}, "201", []string{`PUT /users/1 {"mail":"eve@x","position":"CHIEF","status":"ON"}`}},
		{"protected", adopting, []native{{"id": 1, "login": "eve@x", "role": "ADMIN"}}, "400 mutability", nil},
		{"two candidates", adopting, []native{{"id": 1, "login": "eve@x"}, {"id": 2, "login": "Eve@x"}}, "409 uniqueness", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			vendor := newFake(t)
			for _, u := range test.users {
				vendor.users[fmt.Sprint(u["id"])] = u
			}
			r := newRig(t, test.file, vendor.URL, gateway.Options{})
			if got := summary(r.call("POST", "/Users", eve)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if diff := cmp.Diff(test.writes, writes(vendor.called())); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
		})
	}
}

func writes(calls []string) (writes []string) {
	for _, call := range calls {
		if !strings.HasPrefix(call, "GET ") {
			writes = append(writes, call)
		}
	}
	return writes
}

// A status that the file does not know is not false: it is left out, reported,
// found by no filter, and not overwritten.
func TestUnknownStatus(t *testing.T) {
	vendor := newFake(t)
	r := newRig(t, mistakeFile, vendor.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", eve)
	vendor.edit("1", "status", "ARCHIVED")
	vendor.called()
	for _, path := range []string{"/Users/1", "/Users?filter=userName+eq+%22eve%40x%22", "/Users"} {
		if got := r.must(t, 200, "GET", path, ""); strings.Contains(got.body, "active") || !strings.Contains(got.body, "eve@x") {
			t.Errorf("%s shows %s", path, got.body)
		}
	}
	if n := strings.Count(r.log.String(), "active: the vendor's value is not in the table"); n != 3 {
		t.Errorf("reported %d times, want 3:\n%s", n, r.log)
	}
	for _, value := range []string{"true", "false"} {
		if got := summary(r.call("GET", "/Users?filter=active+eq+"+value, "")); got != "200  0 []" {
			t.Errorf("active eq %s: %s", value, got)
		}
	}
	vendor.called()
	r.must(t, 200, "PATCH", "/Users/1", patchOf("displayName", "Eve"))
	r.must(t, 200, "PATCH", "/Users/1", patchOf("active", "False"))
	if diff := cmp.Diff([]string{`PUT /users/1 {"name":"Eve"}`, `PUT /users/1 {"status":"OFF"}`}, writes(vendor.called())); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// What the vendor shows and the file does not map, and every credential, stay
// out of the state file and of the log, also for a user who lives in memory.
func TestStateHoldsNoSecrets(t *testing.T) {
	vendor := newFake(t)
	file := strings.Replace(existsFile, `upstream: {url: "${env:LEGACY_URL}"}`, `upstream: {url: "${env:LEGACY_URL}", headers: {X-Api-Key: "${env:LEGACY_KEY}"}}`, 1)
	file = strings.Replace(file, "  create:", "  fixed: {password: CANARY-password}\n  secret: [inviteLink, password]\n  create:", 1)
	r := newRig(t, file, vendor.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", eve)
	vendor.edit("1", "inviteLink", "CANARY-link")
	r.must(t, 200, "GET", "/Users/1", "")
	r.must(t, 200, "PATCH", "/Users/1", patchOf("active", "False"))
	r.must(t, 200, "PATCH", "/Users/1", patchOf("active", "True"))
	if !strings.Contains(encode(vendor.all()), "CANARY-password") {
		t.Fatal("the canary did not reach the vendor")
	}
	for _, name := range []string{r.state, r.state + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "CANARY") {
			t.Errorf("%s holds a secret", name)
		}
	}
	if strings.Contains(r.log.String(), "CANARY") {
		t.Errorf("the log holds a secret:\n%s", r.log)
	}
}
