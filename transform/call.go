package transform

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"scimshim/transform/scim"
)

// Call is one native call of an operation, as the vendor file writes it.
type Call struct {
	Operation   Operation
	Position    string // file:line:col, for explain and the log
	Method      string
	Path        Template // below the upstream's URL
	Query       []Named
	Headers     []Named
	Body        *Tree      // nil: the fields, at Wrap
	Wrap        NativePath // where the fields stand in the body; beside Body, where they are laid over it
	Fields      []string   // the native fields it carries; none: what no other call carries
	When        *Expression
	ReadFirst   bool
	Whole       bool         // the whole resource is sent
	WholeFields []NativePath // these native fields are sent complete, merged from what was read
	Pieces      bool         // of a list only the elements that change are sent
	Timeout     time.Duration
	Send        Format // "": the upstream's
	Expect      Expect // likewise
	Limits      Limits // of this call, beside the upstream's

	Item, Items NativePath  // none: the body itself
	Into        NativePath  // of a further call of read: where in the resource its answer is joined
	Until       *Expression // repeated until this holds of the answer
	ID          NativePath  // of an item; none: the kind's
	Each        NativePath  // where in an element of the list the resource stands; none: it is the element
	Keyed       bool        // what is at Items is no list: an object whose members are named by their ids
	Lacks       []string
	Save        []Saving
	Next, More  *Expression
	AtMost      int
	Errors      []*ErrorRule // the call's, the kind's and the upstream's, in order

	// Derived when the file is loaded.
	paged       bool     // it uses page, seen or next, or is linked
	linked      bool     // it uses none of them: what next gives is the URL of the next page
	perField    bool     // it uses field: made once per changed field
	perMember   bool     // it uses member: made once per member
	operations  bool     // it uses operations: the fields as those of a SCIM PATCH
	readsNative bool     // it uses native
	idempotent  bool     // it uses idempotency_key
	looksFirst  bool     // it needs the vendor's present state
	saved       []string // the values of earlier answers that it uses
}

// Named is a header or query parameter.
type Named struct {
	Name  string
	Value Tree
}

// Saving captures a value of an answer for later calls.
type Saving struct {
	Name  string
	Value *Expression
}

// Uses reports whether the request of a call depends on one of the names.
func (c *Call) Uses(names ...string) bool { return slices.ContainsFunc(names, c.uses) }

// Paged reports whether the call may be made once for each of several pages.
func (c *Call) Paged() bool { return c.paged }

// Tree is a literal with `=expr` leaves: a body, a header, a fixed value.
type Tree struct {
	Literal scim.Value
	Expr    *Expression
	Members []TreeMember
	Items   []Tree
}

type TreeMember struct {
	Name string
	Tree Tree
}

// Build evaluates the expressions of a tree.
func (t *Tree) Build(env *Env) (scim.Value, error) {
	switch {
	case t.Expr != nil:
		return t.Expr.Eval(env)
	case t.Members != nil:
		out := scim.DraftOf(scim.Value{}, len(t.Members))
		for i := range t.Members {
			v, err := t.Members[i].Tree.Build(env)
			if err != nil {
				return scim.Value{}, fmt.Errorf("%s: %w", t.Members[i].Name, err)
			}
			if !v.IsAbsent() {
				out.Set(t.Members[i].Name, v)
			}
		}
		return out.Value(), nil
	case t.Items != nil:
		items := make([]scim.Value, 0, len(t.Items))
		for i := range t.Items {
			v, err := t.Items[i].Build(env)
			if err != nil {
				return scim.Value{}, err
			}
			if !v.IsAbsent() {
				items = append(items, v)
			}
		}
		return scim.ListOf(items...), nil
	}
	return t.Literal, nil
}

// Template is a URL path with holes. A hole is one path segment or one query
// value and is always encoded, so that no value can leave its place.
type Template struct {
	Source string
	Parts  []Part      // of the path
	Query  []QueryHole // pairs written in the URL
}

// Part is a literal piece of a path, or a hole.
type Part struct {
	Literal string
	Hole    *Expression
}

// QueryHole is one pair of a URL's query.
type QueryHole struct {
	Name  string
	Parts []Part
}

// Render fills the holes. A path hole may not be empty, nor "." or "..", which
// a server would resolve.
func (t *Template) Render(env *Env) (path string, query []string, err error) {
	var b strings.Builder
	for _, part := range t.Parts {
		if part.Hole == nil {
			b.WriteString(part.Literal)
			continue
		}
		v, err := part.Hole.Eval(env)
		if err != nil {
			return "", nil, err
		}
		text := v.Text()
		if text == "" || text == "." || text == ".." {
			return "", nil, fmt.Errorf("{%s} is %q, which cannot be a path segment", part.Hole.Source(), text)
		}
		b.WriteString(EscapeSegment(text))
	}
	for _, pair := range t.Query {
		value, empty, err := pair.render(env)
		if err != nil {
			return "", nil, err
		}
		if !empty {
			query = append(query, url.QueryEscape(pair.Name)+"="+value)
		}
	}
	return b.String(), query, nil
}

