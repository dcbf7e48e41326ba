package gateway

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// searchAll answers a search at the base (RFC 7644 section 3.4.3), which is
// about every kind of resource. It is made of one search for each, the one
// after the other, so that it can page by index through all of them; what would
// have to look at all at once is refused.
func (x *exchange) searchAll() transform.Reply {
	if problem := x.allow([]string{"POST"}); problem != nil {
		return failed(problem)
	}
	kinds, requests, problem := x.decodeAll()
	if problem != nil {
		return failed(problem)
	}
	var found []scim.Value
	list := scim.List{StartIndex: requests[0].StartIndex}
	for i, request := range requests {
		request.StartIndex = max(1, request.StartIndex-list.Total)
		if request.Count >= 0 {
			request.Count -= len(found)
		}
		reply := x.searchKind(kinds[i], request)
		if reply.Error != nil || len(requests) == 1 {
			return reply
		}
		found = append(found, reply.Body.Member("Resources").Items()...)
		list.Total += count(reply.Body.Member("totalResults"))
	}
	list.Resources, list.ItemsPerPage = slices.Clip(found), len(found)
	return transform.Reply{Status: 200, Body: list.Value()}
}

func count(v scim.Value) int {
	n, _ := v.Any().(int)
	return n
}

// decodeAll reads the search for each kind that has the attributes which the
// filter names: what a resource has not is not equal to anything.
func (x *exchange) decodeAll() (kinds []*transform.Kind, requests []*transform.Request, problem *scim.Error) {
	for _, kind := range x.vendor.Kinds() {
		x.kind = kind
		request, err := x.decodeAt(kind.Type.Endpoint + transform.SearchPath)
		switch {
		case err != nil && err.ScimType != scim.InvalidFilter:
			return nil, nil, err
		case err != nil && problem == nil:
			problem = err
		case err == nil:
			kinds, requests = append(kinds, kind), append(requests, request)
		}
	}
	switch {
	case len(requests) == 0:
		return nil, nil, problem
	case len(requests) > 1 && (requests[0].Sorted() || requests[0].Cursor != nil):
		return nil, nil, &scim.Error{Status: 501, Detail: "a search of all resources can neither be sorted nor use a cursor: use " + searches(kinds)}
	}
	return kinds, requests, nil
}

func searches(kinds []*transform.Kind) string {
	var paths []string
	for _, kind := range kinds {
		paths = append(paths, fmt.Sprint(kind.Type.Endpoint, transform.SearchPath))
	}
	return strings.Join(paths, " or ")
}

// searchKind runs the search of one kind, and leaves nothing of it behind.
func (x *exchange) searchKind(kind *transform.Kind, request *transform.Request) transform.Reply {
	x.kind, x.memory, x.seen = kind, x.vendor.memories[kind], nil
	if problem := x.lock(request); problem != nil {
		return failed(problem)
	}
	reply := x.run(request)
	x.yieldAll()
	x.hold.release()
	x.hold = nil
	return reply
}
