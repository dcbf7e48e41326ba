// Package app answers as Nextcloud's User provisioning API does (OCS): what its
// manual and its source say of users and groups, with its habits. Forms come in,
// XML goes out, and what became of a call stands inside as a status code; PHP
// writes true as 1 and false as nothing; ids of users are compared in any case;
// phone numbers are spelt anew; edits are limited. It keeps everything in memory.
package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"scimshim/examples/api"
)

// editLimit is the number of edits (PUT of a user's field) that one account may
// make in ten minutes.
const editLimit = 50

// Where the API is, in both of its versions: v1 answers nearly everything with
// 200, v2 puts the status into HTTP as well.
const (
	v1 = "/ocs/v1.php/cloud"
	v2 = "/ocs/v2.php/cloud"
)

// The kinds of calls.
const (
	Read    = "GET /users/{user}"
	Create  = "POST /users"
	Edit    = "PUT /users/{user}"
	Delete  = "DELETE /users/{user}"
	Enable  = "PUT /users/{user}/enable"
	Disable = "PUT /users/{user}/disable"
)

// App is Nextcloud. Its methods may be called while it serves.
type App struct {
	// Old makes a Nextcloud whose answer to a create is empty, as its manual
	// shows; newer ones give the id.
	Old bool

	user   string // the administrator
	api    *api.API
	users  map[string]*User // by the id in small letters
	groups map[string]*Group
	edits  int
}

// User is one account.
type User struct {
	ID          string
	Enabled     bool
	DisplayName string
	Email       string
	Phone       string
	Address     string
	Website     string
	Twitter     string
	Language    string
	Locale      string
	Quota       string
	Password    string // left out where users are given to others
}

// Group is one group.
type Group struct {
	ID          string
	DisplayName string
	Members     []string // ids of users, in order
}

// New gives a Nextcloud with its administrator, who has this name and password.
func New(user, password string) *App {
	a := &App{user: user, users: map[string]*User{}, groups: map[string]*Group{}}
	a.users[strings.ToLower(user)] = &User{ID: user, Enabled: true, Language: "en", Quota: "none", Password: password}
	a.groups["admin"] = &Group{ID: "admin", DisplayName: "admin", Members: []string{user}}
	endpoints := map[string]api.Endpoint{}
	for kind, do := range a.routes() {
		for _, base := range []string{v1, v2} {
			endpoints[strings.Replace(kind, " ", " "+base, 1)] = answering(do)
		}
	}
	a.api = api.New(endpoints, a.refusal)
	return a
}

// Accounts gives a copy of everybody, as a User, by id.
func (a *App) Accounts() map[string]any {
	out := map[string]any{}
	a.api.Do(func() {
		for _, u := range a.users {
			shown := *u
			shown.Password = ""
			out[u.ID] = shown
		}
	})
	return out
}

// Groups gives a copy of all groups but admin, ordered by id.
func (a *App) Groups() []Group {
	out := []Group{}
	a.api.Do(func() {
		for _, g := range a.sortedGroups("") {
			if g.ID != "admin" {
				shown := *g
				shown.Members = slices.Clone(g.Members)
				out = append(out, shown)
			}
		}
	})
	return out
}

// Join puts a user into a group, as an administrator does in the frontend.
func (a *App) Join(user, group string) {
	a.api.Do(func() {
		if g := a.groups[group]; g != nil {
			g.Members = append(g.Members, user)
			slices.Sort(g.Members)
		}
	})
}

// Handler gives the API.
func (a *App) Handler() http.Handler { return a.api }

// Kind names a call by its endpoint in version 1.
func (a *App) Kind(r *http.Request, _ []byte) string {
	return strings.Replace(a.api.Pattern(r), v1, "", 1)
}

type endpoint func(call) answer

// call is a request with its parameters, from URL and body.
type call struct {
	*http.Request
	sent url.Values
}

func (c call) value(name string) string { return c.sent.Get(name) }

func (a *App) routes() map[string]endpoint {
	return map[string]endpoint{
		"GET /users":                  a.listUsers,
		Create:                        a.addUser,
		Read:                          a.getUser,
		Edit:                          a.editUser,
		Delete:                        a.deleteUser,
		Enable:                        func(c call) answer { return a.setEnabled(c, true) },
		Disable:                       func(c call) answer { return a.setEnabled(c, false) },
		"GET /users/{user}/groups":    a.groupsOfUser,
		"POST /users/{user}/groups":   func(c call) answer { return a.setMember(c, true) },
		"DELETE /users/{user}/groups": func(c call) answer { return a.setMember(c, false) },
		"GET /groups":                 a.listGroups,
		"GET /groups/details":         a.listDetails,
		"POST /groups":                a.addGroup,
		"GET /groups/{group}":         a.membersOfGroup,
		"GET /groups/{group}/users":   a.membersOfGroup,
		"PUT /groups/{group}":         a.editGroup,
		"DELETE /groups/{group}":      a.deleteGroup,
		"GET /user/fields": func(call) answer {
			return found(list{"displayname", "email", "phone", "address", "website", "twitter"})
		},
		"GET /groups/{group}/subadmins": func(call) answer { return found(list{}) },
	}
}

// refusal lets an administrator in who says that he speaks OCS.
func (a *App) refusal(r *http.Request, _ []byte) *api.Answer {
	if r.Header.Get("OCS-APIRequest") != "true" {
		refusal := message(http.StatusPreconditionFailed, "CSRF check failed")
		return &refusal
	}
	if !a.loggedIn(r) {
		refusal := refuse(notLoggedIn, "Current user is not logged in").encode(r)
		return &refusal
	}
	return nil
}

// answering has a call answered with its parameters.
func answering(do endpoint) api.Endpoint {
	return func(r *http.Request, body []byte) api.Answer { return do(call{r, parameters(r, body)}).encode(r) }
}

func (a *App) loggedIn(r *http.Request) bool {
	user, password, given := r.BasicAuth()
	u := a.users[strings.ToLower(user)]
	return given && u != nil && u.Enabled && u.Password == password && slices.Contains(a.groups["admin"].Members, u.ID)
}

// parameters are those of the URL and, of whatever method, those of a form.
func parameters(r *http.Request, body []byte) url.Values {
	sent := r.URL.Query()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err == nil {
			for name, values := range form {
				sent[name] = values
			}
		}
	}
	return sent
}
