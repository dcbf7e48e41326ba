package transform

import (
	"time"

	"scimshim/transform/scim"
)

// Move is what a plan wants done next: Ask, Send, Commit or Reply.
type Move interface{ move() }

// Ask is answered from what the gateway remembers; it costs no native call.
type Ask struct {
	Kind       *Kind             // whose memory it is
	ID         string            // the record of this SCIM id
	IDs        []string          // the records of these, likewise
	Natives    []string          // the records of these native ids, and those that Entra knows by them
	Keys       []Key             // the records and open intents under these values, and whether they were proved absent
	Kept       []scim.Comparison // the records that keep a value of which one of these holds
	Remembered bool              // the records of everyone deleted and remembered
	Intents    bool              // every open intent
	Index      *Key              // where the index of a vendor without search has this value
	Lookup     *Lookup           // its table
	After      time.Time         // of Lookup: a table that was fetched later
}

// Send is one native call.
type Send struct {
	Call    *Call
	Request NativeRequest
	Fields  scim.Value    // of a write: the native fields that it carries
	Why     string        // for explain and the log: "find by userName"
	After   time.Duration // before it is sent: the vendor has not finished yet

	kind       *Kind
	paging     *paging    // of a list: how far it has been read
	id, member scim.Value // what the call is about, and the member in it
	lookup     *Lookup    // whose table it lists
	refers     bool       // it asks about somebody whom the request refers to

	from    *rendering        // nil: it needs no session
	cookies map[string]string // of a login: those set before
}

// Commit is what to remember. Listed, Nobody and Stale concern the gateway's
// memory alone.
type Commit struct {
	Kind    *Kind // whose memory it is
	Change  Change
	Listed  []Entry // the complete list just read, for the index
	Written *Entry  // a resource just written or seen, for the index
	Removed string  // the native id of a resource just deleted
	Nobody  *Key    // has this value: a create right after need not look again
	Taken   []Key   // somebody has these unique values from now on
	Stale   bool    // the index was contradicted
	Lookup  *Lookup // whose Table was fetched
	Table   *LookupTable
	Why     string
}

// Entry is one resource of the index, and what it is found by.
type Entry struct {
	Native string
	Marks  []Mark // of its values
	Piece  bool   // it has further values, which no answer has shown
	Taken  []Key  // of a resource just written: its unique values
}

// Reply ends a plan.
type Reply struct {
	Status   int
	Body     scim.Value  // Absent: no body
	Error    *scim.Error // instead of Body
	Location string
	Version  string    // of the resource that is shown; "": none is known
	Dropped  []Dropped // for the log
	Resent   []string  // attributes that Entra sent again although it was shown them
}

// Refers reports whether the call asks about somebody whom the request refers to,
// whom the caller names without having been shown him.
func (s Send) Refers() bool { return s.refers }

// Unfinished is the outcome of a call that there is no time left to pause for.
func (s Send) Unfinished() Outcome { return unfinished() }

// Kind is what the call is about: users or groups.
func (s Send) Kind() *Kind { return s.kind }

// ID is the vendor's id of the resource that the call names; "" where it names none.
func (s Send) ID() string { return s.id.Text() }

func (Ask) move()    {}
func (Send) move()   {}
func (Commit) move() {}
func (Reply) move()  {}

// OutcomeKind says how a move went.
type OutcomeKind uint8

const (
	Done        OutcomeKind = iota // it is so now; there may be an answer to read
	Found                          // here it is: Native, Items or Records
	Absent                         // the vendor or the memory says that there is none
	Refused                        // the vendor will not: nothing happened
	Throttled                      // later: nothing happened
	Unavailable                    // the vendor could not answer
	Unclear                        // it may or may not have happened
)

var outcomeNames = [...]string{"done", "found", "absent", "refused", "throttled", "unavailable", "unclear"}

func (k OutcomeKind) String() string { return outcomeNames[k] }

// Outcome is how a move went.
type Outcome struct {
	Kind OutcomeKind

	// Of a Send: the answer, read.
	Native  scim.Value
	Items   []scim.Value
	ID      string // named by save, the item or the Location
	Saved   map[string]scim.Value
	Next    scim.Value // for the next page
	Last    bool       // no further page
	Pending bool       // not finished yet: `until` does not hold

	// Of a failed Send: what to tell the caller.
	Status     int
	ScimType   string
	Attribute  string
	Detail     string
	RetryAfter int  // seconds
	Unwritten  bool // certainly nothing reached the vendor
	Down       bool // it speaks of the vendor as a whole: it was not reached, did not answer, or could not

	Pause    time.Duration // how long the vendor wants no further call
	Repeats  int           // how often the same request may be sent again
	RepeatIn time.Duration // and when
	Doubt    Doubt

	// Of an absence: may it be believed? README, "What may be said about a user".
	Shown bool // this upstream has shown some resource since it last failed
	Flood bool // too many absences in a row

	// Of an Ask; and of a create, whoever is known by the id that it names.
	Records []*Record
	Intents []*Intent
	Natives []string // the index: native ids under a key
	Nobody  bool     // has the first of these values: proved a moment ago

	Table *LookupTable // of a lookup; nil and no Status: the asker is to fetch it
}
