package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	nameLength     = 100
	passwordLength = 8 // of the default password policy
	absent         = "No permissions to referred object or it does not exist!"
)

// objects gives the objects of a method that takes one or several.
func objects(params json.RawMessage) ([]map[string]json.RawMessage, *failure) {
	var list []map[string]json.RawMessage
	if json.Unmarshal(params, &list) == nil && len(list) > 0 {
		return list, nil
	}
	var one map[string]json.RawMessage
	if json.Unmarshal(params, &one) == nil && len(one) > 0 {
		return []map[string]json.RawMessage{one}, nil
	}
	return nil, invalid(`Invalid parameter "/": cannot be empty.`)
}

// create is user.create. Either all are made, or none.
func (a *App) create(params json.RawMessage) (any, *failure) {
	list, failed := objects(params)
	if failed != nil {
		return nil, failed
	}
	var fresh []*User
	for i, object := range list {
		u := &User{}
		if failed := a.fill(u, object, i+1); failed != nil {
			return nil, failed
		}
		for _, name := range []string{"username", "roleid", "passwd", "usrgrps"} {
			if _, sent := object[name]; !sent {
				return nil, invalid(fmt.Sprintf(`Invalid parameter "/%d": the parameter "%s" is missing.`, i+1, name))
			}
		}
		if a.taken(u.Username, fresh) {
			return nil, invalid(`User with username "` + u.Username + `" already exists.`)
		}
		fresh = append(fresh, u)
	}
	ids := []string{}
	for _, u := range fresh {
		a.last++
		u.ID = strconv.Itoa(a.last)
		ids = append(ids, u.ID)
	}
	a.users = append(a.users, fresh...)
	return map[string]any{"userids": ids}, nil
}

// update is user.update: only the passed properties change, and usrgrps as a whole.
func (a *App) update(self *User, params json.RawMessage) (any, *failure) {
	list, failed := objects(params)
	if failed != nil {
		return nil, failed
	}
	var changed []User
	for i, object := range list {
		id, failed := textual(object["userid"], i+1, "userid")
		if failed != nil {
			return nil, failed
		}
		u := a.byID(id)
		if u == nil || self.RoleID != RoleSuperAdmin && u != self {
			return nil, denied(absent)
		}
		delete(object, "userid")
		next := *u
		if failed := a.fill(&next, object, i+1); failed != nil {
			return nil, failed
		}
		switch {
		case next.Username != u.Username && a.taken(next.Username, nil):
			return nil, invalid(`User with username "` + next.Username + `" already exists.`)
		case u == self && a.status(&next) == "1":
			return nil, invalid("User cannot add himself to a disabled group or a group with disabled GUI access.")
		}
		changed = append(changed, next)
	}
	ids := []string{}
	for _, next := range changed {
		*a.byID(next.ID) = next
		ids = append(ids, next.ID)
	}
	return map[string]any{"userids": ids}, nil
}

// remove is user.delete: a list of ids.
func (a *App) remove(self *User, params json.RawMessage) (any, *failure) {
	var ids texts
	if err := json.Unmarshal(params, &ids); err != nil || len(ids) == 0 {
		return nil, invalid(`Invalid parameter "/": cannot be empty.`)
	}
	for _, id := range ids {
		switch u := a.byID(id); {
		case u == nil:
			return nil, denied(absent)
		case u == self:
			return nil, invalid("User is not allowed to delete himself.")
		case u.Username == "guest":
			return nil, invalid(`Cannot delete Zabbix internal user "guest", try disabling that user.`)
		}
	}
	a.users = slices.DeleteFunc(a.users, func(u *User) bool { return slices.Contains(ids, u.ID) })
	return map[string]any{"userids": ids}, nil
}

// taken compares user names in their very case, as Zabbix does.
func (a *App) taken(username string, fresh []*User) bool {
	named := func(u *User) bool { return u.Username == username }
	return slices.ContainsFunc(a.users, named) || slices.ContainsFunc(fresh, named)
}

