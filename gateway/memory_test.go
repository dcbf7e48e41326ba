package gateway

import (
	"path/filepath"
	"slices"
	"strconv"
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
	return newMemory(store.Space("legacy", "users"), func(r *transform.Record) []transform.Key {
		return slices.DeleteFunc(slices.Clone(r.Keys), func(key transform.Key) bool { return key.Path != "userName" })
	})
}

func (m *memory) must(t *testing.T, began, now time.Time, commits ...transform.Commit) {
	t.Helper()
	for _, c := range commits {
		if err := m.commit(c, began, now); err != nil {
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
	write := transform.Commit{Written: &transform.Entry{Native: "1", Keys: []transform.Key{ann}}}
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
		{"one of two", func(m *memory) { m.must(t, start, start, miss) }, []transform.Key{ann, other}, 0, false},
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
		{"kept since", func(m *memory) {
			m.must(t, start, start, miss, transform.Commit{Change: transform.Change{Put: &transform.Record{ID: "1", Keys: []transform.Key{ann}}}})
		}, []transform.Key{ann}, 0, false},
		{"another attribute written", func(m *memory) {
			m.must(t, start, start, miss)
			for i := range missMost {
				title := transform.Key{Path: "title", Value: strconv.Itoa(i)}
				m.must(t, start, start, transform.Commit{Written: &transform.Entry{Native: "1", Keys: []transform.Key{title}}})
			}
		}, []transform.Key{ann}, 0, true},
		{"claimed since", func(m *memory) {
			m.must(t, start, start, miss, transform.Commit{Change: transform.Change{Open: &transform.Intent{Key: ann}}})
		}, []transform.Key{ann}, 0, false},
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
