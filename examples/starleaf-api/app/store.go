package app

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/examples/api"
)

// User is somebody with an account. Only user_id and email are names that
// StarLeaf's pages show; the others are guesses.
type User struct {
	ID        string `json:"user_id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Mobile    string `json:"mobile"`
	Phone     string `json:"phone"`
	Language  string `json:"language"`
	Disabled  bool   `json:"disabled"`
	IsAdmin   bool   `json:"is_admin"`
}

// store holds the users. An address belongs to one of them, in whatever case.
type store struct {
	byID  map[string]*User
	order []string
	last  int // ids are not used twice
}

func newStore() store {
	s := store{byID: map[string]*User{}, last: 5000}
	s.add(&User{Email: "admin@starleaf.example", FirstName: "Administrator", IsAdmin: true})
	return s
}

func (s *store) add(u *User) {
	s.last++
	u.ID = fmt.Sprint(s.last)
	s.byID[u.ID] = u
	s.order = append(s.order, u.ID)
}

func (s *store) all() []*User {
	out := make([]*User, 0, len(s.order))
	for _, id := range s.order {
		out = append(out, s.byID[id])
	}
	return out
}

// holder gives the user with an address, nil for none.
func (s *store) holder(email string) *User {
	for _, u := range s.byID {
		if strings.EqualFold(u.Email, email) {
			return u
		}
	}
	return nil
}

func (s *store) remove(id string) bool {
	if s.byID[id] == nil {
		return false
	}
	delete(s.byID, id)
	s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == id })
	return true
}

// accounts gives everybody's fields as the API shows them, by id.
func (s *store) accounts() map[string]any {
	out := map[string]any{}
	for id, u := range s.byID {
		out[id] = api.Fields(u, "user_id")
	}
	return out
}
