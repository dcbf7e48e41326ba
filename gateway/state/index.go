package state

import (
	"slices"
	"strings"

	"scimshim/transform"
)

// index finds records by something that several may share. Each list is sorted
// by id, so that answers do not depend on the order of writing.
type index[K comparable] map[K][]*transform.Record

func (x index[K]) add(key K, record *transform.Record) {
	list := x[key]
	at, found := find(list, record.ID)
	if found {
		list[at] = record
		return
	}
	x[key] = slices.Insert(list, at, record)
}

func (x index[K]) remove(key K, record *transform.Record) {
	list := x[key]
	at, found := find(list, record.ID)
	switch {
	case !found:
	case len(list) == 1:
		delete(x, key)
	default:
		x[key] = slices.Delete(list, at, at+1)
	}
}

func find(list []*transform.Record, id string) (at int, found bool) {
	return slices.BinarySearchFunc(list, id, func(record *transform.Record, id string) int {
		return strings.Compare(record.ID, id)
	})
}
