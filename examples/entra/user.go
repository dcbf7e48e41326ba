package entra

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

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

// Sample gives n made-up users, the same for the same seed. Their mail differs
// from their user name in case, and some have no title or no mobile phone, as in
// real directories.
func Sample(n int, seed uint64) []User {
	random := rand.New(rand.NewPCG(seed, 0))
	pick := func(names ...string) string { return names[random.IntN(len(names))] }
	users := make([]User, n)
	for i := range users {
		given := pick("Ada", "Björn", "Chloé", "Deniz", "Edith", "Farid", "Grace", "Hana")
		family := pick("Lovelace", "Ångström", "O'Brien", "Yılmaz", "Clarke", "Haddad", "Hopper", "Sato")
		nick := fmt.Sprintf("user%05d", i+1)
		users[i] = User{
			ObjectID:          guid(random),
			UserPrincipalName: nick + "@contoso.com",
			Mail:              "User" + nick[len("user"):] + "@Contoso.com",
			GivenName:         given,
			Surname:           family,
			DisplayName:       given + " " + family,
			JobTitle:          pick("Engineer", "Head of Sales", "Auditor", ""),
			Department:        pick("Research", "Sales", "Legal"),
			MailNickname:      nick,
			CompanyName:       "Contoso",
			EmployeeID:        strconv.Itoa(1000 + i),
			TelephoneNumber:   fmt.Sprintf("+44 1632 960%03d", i%1000),
			Language:          "en-GB",
			Street:            fmt.Sprintf("%d High Street", i+1),
			City:              "Reading",
			PostalCode:        "RG1 2AB",
			Country:           "GB",
		}
		if i%3 > 0 {
			users[i].Mobile = fmt.Sprintf("+44 7700 900%03d", i%1000)
		}
	}
	return users
}

// guid gives a random GUID of version 4.
func guid(random *rand.Rand) string {
	high, low := random.Uint64(), random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}
