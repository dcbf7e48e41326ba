package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"scimshim/rules"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// explanation is what explain has to tell of a request.
type explanation struct {
	Request   string     `json:"request"`
	Operation string     `json:"operation,omitempty"`
	Rules     []ruleLine `json:"rules,omitempty"`
	Sent      []sentLine `json:"sent,omitempty"`
	Kept      []string   `json:"kept,omitempty"`
	Dropped   []string   `json:"dropped,omitempty"`
	Read      string     `json:"read,omitempty"`
	Moves     []moveLine `json:"moves,omitempty"`
	Bounds    *bounds    `json:"bounds,omitempty"`
	Reply     replyLine  `json:"reply"`
}

type ruleLine struct {
	Name    string `json:"name"`
	Set     string `json:"set"`
	Value   value  `json:"value"`
	Problem string `json:"problem,omitempty"`
}

type sentLine struct {
	Attribute string `json:"attribute"`
	Native    string `json:"native"`
	Value     value  `json:"value"`
	Current   *value `json:"current,omitempty"` // what the vendor has, where that is known
}

type moveLine struct {
	Step   string      `json:"step"`
	Move   string      `json:"move"` // ask, send or commit
	Why    string      `json:"why,omitempty"`
	Native *nativeLine `json:"native,omitempty"`
	Answer string      `json:"answer,omitempty"`
}

type nativeLine struct {
	Position string   `json:"position,omitempty"`
	Request  string   `json:"request"`
	Headers  []string `json:"headers,omitempty"`
	Body     *value   `json:"body,omitempty"`
}

type replyLine struct {
	Status   int    `json:"status"`
	Location string `json:"location,omitempty"`
	Body     *value `json:"body,omitempty"`
}

// value is a value of SCIM or of the vendor in JSON.
type value struct{ scim.Value }

