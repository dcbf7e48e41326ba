package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

func decoded(t *testing.T, body string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return out
}

// Two creates of one user, in two spellings, make one: this vendor would take both.
func TestOneCreate(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	var statuses [8]int
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			name := []string{"ann", "Ann"}[i%2]
			statuses[i] = b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"`+name+`","displayName":"x"}`).Status
		})
	}
	all.Wait()
	slices.Sort(statuses[:])
	if want := [8]int{201, 409, 409, 409, 409, 409, 409, 409}; statuses != want || v.count() != 1 {
		t.Errorf("%d users were created, answers %v", v.count(), statuses)
	}
}

// Two PATCHes of one user, and of one user by a rename, do not interleave.
func TestPatchesDoNotInterleave(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann","displayName":"Ann"}`)
	var inside, most atomic.Int32
	var rounds sync.Map
	b.options.Observe = func(p Point) {
		if _, sends := p.Move.(transform.Send); !sends {
			return
		}
		if p.When == "after" {
			inside.Add(-1)
			return
		}
		if n := inside.Add(1); n > most.Load() {
			most.Store(n)
		}
		rounds.Store(p.Step.Name(), true)
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			body := fmt.Sprintf(`{"Operations":[{"op":"Replace","path":"userName","value":"ann-%d"},{"op":"Replace","path":"title","value":"t-%d"}]}`, i, i)
			if got := b.do(t, "token-of-legacy", "PATCH", legacy+"/Users/1", body); got.Status != 200 {
				t.Errorf("status %d: %s", got.Status, got.Body)
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d calls for one user ran at once", most.Load())
	}
	if _, wrote := rounds.Load("update 1"); !wrote {
		t.Error("no PATCH reached the vendor")
	}
	user := v.users[1]
	if login, title := user["login"].(string), user["title"].(string); login[len("ann-"):] != title[len("t-"):] {
		t.Errorf("two PATCHes were mixed: %v", user)
	}
}

// A user whose request is under way keeps others out for a while, not for ever.
func TestBusy(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	b.locks.wait = 0
	b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann"}`)
	reached, leave := make(chan struct{}), make(chan struct{})
	v.before(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/users/1" {
			close(reached)
			<-leave
		}
		return false
	})
	first := make(chan answered)
	go func() { first <- b.do(t, "token-of-legacy", "GET", legacy+"/Users/1", "") }()
	<-reached
	got := b.do(t, "token-of-legacy", "GET", legacy+"/Users/1", "")
	if text := summary(t, got); text != "503 another request for the same user is still under way" || got.Header.Get("Retry-After") != "10" {
		t.Errorf("got %s, Retry-After %q", text, got.Header.Get("Retry-After"))
	}
	close(leave)
	if got := <-first; got.Status != 200 {
		t.Errorf("the first is answered %d", got.Status)
	}
	if len(b.locks.open) != 0 {
		t.Errorf("%d locks are left over", len(b.locks.open))
	}
}

// A create that adopts a user learns its id on the way, and holds it from then on.
func TestAdoptedUserIsLocked(t *testing.T) {
	v := newFakeVendor(t)
	v.users[7], v.last = map[string]any{"id": 7, "login": "ann", "name": "old"}, 7
	b := newBench(t, Options{}, strings.Replace(v.file("legacy"), "  create:", "  adopt: true\n  create:", 1))
	var locked []bool
	b.options.Observe = func(p Point) {
		if p.When == "before" && p.Step.Name() == "update 1" {
			b.locks.mu.Lock()
			locked = append(locked, b.locks.open[lockName{"legacy", "users", true, "7"}] != nil)
			b.locks.mu.Unlock()
		}
	}
	got := b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann","displayName":"new"}`)
	if id := decoded(t, got.Body)["id"]; got.Status != 201 || id != "7" {
		t.Errorf("status %d: %s", got.Status, got.Body)
	}
	if diff := cmp.Diff([]bool{true}, locked); diff != "" {
		t.Error(diff)
	}
}

// A search brings a record up to date without having locked the user. A write
// that came in between must not be undone by it.
func TestSearchUndoesNothing(t *testing.T) {
	v := newFakeVendor(t)
	v.upper = true
	b := newBench(t, Options{}, v.file("legacy"))
	b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann","title":"first"}`)
	between := false
	b.options.Observe = func(p Point) {
		if commit, ok := p.Move.(transform.Commit); ok && !between && commit.Change.Put != nil {
			between = true
			b.do(t, "token-of-legacy", "PATCH", legacy+"/Users/1", `{"Operations":[{"op":"Replace","path":"title","value":"second"}]}`)
		}
	}
	b.do(t, "token-of-legacy", "GET", legacy+"/Users?filter=id+eq+%221%22", "")
	if !between {
		t.Fatal("the search had nothing to bring up to date")
	}
	got := b.do(t, "token-of-legacy", "GET", legacy+"/Users/1", "")
	if title := decoded(t, got.Body)["title"]; title != "second" || v.users[1]["title"] != "SECOND" {
		t.Errorf("the title is %v, at the vendor %v", title, v.users[1]["title"])
	}
}

