package app

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// query is what user.get looks at; what else it is sent it ignores.
type query struct {
	UserIDs     texts            `json:"userids"`
	GroupIDs    texts            `json:"usrgrpids"`
	Filter      map[string]texts `json:"filter"`
	Search      map[string]texts `json:"search"`
	StartSearch bool             `json:"startSearch"`
	SearchByAny bool             `json:"searchByAny"`
	Output      output           `json:"output"`
	Groups      *output          `json:"selectUsrgrps"`
	Access      *bool            `json:"getAccess"`
	Count       bool             `json:"countOutput"`
	Limit       text             `json:"limit"`
	SortField   texts            `json:"sortfield"`
	SortOrder   texts            `json:"sortorder"`
}

// text is a value that may be written as a text or as a number.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text(strings.Trim(string(raw), `"`))
	if *t == "null" {
		*t = ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil && string(raw) != "null" {
		*t = text(s)
	}
	return nil
}

// texts is a list of them, or one alone. It is nil where it was not sent.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	var list []text
	if string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		list = make([]text, 1)
		if err := json.Unmarshal(raw, &list[0]); err != nil {
			return err
		}
	}
	*t = texts{}
	for _, one := range list {
		*t = append(*t, string(one))
	}
	return nil
}

// output says which properties are shown: "extend", or a list of names.
type output struct {
	all   bool
	names []string
}

func (o *output) UnmarshalJSON(raw []byte) error {
	o.all = json.Unmarshal(raw, &o.names) != nil
	return nil
}

// get is user.get. Only a Super admin is shown everybody; others are shown those
// who share a group with them.
func (a *App) get(self *User, params json.RawMessage) (any, *failure) {
	q := query{Output: output{all: true}}
	if err := json.Unmarshal(params, &q); err != nil {
		return nil, invalid(`Invalid parameter "/": an array is expected.`)
	}
	var found []*User
	for _, u := range a.users {
		if a.shows(self, u) && q.selects(u) {
			found = append(found, u)
		}
	}
	q.sort(found)
	if n, err := strconv.Atoi(string(q.Limit)); err == nil && n > 0 {
		found = found[:min(n, len(found))]
	}
	if q.Count {
		return strconv.Itoa(len(found)), nil
	}
	shown := []map[string]any{}
	for _, u := range found {
		shown = append(shown, a.show(q, u))
	}
	return shown, nil
}

func (a *App) shows(self, u *User) bool {
	return self.RoleID == RoleSuperAdmin || slices.ContainsFunc(u.Groups, func(id string) bool { return slices.Contains(self.Groups, id) })
}

func (u *User) properties() map[string]string {
	return map[string]string{
		"userid": u.ID, "username": u.Username, "name": u.Name, "surname": u.Surname, "roleid": u.RoleID, "url": "",
		"autologin": "0", "autologout": "0", "lang": "default", "refresh": "30s", "theme": "default",
		"attempt_failed": "0", "attempt_ip": "", "attempt_clock": "0", "rows_per_page": "50", "timezone": "default",
	}
}

func (q *query) selects(u *User) bool {
	if q.UserIDs != nil && !slices.Contains(q.UserIDs, u.ID) {
		return false
	}
	if q.GroupIDs != nil && !slices.ContainsFunc(u.Groups, func(id string) bool { return slices.Contains(q.GroupIDs, id) }) {
		return false
	}
	has := u.properties()
	for name, values := range q.Filter { // exact, in the very case
		if value, known := has[name]; known && !slices.Contains(values, value) {
			return false
		}
	}
	return q.searched(has)
}

// searched is a LIKE in any case: what is looked for stands somewhere in the
// property, or at its beginning.
func (q *query) searched(has map[string]string) bool {
	asked, hits := 0, 0
	for name, patterns := range q.Search {
		value, known := has[name]
		if !known {
			continue
		}
		for _, pattern := range patterns {
			asked++
			at := strings.Index(strings.ToUpper(value), strings.ToUpper(pattern))
			if at == 0 || at > 0 && !q.StartSearch {
				hits++
			}
		}
	}
	return hits == asked || q.SearchByAny && hits > 0
}

func (q *query) sort(found []*User) {
	by := ""
	if len(q.SortField) > 0 {
		by = q.SortField[0]
	}
	slices.SortStableFunc(found, func(a, b *User) int {
		order := 0
		switch by {
		case "username":
			order = strings.Compare(a.Username, b.Username)
		case "userid":
			order = cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
		}
		if len(q.SortOrder) > 0 && strings.EqualFold(q.SortOrder[0], "DESC") {
			return -order
		}
		return order
	})
}

func (a *App) show(q query, u *User) map[string]any {
	shown := map[string]any{"userid": u.ID} // always
	for name, value := range u.properties() {
		if q.Output.all || slices.Contains(q.Output.names, name) {
			shown[name] = value
		}
	}
	if q.Access != nil {
		shown["gui_access"], shown["debug_mode"], shown["users_status"] = "0", "0", a.status(u)
	}
	if q.Groups != nil {
		groups := []map[string]string{}
		for _, id := range u.Groups {
			groups = append(groups, a.showGroup(*q.Groups, id))
		}
		shown["usrgrps"] = groups
	}
	return shown
}

func (a *App) showGroup(o output, id string) map[string]string {
	all := map[string]string{"usrgrpid": id, "name": a.groups[id].name, "gui_access": "0", "users_status": a.groups[id].status, "debug_mode": "0"}
	shown := map[string]string{"usrgrpid": id}
	for name, value := range all {
		if o.all || slices.Contains(o.names, name) {
			shown[name] = value
		}
	}
	return shown
}
