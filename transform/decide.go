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
		p.collided(others)
	case w.doubt != nil && ours:
		w.doubt = nil
		p.adopt(others[0], max(1, w.intent.Step))
	case w.doubt != nil:
		p.pending = append(p.pending, Commit{Stale: true, Why: "the vendor may have a resource that the index lacks"})
		p.fail(*w.doubt)
	case len(others) == 0:
		p.resumeKnown()
	case w.intent != nil && ours:
		w.resumes = true
		p.adopt(others[0], max(1, w.intent.Step))
	case w.course == creating && p.kind.Adopt && ours && others[0].id != "":
		p.takeOver(others[0])
	default:
		want := s.sought()
		s.on = true
		p.refuse(&scim.Error{Status: 409, ScimType: scim.Uniqueness, Attribute: want.Path.Dotted(),
			Detail: fmt.Sprintf("another %s already has the %s %q", strings.ToLower(p.kind.Type.Name), want.Path.Dotted(), want.Value.Text())})
		p.outrank()
	}
}

// collided decides a create that the vendor refused because somebody has one of
// its values: with `adopt` that account is taken over, if it is one, and nobody's
// whom Entra knows already. All of the values are looked for first: they may be
// those of several.
func (p *Plan) collided(others []hit) {
	w := &p.write
	for _, other := range others {
		if !slices.ContainsFunc(w.holders, func(h hit) bool { return h.id == other.id }) {
			w.holders = append(w.holders, other)
		}
	}
	switch {
	case p.seek():
	case len(w.holders) == 1 && w.holders[0].record == nil && !w.holders[0].foreign && w.holders[0].id != "":
		p.takeOver(w.holders[0])
	default:
		p.fail(*w.collision)
	}
}

// seek looks for whoever has the next of the unique values that a refused create
// has sent; false when all have been tried. The first of them was looked for
// before the create: it comes last, and only where nobody has another.
func (p *Plan) seek() bool {
	w, all := &p.write, p.kind.unique
	for w.sought < len(all) && (w.sought+1 < len(all) || len(w.holders) == 0) {
		w.sought++
		path := all[w.sought%len(all)]
		a := p.kind.Attribute(path.Dotted())
		if v, problem := p.nativeOf(a); !a.Sent() || problem != "" || v.IsEmpty() {
			continue // the vendor was not sent it, and cannot mean it
		}
		p.search.nobody = false
		p.lookFor(path, path.Get(w.ruled))
		p.search.claims = true
		p.at = p.program.at(StepApply)
		return true
	}
	return false
}

// takeOver goes on with an account that nobody at Entra has. Whether it may be
// is read off the account itself where that matters: a list may leave out what
// protect looks at, and a whole update sends what was read.
func (p *Plan) takeOver(h hit) {
	p.write.collision, p.write.tookOver = nil, true
	if p.kind.mustSee() {
		h.guarded = h.read
	}
	p.adopt(h, len(p.kind.Create))
}

// outrank gives up a rename that failed, or could not be checked, beside a
// deactivation: that one is carried out.
func (p *Plan) outrank() {
	s, w := &p.search, &p.write
	if !s.on || !w.disables || w.course != changing && w.course != leaving {
		return
	}
	path := s.sought().Path
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
	p.id, p.native = strings.Clone(h.id), h.native // not a piece of the vendor's whole list
	p.known = h.guarded && (p.kind.Members == nil || h.manned)
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
		p.saveAll(got.Saved)
	}
}

func (p *Plan) saveAll(saved map[string]scim.Value) {
	for name, v := range saved {
		p.save(name, v)
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
	p.id, w.resume, w.saved, w.mend, w.sent, w.resumes = w.intent.Native, max(1, w.intent.Step), w.intent.Saved, true, true, true
}
