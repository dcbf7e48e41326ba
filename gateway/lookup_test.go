package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
	"scimshim/transform"
)

const staffFile = `
vendor: staff
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
lookups:
  departments: {request: "GET /departments?page={page}", items: departments, key: name, value: id}
  roles: {request: GET /roles, key: name, value: id, fresh: 1h}
users:
  id: id
  attributes:
    userName: login
    active: enabled
    displayName: name
    enterprise.department: {native: department_id, lookup: departments OTHERWISE}
    roles: {native: ROLES, lookup: roles, empty: [] OTHERWISE}
  create: POST /people
  read: GET /people/{id}
  update: PATCH /people/{id}
  delete: DELETE /people/{id}
  find: {by: userName, request: "GET /people?login={value}"}
groups: unsupported
`

// staffOf is the file of a vendor with its list of roles, and what is to become of
// what no table has.
func staffOf(roles, otherwise string) string {
	if otherwise != "" {
		otherwise = ", otherwise: " + otherwise
	}
	return strings.NewReplacer("ROLES", roles, " OTHERWISE", otherwise).Replace(staffFile)
}

const enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func newPerson(login, department string, roles ...string) string {
	elements := []map[string]any{}
	for _, role := range roles {
		elements = append(elements, map[string]any{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": role, "value": role})
	}
	return encode(map[string]any{"userName": login, "roles": elements, enterpriseURN: map[string]any{"department": department}})
}

func operationsOf(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

func setDepartment(name string) string {
	return fmt.Sprintf(`{"op":"Replace","path":"%s:department","value":%q}`, enterpriseURN, name)
}

// shownOf are the department and roles that a SCIM resource shows.
func shownOf(body string) string {
	resource := gjson.Parse(body)
	if list := resource.Get("Resources.0"); list.Exists() {
		resource = list
	}
	department := resource.Get(strings.ReplaceAll(enterpriseURN, ".", `\.`) + ".department").String()
	var roles []string
	for _, role := range resource.Get("roles.#.value").Array() {
		roles = append(roles, role.String())
	}
	return department + ": " + strings.Join(roles, " ")
}

func expectCalls(t *testing.T, s *staff, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.called()); diff != "" {
		t.Errorf("native calls (-want +got):\n%s", diff)
	}
}

const (
	page1, page2, page3 = "GET /departments?page=1", "GET /departments?page=2", "GET /departments?page=3"
	getRoles            = "GET /roles"
)

// A department and roles go by id at the vendor and by name at Entra, through every
// kind of request; the tables are fetched once.
func TestLookup(t *testing.T) {
	s, at := newStaff(t), newClock()
	r := newRig(t, staffOf("role_ids", ""), s.URL, gateway.Options{Now: at.time})
	created := r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales", "Admin", "viewer"))
	expectCalls(t, s, page1, page2, getRoles, "GET /people?login=ada",
		`POST /people {"department_id":7,"login":"ada","role_ids":["r1","r3"]}`)
	if got := shownOf(created.body); got != "Sales: Admin viewer" {
		t.Errorf("the answer shows %q: %s", got, created.body)
	}
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Sales: Admin viewer" {
		t.Errorf("the read shows %q", got)
	}
	if got := shownOf(r.must(t, 200, "GET", `/Users?filter=userName+eq+%22ada%22`, "").body); got != "Sales: Admin viewer" {
		t.Errorf("the search shows %q", got)
	}
	expectCalls(t, s, "GET /people/p1", "GET /people?login=ada")

	r.must(t, 204, "PATCH", "/Users/p1", operationsOf(setDepartment("research")))
	expectCalls(t, s, `PATCH /people/p1 {"department_id":8}`) // no read: the table is fresh, and that of roles was not asked for
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"06\",\"value\":\"Editor\",\"displayName\":\"Editor\"}"}]}`))
	expectCalls(t, s, "GET /people/p1", `PATCH /people/p1 {"role_ids":["r1","r3","r2"]}`)
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "research: Admin viewer Editor" {
		t.Errorf("after the changes the read shows %q", got)
	}
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"replace","path":"roles","value":[{"value":"Admin"}]}`, setDepartment("")))
	if got, want := s.person("p1"), `{"enabled":true,"id":"p1","login":"ada","role_ids":["r1"]}`; got != want {
		t.Errorf("the vendor has %s, want %s", got, want)
	}
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"Remove","path":"roles"}`))
	if got, want := s.person("p1"), `{"enabled":true,"id":"p1","login":"ada","role_ids":[]}`; got != want {
		t.Errorf("the vendor has %s, want %s", got, want)
	}
}

// The order in which a vendor shows a list is no change, neither to Entra nor back.
func TestLookupOrder(t *testing.T) {
	s := newStaff(t)
	r := newRig(t, staffOf("role_ids", ""), s.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales", "Admin", "Viewer"))
	before := r.must(t, 200, "GET", "/Users/p1", "").body
	s.turn(func(s *staff) { s.shuffles = true })
	if got := r.must(t, 200, "GET", "/Users/p1", "").body; got != before {
		t.Errorf("before and after:\n%s\n%s", before, got)
	}
	s.called()
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"replace","path":"roles","value":[{"value":"Viewer"},{"value":"Admin"}]}`))
	expectCalls(t, s, "GET /people/p1") // the vendor has these roles
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Sales: Viewer Admin" {
		t.Errorf("shown %q", got)
	}
}

