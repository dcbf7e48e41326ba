package transform

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// enterDecide looks at who has the unique value.
func (p *Plan) enterDecide() {
	s, w := &p.search, &p.write
	if w.intent == nil && p.creates() {
		w.intent = p.open(s.intents)
	}
	if len(w.touched) == 0 && w.course == changing {
		w.course = nothing
	}
	if !s.on {
		p.resumeKnown()
		return
	}
	s.on = false
	others := slices.DeleteFunc(s.hits, func(h hit) bool {
		return h.record != nil && h.record.ID == p.request.ID || h.record == nil && h.id != "" && h.id == p.id
	})
	switch ours := len(others) == 1 && others[0].record == nil && !others[0].foreign; {
	case w.collision != nil:
		p.collided(others, ours && others[0].id != "")
	case w.doubt != nil && ours:
		w.doubt = nil
		p.adopt(others[0], max(1, w.intent.Step))
	case w.doubt != nil:
		p.fail(*w.doubt)
	case len(others) == 0:
		p.resumeKnown()
	case w.intent != nil && ours:
		p.adopt(others[0], max(1, w.intent.Step))
	case w.course == creating && p.kind.Adopt && len(others) == 1 && others[0].id != "" && !others[0].foreign:
		p.record = others[0].record
		p.adopt(others[0], len(p.kind.Create))
	default:
		want := s.wants[0]
		s.on = true
		p.refuse(&scim.Error{Status: 409, ScimType: scim.Uniqueness, Attribute: want.Path.Dotted(),
			Detail: fmt.Sprintf("another %s already has the %s %q", strings.ToLower(p.kind.Type.Name), want.Path.Dotted(), want.Value.Text())})
		p.outrank()
	}
}

// collided decides a create that the vendor refused because somebody has one of
// its values: with `adopt` that account is taken over, if it is one, and nobody's
// whom Entra knows already.
func (p *Plan) collided(others []hit, one bool) {
	w := &p.write
	switch {
	case one:
		w.collision = nil
		p.adopt(others[0], len(p.kind.Create))
	case len(others) > 0 || !p.seek():
		p.fail(*w.collision)
	}
}

// seek looks for whoever has the next of the unique values of a refused create;
// false when all have been tried. The first of them was looked for before the
// create and comes last.
func (p *Plan) seek() bool {
	w := &p.write
	for w.sought < len(p.kind.unique) {
		w.sought++
		path := p.kind.unique[w.sought%len(p.kind.unique)]
		v := path.Get(w.after)
		if v.IsAbsent() {
			v = path.Get(w.ruled)
		}
		if !v.IsAbsent() {
			p.search.nobody = false
			p.lookFor(path, v)
			p.at = p.program.at(StepApply)
			return true
		}
	}
	return false
}

// outrank gives up a rename that failed, or could not be checked, beside a
// deactivation: that one is carried out.
func (p *Plan) outrank() {
	s, w := &p.search, &p.write
	if !s.on || !w.disables || w.course != changing && w.course != leaving {
		return
	}
	path := s.wants[0].Path
	for _, a := range p.kind.Attributes {
		if a != p.kind.active && a.feeds([]scim.Path{path}) {
			w.unmapped[a.Name] = true
			p.drop(a.Name, p.reply.Error.Detail)
		}
	}
	w.after = path.Set(w.after, path.Get(w.before))
	s.on, p.reply = false, nil
}

// adopt goes on with a resource that exists already.
func (p *Plan) adopt(h hit, resume int) {
	w := &p.write
	p.id, p.native, p.known = h.id, h.native, h.guarded
	w.resume, w.mend, w.sent = resume, true, true
	if h.guarded && p.protected(h.native) { // else the reread looks
		w.release = true
		return
	}
	if w.intent != nil {
		w.saved = w.intent.Saved
	}
	for _, call := range p.kind.Create[:resume] { // what their lost answers would have said
		send := Send{Call: call, kind: p.kind}
		got := send.capture(Outcome{}, Answer{}, send.env(Answer{}, h.native))
		for name, v := range got.Saved {
			p.save(name, v)
		}
	}
}

func (p *Plan) save(name string, v scim.Value) {
	saved := map[string]scim.Value{name: v}
	for other, v := range p.write.saved {
		if other != name {
			saved[other] = v
		}
	}
	p.write.saved = saved
}

// resumeKnown resumes a create whose native id is on record although no search
// shows it.
func (p *Plan) resumeKnown() {
	w := &p.write
	if w.intent == nil || w.intent.Native == "" && w.intent.Step == 0 || !p.creates() {
		return
	}
	p.id, w.resume, w.saved, w.mend, w.sent = w.intent.Native, max(1, w.intent.Step), w.intent.Saved, true, true
}
