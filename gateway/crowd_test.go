package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"scimshim/gateway"
)

// crowd is a vendor of many users without a search. It makes up those that are
// there from the start, so that they take no memory here.
type crowd struct {
	*httptest.Server
	mu      sync.Mutex
	many    int // made up, with the ids from 1
	made    []native
	creates int
	lists   int
	onLast  func() // before the last page of a list is answered
}

const crowdPage = 1000

func newCrowd(t testing.TB, many int) *crowd {
	v := &crowd{many: many}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/users", v.list)
	mux.HandleFunc("POST /api/users", v.create)
	mux.HandleFunc("GET /api/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		id, _ := strconv.Atoi(r.PathValue("id"))
		fmt.Fprint(w, encode(v.user(id)))
	})
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(v.Close)
	return v
}

// user is about 1 KB of JSON, of which half is of no interest here.
func (v *crowd) user(id int) native {
	if id > v.many {
		return v.made[id-v.many-1]
	}
	name := fmt.Sprintf("user%06d", id)
	return native{"id": id, "login": name + "@contoso.example", "mail": name + "@contoso.example", "name": "User Number " + name, "first": "First" + name,
		"last": "Last" + name, "dept": "Department " + strconv.Itoa(id%40), "position": "Title " + strconv.Itoa(id%100), "enabled": true, "notes": strings.Repeat("x", 500)}
}

func (v *crowd) list(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lists++
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	total, users := v.many+len(v.made), []native{}
	for id := (page-1)*crowdPage + 1; id <= min(page*crowdPage, total); id++ {
		users = append(users, v.user(id))
	}
	if page*crowdPage >= total && v.onLast != nil {
		v.onLast()
	}
	fmt.Fprint(w, encode(native{"users": users, "total": total}))
}

func (v *crowd) create(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.creates++
	u := native{"id": v.many + len(v.made) + 1}
	json.NewDecoder(r.Body).Decode(&u)
	v.made = append(v.made, u)
	w.WriteHeader(201)
	fmt.Fprint(w, encode(u))
}

const crowdFile = `
vendor: crowd
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}/api"}
users:
  id: {native: id, type: integer}
  attributes:
    userName: login
    emails.work.value: mail
    displayName: name
    name.givenName: first
    name.familyName: last
    title: position
    enterprise.department: dept
    active: enabled
    externalId: keep
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  list: {request: "GET /users?page={page}", items: users, more: seen < body.total, at_most: 200000}
groups: unsupported
`

// An initial cycle of a vendor without search costs one create a user and one
// list, however many look for their user at once: Entra asks before each create.
func TestInitialCycleWithoutSearch(t *testing.T) {
	const users, there = 10_000, 2_500
	v := newCrowd(t, there)
	r := newRig(t, crowdFile, v.URL, gateway.Options{Logger: gateway.NewLogger(discard{}, 0)})
	r.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for n := worker; n < users; n += 16 {
				name := fmt.Sprintf("new%d@contoso.example", n)
				if got := r.call("GET", `/Users?filter=userName+eq+%22`+name+`%22`, ""); got.status != 200 || !strings.Contains(got.body, `"totalResults":0`) {
					t.Errorf("%s is not looked up: %d %s", name, got.status, got.body)
					return
				}
				if got := r.call("POST", "/Users", `{"userName":"`+name+`","externalId":"x`+strconv.Itoa(n)+`","active":true}`); got.status != 201 {
					t.Errorf("%s is not created: %d %s", name, got.status, got.body)
					return
				}
			}
		})
	}
	group.Wait()
	if v.creates != users || len(v.made) != users {
		t.Errorf("%d creates made %d users, want %d", v.creates, len(v.made), users)
	}
	if want := (there + crowdPage - 1) / crowdPage; v.lists != want {
		t.Errorf("the list was asked for %d times, want %d", v.lists, want)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// heap is what is in use, in MB, once everything else is collected.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / (1 << 20)
}

// The index of 100,000 users, seven values of each, and what the search that fills
// it holds before the last of 100 pages. bench/README.md has the figures.
func TestIndexMemory(t *testing.T) {
	v := newCrowd(t, 100_000)
	r := newRig(t, crowdFile, v.URL, gateway.Options{Logger: gateway.NewLogger(discard{}, 0)})
	before, peak := heap(), 0.0
	v.onLast = func() { peak = heap() - before }
	if got := r.call("GET", `/Users?filter=userName+eq+%22user099999@contoso.example%22`, ""); got.status != 200 || !strings.Contains(got.body, `"totalResults":1`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	index := heap() - before
	if got := r.call("GET", `/Users?filter=displayName+eq+%22User+Number+user000007%22`, ""); !strings.Contains(got.body, `"totalResults":1`) || v.lists != 100 {
		t.Errorf("%d lists: %d %s", v.lists, got.status, got.body)
	}
	t.Logf("the index takes %.0f MB, the search that fills it %.0f MB", index, peak)
	if index > 100 || peak > 100 {
		t.Errorf("the index takes %.0f MB, the search that fills it %.0f MB: more than 100", index, peak)
	}
}
