package config

import (
	"slices"
	"strings"

	"scimshim/transform"
)

var everywhere = []transform.Operation{transform.Create, transform.Read, transform.Update, transform.Delete, transform.List, transform.Find,
	transform.ListMembers, transform.HasMember, transform.AddMember, transform.RemoveMember, transform.LookUp, transform.Login}

// callKeys says in which operations each key of a call has a meaning.
var callKeys = map[string][]transform.Operation{
	"request":    everywhere,
	"query":      everywhere,
	"headers":    everywhere,
	"body":       everywhere,
	"timeout":    everywhere,
	"limits":     everywhere,
	"send":       everywhere,
	"expect":     everywhere,
	"errors":     everywhere,
	"when":       {transform.Create, transform.Read, transform.Update, transform.Delete, transform.Find, transform.Login},
	"wrap":       {transform.Create, transform.Update},
	"fields":     {transform.Create, transform.Update},
	"read_first": {transform.Update, transform.Delete, transform.AddMember, transform.RemoveMember},
	"whole":      {transform.Update},
	"until":      {transform.Create, transform.Update, transform.Delete},
	"into":       {transform.Read},
	"item":       {transform.Create, transform.Read, transform.Update, transform.Find},
	"items":      {transform.Read, transform.List, transform.Find, transform.ListMembers, transform.LookUp},
	"id":         {transform.Create, transform.List, transform.Find, transform.ListMembers},
	"lacks":      {transform.Create, transform.Read, transform.Update, transform.List, transform.Find},
	"save":       {transform.Create, transform.Read, transform.Update, transform.Delete, transform.Login},
	"next":       {transform.List, transform.Find, transform.ListMembers, transform.LookUp},
	"more":       {transform.List, transform.Find, transform.ListMembers, transform.LookUp},
	"at_most":    {transform.List, transform.Find, transform.ListMembers, transform.LookUp},
	"by":         {transform.Find},
	"hides":      {transform.Find},
	"key":        {transform.LookUp},
	"value":      {transform.LookUp},
	"fresh":      {transform.LookUp},
}

// place is where the expressions of an operation's calls stand.
func place(op transform.Operation) transform.Place {
	switch op {
	case transform.Create:
		return transform.InCreate
	case transform.Read:
		return transform.InFetch
	case transform.Login:
		return transform.InLogin
	case transform.List, transform.Find:
		return transform.InFind
	case transform.LookUp:
		return transform.InLookup
	case transform.ListMembers, transform.HasMember, transform.AddMember, transform.RemoveMember:
		return transform.InMembers
	}
	return transform.InUpdate
}

// operation decodes the calls of an operation: a request, a call or several.
func (d *decoder) operation(n *node, op transform.Operation) (out []*transform.Call) {
	if n == nil || n.bad {
		return nil
	}
	if n.kind == sequence && len(n.items) == 0 {
		d.report(n, codeWrongKind, "%s: a call is needed here", op)
	}
	for _, item := range list(n) {
		d.used = nil
		if c, _ := d.call(item, op); c != nil {
			out, d.uses[c] = append(out, c), d.used
		}
	}
	return out
}

// one decodes an operation that is a single call.
func (d *decoder) one(n *node, op transform.Operation) *transform.Call {
	calls := d.operation(n, op)
	if len(calls) == 0 {
		return nil
	}
	if len(calls) > 1 {
		d.report(n, codeWrongKind, "%s: one call is needed here, not a list of them", op)
	}
	return calls[0]
}

// call decodes one call. A plain string is its request.
func (d *decoder) call(n *node, op transform.Operation) (*transform.Call, fields) {
	return d.callAt(n, op, place(op))
}

// callAt decodes a call whose request stands at a place of its own.
func (d *decoder) callAt(n *node, op transform.Operation, place transform.Place) (*transform.Call, fields) {
	c := &transform.Call{Operation: op, Position: d.position(n)}
	where := string(op)
	d.calls[c] = n
	if n.kind != mapping {
		d.request(c, n, where, place)
		return c, nil
	}
	f := d.callFields(n, where, op)
	if d.need(n, where, f, "request"); f["request"] == nil {
		return nil, nil
	}
	d.request(c, f["request"], where, place)
	d.outgoing(c, f, where, place)
	d.incoming(c, f, where)
	return c, f
}

// callFields tells keys that stand in the wrong operation from unknown ones.
func (d *decoder) callFields(n *node, where string, op transform.Operation) fields {
	s := shape{}
	for key, operations := range callKeys {
		if slices.Contains(operations, op) {
			s.keys = append(s.keys, key)
		}
	}
	slices.Sort(s.keys)
	kept := n.pairs[:0:0]
	for _, p := range n.pairs {
		if callKeys[p.key.text] != nil && !slices.Contains(s.keys, p.key.text) && !p.key.bad {
			d.report(p.key, codeMisplacedKey, "%s: %q has no meaning here", where, p.key.text)
			continue
		}
		kept = append(kept, p)
	}
	known := *n
	known.pairs = kept
	return d.mapping(&known, where, s)
}

