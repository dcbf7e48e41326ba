package app

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sorted gives the users in whose id or display name a text stands, in any case,
// ordered by id.
func (a *App) sorted(search string) []*User {
	var out []*User
	for _, u := range a.users {
		if has(u.ID, search) || has(u.DisplayName, search) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(x, y *User) int { return strings.Compare(x.ID, y.ID) })
	return out
}

func has(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// page cuts the list as limit and offset say. What is no number counts as not sent.
func page[T any](c call, all []T) []T {
	offset, _ := strconv.Atoi(c.value("offset"))
	all = all[min(max(offset, 0), len(all)):]
	if limit, err := strconv.Atoi(c.value("limit")); err == nil && limit >= 0 {
		all = all[:min(limit, len(all))]
	}
	return all
}

func (a *App) listUsers(c call) answer {
	ids := list{}
	for _, u := range page(c, a.sorted(c.value("search"))) {
		ids = append(ids, u.ID)
	}
	return found(object{{"users", ids}})
}

// userID is what an id may be made of.
var userID = regexp.MustCompile(`^[a-zA-Z0-9 _.@\-']+$`)

const (
	idLength       = 64
	passwordLength = 10 // of the default password policy
)

func (a *App) addUser(c call) answer {
	id, password, email := c.value("userid"), c.value("password"), c.value("email")
	if a.users[strings.ToLower(id)] != nil {
		return refuse(102, "User already exists")
	}
	for _, group := range c.sent["groups[]"] {
		if a.groups[group] == nil {
			return refuse(104, "group "+group+" does not exist")
		}
	}
	switch {
	case password == "" && email == "":
		return refuse(108, "To send a password link to the user an email address is required.")
	case strings.TrimSpace(id) == "":
		return refuse(101, "A valid username must be provided")
	case !userID.MatchString(id):
		return refuse(101, `Only the following characters are allowed in a username: "a-z", "A-Z", "0-9", spaces and "_.@-'"`)
	case id != strings.TrimSpace(id):
		return refuse(101, "Username contains whitespace at the beginning or at the end")
	case id == "." || id == "..":
		return refuse(101, "Username must not consist of dots only")
	case len(id) > idLength:
		return refuse(101, "Login is too long")
	case password != "" && len(password) < passwordLength:
		return refuse(107, "Password needs to be at least 10 characters long.")
	}
	u := &User{ID: id, Enabled: true, Language: "en", Quota: "default", Password: password}
	a.users[strings.ToLower(id)] = u
	for _, group := range c.sent["groups[]"] {
		a.groups[group].Members = append(a.groups[group].Members, id)
	}
	// From here on the user is there, whatever the answer says.
	for _, field := range []struct{ key, sent string }{{"displayname", "displayName"}, {"quota", "quota"}, {"language", "language"}} {
		if value := c.value(field.sent); value != "" {
			if failed := a.edit(u, field.key, value); failed.code != fine {
				return failed
			}
		}
	}
	u.Email = strings.ToLower(email)
	if a.Old {
		return done()
	}
	return found(object{{"id", id}})
}

// getUser shows what an administrator sees.
func (a *App) getUser(c call) answer {
	u := a.users[strings.ToLower(c.PathValue("user"))]
	if u == nil {
		return refuse(missing, "User does not exist")
	}
	var email any
	if u.Email != "" {
		email = u.Email
	}
	name := u.DisplayName
	if name == "" {
		name = u.ID
	}
	groups := list{}
	for _, g := range a.sortedGroups("") {
		if slices.Contains(g.Members, u.ID) {
			groups = append(groups, g.ID)
		}
	}
	return found(object{
		{"enabled", u.Enabled}, {"storageLocation", "/var/www/html/data/" + u.ID}, {"id", u.ID}, {"lastLogin", 0},
		{"backend", "Database"}, {"subadmin", list{}}, {"quota", object{{"quota", u.Quota}, {"used", 0}}},
		{"email", email}, {"displayname", name}, {"phone", u.Phone}, {"address", u.Address}, {"website", u.Website},
		{"twitter", u.Twitter}, {"groups", groups}, {"language", u.Language}, {"locale", u.Locale},
		{"backendCapabilities", object{{"setDisplayName", true}, {"setPassword", true}}},
	})
}

func (a *App) editUser(c call) answer {
	if a.edits++; a.edits > editLimit {
		return answer{throttled: true}
	}
	u := a.users[strings.ToLower(c.PathValue("user"))]
	if u == nil {
		return refuse(notFound, "")
	}
	return a.edit(u, c.value("key"), c.value("value"))
}

// languages and locales are some of those that come with Nextcloud.
var (
	languages = []string{"de", "de_DE", "en", "en_GB", "es", "fr", "it", "nl", "pl", "pt_BR"}
	locales   = []string{"de", "de_DE", "en", "en_GB", "en_US", "fr", "fr_FR"}
)

func (a *App) edit(u *User, key, value string) answer {
	switch key {
	case "displayname", "display":
		if len(value) > 64 {
			return refuse(101, "Invalid displayname")
		}
		u.DisplayName = strings.TrimSpace(value)
	case "email":
		if _, err := mail.ParseAddress(value); value != "" && (err != nil || strings.ContainsAny(value, "<> ")) {
			return refuse(101, "")
		}
		u.Email = strings.ToLower(value)
	case "phone":
		number, valid := phoneNumber(value)
		if !valid {
			return refuse(101, "Invalid phone")
		}
		u.Phone = number
	case "address":
		u.Address = value
	case "website":
		u.Website = value
	case "twitter":
		u.Twitter = value
	case "language":
		if !slices.Contains(languages, value) {
			return refuse(102, "Invalid language")
		}
		u.Language = value
	case "locale":
		if !slices.Contains(locales, value) {
			return refuse(102, "Invalid locale")
		}
		u.Locale = value
	case "quota":
		u.Quota = value
	case "password":
		if len(value) < passwordLength {
			return refuse(107, "Password needs to be at least 10 characters long.")
		}
		u.Password = value
	default:
		return refuse(113, "")
	}
	return done()
}

var separators = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "/", "", ".", "")

// phoneNumber spells a number in the way of E.164. Without a region it must be
// an international one.
func phoneNumber(value string) (string, bool) {
	number := separators.Replace(value)
	digits, international := strings.CutPrefix(number, "+")
	_, err := strconv.ParseUint(digits, 10, 64)
	return number, number == "" || international && err == nil && len(digits) >= 7 && len(digits) <= 15
}

func (a *App) deleteUser(c call) answer {
	u := a.users[strings.ToLower(c.PathValue("user"))]
	switch {
	case u == nil:
		return refuse(notFound, "")
	case u.ID == a.user:
		return refuse(101, "") // oneself
	}
	delete(a.users, strings.ToLower(u.ID))
	for _, g := range a.groups {
		g.leave(u.ID)
	}
	return done()
}

func (a *App) setEnabled(c call, enabled bool) answer {
	u := a.users[strings.ToLower(c.PathValue("user"))]
	if u == nil || u.ID == a.user {
		return refuse(101, "")
	}
	u.Enabled = enabled
	return done()
}
