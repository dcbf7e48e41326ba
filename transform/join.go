package transform

import (
	"fmt"

	"scimshim/transform/scim"
)

// reading is a resource on its way in, where several calls of read show it: the
// first is the resource, and the answer of each further one is joined to it.
type reading struct {
	id     string
	why    string
	next   int // the further call to be made
	native scim.Value
	saved  map[string]scim.Value
}

// readsOn takes the answer of a call of read, and gives the next call where the
// resource is joined from several. At the end the outcome is that of the whole.
// The first call alone says whether the resource is there.
func (p *Plan) readsOn(got *Outcome) Move {
	r := p.reading
	if r == nil {
		return nil
	}
	switch joins := p.kind.Joins; {
	case r.next == 0 && got.Kind == Found:
		r.native = got.Native
		if same := p.same(r.id, *got); same.Kind != Found {
			*got, p.reading = same, nil
			return nil
		}
	case r.next > 0 && got.Kind == Found:
		r.native = joins[r.next-1].Into.Set(r.native, got.Native)
	case r.next == 0 || got.Kind != Absent: // the vendor has nothing to join
		p.reading = nil
		return nil
	}
	r.save(got.Saved)
	for r.next < len(p.kind.Joins) && p.reply == nil {
		call := p.kind.Joins[r.next]
		env := &Env{Native: r.native, Names: map[string]scim.Value{"id": p.kind.ID.value(r.id), "saved": objectOf(r.saved)}}
		r.next++
		if call.When != nil {
			if holds, _ := call.When.Holds(env); !holds {
				continue
			}
		}
		return p.send(call, fmt.Sprintf("%s, call %d", r.why, r.next+1), env, scim.Value{})
	}
	got.Kind, got.Native, got.Saved, p.reading = Found, r.native, r.saved, nil
	return nil
}

func (r *reading) save(saved map[string]scim.Value) {
	for name, v := range saved {
		if r.saved == nil {
			r.saved = map[string]scim.Value{}
		}
		r.saved[name] = v
	}
}

// joins reports whether the answer of the call is a part of a resource, which
// another call shows.
func (c *Call) joins() bool { return !c.Into.IsZero() }

// Joins reports whether the call reads a part of a resource that another call has shown.
func (s Send) Joins() bool { return s.Call.joins() }