// Nothing is sent that could not be remembered.
func TestStateFails(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	b.store.Close()
	got := b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"ann"}`)
	if text := summary(t, got); text != "503 the gateway cannot write its state" {
		t.Error(text)
	}
	if v.count() != 0 {
		t.Error("a user was created")
	}
}

// Bytes of one request must not show up in another: two vendors with equal ids,
// and a value of its own for each attribute of each user.
func TestIsolation(t *testing.T) {
	users := 1000
	vendors := map[string]*fakeVendor{"red": newFakeVendor(t), "blue": newFakeVendor(t)}
	b := newBench(t, Options{}, vendors["red"].file("red"), vendors["blue"].file("blue"))
	work := make(chan string)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for who := range work {
				b.liveAs(t, who)
			}
		})
	}
	for i := range users {
		work <- fmt.Sprintf("%s-%d", []string{"red", "blue"}[i%2], i)
	}
	close(work)
	all.Wait()
	for name, v := range vendors {
		if v.count() != users/2 {
			t.Errorf("%s has %d users", name, v.count())
		}
		for id, user := range v.users {
			login := user["login"].(string)
			want := map[string]any{"id": id, "login": login, "name": "name of " + login, "title": "new title of " + login, "enabled": true}
			if diff := cmp.Diff(want, user); diff != "" || !strings.HasPrefix(login, name) {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// liveAs creates a user, changes it, and compares all that is answered.
func (b *bench) liveAs(t *testing.T, who string) {
	vendor, _, _ := strings.Cut(who, "-")
	base, token := "/"+vendor+"/scim/v2/Users", "token-of-"+vendor
	created := b.do(t, token, "POST", base, fmt.Sprintf(`{"userName":%q,"displayName":"name of %s","title":"title of %[2]s","active":true,"externalId":"external id of %[2]s"}`, who, who))
	id, _ := decoded(t, created.Body)["id"].(string)
	want := func(title string, shown answered) map[string]any {
		return map[string]any{
			"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "id": id, "userName": who,
			"displayName": "name of " + who, "title": title, "active": true, "externalId": "external id of " + who,
			"meta": map[string]any{"resourceType": "User", "location": "https://gateway.example" + base + "/" + id, "version": shown.Header.Get("ETag")},
		}
	}
	if diff := cmp.Diff(want("title of "+who, created), decoded(t, created.Body)); diff != "" {
		t.Errorf("create of %s: %s", who, diff)
	}
	b.do(t, token, "PATCH", base+"/"+id, fmt.Sprintf(`{"Operations":[{"op":"Replace","path":"title","value":"new title of %s"}]}`, who))
	read := b.do(t, token, "GET", base+"/"+id, "")
	if diff := cmp.Diff(want("new title of "+who, read), decoded(t, read.Body)); diff != "" {
		t.Errorf("read of %s: %s", who, diff)
	}
	found := b.do(t, token, "GET", base+"?filter=userName+eq+%22"+who+"%22", "")
	if diff := cmp.Diff([]any{want("new title of "+who, read)}, decoded(t, found.Body)["Resources"]); diff != "" {
		t.Errorf("find of %s: %s", who, diff)
	}
}

// A vendor without search is listed once, however many ask at the same time.
func TestOneListing(t *testing.T) {
	v := newFakeVendor(t)
	for id := 1; id <= 20; id++ {
		v.last = id
		v.users[id] = map[string]any{"id": id, "login": fmt.Sprintf("user-%d", id)}
	}
	file := strings.Replace(v.file("legacy"), `  find: {by: userName, request: "GET /users?login={value}", items: users}`, `  list: {request: GET /users, items: users}`, 1)
	b := newBench(t, Options{}, file)
	var all sync.WaitGroup
	for id := 1; id <= 40; id++ {
		all.Go(func() {
			got := decoded(t, b.do(t, "token-of-legacy", "GET", fmt.Sprintf("%s/Users?filter=userName+eq+%%22user-%d%%22", legacy, id), "").Body)
			if want := map[bool]float64{true: 1, false: 0}[id <= 20]; got["totalResults"] != want {
				t.Errorf("user-%d: %v", id, got)
			}
		})
	}
	all.Wait()
	lists := 0
	for _, call := range v.took() {
		if call == "GET /users" {
			lists++
		}
	}
	if lists != 1 {
		t.Errorf("listed %d times", lists)
	}
}

// A fault of our own is answered, logged without values, and ends no more than
// its request.
func TestFault(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	b.options.Observe = func(Point) { panic("canary-in-a-panic") }
	got := b.do(t, "token-of-legacy", "GET", legacy+"/Users/1", "")
	if text := summary(t, got); text != "500 the gateway has a fault of its own: its log has more under the correlation id" {
		t.Error(text)
	}
	b.options.Observe = nil
	if got := b.do(t, "token-of-legacy", "GET", legacy+"/Users?filter=userName+eq+%22ann%22", ""); got.Status != 200 {
		t.Errorf("afterwards status %d", got.Status)
	}
	if log := b.log.String(); !strings.Contains(log, `"fault":"string"`) || strings.Contains(log, "canary") {
		t.Error(log)
	}
	if len(b.locks.open) != 0 {
		t.Errorf("%d locks are left over", len(b.locks.open))
	}
}
