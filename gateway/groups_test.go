package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/examples/legacy/app"
	"scimshim/gateway"
)

// tape writes down the calls that a vendor gets, with its answers' statuses.
type tape struct {
	vendor http.Handler
	mu     sync.Mutex
	calls  []string
}

func (p *tape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	line := r.Method + " " + r.URL.RequestURI()
	p.vendor.ServeHTTP(answer, r)
	p.mu.Lock()
	p.calls = append(p.calls, fmt.Sprintf("%s %d", line, answer.Code))
	p.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

func (p *tape) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

// step is one SCIM call of a story: what it is answered and what it makes the
// gateway ask of the vendor.
type step struct {
	request string // "PATCH /Groups/1"
	body    string
	status  int
	want    string // the answer's body; "": none. BASE stands for the Tenant URL
	vendor  []string
}

const (
	patching   = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`
	addMember  = patching + `[{"op":"Add","path":"members","value":[{"$ref":null,"value":"%s"}]}]}`
	emptyList  = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
	listOfOne  = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[%s]}`
	groupShown = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"%s",%s"meta":{"resourceType":"Group","location":"BASE/Groups/%[1]s"}}`
)

func group(id, attributes string) string { return fmt.Sprintf(groupShown, id, attributes) }

func member(id string) string {
	return fmt.Sprintf(`{"value":"%s","$ref":"BASE/Users/%[1]s","type":"User"}`, id)
}

// version is the one thing of a resource that a story leaves out.
var version = regexp.MustCompile(`,"version":"W/[^,}]*"`)

func (r *rig) tell(t *testing.T, vendor *tape, story []step) {
	t.Helper()
	vendor.take()
	for i, s := range story {
		method, path, _ := strings.Cut(s.request, " ")
		got := r.call(method, strings.ReplaceAll(path, " ", "%20"), s.body)
		body := version.ReplaceAllString(strings.ReplaceAll(got.body, r.base, "BASE"), "")
		if got.status >= 400 {
			body = detailOf(got.body)
		}
		if diff := cmp.Diff(fmt.Sprint(s.status, " ", s.want), fmt.Sprint(got.status, " ", body)); diff != "" {
			t.Errorf("step %d, %s (-want +got):\n%s", i+1, s.request, diff)
		}
		if diff := cmp.Diff(s.vendor, vendor.take()); diff != "" {
			t.Errorf("step %d, %s: calls of the vendor (-want +got):\n%s", i+1, s.request, diff)
		}
	}
}

func TestGroups(t *testing.T) {
	vendor := &tape{vendor: app.New(vendorKey).Handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	r := newRig(t, legacyFile(t), server.URL, gateway.Options{})
	for _, name := range []string{"ann", "bob", "cid"} { // 2, 3 and 4; the administrator is 1
		r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"%s@x.example","active":true}`, name))
	}
	sales := group("1", `"displayName":"Sales","externalId":"g-1",`)
	r.tell(t, vendor, []step{
		{"GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Sales%22", "", 200, emptyList, []string{"GET /api/teams?name=Sales 200"}},
		{"POST /Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],` +
			`"displayName":"Sales","externalId":"g-1"}`, 201, sales, []string{"POST /api/teams 201"}},
		{"POST /Groups", `{"displayName":"SALES"}`, 409, `uniqueness: another group already has the displayName "SALES"`, []string{"GET /api/teams?name=SALES 200"}},
		{"PATCH /Groups/1", fmt.Sprintf(addMember, "2"), 204, "", []string{"PUT /api/teams/1/members/2 204"}},
		{"PATCH /Groups/1", fmt.Sprintf(addMember, "2"), 204, "", []string{"PUT /api/teams/1/members/2 204"}},
		{"PATCH /Groups/1", patching + `[{"op":"add","path":"members","value":[{"value":"3"},{"value":"4"},{"value":"3"}]}]}`, 204, "",
			[]string{"PUT /api/teams/1/members/3 204", "PUT /api/teams/1/members/4 204"}},
		{"PATCH /Groups/1", patching + `[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"3"}]}]}`, 204, "", []string{"DELETE /api/teams/1/members/3 204"}},
		{"PATCH /Groups/1", patching + `[{"op":"remove","path":"members[value eq \"3\"]"}]}`, 204, "",
			[]string{"DELETE /api/teams/1/members/3 404", "GET /api/teams/1/members?per_page=100&page=1 200", "GET /api/teams/1/members?per_page=100&page=2 200", "GET /api/teams/1 200"}},
		{"GET /Groups/1?excludedAttributes=members", "", 200, sales, []string{"GET /api/teams/1 200"}},
		{"GET /Groups/1", "", 200, group("1", `"displayName":"Sales","externalId":"g-1","members":[`+member("2")+","+member("4")+`],`),
			[]string{"GET /api/teams/1 200", "GET /api/teams/1/members?per_page=100&page=1 200", "GET /api/teams/1/members?per_page=100&page=2 200"}},
		{`GET /Groups?attributes=id&filter=id+eq+%221%22+and+members+eq+%222%22`, "", 200, fmt.Sprintf(listOfOne, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"1"}`),
			[]string{"GET /api/teams/1 200", "GET /api/teams/1/members/2 200"}},
		{`GET /Groups?attributes=id&filter=members+eq+%223%22+and+id+eq+%221%22`, "", 200, emptyList, []string{"GET /api/teams/1 200", "GET /api/teams/1/members/3 404"}},
		{"PATCH /Groups/1", patching + `[{"op":"Replace","path":"displayName","value":"Sales and more"}]}`, 204, "",
			[]string{"GET /api/teams/1 200", "GET /api/teams?name=Sales%20and%20more 200", "PUT /api/teams/1 200"}},
		{"PATCH /Groups/1", fmt.Sprintf(addMember, "99"), 400, `invalidValue: no user has the id "99": provision them first; the other members are as wanted`,
			[]string{"PUT /api/teams/1/members/99 422", "GET /api/teams/1/members/99 404", "GET /api/users/99 404"}},
		{"PATCH /Groups/1", patching + `[{"op":"replace","path":"members","value":[{"value":"3"},{"value":"2"}]}]}`, 204, "",
			[]string{"GET /api/teams/1 200", "GET /api/teams/1/members?per_page=100&page=1 200", "GET /api/teams/1/members?per_page=100&page=2 200",
				"DELETE /api/teams/1/members/4 204", "PUT /api/teams/1/members/3 204"}},
		{"PATCH /Users/2", patching + `[{"op":"Replace","path":"active","value":"False"}]}`, 200, userShown("2", "ann@x.example", "false", ""), []string{"GET /api/users/2 200", "PUT /api/users/2 200"}},
		{`GET /Groups?attributes=id&filter=id+eq+%221%22+and+members+eq+%222%22`, "", 200, fmt.Sprintf(listOfOne, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"1"}`),
			[]string{"GET /api/teams/1 200", "GET /api/teams/1/members/2 200"}},
		{"PATCH /Groups/77", fmt.Sprintf(addMember, "2"), 404, `there is no group with the id "77"`,
			[]string{"PUT /api/teams/77/members/2 404", "GET /api/teams/77/members/2 404", "GET /api/users/2 200", "GET /api/teams/77 404"}},
		{"PATCH /Groups/1", patching + `[{"op":"remove","path":"members"}]}`, 204, "",
			[]string{"GET /api/teams/1 200", "GET /api/teams/1/members?per_page=100&page=1 200", "GET /api/teams/1/members?per_page=100&page=2 200",
				"DELETE /api/teams/1/members/2 204", "DELETE /api/teams/1/members/3 204"}},
		{"PUT /Groups/1", `{"displayName":"Sales","members":[{"value":"4"}]}`, 200, group("1", `"displayName":"Sales","members":[`+member("4")+`],`),
			[]string{"GET /api/teams/1 200", "GET /api/teams/1/members?per_page=100&page=1 200", "GET /api/teams?name=Sales 200", "PUT /api/teams/1 200", "PUT /api/teams/1/members/4 204"}},
		{"DELETE /Groups/1", "", 204, "", []string{"DELETE /api/teams/1 204"}},
		{"DELETE /Groups/1", "", 404, `there is no group with the id "1"`, []string{"DELETE /api/teams/1 404", "GET /api/teams/1 404"}},
	})
}

