package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimshim/rules"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// decoder fills the types of package transform from one file. It never stops at
// a problem: what is wrong is reported and left out.
type decoder struct {
	opts      Options
	source    *source
	name      *node // of the vendor
	catalog   *scim.Catalog
	scim      bool // the vendor speaks it
	scopes    *transform.Scopes
	keys      map[string]*node // the attributes' keys, by dotted path
	users     *transform.Kind
	lookups   []*transform.Lookup
	place     transform.Place // where expressions about an answer stand
	calls     map[*transform.Call]*node
	uses      map[*transform.Call][]use // of the calls that write
	used      []use                     // the expressions compiled since the call began
	session   []string                  // what logins save
	logsIn    bool
	pems      []byte              // the texts of certificates and keys
	upstreams *transform.Upstream // what its calls have unless they say otherwise
}

// report adds an error about a node.
func (d *decoder) report(n *node, code, format string, args ...any) *Diagnostic {
	p := d.source.report(n.line, n.column, code, fmt.Sprintf(format, args...))
	p.To = p.From + max(1, len([]rune(n.raw)))
	return p
}

// warn adds a warning about a node.
func (d *decoder) warn(n *node, code, format string, args ...any) *Diagnostic {
	p := d.report(n, code, format, args...)
	p.Severity = Warning
	return p
}

// position is where a node stands, for the log and for other messages.
func (d *decoder) position(n *node) string {
	return fmt.Sprintf("%s:%d:%d", d.source.name, n.line, n.column)
}

// is reports a node of another kind than is needed.
func (d *decoder) is(n *node, want kind, where string) bool {
	if n.bad {
		return false
	}
	if n.kind != want {
		d.report(n, codeWrongKind, "%s: %s is needed here, not %s", where, want, n.kind)
	}
	return n.kind == want
}

// shape is what a mapping may contain.
type shape struct {
	keys []string
}

// fields are the values of a mapping by key.
type fields map[string]*node

// mapping gives the values of a mapping's known keys and reports the others.
func (d *decoder) mapping(n *node, where string, s shape) fields {
	if !d.is(n, mapping, where) {
		return nil
	}
	out, first := fields{}, map[string]*node{}
	var before tear
	for _, p := range n.pairs {
		key := p.key.text
		switch {
		case p.key.bad:
		case d.torn(&before, p):
			continue
		case !slices.Contains(s.keys, key):
			d.report(p.key, codeUnknownKey, "%s: unknown key %q", where, key).Hint = rules.DidYouMean(key, s.keys)
		case first[key] != nil:
			d.report(p.key, codeDuplicateKey, "%s: %q is written twice; first at %s", where, key, d.position(first[key]))
		default:
			first[key], out[key] = p.key, p.value
		}
		before = tear{value: p.value, text: p.value.text}
	}
	return out
}

// tear is a value that YAML may have cut at commas.
type tear struct {
	value *node
	text  string      // with the pieces that were cut off
	found *Diagnostic // nil: whole so far
}

// torn reports a value that YAML has cut at a comma: in a flow mapping the rest
// of it becomes a key without a value, or several.
func (d *decoder) torn(before *tear, rest pair) bool {
	v := before.value
	if v == nil || v.bad && before.found == nil || v.kind != scalar || v.style != plain || rest.value.kind != empty ||
		!unbalanced(before.text) {
		return false
	}
	if before.found == nil {
		before.found, v.bad = d.report(v, codeQuote, "YAML cuts this value at a comma"), true
	}
	before.text += ", " + rest.key.text
	before.found.Hint = "put quotes round it: " + quoted(before.text)
	return true
}

// unbalanced reports whether a quote or a parenthesis is opened and not closed.
func unbalanced(text string) bool {
	if strings.Count(text, "(") > strings.Count(text, ")") {
		return true
	}
	return strings.Count(text, `"`)%2 == 1 || !strings.Contains(text, `"`) && strings.Count(text, "'")%2 == 1
}

