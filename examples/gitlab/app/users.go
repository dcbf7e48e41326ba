package app

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"scimshim/examples/api"
)

// User is an account, with the fields that an administrator is shown and this
// program keeps.
type User struct {
	ID               int        `json:"id"`
	Username         string     `json:"username"`
	Name             string     `json:"name"`
	State            string     `json:"state"` // active, blocked, deactivated, banned, ldap_blocked
	Email            string     `json:"email"`
	UnconfirmedEmail string     `json:"unconfirmed_email,omitempty"` // a new address, until its owner confirms it
	ConfirmedAt      *string    `json:"confirmed_at"`
	IsAdmin          bool       `json:"is_admin"`
	Bot              bool       `json:"bot"`
	Organization     string     `json:"organization"`
	Location         *string    `json:"location"`
	JobTitle         string     `json:"job_title"` // shown, but no parameter of the API
	Identities       []identity `json:"identities"`

	leaving bool // deletion was asked for
}

type identity struct {
	Provider  string `json:"provider"`
	ExternUID string `json:"extern_uid"`
}

type users struct {
	byID   map[int]*User
	last   int
	prompt bool // deletions are carried out at once
}

func newUsers() users {
	u := users{byID: map[int]*User{}}
	u.add(&User{Username: "root", Name: "Administrator", State: "active", Email: "admin@gitlab.example", IsAdmin: true, Identities: []identity{}})
	return u
}

func (u *users) add(user *User) {
	u.last++
	user.ID = u.last
	u.byID[user.ID] = user
}

// all gives everybody by id, the highest first as GitLab does unless it is asked.
func (u *users) all(ascending bool) (out []*User) {
	for _, id := range slices.Sorted(maps.Keys(u.byID)) {
		out = append(out, u.byID[id])
	}
	if !ascending {
		slices.Reverse(out)
	}
	return out
}

func (u *users) sweep() {
	maps.DeleteFunc(u.byID, func(_ int, user *User) bool { return user.leaving })
}

// conflict tells what of a user another one has.
func (u *users) conflict(user *User) string {
	for _, other := range u.byID {
		if other.ID != user.ID && (strings.EqualFold(other.Email, user.Email) || strings.EqualFold(other.UnconfirmedEmail, user.Email)) {
			return "Email has already been taken"
		}
	}
	for _, other := range u.byID {
		if other.ID != user.ID && strings.EqualFold(other.Username, user.Username) {
			return "Username has already been taken"
		}
	}
	return ""
}

// list ignores parameters that it does not know. A search looks for a part of
// the name or user name, and for a whole address.
func (a *App) list(r *http.Request, _ []byte) api.Answer {
	query := r.URL.Query()
	found := slices.DeleteFunc(a.users.all(query.Get("sort") == "asc"), func(u *User) bool {
		switch {
		case query.Has("username") && !strings.EqualFold(u.Username, query.Get("username")):
			return true
		case query.Get("active") == "true" && u.State != "active", query.Get("blocked") == "true" && u.State != "blocked":
			return true
		case query.Get("humans") == "true" && u.Bot:
			return true
		}
		return query.Get("search") != "" && !u.found(strings.ToLower(query.Get("search")))
	})
	return page(a, r, found, func(u *User) int { return u.ID })
}

func (u *User) found(text string) bool {
	if strings.Contains(text, "@") {
		return u.Email == text
	}
	return strings.Contains(strings.ToLower(u.Username), text) || strings.Contains(strings.ToLower(u.Name), text)
}

func (a *App) read(r *http.Request, _ []byte) api.Answer {
	user := a.users.byID[pathID(r, "id")]
	if user == nil {
		return notFound("User")
	}
	return api.JSON(http.StatusOK, user)
}

func (a *App) create(r *http.Request, body []byte) api.Answer {
	given := params(r, body)
	for _, name := range []string{"email", "name", "username"} {
		if given[name] == "" {
			return api.JSON(http.StatusBadRequest, map[string]any{"error": name + " is missing"})
		}
	}
	if given["password"] == "" && given["reset_password"] == "" && given["force_random_password"] == "" {
		return api.JSON(http.StatusBadRequest, map[string]any{"error": "password, reset_password, force_random_password are missing, at least one parameter must be provided"})
	}
	user := &User{State: "active", Identities: []identity{}}
	if refusal := a.fill(user, given, given["skip_confirmation"] == "true"); refusal != nil {
		return *refusal
	}
	a.users.add(user)
	return api.JSON(http.StatusCreated, user)
}

