package gateway_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// desk is a vendor that keeps users by their id and does as it is told to do: any
// path below a user changes his fields, and a hook may answer instead.
type desk struct {
	*httptest.Server
	mu    sync.Mutex
	last  int
	users map[string]native
	calls []string
	key   string                                            // the field that is the id; "": the vendor numbers its users
	hook  func(w http.ResponseWriter, r *http.Request) bool // whether it has answered
}

func newDesk(t testing.TB, key string) *desk {
	d := &desk{users: map[string]native{}, key: key}
	d.Server = httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(d.Close)
	return d
}

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, _ := io.ReadAll(r.Body)
	var body native
	json.Unmarshal(text, &body)
	if body != nil {
		text = []byte(encode(body)) // its fields in order
	}
	d.calls = append(d.calls, strings.TrimSuffix(r.Method+" "+r.RequestURI+" "+string(text), " "))
	if d.hook != nil && d.hook(w, r) {
		return
	}
	status, answer := d.do(r, body)
	if answer == nil {
		w.WriteHeader(status)
		return
	}
	respond(w, status, answer)
}

func respond(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write([]byte(encode(answer)))
}

// do serves /users and what lies below it.
func (d *desk) do(r *http.Request, body native) (status int, answer any) {
	_, id, one := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	id, _, _ = strings.Cut(id, "/")
	u := d.users[id]
	switch {
	case !one && r.Method == "GET":
		return 200, map[string]any{"users": d.found(r)}
	case !one:
		return d.create(body)
	case u == nil && r.Method == "PUT" && d.key != "":
		d.users[id] = body
		return 201, body
	case u == nil:
		return 404, nil
	case r.Method == "DELETE":
		delete(d.users, id)
		return 204, nil
	case r.Method == "GET":
		return 200, u
	}
	d.change(u, body)
	return 200, u
}

func (d *desk) found(r *http.Request) []native {
	found := []native{}
	for _, id := range slices.Sorted(maps.Keys(d.users)) {
		u, shown := d.users[id], true
		for field, values := range r.URL.Query() {
			has, _ := u[field].(string)
			shown = shown && strings.EqualFold(has, values[0])
		}
		if shown {
			found = append(found, u)
		}
	}
	return found
}

func (d *desk) create(body native) (int, any) {
	id, _ := body[d.key].(string)
	if d.key == "" {
		d.last++
		id = strconv.Itoa(d.last)
		body["id"] = d.last
	}
	if d.users[id] != nil {
		return 409, nil
	}
	d.users[id] = body
	return 201, body
}

// change takes the fields of a body; who gets another id is found under that.
func (d *desk) change(u, body native) {
	was := u[d.key]
	for field, value := range body {
		if u[field] = value; value == nil {
			delete(u, field)
		}
	}
	if name, ok := u[d.key].(string); ok && name != was {
		delete(d.users, was.(string))
		d.users[name] = u
	}
}

// turn changes the vendor while it serves.
func (d *desk) turn(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// called gives the calls since it was last asked.
func (d *desk) called() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return calls
}

// has is a user as JSON; null for nobody.
func (d *desk) has(id string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return encode(d.users[id])
}