func userShown(id, name, active, more string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"%s],"id":"%s","userName":"%s","emails":[{"type":"work","value":"%[3]s"}],"active":%[4]s,"meta":{"resourceType":"User","location":"BASE/Users/%[2]s"}}`,
		more, id, name, active)
}

func TestManager(t *testing.T) {
	vendor := &tape{vendor: app.New(vendorKey).Handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	r := newRig(t, legacyFile(t), server.URL, gateway.Options{})
	for _, name := range []string{"ann", "bob", "cid"} {
		r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"%s@x.example","displayName":"%[1]s","active":true}`, name))
	}
	const manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
	shown := func(boss string) string {
		extra, uri := "", ""
		if boss != "" {
			uri = `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
			extra = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"` + boss + `"}},`
		}
		return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"` + uri + `],"id":"2","userName":"ann@x.example","emails":[{"type":"work","value":"ann@x.example"}],"displayName":"ann",` +
			extra + `"active":true,"meta":{"resourceType":"User","location":"BASE/Users/2"}}`
	}
	one := fmt.Sprintf(listOfOne, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"2"}`)
	r.tell(t, vendor, []step{
		{"PATCH /Users/2", patching + `[{"op":"Add","path":"` + manager + `","value":"3"}]}`, 200, shown("3"), []string{"GET /api/users/2 200", "PUT /api/users/2 200"}},
		{"GET /Users/2", "", 200, shown("3"), []string{"GET /api/users/2 200"}},
		{`GET /Users?attributes=id&filter=id+eq+%222%22+and+manager+eq+%223%22`, "", 200, one, []string{"GET /api/users/2 200"}},
		{`GET /Users?attributes=id&filter=manager+eq+%224%22+and+id+eq+%222%22`, "", 200, emptyList, []string{"GET /api/users/2 200"}},
		{"PATCH /Users/2", patching + `[{"op":"replace","path":"manager","value":[{"$ref":"x","value":"4"}]}]}`, 200, shown("4"), []string{"GET /api/users/2 200", "PUT /api/users/2 200"}},
		{"PATCH /Users/2", patching + `[{"op":"Replace","path":"` + manager + `","value":{"value":""}}]}`, 200, shown(""), []string{"GET /api/users/2 200", "PUT /api/users/2 200"}},
		{"PATCH /Users/2", patching + `[{"op":"Replace","path":"` + manager + `","value":""}]}`, 200, shown(""), []string{"GET /api/users/2 200"}},
		{"PATCH /Users/2", patching + `[{"op":"Add","path":"` + manager + `","value":"nobody"}]}`, 200, shown("nobody"), []string{"GET /api/users/2 200"}},
		{"GET /Users/2", "", 200, shown("nobody"), []string{"GET /api/users/2 200"}},
	})
}

// TestTimes: when a user was made is the vendor's to say, and nobody else's.
func TestTimes(t *testing.T) {
	vendor := &tape{vendor: app.New(vendorKey).Handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	file := strings.Replace(legacyFile(t), "    externalId: keep", "    meta.created: created_at\n    meta.lastModified: full_name\n    externalId: keep", 1)
	r := newRig(t, file, server.URL, gateway.Options{})
	const ann = `{"userName":"ann@x.example","emails":[{"type":"work","value":"ann@x.example"}],"displayName":"no time","active":true%s}`
	made := r.must(t, 201, "POST", "/Users", fmt.Sprintf(ann, `,"meta":{"created":"1999-01-01T00:00:00Z"}`))
	created := gjson.Get(made.body, "meta.created").Str
	if at, err := time.Parse(time.RFC3339, created); err != nil || time.Since(at) > time.Hour || gjson.Get(made.body, "meta.lastModified").Exists() {
		t.Fatalf("a new user is answered as %s", made.body)
	}
	version := gjson.Get(made.body, "meta.version").Str
	for _, change := range []struct{ method, body string }{
		{"PUT", fmt.Sprintf(ann, "")},
		{"PATCH", patching + `[{"op":"replace","path":"meta.created","value":"1999-01-01T00:00:00Z"}]}`},
	} {
		got := r.must(t, 200, change.method, "/Users/2", change.body)
		if gjson.Get(got.body, "meta.created").Str != created || gjson.Get(got.body, "meta.version").Str != version {
			t.Errorf("%s: %s, before it was %s", change.method, got.body, made.body)
		}
	}
	for filter, found := range map[string]int64{`meta.created gt "2020-01-01T00:00:00Z" and id eq "2"`: 1, `meta.created lt "2020-01-01T00:00:00Z"`: 0} {
		got := r.must(t, 200, "GET", "/Users?filter="+url.QueryEscape(filter), "")
		if gjson.Get(got.body, "totalResults").Int() != found {
			t.Errorf("%s: %s", filter, got.body)
		}
	}
	vendor.take()
}

// detailOf is what an error says: its scimType and its detail.
func detailOf(body string) string {
	problem := gjson.Parse(body)
	if kind := problem.Get("scimType").Str; kind != "" {
		return kind + ": " + problem.Get("detail").Str
	}
	return problem.Get("detail").Str
}
