package gateway

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway/state"
	"scimshim/transform"
)

var start = time.Unix(1_000_000, 0)

func newTestMemory(t *testing.T) *memory {
	t.Helper()
	store, err := state.Open(filepath.Join(t.TempDir(), "scimshim.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return newMemory(store.Space("legacy", "users"))
}

func (m *memory) must(t *testing.T, began, now time.Time, commits ...transform.Commit) {
	t.Helper()
	for _, c := range commits {
		if err := m.commit(c, 0, began, now); err != nil {
			t.Fatal(err)
		}
	}
}

func name(value string) transform.Key { return transform.Key{Path: "userName", Value: value} }

func TestMemoryAnswer(t *testing.T) {
	m := newTestMemory(t)
	ann := &transform.Record{ID: "1", Native: "1", Keys: []transform.Key{name("ann")}}
	bob := &transform.Record{ID: "2", Native: "22", Keys: []transform.Key{name("bob")}}
	gone := &transform.Record{ID: "3", Gone: true, Keys: []transform.Key{name("cid")}}
	dan := &transform.Intent{Key: name("dan")}
	m.must(t, start, start, transform.Commit{Change: transform.Change{Put: ann}}, transform.Commit{Change: transform.Change{Put: bob}},
		transform.Commit{Change: transform.Change{Put: gone}}, transform.Commit{Change: transform.Change{Open: dan}})
	for _, test := range []struct {
		name string
		ask  transform.Ask
		want transform.Outcome
	}{
		{"by id", transform.Ask{ID: "1"}, transform.Outcome{Kind: transform.Found, Records: []*transform.Record{ann}}},
		{"unknown id", transform.Ask{ID: "9"}, transform.Outcome{Kind: transform.Absent}},
		{"an id shadowed by a re-created resource", transform.Ask{ID: "22"}, transform.Outcome{Kind: transform.Found, Records: []*transform.Record{bob}}},
		{"natives", transform.Ask{Natives: []string{"22", "1", "7", "", "22"}}, transform.Outcome{Kind: transform.Found, Records: []*transform.Record{bob, ann}}},
		{"key", transform.Ask{Keys: []transform.Key{name("bob")}}, transform.Outcome{Kind: transform.Found, Records: []*transform.Record{bob}}},
		{"key of an intent", transform.Ask{Keys: []transform.Key{name("dan")}}, transform.Outcome{Kind: transform.Found, Intents: []*transform.Intent{dan}}},
		{"all intents once", transform.Ask{Keys: []transform.Key{name("dan")}, Intents: true}, transform.Outcome{Kind: transform.Found, Intents: []*transform.Intent{dan}}},
		{"remembered", transform.Ask{Keys: []transform.Key{name("cid")}, Remembered: true}, transform.Outcome{Kind: transform.Found, Records: []*transform.Record{gone}}},
		{"unknown key", transform.Ask{Keys: []transform.Key{name("eve")}}, transform.Outcome{Kind: transform.Absent}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, m.answer(test.ask, start)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A miss that was proved saves a look-up, unless somebody wrote the value since.
func TestMemoryMisses(t *testing.T) {
	ann, other := name("ann"), name("other")
	miss := transform.Commit{Nobody: &ann}
	write := transform.Commit{Taken: []transform.Key{ann}}
	for _, test := range []struct {
		name string
		do   func(*memory)
		ask  []transform.Key
		at   time.Duration
		want bool
	}{
		{"proved", func(m *memory) { m.must(t, start, start, miss) }, []transform.Key{ann}, missFresh, true},
		{"too old", func(m *memory) { m.must(t, start, start, miss) }, []transform.Key{ann}, missFresh + 1, false},
		{"never asked", func(*memory) {}, []transform.Key{ann}, 0, false},
		{"the first of two", func(m *memory) { m.must(t, start, start, miss) }, []transform.Key{ann, other}, 0, true},
		{"the second of two", func(m *memory) { m.must(t, start, start, miss) }, []transform.Key{other, ann}, 0, false},
		{"before the files were read again", func(m *memory) {
			m.must(t, start, start, miss)
			m.renew(0)
		}, []transform.Key{ann}, 0, false},
		{"by an exchange with the files of before", func(m *memory) {
			m.renew(1)
			m.must(t, start, start, miss)
		}, []transform.Key{ann}, 0, false},
		{"no key", func(m *memory) { m.must(t, start, start, miss) }, nil, 0, false},
		{"written since", func(m *memory) { m.must(t, start, start, miss, write) }, []transform.Key{ann}, 0, false},
		{"written while it was looked for", func(m *memory) {
			m.must(t, start, start.Add(1), write)
			m.must(t, start, start.Add(2), miss)
		}, []transform.Key{ann}, 2, false},
		{"written before it was looked for", func(m *memory) {
			m.must(t, start, start, write)
			m.must(t, start.Add(1), start.Add(2), miss)
		}, []transform.Key{ann}, 2, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newTestMemory(t)
			test.do(m)
			if got := m.answer(transform.Ask{Keys: test.ask}, start.Add(test.at)).Nobody; got != test.want {
				t.Errorf("missing is %t, want %t", got, test.want)
			}
		})
	}
}

func TestMemoryBoundsMisses(t *testing.T) {
	m := newTestMemory(t)
	for i := range 3 * missMost {
		m.wrote([]transform.Key{{Path: "userName", Value: string(rune(i))}}, start)
	}
	if len(m.proofs) > missMost {
		t.Errorf("%d proofs are kept", len(m.proofs))
	}
}

// TestMemoryManyRecords: of the many that a group asks for each is given once, too.
func TestMemoryManyRecords(t *testing.T) {
	m := newTestMemory(t)
	var ask transform.Ask
	var want []*transform.Record
	for i := range 2 * few {
		record := &transform.Record{ID: fmt.Sprint("i", i), Native: fmt.Sprint("n", i)}
		m.must(t, start, start, transform.Commit{Change: transform.Change{Put: record}})
		want, ask.Natives = append(want, record), append(ask.Natives, record.Native, record.Native)
	}
	ask.IDs = []string{"i3", "n3"}
	want = append([]*transform.Record{want[3]}, slices.Delete(slices.Clone(want), 3, 4)...)
	if diff := cmp.Diff(want, m.records(ask)); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkMemoryRecords: the time for each must not grow with their number.
func BenchmarkMemoryRecords(b *testing.B) {
	store, err := state.Open(filepath.Join(b.TempDir(), "scimshim.db"), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	m := newMemory(store.Space("legacy", "users"))
	var ids []string
	var all sync.WaitGroup
	for i := range 20000 {
		id := fmt.Sprint("u", i)
		ids = append(ids, id)
		all.Go(func() {
			if err := m.space.Commit(transform.Change{Put: &transform.Record{ID: id, Native: id}}); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	for _, n := range []int{200, 2000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if got := m.records(transform.Ask{Natives: ids[:n]}); len(got) != n {
					b.Fatalf("%d records of %d", len(got), n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
		})
	}
}
