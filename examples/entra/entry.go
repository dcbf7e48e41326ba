package entra

import "slices"

// object is a User or a Group.
type object interface {
	objectID() string
	source(name string) (value string, known bool)
	softDeleted() bool
	references() []string // ObjectIDs of a user's manager or a group's members
}

// entry is a source object and what the service knows of it at the target.
type entry struct {
	object
	order    int
	anchor   string // the id at the target; "": not met yet
	disabled bool   // the last success left it inactive
	purged   bool   // gone from the directory for good, or a group no longer assigned
	failed   bool   // in this cycle, so that its references have to wait
	// matched tells that the object was found at the target and not made there,
	// so that its references have to be asked for before they are sent.
	matched bool
	// referred has the references that are dealt with, by ObjectID: true were
	// sent, false were out of scope. Entra looks at neither again, not even when
	// the latter come into scope, until it is restarted.
	referred map[string]bool
}

// entries are the source objects of one endpoint, in the order they came.
type entries []*entry

// put adds an object, or replaces the one with its ObjectID; known is what
// byID gave and is kept up to date.
func (all *entries) put(known map[string]*entry, o object) *entry {
	e := known[o.objectID()]
	if e == nil {
		e = &entry{}
		known[o.objectID()] = e
		*all = append(*all, e)
	}
	e.object, e.purged = o, false
	return e
}

func (all entries) byID() map[string]*entry {
	known := make(map[string]*entry, len(all))
	for _, e := range all {
		known[e.objectID()] = e
	}
	return known
}

func (all entries) purge(objectID string) {
	for _, e := range all {
		if e.objectID() == objectID {
			e.purged = true
		}
	}
}

func (all entries) anchor(objectID string) string {
	for _, e := range all {
		if e.objectID() == objectID {
			return e.anchor
		}
	}
	return ""
}

// restart forgets what is known of the target.
func (all entries) restart() {
	for _, e := range all {
		*e = entry{object: e.object, purged: e.purged}
	}
}

// sweep drops what is gone on both sides.
func (all *entries) sweep() {
	*all = slices.DeleteFunc(*all, func(e *entry) bool { return e.purged && e.anchor == "" })
}

// settle takes the id that a match gave. Another one than before belongs to an
// account whose references nobody knows.
func (e *entry) settle(id string) {
	if id != "" && id != e.anchor {
		e.matched, e.referred = true, nil
	}
	e.anchor = id
}

// made takes the id of a fresh account, which refers to nobody yet.
func (e *entry) made(id string) {
	e.anchor, e.disabled, e.matched, e.referred = id, false, false, nil
}

// noteReference notes a reference as dealt with.
func (e *entry) noteReference(objectID string, sent bool) {
	if e.referred == nil {
		e.referred = map[string]bool{}
	}
	e.referred[objectID] = sent
}