// fill sets the properties that an object has.
func (a *App) fill(u *User, object map[string]json.RawMessage, at int) (failed *failure) {
	for name, raw := range object {
		switch name {
		case "username":
			u.Username, failed = a.named(raw, at, name)
		case "name":
			u.Name, failed = short(raw, at, name)
		case "surname":
			u.Surname, failed = short(raw, at, name)
		case "roleid":
			u.RoleID, failed = role(raw, at)
		case "passwd":
			u.Password, failed = password(raw, at)
		case "usrgrps":
			u.Groups, failed = a.groupsOf(raw, at)
		case "url", "autologin", "autologout", "lang", "refresh", "theme", "rows_per_page", "timezone", "medias":
			// settings that this program has no place for
		default:
			failed = invalid(fmt.Sprintf(`Invalid parameter "/%d": unexpected parameter "%s".`, at, name))
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

func textual(raw json.RawMessage, at int, name string) (string, *failure) {
	if raw == nil {
		return "", invalid(fmt.Sprintf(`Invalid parameter "/%d": the parameter "%s" is missing.`, at, name))
	}
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return "", invalid(fmt.Sprintf(`Invalid parameter "/%d/%s": a character string is expected.`, at, name))
	}
	return *s, nil
}

func short(raw json.RawMessage, at int, name string) (string, *failure) {
	s, failed := textual(raw, at, name)
	if failed == nil && utf8.RuneCountInString(s) > nameLength {
		return "", invalid(fmt.Sprintf(`Invalid parameter "/%d/%s": value is too long.`, at, name))
	}
	return s, failed
}

func (a *App) named(raw json.RawMessage, at int, name string) (string, *failure) {
	s, failed := short(raw, at, name)
	if failed == nil && s == "" {
		return "", invalid(fmt.Sprintf(`Invalid parameter "/%d/%s": cannot be empty.`, at, name))
	}
	return s, failed
}

func role(raw json.RawMessage, at int) (string, *failure) {
	var id text
	json.Unmarshal(raw, &id)
	if !slices.Contains([]string{RoleUser, RoleAdmin, RoleSuperAdmin, RoleGuest}, string(id)) {
		return "", invalid(fmt.Sprintf(`User role with ID "%s" is not available.`, id))
	}
	return string(id), nil
}

func password(raw json.RawMessage, at int) (string, *failure) {
	s, failed := textual(raw, at, "passwd")
	switch {
	case failed != nil:
		return "", failed
	case s == "":
		return "", invalid(fmt.Sprintf(`Invalid parameter "/%d/passwd": cannot be empty.`, at))
	case utf8.RuneCountInString(s) < passwordLength:
		return "", invalid(fmt.Sprintf(`Incorrect value for field "/%d/passwd": must be at least %d characters long.`, at, passwordLength))
	}
	return s, nil
}

func (a *App) groupsOf(raw json.RawMessage, at int) ([]string, *failure) {
	var list []struct {
		ID *text `json:"usrgrpid"`
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, invalid(fmt.Sprintf(`Invalid parameter "/%d/usrgrps": an array is expected.`, at))
	}
	ids := []string{}
	for i, one := range list {
		switch {
		case one.ID == nil:
			return nil, invalid(fmt.Sprintf(`Invalid parameter "/%d/usrgrps/%d": the parameter "usrgrpid" is missing.`, at, i+1))
		case a.groups[string(*one.ID)].name == "":
			return nil, invalid(fmt.Sprintf(`User group with ID "%s" is not available.`, *one.ID))
		case slices.Contains(ids, string(*one.ID)):
			return nil, invalid(fmt.Sprintf(`Invalid parameter "/%d/usrgrps/%d": value (usrgrpid)=(%s) already exists.`, at, i+1, *one.ID))
		}
		ids = append(ids, string(*one.ID))
	}
	if len(ids) == 0 {
		return nil, invalid(fmt.Sprintf(`Invalid parameter "/%d/usrgrps": cannot be empty.`, at))
	}
	return ids, nil
}
