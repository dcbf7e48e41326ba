package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/legacy/app"
)

// demoTruth gives a directory with two users, one the manager of the other, and
// two groups, with what the application has then.
func demoTruth() (*demoDirectory, []app.User, []app.Team) {
	boss := int64(2)
	return &demoDirectory{
			users: []entra.User{
				{ObjectID: "1", UserPrincipalName: "Ann@contoso.com", GivenName: "Ann", Surname: "Lee",
					DisplayName: "Ann Lee", JobTitle: "Auditor", Department: "Legal"},
				{ObjectID: "2", UserPrincipalName: "bob@contoso.com", DisplayName: "Bob", SoftDeleted: true, Manager: "1"},
			},
			groups: []entra.Group{{ObjectID: "3", DisplayName: "Sales", Members: []string{"2", "1"}}, {ObjectID: "4", DisplayName: "Legal"}},
		}, []app.User{
			{ID: 1, Login: "admin", Status: "ENABLED", Role: "ADMIN"},
			{ID: 2, Login: "Ann@contoso.com", Mail: "ann@contoso.com", FirstName: "Ann", LastName: "Lee",
				FullName: "Ann Lee", Position: "AUDITOR", Department: "Legal", Status: "ENABLED", Role: "USER"},
			{ID: 3, Login: "bob@contoso.com", Mail: "bob@contoso.com", FullName: "Bob", Status: "DISABLED", Role: "USER", ManagerID: &boss},
		}, []app.Team{{ID: 1, Name: "Sales", Members: []int64{2, 3}}, {ID: 2, Name: "Legal"}}
}

func TestCompare(t *testing.T) {
	administrator, eve := int64(1), app.User{ID: 4, Login: "eve", Mail: "eve@contoso.com"}
	for _, test := range []struct {
		name   string
		change func([]app.User, []app.Team) ([]app.User, []app.Team)
		want   []string
	}{
		{"alike", func(u []app.User, t []app.Team) ([]app.User, []app.Team) { return u, t }, nil},
		{"lost", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			t[0].Members = []int64{2}
			return u[:2], t
		}, []string{"1 lost users", `1 lost memberships, the first: bob@contoso.com in "Sales"`}},
		{"twice by mail", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			again := u[1]
			again.ID, again.Login = 4, "ann2"
			return append(u, again), t
		}, []string{"1 duplicates"}},
		{"nobody's", func(u []app.User, t []app.Team) ([]app.User, []app.Team) { return append(u[1:], eve), t },
			[]string{"1 accounts of nobody"}},
		{"two wrong values", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			u[1].Position, u[1].Mail = "Auditor", ""
			return u, t
		}, []string{`2 wrong values, the first: mail of Ann@contoso.com is "", not "ann@contoso.com"`}},
		{"still enabled", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			u[2].Status = "ENABLED"
			return u, t
		}, []string{`1 wrong values, the first: status of bob@contoso.com is "ENABLED", not "DISABLED"`}},
		{"the administrator", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			u[0].Status = "DISABLED"
			return u, t
		}, []string{`1 wrong values, the first: the administrator is "admin" and DISABLED`}},
		{"no manager", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			u[2].ManagerID = nil
			return u, t
		}, []string{"1 wrong managers, the first: the manager of bob@contoso.com is nobody, not Ann@contoso.com"}},
		{"a manager who should not be, and another", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			u[1].ManagerID, u[2].ManagerID = &u[2].ID, &administrator
			return u, t
		}, []string{"2 wrong managers, the first: the manager of Ann@contoso.com is bob@contoso.com, not nobody"}},
		{"a manager who is no user", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			u[2].ManagerID = &administrator
			return u, t
		}, []string{"1 wrong managers, the first: the manager of bob@contoso.com is account 1, not Ann@contoso.com"}},
		{"no team", func(u []app.User, t []app.Team) ([]app.User, []app.Team) { return u, t[1:] },
			[]string{"1 lost groups", `2 lost memberships, the first: bob@contoso.com in "Sales"`}},
		{"a team under its old name", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			t[1].Name, t[1].Members = "sales", []int64{1, 3}
			return u, t
		}, []string{"1 lost groups", "1 teams that are no group", `2 memberships of nobody, the first: account 1 in "sales"`}},
		{"one member for another", func(u []app.User, t []app.Team) ([]app.User, []app.Team) {
			t[0].Members[0] = 4
			return append(u, eve), t
		}, []string{"1 accounts of nobody", `1 lost memberships, the first: Ann@contoso.com in "Sales"`,
			`1 memberships of nobody, the first: account 4 in "Sales"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			directory, accounts, teams := demoTruth()
			accounts, teams = test.change(accounts, teams)
			if diff := cmp.Diff(test.want, compare(directory, accounts, teams).complaints()); diff != "" {
				t.Errorf("complaints (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMiscounted holds that each thing that is there twice, not at all or for
// nobody tells, and that nothing else does.
func TestMiscounted(t *testing.T) {
	whole := truth{wrong: []string{"x"}, managers: []string{"x"}, lostMembers: []string{"x"}, strayMembers: []string{"x"}}
	var got []bool
	for _, one := range []truth{whole, {duplicates: 1}, {lost: 1}, {strangers: 1}, {lostGroups: 1}, {strangeTeams: 1}} {
		got = append(got, one.miscounted())
	}
	if want := []bool{false, true, true, true, true, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