func (v value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// hidden stands where a secret would be shown.
var hidden = value{scim.String("<secret>")}

func valueOrNone(v scim.Value) *value {
	if v.IsAbsent() {
		return nil
	}
	return &value{v}
}

// secret reports whether nobody is to see an attribute's value.
func secret(path scim.Path) bool { return path.Leaf().Mutability == "writeOnly" }

// trace takes what the plan has noted.
func (x *explainer) trace(plan *transform.Plan, request *transform.Request) {
	for _, firing := range plan.Trace.Fired {
		line := ruleLine{Name: firing.Rule.Name, Set: firing.Rule.Set.Dotted(), Value: value{firing.Value}}
		if secret(firing.Rule.Set) {
			line.Value = hidden
		}
		if firing.Err != nil {
			line.Problem = firing.Err.Error()
		}
		x.out.Rules = append(x.out.Rules, line)
	}
	for _, sending := range plan.Trace.Sending {
		x.out.Sent = append(x.out.Sent, sent(sending))
	}
	x.out.Kept = plan.Trace.Kept
	for _, dropped := range plan.Trace.Dropped {
		x.out.Dropped = append(x.out.Dropped, dropped.String())
	}
	x.out.Bounds = boundsOf(x.kind, request, plan.Trace.Blind)
	if x.vendor.Upstream.LogsIn() {
		x.out.Bounds.open("what it takes to log in where there is no session")
	}
	if request.Operation == transform.Update {
		x.out.Read = x.whyRead(plan, request)
	}
}

func sent(s transform.Sending) sentLine {
	line := sentLine{Attribute: s.Attribute.Name, Native: s.Attribute.Native.String(), Value: value{s.Value}}
	if s.Known {
		line.Current = &value{s.Current}
	}
	if concealed(s.Attribute) {
		line.Value, line.Current = hidden, nil
	}
	return line
}

func concealed(a *transform.Attribute) bool {
	return a.Mutability == "writeOnly" || secret(a.Path)
}

// whyRead says why a PATCH or PUT is preceded by a read, or why it is not.
func (x *explainer) whyRead(plan *transform.Plan, request *transform.Request) string {
	first := func(c *transform.Call) bool { return c.ReadFirst || c.Whole }
	switch {
	case plan.Trace.Blind:
		return "not needed: what is sent follows from the request alone"
	case request.Patch == nil:
		return "needed: a PUT is compared with what is there"
	case x.kind.Protect != nil:
		return "needed: protect looks at the resource"
	case x.kind.Exists():
		return "needed: active is exists"
	case anyOf(x.kind.Update, first):
		return "needed: the update has read_first or whole"
	case len(x.kind.Claims(request)) > 0:
		return "needed: the request may rename"
	}
	return "needed: what is sent does not follow from the request alone"
}

func anyOf(calls []*transform.Call, is func(*transform.Call) bool) bool {
	for _, call := range calls {
		if is(call) {
			return true
		}
	}
	return false
}

// shown is a native request as it may be shown: its headers hold placeholders
// already, and the secrets of its body are taken out.
func (x *explainer) shown(send transform.Send) *nativeLine {
	line := &nativeLine{Position: send.Call.Position, Request: send.Request.Method + " " + send.Request.Bare}
	for _, h := range send.Request.Headers {
		line.Headers = append(line.Headers, h.Name+": "+h.Value)
	}
	if body := send.Request.Content; !body.IsAbsent() {
		line.Body = valueOrNone(x.conceal(body, send))
	}
	return line
}

// conceal hides what the file calls secret, where the fields stand and wherever else
// the body has it.
func (x *explainer) conceal(body scim.Value, send transform.Send) scim.Value {
	wrap := send.Call.Wrap
	paths := append([]transform.NativePath(nil), x.kind.Secret...)
	for _, a := range x.kind.Attributes {
		if concealed(a) && !a.Native.IsZero() {
			paths = append(paths, a.Native)
		}
	}
	inner, secrets := wrap.Get(body), map[string]bool{}
	for _, path := range paths {
		if text := path.Get(send.Fields).Text(); text != rules.Generated {
			secrets[text] = true
		}
		if !path.Get(inner).IsAbsent() {
			inner = path.Set(inner, hidden.Value)
		}
	}
	if wrap.IsZero() {
		return hide(inner, secrets)
	}
	return hide(wrap.Set(body, inner), secrets)
}

// hide hides the texts that are secrets.
func hide(v scim.Value, secrets map[string]bool) scim.Value {
	switch v.Kind() {
	case scim.KindString:
		if v.Text() != "" && secrets[v.Text()] {
			return hidden.Value
		}
	case scim.KindList:
		items := make([]scim.Value, len(v.Items()))
		for i, item := range v.Items() {
			items[i] = hide(item, secrets)
		}
		return scim.ListOf(items...)
	case scim.KindObject:
		members := make([]scim.Member, len(v.Members()))
		for i, m := range v.Members() {
			members[i] = scim.Member{Name: m.Name, Value: hide(m.Value, secrets)}
		}
		return scim.Object(members...)
	}
	return v
}

func (x *explainer) reply(reply transform.Reply) replyLine {
	line := replyLine{Status: reply.Status, Location: reply.Location, Body: valueOrNone(reply.Body)}
	if reply.Error != nil {
		line.Body = &value{reply.Error.Value()}
	}
	return line
}

// print writes the explanation as text. What has nothing to tell is left out.
func (e explanation) print(w io.Writer) {
	fmt.Fprintln(w, strings.TrimSuffix(e.Request+": "+e.Operation, ": "))
	list(w, "rules", e.Rules)
	list(w, "sent", e.Sent)
	list(w, "kept: shown as they were sent, until the vendor's side changes", e.Kept)
	list(w, "dropped", e.Dropped)
	if e.Read != "" {
		fmt.Fprintf(w, "read\n  %s\n", e.Read)
	}
	list(w, "moves", e.Moves)
	if e.Bounds != nil {
		fmt.Fprintf(w, "native calls\n  %d here; %s\n", e.calls(), e.Bounds)
	}
	fmt.Fprintf(w, "reply\n%s", e.Reply)
}

func list[T any](w io.Writer, title string, lines []T) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, line := range lines {
		fmt.Fprintf(w, "  %v\n", line)
	}
}

func (e explanation) calls() (n int) {
	for _, move := range e.Moves {
		if move.Native != nil {
			n++
		}
	}
	return n
}

func (l ruleLine) String() string {
	if l.Problem != "" {
		return fmt.Sprintf("%s: %s stays as it is: %s", l.Name, l.Set, l.Problem)
	}
	return fmt.Sprintf("%s: %s = %s", l.Name, l.Set, l.Value.JSON())
}

func (l sentLine) String() string {
	text := fmt.Sprintf("%s -> %s: %s", l.Attribute, l.Native, l.Value.JSON())
	if l.Current != nil {
		text += ", now " + l.Current.JSON()
	}
	return text
}

func (l moveLine) String() string {
	text := l.Step + ": " + l.Move
	if l.Why != "" && l.Why != l.Step {
		text += ", " + l.Why
	}
	if l.Native != nil {
		text += "\n    " + l.Native.Request
		for _, header := range l.Native.Headers {
			text += "\n    " + header
		}
		if l.Native.Body != nil {
			text += "\n    " + l.Native.Body.JSON()
		}
	}
	if l.Answer != "" {
		text += "\n    -> " + l.Answer
	}
	return text
}

func (l replyLine) String() string {
	text := fmt.Sprintf("  %d %s\n", l.Status, http.StatusText(l.Status))
	if l.Location != "" {
		text += "  Location: " + l.Location + "\n"
	}
	if l.Body != nil {
		text += "  " + l.Body.JSON() + "\n"
	}
	return text
}
