package scim

import "strings"

// Clone gives the value in memory of its own. A value that was read from a body
// keeps all of the body alive.
func (v Value) Clone() Value {
	var c cloner
	c.measure(v)
	c.room()
	return c.value(v)
}

// Own is the object with its values in memory of their own, and Absent where it
// has no member. The names stay the maker's. The draft must not be used after it.
func (d *Draft) Own() Value {
	if len(d.members) == 0 {
		return Value{}
	}
	c := cloner{members: len(d.members)}
	for _, m := range d.members {
		c.measure(m.Value)
	}
	c.room()
	out := c.slab.cutMembers(len(d.members))
	for i, m := range d.members {
		out[i] = Member{m.Name, c.value(m.Value)}
	}
	return object(out)
}

// cloner puts what a value holds into one piece of memory of each sort: records
// are many, and twelve texts one by one take twice the time of their bytes.
type cloner struct {
	bytes, members, items int // that are needed

	text strings.Builder
	slab slab
}

func (c *cloner) measure(v Value) {
	c.bytes += len(v.literal())
	c.items += len(v.Items())
	c.members += len(v.Members())
	for _, item := range v.Items() {
		c.measure(item)
	}
	for _, m := range v.Members() {
		c.bytes += len(m.Name)
		c.measure(m.Value)
	}
}

func (c *cloner) room() {
	c.text.Grow(c.bytes)
	if c.members > 0 {
		c.slab.members = make([]Member, c.members)
	}
	if c.items > 0 {
		c.slab.items = make([]Value, c.items)
	}
}

func (c *cloner) value(v Value) Value {
	switch v.kind {
	case KindString, KindNumber:
		return textual(v.kind, c.string(v.literal()))
	case KindList:
		items := c.slab.cutItems(len(v.Items()))
		for i, item := range v.Items() {
			items[i] = c.value(item)
		}
		return list(items)
	case KindObject:
		members := c.slab.cutMembers(len(v.Members()))
		for i, m := range v.Members() {
			members[i] = Member{c.string(m.Name), c.value(m.Value)}
		}
		return object(members)
	}
	return v
}

// string needs the room that was made: a builder that grows would move.
func (c *cloner) string(s string) string {
	begin := c.text.Len()
	c.text.WriteString(s)
	return c.text.String()[begin:]
}
