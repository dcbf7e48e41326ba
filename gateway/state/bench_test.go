package state

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// sample is a record as a vendor with two kept attributes leaves it.
func sample(i int) *transform.Record {
	id := fmt.Sprint(i)
	return &transform.Record{
		ID: id, Native: id,
		Kept: map[string]transform.Pair{
			"externalId": {Sent: scim.String("ext-" + id)},
			"title":      {Sent: scim.String("Head of " + id), Back: scim.String("HEAD OF " + id), Settled: true},
		},
		Keys: []transform.Key{{Path: "userName", Value: "user" + id + "@example.com"}, {Path: "externalId", Value: "ext-" + id}},
	}
}

func benchStore(b *testing.B, records int) (*Space, string) {
	path := filepath.Join(b.TempDir(), "scimshim.db")
	store, err := Open(path, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	space := store.Space("legacy", "users")
	for i := range records {
		if err := space.Commit(transform.Change{Durable: i == records-1, Put: sample(i)}); err != nil {
			b.Fatal(err)
		}
	}
	return space, path
}

// BenchmarkMemory holds 100,000 records, with their places in the indexes: of
// users of whom nothing has to be kept, who were just created or read since.
func BenchmarkMemory(b *testing.B) {
	b.Run("settled", func(b *testing.B) { benchMemory(b, scim.Value{}) })
	fresh := scim.DraftOf(scim.Value{}, 0)
	for i := range 12 {
		fresh.Set(fmt.Sprintf("attribute%02d", i), scim.String("some twenty letters."))
	}
	b.Run("fresh", func(b *testing.B) { benchMemory(b, fresh.Own()) })
}

func benchMemory(b *testing.B, fresh scim.Value) {
	const records = 100_000
	for b.Loop() {
		before, space := heap(), InMemory().Space("legacy", "users")
		for i := range records {
			id, draft := fmt.Sprintf("%08d", i), scim.DraftOf(fresh, 0)
			record := &transform.Record{ID: id, Native: id, Fresh: draft.Own()}
			if !fresh.IsAbsent() {
				record.Keys = []transform.Key{{Path: "userName", Value: "user" + id + "@example.com"}}
			}
			if err := space.Commit(transform.Change{Put: record}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric((heap()-before)/records, "B/record")
		runtime.KeepAlive(space)
	}
}

// heap is how many bytes are in use.
func heap() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

func BenchmarkByID(b *testing.B) {
	space, _ := benchStore(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		if space.ByID("500") == nil {
			b.Fatal("the record is gone")
		}
	}
}

func BenchmarkByKey(b *testing.B) {
	space, _ := benchStore(b, 1000)
	key := transform.Key{Path: "externalId", Value: "ext-500"}
	b.ReportAllocs()
	for b.Loop() {
		if len(space.ByKey(key)) != 1 {
			b.Fatal("the record is gone")
		}
	}
}

func BenchmarkCommitDurable(b *testing.B) { benchCommit(b, true) }

func BenchmarkCommit(b *testing.B) { benchCommit(b, false) }

func benchCommit(b *testing.B, durable bool) {
	space, _ := benchStore(b, 1000)
	// SQLite writes nothing where a row stays what it was, so two take turns.
	puts := [2]*transform.Record{sample(500), sample(500)}
	puts[1].Kept = map[string]transform.Pair{"externalId": {Sent: scim.String("ext-other")}}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		if err := space.Commit(transform.Change{Durable: durable, Put: puts[i%2]}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCommitDurableParallel shows what the group commit gains.
func BenchmarkCommitDurableParallel(b *testing.B) {
	space, _ := benchStore(b, 1000)
	before := space.store.transactions
	var next atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := space.Commit(transform.Change{Durable: true, Put: sample(1000 + int(next.Add(1)))}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/float64(space.store.transactions-before), "commits/transaction")
}

func BenchmarkOpen(b *testing.B) {
	b.Run("missing", func(b *testing.B) {
		dir, i := b.TempDir(), 0
		for b.Loop() {
			i++
			reopen(b, filepath.Join(dir, fmt.Sprint(i)))
		}
	})
	for _, records := range []int{0, 100, 10_000} {
		b.Run(fmt.Sprint(records), func(b *testing.B) {
			space, path := benchStore(b, records)
			if err := space.store.Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				reopen(b, path)
			}
		})
	}
}

func reopen(b *testing.B, path string) {
	store, err := Open(path, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}
