package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

const joinsRead = `  read:
    - GET /users/{id}
    - {request: "GET /contacts/{native.contact}", when: has(native.contact), into: contact, item: data RULE}
    - {request: "GET /users/{id}/phones", into: phones, items: phones}`

// contacts is a shelf whose users have a contact and phones elsewhere.
func contacts() (*shelf, map[string]native) {
	s, contacts := newShelf(), map[string]native{}
	s.routes["GET /contacts/{number}"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		if c := contacts[r.PathValue("number")]; c != nil {
			say(w, 200, native{"data": c})
			return
		}
		say(w, 404, native{"error": "no such contact"})
	}
	s.routes["GET /users/{id}/phones"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		if u := s.users[r.PathValue("id")]; u != nil {
			say(w, 200, native{"phones": []any{native{"kind": "work", "number": u["phone"]}}})
			return
		}
		say(w, 404, nil)
	}
	return s, contacts
}

// TestFurtherReadFindsNothing: a further call that is answered 404 is nothing to join
// where a rule says so, and else an error; never does it say that the user is gone.
func TestFurtherReadFindsNothing(t *testing.T) {
	attributes := `  attributes: {userName: login, name.givenName: {native: contact.first, mutability: readOnly}, phoneNumbers.work.value: {native: "phones[kind eq work].number", mutability: readOnly}}`
	for rule, missing := range map[string]step{
		"": {status: 502, want: "the vendor answered with the unexpected status 404", vendor: []string{"GET /users/n1 200", "GET /contacts/7 404"}},
		", errors: [{when: status == 404, is: notFound}]": {status: 200, want: shown("n1", `"userName":"ann","phoneNumbers":[{"type":"work","value":"2"}]`),
			vendor: []string{"GET /users/n1 200", "GET /contacts/7 404", "GET /users/n1/phones 200"}},
	} {
		s, contacts := contacts()
		s.put(native{"login": "ann", "phone": "2", "contact": "7"})
		s.put(native{"login": "bob", "phone": "3"})
		r, vendor := s.rig(t, attributes, strings.Replace(joinsRead, " RULE", rule, 1))
		missing.request = "GET /Users/n1"
		r.tell(t, vendor, []step{missing})
		contacts["7"] = native{"first": "Ann"}
		r.tell(t, vendor, []step{
			{"GET /Users/n1", "", 200, shown("n1", `"userName":"ann","name":{"givenName":"Ann"},"phoneNumbers":[{"type":"work","value":"2"}]`),
				[]string{"GET /users/n1 200", "GET /contacts/7 200", "GET /users/n1/phones 200"}},
			{"GET /Users/n2", "", 200, shown("n2", `"userName":"bob","phoneNumbers":[{"type":"work","value":"3"}]`),
				[]string{"GET /users/n2 200", "GET /users/n2/phones 200"}},
			{"GET /Users/n3", "", 404, `there is no user with the id "n3"`, []string{"GET /users/n3 404"}},
		})
	}
}

// TestVersionsSaved: the version that a read saves goes with the write, and one that
// is not shown is an error before anything is written.
func TestVersionsSaved(t *testing.T) {
	s := newShelf()
	tags := true
	s.routes["GET /users/{id}"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		if u := s.users[r.PathValue("id")]; u != nil && tags {
			w.Header().Set("ETag", fmt.Sprintf(`"v%v"`, u["rev"]))
		}
		s.read(w, r, nil)
	}
	s.routes["PATCH /users/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
		u := s.users[r.PathValue("id")]
		if r.Header.Get("If-Match") != fmt.Sprintf(`"v%v"`, u["rev"]) || r.URL.Query().Get("rev") != fmt.Sprint(u["rev"]) {
			say(w, 412, nil)
			return
		}
		u["rev"] = u["rev"].(int) + 1
		s.update(w, r, body)
	}
	s.routes["DELETE /users/{id}"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		if r.URL.Query().Get("rev") != fmt.Sprint(s.users[r.PathValue("id")]["rev"]) {
			say(w, 409, nil)
			return
		}
		s.remove(w, r, nil)
	}
	s.put(native{"login": "ann", "title": "Boss", "enabled": true, "rev": 1})
	r, vendor := s.rig(t, `  read: {request: "GET /users/{id}", save: {etag: headers.etag, rev: body.rev}}`,
		`  update: {request: "PATCH /users/{id}?rev={saved.rev}", headers: {If-Match: =saved.etag}}`, `  delete: {request: "DELETE /users/{id}?rev={saved.rev}"}`)
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 200, shown("n1", chief), []string{"GET /users/n1 200", "PATCH /users/n1?rev=1 200"}},
		{"PATCH /Users/n1", replacing("title", `"Cook"`), 200, shown("n1", strings.Replace(chief, "Chief", "Cook", 1)), []string{"GET /users/n1 200", "PATCH /users/n1?rev=2 200"}},
	})
	tags = false
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 502, "the update 1 call needs saved.etag, which no answer has shown", []string{"GET /users/n1 200"}},
		{"DELETE /Users/n1", "", 204, "", []string{"GET /users/n1 200", "DELETE /users/n1?rev=3 204"}},
	})
}

// TestMembersFromAJoin: who is in a group is shown by a further call of its read, and
// members join and leave by calls.
func TestMembersFromAJoin(t *testing.T) {
	c := newClubs()
	vendor := &tape{vendor: c.handler()}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	file := strings.Replace(clubsFile("", `    native: staff
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"]}`),
		"  read:   GET /clubs/{id}\n", `  read: ["GET /clubs/{id}", {request: "GET /clubs/{id}/ids", items: ids, into: staff}]`+"\n", 1)
	r := newRig(t, file, server.URL, gateway.Options{})
	for _, name := range []string{"ann", "bob"} {
		r.must(t, 201, "POST", "/Users", `{"userName":"`+name+`"}`)
	}
	read := []string{"GET /clubs/n3 200", "GET /clubs/n3/ids 200"}
	chess := func(members string) string { return group("n3", `"displayName":"Chess",`+members) }
	r.tell(t, vendor, []step{
		{"POST /Groups", `{"displayName":"Chess"}`, 201, chess(""), []string{"GET /clubs?name=Chess 200", "POST /clubs 201"}},
		{"PATCH /Groups/n3", addMembers("n1", "n2"), 204, "", []string{"POST /clubs/n3/join 204", "POST /clubs/n3/join 204"}},
		{"GET /Groups/n3", "", 200, chess(`"members":[` + member("n1") + "," + member("n2") + "],"), read},
		{strings.ReplaceAll(askMember("n3", "n2"), "n4", "n3"), "", 200, strings.ReplaceAll(isMember, "n4", "n3"), read},
		{"GET /Groups?filter=displayName+eq+%22Chess%22", "", 200, fmt.Sprintf(listOfOne, chess(`"members":[`+member("n1")+","+member("n2")+"],")),
			append([]string{"GET /clubs?name=Chess 200"}, read...)},
		{"GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Chess%22", "", 200, fmt.Sprintf(listOfOne, chess("")), []string{"GET /clubs?name=Chess 200"}},
		{"PATCH /Groups/n3", takeMembers("n1"), 204, "", []string{"POST /clubs/n3/leave 204"}},
		{"PATCH /Groups/n3", patchMembers(`[{"op":"replace","path":"members","value":[{"value":"n1"}]}]`), 204, "",
			append(read, "POST /clubs/n3/leave 204", "POST /clubs/n3/join 204")},
	})
	if diff := cmp.Diff([]string{"n1"}, c.clubs["n3"].Members); diff != "" {
		t.Errorf("in the club (-want +got):\n%s", diff)
	}
}
