package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"scimshim/gateway"
	"scimshim/transform"
)

const (
	joinByOne = `
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"]}`
	joinAtOnce = `
    add:    {request: "POST /clubs/{id}/join", body: =members}
    remove: {request: "POST /clubs/{id}/leave", body: =members}`
	listOfIDs = `    list:   {request: "GET /clubs/{id}/ids", items: ids}`
	inTheUser = `    list:   {request: "GET /users?team={id}"}
    has:    {request: "GET /users/{member}", query: {team: =id}, errors: [{when: "status == 200 and body.team != id", is: notFound}]}
    add:    {request: "PATCH /users/{member}", body: {team: =id}}
    remove: {request: "PATCH /users/{member}", body: {team: ""}, query: {from: =id}, read_first: true}`
)

// ways are those in which a vendor keeps who is in a club, by what the file says.
var ways = map[string]string{
	"whole list":          "    native: members",
	"whole list by login": `    {native: "people[].who.login", by: userName}`,
	"list and calls":      "    native: members" + joinByOne,
	"one by one":          listOfIDs + joinByOne,
	"all at once":         listOfIDs + joinAtOnce,
	"in the user":         inTheUser,
}

// unreliable answers 500 to one of the next calls, which is not sent again, before or after it took effect.
type unreliable struct {
	clubs  *clubs
	vendor http.Handler
	mu     sync.Mutex
	calls  int  // until the failure; below 0: none to come
	after  bool // it took effect
}

func (u *unreliable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	fails, after := u.calls == 0, u.after
	u.calls--
	u.mu.Unlock()
	switch {
	case !fails:
		u.vendor.ServeHTTP(w, r)
		return
	case after:
		u.vendor.ServeHTTP(httptest.NewRecorder(), r)
	}
	w.WriteHeader(500)
}

// fail lets the call after so many fail.
func (u *unreliable) fail(calls int, after bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls, u.after = calls, after
}

// in are the logins of those whom the vendor has in a club.
func (u *unreliable) in(id string) map[string]bool {
	u.clubs.mu.Lock()
	defer u.clubs.mu.Unlock()
	out := map[string]bool{}
	for _, member := range u.clubs.clubs[id].Members {
		out[u.clubs.users[member].Login] = true
	}
	for _, user := range u.clubs.users {
		if user.Team == id {
			out[user.Login] = true
		}
	}
	return out
}

func (u *unreliable) nameOf(id string) string {
	u.clubs.mu.Lock()
	defer u.clubs.mu.Unlock()
	return u.clubs.clubs[id].Name
}

func newUnreliable(t *testing.T, users, members string, options gateway.Options) (*rig, *unreliable) {
	t.Helper()
	vendor := &unreliable{clubs: newClubs(), calls: -1}
	vendor.vendor = vendor.clubs.handler()
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	return newRig(t, clubsFile(users, members), server.URL, options), vendor
}

// roster is what Entra holds of one club: who has to be in it.
type roster struct {
	r        *rig
	vendor   *unreliable
	remember bool // accounts that are disabled are deleted

	club, name string
	ids        []string          // the users, by SCIM id
	login      map[string]string // by SCIM id
	in, gone   map[string]bool   // by SCIM id
}

// stranger is an id that nobody has.
const stranger = "who"

// TestMembersStay: whatever Entra asks, in either dialect, and whatever call fails
// on the way: what was answered 2xx is so at the vendor, and stays so.
func TestMembersStay(t *testing.T) {
	type rigged struct {
		r        *rig
		vendor   *unreliable
		remember bool
	}
	rigs := map[string]rigged{}
	for way, members := range ways {
		for _, users := range []string{"", inactive} {
			r, vendor := newUnreliable(t, users, members, gateway.Options{})
			rigs[way+users] = rigged{r, vendor, users != ""}
		}
	}
	number := 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		at := rigs[rapid.SampledFrom(slices.Sorted(maps.Keys(rigs))).Draw(t, "way")]
		b := newRoster(t, at.r, at.vendor, number)
		b.remember = at.remember
		t.Repeat(map[string]func(*rapid.T){"members": b.patchMembers, "active": b.turn, "": b.compare})
	})
}

