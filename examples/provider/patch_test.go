package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"scimshim/examples/provider"

	"github.com/google/go-cmp/cmp"
)

// TestPatch applies each PATCH to a fresh user, and wants the whole resource.
func TestPatch(t *testing.T) {
	const (
		before = `"userName":"ann","active":true,"name":{"givenName":"Ann","familyName":"Lee"},
			"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"}],
			"` + enterprise + `":{"department":"R","manager":{"value":"1","displayName":"Bo"}}`
		emails = `"emails":[{"type":"work","value":"w@x","primary":true},{"type":"home","value":"h@x"}]`
	)
	tests := []struct {
		name       string
		operations []string
		old, new   string // what differs from before
	}{
		{"add an attribute", []string{op("add", "title", `"cto"`)}, `"active"`, `"title":"cto","active"`},
		{"replace what is absent", []string{op("replace", "title", `"cto"`)}, `"active"`, `"title":"cto","active"`},
		{"op and names in any case", []string{op("ADD", "TITLE", `"cto"`)}, `"active"`, `"title":"cto","active"`},
		{"add over a value", []string{op("Add", "userName", `"bo"`)}, `"ann"`, `"bo"`},
		{"add what is there", []string{op("add", "userName", `"ann"`)}, ``, ``},
		{"remove", []string{op("Remove", "active", ""), op("remove", "name.familyName", "")}, `,"familyName":"Lee"`, ``},
		{"a value to remove says nothing", []string{op("remove", "emails", `[{"value":"h@x"}]`)}, emails + ",", ``},
		{"remove what is absent", []string{op("remove", "title", "")}, ``, ``},
		{"remove the last part", []string{op("remove", "name.familyName", ""), op("remove", "name.givenName", "")}, `"name":{"givenName":"Ann","familyName":"Lee"},`, ``},
		{"null is no value", []string{op("replace", "name", `null`)}, `"name":{"givenName":"Ann","familyName":"Lee"},`, ``},
		{"an object is merged", []string{op("replace", "name", `{"GivenName":"Bo","formatted":"Bo Lee"}`)}, `"givenName":"Ann"`, `"givenName":"Bo","formatted":"Bo Lee"`},
		{"a part", []string{op("replace", "name.givenName", `"Bo"`)}, `"givenName":"Ann"`, `"givenName":"Bo"`},
		{"a part of what is absent", []string{op("remove", "name", ""), op("add", "name.givenName", `"Bo"`)}, `"name":{"givenName":"Ann","familyName":"Lee"}`, `"name":{"givenName":"Bo"}`},
		{"without path", []string{op("replace", "", `{"active":false,"name":{"givenName":"Bo"},"title":"cto","`+enterprise+`":{"department":"S"}}`)},
			`"active":true,"name":{"givenName":"Ann","familyName":"Lee"}`, `"title":"cto","active":false,"name":{"givenName":"Bo","familyName":"Lee"}`},
		{"core URN", []string{op("replace", core+":userName", `"bo"`)}, `"ann"`, `"bo"`},
		{"enterprise URN", []string{op("replace", strings.ToUpper(enterprise)+":department", `"S"`)}, `"department":"R"`, `"department":"S"`},
		{"inside of an extension", []string{op("replace", enterprise+":manager.value", `"2"`)}, `"value":"1"`, `"value":"2"`},
		{"a whole manager", []string{op("remove", enterprise+":manager", ""), op("add", enterprise+":manager", `{"value":"2"}`)}, `"value":"1","displayName":"Bo"`, `"value":"2"`},
		{"no manager", []string{op("remove", enterprise+":manager", "")}, `,"manager":{"value":"1","displayName":"Bo"}`, ``},
		{"a whole extension", []string{op("add", enterprise, `{"division":"D"}`)}, `"department":"R"`, `"department":"R","division":"D"`},
		{"one element's value", []string{op("replace", workEmail, `"n@x"`)}, `w@x`, `n@x`},
		{"add to one element", []string{op("add", `emails[type eq \"home\"]`, `{"display":"Home"}`)}, `"h@x"`, `"h@x","display":"Home"`},
		{"replace one element", []string{op("replace", `emails[type eq \"home\"]`, `{"value":"n@x"}`)}, `{"type":"home","value":"h@x"}`, `{"value":"n@x"}`},
		{"remove one element", []string{op("remove", `emails[type eq \"home\"]`, "")}, `,{"type":"home","value":"h@x"}`, ``},
		{"remove every element", []string{op("remove", `emails[type eq \"home\"]`, ""), op("remove", `emails[primary eq true]`, "")}, emails + ",", ``},
		{"remove a list", []string{op("remove", `emails`, "")}, emails + ",", ``},
		{"a part of every element", []string{op("remove", `emails.type`, ""), op("remove", "emails.primary", "")}, emails, `"emails":[{"value":"w@x"},{"value":"h@x"}]`},
		{"add to a list", []string{op("add", `emails`, `[{"value":"n@x"},{"type":"home","value":"h@x"}]`)}, `"h@x"}`, `"h@x"},{"value":"n@x"}`},
		{"add one to a list", []string{op("add", `emails`, `{"value":"n@x"}`)}, `"h@x"}`, `"h@x"},{"value":"n@x"}`},
		{"replace a list", []string{op("replace", `emails`, `[{"value":"n@x"}]`)}, emails, `"emails":[{"value":"n@x"}]`},
		{"a new primary", []string{op("add", `emails`, `[{"value":"n@x","primary":true}]`)}, emails, `"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x"},{"value":"n@x","primary":true}]`},
		{"another primary", []string{op("replace", `emails[type eq \"home\"].primary`, `true`)}, emails, `"emails":[{"type":"work","value":"w@x","primary":false},{"type":"home","value":"h@x","primary":true}]`},
		{"later operations see earlier ones", []string{op("add", "emails", `[{"type":"other"}]`), op("add", `emails[type eq \"other\"].value`, `"n@x"`)}, `"h@x"}`, `"h@x"},{"type":"other","value":"n@x"}`},
	}
	for _, test := range tests {
		p := provider.New(provider.Quirks{}, "token")
		for _, name := range []string{"dan", "eve"} { // the users 1 and 2, for a manager
			p.Insert(map[string]any{"userName": name})
		}
		modified := 4
		if test.old == test.new {
			modified = 3 // what changes nothing leaves the time of the last change alone
		}
		after := shown(3, 3, modified, strings.Replace(before, test.old, test.new, 1))
		if test.name == "without path" {
			after = strings.Replace(after, `"department":"R"`, `"department":"S"`, 1)
		}
		converse(t, p, []step{
			{test.name + ": create", "POST", "/Users", body(before), 201, shown(3, 3, 3, before)},
			{test.name, "PATCH", "/Users/3", patch(test.operations...), 200, after},
			{test.name + ": read", "GET", "/Users/3", "", 200, after},
		})
	}
}

