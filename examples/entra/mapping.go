package entra

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// The two expressions that a mapping's source may be, next to the names of the
// source attributes. They are written as the portal shows them.
const (
	NotSoftDeleted = `Switch([IsSoftDeleted], , "False", "True", "True", "False")`
	FullName       = `Join(" ", [givenName], [surname])`
)

// Attribute is one row of the portal's attribute mapping.
type Attribute struct {
	Source   string // "jobTitle", or one of the expressions
	Target   string // as the portal writes it: `emails[type eq "work"].value`
	Matching int    // the matching precedence, from 1; 0: users are not matched by it
}

// Mapping is the whole table, in the order in which values are sent.
type Mapping []Attribute

// DefaultMapping gives those of the portal's default rows that most endpoints
// keep: README.md of the legacy example tells why the others should go.
func DefaultMapping() Mapping {
	return Mapping{
		{Source: "userPrincipalName", Target: "userName", Matching: 1},
		{Source: NotSoftDeleted, Target: "active"},
		{Source: "displayName", Target: "displayName"},
		{Source: "jobTitle", Target: "title"},
		{Source: "mail", Target: `emails[type eq "work"].value`},
		{Source: "givenName", Target: "name.givenName"},
		{Source: "surname", Target: "name.familyName"},
		{Source: "mailNickname", Target: "externalId"},
		{Source: "department", Target: enterpriseURN + ":department"},
	}
}

// WholeMapping gives all rows that the portal begins with, save the manager,
// which is not played.
func WholeMapping() Mapping {
	const address = `addresses[type eq "work"].`
	return append(DefaultMapping(),
		Attribute{Source: "preferredLanguage", Target: "preferredLanguage"},
		Attribute{Source: FullName, Target: "name.formatted"},
		Attribute{Source: "streetAddress", Target: address + "streetAddress"},
		Attribute{Source: "city", Target: address + "locality"},
		Attribute{Source: "state", Target: address + "region"},
		Attribute{Source: "postalCode", Target: address + "postalCode"},
		Attribute{Source: "country", Target: address + "country"},
		Attribute{Source: "telephoneNumber", Target: `phoneNumbers[type eq "work"].value`},
		Attribute{Source: "mobile", Target: `phoneNumbers[type eq "mobile"].value`},
		Attribute{Source: "facsimileTelephoneNumber", Target: `phoneNumbers[type eq "fax"].value`},
		Attribute{Source: "employeeId", Target: enterpriseURN + ":employeeNumber"},
	)
}

// row is an Attribute that has been understood.
type row struct {
	Attribute
	path path
}

// compile reads the table; its error names the row that is wrong.
func (m Mapping) compile() ([]row, error) {
	var rows []row
	for _, a := range m {
		if _, known := (User{}).source(a.Source); !known {
			return nil, fmt.Errorf("mapping of %q: unknown source %q", a.Target, a.Source)
		}
		p, err := parsePath(a.Target)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{a, p})
	}
	if len(matching(rows)) == 0 {
		return nil, errors.New("the mapping has no matching attribute")
	}
	return rows, nil
}

// matching gives the rows that users are matched by, in their precedence.
func matching(rows []row) []row {
	found := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.Matching == 0 })
	slices.SortStableFunc(found, func(a, b row) int { return cmp.Compare(a.Matching, b.Matching) })
	return found
}

// value gives what the row sends for a user: a string, a boolean for active, or
// nil for a null, which is not sent at all.
func (r row) value(u User) any {
	text, _ := u.source(r.Source)
	switch {
	case text == "":
		return nil
	case r.Target == "active":
		return text == "True"
	}
	return text
}
