package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scimshim/gateway"
	"scimshim/transform"
)

const (
	joinLeave = `    list:   {request: "GET /clubs/{id}/ids", items: ids}
    add:    {request: "POST /clubs/{id}/join", body: ["=member"]}
    remove: {request: "POST /clubs/{id}/leave", body: ["=member"]}`
	inGroup = "    native: members"
)

var (
	loseAccount = patchMembers(`[{"op":"Replace","path":"active","value":"False"}]`)
	getAccount  = patchMembers(`[{"op":"Replace","path":"active","value":"True"}]`)
)

// existsRig is as clubsRig, with accounts that are deleted and remembered.
func existsRig(t *testing.T, members string, options gateway.Options) (*rig, *clubs, *tape) {
	t.Helper()
	vendor := newClubs()
	handler := vendor.handler()
	calls := &tape{vendor: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" && r.URL.Path == "/users/n3" {
			time.Sleep(50 * time.Millisecond) // whoever asks for cid is overtaken
		}
		handler.ServeHTTP(w, r)
	})}
	server := httptest.NewServer(calls)
	t.Cleanup(server.Close)
	r := newRig(t, clubsFile(inactive, members), server.URL, options)
	for _, name := range []string{"ann", "bob", "cid"} {
		r.must(t, 201, "POST", "/Users", fmt.Sprintf(`{"userName":"%s"}`, name))
	}
	r.must(t, 201, "POST", "/Groups", `{"displayName":"Chess"}`)
	return r, vendor, calls
}

// in are those who are in the club, by login.
func (c *clubs) in(id string) (logins []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, member := range c.clubs[id].Members {
		logins = append(logins, c.users[member].Login)
	}
	slices.Sort(logins)
	return logins
}

// TestMembersBounce: a user loses the account and gets another between the call by
// which he joins and the record of it. He must be in the group with the new one.
func TestMembersBounce(t *testing.T) {
	for _, members := range []string{joinLeave, inGroup} {
		t.Run(strings.Fields(members)[0], func(t *testing.T) {
			var once sync.Once
			var bounce sync.WaitGroup
			meanwhile := func() {}
			r, vendor, _ := existsRig(t, members, gateway.Options{Observe: func(p gateway.Point) {
				if commit, ok := p.Move.(transform.Commit); ok && p.When == "before" && commit.Kind.Name == "groups" {
					meanwhile()
				}
			}})
			meanwhile = func() {
				once.Do(func() {
					done := make(chan bool)
					bounce.Go(func() {
						defer close(done)
						r.must(t, 200, "PATCH", "/Users/n1", loseAccount)
						r.must(t, 200, "PATCH", "/Users/n1", getAccount)
					})
					select { // he must wait, or else be through before the record
					case <-done:
					case <-time.After(300 * time.Millisecond):
					}
				})
			}
			r.must(t, 204, "PATCH", "/Groups/n4", addMembers("n1"))
			bounce.Wait()
			if got := vendor.in("n4"); !slices.Equal(got, []string{"ann"}) {
				t.Errorf("in the group: %v, want ann", got)
			}
		})
	}
}

// TestMembersCrossed: two groups get the same two users, who have no account, in
// opposite order, and one between them who is slow to look up. Neither waits for the
// other's.
func TestMembersCrossed(t *testing.T) {
	r, _, _ := existsRig(t, `    {native: "people[].who.login", by: userName}`, gateway.Options{})
	r.must(t, 201, "POST", "/Groups", `{"displayName":"Go"}`)
	r.must(t, 200, "PATCH", "/Users/n1", loseAccount)
	r.must(t, 200, "PATCH", "/Users/n2", loseAccount)
	var both sync.WaitGroup
	for group, users := range map[string][]string{"n4": {"n1", "n3", "n2"}, "n5": {"n2", "n3", "n1"}} {
		both.Go(func() {
			if got := r.call("PATCH", "/Groups/"+group, addMembers(users...)); got.status != 204 {
				t.Errorf("%s: %d %s", group, got.status, detailOf(got.body))
			}
		})
	}
	both.Wait()
}

// TestMembersRemovedByHand: whom the administrator has taken out of a group does not
// come back with a new account, once Entra has been shown who is in the group.
func TestMembersRemovedByHand(t *testing.T) {
	for _, members := range []string{joinLeave, inGroup} {
		t.Run(strings.Fields(members)[0], func(t *testing.T) {
			r, vendor, _ := existsRig(t, members, gateway.Options{})
			r.must(t, 204, "PATCH", "/Groups/n4", addMembers("n1", "n2", "n3"))
			r.must(t, 200, "PATCH", "/Users/n3", loseAccount) // who is not shown either
			vendor.mu.Lock()
			vendor.clubs["n4"].Members = []string{"n2"}
			vendor.mu.Unlock()
			r.must(t, 200, "GET", "/Groups/n4", "")
			r.must(t, 200, "PATCH", "/Users/n1", loseAccount)
			r.must(t, 200, "PATCH", "/Users/n1", getAccount)
			r.must(t, 200, "PATCH", "/Users/n3", getAccount)
			if got := vendor.in("n4"); !slices.Equal(got, []string{"bob", "cid"}) {
				t.Errorf("in the group: %v, want bob and cid", got)
			}
		})
	}
}

// TestMembersOrder: a vendor that shows the same members in another order has not
// changed the group.
func TestMembersOrder(t *testing.T) {
	for _, members := range []string{joinLeave, inGroup} {
		t.Run(strings.Fields(members)[0], func(t *testing.T) {
			r, vendor, _ := existsRig(t, members, gateway.Options{})
			r.must(t, 204, "PATCH", "/Groups/n4", addMembers("n1", "n2", "n3"))
			first := r.must(t, 200, "GET", "/Groups/n4", "")
			vendor.mu.Lock()
			slices.Reverse(vendor.clubs["n4"].Members)
			vendor.mu.Unlock()
			again := r.must(t, 200, "GET", "/Groups/n4", "")
			if etag := first.header.Get("ETag"); again.body != first.body || etag == "" || again.header.Get("ETag") != etag {
				t.Errorf("first: %s %s\nthen: %s %s", etag, first.body, again.header.Get("ETag"), again.body)
			}
		})
	}
}

// TestMembersResumed: a group is made although one of its members is nobody, and is
// refused. The next request for it has no members, and is answered as what it asks for.
func TestMembersResumed(t *testing.T) {
	for _, members := range []string{joinLeave, inGroup} {
		for _, users := range []string{"", inactive} {
			t.Run(strings.Fields(members)[0]+users, func(t *testing.T) {
				file := strings.Replace(clubsFile(users, members), "{displayName: name}", "{displayName: name, externalId: keep}", 1)
				r, calls := clubsRigOf(t, file)
				r.must(t, 400, "POST", "/Groups", `{"displayName":"Go","externalId":"g","members":[{"value":"n1"},{"value":"who"}]}`)
				got := r.must(t, 201, "POST", "/Groups", `{"displayName":"Go","externalId":"g"}`)
				want := group("n5", `"displayName":"Go","externalId":"g",`)
				for _, got := range []reply{got, r.must(t, 200, "GET", "/Groups/n5", "")} {
					if body := version.ReplaceAllString(strings.ReplaceAll(got.body, r.base, "BASE"), ""); body != want {
						t.Errorf("got %s\nwant %s\nafter %q", body, want, calls.take())
					}
				}
			})
		}
	}
}
