package scim

import "slices"

// Draft is an object in the making, which only its maker has. It is changed in
// place, where With would copy the object for each member.
type Draft struct{ members []Member }

// DraftOf begins with the members of a value, and has room for so many more.
func DraftOf(v Value, room int) Draft {
	members := v.Members()
	return Draft{append(make([]Member, 0, len(members)+room), members...)}
}

// Member is the value under exactly this name.
func (d *Draft) Member(name string) Value { return object(d.members).Member(name) }

// Set replaces the member in its place, or adds it at the end. An Absent one is
// removed.
func (d *Draft) Set(name string, v Value) {
	if v.IsAbsent() {
		d.members = slices.DeleteFunc(d.members, func(m Member) bool { return m.Name == name })
		return
	}
	d.members = put(d.members, name, v)
}

// Value is the object. The draft must not be used after it.
func (d *Draft) Value() Value { return object(d.members) }
