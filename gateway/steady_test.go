package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"scimshim/examples/entra"
	"scimshim/gateway"
)

// steadyFile maps every kind of attribute once: plain, through a table, through
// a rule, through an expression, at a required place, and kept.
const steadyFile = `
vendor: steady
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    emails.work.value: {native: mail, required: true}
    displayName: name
    name.givenName: first
    name.familyName: last
    title: {native: position, write: upper(value)}
    enterprise.department: department
    active: {native: status, values: {true: ON, false: [OFF, LOCKED]}}
    externalId: keep
  create: POST /users
  read:   GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  list:   {request: "GET /users?page={page}", items: users}
  find:   {by: userName, request: "GET /users?login={value}", items: users}
  PROTECT
groups: unsupported
`

const protectAdmins = `protect: native.role == "ADMIN"`

// lossy are the ways in which vendors spoil a value.
var lossy = map[string]habit{
	"lower-cases": func(v any) any { return strings.ToLower(fmt.Sprint(v)) },
	"trims":       func(v any) any { return strings.TrimSpace(fmt.Sprint(v)) },
	"truncates":   func(v any) any { return string([]rune(fmt.Sprint(v))[:min(6, len([]rune(fmt.Sprint(v))))]) },
	"drops":       func(any) any { return nil },
	"keeps":       nil,
}

// fields are the native fields that the vendor may spoil, by the path of the
// attribute in the resource.
var fields = map[string]string{
	"userName": "login", "emails.0.value": "mail", "displayName": "name", "name.givenName": "first", "name.familyName": "last",
	"title": "position", "urn:ietf:params:scim:schemas:extension:enterprise:2\\.0:User.department": "department",
}

// spoil draws what the vendor makes of each field, at once or later. A login
// that is cut or dropped is none: users could no longer be told apart.
func (f *fake) spoil(t *rapid.T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users, f.habits, f.later = map[string]native{}, map[string]habit{}, map[string]habit{}
	for _, field := range slices.Sorted(maps.Values(fields)) {
		names := slices.Sorted(maps.Keys(lossy))
		if field == "login" {
			names = []string{"keeps", "lower-cases", "trims"}
		}
		when := rapid.SampledFrom([]map[string]habit{f.habits, f.later}).Draw(t, field+" when")
		when[field] = lossy[rapid.SampledFrom(names).Draw(t, field)]
	}
	for _, habits := range []map[string]habit{f.habits, f.later} {
		maps.DeleteFunc(habits, func(_ string, h habit) bool { return h == nil })
	}
}

// text draws a value that vendors like to spoil.
func text(t *rapid.T, what string) string {
	return rapid.SampledFrom([]string{"", " "}).Draw(t, what+" before") + rapid.StringMatching(`[A-Za-zÅéß"\\<&]{1,4}[a-zA-Z .'/%]{0,6}[A-Z0-9]`).Draw(t, what)
}

// drawUser draws a user whom no other check has had.
func drawUser(t *rapid.T, name string) entra.User {
	return entra.User{ObjectID: name, UserPrincipalName: name + "@Contoso.com", MailNickname: name, Mail: name + text(t, "mail"),
		GivenName: text(t, "given"), Surname: text(t, "surname"), DisplayName: text(t, "display"),
		JobTitle: rapid.SampledFrom([]string{"", "x"}).Draw(t, "title") + text(t, "title"), Department: text(t, "department")}
}

// redraw changes some of a user's attributes.
func redraw(t *rapid.T, u entra.User) entra.User {
	for _, field := range []*string{&u.Mail, &u.GivenName, &u.Surname, &u.DisplayName, &u.JobTitle, &u.Department} {
		if rapid.Bool().Draw(t, "changes") {
			*field = text(t, "new")
		}
	}
	u.SoftDeleted = rapid.Bool().Draw(t, "disabled")
	return u
}

// shows asserts that a read shows exactly what Entra has, and nothing else.
func shows(t *rapid.T, r *rig, id string, u entra.User) {
	got := r.must(t, 200, "GET", "/Users/"+id, "")
	var shown map[string]any
	if err := json.Unmarshal([]byte(got.body), &shown); err != nil {
		t.Fatal(err)
	}
	delete(shown, "meta")
	delete(shown, "schemas")
	name := map[string]any{"givenName": u.GivenName, "familyName": u.Surname}
	want := map[string]any{"id": id, "userName": u.UserPrincipalName, "active": !u.SoftDeleted, "displayName": u.DisplayName,
		"title": u.JobTitle, "externalId": u.MailNickname, "name": name,
		"emails": []any{map[string]any{"type": "work", "value": u.Mail}},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"department": u.Department}}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("what is read is not what was sent (-want +got):\n%s", diff)
	}
}

