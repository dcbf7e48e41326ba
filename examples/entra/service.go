package entra

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
)

// Service is one provisioning job: source users, a mapping, and the anchors
// that it has met. Its methods may be called from several goroutines; cycles run
// one after the other.
type Service struct {
	// Workers is the number of users worked on at the same time; under 1 is 1.
	Workers int
	// Progress, if set, is told of each user that a cycle is done with. It is
	// not called twice at the same time, and must not call the service.
	Progress func(done, total int)

	client *Client
	rows   []row

	running sync.Mutex // held by a cycle; guards what follows
	random  *rand.Rand
	entries []*entry
}

// entry is a source user and what the service knows of it at the target.
type entry struct {
	user     User
	order    int
	anchor   string // the id at the target; "": not met yet
	disabled bool   // the last success left it inactive
	purged   bool   // gone from the directory for good
}

// NewService makes a job. The same seed gives the same probes.
func NewService(c *Client, m Mapping, seed uint64) (*Service, error) {
	rows, err := m.compile()
	if err != nil {
		return nil, err
	}
	return &Service{client: c, rows: rows, random: rand.New(rand.NewPCG(seed, 1))}, nil
}

// Put adds source users, or replaces those with the same ObjectID.
func (s *Service) Put(users ...User) {
	s.running.Lock()
	defer s.running.Unlock()
	s.put(users)
}

func (s *Service) put(users []User) {
	at := map[string]*entry{}
	for _, e := range s.entries {
		at[e.user.ObjectID] = e
	}
	for _, u := range users {
		e := at[u.ObjectID]
		if e == nil {
			e = &entry{}
			at[u.ObjectID] = e
			s.entries = append(s.entries, e)
		}
		e.user, e.purged = u, false
	}
}

// Purge takes a user out of the directory for good; the next cycle deletes it
// at the target, if it was ever met there.
func (s *Service) Purge(objectID string) {
	s.running.Lock()
	defer s.running.Unlock()
	for _, e := range s.entries {
		if e.user.ObjectID == objectID {
			e.purged = true
		}
	}
}

// Restart forgets all anchors, as the portal's "Restart provisioning" does: the
// next cycle is an initial one.
func (s *Service) Restart() {
	s.running.Lock()
	defer s.running.Unlock()
	for _, e := range s.entries {
		e.anchor, e.disabled = "", false
	}
}

// Anchor gives the id at the target that is cached for a user, "" for none.
func (s *Service) Anchor(objectID string) string {
	s.running.Lock()
	defer s.running.Unlock()
	for _, e := range s.entries {
		if e.user.ObjectID == objectID {
			return e.anchor
		}
	}
	return ""
}

// TestConnection is the portal's button of that name: the probe alone. Its
// error is an Error.
func (s *Service) TestConnection(ctx context.Context) error {
	s.running.Lock()
	defer s.running.Unlock()
	v := s.visit(newRecorder(), s.client.Dialect)
	v.probe(ctx, guid(s.random))
	if errs := v.recorder.done().Errors; len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// Cycle brings the target up to date with the source users. What goes wrong is
// in the report, and is tried again by the next cycle.
func (s *Service) Cycle(ctx context.Context) Report {
	s.running.Lock()
	defer s.running.Unlock()
	v := s.visit(newRecorder(), s.client.Dialect)
	if v.probe(ctx, guid(s.random)) {
		s.work(ctx, v)
	}
	s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool { return e.purged && e.anchor == "" })
	return v.recorder.done()
}

// ProvisionOnDemand provisions one user at once. It writes the default dialect
// whatever the Tenant URL asks for, as Entra does.
func (s *Service) ProvisionOnDemand(ctx context.Context, u User) Report {
	s.running.Lock()
	defer s.running.Unlock()
	s.put([]User{u})
	v := s.visit(newRecorder(), Default)
	if v.probe(ctx, guid(s.random)) {
		at := slices.IndexFunc(s.entries, func(e *entry) bool { return e.user.ObjectID == u.ObjectID })
		v.provision(ctx, s.entries[at])
	}
	return v.recorder.done()
}

// work has the workers provision every user, until the service is quarantined
// or the context ends.
func (s *Service) work(ctx context.Context, v *visit) {
	queue := make(chan *entry)
	var workers sync.WaitGroup
	var progress sync.Mutex
	done := 0
	for range max(s.Workers, 1) {
		workers.Go(func() {
			for e := range queue {
				v.provision(ctx, e)
				progress.Lock()
				done++
				if s.Progress != nil {
					s.Progress(done, len(s.entries))
				}
				progress.Unlock()
			}
		})
	}
	for i, e := range s.entries {
		if ctx.Err() != nil || v.recorder.quarantined() {
			break
		}
		e.order = i
		queue <- e
	}
	close(queue)
	workers.Wait()
}

func (s *Service) visit(r *recorder, d Dialect) *visit {
	return &visit{client: s.client, dialect: d, rows: s.rows, matching: matching(s.rows), recorder: r}
}
