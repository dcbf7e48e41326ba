package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"scimshim/examples/legacy/app"
	"scimshim/gateway"
)

// parts is a vendor whose users come in parts: an account, a profile with a number
// of its own, and roles. Accounts are made by jobs that take their time, and are
// changed only by who has seen their latest version; custom fields that are not sent
// are reset; and the account's name is its id.
type parts struct {
	mu       sync.Mutex
	accounts map[string]*account
	jobs     map[string]*job
	last     int
	slow     int  // how often a job answers that it is under way
	fails    bool // jobs end in failure
}

type account struct {
	Name    string         `json:"name"`
	Mail    string         `json:"mail,omitempty"`
	Locked  bool           `json:"locked"`
	Custom  map[string]any `json:"custom,omitempty"`
	Profile string         `json:"profile"` // its number
	version int
	profile map[string]any
	roles   []string
}

type job struct {
	left int
	run  func()
}

func newParts() *parts { return &parts{accounts: map[string]*account{}, jobs: map[string]*job{}} }

func (v *parts) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(http.ResponseWriter, *http.Request) (int, any){
		"GET /accounts": v.find, "POST /accounts": v.create, "PUT /accounts/{name}": v.put, "GET /accounts/{name}": v.read,
		"PATCH /accounts/{name}": v.update, "DELETE /accounts/{name}": v.remove,
		"GET /jobs/{job}": v.job, "GET /profiles/{number}": v.readProfile, "PATCH /profiles/{number}": v.updateProfile,
		"GET /accounts/{name}/roles": v.rolesOf,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v.mu.Lock()
			defer v.mu.Unlock()
			status, body := do(w, r)
			if body != nil {
				w.Header().Set("Content-Type", "application/json")
			}
			w.WriteHeader(status)
			if body != nil {
				json.NewEncoder(w).Encode(body)
			}
		})
	}
	return mux
}

func (v *parts) find(_ http.ResponseWriter, r *http.Request) (int, any) {
	found := []*account{}
	for _, a := range v.accounts {
		if strings.EqualFold(a.Name, r.URL.Query().Get("name")) {
			found = append(found, a)
		}
	}
	return 200, found
}

func (v *parts) number() string { v.last++; return fmt.Sprint(v.last) }

func (v *parts) start(w http.ResponseWriter, run func()) (int, any) {
	number := v.number()
	v.jobs[number] = &job{left: v.slow, run: run}
	w.Header().Set("Retry-After", "0")
	return 202, map[string]any{"job": number}
}

func (v *parts) make(name string, body map[string]any) *account {
	a := &account{Name: name, Profile: "p" + v.number(), profile: map[string]any{}, version: 1}
	v.accounts[name] = a
	a.take(body)
	return a
}

func (a *account) take(body map[string]any) {
	a.version++
	if mail, ok := body["mail"].(string); ok {
		a.Mail = mail
	}
	if locked, ok := body["locked"].(bool); ok {
		a.Locked = locked
	}
	if custom, ok := body["custom"].(map[string]any); ok {
		a.Custom = custom
	}
}

func decoded(r *http.Request) map[string]any {
	var body map[string]any
	json.NewDecoder(r.Body).Decode(&body)
	return body
}

func (v *parts) create(w http.ResponseWriter, r *http.Request) (int, any) {
	body := decoded(r)
	name, _ := body["name"].(string)
	if v.accounts[name] != nil {
		return 409, nil
	}
	return v.start(w, func() { v.make(name, body) })
}

func (v *parts) put(_ http.ResponseWriter, r *http.Request) (int, any) {
	v.make(r.PathValue("name"), decoded(r))
	return 204, nil
}

func (v *parts) job(w http.ResponseWriter, r *http.Request) (int, any) {
	j := v.jobs[r.PathValue("job")]
	switch {
	case j == nil:
		return 404, nil
	case v.fails:
		return 200, map[string]any{"state": "failed"}
	case j.left > 0:
		j.left--
		w.Header().Set("Retry-After", "0")
		return 200, map[string]any{"state": "running"}
	case j.run != nil:
		j.run()
		j.run = nil
	}
	return 200, map[string]any{"state": "done"}
}

