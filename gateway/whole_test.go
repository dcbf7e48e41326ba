package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWholeUser: of a vendor whose update forgets what it is not sent, the whole user
// is sent, with what its administrators have written and the file does not mention.
func TestWholeUser(t *testing.T) {
	s := newShelf()
	s.routes["PUT /users/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
		if s.users[r.PathValue("id")] == nil {
			say(w, 404, nil)
			return
		}
		body["id"] = r.PathValue("id")
		s.users[r.PathValue("id")] = body
		say(w, 204, nil)
	}
	r, vendor := s.rig(t, `  update: {request: "PUT /users/{id}", whole: true}`)
	r.must(t, 201, "POST", "/Users", newAnn)
	s.users["n1"]["note"] = map[string]any{"by": "admin", "stars": 5}
	both := []string{"GET /users/n1 200", "PUT /users/n1 204"}
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 204, "", both},
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 200, shown("n1", `"userName":"ann","title":"Chief","active":true`), both[:1]},
		{"PATCH /Users/n1", replacing("active", `false`), 204, "", both},
		{"PUT /Users/n1", `{"userName":"ann","active":false}`, 200, shown("n1", `"userName":"ann","active":false`), append(both, both[0])},
	})
	if diff := cmp.Diff(`{"enabled":false,"id":"n1","login":"ann","note":{"by":"admin","stars":5},"title":null}`, s.has("n1")); diff != "" {
		t.Errorf("the vendor has (-want +got):\n%s", diff)
	}
}

// merged lays an update over what the vendor has: object by object, save those whose
// path is among the replaced, which forget what they are not sent.
func merged(has, sent map[string]any, under string, replaced []string) {
	for name, value := range sent {
		into, object := has[name].(map[string]any)
		from, both := value.(map[string]any)
		if path := under + name; object && both && !slices.Contains(replaced, path) {
			merged(into, from, path+".", replaced)
			continue
		}
		has[name] = value
	}
}

