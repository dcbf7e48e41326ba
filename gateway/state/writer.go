package state

import (
	"fmt"

	"scimshim/transform"
)

// maxWaiting bounds how many changes may be visible and not yet written, which
// is also what a crash can cost.
const maxWaiting = 1024

// pending is a change on its way to the disk.
type pending struct {
	space  *Space
	change transform.Change
	writes []write
	waits  bool       // its commit returns, and it is visible, when it is written
	done   chan error // for the commit that waits; it never blocks the writer
}

func (s *Store) commit(p *pending) error {
	if err := s.enqueue(p); err != nil || !p.waits {
		return err
	}
	return <-p.done
}

func (s *Store) enqueue(p *pending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("state file %q is closed", s.path)
	}
	p.waits = s.mustWait(p)
	if !p.waits {
		p.space.apply(p.change)
	}
	s.queue = append(s.queue, p)
	select {
	case s.wake <- struct{}{}:
	default: // the writer has been told already
	}
	return nil
}

// mustWait also holds for changes that did not ask to be durable: behind a
// durable change to the same record or intent, so that memory sees them in the
// order that the disk does; when the writer is far behind; and after a write
// that failed, so that memory does not run further ahead of a disk that takes
// nothing, and the caller hears of it.
func (s *Store) mustWait(p *pending) bool {
	return p.change.Durable || s.failed != nil || len(s.queue) >= maxWaiting ||
		behind(s.flight, p) || behind(s.queue, p)
}

func behind(list []*pending, p *pending) bool {
	for _, other := range list {
		if other.waits && other.space == p.space && overlap(other.change, p.change) {
			return true
		}
	}
	return false
}

func overlap(a, b transform.Change) bool {
	for _, id := range records(a) {
		if id != "" && (id == records(b)[0] || id == records(b)[1]) {
			return true
		}
	}
	for _, key := range intents(a) {
		if key != (transform.Key{}) && (key == intents(b)[0] || key == intents(b)[1]) {
			return true
		}
	}
	return false
}

func records(change transform.Change) [2]string {
	if change.Put == nil {
		return [2]string{change.Drop}
	}
	return [2]string{change.Drop, change.Put.ID}
}

func intents(change transform.Change) [2]transform.Key {
	if change.Open == nil {
		return [2]transform.Key{change.Close}
	}
	return [2]transform.Key{change.Close, change.Open.Key}
}

// writer is the one goroutine that writes. All that came while a transaction
// was written goes into the next one.
func (s *Store) writer() {
	defer close(s.stopped)
	for range s.wake {
		s.writeBatch()
	}
	s.writeBatch()
}

func (s *Store) writeBatch() {
	batch := s.take()
	if len(batch) == 0 {
		return
	}
	err := s.write(batch)
	if err != nil {
		err = fmt.Errorf("state file %q cannot be written: %w", s.path, err)
	}
	s.settle(batch, err)
	for _, p := range batch {
		if p.waits {
			p.done <- err
		}
	}
}

func (s *Store) take() []*pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight, s.queue = s.queue, nil
	return s.flight
}

// settle makes visible what was written and waited for it. After an error the
// changes that nobody waits for go back to the head of the queue, to be tried
// with the next commit: their callers were told that they are remembered.
func (s *Store) settle(batch []*pending, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var again []*pending
	for _, p := range batch {
		switch {
		case err == nil && p.waits:
			p.space.apply(p.change)
		case err != nil && !p.waits:
			again = append(again, p)
		}
	}
	s.queue = append(again, s.queue...)
	s.flight, s.failed = nil, err
	if err == nil {
		s.transactions++
	}
}

// write puts a batch into one transaction. What COMMIT answers is the truth of
// all its changes, because synchronous=FULL has it return after fsync.
func (s *Store) write(batch []*pending) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	for _, p := range batch {
		for _, w := range p.writes {
			if _, err := tx.Stmt(s.statements[w.kind]).Exec(w.arguments...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
