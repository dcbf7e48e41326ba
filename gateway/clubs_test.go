package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// clubs is a vendor that keeps who is in a club in every way that a vendor file
// can say: as a list of ids or of people in the club, by calls for many at once,
// and as a field of the user. Whom it does not know it refuses.
type clubs struct {
	mu    sync.Mutex
	last  int
	users map[string]*clubUser
	clubs map[string]*club
}

type clubUser struct {
	ID    string `json:"id"`
	Login string `json:"login"`
	Mail  string `json:"mail,omitempty"`
	Boss  string `json:"boss,omitempty"` // a login or an address, whatever the file says
	Team  string `json:"team,omitempty"` // a club's id
}

type club struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members"`
	People  []person `json:"people"` // the members, by login
}

type person struct {
	Who struct {
		Login string `json:"login"`
	} `json:"who"`
}

func newClubs() *clubs { return &clubs{users: map[string]*clubUser{}, clubs: map[string]*club{}} }

func (c *clubs) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(*http.Request) (int, any){
		"GET /users": c.findUsers, "POST /users": c.createUser, "GET /users/{id}": c.readUser, "PATCH /users/{id}": c.updateUser, "DELETE /users/{id}": c.deleteUser,
		"GET /clubs": c.findClubs, "POST /clubs": c.createClub, "GET /clubs/{id}": c.readClub, "PATCH /clubs/{id}": c.updateClub, "DELETE /clubs/{id}": c.deleteClub,
		"GET /clubs/{id}/ids": c.ids, "POST /clubs/{id}/join": c.join, "POST /clubs/{id}/leave": c.leave,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			c.mu.Lock()
			defer c.mu.Unlock()
			status, body := do(r)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			if body != nil {
				json.NewEncoder(w).Encode(body)
			}
		})
	}
	return mux
}

func (c *clubs) next() string { c.last++; return fmt.Sprint("n", c.last) }

func (c *clubs) findUsers(r *http.Request) (int, any) {
	found := []*clubUser{}
	for _, u := range c.users {
		team := r.URL.Query().Get("team")
		mail := r.URL.Query().Get("mail")
		if strings.EqualFold(u.Login, r.URL.Query().Get("login")) || mail != "" && strings.EqualFold(u.Mail, mail) || team != "" && u.Team == team {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b *clubUser) int { return strings.Compare(a.ID, b.ID) })
	return 200, found
}

func (c *clubs) createUser(r *http.Request) (int, any) {
	u := &clubUser{}
	json.NewDecoder(r.Body).Decode(u)
	u.ID = c.next()
	c.users[u.ID] = u
	return 201, u
}

func (c *clubs) readUser(r *http.Request) (int, any) {
	if u := c.users[r.PathValue("id")]; u != nil {
		return 200, u
	}
	return 404, map[string]string{"error": "no such user"}
}

func (c *clubs) updateUser(r *http.Request) (int, any) {
	u := c.users[r.PathValue("id")]
	if u == nil {
		return 404, map[string]string{"error": "no such user"}
	}
	json.NewDecoder(r.Body).Decode(u)
	return 200, u
}

func (c *clubs) deleteUser(r *http.Request) (int, any) {
	id := r.PathValue("id")
	if c.users[id] == nil {
		return 404, nil
	}
	delete(c.users, id)
	for _, club := range c.clubs {
		club.Members = slices.DeleteFunc(club.Members, func(m string) bool { return m == id })
	}
	return 204, nil
}

func (c *clubs) findClubs(r *http.Request) (int, any) {
	found := []*club{}
	for _, one := range c.clubs {
		if !r.URL.Query().Has("name") || strings.EqualFold(one.Name, r.URL.Query().Get("name")) {
			found = append(found, c.shown(one))
		}
	}
	slices.SortFunc(found, func(a, b *club) int { return strings.Compare(a.ID, b.ID) })
	return 200, found
}

func (c *clubs) shown(one *club) *club {
	one.People = []person{}
	for _, id := range one.Members {
		var p person
		p.Who.Login = c.users[id].Login
		one.People = append(one.People, p)
	}
	return one
}

