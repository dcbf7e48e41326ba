package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
)

// row is one kind of request.
type row struct {
	name  string
	calls float64 // that the vendor should get for one request to the gateway
	fresh bool    // it needs users that are not there yet
	call  func(p *proxy, i int) call
}

// call is one request and what must be answered.
type call struct {
	method, path string
	body         []byte
	status       int
	user         *user // whom it is about
	listed       int   // 0 or 1: the answer is a list of so many; -1: it is a user
}

// The rows, in the order in which they are measured: a POST comes after the
// look-up of the same users, as Entra does it.
const (
	readRow   = "GET by id"
	findRow   = "filter, a hit"
	missRow   = "filter, nobody"
	createRow = "POST"
	phoneRow  = "PATCH with a read"
	titleRow  = "PATCH, blind"
)

func allRows() []row {
	return []row{
		{name: readRow, calls: 1, call: read},
		{name: findRow, calls: 1, call: find},
		{name: missRow, calls: 1, fresh: true, call: miss},
		{name: createRow, calls: 1, fresh: true, call: create},
		{name: phoneRow, calls: 2, call: patchPhone},
		{name: titleRow, calls: 1, call: patchTitle},
	}
}

func read(p *proxy, i int) call {
	u := p.user(i)
	return call{method: "GET", path: p.path(u.id, ""), status: 200, user: u, listed: -1}
}

func find(p *proxy, i int) call {
	u := p.user(i)
	return call{method: "GET", path: p.path("", u.login()), status: 200, user: u, listed: 1}
}

func miss(p *proxy, i int) call {
	return call{method: "GET", path: p.path("", p.fresh(i).login()), status: 200}
}

func create(p *proxy, i int) call {
	u := p.fresh(i)
	body := u.create()
	if p.vendor == "" {
		body = encoded(u.native(false))
	}
	return call{method: "POST", path: p.path("", ""), body: body, status: 201, user: u, listed: -1}
}

// patchPhone needs a read: the number is in a list that the vendor takes whole.
func patchPhone(p *proxy, i int) call {
	u := p.user(i)
	u.phone = fmt.Sprintf("+1 206 555 %07d", p.step())
	body := encoded(object{"phones": []any{object{"kind": "work", "number": u.phone}}})
	if p.vendor != "" {
		body = patch(`phoneNumbers[type eq "work"].value`, u.phone)
	}
	return call{method: "PATCH", path: p.path(u.id, ""), body: body, status: 200, user: u, listed: -1}
}

func patchTitle(p *proxy, i int) call {
	u := p.user(i)
	u.title = fmt.Sprintf("Engineer %d", p.step())
	body := encoded(object{"position": u.title})
	if p.vendor != "" {
		body = patch("title", u.title)
	}
	return call{method: "PATCH", path: p.path(u.id, ""), body: body, status: 200, user: u, listed: -1}
}

// patch is a PATCH of one value as Entra sends it.
func patch(path, value string) []byte {
	return encoded(object{
		"schemas":    []any{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []any{object{"op": "Replace", "path": path, "value": value}},
	})
}

// user is the one that the request i of a slice is about.
func (p *proxy) user(i int) *user { return p.users[i%len(p.users)] }

// fresh is a user that is not there yet.
func (p *proxy) fresh(i int) *user { return newUser(p.number + p.created + i) }

// step numbers the changes, so that each differs from all before.
func (p *proxy) step() int64 { return p.steps.Add(1) }

// path is that of a user, of a search by login, or of all.
func (p *proxy) path(id, login string) string {
	path, query := usersPath, "?login="+url.QueryEscape(login)
	if p.vendor != "" {
		path, query = p.base()+"/Users", "?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", login))
	}
	switch {
	case id != "":
		return path + "/" + id
	case login != "":
		return path + query
	}
	return path
}

func (p *proxy) base() string { return "/" + p.vendor + "/scim/v2" }

func (p *proxy) token() string {
	if p.vendor == "" {
		return vendorToken
	}
	return callerToken
}

// check compares a whole answer with what it must be. The id of a user that was
// created is what the vendor says.
func (p *proxy) check(c call, body []byte) error {
	var got object
	if err := json.Unmarshal(body, &got); err != nil {
		return fmt.Errorf("got %q: %w", body, err)
	}
	if c.user != nil && c.user.id == "" {
		c.user.id, _ = got["id"].(string)
	}
	return same(got, p.wanted(c))
}

func same(got, want object) error {
	if unpad(got); !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %s, want %s", encoded(got), encoded(want))
	}
	return nil
}

func (p *proxy) wanted(c call) object {
	var one object
	if c.user != nil && p.vendor == "" {
		one = c.user.native(false)
	} else if c.user != nil {
		one = c.user.resource("http://" + p.process.address + p.base())
	}
	switch {
	case c.listed < 0:
		return one
	case p.vendor == "":
		return object{"users": some(one)}
	}
	return object{
		"schemas":      []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": float64(c.listed), "startIndex": 1.0, "itemsPerPage": float64(c.listed), "Resources": some(one),
	}
}

func some(one object) []any {
	if one == nil {
		return []any{}
	}
	return []any{one}
}
