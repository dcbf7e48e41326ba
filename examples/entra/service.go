package entra

import (
	"context"
	"math/rand/v2"
	"sync"
)

// membersOnDemand is how many members of a group the portal lets an
// administrator choose.
const membersOnDemand = 5

// Service is one provisioning job: source users and groups, a mapping, and the
// anchors that it has met. Its methods may be called from several goroutines;
// cycles run one after the other.
type Service struct {
	// Workers is the number of users or groups worked on at the same time; under
	// 1 is 1.
	Workers int
	// Progress, if set, is told of each user and group that a cycle is done
	// with, save for its references. It is not called twice at the same time,
	// and must not call the service.
	Progress func(done, total int)

	client *Client

	running    sync.Mutex // held by a cycle; guards what follows
	random     *rand.Rand
	users      entries
	groups     entries
	userTable  table
	groupTable *table // nil: groups are not provisioned
}

// NewService makes a job that provisions users. The same seed gives the same
// probes.
func NewService(c *Client, m Mapping, seed uint64) (*Service, error) {
	t, err := m.compile(User{}, userEndpoint.reference)
	if err != nil {
		return nil, err
	}
	return &Service{client: c, userTable: t, random: rand.New(rand.NewPCG(seed, 1))}, nil
}

// MapGroups switches "Provision Microsoft Entra ID Groups" on, by GroupMapping
// or another table.
func (s *Service) MapGroups(m Mapping) error {
	t, err := m.compile(Group{}, groupEndpoint.reference)
	if err != nil {
		return err
	}
	s.running.Lock()
	defer s.running.Unlock()
	s.groupTable = &t
	return nil
}

// Put adds source users, or replaces those with the same ObjectID.
func (s *Service) Put(users ...User) {
	s.running.Lock()
	defer s.running.Unlock()
	known := s.users.byID()
	for _, u := range users {
		s.users.put(known, u)
	}
}

// PutGroups adds source groups, or replaces those with the same ObjectID.
func (s *Service) PutGroups(groups ...Group) {
	s.running.Lock()
	defer s.running.Unlock()
	known := s.groups.byID()
	for _, g := range groups {
		s.groups.put(known, g)
	}
}

// Purge takes a user out of the directory for good; the next cycle deletes it
// at the target, if it was ever met there.
func (s *Service) Purge(objectID string) {
	s.running.Lock()
	defer s.running.Unlock()
	s.users.purge(objectID)
}

// PurgeGroup is a group that was deleted or is no longer assigned, which is the
// same to the service: the next cycle deletes it at the target.
func (s *Service) PurgeGroup(objectID string) {
	s.running.Lock()
	defer s.running.Unlock()
	s.groups.purge(objectID)
}

// Restart forgets all that is known of the target, as the portal's "Restart
// provisioning" does: the next cycle is an initial one.
func (s *Service) Restart() {
	s.running.Lock()
	defer s.running.Unlock()
	s.users.restart()
	s.groups.restart()
}

// Anchor gives the id at the target that is cached for a user, "" for none.
func (s *Service) Anchor(objectID string) string {
	s.running.Lock()
	defer s.running.Unlock()
	return s.users.anchor(objectID)
}

// GroupAnchor gives the id at the target that is cached for a group, "" for
// none.
func (s *Service) GroupAnchor(objectID string) string {
	s.running.Lock()
	defer s.running.Unlock()
	return s.groups.anchor(objectID)
}

// TestConnection is the portal's button of that name: the probes alone. Its
// error is an Error.
func (s *Service) TestConnection(ctx context.Context) error {
	s.running.Lock()
	defer s.running.Unlock()
	r := newRecorder()
	s.probe(ctx, s.visits(r, s.client.Dialect))
	if errs := r.done().Errors; len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// Cycle brings the target up to date with the source users and groups. What goes
// wrong is in the report, and is tried again by the next cycle.
func (s *Service) Cycle(ctx context.Context) Report {
	s.running.Lock()
	defer s.running.Unlock()
	r := newRecorder()
	visits := s.visits(r, s.client.Dialect)
	if s.probe(ctx, visits) {
		s.work(ctx, visits)
	}
	s.users.sweep()
	s.groups.sweep()
	return r.done()
}

// ProvisionOnDemand provisions one user at once. It writes the default dialect
// whatever the Tenant URL asks for, as Entra does.
func (s *Service) ProvisionOnDemand(ctx context.Context, u User) Report {
	s.running.Lock()
	defer s.running.Unlock()
	e := s.users.put(s.users.byID(), u)
	r := newRecorder()
	visits := s.visits(r, Default)
	if s.probe(ctx, visits) {
		visits[0].provision(ctx, e)
		visits[0].bringReferences(ctx, e)
	}
	return r.done()
}

// ProvisionGroupOnDemand provisions one group at once, in the default dialect,
// with those of its members that are named, by ObjectID: five at most, and such
// as are provisioned themselves. Groups must be mapped.
func (s *Service) ProvisionGroupOnDemand(ctx context.Context, g Group, chosen ...string) Report {
	s.running.Lock()
	defer s.running.Unlock()
	e := s.groups.put(s.groups.byID(), g)
	r := newRecorder()
	visits := s.visits(r, Default)
	if s.probe(ctx, visits) {
		groups := visits[1]
		groups.provision(ctx, e)
		groups.bringChosen(ctx, e, chosen[:min(len(chosen), membersOnDemand)])
	}
	return r.done()
}

// visits gives one for the users and, if they are mapped, one for the groups.
func (s *Service) visits(r *recorder, d Dialect) []*visit {
	known := s.users.byID()
	visits := []*visit{{client: s.client, dialect: d, table: s.userTable, recorder: r, entries: s.users, users: known}}
	if s.groupTable != nil {
		visits = append(visits, &visit{client: s.client.Groups(), dialect: d, table: *s.groupTable, recorder: r, entries: s.groups, users: known})
	}
	order := 0
	for _, v := range visits {
		for _, e := range v.entries {
			e.order = order
			order++
		}
	}
	return visits
}

// probe is how every activity begins. It tells whether it may go on.
func (s *Service) probe(ctx context.Context, visits []*visit) bool {
	for _, v := range visits {
		if !v.probe(ctx, guid(s.random)) {
			return false
		}
	}
	return true
}

// work provisions all users and then all groups, so that when it comes to the
// references everybody is there who can be.
func (s *Service) work(ctx context.Context, visits []*visit) {
	done, total := 0, 0
	for _, v := range visits {
		total += len(v.entries)
	}
	var progress sync.Mutex
	for _, v := range visits {
		s.each(ctx, v, func(e *entry) {
			v.provision(ctx, e)
			progress.Lock()
			defer progress.Unlock()
			done++
			if s.Progress != nil {
				s.Progress(done, total)
			}
		})
	}
	for _, v := range visits {
		s.each(ctx, v, func(e *entry) { v.bringReferences(ctx, e) })
	}
}

// each hands the entries of a visit to the workers, until the service is
// quarantined or the context ends.
func (s *Service) each(ctx context.Context, v *visit, do func(*entry)) {
	queue := make(chan *entry)
	var workers sync.WaitGroup
	for range max(s.Workers, 1) {
		workers.Go(func() {
			for e := range queue {
				do(e)
			}
		})
	}
	for _, e := range v.entries {
		if ctx.Err() != nil || v.recorder.quarantined() {
			break
		}
		queue <- e
	}
	close(queue)
	workers.Wait()
}
