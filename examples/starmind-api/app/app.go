// Package app stands in the place of Starmind's GraphQL API for managing users,
// which nobody outside can run. What Starmind's pages say of it is done as they
// say; what they leave open is a guess, marked as one in README.md.
package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"scimshim/examples/api"
)

// The kinds of calls: the token, and the names of the fields at the root.
const (
	Token      = "token"
	Users      = "users"
	User       = "user"
	Create     = "createUser"
	Update     = "updateUser"
	Deactivate = "deactivateUser"
	Restore    = "restoreUser"
	Delete     = "deleteUser"
)

// lifetime of an access token, in seconds.
const lifetime = 300

// fields are those of a user. Names from company on are guesses, for what a user
// is created with; whether one is active must show somewhere.
var fields = []string{"globalUserId", "externalId", "firstname", "lastname", "email", "location", "department", "position", "about", "languageId",
	"employmentStart", "isSystem", "isHidden", "company", "countryId", "isActive"}

// App is Starmind. Its methods may be called while it serves.
type App struct {
	api                    *api.API
	clientID, clientSecret string
	token                  string
	expires                time.Time
	given                  int
	users                  []map[string]any
	last                   int
	cap                    int // the most that a page shows
}

// New gives a Starmind with one user, of its own, and a client who may manage
// the others.
func New(clientID, clientSecret string) *App {
	a := &App{clientID: clientID, clientSecret: clientSecret, cap: 100}
	a.add(map[string]any{"email": "system@starmind.example", "firstname": "Star", "lastname": "Mind", "isSystem": true})
	a.api = api.New(map[string]api.Endpoint{
		"POST /auth/realms/customer/protocol/openid-connect/token": a.access,
		"POST /graphql": a.graphql,
	}, a.refusal)
	return a
}

// Handler gives the API.
func (a *App) Handler() http.Handler { return a.api }

// Kind names a call by the operation that it asks for.
func (a *App) Kind(r *http.Request, body []byte) string {
	if r.URL.Path != "/graphql" {
		return Token
	}
	var asked request
	json.Unmarshal(body, &asked)
	at := strings.Index(asked.Query, " "+asked.OperationName+"(")
	if at < 0 {
		return ""
	}
	_, selection, _ := strings.Cut(asked.Query[at:], "{")
	name, _, _ := strings.Cut(strings.TrimSpace(selection), "(")
	return name
}

// Pages caps what a page shows.
func (a *App) Pages(most int) { a.api.Do(func() { a.cap = most }) }

// Expire ends the access token before its time.
func (a *App) Expire() { a.api.Do(func() { a.expires = time.Time{} }) }

// Accounts gives everybody's fields by id.
func (a *App) Accounts() map[string]any {
	out := map[string]any{}
	a.api.Do(func() {
		for _, user := range a.users {
			shown := maps.Clone(user)
			delete(shown, "globalUserId")
			out[user["globalUserId"].(string)] = shown
		}
	})
	return out
}

