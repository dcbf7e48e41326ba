package app

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// teams holds the teams, ordered by id. Names are unique whatever the case they
// are written in. The lock of the store that it is part of guards it.
type teams struct {
	last int64 // the highest id ever given; ids are not used twice
	list []Team
}

func (s *store) allTeams() []Team {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copied(s.teams.list)
}

func (s *store) getTeam(id int64) (Team, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.teams.get(id)
}

// teamPage gives one page of all teams, counted from 1, and how many there are.
func (s *store) teamPage(number, size int) ([]Team, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copied(cut(s.teams.list, number, size)), len(s.teams.list)
}

// teamNamed gives the team with this whole name, in whatever case.
func (s *store) teamNamed(name string) (Team, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.teams.named(name)
	if at < 0 {
		return Team{}, false
	}
	return s.teams.get(s.teams.list[at].ID)
}

// createTeam adds a team; complaint is "" when it did.
func (s *store) createTeam(c change) (t Team, complaint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.apply(t.field)
	if complaint := s.teams.complaint(&t); complaint != "" {
		return Team{}, complaint
	}
	s.teams.last++
	t.ID, t.CreatedAt = s.teams.last, time.Now().UTC().Truncate(time.Second)
	s.teams.list = append(s.teams.list, t)
	return t, ""
}

// updateTeam is to teams what update is to users.
func (s *store) updateTeam(id int64, c change) (t Team, found bool, complaint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.teams.find(id)
	if !found {
		return Team{}, false, ""
	}
	t = s.teams.list[at]
	c.apply(t.field)
	if complaint := s.teams.complaint(&t); complaint != "" {
		return Team{}, true, complaint
	}
	s.teams.list[at] = t
	return copied([]Team{t})[0], true, ""
}

func (s *store) deleteTeam(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.teams.find(id)
	if !found {
		return false
	}
	s.teams.list = slices.Delete(s.teams.list, at, at+1)
	return true
}

// memberPage gives one page of a team's members, counted from 1, and how many
// they are; found tells whether there is such a team.
func (s *store) memberPage(id int64, number, size int) (members []Member, total int, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.teams.find(id)
	if !found {
		return nil, 0, false
	}
	all := s.teams.list[at].Members
	for _, userID := range cut(all, number, size) {
		members = append(members, s.asMember(userID))
	}
	return members, len(all), true
}

// member gives a team's member; in tells whether the user is one.
func (s *store) member(id, userID int64) (m Member, found, in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.teams.find(id)
	if !found {
		return Member{}, false, false
	}
	if _, in = slices.BinarySearch(s.teams.list[at].Members, userID); !in {
		return Member{}, true, false
	}
	return s.asMember(userID), true, true
}

// addMember puts a user into a team, if he is not in it; known tells whether
// there is such a user.
func (s *store) addMember(id, userID int64) (found, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.teams.find(id)
	_, known = s.find(userID)
	if !found || !known {
		return found, known
	}
	t := &s.teams.list[at]
	if place, in := slices.BinarySearch(t.Members, userID); !in {
		t.Members = slices.Insert(t.Members, place, userID)
	}
	return true, true
}

// removeMember takes a user out of a team; in tells whether he was in it.
func (s *store) removeMember(id, userID int64) (found, in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.teams.find(id)
	if !found {
		return false, false
	}
	return true, s.teams.list[at].drop(userID)
}

// asMember shows a user who is known to be there: nobody leaves but by delete,
// which takes him out of his teams.
func (s *store) asMember(userID int64) Member {
	at, found := s.find(userID)
	if !found {
		panic("BUG: a member of a team is no user")
	}
	return Member{userID, s.users[at].Login}
}

// leave takes a user out of every team.
func (t *teams) leave(userID int64) {
	for i := range t.list {
		t.list[i].drop(userID)
	}
}

func (t *teams) find(id int64) (at int, found bool) {
	return slices.BinarySearchFunc(t.list, id, func(t Team, id int64) int { return cmp.Compare(t.ID, id) })
}

// named gives the place of the team with this whole name, -1 for none.
func (t *teams) named(name string) int {
	return slices.IndexFunc(t.list, func(t Team) bool { return strings.EqualFold(t.Name, name) })
}

func (t *teams) get(id int64) (Team, bool) {
	at, found := t.find(id)
	if !found {
		return Team{}, false
	}
	return copied(t.list[at : at+1])[0], true
}

// complaint tells why the team cannot be stored, "" if it can.
func (t *teams) complaint(team *Team) string {
	if complaint := team.complaint(); complaint != "" {
		return complaint
	}
	if at := t.named(team.Name); at >= 0 && t.list[at].ID != team.ID {
		return "name already taken"
	}
	return ""
}

// drop takes a user out of the team and tells whether he was in it.
func (t *Team) drop(userID int64) bool {
	place, in := slices.BinarySearch(t.Members, userID)
	if in {
		t.Members = slices.Delete(t.Members, place, place+1)
	}
	return in
}

// copied gives teams that share nothing with the store.
func copied(teams []Team) []Team {
	out := slices.Clone(teams)
	for i := range out {
		out[i].Members = slices.Clone(out[i].Members)
	}
	return out
}