func (c *clubs) createClub(r *http.Request) (int, any) {
	one := &club{}
	json.NewDecoder(r.Body).Decode(one)
	if c.strange(one.Members) {
		return 422, map[string]string{"error": "no such member"}
	}
	one.ID = c.next()
	c.clubs[one.ID] = one
	return 201, c.shown(one)
}

func (c *clubs) readClub(r *http.Request) (int, any) {
	if one := c.clubs[r.PathValue("id")]; one != nil {
		return 200, c.shown(one)
	}
	return 404, nil
}

func (c *clubs) updateClub(r *http.Request) (int, any) {
	one := c.clubs[r.PathValue("id")]
	var change struct {
		Name    string
		Members []string
		People  []person
	}
	json.NewDecoder(r.Body).Decode(&change)
	for _, p := range change.People {
		for id, u := range c.users {
			if u.Login == p.Who.Login {
				change.Members = append(change.Members, id)
			}
		}
	}
	switch {
	case one == nil:
		return 404, nil
	case c.strange(change.Members):
		return 422, map[string]string{"error": "no such member"}
	case change.Name != "":
		one.Name = change.Name
	}
	if change.Members != nil || change.People != nil {
		one.Members = change.Members
	}
	return 200, c.shown(one)
}

func (c *clubs) strange(ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return c.users[id] == nil })
}

func (c *clubs) deleteClub(r *http.Request) (int, any) {
	delete(c.clubs, r.PathValue("id"))
	return 204, nil
}

func (c *clubs) ids(r *http.Request) (int, any) {
	if one := c.clubs[r.PathValue("id")]; one != nil {
		return 200, map[string]any{"ids": append([]string{}, one.Members...)}
	}
	return 404, nil
}

func (c *clubs) join(r *http.Request) (int, any) {
	var ids []string
	json.NewDecoder(r.Body).Decode(&ids)
	one := c.clubs[r.PathValue("id")]
	switch {
	case one == nil:
		return 404, nil
	case c.strange(ids):
		return 422, map[string]string{"error": "no such member"}
	}
	one.Members = append(one.Members, ids...)
	slices.Sort(one.Members)
	one.Members = slices.Compact(one.Members)
	return 204, nil
}

func (c *clubs) leave(r *http.Request) (int, any) {
	var ids []string
	json.NewDecoder(r.Body).Decode(&ids)
	one := c.clubs[r.PathValue("id")]
	if one == nil {
		return 404, nil
	}
	one.Members = slices.DeleteFunc(one.Members, func(m string) bool { return slices.Contains(ids, m) })
	return 204, nil
}

// clubsFile is a vendor file of clubs, with these lines about members.
func clubsFile(users, members string) string {
	return `vendor: clubs
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"}
users:
  id: id
  attributes:
    userName: login
` + users + `
  create: POST /users
  read:   GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find:   {by: userName, request: "GET /users?login={value}"}
groups:
  id: id
  attributes: {displayName: name}
  create: POST /clubs
  read:   GET /clubs/{id}
  update: PATCH /clubs/{id}
  delete: DELETE /clubs/{id}
  find:   {by: displayName, request: "GET /clubs?name={value}"}
  members:
` + members
}

// clubsRig has three users, n1 to n3, and a club, n4.
func clubsRig(t *testing.T, users, members string) (*rig, *tape) {
	t.Helper()
	return clubsRigOf(t, clubsFile(users, members))
}

