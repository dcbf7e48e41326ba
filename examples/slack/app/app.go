// Package app stands in the place of Slack's Web API, as far as a workspace of an
// Enterprise organization provisions its members by it. What Slack's pages leave
// open is a guess, marked as one in README.md.
package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"scimshim/examples/api"
)

// Team is the workspace, and Channel the one that everybody is invited into.
const (
	Team    = "T0001"
	Channel = "C0001"
)

// The kinds of calls are the names of the methods.
const (
	Token   = "oauth.v2.access"
	List    = "users.list"
	Lookup  = "users.lookupByEmail"
	Info    = "users.info"
	Profile = "users.profile.set"
	Invite  = "admin.users.invite"
	Assign  = "admin.users.assign"
	Remove  = "admin.users.remove"
)

// App is Slack. Its methods may be called while it serves.
type App struct {
	api     *api.API
	members members
	tokens  tokens
	limits  map[string]int // calls of a method left in this minute
	cap     int            // the most that a page shows
}

// method does the work of one call. problem is Slack's word for why it did not.
type method func(args map[string]any) (said map[string]any, problem string)

// New gives a workspace with one member, its owner, and an app whose first
// refresh token is refresh.
func New(clientID, clientSecret, refresh string) *App {
	a := &App{members: newMembers(), tokens: newTokens(clientID, clientSecret, refresh), limits: map[string]int{}, cap: 200}
	endpoints := map[string]api.Endpoint{"POST /api/" + Token: a.access}
	for name, do := range map[string]method{Lookup: a.lookup, Info: a.info, List: a.list} {
		endpoints["GET /api/"+name], endpoints["POST /api/"+name] = answering(do), answering(do)
	}
	for name, do := range map[string]method{Profile: a.setProfile, Invite: a.invite, Assign: a.assign, Remove: a.remove} {
		endpoints["POST /api/"+name] = answering(do)
	}
	a.api = api.New(endpoints, a.refusal)
	return a
}

// Kind names a call by its method.
func (a *App) Kind(r *http.Request, _ []byte) string { return called(r) }

func called(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/api/") }

// Handler gives the API.
func (a *App) Handler() http.Handler { return a.api }

// Pages caps what a page shows.
func (a *App) Pages(most int) { a.api.Do(func() { a.cap = most }) }

// Limit has calls of a method refused after so many.
func (a *App) Limit(name string, calls int) { a.api.Do(func() { a.limits[name] = calls }) }

// refusal lets a good token in, as long as the method has not been called too often.
func (a *App) refusal(r *http.Request, _ []byte) *api.Answer {
	name := called(r)
	if name == Token {
		return nil
	}
	if left, limited := a.limits[name]; limited && left == 0 {
		refusal := failure("ratelimited")
		refusal.Status = http.StatusTooManyRequests
		refusal.With("Retry-After", "9")
		return &refusal
	} else if limited {
		a.limits[name] = left - 1
	}
	if problem := a.tokens.check(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")); problem != "" {
		refusal := failure(problem)
		return &refusal
	}
	return nil
}

// answering has a method answered: with 200, whatever came of it.
func answering(do method) api.Endpoint {
	return func(r *http.Request, body []byte) api.Answer {
		args, problem := arguments(r, body)
		if problem != "" {
			return failure(problem)
		}
		said, problem := do(args)
		if problem != "" {
			return failure(problem)
		}
		if said == nil {
			said = map[string]any{}
		}
		said["ok"] = true
		return api.JSON(http.StatusOK, said)
	}
}

func failure(problem string) api.Answer {
	return api.JSON(http.StatusOK, map[string]any{"ok": false, "error": problem})
}

// arguments are those of the URL, and of a form or JSON.
func arguments(r *http.Request, body []byte) (args map[string]any, problem string) {
	args = map[string]any{}
	for name, values := range r.URL.Query() {
		args[name] = values[0]
	}
	switch media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); {
	case len(body) == 0:
	case media == "application/json":
		if json.Unmarshal(body, &args) != nil {
			return nil, "invalid_json"
		}
	case media == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, "invalid_form_data"
		}
		for name := range form {
			args[name] = form.Get(name)
		}
	default:
		return nil, "invalid_post_type"
	}
	return args, ""
}

// text gives an argument as a text, "" for none.
func text(args map[string]any, name string) string {
	if args[name] == nil {
		return ""
	}
	return fmt.Sprint(args[name])
}
