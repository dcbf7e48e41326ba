// Package app answers as Zabbix's JSON-RPC API does (6.0 to 6.4, the token in the
// body): what Zabbix's manual and its source say of users, user groups and
// sessions, with its habits. Every answer is a 200, errors stand inside; all
// values are texts; unknown parameters of user.get are ignored; a change of
// usrgrps replaces them all. It keeps its users in memory.
package app

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"scimshim/examples/api"
)

// The groups that a new Zabbix has, as far as they matter here.
const (
	GroupAdministrators = "7"
	GroupDisabled       = "9"  // users_status is 1
	GroupGuests         = "8"  // without a place in the frontend
	GroupInternal       = "13" // no access to the frontend
)

// The roles that a new Zabbix has.
const (
	RoleUser       = "1"
	RoleAdmin      = "2"
	RoleSuperAdmin = "3"
	RoleGuest      = "4"
)

// User is one account.
type User struct {
	ID       string // left out where users are given to others, like Password
	Username string
	Name     string
	Surname  string
	RoleID   string
	Groups   []string // by usrgrpid, in the order in which they were given
	Password string
}

type group struct {
	name   string
	status string // users_status: "1" disables its users
}

// The kinds of calls are the names of the methods.
const (
	Login  = "user.login"
	Get    = "user.get"
	Create = "user.create"
	Update = "user.update"
	Delete = "user.delete"
)

// App is Zabbix. Its methods may be called while it serves.
type App struct {
	api      *api.API
	last     int
	session  int
	users    []*User // by id
	groups   map[string]group
	sessions map[string]string // userid by token
}

// New gives a Zabbix with its Super admin, who has this name and password, and
// the disabled guest.
func New(username, password string) *App {
	a := &App{last: 2, sessions: map[string]string{}, groups: map[string]group{
		GroupAdministrators: {"Zabbix administrators", "0"}, GroupGuests: {"Guests", "0"},
		GroupDisabled: {"Disabled", "1"}, GroupInternal: {"Internal", "0"},
	}}
	a.users = []*User{
		{ID: "1", Username: username, Name: "Zabbix", Surname: "Administrator", RoleID: RoleSuperAdmin, Groups: []string{GroupAdministrators, GroupInternal}, Password: password},
		{ID: "2", Username: "guest", RoleID: RoleGuest, Groups: []string{GroupGuests, GroupDisabled}},
	}
	a.api = api.New(map[string]api.Endpoint{"/api_jsonrpc.php": a.serve}, nil)
	return a
}

// Handler gives the API, which is one file of the frontend.
func (a *App) Handler() http.Handler { return a.api }

// Accounts gives a copy of everybody, as a User, by id.
func (a *App) Accounts() map[string]any {
	out := map[string]any{}
	a.api.Do(func() {
		for _, u := range a.users {
			shown := *u
			shown.ID, shown.Groups, shown.Password = "", slices.Sorted(slices.Values(u.Groups)), ""
			out[u.ID] = shown
		}
	})
	return out
}

// Join puts a user into a group, as an administrator does in the frontend.
func (a *App) Join(username, group string) {
	a.api.Do(func() {
		for _, u := range a.users {
			if u.Username == username {
				u.Groups = append(u.Groups, group)
			}
		}
	})
}

// EndSessions makes all tokens worthless, as a restart or their age does.
func (a *App) EndSessions() { a.api.Do(func() { clear(a.sessions) }) }

// mediaTypes are those that the front controller takes.
var mediaTypes = []string{"application/json-rpc", "application/json", "application/jsonrequest"}

func (a *App) serve(r *http.Request, body []byte) api.Answer {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || !slices.Contains(mediaTypes, media) {
		return api.Empty(http.StatusPreconditionFailed)
	}
	return api.Text(http.StatusOK, "application/json", a.answer(body))
}

