package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/transform"
)

// newSearchBench serves five users, whom the vendor can list.
func newSearchBench(t *testing.T) (*bench, *fakeVendor) {
	t.Helper()
	v := newFakeVendor(t)
	b := newBench(t, Options{}, strings.Replace(v.file("legacy"), "groups: unsupported", "  list: {request: \"GET /users\", items: users}\ngroups: unsupported", 1))
	for i, login := range []string{"Dora", "anna", "Cleo", "bert", "Emil"} {
		v.put(i+1, login, []string{"b", "", "A", "c", "A"}[i])
	}
	return b, v
}

func (v *fakeVendor) put(id int, login, title string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = max(v.last, id)
	v.users[id] = map[string]any{"id": id, "login": login, "enabled": true}
	if title != "" {
		v.users[id]["title"] = title
	}
}

func (v *fakeVendor) remove(id int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.users, id)
}

// inShort is a list in short: the user names, then what it says of itself.
func inShort(t *testing.T, got answered) string {
	t.Helper()
	if got.Status != 200 {
		return summary(t, got)
	}
	list := decoded(t, got.Body)
	var names []string
	for _, user := range list["Resources"].([]any) {
		names = append(names, fmt.Sprint(user.(map[string]any)["userName"]))
	}
	text := fmt.Sprintf("%s: %v of %v", strings.Join(names, " "), list["itemsPerPage"], list["totalResults"])
	if start, ok := list["startIndex"]; ok {
		text += fmt.Sprintf(" from %v", start)
	}
	if list["nextCursor"] != nil {
		text += " and more"
	}
	return text
}

// Each search is made by a query and by a body, and answered alike.
func TestSearch(t *testing.T) {
	b, _ := newSearchBench(t)
	for _, test := range []struct{ query, body, want string }{
		{"", `{}`, "Dora anna Cleo bert Emil: 5 of 5 from 1"},
		{"startIndex=2&count=2", `{"startIndex":2,"count":2}`, "anna Cleo: 2 of 5 from 2"},
		{"startIndex=4&count=9", `{"STARTINDEX":"4","count":9}`, "bert Emil: 2 of 5 from 4"},
		{"startIndex=9", `{"startIndex":9}`, ": 0 of 5 from 9"},
		{"count=0", `{"count":-1}`, ": 0 of 5 from 1"},
		{"sortBy=userName", `{"sortBy":"userName"}`, "anna bert Cleo Dora Emil: 5 of 5 from 1"},
		{"sortBy=USERNAME&sortOrder=Descending&startIndex=2&count=2", `{"sortBy":"userName","sortOrder":"descending","startIndex":2,"count":2}`, "Dora Cleo: 2 of 5 from 2"},
		{"sortBy=title", `{"sortBy":"urn:ietf:params:scim:schemas:core:2.0:User:title"}`, "Cleo Emil Dora bert anna: 5 of 5 from 1"},
		{"sortBy=title&sortOrder=descending", `{"sortBy":"title","sortOrder":"descending"}`, "anna bert Dora Cleo Emil: 5 of 5 from 1"},
		{"sortBy=id&sortOrder=descending&count=1", `{"sortBy":"id","sortOrder":"descending","count":1}`, "Emil: 1 of 5 from 1"},
		{"sortBy=&sortOrder=", `{"sortBy":"","sortOrder":null}`, "Dora anna Cleo bert Emil: 5 of 5 from 1"},
		{"filter=" + url.QueryEscape(`title eq "a"`) + "&sortBy=userName&sortOrder=descending", `{"filter":"title eq \"a\"","sortBy":"userName","sortOrder":"descending"}`, "Emil Cleo: 2 of 2 from 1"},
		{"cursor&count=2", `{"cursor":"","count":2}`, "Dora anna: 2 of 5 and more"},
		{"cursor=", `{"cursor":""}`, "Dora anna Cleo bert Emil: 5 of 5"},
		{"sortBy=nothing", `{"sortBy":"nothing"}`, `400 sortBy: parse path "nothing": unknown attribute "nothing"`},
		{"sortBy=name", `{"sortBy":"name"}`, `400 sortBy: "name" is complex: sort by one of its sub-attributes`},
		{"sortBy=locale", `{"sortBy":"locale"}`, `400 sortBy is "locale", which the vendor file does not map: add "locale: <native field>" (or "locale: keep") under users.attributes`},
		{"sortOrder=up", `{"sortOrder":"up"}`, `400 sortOrder is "up", which is neither ascending nor descending`},
		{"cursor=x", `{"cursor":"x"}`, `400 the cursor is none of this endpoint: begin with an empty one`},
		{"cursor&count=0", `{"cursor":"","count":-5}`, `400 with a cursor, count is at least 1`},
		{"cursor&startIndex=2", `{"cursor":"","startIndex":2}`, `400 startIndex and cursor cannot be used together`},
		{"count=1.5", `{"count":1.5}`, `400 count is "1.5", which is not a whole number`},
	} {
		for path, got := range map[string]answered{
			"GET /Users?" + test.query:         b.do(t, "audit-of-legacy", "GET", legacy+"/Users?"+test.query, ""),
			"POST /Users/.search " + test.body: b.do(t, "audit-of-legacy", "POST", legacy+"/Users/.search?filter=ignored", test.body),
			"POST /.search " + test.body:       b.do(t, "audit-of-legacy", "POST", legacy+"/.search", test.body),
			"POST /Users/.search with schemas": b.do(t, "token-of-legacy", "POST", legacy+"/Users/.search", withSchemas(test.body)),
		} {
			if text := inShort(t, got); text != test.want {
				t.Errorf("%s:\ngot  %s\nwant %s", path, text, test.want)
			}
		}
	}
}

