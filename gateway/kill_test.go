package gateway_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
)

// twoCallFile creates a user with two calls. The second needs what the answer
// of the first one said.
const twoCallFile = `
vendor: two
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    emails.work.value: mail
    displayName: name
    name.givenName: first
    name.familyName: last
    title: {native: position, write: upper(value)}
    enterprise.department: department
    active: {native: status, values: {true: ON, false: OFF}}
    externalId: keep
  create:
    - {request: POST /users, save: {code: body.code}}
    - {request: "PUT /users/{id}/profile?code={saved.code}", fields: [position, department]}
  read:   GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  list:   {request: "GET /users?page={page}", items: users}
  find:   {by: userName, request: "GET /users?login={value}", items: users}
groups: unsupported
`

// existsTwoCallFile and noSearchFile are the same for a vendor that cannot
// disable a user, and for one that cannot search.
var (
	existsTwoCallFile = strings.Replace(twoCallFile, "{native: status, values: {true: ON, false: OFF}}", "exists", 1)
	noSearchFile      = regexp.MustCompile(`(?m)^  find:.*\n`).ReplaceAllString(twoCallFile, "")
)

// existsFile is for a vendor that cannot disable a user.
var existsFile = strings.NewReplacer(
	"vendor: two", "vendor: exists",
	"active: {native: status, values: {true: ON, false: OFF}}", "active: exists",
	"create:\n    - {request: POST /users, save: {code: body.code}}\n    - {request: \"PUT /users/{id}/profile?code={saved.code}\", fields: [position, department]}",
	"create: POST /users",
).Replace(twoCallFile)

// site is a vendor, and how a user of Entra's looks there.
type site struct {
	url   string
	users func() []native
	want  func(entra.User) native
}

func legacySite(t *testing.T) site {
	a := app.New(vendorKey)
	server, err := a.Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return site{server.URL, func() (users []native) {
		if err := json.Unmarshal([]byte(encode(a.Users())), &users); err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			delete(u, "created_at")
			delete(u, "role")
		}
		return users
	}, func(u entra.User) native {
		return native{"login": u.UserPrincipalName, "mail": strings.ToLower(u.UserPrincipalName), "first_name": u.GivenName, "last_name": u.Surname,
			"full_name": u.DisplayName, "position": title(u), "department": u.Department, "manager_id": nil,
			"status": map[bool]any{true: "DISABLED", false: "ENABLED"}[u.SoftDeleted]}
	}}
}

func fakeSite(t *testing.T, status bool) site {
	f := newFake(t)
	return site{f.URL, func() []native {
		users := f.all()
		for _, u := range users {
			delete(u, "code")
		}
		return users
	}, func(u entra.User) native {
		want := native{"login": u.UserPrincipalName, "mail": u.Mail, "first": u.GivenName, "last": u.Surname,
			"name": u.DisplayName, "position": title(u), "department": u.Department}
		if status {
			want["status"] = map[bool]any{true: "OFF", false: "ON"}[u.SoftDeleted]
		}
		return want
	}}
}

// title is what both vendors make of a job title.
func title(u entra.User) any {
	if u.JobTitle == "" {
		return nil
	}
	return strings.ToUpper(u.JobTitle)
}

// deed is what the gateway is killed in.
type deed struct {
	name   string
	file   string
	site   func(t *testing.T) site
	before []func(*entra.User) // what the user goes through first, a cycle each
	change func(*entra.User)   // nil: the user is purged
	gone   bool                // the vendor has no such user afterwards
	points []string            // of the run that survives
}

func asIs(*entra.User)      {}
func disable(u *entra.User) { u.SoftDeleted = true }
func enable(u *entra.User)  { u.SoftDeleted = false }
func rename(u *entra.User)  { u.UserPrincipalName = "new." + u.UserPrincipalName }
func promote(u *entra.User) { u.JobTitle, u.Department = "Head of Everything", "Board" }

// deeds are all that can be killed half-way: what creates, changes and deletes,
// by one call and by several.
func deeds(t *testing.T) []deed {
	legacy := legacyFile(t)
	two := func(t *testing.T) site { return fakeSite(t, true) }
	exists := func(t *testing.T) site { return fakeSite(t, false) }
	existing, remembered := []func(*entra.User){asIs}, []func(*entra.User){asIs, disable}
	probe := []string{"send of find by userName", "memory of record"}      // how each cycle begins
	met := append(slices.Clone(probe), "send of read", "commit of record") // and goes on with a user who was just written
	return []deed{
		{name: "create", file: legacy, site: legacySite, change: asIs, points: append(slices.Clone(probe),
			"send of find by userName", "memory of record",
			"durable commit of intent", "send of create 1", "durable commit of record")},
		{name: "create of two calls", file: twoCallFile, site: two, change: asIs, points: append(slices.Clone(probe),
			"send of find by userName", "memory of record",
			"durable commit of intent", "send of create 1", "durable commit of intent", "send of create 2", "durable commit of record")},
		{name: "update", file: legacy, site: legacySite, before: existing, change: promote, points: append(slices.Clone(met),
			"send of read", "send of update 1", "durable commit of record")},
		{name: "blind update", file: twoCallFile, site: two, before: existing, change: promote, points: append(slices.Clone(met),
			"send of update 1", "durable commit of record")},
		{name: "disable", file: legacy, site: legacySite, before: existing, change: disable, points: append(slices.Clone(met),
			"send of read", "send of update 1", "memory of record")},
		{name: "leave", file: existsFile, site: exists, before: existing, change: disable, gone: true, points: append(slices.Clone(met),
			"send of read", "durable commit of intent", "send of delete 1", "durable commit of record")},
		{name: "restore", file: existsFile, site: exists, before: remembered, change: enable, points: append(slices.Clone(probe),
			"send of find by userName", "send of find by userName",
			"durable commit of intent", "send of create 1", "durable commit of record")},
		{name: "restore by two calls", file: existsTwoCallFile, site: exists, before: remembered, change: enable, points: append(slices.Clone(probe),
			"send of find by userName", "send of find by userName", "durable commit of intent", "send of create 1",
			"durable commit of intent", "send of create 2", "durable commit of record")},
		{name: "rename", file: twoCallFile, site: two, before: existing, change: rename, points: append(slices.Clone(met),
			"send of read", "send of find by userName", "send of update 1", "commit of record")},
		{name: "create without a search", file: noSearchFile, site: two, change: asIs, points: []string{
			"send of list", "send of list", "memory of list", "memory of record", "memory of record",
			"durable commit of intent", "send of create 1", "durable commit of intent", "send of create 2", "durable commit of record"}},
		{name: "delete", file: legacy, site: legacySite, before: existing, gone: true, points: append(slices.Clone(probe),
			"send of read", "send of delete 1", "durable commit of record")},
		{name: "delete a remembered user", file: existsFile, site: exists, before: remembered, gone: true, points: append(slices.Clone(probe),
			"durable commit of record")},
	}
}

