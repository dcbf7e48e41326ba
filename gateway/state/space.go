package state

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"scimshim/transform"
)

// Space holds the records and the open intents of one vendor's users or groups.
// What it hands out is shared and must not be changed: a commit replaces a
// record, it never writes into one.
type Space struct {
	store    *Store
	name     spaceName
	byID     map[string]*transform.Record
	byNative index[string] // of the few whose SCIM id is another
	byKey    index[transform.Key]
	gone     map[string]*transform.Record
	intents  map[transform.Key]*transform.Intent
}

func newSpace(store *Store, name spaceName) *Space {
	return &Space{
		store: store, name: name,
		byID:     map[string]*transform.Record{},
		byNative: index[string]{},
		byKey:    index[transform.Key]{},
		gone:     map[string]*transform.Record{},
		intents:  map[transform.Key]*transform.Intent{},
	}
}

// ByID is the record of a SCIM id, or nil.
func (s *Space) ByID(id string) *transform.Record {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return s.byID[id]
}

// ByNative is the record of a vendor's id, or nil; the one with the lowest SCIM
// id where several claim it.
func (s *Space) ByNative(native string) *transform.Record {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	same := s.byID[native]
	if same != nil && same.Native != native {
		same = nil
	}
	if list := s.byNative[native]; len(list) > 0 && (same == nil || list[0].ID < same.ID) {
		return list[0]
	}
	return same
}

// ByKey are the records found under a value, sorted by id.
func (s *Space) ByKey(key transform.Key) []*transform.Record {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return slices.Clone(s.byKey[key])
}

// Where are the records of which something holds, sorted by id.
func (s *Space) Where(holds func(*transform.Record) bool) (list []*transform.Record) {
	s.store.mu.RLock()
	for _, record := range s.byID {
		if holds(record) {
			list = append(list, record)
		}
	}
	s.store.mu.RUnlock()
	slices.SortFunc(list, func(a, b *transform.Record) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Remembered are the records of what is deleted at the vendor, sorted by id.
func (s *Space) Remembered() []*transform.Record {
	s.store.mu.RLock()
	list := slices.Collect(maps.Values(s.gone))
	s.store.mu.RUnlock()
	slices.SortFunc(list, func(a, b *transform.Record) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Intent is the open intent of a key, or nil.
func (s *Space) Intent(key transform.Key) *transform.Intent {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return s.intents[key]
}

// Intents are all open ones, sorted by key.
func (s *Space) Intents() []*transform.Intent {
	s.store.mu.RLock()
	list := slices.Collect(maps.Values(s.intents))
	s.store.mu.RUnlock()
	slices.SortFunc(list, func(a, b *transform.Intent) int {
		return cmp.Or(strings.Compare(a.Key.Path, b.Key.Path), strings.Compare(a.Key.Value, b.Key.Value))
	})
	return list
}

// Commit remembers a change: Drop before Put, Close before Open. A durable one
// is on disk and visible when Commit returns nil. After an error it is not
// visible, though a disk that failed late may show it after a restart. One that
// is not durable is visible at once and written soon; it waits like a durable
// one only where Store.mustWait says so.
func (s *Space) Commit(change transform.Change) error {
	if s.store.db == nil {
		return s.remember(change)
	}
	writes, err := s.encode(change)
	if err != nil || len(writes) == 0 {
		return err
	}
	return s.store.commit(&pending{space: s, change: change, writes: writes, done: make(chan error, 1)})
}

// remember is the commit of a store without a file.
func (s *Space) remember(change transform.Change) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.closed {
		return errors.New("the state is closed")
	}
	s.apply(change)
	return nil
}

// apply makes a change visible. It wants the write lock.
func (s *Space) apply(change transform.Change) {
	if change.Drop != "" {
		s.drop(change.Drop)
	}
	if change.Put != nil {
		s.put(change.Put)
	}
	delete(s.intents, change.Close)
	if change.Open != nil {
		s.intents[change.Open.Key] = change.Open
	}
}

func (s *Space) put(record *transform.Record) {
	s.drop(record.ID)
	s.byID[record.ID] = record
	if record.Native != "" && record.Native != record.ID {
		s.byNative.add(record.Native, record)
	}
	for _, key := range record.Keys {
		s.byKey.add(key, record)
	}
	if record.Gone {
		s.gone[record.ID] = record
	}
}

func (s *Space) drop(id string) {
	record := s.byID[id]
	if record == nil {
		return
	}
	delete(s.byID, id)
	delete(s.gone, id)
	s.byNative.remove(record.Native, record)
	for _, key := range record.Keys {
		s.byKey.remove(key, record)
	}
}