func (a *App) update(r *http.Request, body []byte) api.Answer {
	user := a.users.byID[pathID(r, "id")]
	if user == nil {
		return notFound("User")
	}
	changed, given := *user, params(r, body)
	changed.Identities = slices.Clone(user.Identities)
	if refusal := a.fill(&changed, given, given["skip_reconfirmation"] == "true"); refusal != nil {
		return *refusal
	}
	*user = changed
	return api.JSON(http.StatusOK, user)
}

// username is how GitLab lets its users be called.
var username = regexp.MustCompile(`^[a-zA-Z0-9_.-]{2,255}$`)

// fill sets the parameters that there are; others are ignored without a word.
func (a *App) fill(user *User, given map[string]string, confirmed bool) *api.Answer {
	if (given["provider"] == "") != (given["extern_uid"] == "") {
		refusal := api.JSON(http.StatusBadRequest, map[string]any{"error": "extern_uid, provider provide all or none of parameters"})
		return &refusal
	}
	for name, value := range given {
		switch name {
		case "username":
			user.Username = value
		case "name":
			user.Name = value
		case "organization":
			user.Organization = value
		case "location":
			user.Location = &value
		case "provider":
			user.Identities = slices.DeleteFunc(user.Identities, func(i identity) bool { return i.Provider == value })
			user.Identities = append(user.Identities, identity{value, given["extern_uid"]})
		}
	}
	wanted := *user
	if email, sent := given["email"]; sent {
		wanted.Email = strings.ToLower(email)
	}
	if taken := a.users.conflict(&wanted); taken != "" {
		refusal := refuse(http.StatusConflict, taken)
		return &refusal
	}
	if !username.MatchString(user.Username) {
		refusal := refuse(http.StatusBadRequest, map[string]any{"username": []string{
			"can contain only letters, digits, '_', '-' and '.'. It must start with a letter, digit, or '_', and can not end in '.', '.git', or '.atom'."}})
		return &refusal
	}
	user.address(wanted.Email, confirmed)
	return nil
}

// address is taken at once where it need not be confirmed.
func (u *User) address(email string, confirmed bool) {
	now := "2026-01-31T09:00:00.000Z"
	switch {
	case email == u.Email:
	case confirmed:
		u.Email, u.UnconfirmedEmail, u.ConfirmedAt = email, "", &now
	case u.Email == "":
		u.Email = email
	default:
		u.UnconfirmedEmail = email
	}
}

// remove only asks for the deletion, which jobs of GitLab carry out later; until
// then the user is blocked, and his name and address are taken.
func (a *App) remove(r *http.Request, _ []byte) api.Answer {
	user := a.users.byID[pathID(r, "id")]
	if user == nil {
		return notFound("User")
	}
	if a.groups.ownedAlone(user.ID) {
		return refuse(http.StatusConflict, "User cannot be removed while is the sole-owner of a group")
	}
	if user.leaving, user.State = true, "blocked"; a.users.prompt {
		a.users.sweep()
	}
	return api.Empty(http.StatusNoContent)
}

// block answers null, also with 201, where the user is blocked already.
func (a *App) block(r *http.Request, _ []byte) api.Answer {
	user := a.users.byID[pathID(r, "id")]
	switch {
	case user == nil:
		return notFound("User")
	case user.State == "ldap_blocked":
		return refuse(http.StatusForbidden, "403 Forbidden - LDAP blocked users cannot be modified by the API")
	case user.IsAdmin:
		return refuse(http.StatusForbidden, "403 Forbidden - The API initiating user cannot be blocked by the API")
	case user.State == "blocked":
		return api.JSON(http.StatusCreated, nil)
	}
	user.State = "blocked"
	return api.JSON(http.StatusCreated, true)
}

// unblock answers false, also with 201, where it could not.
func (a *App) unblock(r *http.Request, _ []byte) api.Answer {
	user := a.users.byID[pathID(r, "id")]
	switch {
	case user == nil:
		return notFound("User")
	case user.State == "ldap_blocked":
		return refuse(http.StatusForbidden, "403 Forbidden - LDAP blocked users cannot be unblocked by the API")
	case user.State == "deactivated":
		return refuse(http.StatusForbidden, "403 Forbidden - Deactivated users cannot be unblocked by the API")
	case user.State != "blocked":
		return api.JSON(http.StatusCreated, false)
	}
	user.State = "active"
	return api.JSON(http.StatusCreated, true)
}