// TestKill kills the gateway before and after everything that it sends and
// remembers, has Entra repeat what was not answered, and counts users.
func TestKill(t *testing.T) {
	for _, d := range deeds(t) {
		t.Run(d.name, func(t *testing.T) {
			if diff := cmp.Diff(both(d.points), d.kill(t)); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
		})
	}
}

// both gives the points before and after each move.
func both(moves []string) (points []string) {
	for _, move := range moves {
		points = append(points, "before "+move, "after "+move)
	}
	return points
}

// TestKillMissesNoStep holds the deeds against the programs that write: each
// step that can send or remember is among the points of some deed, or is named
// here with the reason why it need not be.
func TestKillMissesNoStep(t *testing.T) {
	needless := map[string]string{
		"recheck": "the find's items show everything; it only reads",
		"believe": "a search was answered at the start of the cycle; it only reads",
		"reread":  "the answers to writes show the user; it only reads",
		"verify":  "no write is answered 404; it only reads",
		"recall":  "memory alone", "translate": "managers go by their ids: memory alone", "index": "memory alone",
		"apply": "pure", "decide": "pure", "reply": "pure",
	}
	reached := map[string]bool{}
	for _, d := range deeds(t) {
		for _, move := range d.points {
			_, step, _ := strings.Cut(move, " of ")
			reached[step] = true
		}
	}
	for _, d := range deeds(t) {
		snapshot, err := compile(d.file, "http://127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range snapshot.Vendors[0].Users.Programs {
			for _, step := range program.Steps {
				if needless[step.Name()] == "" && !reached[step.Name()] {
					t.Errorf("%s: the program of %s has the step %q, which no deed comes to", d.name, program.Operation, step.Name())
				}
			}
		}
	}
}

// kill does the deed again and again, each time with another user, and is
// killed one point later each time, until it is through.
func (d deed) kill(t *testing.T) []string {
	vendor, dir := d.site(t), t.TempDir()
	file := filepath.Join(dir, "vendor.yaml")
	if err := os.WriteFile(file, []byte(d.file), 0o600); err != nil {
		t.Fatal(err)
	}
	snapshot, err := compile(d.file, vendor.url)
	if err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:0"
	start := func() *child {
		c := startChild(t, address, file, vendor.url, filepath.Join(dir, "state.db"))
		address = c.address
		return c
	}
	for n, user := range entra.Sample(100, 1) {
		c := start()
		service := newService(t, "http://"+address+"/"+snapshot.Vendors[0].Name+"/scim/v2", entra.Default)
		for _, change := range d.before {
			change(&user)
			service.Put(user)
			if report := service.Cycle(context.Background()); len(report.Errors) > 0 {
				t.Fatalf("preparing: %v", report.Errors)
			}
		}
		c.arm(n + 1)
		d.do(service, &user)
		report := service.Cycle(context.Background())
		points, killed := c.end()
		if !killed {
			if len(report.Errors) > 0 {
				t.Errorf("the run that survives: %v", report.Errors)
			}
			return points
		}
		t.Run("killed "+points[n], func(t *testing.T) {
			c = start()
			report := service.Cycle(context.Background())
			if len(report.Errors) > 0 {
				t.Errorf("repeated: %v", report.Errors)
			}
			half := d.before == nil && points[n] != "after durable commit of record" && len(snapshot.Vendors[0].Users.Create) > 1
			if half && report.Requests[entra.PostUser] != 1 {
				t.Errorf("a user who is half made has been shown: requests %v", report.Requests)
			}
			quiet(t, service.Cycle(context.Background()))
			d.check(t, vendor, user)
			c.end()
		})
	}
	t.Fatal("the deed has no end")
	return nil
}

func (d deed) do(service *entra.Service, user *entra.User) {
	if d.change == nil {
		service.Purge(user.ObjectID)
		return
	}
	d.change(user)
	service.Put(*user)
}

// check wants the user once at the vendor, and whole. That reads show what
// Entra sent is known from the cycle that had nothing to do.
func (d deed) check(t *testing.T, vendor site, user entra.User) {
	var has, want []native
	for _, u := range vendor.users() {
		if u["login"] == user.UserPrincipalName {
			delete(u, "id")
			if _, shown := u["position"]; !shown {
				u["position"] = nil // absent and null are the same
			}
			has = append(has, u)
		}
	}
	if !d.gone {
		want = []native{vendor.want(user)}
	}
	if diff := cmp.Diff(want, has); diff != "" {
		t.Errorf("the vendor's users (-want +got):\n%s", diff)
	}
}
