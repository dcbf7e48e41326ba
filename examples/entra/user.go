package entra

import "strings"

// User is a user of the Entra directory: the source of provisioning.
type User struct {
	ObjectID          string // names the user in the directory, for ever
	UserPrincipalName string
	Mail              string
	GivenName         string
	Surname           string
	DisplayName       string
	JobTitle          string
	Department        string
	MailNickname      string
	CompanyName       string
	EmployeeID        string
	Mobile            string
	TelephoneNumber   string
	FaxNumber         string
	Language          string
	Street            string
	City              string
	State             string
	PostalCode        string
	Country           string
	Manager           string // the ObjectID of another user; "": none
	// SoftDeleted stands for everything that makes the service disable a user:
	// deleted less than thirty days ago, blocked, or no longer assigned.
	SoftDeleted bool
}

// properties are the sources that hold one property of a user each, by the names
// of Entra's portal.
var properties = map[string]func(User) string{
	"objectId":                 func(u User) string { return u.ObjectID },
	"userPrincipalName":        func(u User) string { return u.UserPrincipalName },
	"mail":                     func(u User) string { return u.Mail },
	"givenName":                func(u User) string { return u.GivenName },
	"surname":                  func(u User) string { return u.Surname },
	"displayName":              func(u User) string { return u.DisplayName },
	"jobTitle":                 func(u User) string { return u.JobTitle },
	"department":               func(u User) string { return u.Department },
	"mailNickname":             func(u User) string { return u.MailNickname },
	"companyName":              func(u User) string { return u.CompanyName },
	"employeeId":               func(u User) string { return u.EmployeeID },
	"mobile":                   func(u User) string { return u.Mobile },
	"telephoneNumber":          func(u User) string { return u.TelephoneNumber },
	"facsimileTelephoneNumber": func(u User) string { return u.FaxNumber },
	"preferredLanguage":        func(u User) string { return u.Language },
	"streetAddress":            func(u User) string { return u.Street },
	"city":                     func(u User) string { return u.City },
	"state":                    func(u User) string { return u.State },
	"postalCode":               func(u User) string { return u.PostalCode },
	"country":                  func(u User) string { return u.Country },
}

func (u User) objectID() string  { return u.ObjectID }
func (u User) softDeleted() bool { return u.SoftDeleted }

func (u User) references() []string {
	if u.Manager == "" {
		return nil
	}
	return []string{u.Manager}
}

// source gives the value of a mapping's source; "" is a null, which the service
// does not send.
func (u User) source(name string) (value string, known bool) {
	switch name {
	case NotSoftDeleted:
		if u.SoftDeleted {
			return "False", true
		}
		return "True", true
	case FullName:
		return strings.TrimSpace(u.GivenName + " " + u.Surname), true
	}
	if get := properties[name]; get != nil {
		return get(u), true
	}
	return "", false
}
