package app

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// store holds the users, ordered by id, and their teams. Logins and mails are unique over all of
// them, whatever their status and whatever the case they are written in.
type store struct {
	mu      sync.Mutex
	last    int64 // the highest id ever given; ids are not used twice
	users   []User
	byLogin map[string]int64 // by the lower-cased login
	byMail  map[string]int64
	teams   teams
}

func newStore() *store {
	s := &store{byLogin: map[string]int64{}, byMail: map[string]int64{}}
	s.insert(User{Login: "admin", Mail: "admin@legacy.example", FullName: "Administrator", Status: "ENABLED", Role: "ADMIN"})
	return s
}

func (s *store) all() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.users)
}

func (s *store) get(id int64) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.find(id)
	if !found {
		return User{}, false
	}
	return s.users[at], true
}

// page gives one page of all users, counted from 1, and how many there are.
func (s *store) page(number, size int) ([]User, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cut(s.users, number, size), len(s.users)
}

// cut copies one page, counted from 1.
func cut[T any](all []T, number, size int) []T {
	if number > len(all)/size+1 {
		return nil
	}
	from := min((number-1)*size, len(all))
	return slices.Clone(all[from:min(from+size, len(all))])
}

// named gives the user with this whole login, in whatever case: like the rule
// of uniqueness, as most databases compare.
func (s *store) named(login string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.find(s.byLogin[strings.ToLower(login)])
	if !found {
		return User{}, false
	}
	return s.users[at], true
}

// create adds a user; complaint is "" when it did.
func (s *store) create(c change) (u User, complaint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Role = "USER"
	u.apply(c)
	u.fillIn()
	if complaint := s.complaint(&u); complaint != "" {
		return User{}, complaint
	}
	return s.insert(u), ""
}

// update changes the fields that are given and no other; complaint is "" when
// it did, and then found tells whether there is such a user.
func (s *store) update(id int64, c change) (u User, found bool, complaint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.find(id)
	if !found {
		return User{}, false, ""
	}
	u = s.users[at]
	u.apply(c)
	if complaint := s.complaint(&u); complaint != "" {
		return User{}, true, complaint
	}
	s.forget(s.users[at])
	s.users[at] = u
	s.remember(u)
	return u, true, ""
}

// delete removes a user, also from his teams and as anybody's manager.
func (s *store) delete(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.find(id)
	if !found {
		return false
	}
	s.forget(s.users[at])
	s.users = slices.Delete(s.users, at, at+1)
	for i, u := range s.users {
		if u.ManagerID != nil && *u.ManagerID == id {
			s.users[i].ManagerID = nil
		}
	}
	s.teams.leave(id)
	return true
}

func (s *store) find(id int64) (at int, found bool) {
	return slices.BinarySearchFunc(s.users, id, func(u User, id int64) int { return cmp.Compare(u.ID, id) })
}

// complaint tells why the user cannot be stored, "" if it can.
func (s *store) complaint(u *User) string {
	if complaint := u.complaint(); complaint != "" {
		return complaint
	}
	if id, taken := s.byLogin[strings.ToLower(u.Login)]; taken && id != u.ID {
		return "login already taken"
	}
	if id, taken := s.byMail[u.Mail]; taken && id != u.ID {
		return "mail already taken"
	}
	return s.managerComplaint(u)
}

func (s *store) managerComplaint(u *User) string {
	if u.ManagerID == nil {
		return ""
	}
	if _, found := s.find(*u.ManagerID); !found || *u.ManagerID == u.ID {
		return "manager_id: no such user"
	}
	return ""
}

func (s *store) insert(u User) User {
	s.last++
	u.ID = s.last
	u.CreatedAt = time.Now().UTC().Truncate(time.Second)
	s.users = append(s.users, u)
	s.remember(u)
	return u
}

func (s *store) remember(u User) {
	s.byLogin[strings.ToLower(u.Login)] = u.ID
	s.byMail[u.Mail] = u.ID
}

func (s *store) forget(u User) {
	delete(s.byLogin, strings.ToLower(u.Login))
	delete(s.byMail, u.Mail)
}