// Elements that are objects keep what else they say, and an element that no table
// names stays.
func TestLookupInObjects(t *testing.T) {
	s := newStaff(t)
	r := newRig(t, staffOf(`"roles[].id"`, ""), s.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales", "Admin"))
	if got, want := s.person("p1"), `{"department_id":7,"enabled":true,"id":"p1","login":"ada","roles":[{"id":"r1"}]}`; got != want {
		t.Errorf("created %s, want %s", got, want)
	}
	s.turn(func(s *staff) {
		s.people["p1"]["roles"] = []any{map[string]any{"id": "r1", "since": "May"}, map[string]any{"id": "hidden"}}
	})
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Sales: Admin" {
		t.Errorf("shown %q", got)
	}
	if log := r.log.String(); !strings.Contains(log, `roles: the lookup \"...\" has nothing for the vendor's value`) {
		t.Errorf("the log does not tell of the unknown role:\n%s", log)
	}
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"Add","path":"roles","value":[{"value":"Editor"}]}`))
	want := `{"department_id":7,"enabled":true,"id":"p1","login":"ada","roles":[{"id":"r1","since":"May"},{"id":"r2"},{"id":"hidden"}]}`
	if got := s.person("p1"); got != want {
		t.Errorf("changed %s, want %s", got, want)
	}
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Sales: Admin Editor" {
		t.Errorf("shown %q", got)
	}
}

// A department that is added is found at once, one that is renamed is shown under its
// new name when the table is fetched next, and one that is gone is shown no more.
func TestLookupChanges(t *testing.T) {
	s, at := newStaff(t), newClock()
	r := newRig(t, staffOf("role_ids", "reject"), s.URL, gateway.Options{Now: at.time})
	r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales"))
	r.must(t, 200, "GET", "/Users/p1", "")
	s.turn(func(s *staff) { s.departments = append(s.departments, entry{9, "Legal"}) })
	s.called()

	got := r.must(t, 400, "PATCH", "/Users/p1", operationsOf(setDepartment("Legal")))
	want := `"enterprise.department" cannot be mapped: the lookup "departments" has nothing for it`
	if gjson.Get(got.body, "detail").String() == "" || !strings.HasPrefix(gjson.Get(got.body, "detail").String(), want) {
		t.Errorf("got %s, want %s", got.body, want)
	}
	expectCalls(t, s, "GET /people/p1") // the table is too young to be asked for again
	at.advance(10 * time.Second)
	r.must(t, 204, "PATCH", "/Users/p1", operationsOf(setDepartment("Legal")))
	expectCalls(t, s, page1, page2, page3, `PATCH /people/p1 {"department_id":9}`)

	s.turn(func(s *staff) { s.departments[2].Name = "Law" })
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Legal: " {
		t.Errorf("before the table is fetched anew: %q", got)
	}
	at.advance(10*time.Minute + time.Second)
	s.called()
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Law: " {
		t.Errorf("after the renaming: %q", got)
	}
	expectCalls(t, s, "GET /people/p1", page1, page2, page3)

	s.turn(func(s *staff) { s.departments = s.departments[:2] })
	at.advance(10*time.Minute + time.Second)
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != ": " {
		t.Errorf("after the deletion: %q", got)
	}
	s.called()
	for range 5 { // and nobody asks for it all the time
		r.must(t, 200, "GET", "/Users/p1", "")
	}
	expectCalls(t, s, slices.Repeat([]string{"GET /people/p1"}, 5)...)
	at.advance(time.Minute)
	r.must(t, 200, "GET", "/Users/p1", "")
	r.must(t, 200, "GET", "/Users?filter=userName+eq+%22ada%22", "")
	expectCalls(t, s, "GET /people/p1", page1, page2, "GET /people?login=ada")
	s.turn(func(s *staff) { s.departments = append(s.departments, entry{9, "Legal again"}) })
	at.advance(time.Minute)
	if got := shownOf(r.must(t, 200, "GET", "/Users?filter=userName+eq+%22ada%22", "").body); got != "Legal again: " {
		t.Errorf("a search shows %q", got)
	}
	expectCalls(t, s, "GET /people?login=ada", page1, page2, page3)
}

// What no table has is kept, dropped or refused as the file says; of a list the
// others are sent.
func TestLookupOtherwise(t *testing.T) {
	for _, tt := range []struct {
		otherwise     string
		status        int
		native, shown string
		resends       bool
	}{
		{"keep", 201, `{"enabled":true,"id":"p1","login":"ada","role_ids":["r1"]}`, "Nowhere: Admin Emperor", false},
		{"drop", 201, `{"enabled":true,"id":"p1","login":"ada","role_ids":["r1"]}`, ": Admin", true},
		{"reject", 400, `null`, "", false},
	} {
		s := newStaff(t)
		r := newRig(t, staffOf("role_ids", tt.otherwise), s.URL, gateway.Options{})
		got := r.must(t, tt.status, "POST", "/Users", newPerson("ada", "Nowhere", "Admin", "Emperor"))
		if native := s.person("p1"); native != tt.native {
			t.Errorf("%s: the vendor has %s, want %s", tt.otherwise, native, tt.native)
		}
		if tt.status != 201 {
			continue
		}
		for i, body := range []string{got.body, r.must(t, 200, "GET", "/Users/p1", "").body, r.must(t, 200, "GET", "/Users/p1", "").body} {
			if shown := shownOf(body); shown != tt.shown {
				t.Errorf("%s: answer %d shows %q, want %q", tt.otherwise, i, shown, tt.shown)
			}
		}
		s.called()
		r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"replace","path":"roles","value":[{"value":"Emperor"}]}`))
		if native := s.person("p1"); native != tt.native {
			t.Errorf("%s: where nothing is known the vendor's own stays, but it has %s", tt.otherwise, native)
		}
	}
}

