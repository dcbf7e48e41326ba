package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"scimshim/gateway"
)

// loud is a vendor of clubs that shows logins in capital letters where a club lists
// its people, and takes them as they were given.
func loud(c *clubs) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", c.handler())
	mux.HandleFunc("GET /clubs/{id}/names", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		names := []string{}
		for _, id := range c.clubs[r.PathValue("id")].Members {
			names = append(names, strings.ToUpper(c.users[id].Login))
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(names)
	})
	mux.HandleFunc("POST /clubs/{id}/{change}", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		var login string
		json.NewDecoder(r.Body).Decode(&login)
		one := c.clubs[r.PathValue("id")]
		for id, u := range c.users {
			if strings.EqualFold(u.Login, login) && r.PathValue("change") == "enter" {
				one.Members = append(one.Members, id)
			} else if strings.EqualFold(u.Login, login) {
				one.Members = slices.DeleteFunc(one.Members, func(m string) bool { return m == id })
			}
		}
		w.WriteHeader(204)
	})
	return mux
}

// vendorRig is the rig of a vendor that has these clubs.
func vendorRig(t *testing.T, file string, handler http.Handler) (*rig, *tape) {
	t.Helper()
	vendor := &tape{vendor: handler}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	return newRig(t, file, server.URL, gateway.Options{}), vendor
}

// TestMembersInCapitals: a login is the same in capital letters, where the rule of
// userName says so.
func TestMembersInCapitals(t *testing.T) {
	c := newClubs()
	c.users["n1"], c.users["n2"] = &clubUser{ID: "n1", Login: "ann"}, &clubUser{ID: "n2", Login: "bob"}
	c.clubs["n4"] = &club{ID: "n4", Name: "Chess"}
	r, vendor := vendorRig(t, clubsFile("", `    by: userName
    list:   {request: "GET /clubs/{id}/names"}
    add:    {request: "POST /clubs/{id}/enter", body: =member}
    remove: {request: "POST /clubs/{id}/exit", body: =member, read_first: true}`), loud(c))
	names, ann := "GET /clubs/n4/names 200", "GET /users/n1 200"
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2"), 204, "", []string{ann, "GET /users/n2 200", "POST /clubs/n4/enter 204", "POST /clubs/n4/enter 204"}},
		{askMember("n4", "n1"), "", 200, isMember, []string{"GET /clubs/n4 200", ann, names}},
		{"PATCH /Groups/n4", takeMembers("n1"), 204, "", []string{ann, names, "POST /clubs/n4/exit 204"}},
		{askMember("n4", "n1"), "", 200, emptyList, []string{"GET /clubs/n4 200", ann, names}},
		{"PUT /Groups/n4", `{"displayName":"Chess","members":[{"value":"n2"}]}`, 200, group("n4", `"displayName":"Chess","members":[`+member("n2")+`],`),
			[]string{"GET /users/n2 200", "GET /clubs/n4 200", names}},
	})
}

// TestMembersInCapitalsOfTheGroup: likewise where the group lists them.
func TestMembersInCapitalsOfTheGroup(t *testing.T) {
	c := newClubs()
	c.users["n1"], c.users["n2"] = &clubUser{ID: "n1", Login: "ann"}, &clubUser{ID: "n2", Login: "bob"}
	var shown string
	mux := http.NewServeMux()
	mux.Handle("/", c.handler())
	mux.HandleFunc("GET /clubs/n4", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"n4","name":"Chess","names":["ANN","BOB"]}`)
	})
	mux.HandleFunc("PATCH /clubs/n4", func(w http.ResponseWriter, r *http.Request) {
		var change struct{ Names json.RawMessage }
		json.NewDecoder(r.Body).Decode(&change)
		shown = string(change.Names)
		w.WriteHeader(204)
	})
	r, _ := vendorRig(t, clubsFile("", `    {native: names, by: userName}`), mux)
	r.must(t, 204, "PATCH", "/Groups/n4", addMembers("n1"))
	if shown != "" {
		t.Errorf("ann is in the club, and %s is sent", shown)
	}
	r.must(t, 204, "PATCH", "/Groups/n4", takeMembers("n1"))
	if want := `["BOB"]`; shown != want {
		t.Errorf("without ann the club is %s, want %s", shown, want)
	}
}

// TestMembersByLoginOfMany: only those who join or leave are looked up, though the
// vendor names everybody by login.
func TestMembersByLoginOfMany(t *testing.T) {
	c := newClubs()
	one := &club{ID: "n4", Name: "Chess"}
	for i := range 20 {
		id := fmt.Sprint("u", i)
		c.users[id] = &clubUser{ID: id, Login: "l" + id}
		one.Members = append(one.Members, id)
	}
	one.Members = one.Members[1:]
	c.clubs["n4"] = one
	r, vendor := vendorRig(t, clubsFile("", `    {native: "people[].who.login", by: userName}`), c.handler())
	read, write := "GET /clubs/n4 200", "PATCH /clubs/n4 200"
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("u0", "u1"), 204, "", []string{"GET /users/u0 200", "GET /users/u1 200", read, write}},
		{"PATCH /Groups/n4", takeMembers("u1", "u2"), 204, "", []string{"GET /users/u1 200", "GET /users/u2 200", read, write}},
		{"PATCH /Groups/n4", takeMembers("u1"), 204, "", []string{"GET /users/u1 200", read}},
		{askMember("n4", "u0"), "", 200, isMember, []string{read, "GET /users/u0 200"}},
		{askMember("n4", "u1"), "", 200, emptyList, []string{read, "GET /users/u1 200"}},
		{"PATCH /Groups/n4", patchMembers(`[{"op":"replace","path":"members","value":[{"value":"u0"},{"value":"u3"}]}]`), 204, "",
			append(append([]string{"GET /users/u0 200", "GET /users/u3 200", read}, lookUps(4, 20)...), write)},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess","members":[`+member("u0")+`,`+member("u3")+`],`),
			[]string{read, "GET /users?login=lu3 200", "GET /users?login=lu0 200"}},
	})
}

