// Package transform turns SCIM requests into native calls and native answers
// into SCIM resources. It is pure: a Plan is told what happened and says what
// to do next, and nothing here reads a clock, a socket or a file.
//
// Start at Plan.Next (plan.go). A Program (program.go) is the list of steps
// that a vendor file makes of one SCIM operation; Attribute (attribute.go) is a
// row of the two-way mapping; Call (call.go) is one native call as the file
// writes it, and Send.Outcome (answer.go) reads its answer, both in a Format
// (format.go); paging.go says how a list goes on, repeat.go what may be sent again, and
// session.go what a login captures. A search is split in search.go and asked for in
// find.go and list.go; lookup.go has tables of the vendor's own. Reference (reference.go) and Membership (membership.go) say how the
// vendor names users, and who is in a group; a Plan may consult another, about
// somebody whom its request refers to.
package transform

import (
	"time"

	"scimshim/transform/scim"
)

// Operation is what a request does to a resource, in the words of the vendor file.
type Operation string

const (
	Create Operation = "create"
	Read   Operation = "read"
	Update Operation = "update" // PATCH and PUT
	Delete Operation = "delete"
	List   Operation = "list"
	Find   Operation = "find" // a list with a filter

	// Those of the members of a group.
	ListMembers  Operation = "members.list"
	HasMember    Operation = "members.has"
	AddMember    Operation = "members.add"
	RemoveMember Operation = "members.remove"

	LookUp Operation = "lookup" // lists a table of the vendor's own
	Login  Operation = "login"  // of the gateway itself, before calls that need a session
)

// Writes reports whether the operation changes something.
func (o Operation) Writes() bool {
	return o == Create || o == Update || o == Delete || o == AddMember || o == RemoveMember
}

// Vendor is one compiled vendor file, save who may call it: of that it has the ways.
type Vendor struct {
	Name     string
	Upstream Upstream
	Users    *Kind
	Groups   *Kind // nil: `groups: unsupported`
	Lookups  []*Lookup
	Schemes  []Scheme
}

// Scheme is a way to authenticate, as RFC 7643 section 5 tells of it.
type Scheme struct{ Type, Name, Description, Spec string }

// Upstream is how every call of a vendor is reached.
type Upstream struct {
	URL     string // scheme, host and base path, without a trailing slash
	SCIM    bool   // `protocol: scim`
	Headers []Named
	Query   []Named
	Body    Tree   // merged into every body
	Send    Format // "": JSON, both ways
	Expect  Expect
	Timeout time.Duration
	Limits  Limits
	Errors  []*ErrorRule

	Login   []*Call // in order, made while there is no session
	Refresh []*Call // tried before them while there is one
	Token   bool    // the session is a token that the file gets by OAuth 2
}

// Limits are how many calls a vendor takes. The zero value limits nothing.
type Limits struct {
	Calls      int // in each Per; 0: as many as there are
	Per        time.Duration
	Burst      int           // how many of them may be made at once
	Concurrent int           // how many may be under way; 0: as many as there are
	Wait       time.Duration // how long a call waits for its turn
}

// Kind is one sort of resource of a vendor: its users or its groups.
type Kind struct {
	Name       string // "users" or "groups"
	Type       ResourceType
	Catalog    *scim.Catalog
	ID         ID
	Rules      []*Rule
	Attributes []*Attribute
	Fixed      []FixedField
	Secret     []NativePath

	Create, Update, Delete []*Call
	Read, List             *Call
	MoreLists              []*Call // further calls of list: together they show everybody
	Joins                  []*Call // further calls of read, each for a part of the resource
	Finds                  []*FindCall
	OnDelete               OnDelete
	RefusesCreate          bool        // the vendor has no call for it
	Members                *Membership // of groups; nil: the file maps none

	Protect *Expression
	Adopt   bool
	Forget  time.Duration // how long a user deleted and remembered stays; 0: for ever
	Errors  []*ErrorRule

	// What follows is derived by Assemble.
	Programs map[Operation]*Program
	active   *Attribute
	unique   []scim.Path  // the attributes whose values identify a resource
	leaves   []scim.Path  // every attribute path that the mapping or a rule reads or writes
	needs    []NativePath // what the mapping reads
	guards   []NativePath // what protect reads
	indexes  []NativePath // what the index is made of
	lookups  []*Lookup    // what its attributes pass through
	layout   *scim.Layout // of the attributes, in their order
	refers   *Reference   // to whom the members, or the one attribute that is a reference, refer
	groups   *Kind        // of users: the groups whose members survive a user who is deleted and remembered
}

// Attribute is the row of the mapping for a dotted path; nil when there is none.
func (k *Kind) Attribute(name string) *Attribute {
	for _, a := range k.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Exists reports whether active is `exists`: inactive means deleted and
// remembered.
func (k *Kind) Exists() bool { return k.active != nil && k.active.Exists }

// ResourceType names a kind as RFC 7643 section 6 does.
type ResourceType struct {
	Name, Endpoint string
	Naming         string // the attribute that every resource has and is created under
}

// The resource types of RFC 7643 section 4.
var (
	UserType  = ResourceType{Name: "User", Endpoint: "/Users", Naming: "userName"}
	GroupType = ResourceType{Name: "Group", Endpoint: "/Groups", Naming: "displayName"}
)

// OnDelete is what a SCIM DELETE does at the vendor.
type OnDelete uint8

const (
	CallDelete OnDelete = iota
	Deactivate
	Refuse
)

// ID says what names a resource at the vendor.
type ID struct {
	Native  NativePath
	Type    string            // "string" or "integer"
	Renames bool              // an update may change it: the SCIM id stays
	Match   func(string) bool // nil: anything of the type
}

// Fits reports whether a SCIM id can be a native id at all.
func (id ID) Fits(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > 512 {
		return false
	}
	if id.Type == "integer" {
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		}
		if len(s) > 19 || len(s) > 1 && s[0] == '0' {
			return false
		}
	}
	return id.Match == nil || id.Match(s)
}

// Rule rewrites the resource that the caller sent, in SCIM terms.
type Rule struct {
	Name string
	Set  scim.Path
	To   *Expression
	When *Expression // nil: always
}

// FixedField is a native field that the file sets at creation.
type FixedField struct {
	Path  NativePath
	Value Tree
}

// Facts are what a plan cannot know by itself.
type Facts struct {
	Now           time.Time
	CorrelationID string
	Random        string // an id for a resource that has no native one yet
	BaseURL       string // of this vendor: https://HOST/VENDOR/scim/v2
	Entropy       string // what passwords are generated of; only where Kind.Generates says so
}

// Request is one SCIM request, decoded.
type Request struct {
	Operation  Operation
	ID         string
	Resource   scim.Value // POST and PUT, folded
	Ignored    []scim.Finding
	Patch      *scim.Patch // nil for PUT
	Filter     scim.Filter
	SortBy     scim.Path // the zero Path: by nothing
	Descending bool
	StartIndex int     // 1-based
	Count      int     // < 0: as many as there are
	Cursor     *Cursor // nil: pages are told by StartIndex
	Attributes []scim.Path
	Excluded   []scim.Path
	Members    *MemberChange // nil: the members are left alone

	// The headers of these names (RFC 7644 section 3.14).
	IfMatch, IfNoneMatch string

	refers bool       // it asks about somebody whom another request refers to
	claim  scim.Value // of a Find: only who has this native value counts
}
