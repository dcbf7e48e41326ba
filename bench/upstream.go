package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/valyala/fasthttp"
)

// upstream is the vendor's user API behind every proxy. Its answers are ready
// in memory, so that it is not what the proxies wait for.
type upstream struct {
	mu     sync.RWMutex
	users  map[string]*nativeUser
	logins map[string]string // to ids
	last   int               // the id given last
	calls  atomic.Int64
}

type nativeUser struct {
	fields map[string]any
	body   []byte
}

const (
	countPath  = "/calls" // how many calls were made; this one does not count
	usersPath  = "/users"
	answerSize = 1000    // of a user, in bytes
	padding    = "notes" // a field that no vendor file mentions
)

func newUpstream() *upstream {
	return &upstream{users: map[string]*nativeUser{}, logins: map[string]string{}}
}

func (u *upstream) handle(ctx *fasthttp.RequestCtx) {
	path := string(ctx.Path())
	if path == countPath {
		ctx.SetBodyString(strconv.FormatInt(u.calls.Load(), 10))
		return
	}
	u.calls.Add(1)
	if string(ctx.Request.Header.Peek("Authorization")) != "Bearer "+vendorToken {
		refuse(ctx, 401, "the token is wrong")
		return
	}
	id, one := strings.CutPrefix(path, usersPath+"/")
	switch method := string(ctx.Method()); {
	case one && method == "GET":
		u.read(ctx, id)
	case one && method == "PATCH":
		u.update(ctx, id)
	case path == usersPath && method == "GET":
		u.find(ctx)
	case path == usersPath && method == "POST":
		u.create(ctx)
	default:
		refuse(ctx, 404, "there is nothing here")
	}
}

func refuse(ctx *fasthttp.RequestCtx, status int, why string) {
	reply(ctx, status, []byte(fmt.Sprintf(`{"error":%q}`, why)))
}

func reply(ctx *fasthttp.RequestCtx, status int, body []byte) {
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/json")
	ctx.SetBody(body)
}

func (u *upstream) read(ctx *fasthttp.RequestCtx, id string) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if user := u.users[id]; user != nil {
		reply(ctx, 200, user.body)
		return
	}
	refuse(ctx, 404, "there is no such user")
}

func login(fields map[string]any) string {
	text, _ := fields["login"].(string)
	return text
}

// find answers the user with a login, or nobody.
func (u *upstream) find(ctx *fasthttp.RequestCtx) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	found := []json.RawMessage{}
	if id, known := u.logins[string(ctx.QueryArgs().Peek("login"))]; known {
		found = append(found, u.users[id].body)
	}
	reply(ctx, 200, encoded(map[string]any{"users": found}))
}

func (u *upstream) create(ctx *fasthttp.RequestCtx) {
	var fields map[string]any
	if err := json.Unmarshal(ctx.PostBody(), &fields); err != nil || login(fields) == "" {
		refuse(ctx, 400, "a user with a login is needed")
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, taken := u.logins[login(fields)]; taken {
		refuse(ctx, 409, "the login is taken")
		return
	}
	u.last++
	id := strconv.Itoa(u.last)
	fields["id"], fields[padding] = id, ""
	fields[padding] = strings.Repeat("-", max(0, answerSize-len(encoded(fields))))
	u.keep(id, fields)
	reply(ctx, 201, u.users[id].body)
}

func (u *upstream) update(ctx *fasthttp.RequestCtx, id string) {
	var change map[string]any
	if err := json.Unmarshal(ctx.PostBody(), &change); err != nil {
		refuse(ctx, 400, "the body is not JSON")
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	user := u.users[id]
	if user == nil {
		refuse(ctx, 404, "there is no such user")
		return
	}
	delete(u.logins, login(user.fields))
	merge(user.fields, change)
	u.keep(id, user.fields)
	reply(ctx, 200, u.users[id].body)
}

// merge replaces fields, and lists as a whole, and merges objects.
func merge(into, change map[string]any) {
	for name, value := range change {
		under, isObject := into[name].(map[string]any)
		if inner, both := value.(map[string]any); both && isObject {
			merge(under, inner)
			continue
		}
		into[name] = value
	}
}

// keep wants the write lock.
func (u *upstream) keep(id string, fields map[string]any) {
	u.users[id] = &nativeUser{fields, encoded(fields)}
	u.logins[login(fields)] = id
}

func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: what came as JSON is none any more")
	}
	return text
}
