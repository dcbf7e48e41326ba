package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/gateway"
)

// pager is a vendor whose table of roles, and whose list of who is in a club, come in
// pages, which it names in every way that a vendor file can follow.
type pager struct {
	*httptest.Server
	mu     sync.Mutex
	people []string
	roles  []entry
	calls  []string
	page   func(s *pager, page map[string]any, call int) // makes it another page
	keyed  bool                                          // its paths need the key that a login gives
}

// newPager has five roles, and as many people, who have them all and are in a club.
func newPager(t *testing.T) *pager {
	s := &pager{}
	for i := range 5 {
		s.people = append(s.people, fmt.Sprint("p", i))
		s.roles = append(s.roles, entry{fmt.Sprint("r", i), fmt.Sprint("Role ", i)})
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *pager) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.RequestURI)
	path := r.URL.Path
	if s.keyed && path != "/login" {
		if path = strings.TrimPrefix(path, "/k1"); path == r.URL.Path {
			w.WriteHeader(403)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(s.answer(w, r, path))
}

func (s *pager) answer(w http.ResponseWriter, r *http.Request, path string) any {
	switch path {
	case "/login":
		return map[string]any{"key": "k1"}
	case "/roles":
		return paged(s, w, r, s.roles)
	case "/clubs/c1/people":
		return paged(s, w, r, s.people)
	case "/clubs/c1":
		return map[string]any{"id": "c1", "name": "Chess"}
	}
	ids := []any{}
	for _, role := range s.roles {
		ids = append(ids, role.ID)
	}
	return map[string]any{"id": strings.TrimPrefix(path, "/people/"), "login": "ann", "role_ids": ids}
}

// paged shows two items.
func paged[T any](s *pager, w http.ResponseWriter, r *http.Request, all []T) map[string]any {
	at, _ := strconv.Atoi(r.URL.Query().Get("at"))
	if number, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil {
		at = 2 * (number - 1)
	}
	rest := all[min(at, len(all)):]
	page := map[string]any{"items": rest[:min(2, len(rest))], "total": len(all)}
	if len(rest) > 2 {
		page["at"], page["url"] = at+2, fmt.Sprintf("http://%s%s?at=%d", r.Host, r.URL.Path, at+2)
		page["relative"] = fmt.Sprintf("%s?at=%d", r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], at+2)
		w.Header().Set("Link", fmt.Sprintf(`<%s?at=%d>; rel="next"`, r.URL.Path, at+2))
	}
	if s.page != nil {
		s.page(s, page, len(s.calls))
	}
	return page
}

// called gives the calls since it was last asked that have to do with a path.
func (s *pager) called(path string) (calls []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls {
		if strings.Contains(call, path) {
			calls = append(calls, call)
		}
	}
	s.calls = nil
	return calls
}

// pagerFile is the file of a pager, of which PATH of either list is asked for, with
// these parameters and keys. The upstream has further lines.
func pagerFile(upstream, path, parameters, keys string) string {
	return strings.NewReplacer("UPSTREAM", upstream, "PATH", path, "PARAMETERS", parameters, "KEYS", keys).Replace(`
vendor: pager
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: "${env:LEGACY_URL}"UPSTREAM}
lookups:
  roles: {request: "GET PATH/rolesPARAMETERS", items: items, key: name, value: id, KEYS}
users:
  id: id
  attributes: {userName: login, active: exists, roles: {native: role_ids, lookup: roles}}
  create: POST PATH/people
  read: GET PATH/people/{id}
  update: PATCH PATH/people/{id}
  delete: DELETE PATH/people/{id}
  find: {by: userName, request: "GET PATH/people?login={value}"}
groups:
  id: id
  attributes: {displayName: name}
  create: POST PATH/clubs
  read: GET PATH/clubs/{id}
  update: PATCH PATH/clubs/{id}
  delete: DELETE PATH/clubs/{id}
  find: {by: displayName, request: "GET PATH/clubs?name={value}"}
  members:
    list: {request: "GET PATH/clubs/{id}/peoplePARAMETERS", items: items, KEYS}
    add: {request: "POST PATH/clubs/{id}/join", body: =members}
    remove: {request: "POST PATH/clubs/{id}/leave", body: =members}
`)
}

// paths are those of calls for a list with these parameters.
func paths(list string, parameters ...string) (calls []string) {
	for _, p := range parameters {
		calls = append(calls, list+p)
	}
	return calls
}