// lookUps are the calls that look for users by login.
func lookUps(from, to int) (calls []string) {
	for i := from; i < to; i++ {
		calls = append(calls, fmt.Sprintf("GET /users?login=lu%d 200", i))
	}
	return calls
}

// TestMembersWithAWrongHas: a `has` that answers 404 to everything makes nobody believe
// that a removal, which was answered 404, is done.
func TestMembersWithAWrongHas(t *testing.T) {
	r, vendor := clubsRig(t, "", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    has:    {request: "GET /clubs/{id}/NOWHERE/{member}"}
    add:    {request: "POST /clubs/{id}/join", body: =members}
    remove: {request: "POST /clubs/{id}/NOWHERE", body: =members}`)
	list := "GET /clubs/n4/ids 200"
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1"), 204, "", []string{"POST /clubs/n4/join 204"}},
		{"PATCH /Groups/n4", takeMembers("n1"), 502,
			"the vendor shows the resource but answers 404 to the write: the path of that call in the vendor file is wrong", []string{"POST /clubs/n4/NOWHERE 404", list, "GET /clubs/n4 200"}},
		{"PATCH /Groups/n4", takeMembers("n2"), 204, "", []string{"POST /clubs/n4/NOWHERE 404", list, "GET /clubs/n4 200"}},
		{"PATCH /Groups/n9", takeMembers("n1"), 404, `there is no group with the id "n9"`,
			[]string{"POST /clubs/n9/NOWHERE 404", "GET /clubs/n9/ids 404", "GET /clubs/n9 404"}},
		{"PATCH /Groups/n9", addMembers("n1"), 404, `there is no group with the id "n9"`,
			[]string{"POST /clubs/n9/join 404", "GET /clubs/n9/NOWHERE/n1 404", "GET /users/n1 200", "GET /clubs/n9 404"}},
	})
}

// TestMembersOfThePage: nobody is asked for the members of a group that is not shown.
func TestMembersOfThePage(t *testing.T) {
	c := newClubs()
	c.users["n1"] = &clubUser{ID: "n1", Login: "ann"}
	for i := range 5 {
		id := fmt.Sprint("c", i)
		c.clubs[id] = &club{ID: id, Name: "Club " + id, Members: []string{"n1"}}
	}
	r, vendor := vendorRig(t, clubsFile("", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: =members}
    remove: {request: "POST /clubs/{id}/leave", body: =members}
  list: GET /clubs`), c.handler())
	list, third := "GET /clubs 200", group("c2", `"displayName":"Club c2","members":[`+member("n1")+`],`)
	found := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":5,"startIndex":3,"itemsPerPage":1,"Resources":[` + third + `]}`
	r.tell(t, vendor, []step{
		{"GET /Groups?startIndex=3&count=1&filter=displayName+sw+%22club%22", "", 200, found, []string{list, "GET /clubs/c2/ids 200"}},
		{"GET /Groups?startIndex=3&count=1&sortBy=displayName", "", 200, found, []string{list, "GET /clubs/c2/ids 200"}},
		{"GET /Groups?filter=displayName+co+%22zzz%22", "", 200, emptyList, []string{list}},
	})
}