// A table that cannot be fetched fails what needs it, and never a deactivation.
func TestLookupUnreachable(t *testing.T) {
	s, at := newStaff(t), newClock()
	r := newRig(t, staffOf("role_ids", ""), s.URL, gateway.Options{Now: at.time})
	r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales", "Admin"))
	at.advance(2 * time.Hour)
	for status, want := range map[int][2]any{
		500: {503, `lookup "departments": the vendor answered with status 500`},
		404: {502, `lookup "departments": the vendor answered with the unexpected status 404`},
		403: {502, `lookup "departments": the vendor refuses the gateway's own credentials (status 403)`},
		429: {429, `lookup "departments": the vendor limits the number of calls`},
	} {
		s.turn(func(s *staff) { s.ends["/departments"] = status })
		for _, call := range [][3]string{
			{"GET", "/Users/p1", ""}, {"GET", "/Users?filter=userName+eq+%22ada%22", ""}, {"POST", "/Users", newPerson("eve", "Sales")},
			{"PATCH", "/Users/p1", operationsOf(setDepartment("Research"))}, {"PATCH", "/Users/p1", operationsOf(setDepartment("Research"), `{"op":"Replace","path":"active","value":"True"}`)},
		} {
			got := r.must(t, want[0].(int), call[0], call[1], call[2])
			if detail := gjson.Get(got.body, "detail").String(); !strings.HasPrefix(detail, want[1].(string)) {
				t.Errorf("%d: %s %s: %s", status, call[0], call[1], got.body)
			}
		}
	}
	s.turn(func(s *staff) { s.ends["/departments"] = 500 })
	s.called()
	r.must(t, 204, "PATCH", "/Users/p1", operationsOf(`{"op":"Replace","path":"displayName","value":"Ada"}`)) // needs no table
	expectCalls(t, s, `PATCH /people/p1 {"name":"Ada"}`)
	r.must(t, 204, "PATCH", "/Users/p1", operationsOf(setDepartment("Research"), `{"op":"Replace","path":"active","value":"False"}`))
	expectCalls(t, s, page1, "GET /people/p1", `PATCH /people/p1 {"enabled":false}`)
	put := strings.Replace(newPerson("ada", "Research"), "{", `{"active":false,`, 1)
	s.turn(func(s *staff) { s.people["p1"]["enabled"] = true })
	r.must(t, 200, "PUT", "/Users/p1", put)
	if got, want := s.person("p1"), `{"department_id":7,"enabled":false,"id":"p1","login":"ada","role_ids":["r1"]}`; got != want {
		t.Errorf("the vendor has %s, want %s", got, want)
	}
	s.turn(func(s *staff) { s.ends = map[string]int{} })
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Sales: Admin" {
		t.Errorf("afterwards %q is shown", got)
	}
	r.must(t, 204, "DELETE", "/Users/p1", "")
}