// Kind is the method of a call: its URL is always the same.
func (a *App) Kind(_ *http.Request, body []byte) string {
	var r request
	json.Unmarshal(body, &r)
	return r.Method
}

// request is one JSON-RPC request object.
type request struct {
	Version string           `json:"jsonrpc"`
	Method  string           `json:"method"`
	Params  json.RawMessage  `json:"params"`
	Auth    *string          `json:"auth"`
	ID      *json.RawMessage `json:"id"` // none: a notification, which is not answered
}

// failure is the error member of an answer.
type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    string `json:"data"`
}

func invalid(data string) *failure { return &failure{-32602, "Invalid params.", data} }

func denied(data string) *failure { return &failure{-32500, "Application error.", data} }

// answer gives the text of an answer, "" for none.
func (a *App) answer(body []byte) string {
	var r request
	if err := json.Unmarshal(body, &r); err != nil {
		return encode(nil, nil, &failure{-32700, "Parse error", "Invalid JSON. An error occurred on the server while parsing the JSON text."})
	}
	if r.Version != "2.0" || r.Method == "" || len(r.Params) == 0 {
		return encode(r.ID, nil, &failure{-32600, "Invalid Request.", "The received JSON is not a valid JSON-RPC Request."})
	}
	result, failed := a.call(r)
	if r.ID == nil {
		return ""
	}
	return encode(r.ID, result, failed)
}

func encode(id *json.RawMessage, result any, failed *failure) string {
	answer := map[string]any{"jsonrpc": "2.0", "id": id}
	if failed != nil {
		answer["error"] = failed
	} else {
		answer["result"] = result
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic("BUG: an answer of the app is not JSON: " + err.Error())
	}
	return string(text)
}

// call does what a method says, for whom its token lets do it.
func (a *App) call(r request) (any, *failure) {
	switch r.Method {
	case "apiinfo.version", Login:
		if r.Auth != nil {
			return nil, invalid(`The "` + r.Method + `" method must be called without the "auth" parameter.`)
		}
		if r.Method == Login {
			return a.login(r.Params)
		}
		return "6.0.30", nil
	}
	if r.Auth == nil {
		return nil, invalid("Not authorized.")
	}
	self := a.byID(a.sessions[*r.Auth])
	if self == nil || a.status(self) == "1" {
		return nil, invalid("Session terminated, re-login, please.")
	}
	switch r.Method {
	case "user.logout":
		delete(a.sessions, *r.Auth)
		return true, nil
	case Get:
		return a.get(self, r.Params)
	case Create, Delete:
		if self.RoleID != RoleSuperAdmin {
			return nil, denied(`No permissions to call "` + r.Method + `".`)
		}
		if r.Method == Delete {
			return a.remove(self, r.Params)
		}
		return a.create(r.Params)
	case Update:
		return a.update(self, r.Params)
	}
	return nil, &failure{-32601, "Method not found.", `Incorrect method "` + r.Method + `".`}
}

func (a *App) login(params json.RawMessage) (any, *failure) {
	var in struct{ Username, User, Password string }
	if err := json.Unmarshal(params, &in); err != nil {
		return nil, invalid(`Invalid parameter "/": an array is expected.`)
	}
	if in.Username == "" {
		in.Username = in.User // the name of this parameter up to 5.2
	}
	for _, u := range a.users {
		if u.Username == in.Username && u.Password != "" && u.Password == in.Password {
			if a.status(u) == "1" {
				return nil, denied("No permissions for system access.")
			}
			a.session++
			token := "session" + strconv.Itoa(a.session)
			a.sessions[token] = u.ID
			return token, nil
		}
	}
	return nil, denied("Incorrect user name or password or account is temporarily blocked.")
}

func (a *App) byID(id string) *User {
	for _, u := range a.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// status is users_status of a user: the greatest of his groups'.
func (a *App) status(u *User) string {
	status := "0"
	for _, id := range u.Groups {
		status = max(status, a.groups[id].status)
	}
	return status
}