func withSchemas(body string) string {
	return strings.Replace(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],`+body[1:], ",}", "}", 1)
}

func TestSearchRefuses(t *testing.T) {
	b, v := newSearchBench(t)
	for _, test := range []struct{ method, path, body, want string }{
		{"POST", "/Users/.search", "", "400 the request has no body"},
		{"POST", "/.search", "[]", "400 the body is a list, an object is needed"},
		{"POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x"}`, `400 the body is no SearchRequest: its schemas lack "urn:ietf:params:scim:api:messages:2.0:SearchRequest"`},
		{"POST", "/Users/.search", `{"attributes":[1]}`, `400 "attributes" is a list, which it cannot be`},
		{"POST", "/Users/.search", `{"filter":{}}`, `400 "filter" is an object, which it cannot be`},
		{"POST", "/Users/.search", `{"filter":true}`, `400 "filter" is a boolean, which it cannot be`},
		{"POST", "/Users/.search", `{"filter":"userNam pr"}`, `400 parse filter "userNam pr": unknown attribute "userNam", did you mean "userName"?`},
		{"POST", "/.search", `{"filter":"userNam pr"}`, `400 parse filter "userNam pr": unknown attribute "userNam", did you mean "userName"?`},
		{"POST", "/Users/1/.search", `{}`, `404 there is nothing at "/Users/1/.search"`},
		{"GET", "/Users/.search", ``, `405 GET cannot be used on /Users/.search (POST)`},
		{"GET", "/.search", ``, `405 GET cannot be used on /.search (POST)`},
		{"DELETE", "/Users/.search", ``, `405 DELETE cannot be used on /Users/.search (POST)`},
		{"POST", "/Me/.search", `{}`, "501 /Me/.search is not supported"},
		{"POST", "/Schemas/.search", `{}`, `405 POST cannot be used on /Schemas/.search (GET)`},
	} {
		if text := summary(t, b.do(t, "token-of-legacy", test.method, legacy+test.path, test.body)); text != test.want {
			t.Errorf("%s %s %s:\ngot  %s\nwant %s", test.method, test.path, test.body, text, test.want)
		}
	}
	if got := inShort(t, b.do(t, "token-of-legacy", "POST", legacy+"/Groups/.search", `{"filter":"displayName pr"}`)); got != ": 0 of 0 from 1" {
		t.Errorf("a vendor without groups: %s", got)
	}
	if got := b.do(t, "audit-of-legacy", "PUT", legacy+"/Users/.search", `{}`); got.Status != 403 {
		t.Errorf("a caller who may only read is answered %d to a PUT", got.Status)
	}
	if calls := v.took(); calls != nil {
		t.Errorf("the vendor was called: %q", calls)
	}
}

// pages follows the cursors of a search, and lets something happen after each page.
func pages(t *testing.T, b *bench, query string, between ...func()) (out []string) {
	t.Helper()
	for cursor := ""; ; {
		got := b.do(t, "token-of-legacy", "GET", legacy+"/Users?"+query+"&cursor="+cursor, "")
		out = append(out, inShort(t, got))
		next, more := decoded(t, got.Body)["nextCursor"].(string)
		if cursor = next; !more {
			return out
		}
		if len(between) > 0 {
			between[0]()
			between = between[1:]
		}
	}
}

// Whoever stays is on exactly one of the pages, whatever happens between them.
func TestCursor(t *testing.T) {
	for _, test := range []struct {
		query       string
		createFirst bool // then delete; else the other way round
		want        []string
	}{
		{"count=2", false, []string{"Dora anna: 2 of 5 and more", "Cleo bert: 2 of 4 and more", "Zoe Emil: 2 of 5"}},
		{"count=2&sortBy=userName", true, []string{"anna bert: 2 of 5 and more", "Cleo Dora: 2 of 6 and more", "Emil Zoe: 2 of 5"}},
		{"count=2&sortBy=title&sortOrder=descending", false, []string{"anna bert: 2 of 5 and more", "Cleo Emil: 2 of 4"}},
		{"count=2&filter=active+eq+true", false, []string{"Dora anna: 2 of 5 and more", "Cleo bert: 2 of 4 and more", "Zoe Emil: 2 of 5"}},
	} {
		b, v := newSearchBench(t)
		between := []func(){func() { v.remove(1) }, func() { v.put(45, "Zoe", "") }}
		if test.createFirst {
			slices.Reverse(between)
		}
		if diff := cmp.Diff(test.want, pages(t, b, test.query, between...)); diff != "" {
			t.Errorf("%s: %s", test.query, diff)
		}
	}
}