// TestPatchRefused puts a good operation before the bad one: neither may be
// seen afterwards.
func TestPatchRefused(t *testing.T) {
	const ann = `"userName":"ann","active":true,"emails":[{"type":"home","value":"h@x"}]`
	noTarget := func(path string) string {
		return fmt.Sprintf("nothing is at the path %q with its filter", path)
	}
	noManager := func(id string) string {
		return fmt.Sprintf("%q must be the id of a user, not %q", enterprise+":manager.value", id)
	}
	tests := []struct{ name, operation, scimType, detail string }{
		{"unknown op", op("move", "title", `"x"`), "invalidSyntax", "op must be add, replace or remove"},
		{"no object", `7`, "invalidSyntax", "op must be add, replace or remove"},
		{"no value", op("replace", "title", ""), "invalidValue", "replace needs a value"},
		{"remove without path", op("remove", "", ""), "noTarget", "remove needs a path"},
		{"no path, no object", op("add", "", `"x"`), "invalidValue", "add without a path needs an object of attributes"},
		{"a path as a key", op("add", "", `{"name.givenName":"x"}`), "invalidSyntax", `unknown attribute "name.givenName"`},
		{"no text", `{"op":"add","path":7,"value":1}`, "invalidPath", "a path must be a text that is not empty"},
		{"empty path", `{"op":"add","path":"","value":1}`, "invalidPath", "a path must be a text that is not empty"},
		{"unknown attribute", op("add", "shoe", `9`), "invalidPath", `unknown attribute "shoe"`},
		{"unknown part", op("add", "name.shoe", `9`), "invalidPath", `unknown attribute "name.shoe"`},
		{"broken path", op("add", `emails[type eq \"home\"`, `9`), "invalidPath", `path "emails[type eq \"home\"": unexpected "[type eq \"home\""`},
		{"text for a boolean in a filter", op("add", `emails[primary eq \"True\"].value`, `"n@x"`), "invalidPath", `path "emails[primary eq \"True\"].value": "primary" cannot be compared with "True"`},
		{"replace no element", op("replace", workEmail, `"n@x"`), "noTarget", noTarget("emails.value")},
		{"add to no element", op("add", workEmail, `"n@x"`), "noTarget", noTarget("emails.value")},
		{"remove no element", op("remove", `emails[type eq \"work\"]`, ""), "noTarget", noTarget("emails")},
		{"no list at all", op("replace", `phoneNumbers[type eq \"work\"].value`, `"1"`), "noTarget", noTarget("phoneNumbers.value")},
		{"wrong type", op("replace", "active", `"False"`), "invalidValue", `"active" must be a boolean`},
		{"wrong type without path", op("replace", "", `{"active":"False"}`), "invalidValue", `"active" must be a boolean`},
		{"wrong type of an element", op("add", "emails", `["n@x"]`), "invalidValue", `"emails" must be an object`},
		{"id", op("replace", "id", `"7"`), "mutability", `"id" is read-only`},
		{"id without path", op("replace", "", `{"id":"7"}`), "mutability", `"id" is read-only`},
		{"remove userName", op("remove", "userName", ""), "invalidValue", `"userName" is required`},
		{"an unknown manager", op("add", enterprise+":manager", `{"value":"9"}`), "invalidValue", noManager("9")},
		{"a manager's empty id", op("add", enterprise+":manager.value", `""`), "invalidValue", noManager("")},
		{"a manager who is a text", op("add", enterprise+":manager", `"1"`), "invalidValue", fmt.Sprintf("%q must be an object", enterprise+":manager")},
		{"two primaries", op("add", "emails", `[{"value":"a","primary":true},{"value":"b","primary":true}]`), "invalidValue", `"emails" may have one primary value`},
	}
	p := provider.New(provider.Quirks{}, "token")
	p.Insert(map[string]any{"userName": "ann", "emails": []any{map[string]any{"type": "home", "value": "h@x"}}})
	for _, test := range tests {
		converse(t, p, []step{
			{test.name, "PATCH", "/Users/1", patch(op("add", "title", `"cto"`), test.operation), 400, refused(400, test.scimType, test.detail)},
			{test.name + ": read", "GET", "/Users/1", "", 200, shown(1, 1, 1, ann)},
		})
	}
	converse(t, p, []step{{"no operations", "PATCH", "/Users/1", patch(), 400, refused(400, "invalidSyntax", "Operations must be a list that is not empty")}})
	want := []map[string]any{{"id": "1", "userName": "ann", "active": true, "emails": []any{map[string]any{"type": "home", "value": "h@x"}}}}
	if diff := cmp.Diff(want, p.Users()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}