func clubsRigOf(t *testing.T, file string) (*rig, *tape) {
	t.Helper()
	vendor := &tape{vendor: newClubs().handler()}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	r := newRig(t, file, server.URL, gateway.Options{})
	for _, name := range []string{"ann", "bob", "cid"} {
		r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"%s"}`, name))
	}
	r.must(t, 201, "POST", "/Groups", `{"displayName":"Chess"}`)
	return r, vendor
}

func patchMembers(operations string) string { return patching + operations + "}" }

func addMembers(ids ...string) string {
	return patchMembers(`[{"op":"Add","path":"members","value":[{"value":"` + strings.Join(ids, `"},{"value":"`) + `"}]}]`)
}

func takeMembers(ids ...string) string {
	return patchMembers(`[{"op":"Remove","path":"members","value":[{"value":"` + strings.Join(ids, `"},{"value":"`) + `"}]}]`)
}

func askMember(group, user string) string {
	return fmt.Sprintf(`GET /Groups?attributes=id&filter=id+eq+%%22%s%%22+and+members+eq+%%22%s%%22`, group, user)
}

const isMember = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"n4"}]}`

const inactive = "    active: exists"

// TestMembersInTheGroup: the list is a field of the group, and is sent whole.
func TestMembersInTheGroup(t *testing.T) {
	r, vendor := clubsRig(t, "", `    native: members`)
	read, write := "GET /clubs/n4 200", "PATCH /clubs/n4 200"
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2"), 204, "", []string{read, write}},
		{"PATCH /Groups/n4", addMembers("n1"), 204, "", []string{read}},
		{"PATCH /Groups/n4", takeMembers("n1", "n3"), 204, "", []string{read, write}},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess","members":[`+member("n2")+`],`), []string{read}},
		{"PATCH /Groups/n4", addMembers("n3", "who"), 400, `invalidValue: no user has the id "who": provision them first; the other members are as wanted`,
			[]string{read, "PATCH /clubs/n4 422", "GET /users/n3 200", "GET /users/who 404", write}},
		{askMember("n4", "n3"), "", 200, isMember, []string{read}},
		{askMember("n4", "n1"), "", 200, emptyList, []string{read}},
		{"PATCH /Groups/n4", patchMembers(`[{"op":"replace","value":{"displayName":"Go","members":[{"value":"n1"}]}}]`), 204, "",
			[]string{read, "GET /clubs?name=Go 200", write}},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Go","members":[`+member("n1")+`],`), []string{read}},
		{"POST /Groups", `{"displayName":"Bridge","members":[{"value":"n1"},{"value":"who"}]}`, 400,
			`invalidValue: no user has the id "who": provision them first; the other members are as wanted`,
			[]string{"GET /clubs?name=Bridge 200", "POST /clubs 422", "GET /users/n1 200", "GET /users/who 404", "POST /clubs 201"}},
		{"POST /Groups", `{"displayName":"Bridge","members":[{"value":"n1"}]}`, 201, group("n5", `"displayName":"Bridge","members":[`+member("n1")+`],`),
			[]string{"GET /clubs?name=Bridge 200"}},
	})
}

// TestMembersCalledByOne: the list is in the group, and members join and leave by calls.
// What such a call was refused for is looked up there, and so is who may leave.
func TestMembersCalledByOne(t *testing.T) {
	r, vendor := clubsRig(t, "", `    native: members
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/NOWHERE", body: ["=member"]}`)
	read := "GET /clubs/n4 200"
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2"), 204, "", []string{"POST /clubs/n4/join 204", "POST /clubs/n4/join 204"}},
		{"PATCH /Groups/n4", takeMembers("n1"), 502,
			"the vendor shows the resource but answers 404 to the write: the path of that call in the vendor file is wrong", []string{"POST /clubs/n4/NOWHERE 404", read, read}},
		{"PATCH /Groups/n4", takeMembers("n3"), 204, "", []string{"POST /clubs/n4/NOWHERE 404", read}},
		{"PATCH /Groups/n9", takeMembers("n1"), 404, `there is no group with the id "n9"`, []string{"POST /clubs/n9/NOWHERE 404", "GET /clubs/n9 404"}},
	})
}

func TestMembersLookedAtFirst(t *testing.T) {
	r, vendor := clubsRig(t, "", `    native: members
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"], read_first: true}`)
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1"), 204, "", []string{"POST /clubs/n4/join 204"}},
		{"PATCH /Groups/n4", takeMembers("n1", "n2"), 204, "", []string{"GET /clubs/n4 200", "POST /clubs/n4/leave 204"}},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess",`), []string{"GET /clubs/n4 200"}},
	})
}

// TestMembersNotInTheSearch: who is in the group is read where a search does not show it.
func TestMembersNotInTheSearch(t *testing.T) {
	search := `request: "GET /clubs?name={value}"`
	r, vendor := clubsRigOf(t, strings.Replace(clubsFile("", "    native: members"), search, search+", lacks: [members]", 1))
	find := "GET /clubs?name=Chess 200"
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1"), 204, "", []string{"GET /clubs/n4 200", "PATCH /clubs/n4 200"}},
		{"GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Chess%22", "", 200, fmt.Sprintf(listOfOne, group("n4", `"displayName":"Chess",`)), []string{find}},
		{"GET /Groups?filter=displayName+eq+%22Chess%22", "", 200, fmt.Sprintf(listOfOne, group("n4", `"displayName":"Chess","members":[`+member("n1")+`],`)),
			[]string{find, "GET /clubs/n4 200"}},
	})
}

