package provider

import (
	"slices"
	"strconv"
	"time"
)

// store holds the users and the groups, ordered by id. The provider's lock guards
// it.
type store struct {
	last    int // the highest id ever given; ids are not used twice, not by a user and a group either
	writes  int
	records []*record
}

// record is one user or group.
type record struct {
	of                *resourceType
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

func (s *store) all(of *resourceType) (out []*record) {
	for _, u := range s.records {
		if u.of == of {
			out = append(out, u)
		}
	}
	return out
}

func (s *store) insert(of *resourceType, attributes map[string]any) *record {
	s.last++
	u := &record{of: of, id: strconv.Itoa(s.last)}
	s.replace(u, attributes)
	u.created = u.modified
	s.records = append(s.records, u)
	return u
}

// replace gives a resource new attributes. The clock of a store is a second later
// at each write, so that answers come out the same every time.
func (s *store) replace(u *record, attributes map[string]any) {
	s.writes++
	u.attributes, u.modified = attributes, time.Date(2026, 1, 1, 0, 0, s.writes, 0, time.UTC)
}

// delete removes a resource, also from where others name it: groups are named
// nowhere, and an id is nobody else's.
func (s *store) delete(gone *record) {
	s.records = slices.DeleteFunc(s.records, func(u *record) bool { return u == gone })
	for _, u := range s.records {
		p := u.of.mustPath(u.of.refers)
		if slices.Contains(p.values(u.attributes), any(gone.id)) {
			s.replace(u, without(u.attributes, p, gone.id))
		}
	}
}

// without gives attributes that lack what names a user: p leads to his id, and
// what is before the id, a manager or one of the members, goes with it.
func without(attributes map[string]any, p path, id string) map[string]any {
	whole, value := slices.Clone(p[:len(p)-1]), p[len(p)-1:]
	if last := &whole[len(whole)-1]; last.shape.kind == isList {
		last.where = filter{{path: value, value: id}}
	}
	out := clone(attributes)
	set(out, "remove", whole, nil)
	prune(out)
	return out
}

func (s *store) find(of *resourceType, id string) (*record, *refusal) {
	for _, u := range s.records {
		if u.of == of && u.id == id {
			return u, nil
		}
	}
	return nil, &refusal{404, "", "no " + of.noun + " has the id " + strconv.Quote(id)}
}

// taken refuses attributes for the resource of this id that another one has.
func (s *store) taken(of *resourceType, id string, attributes map[string]any, unique []string) *refusal {
	for _, written := range unique {
		p := of.mustPath(written)
		for _, other := range s.all(of) {
			if other.id != id && p.shared(attributes, other.attributes) {
				return &refusal{409, "uniqueness", strconv.Quote(written) + " is taken"}
			}
		}
	}
	return nil
}

// dangling refuses attributes that name a user who is not there.
func (s *store) dangling(of *resourceType, attributes map[string]any) *refusal {
	for _, id := range of.mustPath(of.refers).values(attributes) {
		if _, refused := s.find(users, id.(string)); refused != nil {
			return badRequest("invalidValue", "%q must be the id of a user, not %q", of.refers, id)
		}
	}
	return nil
}