// outgoing decodes what is sent.
func (d *decoder) outgoing(c *transform.Call, f fields, where string, place transform.Place) {
	if f["query"] != nil {
		c.Query = d.parameters(f["query"], where+".query", place)
	}
	if f["headers"] != nil {
		c.Headers = d.headers(f["headers"], where+".headers", place)
	}
	if f["body"] != nil {
		tree := d.tree(f["body"], where+".body", place)
		c.Body = &tree
	}
	if f["wrap"] != nil {
		c.Wrap = d.part(f["wrap"], where)
	}
	if f["fields"] != nil {
		c.Fields = d.carried(f["fields"], where)
	}
	if f["when"] != nil {
		c.When = d.expression(f["when"], where+": when", place, "boolean")
		d.withoutSession(f["when"], c, where)
	}
	if f["timeout"] != nil {
		c.Timeout = d.duration(f["timeout"], where)
	}
	c.Limits = d.limits(f["limits"], where+".limits")
	c.Send = d.sends(f["send"], where)
	c.ReadFirst = d.boolean(f["read_first"], where)
	if whole := f["whole"]; whole != nil && whole.kind == sequence {
		c.WholeFields = d.fieldPaths(whole, where)
	} else {
		c.Whole = d.boolean(whole, where)
		c.Pieces = whole != nil && !c.Whole
	}
}

// idOf names a field of an item. Members are no resources, and their list is the
// vendor's own also where it speaks SCIM.
func (d *decoder) idOf(c *transform.Call, n *node, where string) transform.NativePath {
	if c.Operation == transform.ListMembers {
		return d.native(n, where)
	}
	return d.field(n, where)
}

// carried gives the fields of a call. None at all would carry what no other call
// lists, as if the key were not there.
func (d *decoder) carried(n *node, where string) []string {
	if n.kind == sequence && len(n.items) == 0 && !n.bad {
		d.report(n, codeWrongKind, "%s: the list of fields is empty", where).Hint = "name a field, or leave the key out: the call then carries what no other one lists"
	}
	return d.fieldNames(n, where)
}

// incoming decodes how the answer is read.
func (d *decoder) incoming(c *transform.Call, f fields, where string) {
	if f["item"] != nil {
		c.Item = d.part(f["item"], where)
	}
	if f["items"] != nil {
		d.items(c, f["items"], where)
	}
	if f["id"] != nil {
		c.ID = d.idOf(c, f["id"], where)
	}
	if f["lacks"] != nil {
		c.Lacks = d.fieldNames(f["lacks"], where)
	}
	if f["save"] != nil {
		for _, p := range d.entries(f["save"], where+".save") {
			value := d.expression(p.value, where+".save."+p.key.text, d.place, "any")
			c.Save = append(c.Save, transform.Saving{Name: p.key.text, Value: value})
		}
	}
	if f["until"] != nil {
		c.Until = d.expression(f["until"], where+": until", d.place, "boolean")
	}
	if f["next"] != nil {
		c.Next = d.expression(f["next"], where+": next", d.place, "any")
	}
	if f["more"] != nil {
		c.More = d.expression(f["more"], where+": more", d.place, "boolean")
	}
	if f["at_most"] != nil {
		c.AtMost = d.integer(f["at_most"], where, 1, 1_000_000)
	}
	c.Expect = d.expects(f["expect"], where)
	c.Errors = d.errors(f["errors"], where)
	if f["errors"] != nil && c.Operation == transform.Login {
		d.loginMeanings(f["errors"])
	} else if f["errors"] != nil && !c.Operation.Writes() {
		d.nothingDone(f["errors"], where)
	}
}

// finds decodes the searches, in the order in which they are tried.
func (d *decoder) finds(n *node) (out []*transform.FindCall) {
	if n == nil || n.bad {
		return nil
	}
	for _, item := range list(n) {
		if !d.is(item, mapping, "find") {
			continue
		}
		c, f := d.call(item, transform.Find)
		if d.need(item, "find", f, "by"); c == nil || f["by"] == nil {
			continue
		}
		find := &transform.FindCall{Call: c}
		for _, by := range list(f["by"]) {
			if by, ok := d.by(by); ok {
				find.By = append(find.By, by)
			}
		}
		if f["hides"] != nil {
			for _, hides := range list(f["hides"]) {
				find.Hides = append(find.Hides, d.word(hides, "find", "case", "inactive"))
			}
		}
		out = append(out, find)
	}
	return out
}

// by reads `PATH` or `PATH OPERATOR`.
func (d *decoder) by(n *node) (transform.By, bool) {
	name, operator, found := strings.Cut(n.text, " ")
	if n.kind != scalar || !found {
		path, ok := d.path(n, "find")
		return transform.By{Path: path, Operator: "eq"}, ok
	}
	own := *n
	own.text, operator = name, strings.TrimSpace(operator)
	path, ok := d.path(&own, "find")
	if !slices.Contains(transform.Operators, operator) {
		d.report(n, codeBadValue, "find: %q is no operator that a vendor can be asked with", operator).Hint =
			"write a path alone, or one of " + strings.Join(transform.Operators, ", ") + " after it"
		return transform.By{}, false
	}
	return transform.By{Path: path, Operator: operator}, ok
}

// items reads where the list is. `users.*`, or `*` alone, is an object whose members
// are the items, named by their ids; `edges[].node` a list of elements that have them.
func (d *decoder) items(c *transform.Call, n *node, where string) {
	own := *n
	list, each, elements := strings.Cut(n.text, "[]")
	switch {
	case n.kind != scalar:
	case elements:
		if own.text = each; each != "" {
			own.text = strings.TrimPrefix(each, ".")
			c.Each = d.part(&own, where)
		}
		if own.text = list; list == "" {
			own.text = "."
		}
	case n.text == "*":
		c.Keyed = true
		return
	case strings.HasSuffix(n.text, ".*"):
		own.text, c.Keyed = strings.TrimSuffix(n.text, ".*"), true
	}
	c.Items = d.part(&own, where)
}