// access is the token endpoint of Starmind's Keycloak.
func (a *App) access(r *http.Request, body []byte) api.Answer {
	form, err := url.ParseQuery(string(body))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if err != nil || id != a.clientID || secret != a.clientSecret {
		return api.JSON(http.StatusUnauthorized, map[string]any{"error": "unauthorized_client", "error_description": "Invalid client or Invalid client credentials"})
	}
	if form.Get("grant_type") != "client_credentials" {
		return api.JSON(http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
	}
	a.given++
	a.token, a.expires = fmt.Sprintf("eyJ-%d", a.given), time.Now().Add(lifetime*time.Second)
	return api.JSON(http.StatusOK, map[string]any{"access_token": a.token, "expires_in": lifetime, "token_type": "Bearer", "refresh_expires_in": 0})
}

// refusal lets anybody ask for a token, and with it for the rest.
func (a *App) refusal(r *http.Request, _ []byte) *api.Answer {
	if r.URL.Path != "/graphql" {
		return nil
	}
	if a.token == "" || r.Header.Get("Authorization") != "Bearer "+a.token || time.Now().After(a.expires) {
		refusal := api.JSON(http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return &refusal
	}
	return nil
}

// graphql answers 200 whatever comes of an operation.
func (a *App) graphql(_ *http.Request, body []byte) api.Answer {
	var asked request
	if json.Unmarshal(body, &asked) != nil {
		return api.JSON(http.StatusBadRequest, failed("the body is not JSON", "BAD_REQUEST"))
	}
	return api.JSON(http.StatusOK, execute(asked, map[string]resolver{
		Users: a.search, User: a.read, Create: a.create, Update: a.update, Delete: a.remove,
		Deactivate: a.setActive(false), Restore: a.setActive(true),
	}, fields))
}

// search looks for a text in names, addresses and external ids; an empty one
// finds everybody, also who is deactivated.
func (a *App) search(args map[string]any) (any, string) {
	text := strings.ToLower(fmt.Sprint(args["searchText"]))
	offset, limit := number(args["offset"], 0), min(number(args["limit"], 100), a.cap)
	found := []map[string]any{}
	for _, user := range a.users {
		hay := strings.ToLower(fmt.Sprint(user["firstname"], " ", user["lastname"], " ", user["email"], " ", user["externalId"]))
		if text == "" || user["isActive"] == true && strings.Contains(hay, text) {
			found = append(found, user)
		}
	}
	offset = min(offset, len(found))
	return found[offset:min(offset+limit, len(found))], ""
}

func number(v any, otherwise int) int {
	if n, isNumber := v.(float64); isNumber && n >= 0 {
		return int(n)
	}
	return otherwise
}

func (a *App) find(args map[string]any) (map[string]any, string) {
	at := slices.IndexFunc(a.users, func(user map[string]any) bool { return user["globalUserId"] == args["globalUserId"] })
	if at < 0 {
		return nil, "User not found"
	}
	return a.users[at], ""
}

func (a *App) read(args map[string]any) (any, string) {
	user, problem := a.find(args)
	if problem != "" {
		return nil, problem
	}
	return user, ""
}

func (a *App) create(args map[string]any) (any, string) {
	input, _ := args["user"].(map[string]any)
	for _, name := range []string{"email", "firstname", "lastname"} {
		if input[name] == nil {
			return nil, name + " is required"
		}
	}
	if problem := a.problem(input, ""); problem != "" {
		return nil, problem
	}
	return a.add(input), ""
}

// add makes a user whose other fields are null.
func (a *App) add(input map[string]any) map[string]any {
	a.last++
	user := map[string]any{}
	for _, name := range fields {
		user[name] = nil
	}
	user["languageId"], user["isSystem"], user["isHidden"], user["isActive"] = "en", false, false, true
	maps.Copy(user, input)
	user["globalUserId"] = fmt.Sprintf("5f0c-%04d", a.last)
	a.users = append(a.users, user)
	return user
}

func (a *App) update(args map[string]any) (any, string) {
	user, problem := a.find(args)
	input, _ := args["user"].(map[string]any)
	if problem == "" {
		problem = a.problem(input, user["globalUserId"].(string))
	}
	if problem != "" {
		return nil, problem
	}
	maps.Copy(user, input)
	return user, ""
}

func (a *App) setActive(active bool) resolver {
	return func(args map[string]any) (any, string) {
		user, problem := a.find(args)
		if problem != "" {
			return nil, problem
		}
		user["isActive"] = active
		return user, ""
	}
}

func (a *App) remove(args map[string]any) (any, string) {
	user, problem := a.find(args)
	if problem != "" {
		return nil, problem
	}
	a.users = slices.DeleteFunc(a.users, func(other map[string]any) bool { return other["globalUserId"] == user["globalUserId"] })
	return true, ""
}

// longest are the fields that can be set, and how long they may be.
var longest = map[string]int{"email": 191, "firstname": 50, "lastname": 50, "externalId": 250, "languageId": 5, "location": 100, "about": 100,
	"countryId": 2, "company": 255, "department": 255, "position": 255, "employmentStart": 10}

// never are those that cannot be null.
var never = []string{"email", "firstname", "lastname", "externalId", "languageId"}

// problem says what is wrong with the fields of a user, "" for nothing.
func (a *App) problem(input map[string]any, id string) string {
	for name, value := range input {
		text, isText := value.(string)
		switch most, known := longest[name]; {
		case !known:
			return fmt.Sprintf(`Field "%s" is not defined by type UserInput`, name)
		case value == nil && slices.Contains(never, name):
			return name + " must not be null"
		case value != nil && !isText, len(text) > most:
			return name + " is not valid"
		case name == "languageId" && !slices.Contains([]string{"de", "en", "es", "fr", "it", "pt"}, text):
			return "languageId is not valid"
		}
	}
	for _, other := range a.users {
		if other["globalUserId"] == id {
			continue
		}
		for _, name := range []string{"email", "externalId"} {
			if input[name] != nil && strings.EqualFold(fmt.Sprint(other[name]), fmt.Sprint(input[name])) {
				return "A user with this " + name + " already exists"
			}
		}
	}
	return ""
}
