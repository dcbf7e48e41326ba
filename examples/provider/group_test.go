package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"scimshim/examples/provider"

	"github.com/google/go-cmp/cmp"
)

const groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"

// groupBody is a Group to POST or PUT.
func groupBody(attributes string) string {
	return fmt.Sprintf(`{"schemas":[%q],%s}`, groupURN, attributes)
}

// shownGroup is to groups what shown is to users.
func shownGroup(id, created, modified int, attributes string) string {
	out := strings.Replace(shown(id, created, modified, attributes), core, groupURN, 1)
	return strings.NewReplacer(`"resourceType":"User"`, `"resourceType":"Group"`, fmt.Sprintf("/Users/%d\"}}", id), fmt.Sprintf("/Groups/%d\"}}", id)).Replace(out)
}

// has are the members of a group as they are shown.
func has(ids ...string) string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf(`{"value":%q,"type":"User","$ref":"http://example.com/Users/%s"}`, id, id))
	}
	return `,"members":[` + strings.Join(out, ",") + `]`
}

// newWithUsers gives a provider with the users 1 to 3: ann, bob and cem.
func newWithUsers(quirks provider.Quirks) *provider.Provider {
	p := provider.New(quirks, "token")
	for _, name := range []string{"ann", "bob", "cem"} {
		p.Insert(map[string]any{"userName": name})
	}
	return p
}

func TestGroups(t *testing.T) {
	const (
		salesIs = `"displayName":"Sales","externalId":"s"`
		legalIs = `"displayName":"Legal"`
	)
	noGroup := func(id string) string { return refused(404, "", fmt.Sprintf("no group has the id %q", id)) }
	noUser := func(id string) string {
		return refused(400, "invalidValue", fmt.Sprintf(`"members.value" must be the id of a user, not %q`, id))
	}
	const badMember = `a member must have a "value", and may have the "type" User`
	sales, legal := shownGroup(4, 4, 4, salesIs+has("1")), shownGroup(5, 5, 5, legalIs)
	converse(t, newWithUsers(provider.Quirks{}), []step{
		{"none", "GET", "/Groups", "", 200, listed(0, 1)},
		{"create", "POST", "/Groups", groupBody(salesIs + `,"members":[{"value":"1","$ref":null,"display":"x"}]`), 201, sales},
		{"a schema beside it says nothing", "POST", "/Groups", `{"schemas":["` + groupURN + `","urn:x"],` + legalIs + `,"id":"9","meta":{},"members":[]}`, 201, legal},
		{"read", "GET", "/Groups/4", "", 200, sales},
		{"read nobody", "GET", "/Groups/9", "", 404, noGroup("9")},
		{"a user is no group", "GET", "/Groups/1", "", 404, noGroup("1")},
		{"a group is no user", "GET", "/Users/4", "", 404, refused(404, "", `no user has the id "4"`)},
		{"list", "GET", "/Groups", "", 200, listed(2, 1, sales, legal)},
		{"page", "GET", "/Groups?startIndex=2&count=1", "", 200, listed(2, 2, legal)},
		{"users are listed alone", "GET", "/Users?count=0", "", 200, listed(3, 1)},
		{"names may be shared", "POST", "/Groups", groupBody(`"displayName":"SALES"`), 201, shownGroup(6, 6, 6, `"displayName":"SALES"`)},
		{"no name", "POST", "/Groups", groupBody(`"externalId":"x"`), 400, refused(400, "invalidValue", `"displayName" is required`)},
		{"unknown attribute", "POST", "/Groups", groupBody(legalIs + `,"userName":"x"`), 400, refused(400, "invalidSyntax", `unknown attribute "userName"`)},
		{"unknown member", "POST", "/Groups", groupBody(legalIs + `,"members":[{"value":"9"}]`), 400, noUser("9")},
		{"a group as a member", "POST", "/Groups", groupBody(legalIs + `,"members":[{"value":"4"}]`), 400, noUser("4")},
		{"a group said to be a member", "POST", "/Groups", groupBody(legalIs + `,"members":[{"value":"1","type":"Group"}]`), 400, refused(400, "invalidValue", badMember)},
		{"a member without an id", "POST", "/Groups", groupBody(legalIs + `,"members":[{"display":"x","type":"User"}]`), 400, refused(400, "invalidValue", badMember)},
		{"a text as a member", "POST", "/Groups", groupBody(legalIs + `,"members":["1"]`), 400, refused(400, "invalidValue", `"members" must be an object`)},
		{"a User", "POST", "/Groups", body(`"displayName":"x"`), 400, refused(400, "invalidSyntax", fmt.Sprintf("schemas must contain %q", groupURN))},
		{"replace clears what is absent", "PUT", "/Groups/4", groupBody(`"displayName":"Sellers","members":[{"value":"2"},{"value":"3"},{"value":"2"}]`), 200, shownGroup(4, 4, 7, `"displayName":"Sellers"`+has("2", "3"))},
		{"replace by an unknown member", "PUT", "/Groups/4", groupBody(`"displayName":"x","members":[{"value":"9"}]`), 400, noUser("9")},
		{"replace nobody", "PUT", "/Groups/9", groupBody(legalIs), 404, noGroup("9")},
		{"delete", "DELETE", "/Groups/4", "", 204, ""},
		{"delete again", "DELETE", "/Groups/4", "", 404, noGroup("4")},
		{"its members stay", "GET", "/Users/2", "", 200, shown(2, 2, 2, `"userName":"bob","active":true`)},
		{"ids are not used twice", "POST", "/Users", body(`"userName":"dan"`), 201, shown(7, 8, 8, `"userName":"dan","active":true`)},
		{"other method", "POST", "/Groups/5", groupBody(legalIs), 405, refused(405, "", "POST is not allowed here")},
	})
}

