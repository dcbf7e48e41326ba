package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
)

func TestCompare(t *testing.T) {
	ann := entra.User{ObjectID: "1", UserPrincipalName: "Ann@contoso.com", GivenName: "Ann", Surname: "Lee",
		DisplayName: "Ann Lee", JobTitle: "Auditor", Department: "Legal"}
	bob := entra.User{ObjectID: "2", UserPrincipalName: "bob@contoso.com", DisplayName: "Bob", SoftDeleted: true}
	good := app.User{ID: 2, Login: "Ann@contoso.com", Mail: "ann@contoso.com", FirstName: "Ann", LastName: "Lee",
		FullName: "Ann Lee", Position: "AUDITOR", Department: "Legal", Status: "ENABLED", Role: "USER"}
	off := app.User{ID: 3, Login: "bob@contoso.com", Mail: "bob@contoso.com", FullName: "Bob", Status: "DISABLED", Role: "USER"}
	admin := app.User{ID: 1, Login: "admin", Status: "ENABLED", Role: "ADMIN"}
	with := func(u app.User, change func(*app.User)) app.User {
		change(&u)
		return u
	}
	for _, test := range []struct {
		name     string
		accounts []app.User
		want     []string
	}{
		{"alike", []app.User{admin, good, off}, nil},
		{"lost", []app.User{admin, good}, []string{"1 lost users"}},
		{"twice by mail", []app.User{admin, good, off, with(good, func(u *app.User) { u.Login = "ann2" })}, []string{"1 duplicates"}},
		{"nobody's", []app.User{good, off, {Login: "eve", Mail: "eve@contoso.com"}}, []string{"1 accounts of nobody"}},
		{"two wrong values", []app.User{with(good, func(u *app.User) { u.Position, u.Mail = "Auditor", "" }), off},
			[]string{`2 wrong values, the first: mail of Ann@contoso.com is "", not "ann@contoso.com"`}},
		{"still enabled", []app.User{good, with(off, func(u *app.User) { u.Status = "ENABLED" })},
			[]string{`1 wrong values, the first: status of bob@contoso.com is "ENABLED", not "DISABLED"`}},
		{"the administrator", []app.User{with(admin, func(u *app.User) { u.Status = "DISABLED" }), good, off},
			[]string{`1 wrong values, the first: the administrator is "admin" and DISABLED`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, compare([]entra.User{ann, bob}, test.accounts).complaints()); diff != "" {
				t.Errorf("complaints (-want +got):\n%s", diff)
			}
		})
	}
}
