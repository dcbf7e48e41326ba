package transform

import (
	"slices"
	"strings"
)

// renames is the native id that a call gives the resource; "" where it gives none.
func (p *Plan) renames(call *Call, sent []Sending) string {
	if !p.kind.ID.Renames || call.Operation != Update {
		return ""
	}
	if call.perField && p.write.field < len(sent) {
		sent = sent[p.write.field : p.write.field+1]
	}
	for _, s := range sent {
		if to := s.Value.Text(); s.Attribute.Native.String() == p.kind.ID.Native.String() && to != "" && to != p.id {
			return strings.Clone(to)
		}
	}
	return ""
}

// renaming is a call that was to give the resource another native id, and of which it
// is not known whether it did.
type renaming struct {
	to     string
	step   Step
	at     int // of the step
	carry  []Sending
	got    Outcome
	absent bool // nobody has the old id any more
}

// mayHaveHappened reports whether a write that failed may have had its effect.
func (got Outcome) mayHaveHappened() bool {
	return got.Kind == Unclear || got.Kind == Unavailable && got.Down && !got.Unwritten
}

// asks is who is looked for: under the old id, then under the new one.
func (r *renaming) asks(id string) string {
	if r.absent {
		return r.to
	}
	return id
}

// takeRenaming: whoever has the new id, while nobody has the old one any more, is the
// one who was to have it. The call has failed in any case; a deactivation goes on.
func (p *Plan) takeRenaming(got Outcome) {
	w := &p.write
	r := w.renaming
	if !r.absent && got.Kind == Absent {
		r.absent = true
		return // to look under the new one
	}
	if r.absent && p.same(r.to, got).Kind == Found {
		w.former, p.id = p.id, r.to
	}
	w.renaming = nil
	active := slices.ContainsFunc(r.carry, func(s Sending) bool { return s.Attribute == p.kind.active })
	if !w.disables || active {
		p.fail(r.got)
		p.done()
		return
	}
	p.dropped(r.step, r.carry, r.got)
	p.at = r.at + 1
}

// finishRename remembers the id that a resource has by now, although the request has
// failed: under the old one it would be nobody.
func (p *Plan) finishRename() {
	w := &p.write
	if w.former == "" {
		return
	}
	record := p.fresh()
	if record.Native = p.id; p.kind.Exists() && record.Resource.IsAbsent() {
		record.Resource = p.kind.mapped(w.before).Clone()
	}
	record.Keys = p.kind.keys(record)
	p.record = record
	p.pending = append(p.pending, Commit{Change: Change{Durable: true, Put: record}, Removed: w.former, Stale: true, Why: "its native id has changed"})
}
