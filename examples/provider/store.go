package provider

import (
	"slices"
	"strconv"
	"time"
)

// store holds the users, ordered by id. The provider's lock guards it.
type store struct {
	last    int // the highest id ever given; ids are not used twice
	writes  int
	records []*record
}

// record is one user.
type record struct {
	id                string
	created, modified time.Time
	attributes        map[string]any
}

// resource gives a copy of the attributes, with the id.
func (u *record) resource() map[string]any {
	out := clone(u.attributes)
	out["id"] = u.id
	return out
}

func (s *store) insert(attributes map[string]any) *record {
	s.last++
	u := &record{id: strconv.Itoa(s.last)}
	s.replace(u, attributes)
	u.created = u.modified
	s.records = append(s.records, u)
	return u
}

// replace gives a user new attributes. The clock of a store is a second later
// at each write, so that answers come out the same every time.
func (s *store) replace(u *record, attributes map[string]any) {
	s.writes++
	u.attributes, u.modified = attributes, time.Date(2026, 1, 1, 0, 0, s.writes, 0, time.UTC)
}

func (s *store) delete(u *record) {
	s.records = slices.DeleteFunc(s.records, func(other *record) bool { return other == u })
}

func (s *store) find(id string) (*record, *refusal) {
	for _, u := range s.records {
		if u.id == id {
			return u, nil
		}
	}
	return nil, noSuchUser(id)
}

// taken refuses attributes for the user of this id that another user has.
func (s *store) taken(id string, attributes map[string]any, unique []string) *refusal {
	for _, written := range unique {
		p := mustPath(written)
		for _, other := range s.records {
			if other.id != id && p.shared(attributes, other.attributes) {
				return &refusal{409, "uniqueness", strconv.Quote(written) + " is taken"}
			}
		}
	}
	return nil
}
