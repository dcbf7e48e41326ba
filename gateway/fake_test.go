package gateway_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// native is one user as the fake vendor keeps it.
type native map[string]any

// habit is what the fake vendor makes of the value of a field.
type habit func(any) any

// fake is a user API that keeps whatever fields it is given, and gets them
// wrong on command.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	last    int
	users   map[string]native
	calls   []string // "POST /users {...}"
	habits  map[string]habit
	later   map[string]habit // struck after the answer to a write
	refuses string           // a field that no update may have
	deaf    bool             // ignores all query parameters
	lookup  bool             // a search takes any case
}

func newFake(t testing.TB) *fake {
	f := &fake{users: map[string]native{}, lookup: true}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users", f.list)
	mux.HandleFunc("POST /users", f.create)
	mux.HandleFunc("GET /users/{id}", f.one)
	mux.HandleFunc("PUT /users/{id}", f.one)
	mux.HandleFunc("DELETE /users/{id}", f.one)
	mux.HandleFunc("PUT /users/{id}/profile", f.one)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// took notes a call and gives its body.
func (f *fake) took(r *http.Request) (body native) {
	json.NewDecoder(r.Body).Decode(&body)
	line := r.Method + " " + r.RequestURI
	if body != nil {
		line += " " + encode(body)
	}
	f.calls = append(f.calls, line)
	return body
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: a fake's value is not JSON: " + err.Error())
	}
	return string(text)
}

func (f *fake) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, encode(body))
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took(r)
	query := r.URL.Query()
	found := []native{}
	if page, _ := strconv.Atoi(query.Get("page")); page < 2 || f.deaf {
		for _, u := range f.sorted() {
			if f.deaf || !query.Has("login") || f.named(u, query.Get("login")) {
				found = append(found, u)
			}
		}
	}
	f.answer(w, 200, map[string]any{"users": found})
}

func (f *fake) named(u native, login string) bool {
	has, _ := u["login"].(string)
	return has == login || f.lookup && strings.EqualFold(has, login)
}

func (f *fake) sorted() []native {
	number := func(u native) int { n, _ := strconv.Atoi(fmt.Sprint(u["id"])); return n }
	return slices.SortedFunc(maps.Values(f.users), func(a, b native) int { return cmp.Compare(number(a), number(b)) })
}

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body := f.took(r)
	login, _ := body["login"].(string)
	for _, u := range f.users {
		if f.named(u, login) {
			f.answer(w, 409, map[string]any{"message": "the login is taken"})
			return
		}
	}
	f.last++
	id := strconv.Itoa(f.last)
	u := native{"id": f.last, "code": "code" + id}
	f.set(u, body)
	f.users[id] = u
	f.answer(w, 201, u)
	f.strike(u, body)
}

// one serves a single user. Its profile takes the code that the creation gave.
func (f *fake) one(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body := f.took(r)
	u := f.users[r.PathValue("id")]
	switch {
	case u == nil:
		f.answer(w, 404, map[string]any{"message": "no such user"})
	case r.Method == "DELETE":
		delete(f.users, r.PathValue("id"))
		w.WriteHeader(204)
	case strings.HasSuffix(r.URL.Path, "/profile") && r.URL.Query().Get("code") != u["code"]:
		f.answer(w, 400, map[string]any{"message": "wrong code"})
	case r.Method == "PUT" && f.refuses != "" && body[f.refuses] != nil:
		f.answer(w, 422, map[string]any{"message": "CANARY"})
	case r.Method == "PUT":
		f.set(u, body)
		f.answer(w, 200, u)
		f.strike(u, body)
	default:
		f.answer(w, 200, u)
	}
}

// set changes the fields that are given, as the habits have it.
func (f *fake) set(u, body native) {
	for name, value := range body {
		if change := f.habits[name]; change != nil && value != nil {
			value = change(value)
		}
		if value == nil {
			delete(u, name)
		} else {
			u[name] = value
		}
	}
}

// strike changes fields after the answer has shown them as they were sent.
func (f *fake) strike(u, sent native) {
	for name := range sent {
		if change := f.later[name]; change != nil && u[name] != nil {
			u[name] = change(u[name])
		}
	}
}

// turn changes the vendor's manners while it serves.
func (f *fake) turn(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// edit is an administrator at work in the vendor's own console.
func (f *fake) edit(id, field string, value any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users[id][field] = value
}

// all gives a copy of every user.
func (f *fake) all() (users []native) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.sorted() {
		users = append(users, maps.Clone(u))
	}
	return users
}

// called gives the calls since it was last asked.
func (f *fake) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}
