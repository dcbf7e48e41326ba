// Package app stands in the place of a GitLab of one's own: its API for users
// and groups, version 4, as GitLab's documentation and source describe it.
package app

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimshim/examples/api"
)

const base = "/api/v4"

// The kinds of calls.
const (
	List    = "GET /users"
	ByName  = "GET /users?username="
	Search  = "GET /users?search="
	Create  = "POST /users"
	Read    = "GET /users/{id}"
	Update  = "PUT /users/{id}"
	Delete  = "DELETE /users/{id}"
	Block   = "POST /users/{id}/block"
	Unblock = "POST /users/{id}/unblock"

	ListGroups  = "GET /groups"
	CreateGroup = "POST /groups"
	ReadGroup   = "GET /groups/{id}"
	UpdateGroup = "PUT /groups/{id}"
	DeleteGroup = "DELETE /groups/{id}"

	ListMembers  = "GET /groups/{id}/members"
	ReadMember   = "GET /groups/{id}/members/{user_id}"
	AddMember    = "POST /groups/{id}/members"
	RemoveMember = "DELETE /groups/{id}/members/{user_id}"
)

// App is GitLab. Its methods may be called while it serves.
type App struct {
	api    *api.API
	token  string
	users  users
	groups groups
	limit  int // requests left in this minute; below 0: there is no limit
	cap    int // the most that a page shows
}

// New gives a GitLab with one user, its administrator, whose access token is
// token.
func New(token string) *App {
	a := &App{token: token, users: newUsers(), groups: newGroups(), limit: -1, cap: 100}
	endpoints := map[string]api.Endpoint{}
	for kind, endpoint := range map[string]api.Endpoint{
		List: a.list, Create: a.create, Read: a.read, Update: a.update, Delete: a.remove, Block: a.block, Unblock: a.unblock,
		ListGroups: a.listGroups, CreateGroup: a.createGroup, ReadGroup: a.readGroup, UpdateGroup: a.updateGroup, DeleteGroup: a.removeGroup,
		ListMembers: a.listMembers, ReadMember: a.readMember, AddMember: a.addMember, RemoveMember: a.removeMember,
	} {
		endpoints[strings.Replace(kind, " ", " "+base, 1)] = a.counted(endpoint)
	}
	a.api = api.New(endpoints, a.refusal)
	return a
}

// Handler gives the API.
func (a *App) Handler() http.Handler { return a.api }

// Pages caps what a page shows.
func (a *App) Pages(most int) { a.api.Do(func() { a.cap = most }) }

// Limit has the requests of this minute refused after so many.
func (a *App) Limit(requests int) { a.api.Do(func() { a.limit = requests }) }

// Edit is an administrator who changes a user in GitLab.
func (a *App) Edit(id string, edit func(*User)) {
	number, _ := strconv.Atoi(id)
	a.api.Do(func() { edit(a.users.byID[number]) })
}

// SweepAtOnce has GitLab's own jobs run after each deletion: users whose deletion
// was asked for go.
func (a *App) SweepAtOnce() { a.api.Do(func() { a.users.prompt = true }) }

// Accounts gives everybody's fields by id, as an administrator sees them.
func (a *App) Accounts() map[string]any {
	out := map[string]any{}
	a.api.Do(func() {
		for id, u := range a.users.byID {
			out[strconv.Itoa(id)] = api.Fields(u, "id")
		}
	})
	return out
}

// Groups gives the ids of the members of each group, by the group's name.
func (a *App) Groups() (out map[string][]int) {
	a.api.Do(func() { out = a.groups.named() })
	return out
}

// Kind names a call by its endpoint, and by what it looks for.
func (a *App) Kind(r *http.Request, _ []byte) string {
	pattern := strings.Replace(a.api.Pattern(r), base, "", 1)
	for _, name := range []string{"username", "search"} {
		if query := r.URL.Query(); query.Has(name) {
			return pattern + "?" + name + "="
		}
	}
	return pattern
}

// refusal lets the administrator in who shows his token, in either header.
func (a *App) refusal(r *http.Request, _ []byte) *api.Answer {
	token := r.Header.Get("PRIVATE-TOKEN")
	if token == "" {
		token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(a.token)) != 1 {
		refusal := refuse(http.StatusUnauthorized, "401 Unauthorized")
		return &refusal
	}
	if a.limit == 0 {
		refusal := api.Text(http.StatusTooManyRequests, "text/plain; charset=utf-8", "Retry later\n").With("Retry-After", "7").
			With("RateLimit-Remaining", "0").With("RateLimit-Name", "throttle_authenticated_api")
		return &refusal
	}
	a.limit = max(a.limit-1, -1)
	return nil
}

// counted has every answer say how many requests are left, while there is a limit.
func (a *App) counted(endpoint api.Endpoint) api.Endpoint {
	return func(r *http.Request, body []byte) api.Answer {
		answer := endpoint(r, body)
		if a.limit >= 0 {
			answer.With("RateLimit-Limit", "600").With("RateLimit-Remaining", strconv.Itoa(a.limit))
		}
		return answer
	}
}

// params are those of the query and of the body, which GitLab does not tell
// apart; a null stands for nothing.
func params(r *http.Request, body []byte) map[string]string {
	out := map[string]string{}
	for name, values := range r.URL.Query() {
		out[name] = values[0]
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		fields := map[string]any{}
		json.Unmarshal(body, &fields)
		for name, value := range fields {
			out[name] = fmt.Sprint(value)
			if value == nil {
				out[name] = ""
			}
		}
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		for name := range form {
			out[name] = form.Get(name)
		}
	}
	return out
}

// page gives a page of what there is, by number or, with pagination=keyset, from
// a cursor on; what is asked for ends with a page without a link to the next.
func page[T any](a *App, r *http.Request, all []T, id func(T) int) api.Answer {
	query := r.URL.Query()
	size := min(positive(query.Get("per_page"), 20), a.cap)
	number, keyset := positive(query.Get("page"), 1), query.Get("pagination") == "keyset"
	start := (number - 1) * size
	if keyset {
		start = 0
		after := cursor(query.Get("cursor"))
		for start < len(all) && id(all[start]) <= after {
			start++
		}
	}
	start = min(start, len(all))
	shown := all[start:min(start+size, len(all))]
	if shown == nil {
		shown = []T{}
	}
	answer := api.JSON(http.StatusOK, shown).With("X-Per-Page", strconv.Itoa(size))
	if start+size >= len(all) {
		return answer
	}
	if keyset {
		query.Set("cursor", base64.URLEncoding.EncodeToString([]byte(strconv.Itoa(id(shown[len(shown)-1])))))
	} else {
		query.Set("page", strconv.Itoa(number+1))
		answer.With("X-Next-Page", strconv.Itoa(number+1))
	}
	return answer.With("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next", <http://%s%s>; rel="first"`, r.Host, r.URL.Path, query.Encode(), r.Host, r.URL.Path))
}

func cursor(text string) int {
	plain, _ := base64.URLEncoding.DecodeString(text)
	id, _ := strconv.Atoi(string(plain))
	return id
}

func positive(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func pathID(r *http.Request, name string) int {
	id, _ := strconv.Atoi(r.PathValue(name))
	return id
}

func refuse(status int, message any) api.Answer {
	return api.JSON(status, map[string]any{"message": message})
}

func notFound(what string) api.Answer {
	return refuse(http.StatusNotFound, "404 "+what+" Not Found")
}
