package main

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
)

// truth is how the application's own store compares with Entra's directory.
type truth struct {
	duplicates int      // accounts beyond the first of a user
	lost       int      // users without an account
	strangers  int      // accounts of nobody
	wrong      []string // values that are not as Entra has them
	managers   []string // managers who are not as Entra has them

	lostGroups   int      // groups without a team
	strangeTeams int      // teams that are no group
	lostMembers  []string // members of a group who are not in its team
	strayMembers []string // members of a team who are not in its group
}

// comparison finds the truth.
type comparison struct {
	truth
	users  map[string]entra.User // by ObjectID
	owners map[int64]entra.User  // of the accounts, by the id of an account
}

// compare looks at every account, the application's administrator excepted,
// which no user of Entra has anything to do with, and at every team.
func compare(d *demoDirectory, accounts []app.User, teams []app.Team) truth {
	c := comparison{users: map[string]entra.User{}, owners: map[int64]entra.User{}}
	for _, u := range d.users {
		c.users[u.ObjectID] = u
	}
	c.accounts(accounts)
	for _, a := range accounts {
		if u, known := c.owners[a.ID]; known {
			c.manager(u, a)
		}
	}
	c.teams(d.groups, teams)
	return c.truth
}

// accounts finds whose they are, and compares the first of each user.
func (c *comparison) accounts(accounts []app.User) {
	byName := map[string]entra.User{}
	for _, u := range c.users {
		byName[strings.ToLower(u.UserPrincipalName)] = u
	}
	found := map[string]bool{}
	for _, a := range accounts {
		if a.Role == "ADMIN" {
			c.administrator(a)
			continue
		}
		u, known := owner(byName, a)
		switch {
		case !known:
			c.strangers++
		case found[u.ObjectID]:
			c.duplicates++
		default:
			found[u.ObjectID], c.owners[a.ID] = true, u
			c.attributes(u, a)
		}
	}
	c.lost = len(c.users) - len(found)
}

// owner gives the user that an account belongs to, by its login or its mail.
func owner(byName map[string]entra.User, a app.User) (entra.User, bool) {
	if u, known := byName[strings.ToLower(a.Login)]; known {
		return u, true
	}
	u, known := byName[a.Mail]
	return u, known
}

// attributes compares value by value. The application keeps mail in small
// letters, and legacy.yaml makes it follow the user name and sends the title in
// capitals.
func (t *truth) attributes(u entra.User, a app.User) {
	status := "ENABLED"
	if u.SoftDeleted {
		status = "DISABLED"
	}
	for _, field := range []struct{ name, want, got string }{
		{"login", u.UserPrincipalName, a.Login},
		{"mail", strings.ToLower(u.UserPrincipalName), a.Mail},
		{"first_name", u.GivenName, string(a.FirstName)},
		{"last_name", u.Surname, string(a.LastName)},
		{"full_name", u.DisplayName, string(a.FullName)},
		{"position", strings.ToUpper(u.JobTitle), string(a.Position)},
		{"department", u.Department, string(a.Department)},
		{"status", status, a.Status},
	} {
		if field.got != field.want {
			t.wrong = append(t.wrong, fmt.Sprintf("%s of %s is %q, not %q", field.name, u.UserPrincipalName, field.got, field.want))
		}
	}
}

func (t *truth) administrator(a app.User) {
	if a.Login != "admin" || a.Status != "ENABLED" {
		t.wrong = append(t.wrong, fmt.Sprintf("the administrator is %q and %s", a.Login, a.Status))
	}
}

// manager compares whom a user reports to.
func (c *comparison) manager(u entra.User, a app.User) {
	got, want := "nobody", "nobody"
	if a.ManagerID != nil {
		got = c.name(*a.ManagerID)
	}
	if u.Manager != "" {
		want = c.users[u.Manager].UserPrincipalName
	}
	if got != want {
		c.managers = append(c.managers, fmt.Sprintf("the manager of %s is %s, not %s", u.UserPrincipalName, got, want))
	}
}

// name tells who has an account.
func (c *comparison) name(id int64) string {
	if u, known := c.owners[id]; known {
		return u.UserPrincipalName
	}
	return fmt.Sprintf("account %d", id)
}

// teams compares the members of every group with those of the team of its name,
// and of every other team with nobody. Team names are unique in the application,
// so that none is there twice.
func (c *comparison) teams(groups []entra.Group, teams []app.Team) {
	byName := map[string]app.Team{}
	for _, t := range teams {
		byName[t.Name] = t
	}
	for _, g := range groups {
		t, there := byName[g.DisplayName]
		if !there {
			c.lostGroups++
		}
		c.members(g, t)
		delete(byName, g.DisplayName)
	}
	c.strangeTeams = len(byName)
	for _, name := range sortedKeys(byName) {
		c.members(entra.Group{DisplayName: name}, byName[name])
	}
}

func (c *comparison) members(g entra.Group, t app.Team) {
	var got, want []string
	for _, id := range t.Members {
		got = append(got, c.name(id))
	}
	for _, objectID := range g.Members {
		want = append(want, c.users[objectID].UserPrincipalName)
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			c.lostMembers = append(c.lostMembers, fmt.Sprintf("%s in %q", name, g.DisplayName))
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			c.strayMembers = append(c.strayMembers, fmt.Sprintf("%s in %q", name, g.DisplayName))
		}
	}
}

// miscounted tells that something is there twice, not at all, or for nobody.
func (t truth) miscounted() bool {
	return t.duplicates+t.lost+t.strangers+t.lostGroups+t.strangeTeams > 0
}

// complaints names what is wrong, nothing if the two agree.
func (t truth) complaints() (out []string) {
	for _, count := range []struct {
		n    int
		what string
	}{{t.duplicates, "duplicates"}, {t.lost, "lost users"}, {t.strangers, "accounts of nobody"},
		{t.lostGroups, "lost groups"}, {t.strangeTeams, "teams that are no group"}} {
		if count.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	for _, found := range []struct {
		all  []string
		what string
	}{{t.wrong, "wrong values"}, {t.managers, "wrong managers"}, {t.lostMembers, "lost memberships"}, {t.strayMembers, "memberships of nobody"}} {
		if n := len(found.all); n > 0 {
			out = append(out, fmt.Sprintf("%d %s, the first: %s", n, found.what, found.all[0]))
		}
	}
	return out
}
