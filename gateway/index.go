package gateway

import (
	"slices"
	"time"

	"scimshim/transform"
)

// indexFresh bounds the age of an index whose misses count: what is created at
// the vendor by hand is seen after this time at the latest.
const indexFresh = 15 * time.Minute

// index answers look-ups for a vendor without search. It holds what the last
// complete list showed, kept up by our own writes.
type index struct {
	turn             // to list everybody
	filled time.Time // when the list was complete; zero: not at all
	marks  map[string][]transform.Mark
	one    map[transform.Mark]string   // a native id under a mark: nearly always the only one
	more   map[transform.Mark][]string // the others

	generation int // of the snapshot whose mapping made the keys

	journal []transform.Commit // what was written during the listing under way
	spoilt  bool               // the listing under way was contradicted
}

// renew forgets the list: another snapshot may give everybody other keys.
func (x *index) renew(generation int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.generation = generation
	x.discard()
}

// discard makes the next look-up list anew, and not use a list under way.
func (x *index) discard() { x.filled, x.spoilt = time.Time{}, true }

// find gives the native ids under a key. It knows nothing unless it is complete.
func (x *index) find(key transform.Key, now time.Time) transform.Outcome {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.filled.IsZero() || now.Sub(x.filled) > indexFresh {
		return transform.Outcome{Kind: transform.Unclear}
	}
	mark := key.Mark()
	if native, found := x.one[mark]; found {
		return transform.Outcome{Kind: transform.Found, Natives: append([]string{native}, x.more[mark]...)}
	}
	return transform.Outcome{Kind: transform.Absent}
}

// begin begins a list. It wants the lock.
func (x *index) begin() { x.spoilt, x.journal = false, nil }

// commit keeps the index up. What others wrote while the list was being read
// may be missing from it, and is written again.
func (x *index) commit(c transform.Commit, generation int, now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.Stale {
		x.discard()
	}
	if generation != x.generation { // what it wrote would stand under the keys of another mapping
		if c.Listed != nil || c.Written != nil || c.Removed != "" {
			x.discard()
		}
		return
	}
	if c.Listed != nil && !x.spoilt {
		x.fill(c.Listed)
		for _, missed := range x.journal {
			x.write(missed)
		}
		x.filled, x.journal = now, nil
	}
	if c.Written == nil && c.Removed == "" {
		return
	}
	x.write(c)
	if x.running != nil {
		x.journal = append(x.journal, transform.Commit{Written: c.Written, Removed: c.Removed})
	}
}

func (x *index) fill(entries []transform.Entry) {
	x.marks = make(map[string][]transform.Mark, len(entries))
	x.one, x.more = map[transform.Mark]string{}, map[transform.Mark][]string{}
	for _, entry := range entries {
		x.put(entry)
	}
}

// write does nothing before there is a list.
func (x *index) write(c transform.Commit) {
	if x.marks == nil {
		return
	}
	if c.Written != nil {
		x.put(*c.Written)
	}
	x.remove(c.Removed)
}

// put replaces what was known of a resource. Where only a piece of it was shown,
// it may be found by all that it may have: a hit is read and checked.
func (x *index) put(entry transform.Entry) {
	marks := entry.Marks
	if entry.Piece {
		for _, mark := range x.marks[entry.Native] {
			if !slices.Contains(marks, mark) {
				marks = append(slices.Clip(marks), mark)
			}
		}
	}
	x.remove(entry.Native)
	x.marks[entry.Native] = marks
	for _, mark := range marks {
		if other, taken := x.one[mark]; !taken {
			x.one[mark] = entry.Native
		} else if other != entry.Native {
			x.more[mark] = append(x.more[mark], entry.Native)
		}
	}
}

func (x *index) remove(native string) {
	for _, mark := range x.marks[native] {
		rest := slices.DeleteFunc(x.more[mark], func(n string) bool { return n == native })
		if x.one[mark] == native {
			delete(x.one, mark)
			if len(rest) > 0 {
				x.one[mark], rest = rest[0], rest[1:]
			}
		}
		if x.more[mark] = rest; len(rest) == 0 {
			delete(x.more, mark)
		}
	}
	delete(x.marks, native)
}
