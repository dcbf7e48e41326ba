package scim

// Layout lays the values of a list of paths out in a resource. It is made once,
// when a vendor file is loaded, and makes a resource in two allocations, where
// setting path after path would copy what is there already each time.
type Layout struct {
	rows           []layoutRow
	members, items int // the most that a resource has of them
}

// layoutRow is one member of a resource and the paths that lead into it, which
// those of no other row do.
type layoutRow struct {
	name  string
	shape shape
	paths []Path
	at    []int // where their values are in the list
	fresh Value // of an element: what its filter says
}

// shape is how a row is made.
type shape uint8

const (
	shapeWhole   shape = iota // the value itself
	shapeMembers              // an object of simple members
	shapeElement              // a list of one element, which has one value
	shapeAny                  // by setting path after path
)

// NewLayout makes the layout of these paths.
func NewLayout(paths []Path) *Layout {
	l := &Layout{}
	for i, p := range paths {
		row := l.row(p)
		row.paths, row.at = append(row.paths, p), append(row.at, i)
	}
	for i := range l.rows {
		row := &l.rows[i]
		row.shape = row.shapeOf()
		l.members += 1 + len(row.paths) + len(row.fresh.Members())
		l.items++
	}
	return l
}

func (l *Layout) row(p Path) *layoutRow {
	name := p.Attribute.Name
	if p.URN != "" {
		name = p.URN
	}
	for i := range l.rows {
		if l.rows[i].name == name {
			return &l.rows[i]
		}
	}
	l.rows = append(l.rows, layoutRow{name: name})
	return &l.rows[len(l.rows)-1]
}

func (r *layoutRow) shapeOf() shape {
	first := r.paths[0]
	if r.fresh = (Value{}); len(r.paths) == 1 && first.URN == "" {
		switch fresh, ok := first.fresh(); {
		case first.Where == nil && first.Sub == nil:
			return shapeWhole
		case first.Where != nil && first.Sub != nil && ok:
			r.fresh = fresh
			return shapeElement
		}
	}
	for _, p := range r.paths {
		if p.Where != nil || (p.URN == "") == (p.Sub == nil) || p.URN == "" && p.Attribute.MultiValued {
			return shapeAny
		}
	}
	return shapeMembers
}

// Resource makes the resource with these values, one for each path in order. An
// empty one is not there.
func (l *Layout) Resource(values []Value) Value {
	s := slab{members: make([]Member, l.members), items: make([]Value, l.items)}
	out := s.cutMembers(len(l.rows))[:0]
	for i := range l.rows {
		if v := l.rows[i].value(values, &s); !v.IsEmpty() {
			out = append(out, Member{l.rows[i].name, v})
		}
	}
	return object(out)
}

// slab is the memory of one value, which is cut into its objects and lists.
type slab struct {
	members []Member
	items   []Value
}

func (s *slab) cutMembers(n int) []Member {
	cut := s.members[:n:n]
	s.members = s.members[n:]
	return cut
}

func (s *slab) cutItems(n int) []Value {
	cut := s.items[:n:n]
	s.items = s.items[n:]
	return cut
}

func (r *layoutRow) value(values []Value, s *slab) Value {
	switch r.shape {
	case shapeWhole:
		return values[r.at[0]]
	case shapeElement:
		if v := values[r.at[0]]; !v.IsEmpty() {
			return r.element(v, s)
		}
		return Value{}
	case shapeMembers:
		out := s.cutMembers(len(r.paths))[:0]
		for i, p := range r.paths {
			if v := values[r.at[i]]; !v.IsEmpty() {
				out = append(out, Member{p.Leaf().Name, v})
			}
		}
		return object(out)
	}
	out := Object()
	for i, p := range r.paths {
		if v := values[r.at[i]]; !v.IsEmpty() {
			out = p.Set(out, v)
		}
	}
	return out.Member(r.name)
}

// element is the list whose one element the filter of the path selects.
func (r *layoutRow) element(v Value, s *slab) Value {
	fresh := r.fresh.Members()
	members := s.cutMembers(len(fresh) + 1)[:len(fresh)]
	copy(members, fresh)
	item := s.cutItems(1)
	item[0] = object(put(members, r.paths[0].Sub.Name, v))
	return list(item)
}