// However many ask at once, a table is fetched once.
func TestLookupOnce(t *testing.T) {
	s := newStaff(t)
	var mu sync.Mutex
	seen := map[string]int{} // what an observer is told of the tables that are kept
	r := newRig(t, staffOf("role_ids", ""), s.URL, gateway.Options{Observe: func(p gateway.Point) {
		if commit, ok := p.Move.(transform.Commit); ok && commit.Lookup != nil {
			mu.Lock()
			defer mu.Unlock()
			seen[p.When+" "+commit.Lookup.Name]++
		}
	}})
	s.turn(func(s *staff) {
		for i := range 20 {
			id := fmt.Sprint("q", i)
			s.people[id] = map[string]any{"id": id, "login": id, "enabled": true, "department_id": 7 + i%2, "role_ids": []any{"r2"}}
		}
	})
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			got := r.call("GET", fmt.Sprint("/Users/q", i), "")
			if want := []string{"Sales: Editor", "Research: Editor"}[i%2]; got.status != 200 || shownOf(got.body) != want {
				t.Errorf("%d: %d %s", i, got.status, got.body)
			}
		}()
	}
	wait.Wait()
	count := map[string]int{}
	for _, call := range s.called() {
		if !strings.HasPrefix(call, "GET /people/") {
			count[call]++
		}
	}
	if diff := cmp.Diff(map[string]int{page1: 1, page2: 1, getRoles: 1}, count); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"before roles": 1, "after roles": 1, "before departments": 1, "after departments": 1}, seen); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

// Of two rows with one name the first counts, as of two names for one id; the log
// says that there are two.
func TestLookupDoubled(t *testing.T) {
	s := newStaff(t)
	s.departments = []entry{{7, "Sales"}, {8, "Sales"}, {7, "Vertrieb"}, {9, "SALES"}}
	r := newRig(t, staffOf("role_ids", ""), s.URL, gateway.Options{})
	for i, department := range []string{"Sales", "Vertrieb", "SALES", "sales"} {
		id := fmt.Sprint("p", i+1)
		r.must(t, 201, "POST", "/Users", newPerson(department, department))
		want := fmt.Sprintf(`{"department_id":%d,"enabled":true,"id":%q,"login":%q}`, []int{7, 7, 9, 7}[i], id, department)
		if got := s.person(id); got != want {
			t.Errorf("%s: the vendor has %s, want %s", department, got, want)
		}
		for range 2 {
			if got := shownOf(r.must(t, 200, "GET", "/Users/"+id, "").body); got != department+": " {
				t.Errorf("%s: shown %q", department, got)
			}
		}
	}
	if log := r.log.String(); strings.Count(log, "lookup departments: 2 items have a key or value that an earlier one has: the first counts") != 1 {
		t.Errorf("the log:\n%s", log)
	}
}

