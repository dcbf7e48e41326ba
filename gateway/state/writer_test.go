package state

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// holdDatabase takes the only connection, so that no transaction can begin.
func holdDatabase(t *testing.T, store *Store) *sql.Conn {
	t.Helper()
	conn, err := store.db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// untilQueued waits until that many changes are on their way to the disk.
func untilQueued(store *Store, n int) {
	for queued := -1; queued != n; runtime.Gosched() {
		store.mu.RLock()
		queued = len(store.queue) + len(store.flight)
		store.mu.RUnlock()
	}
}

// untilTaken waits until the writer has begun with what there is.
func untilTaken(store *Store) {
	for taken := false; !taken; runtime.Gosched() {
		store.mu.RLock()
		taken = len(store.flight) > 0 && len(store.queue) == 0
		store.mu.RUnlock()
	}
}

func readOnly(t *testing.T, store *Store, on bool) {
	t.Helper()
	if _, err := store.db.Exec(fmt.Sprintf("PRAGMA query_only = %t", on)); err != nil {
		t.Fatal(err)
	}
}

func titled(id, title string) *transform.Record {
	return &transform.Record{ID: id, Native: id, Kept: map[string]transform.Pair{"title": {Sent: scim.String(title)}}}
}

func titleOf(space *Space, id string) string {
	if record := space.ByID(id); record != nil {
		return record.Kept["title"].Sent.Text()
	}
	return "none"
}

func TestCommitsShareTransactions(t *testing.T) {
	store := mustOpen(t, newPath(t))
	space := store.Space("legacy", "users")
	conn := holdDatabase(t, store)
	const n = 50
	var commits sync.WaitGroup
	for i := range n {
		commits.Go(func() { mustCommitFrom(t, space, transform.Change{Durable: true, Put: sample(i)}) })
	}
	untilQueued(store, n)
	if space.ByID("0") != nil {
		t.Error("a durable change is visible before it is on disk")
	}
	conn.Close()
	commits.Wait()
	if store.transactions < 1 || store.transactions > 2 {
		t.Errorf("%d commits took %d transactions, want 1 or 2", n, store.transactions)
	}
	for i := range n {
		if space.ByID(strconv.Itoa(i)) == nil {
			t.Errorf("record %d is not visible", i)
		}
	}
}

// mustCommitFrom may be called from another goroutine than the test's.
func mustCommitFrom(t *testing.T, space *Space, change transform.Change) {
	if err := space.Commit(change); err != nil {
		t.Error(err)
	}
}

func TestNotDurableIsVisibleAtOnce(t *testing.T) {
	store := mustOpen(t, newPath(t))
	space := store.Space("legacy", "users")
	conn := holdDatabase(t, store)
	mustCommit(t, space, transform.Change{Put: titled("1", "first")})
	mustCommit(t, space, transform.Change{Put: titled("1", "second")})
	if got := titleOf(space, "1"); got != "second" {
		t.Errorf("got %q", got)
	}
	conn.Close()
	mustClose(t, store)
	if got := titleOf(mustOpen(t, store.path).Space("legacy", "users"), "1"); got != "second" {
		t.Errorf("after a restart: got %q", got)
	}
}

func TestOrderBehindDurable(t *testing.T) {
	key := transform.Key{Path: "userName", Value: "ada"}
	tests := []struct {
		name        string
		first, next transform.Change
		wantTitle   string
		wantIntent  *transform.Intent
	}{
		{"put over put", transform.Change{Put: titled("1", "first")}, transform.Change{Put: titled("1", "next")}, "next", nil},
		{"drop after put", transform.Change{Put: titled("1", "first")}, transform.Change{Drop: "1"}, "none", nil},
		{"close after open", transform.Change{Open: &transform.Intent{Key: key}}, transform.Change{Close: key}, "none", nil},
	}
	for _, test := range tests {
		for _, inFlight := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, in flight %t", test.name, inFlight), func(t *testing.T) {
				store := mustOpen(t, newPath(t))
				space := store.Space("legacy", "users")
				commitInOrder(t, store, inFlight, test.first, test.next)
				check := func(when string, space *Space) {
					if got := titleOf(space, "1"); got != test.wantTitle {
						t.Errorf("%s: got %q, want %q", when, got, test.wantTitle)
					}
					if got := space.Intent(key); got != test.wantIntent {
						t.Errorf("%s: got intent %v", when, got)
					}
				}
				check("in memory", space)
				mustClose(t, store)
				check("after a restart", mustOpen(t, store.path).Space("legacy", "users"))
			})
		}
	}
}

// commitInOrder has a durable change and then one that is not on their way at
// once; the durable one in the transaction that is being written, or behind it.
func commitInOrder(t *testing.T, store *Store, inFlight bool, first, next transform.Change) {
	space, before := store.Space("legacy", "users"), 0
	conn := holdDatabase(t, store)
	if !inFlight {
		mustCommit(t, space, transform.Change{Put: titled("other", "in flight")})
		untilTaken(store)
		before = 1
	}
	durable := first
	durable.Durable = true
	var commits sync.WaitGroup
	commits.Go(func() { mustCommitFrom(t, space, durable) })
	untilQueued(store, before+1)
	if inFlight {
		untilTaken(store)
	}
	commits.Go(func() { mustCommitFrom(t, space, next) })
	untilQueued(store, before+2)
	// Neither of these waits: they are about something else.
	mustCommit(t, space, transform.Change{Put: titled("2", "free")})
	mustCommit(t, store.Space("legacy", "groups"), first)
	conn.Close()
	commits.Wait()
}