// TestGroupPatch applies each PATCH to a fresh group of ann and bob, and wants
// the whole resource.
func TestGroupPatch(t *testing.T) {
	tests := []struct {
		name       string
		operations []string
		want       string
	}{
		{"rename", []string{op("replace", "displayName", `"Sellers"`)}, `"displayName":"Sellers"` + has("1", "2")},
		{"rename by URN", []string{op("replace", groupURN+":displayName", `"Sellers"`)}, `"displayName":"Sellers"` + has("1", "2")},
		{"rename without path", []string{op("Replace", "", `{"displayName":"Sellers","externalId":"s"}`)}, `"displayName":"Sellers","externalId":"s"` + has("1", "2")},
		{"add", []string{op("add", "members", `[{"$ref":null,"value":"3"}]`)}, `"displayName":"Sales"` + has("1", "2", "3")},
		{"add one", []string{op("add", "members", `{"value":"3"}`)}, `"displayName":"Sales"` + has("1", "2", "3")},
		{"add who is there", []string{op("add", "members", `[{"value":"1"},{"value":"3"},{"value":"3"}]`)}, `"displayName":"Sales"` + has("1", "2", "3")},
		{"remove", []string{op("remove", `members[value eq \"1\"]`, "")}, `"displayName":"Sales"` + has("2")},
		{"remove two", []string{op("remove", `members[value eq \"1\"]`, ""), op("remove", `members[value eq \"2\"]`, "")}, `"displayName":"Sales"`},
		{"remove and add", []string{op("remove", `members[value eq \"1\"]`, ""), op("add", "members", `[{"value":"3"}]`)}, `"displayName":"Sales"` + has("2", "3")},
		{"a value to remove says nothing: all go", []string{op("Remove", "members", `[{"value":"1"}]`)}, `"displayName":"Sales"`},
		{"remove all", []string{op("remove", "members", "")}, `"displayName":"Sales"`},
		{"replace all", []string{op("replace", "members", `[{"value":"3"},{"value":"2"}]`)}, `"displayName":"Sales"` + has("3", "2")},
		{"replace all by nobody", []string{op("replace", "members", `null`)}, `"displayName":"Sales"`},
		{"replace all without path", []string{op("replace", "", `{"members":[{"value":"3"}]}`)}, `"displayName":"Sales"` + has("3")},
	}
	const before = `"displayName":"Sales","members":[{"value":"1"},{"value":"2"}]`
	for _, test := range tests {
		after := shownGroup(4, 4, 5, test.want)
		converse(t, newWithUsers(provider.Quirks{}), []step{
			{test.name + ": create", "POST", "/Groups", groupBody(before), 201, shownGroup(4, 4, 4, `"displayName":"Sales"`+has("1", "2"))},
			{test.name, "PATCH", "/Groups/4", patch(test.operations...), 200, after},
			{test.name + ": read", "GET", "/Groups/4", "", 200, after},
		})
	}
}

