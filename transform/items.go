package transform

import (
	"regexp"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

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
// empty object where the vendor's language knows no difference, and any list for itself where the items
// are the whole answer: a read has no other word for that.
func (s Send) list(body scim.Value) scim.Value {
	c := s.Call
	if !c.Keyed {
		return c.eachOf(c.Expect.listAt(c.Items, body))
	}
	at := c.Items.Get(body)
	if at.Kind() == scim.KindList && (len(at.Items()) == 0 || c.Items.IsZero()) {
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

// eachOf takes the resources out of the elements that they stand in.
func (c *Call) eachOf(list scim.Value) scim.Value {
	if c.Each.IsZero() || list.Kind() != scim.KindList {
		return list
	}
	items := make([]scim.Value, 0, len(list.Items()))
	for _, element := range list.Items() {
		items = append(items, c.Each.Get(element))
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
	c, pages, fresh := s.Call, s.pages(), 0
	for _, item := range out.Items {
		if !pages.shown[s.nameOf(item)] {
			fresh++
		}
	}
	if fresh == 0 && len(out.Items) > 0 {
		return broken("the vendor's list repeats itself: its paging cannot be followed")
	}
	env.Names["seen"] = scim.Int(int64(pages.seen + fresh))
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