// TestMembersByLogin: the elements are objects, and name the user by login; so does
// a field for the manager.
func TestMembersByLogin(t *testing.T) {
	r, vendor := clubsRig(t, `    enterprise.manager: {native: boss, by: userName}`, `    {native: "people[].who.login", by: userName}`)
	read, write := "GET /clubs/n4 200", "PATCH /clubs/n4 200"
	manager := patchMembers(`[{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"n2"}]`)
	ann := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"n1","userName":"ann",` +
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"n2"}},"meta":{"resourceType":"User","location":"BASE/Users/n1"}}`)
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2"), 204, "", []string{"GET /users/n1 200", "GET /users/n2 200", read, write}},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess","members":[`+member("n1")+`,`+member("n2")+`],`),
			[]string{read, "GET /users?login=ann 200", "GET /users?login=bob 200"}},
		{"PATCH /Groups/n4", addMembers("who"), 400, `invalidValue: no user has the id "who": provision them first; the other members are as wanted`,
			[]string{"GET /users/who 404", read}},
		{askMember("n4", "n2"), "", 200, isMember, []string{read, "GET /users/n2 200"}},
		{"PATCH /Users/n1", manager, 200, ann, []string{"GET /users/n2 200", "PATCH /users/n1 200"}},
		{"GET /Users/n1", "", 200, ann, []string{"GET /users/n1 200"}},
	})
}

// TestManagerByMail: the vendor names a manager by the address, in small letters.
// Entra goes on seeing the id that it sent, and one whom an administrator names is
// looked up.
func TestManagerByMail(t *testing.T) {
	r, vendor := clubsRigOf(t, strings.Replace(clubsFile(
		"    emails.work.value: mail\n    enterprise.manager: {native: boss, by: emails.work.value, write: lower(value)}", "    native: members"),
		`find:   {by: userName, request: "GET /users?login={value}"}`,
		`find:   [{by: userName, request: "GET /users?login={value}"}, {by: emails.work.value, request: "GET /users?mail={value}"}]`, 1))
	for id, mail := range map[string]string{"n2": "Bob@X.example", "n3": "cid@x.example"} {
		r.must(t, 200, "PATCH", "/Users/"+id, patchMembers(`[{"op":"Add","path":"emails[type eq \"work\"].value","value":"`+mail+`"}]`))
	}
	ann := func(boss string) string {
		return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"n1","userName":"ann",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"` + boss + `"}},"meta":{"resourceType":"User","location":"BASE/Users/n1"}}`
	}
	set := patchMembers(`[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"n2"}]`)
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", set, 200, ann("n2"), []string{"GET /users/n2 200", "PATCH /users/n1 200"}},
		{"GET /Users/n1", "", 200, ann("n2"), []string{"GET /users/n1 200"}},
		{"PATCH /Users/n1", set, 200, ann("n2"), []string{"GET /users/n2 200", "PATCH /users/n1 200"}},
		{"GET /Users/n1", "", 200, ann("n2"), []string{"GET /users/n1 200"}},
	})
	byHand, err := http.NewRequest("PATCH", r.vendor+"/users/n1", strings.NewReader(`{"boss":"cid@x.example"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.client.Do(byHand); err != nil || got.StatusCode != 200 {
		t.Fatal(err)
	}
	r.tell(t, vendor, []step{
		{"GET /Users/n1", "", 200, ann("n3"), []string{"GET /users/n1 200", "GET /users?mail=cid%40x.example 200"}},
		{"GET /Users?filter=" + url.QueryEscape(`id eq "n1" and manager eq "n3"`) + "&attributes=userName", "", 200,
			fmt.Sprintf(listOfOne, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"n1","userName":"ann"}`),
			[]string{"GET /users/n1 200", "GET /users?mail=cid%40x.example 200"}},
	})
}

