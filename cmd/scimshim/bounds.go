package main

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform"
)

// bounds are how many native calls one request can take, known from the vendor
// file alone.
type bounds struct {
	Least int      `json:"least"`          // of a request that succeeds
	Most  int      `json:"most"`           // beside what is open
	Open  []string `json:"open,omitempty"` // what the file does not bound
}

func (b bounds) String() string {
	most := b.Open
	if b.Most > 0 || len(most) == 0 {
		most = append([]string{fmt.Sprint(b.Most)}, most...)
	}
	return fmt.Sprintf("at least %d when it succeeds, at most %s", b.Least, strings.Join(most, " and "))
}

// boundsOf adds up the program of a request. blind says that a PATCH needs no
// read.
func boundsOf(kind *transform.Kind, request *transform.Request, blind bool) *bounds {
	b := &bounds{Least: least(kind, request.Operation)}
	for _, step := range kind.Programs[request.Operation].Steps {
		switch step.Kind {
		case transform.StepRead:
			if !blind {
				b.Most += 1 + len(kind.Joins)
			}
		case transform.StepLookup:
			b.open("the pages of the " + step.Name() + ", where its table is not fresh")
		case transform.StepReread:
			b.Most += 1 + len(kind.Joins)
		case transform.StepVacant:
			b.Most++
		case transform.StepFind, transform.StepList, transform.StepRecheck:
			b.search(step, request, searches(kind, request))
		case transform.StepCall:
			b.write(step.Call)
		case transform.StepTranslate:
			if kind.References().By != nil {
				b.open("what it takes to find each user that is referred to")
			}
		case transform.StepMembers:
			b.members(kind, request)
		case transform.StepMember:
			b.member(step.Call, request)
		case transform.StepRejoin:
			b.open("what it takes to join each group of a user who comes back")
		}
	}
	if request.Operation.Writes() {
		b.Most++ // to verify a 404
	}
	if request.Operation == transform.Update && kind.ID.Renames {
		b.Most++ // to see which id a resource has after a lost answer
	}
	if request.Operation != transform.List {
		b.Most++ // to see whether an absence may be believed
	}
	return b
}

// search counts a step of a search that is made so many times. A find is asked for
// each alternative of a filter that it can tell of.
func (b *bounds) search(step transform.Step, request *transform.Request, times int) {
	switch {
	case times == 0:
		return
	case step.Kind == transform.StepRecheck:
		b.open("a read for each candidate that is not shown whole")
		return
	case step.Kind == transform.StepList:
		b.open("the pages of the list")
		return
	case request.Operation == transform.List: // which finds nobody in particular
		return
	}
	asked := 1
	if request.Filter != nil {
		asked = step.Find.Alternatives(request.Filter)
	}
	switch pages := "the pages of " + step.Name(); {
	case asked == 0:
	case !step.Find.Call.Paged():
		b.Most += times * asked
	case asked == 1:
		b.open(pages)
	default:
		b.open(fmt.Sprintf("%s for each of %d alternatives", pages, asked))
	}
}

// members counts the question who is in a group.
func (b *bounds) members(kind *transform.Kind, request *transform.Request) {
	if kind.Members.List != nil && (request.Operation == transform.Read || request.Members != nil) {
		b.open("the pages of the list of members")
	}
}

// member counts the calls by which members join or leave. One that is refused is
// followed by a look.
func (b *bounds) member(call *transform.Call, request *transform.Request) {
	switch {
	case call == nil || request.Members == nil:
	case call.Uses("member"):
		b.open("a call for each member, and three more for each that is refused")
	default:
		b.Most += 2
	}
}

// searches is how often the request can search: a doubtful create is looked up
// once more, a refused one that may adopt by each of its unique values, and a
// change that names no unique value needs none.
func searches(kind *transform.Kind, request *transform.Request) int {
	switch exists := kind.Exists(); {
	case request.Operation == transform.Create && kind.Adopt:
		return 1 + kind.UniqueAttributes()
	case request.Operation == transform.Create, request.Operation == transform.Update && exists:
		return 2
	case request.Operation == transform.Update && len(kind.Claims(request)) == 0:
		return 0
	}
	return 1
}

// least is 0 where something that is only remembered is enough.
func least(kind *transform.Kind, operation transform.Operation) int {
	if operation == transform.Find || kind.Exists() && operation != transform.List {
		return 0
	}
	return 1
}

// write counts a call. An update that is refused beside a deactivation is made
// once more, for active alone.
func (b *bounds) write(call *transform.Call) {
	b.Most++
	if call.Operation == transform.Update {
		b.Most++
	}
	if call.Until != nil {
		b.open("a call every few seconds until " + call.Until.Source())
	}
	if call.Uses("field") {
		b.open("a call for each changed field")
	}
}

func (b *bounds) open(what string) {
	if !slices.Contains(b.Open, what) {
		b.Open = append(b.Open, what)
	}
}
