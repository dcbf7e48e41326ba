package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"scimshim/transform"
)

var ruleShape = shape{keys: []string{"name", "set", "to", "when"}}

// rules decodes the rules of a kind, in their order.
func (d *decoder) rules(n *node) (out []*transform.Rule) {
	if !d.is(n, sequence, "rules") {
		return nil
	}
	for i, item := range n.items {
		if rule := d.rule(item, i); rule != nil {
			out = append(out, rule)
		}
	}
	return out
}

func (d *decoder) rule(n *node, i int) *transform.Rule {
	where := fmt.Sprintf("rule %d", i+1)
	f := d.mapping(n, where, ruleShape)
	d.need(n, where, f, "name", "set", "to")
	if f["name"] == nil || f["set"] == nil || f["to"] == nil {
		return nil
	}
	rule := &transform.Rule{}
	rule.Name, _ = d.text(f["name"], where)
	where = fmt.Sprintf("rule %q", rule.Name)
	if f["when"] != nil {
		rule.When = d.expression(f["when"], where, transform.InRule, "boolean")
	}
	path, ok := d.path(f["set"], where)
	if !ok {
		d.expression(f["to"], where, transform.InRule, "any")
		return nil
	}
	if path.Leaf().Mutability == "readOnly" {
		d.report(f["set"], codeBadValue, "%s: %q is set by the gateway", where, path.Dotted())
	}
	if path.IsManager() {
		d.report(f["set"], codeBadValue, "%s: %q refers to a user, and no rule can say to whom", where, path.Dotted())
		return nil
	}
	if path.IsMembers() {
		d.report(f["set"], codeBadValue, "%s: no rule can say who is in a group", where)
		return nil
	}
	rule.Set = path
	rule.To = d.expression(f["to"], where, transform.InRule, transform.TypeOf(path))
	return rule
}

var errorShape = shape{keys: []string{"when", "is", "attribute"}}

var meanings = []string{string(transform.IsUniqueness), string(transform.IsInvalid), string(transform.IsMutability),
	string(transform.IsNotFound), string(transform.IsThrottled), string(transform.IsUnavailable), string(transform.IsLogin), string(transform.IsAgain), string(transform.IsDone), string(transform.IsBroken)}

// errors decodes error rules.
func (d *decoder) errors(n *node, where string) (out []*transform.ErrorRule) {
	where += ".errors"
	if n == nil || !d.is(n, sequence, where) {
		return nil
	}
	for _, item := range n.items {
		f := d.mapping(item, where, errorShape)
		d.need(item, where, f, "when", "is")
		if f["when"] == nil || f["is"] == nil {
			continue
		}
		rule := &transform.ErrorRule{}
		rule.When = d.expression(f["when"], where, d.place, "boolean")
		rule.Is = d.meaning(f["is"], where)
		if f["attribute"] != nil {
			path, _ := d.path(f["attribute"], where)
			rule.Attribute = path.String()
		}
		if rule.Is == transform.IsNotFound && rule.When != nil {
			d.denial(f["when"], rule.When, where)
		}
		if (rule.Is == transform.IsBroken || rule.Is == transform.IsUnavailable) && rule.When != nil {
			d.catchAll(f["when"], rule, where)
		}
		if rule.When != nil && rule.Is != "" {
			out = append(out, rule)
		}
	}
	return out
}

func (d *decoder) meaning(n *node, where string) transform.Meaning {
	if n.kind == scalar && n.text == string(transform.IsLogin) && !d.logsIn {
		d.report(n, codeConflict, "%s: %q renews a session, and there is none", where, "is: login").Hint = needsLogin
	}
	return transform.Meaning(d.word(n, where, meanings...))
}

// nothingDone refuses a meaning that only the answer to a write can have.
func (d *decoder) nothingDone(n *node, where string) {
	for _, item := range n.items {
		for _, p := range item.pairs {
			if p.key.text == "is" && p.value.text == string(transform.IsDone) {
				found := d.report(p.value, codeBadValue, "%s.errors: %q says something of writes, and %s writes nothing", where, "is: done", where)
				if where != string(transform.List) {
					found.Hint = "where nobody was found, write is: notFound"
				}
			}
		}
	}
}

// denials are statuses by which a vendor refuses or fails: none of them says
// that a user is gone, and one lost permission would tell Entra that all are.
var denials = []int{401, 403, 500, 501, 502, 503, 504}

// denial refuses a notFound that one of these statuses could be.
func (d *decoder) denial(n *node, when *transform.Expression, where string) {
	hint := "begin the condition with status == 404 and, or with status == 200 and where the application answers so"
	if !strings.Contains(" "+strings.Join(when.Inputs(), " ")+" ", " status ") {
		d.report(n, codeNotFoundDenial, "%s: notFound needs a condition on the status", where).Hint = hint
		return
	}
	for _, status := range denials {
		for _, answer := range answers(when.Source()) {
			env := map[string]any{}
			for _, name := range when.Inputs() {
				env[name] = answer
				if status == 500 && answer != nil && strings.HasPrefix(name, "body.") { // a fault of SOAP, whose code the vendor alone says
					env[name] = "another"
				}
			}
			env["status"] = status
			if holds, err := when.Expr.Eval(env); err == nil && holds == true {
				d.report(n, codeNotFoundDenial, "%s: notFound would hold for status %d, which does not say that a user is gone", where, status).Hint = hint
				return
			}
		}
	}
}

// catchAll warns of a rule that takes any failure for its own: what 401, 404, 429 and
// 503 mean is known without a rule.
func (d *decoder) catchAll(n *node, rule *transform.ErrorRule, where string) {
	if slices.Contains(rule.When.Inputs(), "status") {
		return
	}
	env := map[string]any{"text": ""}
	if holds, err := rule.When.Expr.Eval(env); err == nil && holds == true {
		d.warn(n, codeCatchAll, "%s: the rule holds of every answer without a body as well, also where 401 means a new login, 404 that a user is gone and 429 a pause", where).Hint =
			"begin the condition with status == 200 and"
	}
}

var quotedText = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)

// answers are texts that a vendor might answer: none, each that the condition
// asks for, and all of them at once.
func answers(source string) []any {
	out, all := []any{nil, ""}, ""
	for _, match := range quotedText.FindAllStringSubmatch(source, -1) {
		text := match[1] + match[2]
		out, all = append(out, text), all+" "+text
	}
	return append(out, all)
}
