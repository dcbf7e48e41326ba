package gateway_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

// Each way to page shows everybody, by calls that are as the file and the vendor
// say, to the byte.
func TestPaging(t *testing.T) {
	for _, test := range []struct {
		name  string
		page  func(*register, *turn) string
		list  string
		calls []string
	}{
		{"by number", (*register).byPage, `{request: "GET /users?page={page}", items: users}`,
			[]string{"GET /users?page=1", "GET /users?page=2", "GET /users?page=3", "GET /users?page=4"}},
		{"by number, with a total", (*register).byPage, `{request: "GET /users?page={page}", items: users, more: seen < body.total}`,
			[]string{"GET /users?page=1", "GET /users?page=2", "GET /users?page=3"}},
		{"by offset", (*register).byOffset, `{request: "GET /users?offset={seen}", items: users, more: seen < body.total}`,
			[]string{"GET /users?offset=0", "GET /users?offset=2", "GET /users?offset=4"}},
		{"by cursor, with an empty page", (*register).byCursor, `{request: "GET /users?cursor={next}", items: users, next: body.next}`,
			[]string{"GET /users", "GET /users?cursor=pause", "GET /users?cursor=to%2F2", "GET /users?cursor=to%2F4"}},
		{"by a parameter of the header Link", (*register).byLink, `{request: "GET /users?at={next}", items: users, next: 'param(link(headers.link, "next"), "at")'}`,
			[]string{"GET /users", "GET /users?at=2", "GET /users?at=4"}},
		{"by the header Link", (*register).byLink, `{request: GET /users, items: users, next: 'link(headers.link, "next")'}`,
			[]string{"GET /users", "GET /users?at=2&q=%e4%2F+x", "GET /users?at=4&q=%E4%2F+x&q=%e4%2F+x"}},
		{"by an address in the body", (*register).byURL, `{request: GET /users, items: users, next: body.next}`,
			[]string{"GET /users", "GET /users?at=2", "GET /users?at=4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newRegister(t, crew()...)
			v.size, v.page = 2, test.page
			r := newRig(t, registerFile(test.list), v.URL, gateway.Options{})
			if got := r.logins(t, ""); got != "ann anton bea Cleo dora" {
				t.Errorf("got %q", got)
			}
			if diff := gocmp.Diff(test.calls, v.called()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// A search of several alternatives pages through each.
func TestPagingOfAlternatives(t *testing.T) {
	v := newRegister(t, crew()...)
	v.size, v.page = 1, (*register).byLink
	find := `{by: [userName sw], request: "GET /users?starts={value}", items: users, next: 'link(headers.link, "next")'}`
	r := newRig(t, registerFile("", find), v.URL, gateway.Options{})
	if got := r.logins(t, `userName sw "an" or userName sw "b" or userName sw "ann"`); got != "ann anton bea" {
		t.Errorf("got %q", got)
	}
	want := []string{"GET /users?starts=an", "GET /users?at=1&starts=an&q=%e4%2F+x", "GET /users?starts=b", "GET /users?starts=ann"}
	if diff := gocmp.Diff(want, v.called()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// watched is a listener that nobody may connect to.
func watched(t *testing.T) (address string, connected func() bool) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	seen := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			seen <- struct{}{}
			conn.Close()
		}
	}()
	return listener.Addr().String(), func() bool { return len(seen) > 0 }
}

// Whatever a vendor names as the next page, the gateway's credentials go nowhere
// but below the upstream's URL.
func TestNextLinksElsewhere(t *testing.T) {
	elsewhere, connected := watched(t)
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile(`{request: GET /users, items: users, next: body.next}`), v.URL, gateway.Options{})
	host := strings.TrimPrefix(v.URL, "http://")
	name, _, _ := net.SplitHostPort(host)
	for _, next := range []string{
		"http://" + elsewhere + "/api/users?page=2", "https://" + host + "/api/users?page=2", "//" + elsewhere + "/api/users", "ftp://" + host + "/api/users",
		"http://" + host + "@" + elsewhere + "/api/users", "http://user:pw@" + host + "/api/users", "http://" + name + "/api/users",
		"http://" + elsewhere + "#@" + host + "/api/users", `http://` + elsewhere + `\@` + host + "/api/users", `\\` + elsewhere + `\api\users`,
		"/", "/apiary/users", "/other", "..", "../other", "../../api/../other", "users/../../other", "/api/%2e%2e/other", "/api/users/%2E%2E%2Fother", `/api/..\other`, `/api/%2e%2e%5cother`,
		"/api/..;/other", "/api/..;x=1/other", "/api/%2e%2e;/other", "/api/..%3b/other", "/api/users/.;/..;a/..;b/other", "/api/..%00/other", "/api/..%09/other", "/api/%20../other",
		"/api/users?a=1 HTTP/1.1\r\nX: y", "/api/users\r\nHost: " + elsewhere, "/api/users?a b", "/api/users?ä", "/api/users?a\tb", "http:users", "javascript:1", "mailto:a@b", "http://[::1", "%zz", "/api/users?page=\x00",
	} {
		v.page = func(_ *register, turn *turn) string { turn.body["next"] = next; return "" }
		if got, want := r.logins(t, ""), "502 the vendor's next page is not below the upstream's url"; got != want {
			t.Errorf("%q: got %s", next, got)
		}
		if diff := gocmp.Diff([]string{"GET /users"}, v.called()); diff != "" {
			t.Errorf("%q: calls (-want +got):\n%s", next, diff)
		}
	}
	if connected() {
		t.Error("somebody else was connected to")
	}
}

// What is below the upstream's URL is asked for however it is named.
func TestNextLinksBelow(t *testing.T) {
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile(`{request: "GET /users?x=1", items: users, next: body.next}`), v.URL, gateway.Options{})
	for next, want := range map[string]string{
		v.URL + "/api/users?at=2":                                 "GET /users?at=2",
		"HTTP" + strings.TrimPrefix(v.URL, "http") + "/api/users": "GET /users",
		strings.TrimPrefix(v.URL, "http:") + "/api/users?at=2":    "GET /users?at=2",
		"/api/users?a=%2f%2E&b=+&c=%c3%a4#part":                   "GET /users?a=%2f%2E&b=+&c=%c3%a4",
		"?at=2":                                                   "GET /users?at=2",
		"users?at=2":                                              "GET /users?at=2",
		"./users?at=2":                                            "GET /users?at=2",
		"../api/./users?at=2":                                     "GET /users?at=2",
		"/api/us%65rs?at=http://x":                                "GET /us%65rs?at=http://x",
	} {
		v.page = func(_ *register, turn *turn) string {
			if turn.query.Has("x") {
				turn.found, turn.body["next"] = turn.found[:2], next
			} else {
				turn.found = turn.found[2:]
			}
			return ""
		}
		if got := r.logins(t, ""); got != "ann anton bea Cleo dora" {
			t.Errorf("%q: got %s", next, got)
		}
		if diff := gocmp.Diff([]string{"GET /users?x=1", want}, v.called()); diff != "" {
			t.Errorf("%q: calls (-want +got):\n%s", next, diff)
		}
	}
}

// A list that would never end is an error, and never a part of the truth.
func TestPagingThatDoesNotEnd(t *testing.T) {
	count := 0
	another := func(turn *turn) { count++; turn.body["next"] = fmt.Sprint("?page=", count) }
	for _, test := range []struct {
		name, want string
		calls      int
		page       func(*register, *turn) string
	}{
		{"the same page again", "502 the vendor's list repeats itself: its paging cannot be followed", 2, func(_ *register, turn *turn) string { another(turn); return "" }},
		{"the same name again", "502 the vendor's list names the same next page twice: its paging cannot be followed", 2, func(_ *register, turn *turn) string {
			turn.body["next"], turn.found = "?page=2", turn.found[:0]
			return ""
		}},
		{"empty pages for ever", "503 the vendor's list has more than 7 pages: raise at_most in the vendor file", 8, func(_ *register, turn *turn) string {
			another(turn)
			turn.found = turn.found[:0]
			return ""
		}},
		{"no place to go on", "502 it cannot be told where the vendor's list goes on: trim needs a string, not a number", 1, func(_ *register, turn *turn) string { turn.body["next"] = 7; return "" }},
	} {
		v := newRegister(t, crew()...)
		v.page = test.page
		r := newRig(t, registerFile(`{request: GET /users, items: users, next: trim(body.next), at_most: 7}`), v.URL, gateway.Options{})
		got := r.logins(t, "")
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		if calls := v.called(); len(calls) != test.calls {
			t.Errorf("%s: calls %q", test.name, calls)
		}
	}
}

// The parts of a search that failed leave no answer behind.
func TestCutShort(t *testing.T) {
	v := newRegister(t, crew()...)
	v.size, v.page = 2, (*register).byLink
	v.answer = func(w http.ResponseWriter) { w.WriteHeader(500) }
	r := newRig(t, registerFile("", findLogin, findStarts), v.URL, gateway.Options{})
	if got, want := r.logins(t, `userName eq "ann" or userName sw "b"`), "503 the vendor answered with status 500"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if diff := gocmp.Diff([]string{"GET /users?login=ann"}, v.called()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// Of items that are bare ids each is read that has to be known: of a list without a
// filter those of the page that is shown, of a search all, once for the index.
func TestBareIDs(t *testing.T) {
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile(`GET /ids`), v.URL, gateway.Options{})
	if got := r.call("GET", "/Users?startIndex=2&count=2", ""); got.status != 200 || !strings.Contains(got.body, `"totalResults":5`) || strings.Count(got.body, `"userName"`) != 2 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if diff := gocmp.Diff([]string{"GET /ids", "GET /users/2", "GET /users/3"}, v.called()); diff != "" {
		t.Errorf("a page: calls (-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		filter, want string
		calls        []string
	}{
		{`userName eq "bea"`, "bea", []string{"GET /ids", "GET /users/1", "GET /users/2", "GET /users/3", "GET /users/4", "GET /users/5"}},
		{`userName eq "bea" or userName eq "ann"`, "ann bea", []string{"GET /users/3", "GET /users/1"}},
		{`userName eq "nobody"`, "", nil},
	} {
		if got := r.logins(t, test.filter); got != test.want {
			t.Errorf("%s: got %q, want %q", test.filter, got, test.want)
		}
		if diff := gocmp.Diff(test.calls, v.called()); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", test.filter, diff)
		}
	}
	r = newRig(t, registerFile("", `{by: userName sw, request: "GET /ids?starts={value}"}`, `{by: userName, request: "GET /logins/{value}", item: user}`), v.URL, gateway.Options{})
	if got := r.logins(t, `userName sw "an" or userName eq "cleo" or userName eq "zoe"`); got != "ann anton Cleo" {
		t.Errorf("by finds: %q", got)
	}
	want := []string{"GET /ids?starts=an", "GET /logins/cleo", "GET /logins/zoe", "GET /users/1", "GET /users/2", "GET /users/4"}
	if diff := gocmp.Diff(want, v.called()); diff != "" {
		t.Errorf("by finds: calls (-want +got):\n%s", diff)
	}
}

// Items that are named by their ids have no id of their own.
func TestItemsByID(t *testing.T) {
	v := newRegister(t, crew()...)
	find := `{by: enterprise.department, request: "GET /map?dept={value}", items: data.users.*}`
	r := newRig(t, registerFile(`{request: GET /map, items: data.users.*}`, find), v.URL, gateway.Options{})
	if got := r.logins(t, ""); got != "ann anton bea Cleo dora" {
		t.Errorf("got %q", got)
	}
	if diff := gocmp.Diff([]string{"GET /map"}, v.called()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	for dept, want := range map[string]string{"it": "anton bea", "none": ""} {
		if got := r.logins(t, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "`+dept+`"`); got != want {
			t.Errorf("%s: got %q, want %q", dept, got, want)
		}
	}
	v.answer = func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":{"users":[{"id":1}]}}`) }
	r = newRig(t, registerFile(`{request: GET /users, items: data.users.*}`), v.URL, gateway.Options{})
	if got, want := r.logins(t, ""), "502 the vendor's answer does not contain the list"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	v.answer = func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":{"users":{"1":true}}}`) }
	if got, want := r.logins(t, ""), "502 the vendor's list contains something else than resources"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A list that lacks what somebody is looked for by proves no miss by itself.
func TestIndexOfAListThatLacks(t *testing.T) {
	v := newRegister(t, crew()...)
	r := newRig(t, registerFile(`{request: GET /users, items: users, lacks: [mail]}`), v.URL, gateway.Options{})
	for range 2 {
		if got := r.logins(t, `emails[type eq "work" and value eq "bea@x"]`); got != "bea" {
			t.Errorf("got %q", got)
		}
	}
	if calls := v.called(); len(calls) != 1+5+1 {
		t.Errorf("calls %q", calls)
	}
}
