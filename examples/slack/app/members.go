package app

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"scimshim/examples/api"
)

// Member is a user object of the workspace.
type Member struct {
	ID            string        `json:"id"`
	TeamID        string        `json:"team_id"`
	Name          string        `json:"name"`
	Deleted       bool          `json:"deleted"`
	RealName      string        `json:"real_name"`
	IsAdmin       bool          `json:"is_admin"`
	IsOwner       bool          `json:"is_owner"`
	IsBot         bool          `json:"is_bot"`
	IsInvitedUser bool          `json:"is_invited_user,omitempty"`
	Profile       MemberProfile `json:"profile"`
}

// MemberProfile are the fields of a profile that this program keeps.
type MemberProfile struct {
	Email       string `json:"email"`
	RealName    string `json:"real_name"`
	DisplayName string `json:"display_name"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	Title       string `json:"title"`
	Phone       string `json:"phone"`
}

type members struct {
	all    []*Member
	last   int
	hidden bool // who has not accepted is in the list alone
}

func newMembers() members {
	m := members{}
	m.add(&Member{Name: "owner", RealName: "Owner", IsAdmin: true, IsOwner: true,
		Profile: MemberProfile{Email: "owner@slack.example", RealName: "Owner"}})
	return m
}

func (m *members) add(member *Member) {
	m.last++
	member.ID, member.TeamID = fmt.Sprintf("W%04d", m.last), Team
	m.all = append(m.all, member)
}

func (m *members) find(holds func(*Member) bool) *Member {
	if i := slices.IndexFunc(m.all, holds); i >= 0 {
		return m.all[i]
	}
	return nil
}

func (m *members) byID(id string) *Member {
	return m.find(func(one *Member) bool { return one.ID == id })
}

func (m *members) byEmail(email string) *Member {
	return m.find(func(one *Member) bool { return strings.EqualFold(one.Profile.Email, email) })
}

// HideInvited has users.lookupByEmail miss who has not accepted.
func (a *App) HideInvited() { a.api.Do(func() { a.members.hidden = true }) }

// Accept is everybody who was invited accepting it.
func (a *App) Accept() {
	a.api.Do(func() {
		for _, m := range a.members.all {
			m.IsInvitedUser = false
		}
	})
}

// Accounts gives everybody's fields by id.
func (a *App) Accounts() map[string]any {
	out := map[string]any{}
	a.api.Do(func() {
		for _, m := range a.members.all {
			out[m.ID] = api.Fields(m, "id", "team_id", "name", "is_invited_user")
		}
	})
	return out
}

// list shows everybody, also who was invited or is deactivated, by cursor.
func (a *App) list(args map[string]any) (map[string]any, string) {
	if team := text(args, "team_id"); team != "" && team != Team {
		return nil, "team_not_found"
	}
	size, err := strconv.Atoi(text(args, "limit"))
	if err != nil || size <= 0 {
		size = len(a.members.all)
	}
	start := 0
	if cursor := text(args, "cursor"); cursor != "" {
		plain, _ := base64.StdEncoding.DecodeString(cursor)
		id, found := strings.CutPrefix(string(plain), "user:")
		if start = slices.IndexFunc(a.members.all, func(m *Member) bool { return m.ID == id }); !found || start < 0 {
			return nil, "invalid_cursor"
		}
	}
	end, next := min(start+min(size, a.cap), len(a.members.all)), ""
	if end < len(a.members.all) {
		next = base64.StdEncoding.EncodeToString([]byte("user:" + a.members.all[end].ID))
	}
	return map[string]any{"members": a.members.all[start:end], "response_metadata": map[string]any{"next_cursor": next}}, ""
}

// lookup finds who is active. Whether it finds who was invited and has not
// accepted yet is not said: both can be had.
func (a *App) lookup(args map[string]any) (map[string]any, string) {
	m := a.members.byEmail(text(args, "email"))
	if m == nil || m.Deleted || m.IsInvitedUser && a.members.hidden {
		return nil, "users_not_found"
	}
	return map[string]any{"user": m}, ""
}

func (a *App) info(args map[string]any) (map[string]any, string) {
	m := a.members.byID(text(args, "user"))
	if m == nil {
		return nil, "user_not_found"
	}
	return map[string]any{"user": m}, ""
}

// invite answers without the id of the new member.
func (a *App) invite(args map[string]any) (map[string]any, string) {
	email := strings.ToLower(text(args, "email"))
	switch m := a.members.byEmail(email); {
	case text(args, "team_id") != Team:
		return nil, "team_not_found"
	case text(args, "channel_ids") != Channel:
		return nil, "channel_not_found"
	case !strings.Contains(email, "@"):
		return nil, "invalid_email"
	case m != nil && m.IsInvitedUser:
		return nil, "already_in_team_invited_user"
	case m != nil && m.Deleted:
		return nil, "user_disabled"
	case m != nil:
		return nil, "already_in_team"
	}
	name := text(args, "real_name")
	local, _, _ := strings.Cut(email, "@")
	a.members.add(&Member{Name: local, RealName: name, IsInvitedUser: true, Profile: MemberProfile{Email: email, RealName: name}})
	return nil, ""
}

// assign takes somebody of the organization into the workspace, or back.
func (a *App) assign(args map[string]any) (map[string]any, string) {
	m, problem := a.member(args)
	if problem == "" && !m.Deleted {
		problem = "user_already_team_member"
	}
	if problem != "" {
		return nil, problem
	}
	m.Deleted = false
	return nil, ""
}

// remove takes somebody out of the workspace, where he is shown as deleted.
func (a *App) remove(args map[string]any) (map[string]any, string) {
	m, problem := a.member(args)
	switch {
	case problem != "":
		return nil, problem
	case m.IsOwner:
		return nil, "cannot_modify_primary_owner"
	case m.Deleted:
		return nil, "user_already_deleted"
	}
	m.Deleted = true
	return nil, ""
}

func (a *App) member(args map[string]any) (m *Member, problem string) {
	if text(args, "team_id") != Team {
		return nil, "team_not_found"
	}
	if m = a.members.byID(text(args, "user_id")); m == nil {
		return nil, "user_not_found"
	}
	return m, ""
}

// setProfile changes the fields that are given. The names belong together: a new
// real name makes first and last name new, and they it.
func (a *App) setProfile(args map[string]any) (map[string]any, string) {
	m := a.members.byID(text(args, "user"))
	given, problem := profile(args["profile"])
	switch {
	case m == nil:
		return nil, "user_not_found"
	case m.IsOwner:
		return nil, "cannot_update_admin_user"
	case problem != "":
		return nil, problem
	}
	if email := strings.ToLower(text(given, "email")); email != "" {
		if other := a.members.byEmail(email); other != nil && other != m {
			return nil, "email_taken"
		}
		m.Profile.Email = email
	}
	for name, at := range map[string]*string{"real_name": &m.Profile.RealName, "display_name": &m.Profile.DisplayName, "first_name": &m.Profile.FirstName,
		"last_name": &m.Profile.LastName, "title": &m.Profile.Title, "phone": &m.Profile.Phone} {
		if _, sent := given[name]; sent {
			*at = text(given, name)
		}
	}
	m.RealName = m.Profile.RealName
	return map[string]any{"profile": m.Profile}, ""
}

// profile is an object, or a text that holds one.
func profile(arg any) (map[string]any, string) {
	given, _ := arg.(map[string]any)
	if written, isText := arg.(string); isText && json.Unmarshal([]byte(written), &given) != nil || given == nil {
		return nil, "invalid_profile"
	}
	return given, ""
}