// A cursor is of use for its own search alone, whoever made it and however
// often the gateway was started since.
func TestCursorBelongs(t *testing.T) {
	b, v := newSearchBench(t)
	next := func(query string) string {
		cursor, _ := decoded(t, b.do(t, "token-of-legacy", "GET", legacy+"/Users?cursor&"+query, "").Body)["nextCursor"].(string)
		return cursor
	}
	again := newBench(t, Options{}, strings.Replace(v.file("legacy"), "groups: unsupported", "  list: {request: \"GET /users\", items: users}\ngroups: unsupported", 1))
	if got := inShort(t, again.do(t, "token-of-legacy", "GET", legacy+"/Users?count=1&cursor="+next("count=2"), "")); got != "Cleo: 1 of 5 and more" {
		t.Errorf("another gateway: %s", got)
	}
	const foreign = "400 the cursor belongs to another filter or sort order: begin with an empty one"
	for _, test := range []struct{ of, with string }{
		{"count=2", "sortBy=userName"}, {"count=2&sortBy=userName", "sortBy=title"}, {"count=2&sortBy=title", "sortBy=title&sortOrder=descending"},
		{"count=2", "filter=active+eq+true"}, {"count=1&filter=active+eq+true", "filter=title+pr"},
	} {
		got := b.do(t, "token-of-legacy", "GET", legacy+"/Users?"+test.with+"&cursor="+next(test.of), "")
		if text := summary(t, got); text != foreign || decoded(t, got.Body)["scimType"] != "invalidCursor" {
			t.Errorf("%s, then %s: %s", test.of, test.with, got.Body)
		}
	}
	request, _ := http.NewRequest("GET", "http://gateway"+legacy+"/Users?cursor="+next("count=2")+"%3D", nil)
	request.Header.Set("Authorization", "Bearer token-of-legacy")
	if text := summary(t, b.send(t, request)); text != "400 the cursor is none of this endpoint: begin with an empty one" {
		t.Errorf("a spoilt cursor: %s", text)
	}
}

// withGroups gives the vendor a second kind, whose resources are the same save
// that they have no title.
func withGroups(b *bench) {
	v := (*b.vendors.Load())["legacy"].Vendor
	groups := *v.Users
	groups.Name, groups.Type, groups.Attributes = "groups", transform.ResourceType{Name: "Group", Endpoint: "/Groups"}, nil
	for _, a := range v.Users.Attributes {
		if own := *a; own.Name != "title" {
			groups.Attributes = append(groups.Attributes, &own)
		}
	}
	groups.Assemble(&v.Upstream)
	v.Groups = &groups
	b.Swap(&config.Snapshot{Vendors: []*config.Vendor{v}})
}

// A search at the base goes through the users first and then the groups.
func TestSearchAll(t *testing.T) {
	b, _ := newSearchBench(t)
	withGroups(b)
	for _, test := range []struct{ body, want string }{
		{`{}`, "Dora anna Cleo bert Emil Dora anna Cleo bert Emil: 10 of 10 from 1"},
		{`{"startIndex":4,"count":3}`, "bert Emil Dora: 3 of 10 from 4"},
		{`{"startIndex":7,"count":2}`, "anna Cleo: 2 of 10 from 7"},
		{`{"startIndex":1,"count":5}`, "Dora anna Cleo bert Emil: 5 of 10 from 1"},
		{`{"count":0}`, ": 0 of 10 from 1"},
		{`{"filter":"userName eq \"anna\""}`, "anna anna: 2 of 2 from 1"},
		{`{"filter":"title eq \"a\""}`, "Cleo Emil: 2 of 2 from 1"},
		{`{"filter":"title eq \"a\"","startIndex":2}`, "Emil: 1 of 2 from 2"},
		{`{"filter":"locale eq \"a\""}`, `400 the filter uses "locale", which the vendor file does not map: add "locale: <native field>" (or "locale: keep") under users.attributes`},
		{`{"filter":"title eq \"a\"","sortBy":"title"}`, "Cleo Emil: 2 of 2 from 1"},
		{`{"sortBy":"userName"}`, "501 a search of all resources can neither be sorted nor use a cursor: use /Users/.search or /Groups/.search"},
		{`{"cursor":""}`, "501 a search of all resources can neither be sorted nor use a cursor: use /Users/.search or /Groups/.search"},
	} {
		if text := inShort(t, b.do(t, "audit-of-legacy", "POST", legacy+"/.search", test.body)); text != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.body, text, test.want)
		}
	}
}
