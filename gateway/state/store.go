package state

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Store is one state file, open and locked, or nothing but memory. Its methods
// and those of its spaces are safe for concurrent use.
type Store struct {
	path       string
	db         *sql.DB // nil: InMemory
	statements *statements
	fresh      bool
	signingKey []byte

	mu     sync.RWMutex // guards what follows, and what the spaces hold
	spaces map[spaceName]*Space
	queue  []*pending        // changes in the order they came, for the next transaction
	flight []*pending        // changes in the transaction being written
	kept   map[string][]byte // of a store without a file: what Keep was given
	failed error             // why the last transaction was not written; nil: it was
	closed bool

	wake         chan struct{} // holds a token while the queue may have something new
	stopped      chan struct{} // closed when the writer is gone
	transactions int           // how many were written

	closing  sync.Once
	closeErr error
}

type spaceName struct{ vendor, kind string }

// Open locks and reads the state file, and creates it where it is missing. When
// another process has it, Open waits that long for it, as a rolling restart
// needs, and then refuses.
func Open(path string, wait time.Duration) (*Store, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	db, err := connect(path, wait)
	if err != nil {
		return nil, err
	}
	s := &Store{
		path: path, db: db, spaces: map[spaceName]*Space{},
		wake: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	if err := s.start(); err != nil {
		db.Close()
		return nil, explain(path, err)
	}
	go s.writer()
	return s, nil
}

// InMemory is a store without a file, for a run that nobody continues: its
// commits are visible at once, durable ones too, and gone with the process.
func InMemory() *Store {
	return &Store{fresh: true, signingKey: newSecret(), spaces: map[spaceName]*Space{}}
}

func (s *Store) start() (err error) {
	if s.fresh, err = migrate(s.path, s.db); err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	if s.signingKey, err = s.secret("signing"); err != nil {
		return err
	}
	s.statements, err = prepare(s.db)
	return err
}

// New reports whether there was nothing at all when it was opened: what was
// remembered before, if anything was, is not here.
func (s *Store) New() bool { return s.fresh }

// Space is the memory of one vendor's users or groups.
func (s *Store) Space(vendor, kind string) *Space {
	name := spaceName{vendor, kind}
	s.mu.RLock()
	space := s.spaces[name]
	s.mu.RUnlock()
	if space != nil {
		return space
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.space(name)
}

// space wants the write lock.
func (s *Store) space(name spaceName) *Space {
	space := s.spaces[name]
	if space == nil {
		space = newSpace(s, name)
		s.spaces[name] = space
	}
	return space
}

// Close writes what waits and unlocks the file. A second Close answers what the
// first did.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	close(s.wake)
	<-s.stopped
	var lost error
	if len(s.queue) > 0 {
		lost = fmt.Errorf("changes that are lost: %d: %w", len(s.queue), s.failed)
	}
	return errors.Join(lost, s.db.Close())
}
