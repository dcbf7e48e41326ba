package main

import (
	"fmt"
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
	text := fmt.Sprintf("at least %d, at most %d", b.Least, b.Most)
	if len(b.Open) > 0 {
		text += ", and " + strings.Join(b.Open, " and ")
	}
	return text
}

// boundsOf adds up the program of a request. blind says that a PATCH needs no
// read, and no search since it cannot name a unique value.
func boundsOf(kind *transform.Kind, request *transform.Request, blind bool) *bounds {
	b := &bounds{Least: least(kind, request.Operation)}
	searches, believes := searches(kind, request), 0
	for _, step := range kind.Programs[request.Operation].Steps {
		switch step.Kind {
		case transform.StepRead:
			if !blind {
				b.Most++
			}
		case transform.StepReread, transform.StepVerify:
			b.Most++
		case transform.StepBelieve:
			believes = 1 // once, wherever it stands
		case transform.StepFind:
			b.Most += searches
			b.open(searches > 0 && step.Find.Call.Uses("page", "seen", "next"), "the pages of "+step.Name())
		case transform.StepList:
			b.open(searches > 0, "the pages of the list")
		case transform.StepRecheck:
			b.open(searches > 0, "a read for each candidate that is not shown whole")
		case transform.StepCall:
			b.call(step.Call)
		}
	}
	b.Most += believes
	return b
}

// searches is how often the request can search: a doubtful create is looked up
// once more, and a change that names no unique value needs none.
func searches(kind *transform.Kind, request *transform.Request) int {
	switch exists := existsActive(kind); {
	case request.Operation == transform.Create, request.Operation == transform.Update && exists:
		return 2
	case request.Operation == transform.Update && len(kind.Claims(request)) == 0:
		return 0
	}
	return 1
}

// least is 0 where something that is only remembered is enough.
func least(kind *transform.Kind, operation transform.Operation) int {
	if operation == transform.Search || existsActive(kind) && operation != transform.List {
		return 0
	}
	return 1
}

// call counts a write. An update that is refused beside a deactivation is made
// once more, for active alone.
func (b *bounds) call(call *transform.Call) {
	b.Most++
	if call.Operation == transform.Update {
		b.Most++
	}
	b.open(call.Uses("field"), "a call for each changed field")
}

func (b *bounds) open(is bool, what string) {
	for _, known := range b.Open {
		is = is && known != what
	}
	if is {
		b.Open = append(b.Open, what)
	}
}
