package scim

import "slices"

// Draft is an object in the making, which only its maker has. It is changed in
// place, where With would copy the object for each member.
type Draft struct {
	members []Member
	places  map[string]int // of many members; nil: not made yet
}

// DraftOf begins with the members of a value, and has room for so many more.
func DraftOf(v Value, room int) Draft {
	members := v.Members()
	return Draft{members: append(make([]Member, 0, len(members)+room), members...)}
}

// Member is the value under exactly this name.
func (d *Draft) Member(name string) Value {
	if at := d.place(name); at >= 0 {
		return d.members[at].Value
	}
	return Value{}
}

// Set replaces the member in its place, or adds it at the end. An Absent one is
// removed.
func (d *Draft) Set(name string, v Value) {
	at := d.place(name)
	switch {
	case v.IsAbsent() && at >= 0:
		d.members, d.places = slices.DeleteFunc(d.members, func(m Member) bool { return m.Name == name }), nil
	case v.IsAbsent():
	case at >= 0:
		d.members[at].Value = v
	default:
		if d.places != nil {
			d.places[name] = len(d.members)
		}
		d.members = append(d.members, Member{name, v})
	}
}

// place is where a member stands, or -1.
func (d *Draft) place(name string) int {
	if len(d.members) < manyMembers {
		return slices.IndexFunc(d.members, func(m Member) bool { return m.Name == name })
	}
	if d.places == nil {
		d.places = placesOf(d.members)
	}
	if at, ok := d.places[name]; ok {
		return at
	}
	return -1
}

// placesOf gives the first place of each name.
func placesOf(members []Member) map[string]int {
	places := make(map[string]int, len(members))
	for i, m := range slices.Backward(members) {
		places[m.Name] = i
	}
	return places
}

// Value is the object. The draft must not be used after it.
func (d *Draft) Value() Value { return object(d.members) }
