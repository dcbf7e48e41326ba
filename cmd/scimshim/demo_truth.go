package main

import (
	"fmt"
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
}

// compare looks at every account, the application's administrator excepted,
// which no user of Entra has anything to do with.
func compare(users []entra.User, accounts []app.User) truth {
	var t truth
	owners := map[string]entra.User{}
	for _, u := range users {
		owners[strings.ToLower(u.UserPrincipalName)] = u
	}
	found := map[string]int{}
	for _, a := range accounts {
		if a.Role == "ADMIN" {
			t.administrator(a)
			continue
		}
		u, known := owner(owners, a)
		if !known {
			t.strangers++
			continue
		}
		if found[u.ObjectID]++; found[u.ObjectID] > 1 {
			t.duplicates++
			continue
		}
		t.attributes(u, a)
	}
	t.lost = len(users) - len(found)
	return t
}

// owner gives the user that an account belongs to, by its login or its mail.
func owner(owners map[string]entra.User, a app.User) (entra.User, bool) {
	if u, known := owners[strings.ToLower(a.Login)]; known {
		return u, true
	}
	u, known := owners[a.Mail]
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

// complaints names what is wrong, nothing if the two agree.
func (t truth) complaints() (out []string) {
	for _, count := range []struct {
		n    int
		what string
	}{{t.duplicates, "duplicates"}, {t.lost, "lost users"}, {t.strangers, "accounts of nobody"}} {
		if count.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	if n := len(t.wrong); n > 0 {
		out = append(out, fmt.Sprintf("%d wrong values, the first: %s", n, t.wrong[0]))
	}
	return out
}
