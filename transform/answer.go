package transform

import (
	"cmp"
	"net/url"
	"regexp"
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
	got.Pause = a.pause(got)
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
		return rule.outcome(a)
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
	return c.Operation == Read && !c.joins() || c.Until != nil || c.Operation == Update || c.Operation == Delete || c.aboutMembers()
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
	return &Env{Names: map[string]scim.Value{
		"status":    scim.Int(int64(a.Status)),
		"headers":   scim.Object(members...),
		"body":      body,
		"text":      scim.String(string(a.Body)),
		"operation": scim.String(string(s.Call.Operation)),
		"page":      scim.Int(int64(s.page)),
		"seen":      scim.Int(int64(s.seen)),
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
	item := c.Item.Get(body)
	if !c.Items.IsZero() {
		if item = s.list(body); item.Kind() != scim.KindList && item.Kind() != scim.KindNull {
			return broken("the vendor's answer does not contain the list")
		}
	}
	if !c.Items.IsZero() && !c.joins() {
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

// items reads a page of a list or find.
func (s Send) items(a Answer, env *Env, body scim.Value, empty bool) Outcome {
	c := s.Call
	if empty {
		return broken("the vendor's answer is empty where a list was expected")
	}
	if c.Items.IsZero() && !c.Item.IsZero() { // a look-up by key answers one
		switch item := c.Item.Get(body); {
		case item.Kind() == scim.KindObject:
			return Outcome{Kind: Found, Items: []scim.Value{item}, Last: true}
		case item.Kind() == scim.KindNull, c.Expect.texts() && hollow(item): // nobody, in so many words
			return Outcome{Kind: Found, Last: true}
		case bareID(item):
			return Outcome{Kind: Found, Items: []scim.Value{item}, Last: true}
		}
	}
	list := s.list(body)
	if list.Kind() <= scim.KindNull && c.Expect.mayLack(c.Items, body) {
		return Outcome{Kind: Found, Last: true}
	}
	if list.Kind() <= scim.KindNull && c.complete(env) {
		return Outcome{Kind: Found, Last: true} // SCIM may leave out a list of nobody (RFC 7644 section 3.4.2)
	}
	if list.Kind() != scim.KindList {
		return broken("the vendor's answer does not contain the list")
	}
	if !c.paged && goesOn(a) {
		return broken("the vendor's list goes on, and the vendor file does not ask for the next page")
	}
	out := Outcome{Kind: Found, Items: list.Items(), Last: !c.paged}
	for _, item := range out.Items {
		if item.Kind() != scim.KindObject && !bareID(item) && c.Operation != ListMembers {
			return broken("the vendor's list contains something else than resources")
		}
	}
	if c.paged {
		return s.follow(out, env)
	}
	return out
}

// goesOn reports whether a header says that there is a next page (RFC 8288).
func goesOn(a Answer) bool {
	for _, h := range a.Headers {
		if strings.EqualFold(h.Name, "Link") && nextLink.MatchString(h.Value) {
			return true
		}
	}
	return false
}

var nextLink = regexp.MustCompile(`(?i);\s*rel="?(?:[^",;]* )?next\b`)

// list gives the items of an answer. Those of an object whose members are named by
// their ids are a list as well; what has no id of its own is given that one. An empty list stands for an
// empty object where the vendor's language knows no difference.
func (s Send) list(body scim.Value) scim.Value {
	c := s.Call
	if !c.Keyed {
		return c.Expect.listAt(c.Items, body)
	}
	at := c.Items.Get(body)
	if at.Kind() == scim.KindList && len(at.Items()) == 0 {
		return at
	}
	if at.Kind() != scim.KindObject {
		return scim.Value{}
	}
	items := make([]scim.Value, 0, len(at.Members()))
	for _, m := range at.Members() {
		item := m.Value
		switch {
		case c.Operation == ListMembers && c.ID.IsZero():
			item = scim.String(m.Name)
		case item.Kind() == scim.KindObject && s.nameOf(item) == "":
			item = c.idPath(s.kind.ID).Set(item, s.kind.ID.value(m.Name))
		}
		items = append(items, item)
	}
	return scim.ListOf(items...)
}

// bareID reports whether an item is nothing but the id of a resource.
func bareID(item scim.Value) bool {
	return item.Kind() == scim.KindString || item.Kind() == scim.KindNumber
}

// follow says whether a further page follows: none does after a false `more` or
// an empty `next`; nor after an empty page, unless a `next` that the answer gives
// says otherwise: some vendors filter what a page shows after they cut it. What
// was shown before does not count as seen: a list that moves while it is read, or
// repeats itself, must not end early.
func (s Send) follow(out Outcome, env *Env) Outcome {
	c, fresh := s.Call, 0
	for _, item := range out.Items {
		if !s.shown[s.nameOf(item)] {
			fresh++
		}
	}
	if fresh == 0 && len(out.Items) > 0 {
		return broken("the vendor's list repeats itself: its paging cannot be followed")
	}
	env.Names["seen"] = scim.Int(int64(s.seen + fresh))
	out.Last = len(out.Items) == 0
	if c.Next != nil {
		var err error
		if out.Next, err = c.Next.Eval(env); err != nil {
			return broken("it cannot be told where the vendor's list goes on: " + err.Error())
		}
		out.Last = out.Next.IsEmpty() || out.Last && !c.Next.ofAnswer()
	}
	if c.More == nil {
		return out
	}
	more, err := c.More.Holds(env)
	switch {
	case err != nil:
		return broken("it cannot be told whether the vendor's list goes on: " + err.Error())
	case more && len(out.Items) == 0 && c.Next == nil:
		return broken("the vendor's list ends before it is complete")
	}
	out.Last = out.Last || !more
	return out
}

// nameOf tells the items of a list apart.
func (s Send) nameOf(item scim.Value) string {
	if s.lookup != nil {
		return s.lookup.nameOf(item)
	}
	if s.Call.Operation == ListMembers {
		return s.kind.Members.nameOf(item, s.Call.ID)
	}
	return s.Call.idOf(item, s.kind.ID)
}

// complete reports whether the vendor says in so many words that nothing is left
// to show.
func (c *Call) complete(env *Env) bool {
	said := c.More.under("body")
	if len(said) == 0 || slices.ContainsFunc(said, func(in input) bool { return in.value(env).IsAbsent() }) {
		return false
	}
	more, err := c.More.Holds(env)
	return err == nil && !more
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