// need reports keys that a mapping must have.
func (d *decoder) need(n *node, where string, f fields, keys ...string) {
	for _, key := range keys {
		if f != nil && f[key] == nil {
			d.report(n, codeMissingKey, "%s needs the key %q", where, key)
		}
	}
}

// entries gives the pairs of a mapping whose keys the author chooses.
func (d *decoder) entries(n *node, where string) []pair {
	if !d.is(n, mapping, where) {
		return nil
	}
	first := map[string]*node{}
	var out []pair
	for _, p := range n.pairs {
		if p.key.bad {
			continue
		}
		if earlier := first[p.key.text]; earlier != nil {
			d.report(p.key, codeDuplicateKey, "%s: %q is written twice; first at %s", where, p.key.text, d.position(earlier))
			continue
		}
		first[p.key.text] = p.key
		out = append(out, p)
	}
	return out
}

// list gives the items of a list; a value that is no list is its only item.
func list(n *node) []*node {
	if n.kind == sequence {
		return n.items
	}
	return []*node{n}
}

// text gives a single value as it was written, without a meaning of its own.
func (d *decoder) text(n *node, where string) (string, bool) {
	if n.kind == empty && !n.bad {
		d.report(n, codeWrongKind, "%s: a value is missing", where)
		return "", false
	}
	if !d.is(n, scalar, where) {
		return "", false
	}
	if strings.TrimSpace(n.text) == "" {
		d.report(n, codeWrongKind, "%s: the value is empty", where)
		return "", false
	}
	return n.text, true
}

// texts gives the texts of a list, or of the one value.
func (d *decoder) texts(n *node, where string) (out []string) {
	for _, item := range list(n) {
		if text, ok := d.text(item, where); ok {
			out = append(out, text)
		}
	}
	return out
}

func (d *decoder) boolean(n *node, where string) bool {
	if n == nil || n.bad {
		return false
	}
	if n.kind != scalar || n.style != plain || n.text != "true" && n.text != "false" {
		d.report(n, codeWrongKind, "%s: true or false is needed here", where)
	}
	return n.text == "true"
}

// word gives one of a closed set of words.
func (d *decoder) word(n *node, where string, words ...string) string {
	text, ok := d.text(n, where)
	if !ok {
		return ""
	}
	if !slices.Contains(words, text) {
		d.report(n, codeBadValue, "%s: %q is not one of %s", where, text, strings.Join(words, ", ")).Hint = rules.DidYouMean(text, words)
		return ""
	}
	return text
}

func (d *decoder) integer(n *node, where string, least, most int) int {
	text, ok := d.text(n, where)
	if !ok {
		return 0
	}
	i, err := strconv.Atoi(text)
	if err != nil || i < least || i > most {
		d.report(n, codeBadValue, "%s: %q is not a whole number from %d to %d", where, text, least, most)
		return 0
	}
	return i
}

// maxTimeout is what a whole request may take in the gateway.
const maxTimeout = 30 * time.Second

func (d *decoder) duration(n *node, where string) time.Duration {
	text, ok := d.text(n, where)
	if !ok {
		return 0
	}
	out, err := time.ParseDuration(text)
	if err != nil || out <= 0 || out > maxTimeout {
		d.report(n, codeBadValue, "%s: %q is not a duration up to 30s", where, text).Hint = "write it with its unit, such as 10s or 500ms"
		return 0
	}
	return out
}

// days gives for how long somebody is remembered.
func (d *decoder) days(n *node, k *transform.Kind) time.Duration {
	text, ok := d.text(n, "forget")
	if !ok {
		return 0
	}
	count, unit := strings.CutSuffix(text, "d")
	days, err := strconv.Atoi(count)
	if !unit || err != nil || days < 1 || days > maxDays {
		d.report(n, codeBadValue, "forget: %q is not a number of days from 1d to %dd", text, maxDays)
		return 0
	}
	if a := k.Attribute("active"); a == nil || !a.Exists {
		d.report(n, codeConflict, "forget: nobody is remembered without %q", "active: exists")
	}
	return time.Duration(days) * 24 * time.Hour
}

