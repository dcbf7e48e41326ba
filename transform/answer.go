package transform

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimshim/transform/scim"
)

// Delivery says how far a native call came.
type Delivery uint8

const (
	Answered Delivery = iota
	NotSent           // refused, DNS, TLS: nothing reached the vendor
	Queued            // likewise: too many calls wait for their turn already
	Paused            // likewise: the vendor has asked for a pause
	Tripped           // likewise: it has failed too often to be asked now
	Overdue           // likewise: the caller's time was used up
	Lost              // the connection broke after something was written
	Late              // no answer in time
)

// Held reports whether the call was not even tried.
func (d Delivery) Held() bool { return d == Queued || d == Paused || d == Tripped || d == Overdue }

// Answer is what came of one native call.
type Answer struct {
	Delivery Delivery
	Reason   string // for the log
	Status   int
	Headers  []Header
	Body     []byte
	Now      time.Time // of its arrival, for a Retry-After that is a date

	// Of a call that was held.
	Wait     time.Duration // until it may be made; 0: nobody knows
	Failures int           // in a row, of a vendor that is not asked
}

func (a Answer) header(name string) string {
	for _, h := range a.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// ErrorRule says what an answer means, where the vendor has its own way of
// saying it. The first that holds decides.
type ErrorRule struct {
	When      *Expression
	Is        Meaning
	Attribute string
}

// Meaning is what an error rule says of an answer.
type Meaning string

const (
	IsUniqueness  Meaning = "uniqueness"
	IsInvalid     Meaning = "invalidValue"
	IsMutability  Meaning = "mutability"
	IsNotFound    Meaning = "notFound"
	IsThrottled   Meaning = "throttled"
	IsUnavailable Meaning = "unavailable"
	IsAgain       Meaning = "again"  // nothing happened: the same request once more
	IsDone        Meaning = "done"   // already so
	IsBroken      Meaning = "broken" // the file, or what the gateway may do, is wrong
	IsLogin       Meaning = "login"  // the session is no longer good
)

// Retry-After in seconds where the vendor names none: Entra tries again in its
// next cycle whatever we say, other clients sooner.
const (
	retryQueued      = 5
	retryThrottled   = 30
	retryUnavailable = 60
	retryMost        = 3600
)

// Outcome reads the answer of a native call. It never repeats the vendor's words.
func (s Send) Outcome(a Answer) Outcome {
	if a.Delivery != Answered {
		return s.unanswered(a)
	}
	got := s.answered(a)
	got.Pause = a.PauseFor(got)
	s.repeatable(a, &got)
	return got
}

// answered reads an answer that has arrived.
func (s Send) answered(a Answer) Outcome {
	c := s.Call
	body, parseErr := c.Expect.Format.read(a.Body)
	var env *Env
	if c.asks() {
		env = s.env(a, body)
	}
	if rule := c.rule(env); rule != nil {
		if rule.blind() && !c.namesOne() && !c.reads(a, parseErr) {
			return broken("a page that is not the vendor's own says that nobody was found")
		}
		return s.captureDone(rule.outcome(a), a, env)
	}
	switch {
	case a.Status >= 200 && a.Status < 300:
		return s.success(a, body, env, parseErr)
	case a.Status == 429:
		return throttled(a)
	case a.Status == 401:
		return a.refusesUs(Expired)
	case a.Status == 403:
		return a.refusesUs(Forbidden)
	case a.Status == 404 && c.namesOne():
		return Outcome{Kind: Absent}
	case c.Operation.Writes() && a.Status == 412: // what the request was made from is no longer so
		return Outcome{Kind: Throttled, Status: 503, RetryAfter: retryQueued, Detail: "the resource was changed at the vendor meanwhile"}
	case a.Status >= 500:
		return Outcome{Kind: Unavailable, Status: 503, RetryAfter: a.retryAfter(retryUnavailable), Down: true, Detail: "the vendor answered with status " + strconv.Itoa(a.Status)}
	case c.Operation.Writes() && a.Status == 409:
		return Outcome{Kind: Refused, Status: 409, ScimType: scim.Uniqueness, Detail: "the vendor says that another resource has this value"}
	case c.Operation.Writes() && (a.Status == 400 || a.Status == 422):
		return Outcome{Kind: Refused, Status: 400, ScimType: scim.InvalidValue, Detail: "the vendor refuses a value (status " + strconv.Itoa(a.Status) + ")"}
	}
	return broken("the vendor answered with the unexpected status " + strconv.Itoa(a.Status))
}

// refusesUs is an answer that says nothing of the request.
func (a Answer) refusesUs(doubt Doubt) Outcome {
	return Outcome{Kind: Unavailable, Status: 502, Doubt: doubt, Detail: "the vendor refuses the gateway's own credentials (status " + strconv.Itoa(a.Status) + ")"}
}

// blind reports whether a rule calls an answer "not found" without a look at what
// it says: so does a proxy whose application is away, in HTML.
func (r *ErrorRule) blind() bool {
	return r.Is == IsNotFound && !r.When.reads("text") && !r.When.reads("body")
}

// reads reports whether the answer is what the call expects, or empty.
func (c *Call) reads(a Answer, parseErr error) bool {
	return len(a.Body) == 0 || c.Expect.named(a.header("Content-Type")) && parseErr == nil
}

// asks reports whether an expression looks at the answer.
func (c *Call) asks() bool {
	return len(c.Errors) > 0 || len(c.Save) > 0 || c.paged || c.Until != nil
}

// namesOne reports whether a 404 can mean that the resource itself is absent.
func (c *Call) namesOne() bool {
	return c.Operation == Read && !c.joins() || c.Until != nil || c.Operation == Create && c.uses("id") || c.Operation == Update || c.Operation == Delete || c.aboutMembers()
}

func (c *Call) aboutMembers() bool {
	return c.Operation == ListMembers || c.Operation == HasMember || c.Operation == AddMember || c.Operation == RemoveMember
}

func broken(detail string) Outcome { return Outcome{Kind: Unavailable, Status: 502, Detail: detail} }

func throttled(a Answer) Outcome {
	return Outcome{Kind: Throttled, Status: 429, RetryAfter: a.retryAfter(retryThrottled), Detail: "the vendor limits the number of calls"}
}

// rule finds the first error rule that holds. Some can only be said of a write.
func (c *Call) rule(env *Env) *ErrorRule {
	for _, rule := range c.Errors {
		if rule.ofWrites() && !c.Operation.Writes() && !(rule.Is == IsDone && c.Operation == Login) {
			continue
		}
		if holds, _ := rule.When.Holds(env); holds {
			return rule
		}
	}
	return nil
}

// env is what expressions about an answer see.
func (s Send) env(a Answer, body scim.Value) *Env {
	members := make([]scim.Member, 0, len(a.Headers))
	for _, h := range a.Headers {
		name := strings.ToLower(h.Name)
		at := slices.IndexFunc(members, func(m scim.Member) bool { return m.Name == name })
		if at >= 0 { // several are one (RFC 9110 section 5.3)
			members[at].Value = scim.String(members[at].Value.Text() + ", " + h.Value)
			continue
		}
		members = append(members, scim.Member{Name: name, Value: scim.String(h.Value)})
	}
	pages := s.pages()
	return &Env{Names: map[string]scim.Value{
		"status":    scim.Int(int64(a.Status)),
		"headers":   scim.Object(members...),
		"body":      body,
		"text":      scim.String(string(a.Body)),
		"operation": scim.String(string(s.Call.Operation)),
		"page":      scim.Int(int64(pages.page)),
		"seen":      scim.Int(int64(pages.seen)),
		"cookies":   cookieValues(a.cookies("", s.cookies)),
		"id":        s.id,
		"member":    s.member,
	}}
}

func cookieValues(cookies map[string]string) scim.Value {
	members := make([]scim.Member, 0, len(cookies))
	for name, value := range cookies {
		members = append(members, scim.Member{Name: name, Value: scim.String(value)})
	}
	return scim.Object(members...)
}

func (r *ErrorRule) ofWrites() bool {
	return r.Is == IsDone || r.Is == IsUniqueness || r.Is == IsInvalid || r.Is == IsMutability
}

func (r *ErrorRule) outcome(a Answer) Outcome {
	switch r.Is {
	case IsDone:
		return Outcome{Kind: Done}
	case IsNotFound:
		return Outcome{Kind: Absent}
	case IsThrottled:
		return throttled(a)
	case IsBroken:
		return broken("the vendor refuses the call")
	case IsLogin:
		return a.refusesUs(Expired)
	case IsUnavailable:
		return Outcome{Kind: Unavailable, Status: 503, RetryAfter: a.retryAfter(retryUnavailable), Down: true, Detail: "the vendor says that it is not available"}
	case IsAgain:
		return Outcome{Kind: Throttled, Status: 503, RetryAfter: a.retryAfter(retryQueued), Repeats: repeatsAgain, Detail: "the vendor asks again and again for the same request once more"}
	case IsUniqueness:
		return Outcome{Kind: Refused, Status: 409, ScimType: scim.Uniqueness, Attribute: r.Attribute, Detail: "the vendor says that another resource has this value"}
	case IsMutability:
		return Outcome{Kind: Refused, Status: 400, ScimType: scim.Mutability, Attribute: r.Attribute, Detail: "the vendor does not let this be changed"}
	}
	return Outcome{Kind: Refused, Status: 400, ScimType: scim.InvalidValue, Attribute: r.Attribute, Detail: "the vendor refuses a value"}
}

// success reads a 2xx. A page of HTML, say of a proxy that wants a login, is none.
func (s Send) success(a Answer, body scim.Value, env *Env, parseErr error) Outcome {
	c := s.Call
	if c.Operation == Login {
		return Outcome{Kind: Done} // whatever its form: what is saved is looked for (LoggedIn)
	}
	empty := len(a.Body) == 0
	if !empty && !c.Expect.named(a.header("Content-Type")) {
		return c.unreadable("the vendor answered with another content type than " + c.Expect.Format.title())
	}
	if !empty && parseErr != nil {
		return c.unreadable("the vendor's answer " + parseErr.Error())
	}
	switch c.Operation {
	case List, Find, ListMembers, LookUp:
		return s.items(a, env, body, empty)
	case HasMember:
		return Outcome{Kind: Found}
	case Read:
		return s.capture(s.resource(body), a, env)
	}
	if name := s.complains(body); name != "" {
		return c.unreadable(fmt.Sprintf("the vendor's answer has %q in it, and no error rule says what that means", name))
	}
	out := Outcome{Kind: Done, Native: c.Item.Get(body)}
	if out.Native.Kind() != scim.KindObject {
		out.Native = scim.Value{}
	}
	if c.Until != nil {
		if holds, err := c.Until.Holds(env); err != nil {
			return broken("it cannot be told whether the vendor has finished: " + err.Error())
		} else if !holds {
			return Outcome{Kind: Done, Pending: true, RetryAfter: a.retryAfter(0)}
		}
	}
	return s.capture(out, a, env)
}

// resource reads the answer of a read: an object, the one of a list that has the id
// asked for, or what a further call joins to it.
func (s Send) resource(body scim.Value) Outcome {
	c := s.Call
	item, listed := c.Item.Get(body), !c.Items.IsZero() || c.Keyed
	if listed {
		if item = s.list(body); item.Kind() != scim.KindList && item.Kind() != scim.KindNull {
			return broken("the vendor's answer does not contain the list")
		}
	}
	if listed && !c.joins() {
		return s.one(item.Items())
	}
	if item.Kind() == scim.KindObject && !c.joins() && c.lacks(s.kind.ID.Native) {
		item = s.kind.ID.Native.Set(item, s.id)
	}
	if item.Kind() != scim.KindObject && !c.joins() || item.IsAbsent() {
		return broken("the vendor's answer does not contain the resource")
	}
	return Outcome{Kind: Found, Native: item}
}

// one is the resource that a search shows under the id asked for.
func (s Send) one(items []scim.Value) Outcome {
	for _, item := range items {
		if s.Call.idOf(item, s.kind.ID) == s.id.Text() {
			return Outcome{Kind: Found, Native: item}
		}
	}
	if len(items) > 0 { // the search is not one by id, or a page of one: nobody is gone for that
		return broken("the vendor's answer shows others than the resource asked for")
	}
	return Outcome{Kind: Absent}
}

// unreadable is a 2xx that cannot be read: of a create or update it may well
// have happened.
func (c *Call) unreadable(detail string) Outcome {
	if c.Operation.Writes() {
		return Outcome{Kind: Unclear, Status: 502, Detail: detail}
	}
	return broken(detail)
}

// captureDone does so for what a rule calls done. A redirect, or a 2xx that cannot be
// read, tells of what the write has made; a refusal for what is so already does not.
func (s Send) captureDone(out Outcome, a Answer, env *Env) Outcome {
	if out.Kind != Done || a.Status >= 400 || !s.Call.Operation.Writes() {
		return out
	}
	return s.capture(out, a, env)
}

// capture finds the id and the saved values of a write's answer.
func (s Send) capture(out Outcome, a Answer, env *Env) Outcome {
	c := s.Call
	for _, saving := range c.Save {
		v, err := saving.Value.Eval(env)
		if err != nil || v.IsAbsent() {
			continue
		}
		if saving.Name == "id" {
			out.ID = v.Text()
			continue
		}
		if out.Saved == nil {
			out.Saved = map[string]scim.Value{}
		}
		out.Saved[saving.Name] = v.Clone()
	}
	if out.Kind == Done && out.ID == "" && c.Operation == Create {
		out.ID = cmp.Or(c.idOf(out.Native, s.kind.ID), lastSegment(a.header("Location")))
	}
	out.ID = strings.Clone(out.ID) // it is remembered, and the answer is not
	return out
}

func (c *Call) idOf(item scim.Value, id ID) string {
	if bareID(item) {
		return item.Text()
	}
	return c.idPath(id).Get(item).Text()
}

func (c *Call) idPath(id ID) NativePath {
	if !c.ID.IsZero() {
		return c.ID
	}
	return id.Native
}

// lastSegment takes an id from a Location header; only that, so that no header
// of a vendor leads a later call elsewhere.
func lastSegment(location string) string {
	location, _, _ = strings.Cut(location, "?")
	location = strings.TrimRight(location, "/")
	segment := location[strings.LastIndexByte(location, '/')+1:]
	if id, err := url.PathUnescape(segment); err == nil {
		return id
	}
	return segment
}

// lacks reports whether the answer does not show a native field.
func (c *Call) lacks(p NativePath) bool {
	return slices.ContainsFunc(c.Lacks, func(field string) bool { return p.Under(field) })
}
