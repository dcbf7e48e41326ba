// Package app stands in the place of StarLeaf's cloud API, which nobody outside
// can run. What StarLeaf's pages say of it is done as they say; what they leave
// open is a guess, marked as one in README.md.
package app

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"scimshim/examples/api"
)

// Org is the reference number of the organization that a reseller manages.
const Org = "1042"

// The kinds of calls, of an organization's own integration and of a reseller.
const (
	List    = "GET /users"
	Create  = "POST /users"
	Read    = "GET /users/{user_id}"
	Put     = "PUT /users/{user_id}"
	Patch   = "PATCH /users/{user_id}"
	Delete  = "DELETE /users/{user_id}"
	Disable = "PUT /users/{user_id}/disable"

	Challenge    = "GET /challenge"
	Authenticate = "POST /authenticate"
)

// App is StarLeaf. Its methods may be called while it serves.
type App struct {
	api    *api.API
	token  string // of the integration
	users  store
	logins logins
}

// New gives a StarLeaf with one user, its administrator. The integration shows
// token; the reseller logs in with a name and a password.
func New(token, user, password string) *App {
	a := &App{token: token, users: newStore(), logins: newLogins(user, password)}
	endpoints := map[string]api.Endpoint{Challenge: a.challenge, Authenticate: a.authenticate}
	for kind, endpoint := range map[string]api.Endpoint{
		List: a.list, Create: a.create, Read: a.read, Put: a.put, Patch: a.patch, Delete: a.remove, Disable: a.disable,
	} {
		endpoints[kind] = endpoint
		endpoints[strings.Replace(kind, "/users", "/customers/{org_uid}/users", 1)] = endpoint
	}
	for pattern, endpoint := range endpoints {
		endpoints[pattern] = named(endpoint)
	}
	a.api = api.New(endpoints, a.refusal)
	return a
}

// Handler gives the API.
func (a *App) Handler() http.Handler { return a.api }

// Kind names calls alike, whoever makes them.
func (a *App) Kind(r *http.Request, _ []byte) string {
	return strings.Replace(a.api.Pattern(r), "/customers/{org_uid}", "", 1)
}

// named has every answer name its server, as StarLeaf's do.
func named(endpoint api.Endpoint) api.Endpoint {
	return func(r *http.Request, body []byte) api.Answer {
		return endpoint(r, body).With("X-Sl-Server", "stand-in")
	}
}

// refusal lets an integration with its token at the organization's own calls, and a
// reseller who is logged in at those for his customer.
func (a *App) refusal(r *http.Request, _ []byte) *api.Answer {
	if r.Pattern == Challenge || r.Pattern == Authenticate {
		return nil
	}
	if strings.HasPrefix(r.Pattern[strings.Index(r.Pattern, "/"):], "/customers/") {
		if refusal := a.logins.check(r); refusal != nil {
			return refusal
		}
		if r.PathValue("org_uid") != Org {
			return refuse(http.StatusForbidden, "not a customer of this reseller")
		}
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-SL-AUTH-TOKEN")), []byte(a.token)) != 1 {
		return refuse(http.StatusUnauthorized, "the token is missing or wrong")
	}
	return nil
}

// Accounts gives everybody's fields by id.
func (a *App) Accounts() (out map[string]any) {
	a.api.Do(func() { out = a.users.accounts() })
	return out
}

func (a *App) list(*http.Request, []byte) api.Answer {
	return api.JSON(http.StatusOK, map[string]any{"users": a.users.all()})
}

func (a *App) read(r *http.Request, _ []byte) api.Answer {
	user := a.users.byID[r.PathValue("user_id")]
	if user == nil {
		return *noSuchUser()
	}
	return api.JSON(http.StatusOK, user)
}

// create answers with the new user's place, and with its id alone.
func (a *App) create(r *http.Request, body []byte) api.Answer {
	user := &User{}
	if refusal := a.fill(r, body, user); refusal != nil {
		return *refusal
	}
	a.users.add(user)
	return api.JSON(http.StatusCreated, map[string]any{"user_id": user.ID}).With("Location", r.URL.Path+"/"+user.ID)
}

// put replaces the user: what the body leaves out gets its default.
func (a *App) put(r *http.Request, body []byte) api.Answer {
	return a.change(r, body, func(old User) User { return User{ID: old.ID, Disabled: old.Disabled, IsAdmin: old.IsAdmin} })
}

// patch changes what the body has, and nothing else.
func (a *App) patch(r *http.Request, body []byte) api.Answer {
	return a.change(r, body, func(old User) User { return old })
}

func (a *App) change(r *http.Request, body []byte, from func(User) User) api.Answer {
	old := a.users.byID[r.PathValue("user_id")]
	if old == nil {
		return *noSuchUser()
	}
	changed := from(*old)
	if refusal := a.fill(r, body, &changed); refusal != nil {
		return *refusal
	}
	*old = changed
	return api.Empty(http.StatusNoContent)
}

// fill lays a body over a user. The id and who is an administrator stay as they
// are, and so does whether the user is disabled: that has a call of its own.
func (a *App) fill(r *http.Request, body []byte, user *User) *api.Answer {
	own := *user
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return refuse(http.StatusBadRequest, "the body must be application/json")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return refuse(http.StatusBadRequest, "the body is not an object")
	}
	for name, value := range fields {
		if string(value) == "null" { // which clears a field
			fields[name] = json.RawMessage(`""`)
		}
	}
	plain, err := json.Marshal(fields)
	if err != nil || json.Unmarshal(plain, user) != nil {
		return refuse(http.StatusBadRequest, "the body is not a user")
	}
	user.ID, user.IsAdmin, user.Disabled = own.ID, own.IsAdmin, own.Disabled
	switch holder := a.users.holder(user.Email); {
	case !strings.Contains(user.Email, "@"):
		return refuse(http.StatusBadRequest, "email is required")
	case holder != nil && holder.ID != user.ID:
		return refuse(http.StatusConflict, "email is in use")
	}
	return nil
}

func (a *App) remove(r *http.Request, _ []byte) api.Answer {
	if !a.users.remove(r.PathValue("user_id")) {
		return *noSuchUser()
	}
	return api.Empty(http.StatusNoContent)
}

func (a *App) disable(r *http.Request, body []byte) api.Answer {
	user := a.users.byID[r.PathValue("user_id")]
	if user == nil {
		return *noSuchUser()
	}
	var want struct{ Disabled *bool }
	if json.Unmarshal(body, &want) != nil || want.Disabled == nil {
		return *refuse(http.StatusBadRequest, "disabled must be true or false")
	}
	user.Disabled = *want.Disabled
	return api.Empty(http.StatusNoContent)
}

func noSuchUser() *api.Answer { return refuse(http.StatusNotFound, "no such user") }

func refuse(status int, why string) *api.Answer {
	a := api.JSON(status, map[string]any{"error": why})
	return &a
}