func (v *parts) read(w http.ResponseWriter, r *http.Request) (int, any) {
	a := v.accounts[r.PathValue("name")]
	if a == nil {
		return 404, nil
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%d"`, a.version))
	return 200, a
}

func (v *parts) update(w http.ResponseWriter, r *http.Request) (int, any) {
	a := v.accounts[r.PathValue("name")]
	switch {
	case a == nil:
		return 404, nil
	case r.Header.Get("If-Match") != fmt.Sprintf(`"%d"`, a.version):
		return 412, map[string]any{"error": "another version"}
	}
	body := decoded(r)
	if name, ok := body["name"].(string); ok && name != a.Name {
		if v.accounts[name] != nil {
			return 409, nil
		}
		delete(v.accounts, a.Name)
		v.accounts[name], a.Name = a, name
	}
	a.take(body)
	return 204, nil
}

func (v *parts) remove(w http.ResponseWriter, r *http.Request) (int, any) {
	name := r.PathValue("name")
	if v.accounts[name] == nil {
		return 404, nil
	}
	return v.start(w, func() { delete(v.accounts, name) })
}

func (v *parts) profileOf(number string) map[string]any {
	for _, a := range v.accounts {
		if a.Profile == number {
			return a.profile
		}
	}
	return nil
}

func (v *parts) readProfile(_ http.ResponseWriter, r *http.Request) (int, any) {
	profile := v.profileOf(r.PathValue("number"))
	if len(profile) == 0 {
		return 404, nil // nobody has filled it in
	}
	return 200, map[string]any{"data": profile}
}

func (v *parts) updateProfile(_ http.ResponseWriter, r *http.Request) (int, any) {
	profile := v.profileOf(r.PathValue("number"))
	for name, value := range decoded(r) {
		profile[name] = value
	}
	return 200, map[string]any{"data": profile}
}

func (v *parts) rolesOf(_ http.ResponseWriter, r *http.Request) (int, any) {
	return 200, map[string]any{"roles": v.accounts[r.PathValue("name")].roles}
}

const partsFile = `vendor: parts
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: name, renames: true}
  attributes:
    userName: name
    emails.work.value: mail
    title: {native: roles, read: 'join(value, ",")', mutability: readOnly}
    name.givenName: details.first
    name.familyName: details.last
    enterprise.department: custom.department
    enterprise.costCenter: custom.cost
    active: {native: locked, values: {true: false, false: true}}
  create:
    - {request: POST /accounts, save: {job: body.job}}
    - {request: "GET /jobs/{saved.job}", until: body.state == "done", errors: [{when: body.state == "failed", is: invalidValue}]}
  read:
    - {request: "GET /accounts/{id}", save: {version: headers.etag}}
    - {request: "GET /profiles/{native.profile}", into: details, item: data, errors: [{when: status == 404, is: notFound}]}
    - {request: "GET /accounts/{id}/roles", into: roles, items: roles}
  update:
    - {request: "PATCH /profiles/{native.profile}", fields: [details], body: =fields.details}
    - {request: "PATCH /accounts/{id}", headers: {If-Match: =saved.version}, whole: [custom]}
  delete:
    - {request: "DELETE /accounts/{id}", save: {job: body.job}}
    - {request: "GET /jobs/{saved.job}", until: body.state == "done"}
  find: {by: userName, request: "GET /accounts?name={value}"}
groups: unsupported
`

const partsUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"userName":"ann","emails":[{"type":"work","value":"ann@x.example"}],"name":{"givenName":"Ann","familyName":"Lee"},"active":true,` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D","costCenter":"7"}}`

// TestParts: a user is put together from several answers and changed by several
// calls, whatever the vendor asks for.
func TestParts(t *testing.T) {
	v := newParts()
	vendor := &tape{vendor: v.handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	r := newRig(t, partsFile, server.URL, gateway.Options{})
	shown := func(name, given, department string) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"ann",`+
			`"userName":"%s","emails":[{"type":"work","value":"ann@x.example"}],"name":{"givenName":"%s","familyName":"Lee"},`+
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"%s","costCenter":"7"},"active":true,`+
			`"meta":{"resourceType":"User","location":"BASE/Users/ann"}}`, name, given, department)
	}
	reads := func(name string, and ...string) []string {
		return append([]string{"GET /accounts/" + name + " 200", "GET /profiles/p2 200", "GET /accounts/" + name + "/roles 200"}, and...)
	}
	changes := func(path, value string) string {
		return patching + `[{"op":"replace","path":"` + path + `","value":"` + value + `"}]}`
	}
	r.tell(t, vendor, []step{
		{"POST /Users", partsUser, 201, shown("ann", "Ann", "R&D"), append([]string{"GET /accounts?name=ann 200", "POST /accounts 202", "GET /jobs/1 200",
			"GET /accounts/ann 200", "GET /profiles/p2 404", "GET /accounts/ann/roles 200",
			"PATCH /profiles/p2 200"}, reads("ann")...)},
		{"GET /Users/ann", "", 200, shown("ann", "Ann", "R&D"), reads("ann")},
		{"PATCH /Users/ann", changes(enterprise+"department", "Sales"), 204, "", reads("ann", "PATCH /accounts/ann 204")}, // the cost center with it
		{"PATCH /Users/ann", changes(enterprise+"department", "Sales"), 200, shown("ann", "Ann", "Sales"), reads("ann")},
		{"PATCH /Users/ann", changes("name.givenName", "Anna"), 204, "", reads("ann", "PATCH /profiles/p2 200")},
		{"PATCH /Users/ann", changes("userName", "anna"), 204, "", reads("ann", "GET /accounts?name=anna 200", "PATCH /accounts/ann 204")},
		{"GET /Users/ann", "", 200, shown("anna", "Anna", "Sales"), reads("anna")}, // the SCIM id stays
		{"GET /Users?filter=userName+eq+%22anna%22", "", 200, fmt.Sprintf(listOfOne, shown("anna", "Anna", "Sales")),
			append([]string{"GET /accounts?name=anna 200"}, reads("anna")...)},
		{"POST /Users", strings.Replace(partsUser, `"ann"`, `"anna"`, 1), 409, `uniqueness: another user already has the userName "anna"`,
			append([]string{"GET /accounts?name=anna 200"}, reads("anna")...)},
	})
	v.accounts["anna"].version++ // an administrator is faster
	vendor.vendor = meanwhile(v, "/profiles/p2")
	r.tell(t, vendor, []step{
		{"PATCH /Users/ann", changes("emails[type eq \\\"work\\\"].value", "a@x.example"), 503, "the resource was changed at the vendor meanwhile", reads("anna", "PATCH /accounts/anna 412")},
	})
	vendor.vendor = v.handler()
	r.tell(t, vendor, []step{
		{"DELETE /Users/ann", "", 204, "", []string{"DELETE /accounts/anna 202", "GET /jobs/3 200"}},
	})
	r.must(t, 404, "GET", "/Users/ann", "")
}

