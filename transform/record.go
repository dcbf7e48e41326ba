package transform

import (
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
	// Resource is the visible resource as last written; only for kinds whose
	// active is `exists`, where it is what remains of a deleted account.
	Resource scim.Value
	Gone     bool  // deleted at the vendor and remembered (active: exists)
	Keys     []Key // the values under which a filter finds this record
}

// Pair is one kept value. While the vendor's side reads as Back, Entra is shown
// Sent; a pair that is not Settled takes the first later read as its Back.
type Pair struct {
	Sent, Back scim.Value
	Settled    bool
}

// Key is a value that identifies a resource: the dotted attribute path and the
// value folded by the schema's case rule.
type Key struct{ Path, Value string }

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