// TestGroupPatchRefused is to groups what TestPatchRefused is to users.
func TestGroupPatchRefused(t *testing.T) {
	p := newWithUsers(provider.Quirks{})
	p.InsertGroup(map[string]any{"displayName": "Sales", "members": []any{map[string]any{"value": "1"}}})
	noTarget := `nothing is at the path "members" with its filter`
	for _, test := range []struct{ name, operation, scimType, detail string }{
		{"add an unknown user", op("add", "members", `[{"value":"9"}]`), "invalidValue", `"members.value" must be the id of a user, not "9"`},
		{"add a group", op("add", "members", `[{"value":"4"}]`), "invalidValue", `"members.value" must be the id of a user, not "4"`},
		{"add a text", op("add", "members", `"2"`), "invalidValue", `"members" must be a list`},
		{"add a list of texts", op("add", "members", `["2"]`), "invalidValue", `"members" must be an object`},
		{"add an empty list's element", op("add", "members", `[{"display":"x"}]`), "invalidValue", `a member must have a "value", and may have the "type" User`},
		{"remove no member", op("remove", `members[value eq \"2\"]`, ""), "noTarget", noTarget},
		{"replace no member", op("replace", `members[value eq \"2\"]`, `{"value":"3"}`), "noTarget", noTarget},
		{"another id for a member", op("replace", `members[value eq \"1\"].value`, `"2"`), "mutability", `"members.value" is immutable`},
		{"remove the ids", op("remove", "members.value", ""), "mutability", `"members.value" is immutable`},
		{"remove the name", op("remove", "displayName", ""), "invalidValue", `"displayName" is required`},
		{"a user's attribute", op("add", "userName", `"x"`), "invalidPath", `unknown attribute "userName"`},
		{"a user's URN", op("add", core+":displayName", `"x"`), "invalidPath", `unknown attribute "` + core + `:displayName"`},
		{"id", op("replace", "id", `"7"`), "mutability", `"id" is read-only`},
	} {
		converse(t, p, []step{
			{test.name, "PATCH", "/Groups/4", patch(op("add", "externalId", `"x"`), test.operation), 400, refused(400, test.scimType, test.detail)},
			{test.name + ": read", "GET", "/Groups/4", "", 200, shownGroup(4, 4, 4, `"displayName":"Sales"`+has("1"))},
		})
	}
	converse(t, p, []step{{"nobody", "PATCH", "/Groups/9", patch(op("remove", "members", "")), 404, refused(404, "", `no group has the id "9"`)}})
}