// TestWholeObjects: the objects that the file names are sent complete, with what was
// read in them; of the others what changes alone. Nothing else is lost at the vendor.
func TestWholeObjects(t *testing.T) {
	const chief, anna = `{"job":{"title":"Chief"}}`, `{"name":{"first":"Anna"}}`
	attributes := "  attributes: {userName: login, title: job.title, enterprise.department: job.place.department, name.givenName: name.first, name.familyName: name.last}"
	for _, test := range []struct {
		replaced                 []string
		title, department, given string
	}{
		{nil, chief, `{"job":{"place":{"department":"IT"},"title":"Cook"}}`, anna},
		{[]string{"job"}, `{"job":{"grade":7,"place":{"department":"HR","floor":2},"title":"Chief"}}`,
			`{"job":{"grade":7,"place":{"department":"IT","floor":2},"title":"Cook"}}`, anna},
		{[]string{"job", "name"}, `{"job":{"grade":7,"place":{"department":"HR","floor":2},"title":"Chief"}}`,
			`{"job":{"grade":7,"place":{"department":"IT","floor":2},"title":"Cook"}}`, `{"name":{"first":"Anna","last":"Lee"}}`},
		{[]string{"job.place"}, chief, `{"job":{"place":{"department":"IT","floor":2},"title":"Cook"}}`, anna},
	} {
		t.Run(strings.Join(test.replaced, " and "), func(t *testing.T) {
			s := newShelf()
			var sent []string
			s.routes["PATCH /users/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
				sent = append(sent, encode(body))
				merged(s.users[r.PathValue("id")], body, "", test.replaced)
				say(w, 204, nil)
			}
			s.put(native{"login": "ann", "job": map[string]any{"title": "Boss", "grade": 7, "place": map[string]any{"department": "HR", "floor": 2}},
				"name": map[string]any{"first": "Ann", "last": "Lee"}})
			update := "  update: PATCH /users/{id}"
			if len(test.replaced) > 0 {
				update = `  update: {request: "PATCH /users/{id}", whole: [` + strings.Join(test.replaced, ", ") + "]}"
			}
			r, _ := s.rig(t, attributes, update)
			r.must(t, 204, "PATCH", "/Users/n1", replacing("title", `"Chief"`))
			r.must(t, 204, "PATCH", "/Users/n1", operationsOf(`{"op":"replace","path":"title","value":"Cook"}`, setDepartment("IT")))
			r.must(t, 204, "PATCH", "/Users/n1", replacing("name.givenName", `"Anna"`))
			if diff := cmp.Diff([]string{test.title, test.department, test.given}, sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			const want = `{"id":"n1","job":{"grade":7,"place":{"department":"IT","floor":2},"title":"Cook"},"login":"ann","name":{"first":"Anna","last":"Lee"}}`
			if diff := cmp.Diff(want, s.has("n1")); diff != "" {
				t.Errorf("the vendor has (-want +got):\n%s", diff)
			}
		})
	}
}

// TestListBesideAField: a list is complete also where the call carries something else
// of the object that the list is in.
func TestListBesideAField(t *testing.T) {
	s := newShelf()
	s.routes["PATCH /users/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
		merged(s.users[r.PathValue("id")], body, "", nil) // lists are replaced
		say(w, 204, nil)
	}
	r, vendor := s.rig(t, `  attributes: {userName: login, title: job.title, phoneNumbers.work.value: "job.phones[kind eq work].number"}`)
	s.put(native{"login": "ann", "job": map[string]any{"title": "Boss", "grade": 7, "phones": []any{
		map[string]any{"kind": "pager", "number": "1"}, map[string]any{"kind": "work", "number": "2", "label": "desk"}}}})
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", operationsOf(`{"op":"replace","path":"title","value":"Chief"}`, `{"op":"replace","path":"phoneNumbers[type eq \"work\"].value","value":"3"}`),
			204, "", []string{"GET /users/n1 200", "PATCH /users/n1 204"}},
	})
	const want = `{"id":"n1","job":{"grade":7,"phones":[{"kind":"pager","number":"1"},{"kind":"work","label":"desk","number":"3"}],"title":"Chief"},"login":"ann"}`
	if diff := cmp.Diff(want, s.has("n1")); diff != "" {
		t.Errorf("the vendor has (-want +got):\n%s", diff)
	}
}

// The pairs of a list, by their names: Zimbra, LDAP and SCIM have attributes so.
const pairAttributes = `  attributes: {userName: login, title: "attrs[n eq title].v", displayName: "attrs[n eq name].v", active: {native: "attrs[n eq locked].v", values: {true: "no", false: "yes"}}}`

// pairs is a shelf whose users have pairs, and whose update takes them inside an
// envelope: all there are, or, where it merges, those that change.
func pairs(merges bool) *shelf {
	s := newShelf()
	s.routes["POST /users/{id}/modify"] = func(w http.ResponseWriter, r *http.Request, body native) {
		u := s.users[r.PathValue("id")]
		envelope, _ := body["modify"].(map[string]any)
		user, _ := envelope["user"].(map[string]any)
		if u == nil || body["token"] != "T" || envelope["reason"] != "entra" || user["locale"] != "de" {
			say(w, 400, native{"error": "wrong envelope: " + encode(body)})
			return
		}
		sent, _ := user["attrs"].([]any)
		var kept []any
		if merges {
			has, _ := u["attrs"].([]any)
			kept = slices.DeleteFunc(slices.Clone(has), func(old any) bool {
				return slices.ContainsFunc(sent, func(p any) bool { return pairName(p) == pairName(old) })
			})
		}
		u["attrs"] = append(kept, sent...)
		if login, ok := user["login"]; ok {
			u["login"] = login
		}
		u["sent"] = len(sent)
		say(w, 200, native{"done": true})
	}
	return s
}

func pairName(p any) string {
	pair, _ := p.(map[string]any)
	return fmt.Sprint(pair["n"])
}

// TestWholeLists: what is in a list is sent with the whole list, read before, or with
// `whole: false` alone; and the fields stand at `wrap`, over what `body` says there.
func TestWholeLists(t *testing.T) {
	const call = `  update: {request: "POST /users/{id}/modify", body: {token: T, modify: {reason: entra, user: {locale: de}}}, wrap: modify.user`
	for _, test := range []struct {
		name, update string
		merges       bool
		title, off   []string
		sent         [2]int
	}{
		{"a vendor that replaces", call + "}", false, []string{"GET /users/n1 200", "POST /users/n1/modify 200"}, nil, [2]int{4, 4}},
		{"a vendor that merges", call + ", whole: false}", true, []string{"GET /users/n1 200", "POST /users/n1/modify 200"}, nil, [2]int{1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := pairs(test.merges)
			r, vendor := s.rig(t, pairAttributes, test.update)
			pair := func(n, v string) any { return map[string]any{"n": n, "v": v} }
			s.put(native{"login": "ann", "attrs": []any{pair("quota", "5"), pair("title", "Boss"), pair("name", "Ann"), pair("locked", "no")}})
			r.tell(t, vendor, []step{
				{"PATCH /Users/n1", replacing("title", `"Chief"`), 204, "", test.title},
			})
			if got := s.users["n1"]["sent"]; got != test.sent[0] {
				t.Errorf("%d pairs were sent, want %d", got, test.sent[0])
			}
			r.tell(t, vendor, []step{
				{"PATCH /Users/n1", replacing("active", `false`), 204, "", test.title},
				{"PATCH /Users/n1", replacing("active", `false`), 200, shown("n1", `"userName":"ann","title":"Chief","displayName":"Ann","active":false`), test.title[:1]},
			})
			if got := s.users["n1"]["sent"]; got != test.sent[1] {
				t.Errorf("%d pairs were sent, want %d", got, test.sent[1])
			}
			has := map[string]string{}
			for _, p := range s.users["n1"]["attrs"].([]any) {
				has[pairName(p)] = fmt.Sprint(p.(map[string]any)["v"])
			}
			if diff := cmp.Diff(map[string]string{"quota": "5", "title": "Chief", "name": "Ann", "locked": "yes"}, has); diff != "" {
				t.Errorf("the vendor has (-want +got):\n%s", diff)
			}
		})
	}
}