func newRoster(t rapid.TB, r *rig, vendor *unreliable, number int) *roster {
	vendor.fail(-1, false)
	b := &roster{r: r, vendor: vendor, login: map[string]string{}, in: map[string]bool{}, gone: map[string]bool{}, name: fmt.Sprint("Club ", number)}
	for _, name := range []string{"ann", "bob", "cid", "dot"} {
		login := fmt.Sprint(name, number)
		id := gjson.Get(r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"%s"}`, login)).body, "id").Str
		b.ids, b.login[id] = append(b.ids, id), login
	}
	b.club = gjson.Get(r.must(t, 201, "POST", "/Groups", fmt.Sprintf(`{"displayName":"%s"}`, b.name)).body, "id").Str
	return b
}

// patch sends a PATCH that is to be answered with the status. One of the vendor's
// calls may fail: then Entra repeats it, once between has looked at what is there.
func (b *roster) patch(t *rapid.T, want int, path, body string, between func()) {
	if rapid.Bool().Draw(t, "fails") {
		b.vendor.fail(rapid.IntRange(0, 6).Draw(t, "after calls"), rapid.Bool().Draw(t, "took effect"))
	}
	got := b.r.call("PATCH", path, body)
	b.vendor.fail(-1, false)
	between()
	if got.status == 503 {
		got = b.r.call("PATCH", path, body)
	}
	if got.status != want {
		t.Fatalf("PATCH %s %s: %d %s, want %d", path, body, got.status, got.body, want)
	}
}

// patchMembers is a PATCH of some operations, which Entra repeats after a failure.
func (b *roster) patchMembers(t *rapid.T) {
	after, name := maps.Clone(b.in), b.name
	var operations []string
	for range rapid.IntRange(1, 3).Draw(t, "operations") {
		operations = append(operations, b.operation(t, after))
	}
	if rapid.IntRange(0, 3).Draw(t, "renames") == 0 {
		name = strings.TrimSuffix(b.name, "+") + rapid.SampledFrom([]string{"", "+"}).Draw(t, "name")
		operations = append(operations, fmt.Sprintf(`{"op":"Replace","path":"displayName","value":"%s"}`, name))
	}
	body, want := patchMembers("["+strings.Join(operations, ",")+"]"), 204
	if after[stranger] {
		want = 400
	}
	before := b.in
	b.in = after
	delete(b.in, stranger)
	b.patch(t, want, "/Groups/"+b.club, body, func() { b.between(t, before) })
	if b.name = name; want == 400 {
		b.name = b.vendor.nameOf(b.club)
	}
}

// operation draws an operation on members, and makes it of who is in.
func (b *roster) operation(t *rapid.T, in map[string]bool) string {
	ids := rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(b.ids), stranger)), 1, 4).Draw(t, "ids")
	flag := rapid.Bool().Draw(t, "aadOptscim062020")
	one, verb := `{"$ref":null,"value":"%s"}`, map[string]string{"add": "Add", "remove": "Remove", "replace": "Replace"}
	if flag {
		one, verb = `{"value":"%s"}`, map[string]string{"add": "add", "remove": "remove", "replace": "replace"}
	}
	var items []string
	for _, id := range ids {
		items = append(items, fmt.Sprintf(one, id))
	}
	value := "[" + strings.Join(items, ",") + "]"
	switch what := rapid.SampledFrom([]string{"add", "add", "remove", "remove", "replace", "clear"}).Draw(t, "what"); {
	case what == "clear":
		clear(in)
		return fmt.Sprintf(`{"op":"%s","path":"members"}`, verb["remove"])
	case what == "remove" && flag:
		delete(in, ids[0])
		return fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, ids[0])
	case what == "remove":
		for _, id := range ids {
			delete(in, id)
		}
		return fmt.Sprintf(`{"op":"Remove","path":"members","value":%s}`, value)
	case what == "replace":
		clear(in)
		fallthrough
	default:
		for _, id := range ids {
			in[id] = true
		}
		if flag && what == "replace" {
			return fmt.Sprintf(`{"op":"replace","value":{"members":%s}}`, value)
		}
		return fmt.Sprintf(`{"op":"%s","path":"members","value":%s}`, verb[what], value)
	}
}

// turn disables somebody, or enables him again.
func (b *roster) turn(t *rapid.T) {
	if !b.remember {
		t.Skip("this vendor keeps the accounts")
	}
	id := rapid.SampledFrom(b.ids).Draw(t, "user")
	body := patchMembers(fmt.Sprintf(`[{"op":"Replace","path":"active","value":"%v"}]`, map[bool]string{true: "True", false: "False"}[b.gone[id]]))
	b.gone[id] = !b.gone[id]
	b.patch(t, 200, "/Users/"+id, body, func() {})
}

// between: after a request that may have failed nobody is touched whom the request does not touch.
func (b *roster) between(t *rapid.T, before map[string]bool) {
	has := b.vendor.in(b.club)
	for _, id := range b.ids {
		if before[id] == b.in[id] && !b.gone[id] && has[b.login[id]] != b.in[id] {
			t.Fatalf("after a failed PATCH the vendor has %v, and %s should be as before: %v", has, b.login[id], b.in[id])
		}
	}
}

// compare asks the vendor, and what Entra would see.
func (b *roster) compare(t *rapid.T) {
	want, shown, seen := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for id := range b.in {
		if shown[id] = true; !b.gone[id] {
			want[b.login[id]] = true
		}
	}
	if diff := cmp.Diff(want, b.vendor.in(b.club)); diff != "" {
		t.Fatalf("at the vendor (-want +got):\n%s", diff)
	}
	got := b.r.must(t, 200, "GET", "/Groups/"+b.club, "").body
	var resource struct {
		DisplayName string
		Members     []struct{ Value string }
	}
	if err := json.Unmarshal([]byte(got), &resource); err != nil {
		t.Fatal(err)
	}
	for _, m := range resource.Members {
		seen[m.Value] = true
	}
	if diff := cmp.Diff(shown, seen); diff != "" || resource.DisplayName != b.name || b.vendor.nameOf(b.club) != b.name || len(seen) < len(resource.Members) {
		t.Fatalf("%q is shown as %s (-want +got):\n%s", b.name, got, diff)
	}
	id := rapid.SampledFrom(b.ids).Draw(t, "asked")
	found := gjson.Get(b.r.must(t, 200, strings.Fields(askMember(b.club, id))[0], strings.Fields(askMember(b.club, id))[1], "").body, "totalResults").Int() == 1
	if found != b.in[id] {
		t.Fatalf("is %s in the club: %v", b.login[id], found)
	}
}

// TestOnlyMembersRejoin: those who were in a group when their accounts were deleted and
// remembered are in it again. One had left before, by a call whose answer was lost.
func TestOnlyMembersRejoin(t *testing.T) {
	for way, members := range ways {
		t.Run(way, func(t *testing.T) {
			r, vendor := newUnreliable(t, inactive, members, gateway.Options{})
			b := newRoster(t, r, vendor, 1)
			ann, bob, cid := b.ids[0], b.ids[1], b.ids[2]
			r.must(t, 204, "PATCH", "/Groups/"+b.club, addMembers(ann, bob, cid))
			others := patchMembers(fmt.Sprintf(`[{"op":"Replace","path":"members","value":[{"value":"%s"},{"value":"%s"}]}]`, ann, cid))
			for calls := 0; vendor.in(b.club)[b.login[bob]]; calls++ {
				vendor.fail(calls, true)
				r.must(t, 503, "PATCH", "/Groups/"+b.club, others)
			}
			vendor.fail(-1, false)
			r.must(t, 204, "PATCH", "/Groups/"+b.club, others)
			for _, active := range []string{"False", "True"} {
				for _, id := range b.ids {
					r.must(t, 200, "PATCH", "/Users/"+id, patchMembers(`[{"op":"Replace","path":"active","value":"`+active+`"}]`))
				}
			}
			if diff := cmp.Diff(map[string]bool{b.login[ann]: true, b.login[cid]: true}, vendor.in(b.club)); diff != "" {
				t.Errorf("at the vendor (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMembersAtOnce: many PATCHes of one group at the same time, each of another
// member. All are in at the end.
func TestMembersAtOnce(t *testing.T) {
	for way, members := range ways {
		t.Run(way, func(t *testing.T) {
			r, vendor := newUnreliable(t, inactive, members, gateway.Options{})
			b := newRoster(t, r, vendor, 1)
			want := map[string]bool{}
			var ids []string
			for i := range 24 {
				login := fmt.Sprint("user", i)
				ids = append(ids, gjson.Get(r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"%s"}`, login)).body, "id").Str)
				want[login] = true
			}
			var all sync.WaitGroup
			for i, id := range ids {
				all.Go(func() {
					for _, body := range [][]string{{id}, {id, ids[(i+1)%len(ids)]}} {
						if got := r.call("PATCH", "/Groups/"+b.club, addMembers(body...)); got.status != 204 {
							t.Errorf("status %d: %s", got.status, got.body)
						}
					}
				})
			}
			all.Wait()
			if diff := cmp.Diff(want, vendor.in(b.club)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestMemberComesBackMeanwhile: somebody without an account is added to a group, and
// enabled before that is remembered. He is in the group.
func TestMemberComesBackMeanwhile(t *testing.T) {
	for way, members := range ways {
		t.Run(way, func(t *testing.T) {
			var once sync.Once
			var meanwhile func()
			r, vendor := newUnreliable(t, inactive, members, gateway.Options{Observe: func(p gateway.Point) {
				if commit, ok := p.Move.(transform.Commit); ok && p.When == "before" && commit.Kind.Name == "groups" && meanwhile != nil {
					once.Do(meanwhile)
				}
			}})
			b := newRoster(t, r, vendor, 1)
			id := b.ids[0]
			r.must(t, 200, "PATCH", "/Users/"+id, patchMembers(`[{"op":"Replace","path":"active","value":"False"}]`))
			enabled := make(chan reply, 1)
			meanwhile = func() {
				done := make(chan bool)
				go func() {
					enabled <- r.call("PATCH", "/Users/"+id, patchMembers(`[{"op":"Replace","path":"active","value":"True"}]`))
					close(done)
				}()
				select { // it may have to wait for the group
				case <-done:
				case <-time.After(300 * time.Millisecond):
				}
			}
			r.must(t, 204, "PATCH", "/Groups/"+b.club, addMembers(id))
			if got := <-enabled; got.status != 200 {
				t.Errorf("enabled: %d %s", got.status, got.body)
			}
			if diff := cmp.Diff(map[string]bool{b.login[id]: true}, vendor.in(b.club)); diff != "" {
				t.Errorf("at the vendor (-want +got):\n%s", diff)
			}
		})
	}
}