func TestGroupFilters(t *testing.T) {
	p := newWithUsers(provider.Quirks{})
	sales, legal := shownGroup(4, 4, 4, `"displayName":"Sales \"R&D\"","externalId":"s"`+has("1", "2")), shownGroup(5, 5, 5, `"displayName":"Legal"`+has("2"))
	steps := []step{
		{"", "POST", "/Groups", groupBody(`"displayName":"Sales \"R&D\"","externalId":"s","members":[{"value":"1"},{"value":"2"}]`), 201, sales},
		{"", "POST", "/Groups", groupBody(`"displayName":"Legal","members":[{"value":"2"}]`), 201, legal},
	}
	for _, found := range []struct {
		filter string
		want   []string
	}{
		{`displayName+eq+"LEGAL"`, []string{legal}},
		{`displayName+eq+"sales+\"r%26d\""`, []string{sales}},
		{`displayName+eq+"ann"`, nil},
		{groupURN + `:displayName+eq+"legal"`, []string{legal}},
		{`externalId+eq+"s"`, []string{sales}},
		{`id+eq+"5"`, []string{legal}},
		{`id+eq+"1"`, nil},
		{`members.value+eq+"1"`, []string{sales}},
		{`members.value+eq+"2"`, []string{sales, legal}},
		{`members+eq+"2"`, []string{sales, legal}},
		{`members[value+eq+"1"].type+eq+"user"`, []string{sales}},
		{`id+eq+"5"+and+members+eq+"2"`, []string{legal}},
		{`members+eq+"2"+and+id+eq+"5"`, []string{legal}},
		{`id+eq+"5"+and+members+eq+"1"`, nil},
		{`members.value+eq+"3"+and+id+eq+"5"`, nil},
	} {
		steps = append(steps, step{found.filter, "GET", "/Groups?filter=" + found.filter, "", 200, listed(len(found.want), 1, found.want...)})
	}
	for _, wrong := range []struct{ filter, detail string }{
		{`userName+eq+"x"`, `path "userName": unknown attribute "userName"`},
		{`members.shoe+eq+"x"`, `path "members.shoe": unknown attribute "shoe"`},
		{`members+eq+true`, `"members" cannot be compared with true`},
	} {
		steps = append(steps, step{wrong.filter, "GET", "/Groups?filter=" + wrong.filter, "", 400, refused(400, "invalidFilter", wrong.detail)})
	}
	for i := range steps {
		steps[i].target = strings.NewReplacer(`"`, "%22", `\`, "%5C", `[`, "%5B", `]`, "%5D").Replace(steps[i].target)
	}
	converse(t, p, steps)
}

// TestSelection is RFC 7644 section 3.9, of answers of all kinds.
func TestSelection(t *testing.T) {
	const (
		ids   = `"schemas":["` + core + `"],"id":"1"`
		group = `"schemas":["` + groupURN + `"],"id":"4"`
		meta  = `"meta":{"resourceType":"Group","created":"2026-01-01T00:00:04Z","lastModified":"2026-01-01T00:00:04Z","location":"http://example.com/Groups/4"}`
		annIs = `"userName":"ann","active":true,"name":{"givenName":"Ann","familyName":"Lee"},"emails":[{"type":"work","value":"a@x"},{"value":"b@x"}]`
	)
	p := newWithUsers(provider.Quirks{})
	p.Edit("1", func(u map[string]any) {
		u["name"] = map[string]any{"givenName": "Ann", "familyName": "Lee"}
		u["emails"] = []any{map[string]any{"type": "work", "value": "a@x"}, map[string]any{"value": "b@x"}}
	})
	sales := shownGroup(4, 5, 5, `"displayName":"Sales"`+has("1"))
	noMembers := shownGroup(4, 5, 5, `"displayName":"Sales"`)
	p.InsertGroup(map[string]any{"displayName": "Sales", "members": []any{map[string]any{"value": "1"}}})
	converse(t, p, []step{
		{"all", "GET", "/Groups/4", "", 200, sales},
		{"excluded", "GET", "/Groups/4?excludedAttributes=members", "", 200, noMembers},
		{"excluded in a list", "GET", "/Groups?excludedAttributes=members&filter=displayName+eq+%22sales%22", "", 200, listed(1, 1, noMembers)},
		{"a filter sees what is excluded", "GET", "/Groups?excludedAttributes=members&filter=members+eq+%221%22", "", 200, listed(1, 1, noMembers)},
		{"id alone", "GET", "/Groups?attributes=id&filter=id+eq+%224%22+and+members+eq+%221%22", "", 200, listed(1, 1, `{`+group+`}`)},
		{"some, in any case", "GET", "/Groups/4?attributes=DISPLAYNAME,+members.value", "", 200, `{` + group + `,"displayName":"Sales","members":[{"value":"1"}]}`},
		{"what is always shown", "GET", "/Groups/4?excludedAttributes=id,schemas,displayName,members", "", 200, `{` + group + `,` + strings.Replace(meta, "04Z", "05Z", 2) + `}`},
		{"unknown names", "GET", "/Groups/4?attributes=shoe,displayName", "", 200, `{` + group + `,"displayName":"Sales"}`},
		{"nothing", "GET", "/Groups/4?attributes=", "", 200, `{` + group + `}`},
		{"both", "GET", "/Groups/4?attributes=displayName,members&excludedAttributes=members.$ref,members.type", "", 200, `{` + group + `,"displayName":"Sales","members":[{"value":"1"}]}`},
		{"of an object", "GET", "/Users/1?attributes=name.givenName", "", 200, `{` + ids + `,"name":{"givenName":"Ann"}}`},
		{"two of an object", "GET", "/Users/1?attributes=name.givenName,name.familyName", "", 200, `{` + ids + `,"name":{"givenName":"Ann","familyName":"Lee"}}`},
		{"of a list", "GET", "/Users/1?attributes=emails.type,emails.value", "", 200, `{` + ids + `,"emails":[{"type":"work","value":"a@x"},{"value":"b@x"}]}`},
		{"excluded of a list", "GET", "/Users/1?excludedAttributes=emails.value,meta", "", 200, `{` + ids + `,` + strings.NewReplacer(`,"value":"a@x"`, "", `,{"value":"b@x"}`, "").Replace(annIs) + `}`},
		{"of the answer to a PATCH", "PATCH", "/Users/1?attributes=userName", patch(op("replace", "active", "false")), 200, `{` + ids + `,"userName":"ann"}`},
	})
}

// TestUserLeavesWhereHeIsNamed deletes somebody who is a member, and another's
// manager.
func TestUserLeavesWhereHeIsNamed(t *testing.T) {
	p := newWithUsers(provider.Quirks{})
	managed := `"userName":"dan","active":true,"` + enterprise + `":{"department":"R","manager":{"value":"1"}}`
	converse(t, p, []step{
		{"group", "POST", "/Groups", groupBody(`"displayName":"Sales","members":[{"value":"1"},{"value":"2"}]`), 201, shownGroup(4, 4, 4, `"displayName":"Sales"`+has("1", "2"))},
		{"another", "POST", "/Groups", groupBody(`"displayName":"Legal","members":[{"value":"1"}]`), 201, shownGroup(5, 5, 5, `"displayName":"Legal"`+has("1"))},
		{"without him", "POST", "/Groups", groupBody(`"displayName":"Board","members":[{"value":"2"}]`), 201, shownGroup(6, 6, 6, `"displayName":"Board"`+has("2"))},
		{"report", "POST", "/Users", body(managed), 201, shown(7, 7, 7, managed)},
		{"an unknown manager", "PUT", "/Users/7", body(strings.Replace(managed, `"value":"1"`, `"value":"4"`, 1)), 400, refused(400, "invalidValue", fmt.Sprintf("%q must be the id of a user, not %q", enterprise+":manager.value", "4"))},
		{"disabled he stays", "PATCH", "/Users/1", patch(op("replace", "active", "false")), 200, shown(1, 1, 8, `"userName":"ann","active":false`)},
		{"member", "GET", "/Groups/5", "", 200, shownGroup(5, 5, 5, `"displayName":"Legal"`+has("1"))},
		{"delete", "DELETE", "/Users/1", "", 204, ""},
		{"a member less", "GET", "/Groups/4", "", 200, shownGroup(4, 4, 9, `"displayName":"Sales"`+has("2"))},
		{"no member", "GET", "/Groups/5", "", 200, shownGroup(5, 5, 10, `"displayName":"Legal"`)},
		{"untouched", "GET", "/Groups/6", "", 200, shownGroup(6, 6, 6, `"displayName":"Board"`+has("2"))},
		{"no manager", "GET", "/Users/7", "", 200, shown(7, 7, 11, `"userName":"dan","active":true,"`+enterprise+`":{"department":"R"}`)},
		{"the others stay", "GET", "/Users?count=0", "", 200, listed(3, 1)},
		{"a group goes alone", "DELETE", "/Groups/4", "", 204, ""},
	})
	users := []map[string]any{
		{"id": "2", "userName": "bob", "active": true}, {"id": "3", "userName": "cem", "active": true},
		{"id": "7", "userName": "dan", "active": true, enterprise: map[string]any{"department": "R"}},
	}
	if diff := cmp.Diff(users, p.Users()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	bob := []any{map[string]any{"value": "2", "type": "User"}}
	groups := []map[string]any{{"id": "5", "displayName": "Legal"}, {"id": "6", "displayName": "Board", "members": bob}}
	if diff := cmp.Diff(groups, p.Groups()); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestGroupPortal(t *testing.T) {
	p := newWithUsers(provider.Quirks{Attributes: []string{"userName"}, Required: []string{"userName"}, AnswersLack: []string{"userName"}})
	if id := p.InsertGroup(map[string]any{"id": "9", "displayName": "Sales", "members": []map[string]any{{"value": "1", "display": "Ann"}, {"value": "1"}}}); id != "4" {
		t.Errorf("got id %q, want 4", id)
	}
	edited := p.EditGroup("4", func(g map[string]any) { g["displayName"] = "Sellers" })
	if !edited || p.EditGroup("1", func(map[string]any) { t.Error("a user is edited") }) || p.Edit("4", func(map[string]any) { t.Error("a group is edited") }) {
		t.Error("the wrong one is edited")
	}
	want := []map[string]any{{"id": "4", "displayName": "Sellers", "members": []any{map[string]any{"value": "1", "type": "User"}}}}
	if diff := cmp.Diff(want, p.Groups()); diff != "" || len(p.Users()) != 3 {
		t.Errorf("%d users, want 3; groups (-want +got):\n%s", len(p.Users()), diff)
	}
	if len(p.Calls()) != 0 {
		t.Errorf("the portal's work is counted: %v", p.Calls())
	}
	call(t, p, "GET", "/Groups?filter=id+eq+%224%22", "")
	call(t, p, "GET", "/Groups/4", "")
	if diff := cmp.Diff(map[string]int{"GET /Groups?filter=": 1, "GET /Groups/{id}": 1}, p.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestQuirksOfGroups has the quirks that hold for groups, and those that must
// not, for they name attributes of users.
func TestQuirksOfGroups(t *testing.T) {
	const sales = `"displayName":"Sales"`
	made := shownGroup(4, 4, 4, sales)
	gone := refused(404, "", "there is no /Groups/4")
	isTaken := refused(409, "uniqueness", `"displayName" is taken`)
	for name, quirk := range map[string]struct {
		quirks provider.Quirks
		steps  []step
	}{
		"UniqueGroupName": {provider.Quirks{UniqueGroupName: true}, []step{
			{"create", "POST", "/Groups", groupBody(sales), 201, made},
			{"again", "POST", "/Groups", groupBody(`"displayName":"SALES"`), 409, isTaken},
			{"another", "POST", "/Groups", groupBody(`"displayName":"ann"`), 201, shownGroup(5, 5, 5, `"displayName":"ann"`)},
			{"rename", "PATCH", "/Groups/5", patch(op("replace", "displayName", `"sales"`)), 409, isTaken},
			{"replace", "PUT", "/Groups/5", groupBody(`"displayName":"sales"`), 409, isTaken},
			{"one's own", "PUT", "/Groups/4", groupBody(`"displayName":"SALES"`), 200, shownGroup(4, 4, 6, `"displayName":"SALES"`)},
		}},
		"DropsUnknown": {provider.Quirks{DropsUnknown: true}, []step{
			{"create", "POST", "/Groups", groupBody(sales + `,"shoe":9`), 201, made},
		}},
		"PatchUnsupported": {provider.Quirks{PatchUnsupported: true}, []step{
			{"create", "POST", "/Groups", groupBody(sales), 201, made},
			{"patch", "PATCH", "/Groups/4", patch(op("remove", "members", "")), 501, refused(501, "", "PATCH is not supported")},
		}},
		"PatchNoContent": {provider.Quirks{PatchNoContent: true}, []step{
			{"create", "POST", "/Groups", groupBody(sales), 201, made},
			{"patch", "PATCH", "/Groups/4", patch(op("add", "members", `[{"value":"1"}]`)), 204, ""},
			{"read", "GET", "/Groups/4", "", 200, shownGroup(4, 4, 5, sales+has("1"))},
		}},
		"PageSize": {provider.Quirks{PageSize: 1}, []step{
			{"create", "POST", "/Groups", groupBody(sales), 201, made},
			{"another", "POST", "/Groups", groupBody(sales), 201, shownGroup(5, 5, 5, sales)},
			{"list", "GET", "/Groups", "", 200, listed(2, 1, made)},
		}},
		"NoGroups": {provider.Quirks{NoGroups: true}, []step{
			{"create", "POST", "/Groups", groupBody(sales), 404, refused(404, "", "there is no /Groups")},
			{"read", "GET", "/Groups/4", "", 404, gone},
			{"patch", "PATCH", "/Groups/4", patch(op("remove", "members", "")), 404, gone},
			{"delete", "DELETE", "/Groups/4", "", 404, gone},
		}},
		"quirks of users": {provider.Quirks{
			Attributes: []string{"userName"}, Filterable: []string{"userName"}, Required: []string{"name"}, AnswersLack: []string{"displayName"},
			SameEmail: true, UniqueEmail: true, LowerCasesEmail: true, TextBooleans: true,
		}, []step{
			{"create", "POST", "/Groups", groupBody(sales), 201, made},
			{"filter", "GET", "/Groups?filter=displayName+eq+%22sales%22", "", 200, listed(1, 1, made)},
		}},
	} {
		t.Run(name, func(t *testing.T) { converse(t, newWithUsers(quirk.quirks), quirk.steps) })
	}
}