// meanwhile changes every account when a path has been asked for.
func meanwhile(v *parts, path string) http.Handler {
	handler := v.handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		if r.URL.Path == path {
			for _, a := range v.accounts {
				a.version++
			}
		}
	})
}

// TestJobs: a vendor that answers 202 is asked until it has finished; what does not
// finish in time goes on where it was, and what has failed is begun anew.
func TestJobs(t *testing.T) {
	v := newParts()
	vendor := &tape{vendor: v.handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	r := newRig(t, partsFile, server.URL, gateway.Options{Sleep: func(time.Duration) {}})
	v.slow = 3
	r.must(t, 201, "POST", "/Users", partsUser)
	if calls := vendor.take(); !slices.Equal(calls[1:6], []string{"POST /accounts 202", "GET /jobs/1 200", "GET /jobs/1 200", "GET /jobs/1 200", "GET /jobs/1 200"}) {
		t.Errorf("a job that takes a while: %v", calls)
	}
	bob := strings.Replace(partsUser, `"ann"`, `"bob"`, 1)
	v.slow = 1000
	unfinished := []string{"GET /accounts?name=bob 200", "POST /accounts 202"}
	for range 60 {
		unfinished = append(unfinished, "GET /jobs/3 200")
	}
	r.tell(t, vendor, []step{{"POST /Users", bob, 503, "the vendor has not finished yet", unfinished}})
	v.jobs["3"].left = 0
	got := r.must(t, 201, "POST", "/Users", bob)
	if calls := vendor.take(); calls[1] != "GET /jobs/3 200" || strings.Contains(strings.Join(calls, " "), "POST") {
		t.Errorf("the create should go on with its job: %v %s", calls, got.body)
	}
	v.slow, v.fails = 0, true
	cid := strings.Replace(partsUser, `"ann"`, `"cid"`, 1)
	r.tell(t, vendor, []step{{"POST /Users", cid, 400, "invalidValue: the vendor refuses a value", []string{"GET /accounts?name=cid 200", "POST /accounts 202", "GET /jobs/5 200"}}})
	v.fails = false
	r.must(t, 201, "POST", "/Users", cid)
	vendor.take()
	dan := strings.Replace(partsUser, `"ann"`, `"dan"`, 1)
	v.slow = 1000
	r.must(t, 503, "POST", "/Users", dan)
	v.slow = 0
	delete(v.jobs, "8") // forgotten by the vendor, undone
	vendor.take()
	r.tell(t, vendor, []step{{"POST /Users", dan, 502, "the vendor does not know any more what has become of the create",
		[]string{"GET /accounts?name=dan 200", "GET /jobs/8 404", "GET /accounts?name=dan 200"}}})
	r.must(t, 201, "POST", "/Users", dan)
	if len(v.accounts) != 4 {
		t.Errorf("%d accounts, want 4", len(v.accounts))
	}
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

// TestCreateByPut: the id is the one that the user was sent with.
func TestCreateByPut(t *testing.T) {
	v := newParts()
	vendor := &tape{vendor: v.handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	from, to := strings.Index(partsFile, "  create:"), strings.Index(partsFile, "  read:")
	file := partsFile[:from] + "  create: PUT /accounts/{native.name}\n" + partsFile[to:]
	r := newRig(t, file, server.URL, gateway.Options{})
	got := r.must(t, 201, "POST", "/Users", partsUser)
	if want := []string{"GET /accounts?name=ann 200", "PUT /accounts/ann 204", "GET /accounts/ann 200"}; !slices.Equal(vendor.take()[:3], want) {
		t.Errorf("calls: %v %s", vendor.take(), got.body)
	}
	r.must(t, 200, "GET", "/Users/ann", "")
}

// TestForget: who has been deleted and remembered for long enough is nobody again.
func TestForget(t *testing.T) {
	vendor := &tape{vendor: app.New(vendorKey).Handler()}
	server := httptest.NewServer(vendor)
	defer server.Close()
	file := legacyFile(t)
	from := strings.Index(file, "    active:")
	file = file[:from] + "    active: exists\n" + file[from+strings.Index(file[from:], "\n")+1:]
	file = strings.Replace(file, "  create: POST /api/users\n", "  forget: 90d\n  create: POST /api/users\n", 1)
	now := time.Unix(time.Now().Unix(), 0)
	r := newRig(t, file, server.URL, gateway.Options{Now: func() time.Time { return now }})
	r.must(t, 201, "POST", "/Users", `{"userName":"ann@x.example","emails":[{"type":"work","value":"ann@x.example"}],"active":true}`)
	r.must(t, 200, "PATCH", "/Users/2", patching+`[{"op":"replace","path":"active","value":false}]}`)
	found := func() string {
		return gjson.Get(r.must(t, 200, "GET", "/Users?filter=userName+eq+%22ann@x.example%22", "").body, "totalResults").Raw
	}
	now = now.Add(90 * 24 * time.Hour)
	r.must(t, 200, "GET", "/Users/2", "")
	if found() != "1" {
		t.Error("after 90 days she should still be remembered")
	}
	now = now.Add(time.Second)
	if found() != "0" {
		t.Error("after more than 90 days she should be forgotten")
	}
	r.must(t, 404, "GET", "/Users/2", "")
	if record := r.store.Space("legacy", "users").ByID("2"); record != nil {
		t.Errorf("what is left: %+v", record)
	}
}
