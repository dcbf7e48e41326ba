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

// WholeMapping gives all rows that the portal begins with, save ManagerRow.
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

// ManagerRow gives the portal's row for managers, to append to a Mapping.
func ManagerRow() Attribute {
	return Attribute{Source: "manager", Target: enterpriseURN + ":manager"}
}

// GroupMapping gives the portal's default rows for groups.
func GroupMapping() Mapping {
	return Mapping{
		{Source: "displayName", Target: "displayName", Matching: 1},
		{Source: "objectId", Target: "externalId"},
		{Source: "members", Target: "members"},
	}
}

// table is a Mapping that has been understood.
type table struct {
	rows      []row
	matching  []row  // those that objects are matched by, in their precedence
	reference string // the target of managers or members; "": they are not sent
}

type row struct {
	Attribute
	path path
}

// compile reads the table; its error names the row that is wrong. The object is
// one of those that it is for, and reference the source that refers to others.
func (m Mapping) compile(o object, reference string) (t table, err error) {
	for _, a := range m {
		_, known := o.source(a.Source)
		if !known && a.Source != reference {
			return table{}, fmt.Errorf("mapping of %q: unknown source %q", a.Target, a.Source)
		}
		p, err := parsePath(a.Target)
		switch {
		case err != nil:
			return table{}, err
		case known:
			t.rows = append(t.rows, row{a, p})
		default:
			t.reference = a.Target
		}
	}
	t.matching = slices.DeleteFunc(slices.Clone(t.rows), func(r row) bool { return r.Matching == 0 })
	if len(t.matching) == 0 {
		return table{}, errors.New("the mapping has no matching attribute")
	}
	slices.SortStableFunc(t.matching, func(a, b row) int { return cmp.Compare(a.Matching, b.Matching) })
	return t, nil
}

// value gives what the row sends for an object: a string, a boolean for active,
// or nil for a null, which is not sent at all.
func (r row) value(o object) any {
	text, _ := o.source(r.Source)
	switch {
	case text == "":
		return nil
	case r.Target == "active":
		return text == "True"
	}
	return text
}