// EscapeSegment leaves nothing but unreserved characters (RFC 3986 section 2.3):
// servers disagree about what the others mean inside a segment.
func EscapeSegment(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// render gives the encoded value; empty says that the pair is only an empty hole.
func (q QueryHole) render(env *Env) (value string, empty bool, err error) {
	var b strings.Builder
	for _, part := range q.Parts {
		if part.Hole == nil {
			b.WriteString(EscapeSegment(part.Literal))
			continue
		}
		v, err := part.Hole.Eval(env)
		if err != nil {
			return "", false, err
		}
		b.WriteString(EscapeSegment(v.Text()))
	}
	return b.String(), b.Len() == 0 && len(q.Parts) == 1 && q.Parts[0].Hole != nil, nil
}

// NativeRequest is a call ready to be sent to the upstream.
type NativeRequest struct {
	Method  string
	Path    string // encoded, below the upstream's URL, with its query
	Headers []Header
	Body    []byte // nil: none
	Timeout time.Duration

	// For explain, which takes secrets out.
	Content scim.Value // what is sent, before it is written
	Bare    string     // Path without what Content adds to it
}

// Header is one header of a native request or answer.
type Header struct{ Name, Value string }

// Render makes the request of a call. fields is the body where the call writes
// none of its own.
func (c *Call) Render(up *Upstream, env *Env, fields scim.Value) (NativeRequest, error) {
	req := NativeRequest{Method: c.Method, Timeout: cmp.Or(c.Timeout, up.Timeout)}
	path, query, err := c.Path.Render(env)
	if err != nil {
		return req, err
	}
	if query, err = parameters(query, env, up.Query, c.Query); err != nil {
		return req, err
	}
	if req.Content, err = c.content(up, env, fields); err != nil {
		return req, err
	}
	req.Bare = withQuery(path, query)
	if req.Path = req.Bare; c.Send == AsQuery {
		if query, err = formPairs(query, req.Content); err != nil {
			return req, err
		}
		req.Path = withQuery(path, query)
	}
	if req.Headers, err = headers(env, up.Headers, c.Headers); err != nil {
		return req, err
	}
	return req, c.write(&req)
}

func withQuery(path string, query []string) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + strings.Join(query, "&")
}

// parameters adds those of a query. One that is empty is left out.
func parameters(query []string, env *Env, lists ...[]Named) ([]string, error) {
	for _, list := range lists {
		for _, named := range list {
			v, err := named.Value.Build(env)
			if err != nil {
				return nil, err
			}
			if err := nestable(v); err != nil {
				return nil, err
			}
			if !v.IsEmpty() {
				query = appendPairs(query, named.Name, v)
			}
		}
	}
	return query, nil
}

func headers(env *Env, common, own []Named) (out []Header, err error) {
	out = make([]Header, 0, len(common)+len(own)+2) // of what is expected and sent
	for _, list := range [][]Named{common, own} {
		for _, named := range list {
			v, err := named.Value.Build(env)
			if err != nil {
				return nil, err
			}
			text := v.Text()
			if strings.ContainsAny(text, "\r\n\x00") {
				return nil, fmt.Errorf("header %s would contain a line break", named.Name)
			}
			out = append(out, Header{named.Name, text})
		}
	}
	return out, nil
}

// content is what a call sends: its own body, or the fields, with what every
// call of the vendor sends.
func (c *Call) content(up *Upstream, env *Env, fields scim.Value) (body scim.Value, err error) {
	switch {
	case c.Body != nil:
		if body, err = c.Body.Build(env); err != nil {
			return body, err
		}
		if body.IsEmpty() && body.Kind() != scim.KindObject && body.Kind() != scim.KindList {
			body = scim.Value{} // null and "" are no body
		}
		if !c.Wrap.IsZero() {
			body = c.Wrap.Set(body, merge(c.Wrap.Get(body), fields))
		}
	case c.Operation == Create || c.Operation == Update: // of members nothing is sent but what the file says
		if body = fields; !c.Wrap.IsZero() {
			body = c.Wrap.Set(scim.Value{}, fields)
		}
	}
	common, err := up.Body.Build(env)
	if err != nil {
		return body, err
	}
	if body = merge(common, body); c.Method == "GET" && c.Body == nil && c.Send != AsQuery { // one of its own the file means
		return scim.Value{}, nil
	}
	return body, nil
}

// write writes the body, and the headers that say what it is and what is
// expected, unless the file has its own. JSON is asked for without a word here.
func (c *Call) write(req *NativeRequest) (err error) {
	ask, tell := "Accept", "Content-Type"
	named := func(name string) func(Header) bool {
		return func(h Header) bool { return strings.EqualFold(h.Name, name) }
	}
	if accept := c.Expect.Format.accept(); accept != "" && !slices.ContainsFunc(req.Headers, named(ask)) {
		req.Headers = append(req.Headers, Header{ask, accept})
	}
	if req.Content.IsAbsent() || c.Send == AsQuery {
		req.Headers = slices.DeleteFunc(req.Headers, named(tell)) // of a body that there is not
		return nil
	}
	if !slices.ContainsFunc(req.Headers, named(tell)) {
		req.Headers = append(req.Headers, Header{tell, c.Send.contentType()})
	}
	req.Body, err = c.Send.write(req.Content)
	return err
}

// merge lays over upon base, object by object; a null removes.
func merge(base, over scim.Value) scim.Value {
	if base.IsAbsent() || base.Kind() != scim.KindObject || over.Kind() != scim.KindObject {
		if over.IsAbsent() {
			return base
		}
		return over
	}
	out := scim.DraftOf(base, len(over.Members()))
	for _, m := range over.Members() {
		current := out.Member(m.Name)
		if m.Value.Kind() == scim.KindNull && !current.IsAbsent() {
			out.Set(m.Name, scim.Value{})
			continue
		}
		out.Set(m.Name, merge(current, m.Value))
	}
	return out.Value()
}
