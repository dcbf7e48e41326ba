package gateway

import (
	"slices"
	"sync"
	"time"

	"scimshim/gateway/state"
	"scimshim/transform"
)

// A miss that was proved a moment ago saves a create its look-up: Entra asks
// for a user right before it creates one.
const (
	missFresh = time.Minute
	missMost  = 10000
)

// few records are compared with each other faster than a map is made of them.
const few = 8

// memory answers what a plan asks of the gateway about one kind of one vendor.
type memory struct {
	space *state.Space
	index index

	mu         sync.Mutex
	proofs     map[transform.Key]proof
	generation int // of the snapshot whose mapping the proofs are about
}

// proof is what was last learned of a unique value: that nobody had it, or that
// somebody may have it since.
type proof struct {
	at     time.Time
	nobody bool
}

func newMemory(space *state.Space) *memory {
	return &memory{space: space, proofs: map[transform.Key]proof{}}
}

// renew forgets what was seen through the mapping of an earlier snapshot.
func (m *memory) renew(generation int) {
	m.mu.Lock()
	m.generation = generation
	clear(m.proofs)
	m.mu.Unlock()
	m.index.renew(generation)
}

// answer answers an Ask, save for the index.
func (m *memory) answer(ask transform.Ask, now time.Time) transform.Outcome {
	got := transform.Outcome{Records: m.records(ask)}
	if ask.Intents {
		got.Intents = m.space.Intents()
	}
	for _, key := range ask.Keys {
		if intent := m.space.Intent(key); intent != nil && !ask.Intents {
			got.Intents = append(got.Intents, intent)
		}
	}
	got.Nobody = len(ask.Keys) > 0 && m.nobody(ask.Keys[0], now)
	if got.Kind = transform.Absent; len(got.Records) > 0 || len(got.Intents) > 0 {
		got.Kind = transform.Found
	}
	return got
}

// records gathers each record once. A native id that is the id of no record may
// be the native id of a re-created resource, which Entra knows by another.
func (m *memory) records(ask transform.Ask) (found []*transform.Record) {
	var known map[string]bool // a group has thousands; most requests ask for one
	if len(ask.IDs)+len(ask.Natives) > few || len(ask.Kept) > 0 || ask.Remembered {
		known = map[string]bool{}
	}
	add := func(records ...*transform.Record) {
		for _, record := range records {
			same := func(other *transform.Record) bool { return other.ID == record.ID }
			if record == nil || known[record.ID] || known == nil && slices.ContainsFunc(found, same) {
				continue
			}
			if found = append(found, record); known != nil {
				known[record.ID] = true
			}
		}
	}
	named := func(id string) {
		if record := m.space.ByID(id); record != nil {
			add(record)
		} else if id != "" {
			add(m.space.ByNative(id))
		}
	}
	named(ask.ID)
	if len(found) > 0 && found[0].Gone { // where he is to be forgotten, his id may be another's
		add(m.space.ByNative(ask.ID))
	}
	for _, id := range ask.IDs {
		named(id)
	}
	for _, native := range ask.Natives {
		if native != "" {
			add(m.space.ByNative(native), m.space.ByID(native))
		}
	}
	for _, key := range ask.Keys {
		add(m.space.ByKey(key)...)
	}
	if len(ask.Kept) > 0 {
		add(m.space.Where(func(r *transform.Record) bool { return ask.Kind.Keeps(r, ask.Kept) })...)
	}
	if ask.Remembered {
		add(m.space.Remembered()...)
	}
	return found
}

// commit remembers. began is when the exchange began: a miss that it proves
// counts only if nobody wrote the value since, and if the snapshot that it
// began with is still served.
func (m *memory) commit(c transform.Commit, generation int, began, now time.Time) error {
	change := c.Change
	if m.space.Intent(change.Close) == nil {
		change.Close = transform.Key{} // nearly always: a write of a user whose create was answered
	}
	if change.Put != nil || change.Drop != "" || change.Open != nil || change.Close != (transform.Key{}) {
		if err := m.space.Commit(change); err != nil {
			return err
		}
	}
	m.index.commit(c, generation, now)
	m.wrote(c.Taken, now)
	if c.Nobody != nil {
		m.missed(*c.Nobody, generation, began, now)
	}
	return nil
}

// wrote notes that somebody may have these values from now on.
func (m *memory) wrote(keys []transform.Key, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		m.prove(key, proof{at: now})
	}
}

func (m *memory) missed(key transform.Key, generation int, began, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation != m.generation {
		return
	}
	if last, known := m.proofs[key]; known && !last.nobody && !last.at.Before(began) {
		return
	}
	m.prove(key, proof{at: now, nobody: true})
}

// prove bounds the proofs by forgetting the old ones, and all of them when that
// is not enough.
func (m *memory) prove(key transform.Key, p proof) {
	if len(m.proofs) >= missMost {
		for old, q := range m.proofs {
			if p.at.Sub(q.at) > missFresh {
				delete(m.proofs, old)
			}
		}
	}
	if len(m.proofs) >= missMost {
		clear(m.proofs)
	}
	m.proofs[key] = p
}

func (m *memory) nobody(key transform.Key, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.proofs[key]
	return p.nobody && now.Sub(p.at) <= missFresh
}
