package entra

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// Kind is a kind of request.
type Kind string

const (
	Probe        Kind = "probe"
	FilterUser   Kind = "filter"
	GetUser      Kind = "get"
	PostUser     Kind = "post"
	PatchUser    Kind = "patch"
	DeleteUser   Kind = "delete"
	CheckManager Kind = "check manager"

	ProbeGroup  Kind = "probe group"
	FilterGroup Kind = "filter group"
	GetGroup    Kind = "get group"
	PostGroup   Kind = "post group"
	PatchGroup  Kind = "patch group"
	DeleteGroup Kind = "delete group"
	CheckMember Kind = "check member"
)

// The error codes of Entra's provisioning logs.
const (
	EntryConflict          = "EntryConflict"
	DuplicateTargetEntries = "DuplicateTargetEntries"
	InvalidAnchor          = "InvalidAnchor" // 404 on a cached id: nothing mends it but Restart
	TooManyRequests        = "TooManyRequests"
	InternalServerError    = "InternalServerError"
	Timeout                = "Timeout"
	ProtocolError          = "WebExceptionProtocolError"
	ServiceIncompatible    = "SystemForCrossDomainIdentityManagementServiceIncompatible"
	Quarantine             = "EncounteredQuarantineException"
	MultipleEntries        = "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse" // members that a read had excluded
)

// Error is one request that went wrong. Its user or group is tried again next
// cycle.
type Error struct {
	ObjectID   string // of the source user or group; "" for a probe
	Request    Kind
	Status     int // 0: no answer
	Code       string
	Detail     string
	RetryAfter string // of a 429 or 503, as it was sent; it is not waited for

	order int // the place of the user or group in the cycle
}

func (e Error) Error() string {
	return fmt.Sprintf("%s answered %d: %s: %s", e.Request, e.Status, e.Code, e.Detail)
}

// Report is what a cycle did.
type Report struct {
	Requests map[Kind]int
	Statuses map[int]int    // answers by HTTP status; 0: no answer
	Patched  map[string]int // values sent in PATCHes by target attribute, each member one; in a steady state none
	Skipped  int            // users disabled in Entra who were never created, and are not now
	// OutOfScope counts the managers and members left out because the service
	// does not provision them. They are not looked at again until Restart.
	OutOfScope int
	Errors     []Error // in the order of the users, and then of the groups
	// Quarantined tells that Entra would stop the job: it was refused, or the
	// probe was not answered as it must be. The rest of the cycle was left out.
	Quarantined bool
}

// Writes counts the requests that may have changed the target.
func (r Report) Writes() int {
	return r.Requests[PostUser] + r.Requests[PatchUser] + r.Requests[DeleteUser] +
		r.Requests[PostGroup] + r.Requests[PatchGroup] + r.Requests[DeleteGroup]
}

// InvalidAnchors counts the users and groups whose cached id was answered 404.
func (r Report) InvalidAnchors() int {
	n := 0
	for _, e := range r.Errors {
		if e.Code == InvalidAnchor {
			n++
		}
	}
	return n
}

// recorder fills a report from several workers.
type recorder struct {
	mu     sync.Mutex
	report Report
}

func newRecorder() *recorder {
	return &recorder{report: Report{Requests: map[Kind]int{}, Statuses: map[int]int{}, Patched: map[string]int{}}}
}

func (r *recorder) request(k Kind, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Requests[k]++
	r.report.Statuses[status]++
}

func (r *recorder) patched(target string, values int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Patched[target] += values
}

func (r *recorder) skipped() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Skipped++
}

func (r *recorder) outOfScope() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.OutOfScope++
}

func (r *recorder) failed(e Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Errors = append(r.report.Errors, e)
	r.report.Quarantined = r.report.Quarantined || e.Code == Quarantine
}

func (r *recorder) quarantined() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report.Quarantined
}

func (r *recorder) done() Report {
	slices.SortFunc(r.report.Errors, func(a, b Error) int { return cmp.Compare(a.order, b.order) })
	return r.report
}

// codeOf gives the code under which Entra logs a refusal.
func codeOf(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Quarantine
	case status == http.StatusConflict:
		return EntryConflict
	case status == http.StatusTooManyRequests:
		return TooManyRequests
	case status >= 500:
		return InternalServerError
	}
	return ProtocolError
}

// noAnswer gives the code for a call that the network, or its time, ended.
func noAnswer(err error) string {
	var slow interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		return Timeout
	}
	return ProtocolError
}
