package gateway

import (
	"time"

	"scimshim/transform"
)

// lookup remembers a table of the vendor's own. It lasts as long as its snapshot.
type lookup struct {
	turn                         // to fetch it
	table *transform.LookupTable // the last one; nil: none yet
}

// find gives the table, where it may still answer and was fetched after a time.
func (l *lookup) find(ask transform.Ask, now time.Time) transform.Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.table == nil || now.Sub(l.table.Fetched) > ask.Lookup.Fresh || !l.table.Fetched.After(ask.After) {
		return transform.Outcome{Kind: transform.Unclear}
	}
	return transform.Outcome{Kind: transform.Found, Table: l.table}
}

func (l *lookup) keep(table *transform.LookupTable) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.table = table
}