// An account that is deleted and remembered comes back in its department, also where
// the table could not be fetched when it went.
func TestLookupExists(t *testing.T) {
	s, at := newStaff(t), newClock()
	file := strings.NewReplacer("active: enabled", "active: exists").Replace(staffOf("role_ids", ""))
	r := newRig(t, file, s.URL, gateway.Options{Now: at.time})
	r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales", "Admin"))
	r.must(t, 200, "GET", "/Users/p1", "")
	at.advance(2 * time.Hour)
	s.turn(func(s *staff) { s.ends["/departments"], s.ends["/roles"] = 503, 503 })
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"Replace","path":"active","value":"False"}`))
	if got := s.person("p1"); got != "null" {
		t.Errorf("the account is still there: %s", got)
	}
	if got := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body); got != "Sales: Admin" {
		t.Errorf("remembered: %q", got)
	}
	r.must(t, 503, "PATCH", "/Users/p1", operationsOf(`{"op":"Replace","path":"active","value":"True"}`))
	s.turn(func(s *staff) { s.ends = map[string]int{} })
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"Replace","path":"active","value":"True"}`))
	if got, want := s.person("p2"), `{"department_id":7,"enabled":true,"id":"p2","login":"ada","role_ids":["r1"]}`; got != want {
		t.Errorf("back as %s, want %s", got, want)
	}
}

// A search goes by what the vendor has, and is checked on what Entra is shown.
func TestLookupSearched(t *testing.T) {
	s := newStaff(t)
	file := strings.Replace(staffOf("role_ids", ""), "by: userName, request: \"GET /people?login={value}\"",
		`by: enterprise.department, request: "GET /people?department={value}"`, 1)
	file = strings.Replace(file, "  find:", "  list: GET /people\n  find:", 1)
	r := newRig(t, file, s.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", newPerson("ada", "Sales"))
	r.must(t, 201, "POST", "/Users", newPerson("eve", "Research"))
	s.called()
	filter := "/Users?filter=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department+eq+%22Research%22"
	got := r.must(t, 200, "GET", filter, "").body
	expectCalls(t, s, "GET /people?department=8") // which the vendor ignores
	if total, name := gjson.Get(got, "totalResults").Int(), gjson.Get(got, "Resources.0.userName").String(); total != 1 || name != "eve" {
		t.Errorf("found %s", got)
	}
	if got := r.must(t, 200, "GET", "/Users", "").body; gjson.Get(got, "totalResults").Int() != 2 || shownOf(got) != "Sales: " {
		t.Errorf("all are %s", got)
	}
}

// One role of several is mapped by the path that Entra's SingleAppRoleAssignment uses.
func TestLookupOfOne(t *testing.T) {
	s := newStaff(t)
	file := strings.Replace(staffOf("role_ids", ""), "roles: {native: role_ids, lookup: roles, empty: []}",
		`'roles[primary eq "True"].value': {native: role, lookup: roles}`, 1)
	r := newRig(t, file, s.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", `{"userName":"ada","roles":[{"primary":"True","type":"WindowsAzureActiveDirectoryRole","value":"Admin"}]}`)
	r.must(t, 200, "PATCH", "/Users/p1", operationsOf(`{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"Viewer"}`))
	if got, want := s.person("p1"), `{"enabled":true,"id":"p1","login":"ada","role":"r3"}`; got != want {
		t.Errorf("the vendor has %s, want %s", got, want)
	}
	if got := gjson.Get(r.must(t, 200, "GET", "/Users/p1", "").body, "roles").String(); got != `[{"primary":true,"value":"Viewer"}]` {
		t.Errorf("shown %s", got)
	}
}