// maxDays bounds `forget`: ten years.
const maxDays = 3650

// native gives a native path.
func (d *decoder) native(n *node, where string) transform.NativePath {
	text, ok := d.text(n, where)
	if !ok {
		return transform.NativePath{}
	}
	path, err := transform.ParseNativePath(text)
	if err != nil {
		d.report(n, codeBadPath, "%s: %v", where, err)
	}
	return path
}

// part gives the path of a part of a body.
func (d *decoder) part(n *node, where string) transform.NativePath {
	text, ok := d.text(n, where)
	if !ok {
		return transform.NativePath{}
	}
	path, err := transform.ParsePlace(text)
	if err != nil {
		d.report(n, codeBadPath, "%s: %v", where, err)
	}
	return path
}

// path gives a SCIM path in the notation of vendor files.
func (d *decoder) path(n *node, where string) (scim.Path, bool) {
	text, ok := d.text(n, where)
	if !ok {
		return scim.Path{}, false
	}
	path, err := d.catalog.ParseDotted(text)
	if err == nil {
		return path, true
	}
	unknown, ok := err.(*scim.UnknownAttribute)
	if !ok {
		d.report(n, codeUnknownPath, "%s: %v", where, err)
		return path, false
	}
	p := d.report(n, codeUnknownPath, "%s: unknown attribute %q", where, unknown.Name)
	if unknown.Suggestion != "" {
		p.Hint = fmt.Sprintf("did you mean %q?", unknown.Suggestion)
	}
	return path, false
}

// expression compiles a value that is an expression as a whole.
func (d *decoder) expression(n *node, where string, place transform.Place, want rules.Type) *transform.Expression {
	text, ok := d.text(n, where)
	if !ok {
		return nil
	}
	return d.compile(n, 0, text, where, place, want)
}

// compile compiles an expression that begins at a character of the node's text.
func (d *decoder) compile(n *node, offset int, text, where string, place transform.Place, want rules.Type) *transform.Expression {
	if !strings.Contains(text, "${") {
		return d.compileFilled(n, offset, text, where, place, want, nil)
	}
	if strings.Contains(quotedSecret.ReplaceAllString(text, ""), "${") {
		d.report(n, codeBadSecret, "%s: in an expression a secret is a text of its own", where).Hint = `put quotes round it: "${env:NAME}"`
		return nil
	}
	if _, ok := d.secrets(n, text); !ok {
		return nil
	}
	return d.compileFilled(n, offset, text, where, place, want, d.quietly)
}

// compileFilled has fill complete the quoted texts of an expression.
func (d *decoder) compileFilled(n *node, offset int, text, where string, place transform.Place, want rules.Type, fill func(string) string) *transform.Expression {
	e, fail := d.scopes.CompileFilled(place, text, want, fill)
	if fail == nil {
		d.used = append(d.used, use{n, offset, text, e})
		d.checkSession(d.used[len(d.used)-1], where)
		return e
	}
	p := d.report(n, fail.Code, "%s: %s", where, fail.Message)
	p.Hint, p.shown = fail.Hint, true
	p.mark(n, offset+fail.From, offset+fail.To)
	if n.comment && n.style == plain && fail.Code == codeBadExpression {
		p.Code, p.Hint = codeQuote, `YAML ends a plain value at " #": put quotes round the whole expression`
	}
	return nil
}

// mark narrows a problem down to some characters of a node's text.
func (p *Diagnostic) mark(n *node, from, to int) {
	if n.raw != "" {
		p.Column = n.at(from)
		p.From, p.To = p.Column, max(n.at(to), p.Column+1)
	}
}
