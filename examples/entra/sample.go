package entra

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

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

// SampleManagers makes an organization of users: the first is at the head of it,
// every other has one of them as manager, and nobody manages more than five.
func SampleManagers(users []User) {
	for i := range users {
		if i > 0 {
			users[i].Manager = users[(i-1)/5].ObjectID
		}
	}
}

// SampleGroups gives seven groups of users, the same for the same seed. The
// first is a large one with every fourth user; the others share a quarter of all.
func SampleGroups(users []User, seed uint64) []Group {
	random := rand.New(rand.NewPCG(seed, 2))
	names := []string{"All Hands", "Auditors", "Expense Approvers", "First Aiders", "On Call", "R&D", "Works Council"}
	groups := make([]Group, len(names))
	for k, name := range names {
		groups[k] = Group{ObjectID: guid(random), DisplayName: name, MailNickname: fmt.Sprintf("group%05d", k+1)}
		for i, u := range users {
			if k == 0 && i%4 == 0 || k > 0 && i%24 == k {
				groups[k].Members = append(groups[k].Members, u.ObjectID)
			}
		}
	}
	return groups
}

// guid gives a random GUID of version 4.
func guid(random *rand.Rand) string {
	high, low := random.Uint64(), random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}