// TestMembersAllAtOnce: one call lets many join or leave, and is refused for one.
func TestMembersAllAtOnce(t *testing.T) {
	r, vendor := clubsRig(t, "", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: =members}
    remove: {request: "POST /clubs/{id}/leave", body: =members}`)
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2", "n1"), 204, "", []string{"POST /clubs/n4/join 204"}},
		{"PATCH /Groups/n4", addMembers("n3", "who"), 400, `invalidValue: no user has the id "who": provision them first; the other members are as wanted`,
			[]string{"POST /clubs/n4/join 422", "GET /clubs/n4/ids 200", "GET /users/n3 200", "GET /users/who 404", "POST /clubs/n4/join 204"}},
		{"PATCH /Groups/n4", takeMembers("n1", "n2"), 204, "", []string{"POST /clubs/n4/leave 204"}},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess","members":[`+member("n3")+`],`), []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
		{askMember("n4", "n3"), "", 200, isMember, []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
	})
}

// TestMembersInTheUser: whom a club has is a field of the user, who is in one at most.
func TestMembersInTheUser(t *testing.T) {
	r, vendor := clubsRig(t, "", `    list:   {request: "GET /users?team={id}"}
    has:    {request: "GET /users/{member}", errors: [{when: "status == 200 and body.team != id", is: notFound}]}
    add:    {request: "PATCH /users/{member}", body: {team: =id}}
    remove: {request: "PATCH /users/{member}", body: {team: ""}, read_first: true}`)
	r.must(t, 201, "POST", "/Groups", `{"displayName":"Go"}`)
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2"), 204, "", []string{"PATCH /users/n1 200", "PATCH /users/n2 200"}},
		{"PATCH /Groups/n5", takeMembers("n1"), 204, "", []string{"GET /users/n1 200", "GET /clubs/n5 200"}},
		{"GET /Groups/n4", "", 200, group("n4", `"displayName":"Chess","members":[`+member("n1")+`,`+member("n2")+`],`), []string{"GET /clubs/n4 200", "GET /users?team=n4 200"}},
		{askMember("n4", "n2"), "", 200, isMember, []string{"GET /clubs/n4 200", "GET /users/n2 200"}},
		{"PATCH /Groups/n4", takeMembers("n1"), 204, "", []string{"GET /users/n1 200", "PATCH /users/n1 200"}},
		{askMember("n4", "n1"), "", 200, emptyList, []string{"GET /clubs/n4 200", "GET /users/n1 200"}},
		{"PATCH /Groups/n4", addMembers("who"), 400, `invalidValue: no user has the id "who": provision them first; the other members are as wanted`,
			[]string{"PATCH /users/who 404", "GET /users/who 404", "GET /users/who 404"}},
	})
}

// TestMembersRemembered: an account that is deleted and remembered loses its clubs
// at the vendor. Entra does not send them again.
func TestMembersRemembered(t *testing.T) {
	r, vendor := clubsRig(t, inactive, `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"]}`)
	disable := patchMembers(`[{"op":"Replace","path":"active","value":"False"}]`)
	enable := patchMembers(`[{"op":"Replace","path":"active","value":"True"}]`)
	user := func(id, name, active string) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"%s","userName":"%s","active":%s,"meta":{"resourceType":"User","location":"BASE/Users/%[1]s"}}`, id, name, active)
	}
	both := group("n4", `"displayName":"Chess","members":[`+member("n1")+`,`+member("n2")+`],`)
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n4", addMembers("n1", "n2"), 204, "", []string{"POST /clubs/n4/join 204", "POST /clubs/n4/join 204"}},
		{"PATCH /Users/n1", disable, 200, user("n1", "ann", "false"), []string{"GET /users/n1 200", "DELETE /users/n1 204"}},
		{"GET /Groups/n4", "", 200, both, []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
		{askMember("n4", "n1"), "", 200, isMember, []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
		{"PATCH /Groups/n4", addMembers("n1"), 204, "", []string{"GET /clubs/n4 200"}},
		{"PATCH /Users/n1", enable, 200, user("n1", "ann", "true"), []string{"GET /users?login=ann 200", "POST /users 201", "POST /clubs/n4/join 204"}},
		{"GET /Groups/n4", "", 200, both, []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
		{"PATCH /Users/n1", disable, 200, user("n1", "ann", "false"), []string{"GET /users/n5 200", "DELETE /users/n5 204"}},
		{"PATCH /Groups/n4", takeMembers("n1"), 204, "", []string{"GET /clubs/n4 200"}},
		{askMember("n4", "n1"), "", 200, emptyList, []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
		{"PATCH /Users/n1", enable, 200, user("n1", "ann", "true"), []string{"GET /users?login=ann 200", "POST /users 201"}},
	})
}

// TestStrangers: however many there are, they keep nobody else out, and prove
// nothing about the vendor.
func TestStrangers(t *testing.T) {
	r, vendor := clubsRig(t, "    enterprise.manager: {native: boss, by: userName}", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"]}`)
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	got := r.call("PATCH", "/Groups/n4", addMembers(append(names, "n1")...))
	if want := `invalidValue: no user has the id "a", "b", "c", "d", "e", "f", "g", "h": provision them first; the other members are as wanted`; got.status != 400 || detailOf(got.body) != want {
		t.Errorf("eight strangers and a user: %d %s", got.status, got.body)
	}
	for _, name := range names {
		r.must(t, 201, "POST", "/Users", `{"userName":"of-`+name+`","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"`+name+`"}}`)
	}
	r.must(t, 404, "GET", "/Users/none", "")
	r.tell(t, vendor, []step{
		{askMember("n4", "n1"), "", 200, isMember, []string{"GET /clubs/n4 200", "GET /clubs/n4/ids 200"}},
	})
}

