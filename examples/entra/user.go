package entra

import (
	"fmt"
	"math/rand/v2"
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
	// SoftDeleted stands for everything that makes the service disable a user:
	// deleted less than thirty days ago, blocked, or no longer assigned.
	SoftDeleted bool
}

// source gives the value of a mapping's source; "" is a null, which the service
// does not send.
func (u User) source(name string) (value string, known bool) {
	switch name {
	case "objectId":
		return u.ObjectID, true
	case "userPrincipalName":
		return u.UserPrincipalName, true
	case "mail":
		return u.Mail, true
	case "givenName":
		return u.GivenName, true
	case "surname":
		return u.Surname, true
	case "displayName":
		return u.DisplayName, true
	case "jobTitle":
		return u.JobTitle, true
	case "department":
		return u.Department, true
	case "mailNickname":
		return u.MailNickname, true
	case NotSoftDeleted:
		if u.SoftDeleted {
			return "False", true
		}
		return "True", true
	case FullName:
		return strings.TrimSpace(u.GivenName + " " + u.Surname), true
	}
	return "", false
}

// Sample gives n made-up users, the same for the same seed. Their mail differs
// from their user name in case, and some have no title, as in real directories.
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
