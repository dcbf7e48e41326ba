package state

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// model is what a space must answer, kept in the plainest way.
type model struct {
	records map[string]*transform.Record
	intents map[transform.Key]*transform.Intent
}

func (m model) apply(change transform.Change) {
	delete(m.records, change.Drop)
	if change.Put != nil {
		m.records[change.Put.ID] = change.Put
	}
	delete(m.intents, change.Close)
	if change.Open != nil {
		m.intents[change.Open.Key] = change.Open
	}
}

// where are the records that a test holds for, sorted by id.
func (m model) where(holds func(*transform.Record) bool) []*transform.Record {
	var list []*transform.Record
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		if holds(m.records[id]) {
			list = append(list, m.records[id])
		}
	}
	return list
}

func (m model) sortedIntents() []*transform.Intent {
	return slices.SortedFunc(maps.Values(m.intents), func(a, b *transform.Intent) int {
		return cmp.Or(strings.Compare(a.Key.Path, b.Key.Path), strings.Compare(a.Key.Value, b.Key.Value))
	})
}

// The names are few, so that changes meet.
var (
	someIDs     = rapid.SampledFrom([]string{"1", "2", "3", "ä\x00'"})
	someNatives = rapid.SampledFrom([]string{"", "1", "2", "n"})
	someKeys    = rapid.SampledFrom([]transform.Key{{Path: "userName", Value: "ada"}, {Path: "userName", Value: ""}, {Path: "title", Value: "ada"}})
)

func someValue(t *rapid.T) scim.Value {
	switch rapid.IntRange(0, 5).Draw(t, "kind of value") {
	case 0:
		return scim.Value{}
	case 1:
		return scim.Null()
	case 2:
		return scim.Bool(rapid.Bool().Draw(t, "boolean"))
	case 3:
		return scim.Int(rapid.Int64().Draw(t, "number"))
	case 4:
		return scim.ListOf(scim.Object(scim.Member{Name: rapid.String().Draw(t, "name"), Value: someValue(t)}))
	}
	return scim.String(rapid.String().Draw(t, "string"))
}

func someRecord(t *rapid.T) *transform.Record {
	record := &transform.Record{
		ID: someIDs.Draw(t, "id"), Native: someNatives.Draw(t, "native"), Gone: rapid.Bool().Draw(t, "gone"),
		Resource: someValue(t),
		Keys:     rapid.SliceOfN(someKeys, 0, 3).Draw(t, "keys"),
		Kept:     map[string]transform.Pair{},
	}
	for _, path := range rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "kept") {
		record.Kept[path] = transform.Pair{Sent: someValue(t), Back: someValue(t), Settled: rapid.Bool().Draw(t, "settled")}
	}
	fresh := scim.DraftOf(scim.Value{}, 0)
	for _, path := range rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "fresh") {
		fresh.Set(path, someValue(t))
	}
	record.Fresh = fresh.Own()
	return record
}

func someChange(t *rapid.T) transform.Change {
	change := transform.Change{Durable: rapid.Bool().Draw(t, "durable")}
	if rapid.Bool().Draw(t, "put") {
		change.Put = someRecord(t)
	}
	if rapid.Bool().Draw(t, "drop") {
		change.Drop = someIDs.Draw(t, "dropped")
	}
	if rapid.Bool().Draw(t, "close") {
		change.Close = someKeys.Draw(t, "closed")
	}
	if rapid.Bool().Draw(t, "open") {
		change.Open = &transform.Intent{Key: someKeys.Draw(t, "key"), ID: rapid.String().Draw(t, "id"),
			Native: rapid.String().Draw(t, "native"), Step: rapid.IntRange(0, 9).Draw(t, "step"),
			Saved: map[string]scim.Value{rapid.String().Draw(t, "saved"): someValue(t)}}
		maps.DeleteFunc(change.Open.Saved, func(_ string, v scim.Value) bool { return v.IsAbsent() })
	}
	return change
}

func TestMemoryIsDisk(t *testing.T) {
	dir, files := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		files++
		path := filepath.Join(dir, fmt.Sprint(files))
		store, err := Open(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		without := InMemory()
		want := model{map[string]*transform.Record{}, map[transform.Key]*transform.Intent{}}
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			change := someChange(t)
			for _, s := range []*Store{store, without} {
				if err := s.Space("legacy", "users").Commit(change); err != nil {
					t.Fatal(err)
				}
			}
			want.apply(change)
			compare(t, "in memory", store.Space("legacy", "users"), want)
			compare(t, "without a file", without.Space("legacy", "users"), want)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		if store, err = Open(path, 0); err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		compare(t, "after a restart", store.Space("legacy", "users"), want)
	})
}

func compare(t *rapid.T, when string, space *Space, want model) {
	check := func(what string, want, got any) {
		if diff := gocmp.Diff(want, got, equal, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s, %s: %s", when, what, diff)
		}
	}
	for _, id := range []string{"1", "2", "3", "ä\x00'"} {
		check("id "+id, want.records[id], space.ByID(id))
	}
	for _, native := range []string{"1", "2", "n"} {
		var first *transform.Record
		if list := want.where(func(r *transform.Record) bool { return r.Native == native }); len(list) > 0 {
			first = list[0]
		}
		check("native "+native, first, space.ByNative(native))
	}
	for _, key := range []transform.Key{{Path: "userName", Value: "ada"}, {Path: "userName", Value: ""}, {Path: "title", Value: "ada"}} {
		holds := func(r *transform.Record) bool { return slices.Contains(r.Keys, key) }
		check(fmt.Sprint("key ", key), want.where(holds), space.ByKey(key))
		check(fmt.Sprint("intent ", key), want.intents[key], space.Intent(key))
	}
	check("gone", want.where(func(r *transform.Record) bool { return r.Gone }), space.Remembered())
	check("intents", want.sortedIntents(), space.Intents())
}
