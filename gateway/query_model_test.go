package gateway_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"scimshim/gateway"
	"scimshim/transform/scim"
)

// drawFilter is a filter over what the register's file maps or keeps.
func drawFilter(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := []string{"text", "text", "number", "time", "pr"}
		if depth > 0 {
			kinds = append(kinds, "and", "or", "or", "not")
		}
		switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
		case "text":
			paths := []string{"userName", "userName", "userName", "title", "nickName", scim.EnterpriseURN + ":department", "emails.value", `emails[type eq "work"].value`, "id"}
			return fmt.Sprintf("%s %s %q", rapid.SampledFrom(paths).Draw(t, "path"), rapid.SampledFrom([]string{"eq", "eq", "sw", "co", "ew", "ne", "gt"}).Draw(t, "operator"),
				rapid.SampledFrom([]string{"ann", "AN", "dora", "it", "Evita", "Boss", "bea@x", "2", "x"}).Draw(t, "value"))
		case "number":
			return fmt.Sprintf("urn:acme:User:level %s %d", rapid.SampledFrom([]string{"eq", "gt", "le"}).Draw(t, "operator"), rapid.IntRange(0, 5).Draw(t, "value"))
		case "time":
			return fmt.Sprintf(`meta.lastModified %s "2024-0%d-01T00:00:00Z"`, rapid.SampledFrom([]string{"ge", "lt"}).Draw(t, "operator"), rapid.IntRange(1, 6).Draw(t, "value"))
		case "pr":
			return rapid.SampledFrom([]string{"title pr", "nickName pr", "active eq true"}).Draw(t, "present")
		case "not":
			return "not (" + drawFilter(depth-1).Draw(t, "term") + ")"
		default:
			return "(" + drawFilter(depth-1).Draw(t, "left") + ") " + kind + " (" + drawFilter(depth-1).Draw(t, "right") + ")"
		}
	})
}

// Whatever is asked, and however it is split between finds, index and list, the
// answer is what the filter takes of all that Entra would see; or none at all.
func TestFiltersAreTheModel(t *testing.T) {
	for name, file := range map[string]string{
		"finds":          registerFile("", findLogin, findStarts, findDept, findMail, findSince),
		"finds and list": registerFile(registerList, findLogin, findStarts, findDept, findMail, findSince),
		"list":           registerFile(registerList),
		"bare ids":       registerFile("GET /ids"),
	} {
		t.Run(name, func(t *testing.T) {
			v := newRegister(t, crew()...)
			r := newRig(t, file, v.URL, gateway.Options{})
			r.must(t, 201, "POST", "/Users", `{"userName":"eve","nickName":"Evita","title":"Boss","active":true}`)
			r.must(t, 201, "POST", "/Users", `{"userName":"annika","active":true}`)
			var everybody []scim.Value
			for id := range 7 {
				body, err := scim.ParseJSON([]byte(r.must(t, 200, "GET", fmt.Sprint("/Users/", id+1), "").body), scim.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				everybody = append(everybody, body)
			}
			answered, catalog := 0, r.snapshot.Vendors[0].Users.Catalog
			rapid.Check(t, func(t *rapid.T) {
				text := drawFilter(2).Draw(t, "filter")
				filter, err := scim.ParseFilter(catalog, text)
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for _, user := range everybody {
					if filter.Matches(user) {
						want = append(want, user.Member("userName").Text())
					}
				}
				switch got := r.logins(t, text); {
				case strings.HasPrefix(got, "400 the vendor file has neither a find nor a list") && name == "finds":
				case got != strings.Join(want, " "):
					t.Fatalf("%s: got %q, want %q", text, got, strings.Join(want, " "))
				default:
					answered++
				}
			})
			if answered == 0 {
				t.Error("no filter was answered: the property says nothing")
			}
		})
	}
}

// What a list tells is told in the order of the vendor, and once.
func TestAlternativesMeet(t *testing.T) {
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile("", findLogin, findStarts), v.URL, gateway.Options{})
	got := r.must(t, 200, "GET", `/Users?filter=userName+sw+%22an%22+or+userName+eq+%22ann%22+or+id+eq+%221%22`, "")
	var list struct {
		TotalResults int
		Resources    []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(got.body), &list); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, user := range list.Resources {
		ids = append(ids, user.ID)
	}
	if slices.Sort(ids); list.TotalResults != 2 || strings.Join(ids, " ") != "1 2" {
		t.Errorf("got %s", got.body)
	}
}

// A value that only the gateway keeps is found by any operator.
func TestKeptValuesAreSearched(t *testing.T) {
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile("", findLogin, findStarts), v.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", `{"userName":"eve","nickName":"Evita","active":true}`)
	v.called()
	for _, test := range []struct {
		filter, want string
		calls        []string
	}{
		{`nickName sw "evi"`, "eve", []string{"GET /users/6"}},
		{`nickName co "it" or userName sw "b"`, "bea eve", []string{"GET /users?starts=b", "GET /users/6"}},
		{`nickName ew "x"`, "", []string{}},
		{`nickName eq "evita"`, "eve", []string{"GET /users/6"}},
	} {
		if got := r.logins(t, test.filter); got != test.want {
			t.Errorf("%s: got %q, want %q", test.filter, got, test.want)
		}
		if diff := gocmp.Diff(strings.Join(test.calls, " "), strings.Join(v.called(), " ")); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", test.filter, diff)
		}
	}
}