// TestSteadyState is law 2: whatever the vendor makes of what it is sent, Entra
// is shown what it sent, and a cycle over unchanged users writes nothing.
func TestSteadyState(t *testing.T) {
	protected := strings.Replace(steadyFile, "PROTECT", protectAdmins, 1)
	for name, file := range map[string]string{
		"protected": protected,
		"blind":     strings.Replace(steadyFile, "PROTECT", "", 1),
		"list":      regexp.MustCompile(`(?m)^  find:.*\n`).ReplaceAllString(protected, ""),
		"no list":   regexp.MustCompile(`(?m)^  list:.*\n`).ReplaceAllString(protected, ""),
		"exists":    regexp.MustCompile(`(?m)^    active:.*$`).ReplaceAllString(protected, "    active: exists"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steady(t, file)
		})
	}
}

func steady(t *testing.T, file string) {
	vendor := newFake(t)
	r := newRig(t, file, vendor.URL, gateway.Options{})
	number := 0
	rapid.Check(t, func(t *rapid.T) {
		vendor.spoil(t)
		dialect := rapid.SampledFrom([]entra.Dialect{entra.Default, entra.AadOptscim062020}).Draw(t, "dialect")
		service := newService(r.t, r.base, dialect)
		var users []entra.User
		for range rapid.IntRange(1, 2).Draw(t, "users") {
			number++
			users = append(users, drawUser(t, fmt.Sprintf("Steady%d", number)))
		}
		for range 3 {
			service.Put(users...)
			if report := service.Cycle(context.Background()); len(report.Errors) > 0 {
				t.Fatalf("errors: %v", report.Errors)
			}
			for _, u := range users {
				shows(t, r, service.Anchor(u.ObjectID), u)
			}
			vendor.called()
			quiet(t, service.Cycle(context.Background()))
			for _, call := range vendor.called() {
				if !strings.HasPrefix(call, "GET ") {
					t.Errorf("a cycle without a change: %s", call)
				}
			}
			for i, u := range users {
				users[i] = redraw(t, u)
			}
		}
	})
}

// TestUntouchedFieldsAreTheVendors is law 1: an administrator's edit survives a
// PATCH of something else, and is shown.
func TestUntouchedFieldsAreTheVendors(t *testing.T) {
	vendor := newFake(t)
	r := newRig(t, strings.Replace(steadyFile, "PROTECT", protectAdmins, 1), vendor.URL, gateway.Options{})
	number := 0
	rapid.Check(t, func(t *rapid.T) {
		vendor.spoil(t)
		number++
		user := drawUser(t, fmt.Sprintf("Edited%d", number))
		service := newService(r.t, r.base, entra.Default, user)
		if report := service.Cycle(context.Background()); len(report.Errors) > 0 {
			t.Fatalf("errors: %v", report.Errors)
		}
		id := service.Anchor(user.ObjectID)
		shows(t, r, id, user) // and so the vendor's later changes are settled
		paths := rapid.Permutation(slices.Sorted(maps.Keys(fields))).Draw(t, "attributes")
		edited, patched := paths[0], paths[1]
		vendor.edit(id, fields[edited], "Edited by hand")
		vendor.called()
		r.must(t, 200, "PATCH", "/Users/"+id, patchOf(patched, "PATCHED@X"))
		sent := fmt.Sprintf(`PUT /users/%s {"%s":"PATCHED@X"}`, id, fields[patched])
		if diff := cmp.Diff([]string{sent}, writes(vendor.called())); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
		if has := vendor.all()[0][fields[edited]]; has != "Edited by hand" {
			t.Errorf("%s: the edit became %v", edited, has)
		}
		got := r.must(t, 200, "GET", "/Users/"+id, "").body
		if gjson.Get(got, edited).String() != "Edited by hand" || gjson.Get(got, patched).String() != "PATCHED@X" {
			t.Errorf("%s edited, %s patched: %s", edited, patched, got)
		}
	})
}

// patchOf sets one attribute, by the path that Entra would use.
func patchOf(path, value string) string {
	path = strings.NewReplacer("emails.0.", `emails[type eq \"work\"].`, `2\.0:User.`, "2.0:User:").Replace(path)
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"%s","value":"%s"}]}`, path, value)
}

// TestBlindPatch is law 7: a PATCH whose consequences follow from the request
// alone is one call, and carries nothing else.
func TestBlindPatch(t *testing.T) {
	vendor := newFake(t)
	r := newRig(t, strings.Replace(steadyFile, "PROTECT", "", 1), vendor.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", strings.Replace(ada, `"title"`, `"emails":[{"type":"work","value":"ada@contoso.com"}],"title"`, 1))
	vendor.called()
	for _, test := range []struct{ path, value, call string }{
		{"displayName", "Ada L", `PUT /users/1 {"name":"Ada L"}`},
		{"title", "Boss", `PUT /users/1 {"position":"BOSS"}`},
		{"emails.0.value", "A@b", `PUT /users/1 {"mail":"A@b"}`},
		{"active", "False", `PUT /users/1 {"status":"OFF"}`},
	} {
		r.must(t, 200, "PATCH", "/Users/1", patchOf(test.path, test.value))
		if diff := cmp.Diff([]string{test.call}, vendor.called()); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", test.path, diff)
		}
	}
}
