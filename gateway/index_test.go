package gateway

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

func entry(native string, values ...string) transform.Entry {
	e := transform.Entry{Native: native}
	for _, value := range values {
		e.Marks = append(e.Marks, name(value).Mark())
	}
	return e
}

func listed(entries ...transform.Entry) transform.Commit {
	return transform.Commit{Listed: append([]transform.Entry{}, entries...)}
}

func written(native string, values ...string) transform.Commit {
	e := entry(native, values...)
	return transform.Commit{Written: &e}
}

func TestIndex(t *testing.T) {
	unclear := transform.Outcome{Kind: transform.Unclear}
	absent := transform.Outcome{Kind: transform.Absent}
	found := func(natives ...string) transform.Outcome {
		return transform.Outcome{Kind: transform.Found, Natives: natives}
	}
	for _, test := range []struct {
		name    string
		commits []transform.Commit
		age     time.Duration
		want    transform.Outcome // of looking for ann
	}{
		{"never listed", nil, 0, unclear},
		{"written, never listed", []transform.Commit{written("1", "ann")}, 0, unclear},
		{"nobody there", []transform.Commit{listed()}, 0, absent},
		{"found", []transform.Commit{listed(entry("1", "ann"), entry("2", "bob"))}, indexFresh, found("1")},
		{"found twice", []transform.Commit{listed(entry("1", "ann"), entry("2", "ann"))}, 0, found("1", "2")},
		{"too old", []transform.Commit{listed(entry("1", "ann"))}, indexFresh + 1, unclear},
		{"written", []transform.Commit{listed(), written("1", "ann")}, 0, found("1")},
		{"renamed", []transform.Commit{listed(entry("1", "ann")), written("1", "anna")}, 0, absent},
		{"removed", []transform.Commit{listed(entry("1", "ann")), {Removed: "1"}}, 0, absent},
		{"written, a piece shown", []transform.Commit{listed(entry("1", "ann")), {Written: &transform.Entry{Native: "1", Marks: []transform.Mark{name("anna").Mark()}, Piece: true}}}, 0, found("1")},
		{"written, a new name shown", []transform.Commit{listed(entry("1", "anna")), {Written: &transform.Entry{Native: "1", Marks: []transform.Mark{name("ann").Mark()}, Piece: true}}}, 0, found("1")},
		{"listed again", []transform.Commit{listed(entry("1", "ann")), listed(entry("2", "bob"))}, 0, absent},
		{"contradicted", []transform.Commit{listed(entry("1", "ann")), {Stale: true}}, 0, unclear},
	} {
		t.Run(test.name, func(t *testing.T) {
			var x index
			for _, c := range test.commits {
				x.commit(c, 0, start)
			}
			if diff := cmp.Diff(test.want, x.find(name("ann"), start.Add(test.age))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is written while somebody lists may be missing from the list.
func TestIndexWrittenMeanwhile(t *testing.T) {
	var x index
	if leads, _ := x.lead(x.begin); !leads {
		t.Fatal("nobody leads")
	}
	x.commit(written("1", "ann"), 0, start)
	x.commit(transform.Commit{Removed: "2"}, 0, start)
	x.commit(listed(entry("2", "bob")), 0, start)
	x.end()
	got := []transform.OutcomeKind{x.find(name("ann"), start).Kind, x.find(name("bob"), start).Kind}
	if diff := cmp.Diff([]transform.OutcomeKind{transform.Found, transform.Absent}, got); diff != "" {
		t.Error(diff)
	}
	x.commit(transform.Commit{Removed: "1"}, 0, start)
	if got := x.find(name("ann"), start).Kind; got != transform.Absent {
		t.Errorf("the journal outlived the listing: %s", got)
	}
}

func TestIndexContradictedMeanwhile(t *testing.T) {
	var x index
	x.lead(x.begin)
	x.commit(transform.Commit{Stale: true}, 0, start)
	x.commit(listed(entry("1", "ann")), 0, start)
	x.end()
	if got := x.find(name("ann"), start).Kind; got != transform.Unclear {
		t.Errorf("the list is believed: %s", got)
	}
}

// After a reload the keys may be others: what was listed or is written by an
// exchange with the files of before is not looked up.
func TestIndexOfAnotherSnapshot(t *testing.T) {
	for _, test := range []struct {
		name    string
		commits []transform.Commit // of the snapshot before, after the new one has listed
		want    transform.OutcomeKind
	}{
		{"nothing", nil, transform.Absent},
		{"wrote", []transform.Commit{written("1", "ann")}, transform.Unclear},
		{"removed", []transform.Commit{{Removed: "1"}}, transform.Unclear},
		{"listed", []transform.Commit{listed(entry("1", "ann"))}, transform.Unclear},
		{"proved a miss", []transform.Commit{{Nobody: &transform.Key{}}}, transform.Absent},
	} {
		t.Run(test.name, func(t *testing.T) {
			var x index
			x.commit(listed(entry("1", "ann")), 0, start)
			if x.renew(1); x.find(name("ann"), start).Kind != transform.Unclear {
				t.Error("the list outlived its snapshot")
			}
			x.lead(x.begin)
			x.commit(listed(), 1, start)
			x.end()
			for _, c := range test.commits {
				x.commit(c, 0, start)
			}
			if got := x.find(name("ann"), start).Kind; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestIndexOneLists(t *testing.T) {
	var x index
	x.lead(x.begin)
	leads, wait := x.lead(x.begin)
	if leads {
		t.Fatal("two list at once")
	}
	select {
	case <-wait:
		t.Fatal("the second does not wait")
	default:
	}
	x.end()
	<-wait
	if leads, _ := x.lead(x.begin); !leads {
		t.Error("nobody lists after the first has ended")
	}
}