func TestManyChangesWait(t *testing.T) {
	store := mustOpen(t, newPath(t))
	space := store.Space("legacy", "users")
	conn := holdDatabase(t, store)
	mustCommit(t, space, transform.Change{Put: titled("0", "in flight")})
	untilTaken(store)
	for i := range maxWaiting {
		mustCommit(t, space, transform.Change{Put: titled(strconv.Itoa(i+1), "queued")})
	}
	var commits sync.WaitGroup
	commits.Go(func() { mustCommitFrom(t, space, transform.Change{Put: titled("last", "waits")}) })
	untilQueued(store, maxWaiting+2)
	if got := titleOf(space, "last"); got != "none" {
		t.Errorf("got %q while too many wait", got)
	}
	conn.Close()
	commits.Wait()
	if got := titleOf(space, "last"); got != "waits" {
		t.Errorf("got %q", got)
	}
}

func TestWriteError(t *testing.T) {
	store := mustOpen(t, newPath(t))
	space := store.Space("legacy", "users")
	refused := func(id string, durable bool) {
		t.Helper()
		err := space.Commit(transform.Change{Durable: durable, Put: titled(id, "refused")})
		want := fmt.Sprintf("state file %q cannot be written: attempt to write a readonly database (8)", store.path)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
		if got := titleOf(space, id); got != "none" {
			t.Errorf("record %s is %q in memory and not on disk", id, got)
		}
	}
	readOnly(t, store, true)
	mustCommit(t, space, transform.Change{Put: titled("1", "soon")})
	refused("2", true)
	refused("3", false) // the disk is known to take nothing
	if got := titleOf(space, "1"); got != "soon" {
		t.Errorf("what was promised is %q", got)
	}
	readOnly(t, store, false)
	mustCommit(t, space, transform.Change{Durable: true, Put: titled("4", "fine")})
	mustClose(t, store)

	space = mustOpen(t, store.path).Space("legacy", "users")
	for id, want := range map[string]string{"1": "soon", "2": "none", "3": "none", "4": "fine"} {
		if got := titleOf(space, id); got != want {
			t.Errorf("after a restart record %s is %q, want %q", id, got, want)
		}
	}
}

func TestCloseTellsWhatIsLost(t *testing.T) {
	store := mustOpen(t, newPath(t))
	readOnly(t, store, true)
	mustCommit(t, store.Space("legacy", "users"), transform.Change{Put: titled("1", "never")})
	want := fmt.Sprintf("changes that are lost: 1: state file %q cannot be written: attempt to write a readonly database (8)", store.path)
	for range 2 {
		if err := store.Close(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestCloseTriesAgain(t *testing.T) {
	store := mustOpen(t, newPath(t))
	readOnly(t, store, true)
	mustCommit(t, store.Space("legacy", "users"), transform.Change{Put: titled("1", "late")})
	for failed := false; !failed; runtime.Gosched() {
		store.mu.RLock()
		failed = store.failed != nil
		store.mu.RUnlock()
	}
	readOnly(t, store, false)
	mustClose(t, store)
	if got := titleOf(mustOpen(t, store.path).Space("legacy", "users"), "1"); got != "late" {
		t.Errorf("got %q", got)
	}
}

func TestUnreadableIsRefused(t *testing.T) {
	deep := scim.String("x")
	for range maxDepth {
		deep = scim.ListOf(deep)
	}
	twice := scim.Object(scim.Member{Name: "a", Value: scim.Null()}, scim.Member{Name: "a", Value: scim.Null()})
	space := mustOpen(t, newPath(t)).Space("legacy", "users")
	for want, change := range map[string]transform.Change{
		`record "1" of legacy/users: resource cannot be stored: the name "a" appears twice in one object`: {
			Put: &transform.Record{ID: "1", Resource: twice}},
		`record "1" of legacy/users: kept cannot be stored: the body is nested more than 64 deep at offset 79`: {
			Put: &transform.Record{ID: "1", Kept: map[string]transform.Pair{"title": {Sent: deep}}}},
		`intent userName "ada" of legacy/users: saved cannot be stored: the name "a" appears twice in one object`: {
			Open: &transform.Intent{Key: transform.Key{Path: "userName", Value: "ada"}, Saved: map[string]scim.Value{"x": twice}}},
	} {
		if err := space.Commit(change); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if got := titleOf(space, "1"); got != "none" {
		t.Errorf("a refused record is visible: %q", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	store := mustOpen(t, newPath(t))
	var users sync.WaitGroup
	for user := range 16 {
		users.Go(func() {
			space, id := store.Space("legacy", "users"), strconv.Itoa(user)
			for round := range 20 {
				change := transform.Change{Durable: round%3 == 0, Put: titled(id, strings.Repeat("x", round))}
				change.Put.Keys = []transform.Key{{Path: "title", Value: "all"}}
				mustCommitFrom(t, space, change)
				if got := titleOf(space, id); len(got) != round {
					t.Errorf("user %s reads %q after round %d", id, got, round)
				}
				space.ByKey(change.Put.Keys[0])
				space.Remembered()
			}
		})
	}
	users.Wait()
	mustClose(t, store)
	space := mustOpen(t, store.path).Space("legacy", "users")
	for user := range 16 {
		if got := titleOf(space, strconv.Itoa(user)); len(got) != 19 {
			t.Errorf("user %d is %q after a restart", user, got)
		}
	}
}
