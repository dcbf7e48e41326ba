package gateway

import (
	"sync"
	"testing"
	"time"
)

func key(value string) lockName { return lockName{"v", "users", false, value} }
func id(value string) lockName  { return lockName{"v", "users", true, value} }

// Each of two wants the other's first: taking them in one order they both end.
func TestLocksOrder(t *testing.T) {
	l := newLocks(time.Minute)
	var both sync.WaitGroup
	for _, names := range [][]lockName{{id("1"), key("a"), key("b")}, {key("b"), key("a"), id("1")}} {
		both.Go(func() {
			for range 1000 {
				h, ok := l.acquire(names)
				if !ok {
					t.Error("a lock was refused")
					return
				}
				h.release()
			}
		})
	}
	both.Wait()
	if len(l.open) != 0 {
		t.Errorf("%d locks are left over", len(l.open))
	}
}

func TestLocksExclude(t *testing.T) {
	l := newLocks(time.Minute)
	counter := 0 // unguarded: the race detector watches it
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				h, _ := l.acquire([]lockName{key("a")})
				counter++
				h.release()
			}
		})
	}
	all.Wait()
	if counter != 1600 {
		t.Errorf("counted %d, want 1600", counter)
	}
}

func TestLocksWaitInVain(t *testing.T) {
	l := newLocks(0)
	first, ok := l.acquire([]lockName{key("b")})
	if !ok {
		t.Fatal("a free lock was refused")
	}
	if _, ok := l.acquire([]lockName{key("a"), key("b")}); ok {
		t.Error("a lock was given twice")
	}
	if first.try(id("1")); !first.holds([]lockName{id("1"), key("b")}) {
		t.Error("an id cannot be added")
	}
	second, _ := l.acquire([]lockName{key("c")})
	if second.try(id("1")) || second.add(id("1")) {
		t.Error("an id was given twice")
	}
	if !first.add(key("b")) {
		t.Error("what is held already is refused")
	}
	first.release()
	if !second.add(id("1")) {
		t.Error("a lock was not given back")
	}
	second.release()
	if len(l.open) != 0 {
		t.Errorf("%d locks are left over", len(l.open))
	}
}

// A list of members may name somebody twice.
func TestLocksTwice(t *testing.T) {
	l := newLocks(0)
	h, ok := l.acquire([]lockName{id("2"), id("1"), key("3"), id("2")})
	if !ok {
		t.Fatal("a lock was refused")
	}
	if !h.holds([]lockName{id("2"), key("3"), id("1")}) || h.holds([]lockName{id("1"), id("3")}) {
		t.Errorf("held are %v", h.names)
	}
	h.release()
	if len(l.open) != 0 {
		t.Errorf("%d locks are left over", len(l.open))
	}
}
