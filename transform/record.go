package transform

import (
	"maps"
	"slices"
	"time"

	"scimshim/transform/scim"
)

// Record is what the gateway remembers of one user or group. Most need none:
// a record exists where the gateway wrote the resource, so that its deletion
// and its kept values can be told.
type Record struct {
	ID     string // the SCIM id, which Entra caches as its anchor
	Native string // the vendor's id; differs from ID only for a re-created resource; "" when Gone
	// Kept holds, by dotted attribute path, what Entra sent where the vendor
	// shows something else, or has no home for it.
	Kept map[string]Pair
	// Fresh are the values, by dotted attribute path, that Entra sent and the
	// vendor's answer showed as sent, until a later read confirms them or shows
	// what became of them: an object, or Absent. Nearly all values are so after a
	// create, of a user whom nobody may ever read again.
	Fresh scim.Value
	// Resource is the visible resource as last written; only for kinds whose
	// active is `exists`, where it is what remains of a deleted account.
	Resource scim.Value
	Gone     bool  // deleted at the vendor and remembered (active: exists)
	Left     int64 // since when, in seconds of Unix time; 0: not known
	Keys     []Key // the values under which a filter finds this record
}

// Pair is one kept value. While the vendor's side reads as Back, Entra is shown
// Sent; a pair that is not Settled takes the first later read as its Back.
type Pair struct {
	Sent, Back scim.Value
	Settled    bool
}

// pair is what is remembered of an attribute.
func (r *Record) pair(name string) (pair Pair, kept bool) {
	if pair, kept = r.Kept[name]; kept {
		return pair, true
	}
	if sent := r.Fresh.Member(name); !sent.IsAbsent() {
		return Pair{Sent: sent, Back: sent}, true
	}
	return Pair{}, false
}

// Keeps reports whether a value that the record keeps compares as one of these.
func (k *Kind) Keeps(r *Record, asked []scim.Comparison) bool {
	return slices.ContainsFunc(k.Attributes, func(a *Attribute) bool {
		pair, kept := r.pair(a.Name)
		return kept && slices.ContainsFunc(asked, func(c scim.Comparison) bool {
			return (a.Path.Covers(c.Path) || c.Path.Covers(a.Path)) && c.Holds(a.Path.Set(scim.Object(), pair.Sent))
		})
	})
}

// keep is remembered of an attribute from now on. The record must be the
// caller's alone.
func (r *Record) keep(name string, pair Pair) {
	if r.Kept == nil {
		r.Kept = map[string]Pair{}
	}
	r.Kept[name] = pair
}

// values is how many are remembered.
func (r *Record) values() int { return len(r.Kept) + len(r.Fresh.Members()) }

func (r *Record) clone() *Record {
	out := *r
	out.Kept = maps.Clone(r.Kept)
	return &out
}

// equal reports whether both remember the same; the keys follow from the rest.
func (r *Record) equal(o *Record) bool {
	if r.ID != o.ID || r.Native != o.Native || r.Gone != o.Gone || !r.Resource.Equal(o.Resource) || !r.Fresh.Equal(o.Fresh) {
		return false
	}
	return maps.EqualFunc(r.Kept, o.Kept, func(p, q Pair) bool {
		return p.Settled == q.Settled && p.Sent.Equal(q.Sent) && p.Back.Equal(q.Back)
	})
}

// keepsMore reports whether losing the record would lose a value that the
// vendor does not show.
func (r *Record) keepsMore(old *Record) bool {
	for name, pair := range r.Kept {
		if pair.Sent.Equal(pair.Back) {
			continue
		}
		if old == nil {
			return true
		}
		if was, _ := old.pair(name); !was.Sent.Equal(pair.Sent) {
			return true
		}
	}
	return old != nil && old.values() > r.values()
}

// fresh reports whether the vendor's answer showed the value as it was sent, and
// no later read has. A value that was cleared is none.
func (p Pair) fresh() bool { return !p.Settled && !p.Sent.IsAbsent() && p.Back.Equal(p.Sent) }

// own is the pair in memory of its own, once where both are the same: a record
// stays for long, and must not keep the bodies that it was made from.
func (p Pair) own() Pair {
	p.Sent = p.Sent.Clone()
	if p.Back.Equal(p.Sent) {
		p.Back = p.Sent
	} else {
		p.Back = p.Back.Clone()
	}
	return p
}

// Key is a value that identifies a resource: the dotted attribute path and the
// value folded by the schema's case rule.
type Key struct{ Path, Value string }

// Mark stands for a key where many are held. Two keys may have one: whoever is
// found by it is looked at, and nobody is missed.
type Mark uint64

// Mark is the same in every process.
func (k Key) Mark() Mark { return Mark(scim.String(k.Path + "\n" + k.Value).Hash()) }

// Intent is a create that has not been answered 2xx. It is durable before the
// first native call; while it is open its user is not shown.
type Intent struct {
	Key    Key                   // the unique value that the create claims
	ID     string                // the SCIM id to keep, when a remembered resource is re-created
	Native string                // the vendor's id, once an answer has named it
	Step   int                   // the create call to resume at
	Saved  map[string]scim.Value // values captured for later calls
	Opened int64                 // when, in seconds of Unix time
}

// intentLife bounds how long a create may be repeated: whoever is found under
// its name much later need not be the one that it made. Entra in quarantine
// tries once a day.
const intentLife = 7 * 24 * time.Hour

// mayResume reports whether what is found under the intent's value may be taken
// for what its create made.
func (i *Intent) mayResume(now time.Time) bool {
	return now.Sub(time.Unix(i.Opened, 0)) < intentLife
}

// Change is what one Commit writes, all of it or nothing. A durable change is
// on disk before Commit returns.
type Change struct {
	Durable bool
	Put     *Record // written whole
	Drop    string  // SCIM id of the record to remove
	Open    *Intent // opened, or moved on
	Close   Key     // the intent to remove; zero: none
}