// The table of a lookup and the members of a group come in pages, in every way that a
// list does.
func TestPagesOfLookupsAndMembers(t *testing.T) {
	byAddress := []string{"", "?at=2", "?at=4"}
	for _, test := range []struct {
		name, parameters, keys string
		calls                  []string
	}{
		{"by number", "?page={page}", "more: seen < body.total", []string{"?page=1", "?page=2", "?page=3"}},
		{"by offset", "?at={seen}", "at_most: 5", []string{"?at=0", "?at=2", "?at=4", "?at=5"}},
		{"by cursor", "?at={next}", "next: body.at", byAddress},
		{"by an address in the body", "", "next: body.url", byAddress},
		{"by a relative address", "", "next: body.relative", byAddress},
		{"by the header Link", "", `next: 'link(headers.link, "next")'`, byAddress},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newPager(t)
			r := newRig(t, pagerFile("", "", test.parameters, test.keys), s.URL, gateway.Options{})
			r.showsAll(t)
			calls := slices.Concat([]string{"/people/p1"}, paths("/roles", test.calls...), []string{"/clubs/c1"}, paths("/clubs/c1/people", test.calls...))
			if diff := cmp.Diff(calls, s.called("/")); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// showsAll asserts that a user has all roles of a pager and a group all its people.
func (r *rig) showsAll(t *testing.T) {
	t.Helper()
	if got, want := shownOf(r.must(t, 200, "GET", "/Users/p1", "").body), ": Role 0 Role 1 Role 2 Role 3 Role 4"; got != want {
		t.Errorf("the user shows %q, want %q", got, want)
	}
	members := gjson.Get(r.must(t, 200, "GET", "/Groups/c1", "").body, "members.#.value").Raw
	if want := `["p0","p1","p2","p3","p4"]`; members != want {
		t.Errorf("the group shows %s, want %s", members, want)
	}
}

// A page that the vendor names by its URL is asked for at that URL after a login, too,
// and what it names is relative to the path that the session was part of.
func TestNextPageAfterALogin(t *testing.T) {
	for _, next := range []string{"body.url", "body.relative", `'link(headers.link, "next")'`} {
		s := newPager(t)
		s.keyed = true
		login := `, login: {request: POST /login, save: {key: body.key}}`
		r := newRig(t, pagerFile(login, "/{session.key}", "", "next: "+next), s.URL, gateway.Options{})
		r.showsAll(t)
		calls := slices.Concat([]string{"/k1/people/p1"}, paths("/k1/roles", "", "?at=2", "?at=4"), []string{"/k1/clubs/c1"}, paths("/k1/clubs/c1/people", "", "?at=2", "?at=4"))
		if diff := cmp.Diff(calls, s.called("/k1/")); diff != "" {
			t.Errorf("next: %s: calls (-want +got):\n%s", next, diff)
		}
	}
}

// A table, or a list of members, that would never end is an error after few calls.
func TestLookupsAndMembersThatDoNotEnd(t *testing.T) {
	empty := func(page map[string]any) { page["items"] = []any{} }
	const repeats, twice = "the vendor's list repeats itself: its paging cannot be followed", "the vendor's list names the same next page twice: its paging cannot be followed"
	for _, test := range []struct {
		name, keys     string
		page           func(*pager, map[string]any, int)
		lookup, member string // "": the same
		calls          int
	}{
		{"the same page by other names", "at_most: 3", func(_ *pager, page map[string]any, call int) { page["url"] = fmt.Sprint("?x=", call) }, "502 " + repeats, "", 2},
		{"empty pages of one name", "at_most: 1000", func(_ *pager, page map[string]any, _ int) { empty(page); page["url"] = "?at=2" }, "502 " + twice, "", 2},
		{"empty pages for ever", "at_most: 3", func(_ *pager, page map[string]any, call int) { empty(page); page["url"] = fmt.Sprint("?x=", call) },
			"503 the vendor's list has more than 3 pages: raise at_most in the vendor file", "", 4},
		{"more than at_most", "at_most: 3", nil, "503 the vendor lists more than 3 items: raise at_most in the vendor file",
			"503 the group has more members than at_most of members.list: raise it in the vendor file", 2},
		{"elsewhere", "at_most: 3", func(_ *pager, page map[string]any, _ int) { page["url"] = "http://elsewhere.example/" },
			"502 the vendor's next page is not below the upstream's url", "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newPager(t)
			s.page = test.page
			r := newRig(t, pagerFile("", "", "", "next: body.url, "+test.keys), s.URL, gateway.Options{})
			if test.member == "" {
				test.member = test.lookup
			}
			status, detail, _ := strings.Cut(test.lookup, " ")
			for _, ask := range []struct{ path, list, want string }{{"/Users/p1", "/roles", status + ` lookup "roles": ` + detail}, {"/Groups/c1", "/clubs/c1/people", test.member}} {
				got := r.call("GET", ask.path, "")
				if text := fmt.Sprint(got.status, " ", detailOf(got.body)); text != ask.want {
					t.Errorf("%s: got %s, want %s", ask.path, text, ask.want)
				}
				if calls := s.called(ask.list); len(calls) != test.calls {
					t.Errorf("%s: calls %q, want %d", ask.path, calls, test.calls)
				}
			}
		})
	}
}

// A group may have as many members as a list has resources, and not only as many as a
// search finds.
func TestManyMembers(t *testing.T) {
	s := newPager(t)
	for i := range 300 {
		s.people = append(s.people, fmt.Sprint("q", i))
	}
	s.page = func(s *pager, page map[string]any, _ int) { page["items"] = s.people }
	r := newRig(t, pagerFile("", "", "?at={seen}", "more: seen < body.total"), s.URL, gateway.Options{})
	if got := gjson.Get(r.must(t, 200, "GET", "/Groups/c1", "").body, "members.#").Int(); got != 305 {
		t.Errorf("the group shows %d members, want 305", got)
	}
}