// TestGroupThatIsNot: a PATCH of its members is 404 also where no call is needed, and
// where its members are what the vendor is asked first.
func TestGroupThatIsNot(t *testing.T) {
	r, vendor := clubsRig(t, "", `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"]}`)
	r.must(t, 200, "GET", "/Groups/n4", "")
	const gone = `there is no group with the id "n99"`
	r.tell(t, vendor, []step{
		{"PATCH /Groups/n99", takeMembers("."), 404, gone, []string{"GET /clubs/n99 404"}},
		{"PATCH /Groups/n99", addMembers("n1"), 404, gone, []string{"POST /clubs/n99/join 404", "GET /clubs/n99/ids 404", "GET /clubs/n99 404"}},
		{"PATCH /Groups/n99", takeMembers("n1"), 404, gone, []string{"POST /clubs/n99/leave 404", "GET /clubs/n99/ids 404", "GET /clubs/n99 404"}},
	})
}

// TestManagerWhoWasNobody: sent again, a manager whom the vendor knows by now is set,
// although Entra has been shown him all along.
func TestManagerWhoWasNobody(t *testing.T) {
	r, vendor := clubsRig(t, inactive+"\n    enterprise.manager: boss", "    native: members")
	set := patchMembers(`[{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"n2"}]`)
	r.must(t, 200, "PATCH", "/Users/n2", patchMembers(`[{"op":"Replace","path":"active","value":"False"}]`))
	r.must(t, 200, "PATCH", "/Users/n1", set)
	r.must(t, 200, "PATCH", "/Users/n2", patchMembers(`[{"op":"Replace","path":"active","value":"True"}]`))
	vendor.take()
	for _, calls := range [][]string{{"GET /users/n1 200", "PATCH /users/n1 200"}, {"GET /users/n1 200"}} {
		got := r.must(t, 200, "PATCH", "/Users/n1", set)
		if manager := gjson.Get(got.body, "urn:ietf:params:scim:schemas:extension:enterprise:2\\.0:User.manager.value").Str; manager != "n2" {
			t.Errorf("answered %s", got.body)
		}
		if diff := cmp.Diff(calls, vendor.take()); diff != "" {
			t.Errorf("calls of the vendor (-want +got):\n%s", diff)
		}
	}
}

// TestDeletedTwice: that those are gone whom the vendor has deleted for us is no
// sign that it has lost everybody.
func TestDeletedTwice(t *testing.T) {
	r, _ := clubsRig(t, "", "    native: members")
	for n := range 8 {
		id := gjson.Get(r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"u%d"}`, n)).body, "id").Str
		r.must(t, 204, "DELETE", "/Users/"+id, "")
		r.must(t, 404, "DELETE", "/Users/"+id, "")
		r.must(t, 404, "GET", "/Users/"+id, "")
	}
	r.must(t, 404, "GET", "/Users/nobody", "")
}
