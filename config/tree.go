package config

import (
	"regexp"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// noPlace is that of literals in which no expression can stand yet.
const noPlace transform.Place = ""

// tree gives a literal whose strings may be `=expr`.
func (d *decoder) tree(n *node, where string, place transform.Place) transform.Tree {
	out := transform.Tree{}
	switch {
	case n.bad:
	case n.kind == mapping:
		for _, p := range d.entries(n, where) {
			out.Members = append(out.Members, transform.TreeMember{Name: p.key.text, Tree: d.tree(p.value, where, place)})
		}
		if out.Members == nil {
			out.Literal = scim.Object()
		}
	case n.kind == sequence:
		for _, item := range n.items {
			out.Items = append(out.Items, d.tree(item, where, place))
		}
		if out.Items == nil {
			out.Literal = scim.ListOf()
		}
	case n.kind == scalar && strings.HasPrefix(n.text, "=") && !strings.HasPrefix(n.text, "=="):
		out.Expr = d.leaf(n, where, place)
	default:
		out.Literal = d.literal(n, where)
	}
	return out
}

// leaf compiles an `=expr`.
func (d *decoder) leaf(n *node, where string, place transform.Place) *transform.Expression {
	if place == noPlace {
		d.report(n, codeBadValue, "%s: a value is needed here, not an expression", where).Hint = `a text that begins with an equals sign begins with two: ==`
		return nil
	}
	return d.compile(n, 1, n.text[1:], where, place, "any")
}

// literal gives a single value with the type that it has in YAML. A number must
// be spelled as JSON spells it: YAML would take 007 for 7 in silence.
func (d *decoder) literal(n *node, where string) scim.Value {
	switch {
	case n.bad:
		return scim.Value{}
	case n.kind == empty:
		return scim.Null()
	case n.kind != scalar:
		d.is(n, scalar, where)
		return scim.Value{}
	case n.style != plain:
		return d.literalText(n)
	case n.text == "true" || n.text == "false":
		return scim.Bool(n.text == "true")
	}
	if number := scim.Number(n.text); !number.IsAbsent() {
		return number
	}
	if strangeNumber.MatchString(n.text) {
		d.report(n, codeBadValue, "%s: %q could be a number or a text", where, n.text).Hint =
			"put quotes round a text, or spell the number in digits"
	}
	return d.literalText(n)
}

// strangeNumber is what YAML 1.1 or 1.2 reads as a number and JSON does not.
var strangeNumber = regexp.MustCompile(`^[-+]?(0[0-9_]+|0[xX][0-9a-fA-F_]+|0[obOB][0-7_]+|[0-9][0-9_]*|[0-9]*\.[0-9_]*|\.(inf|Inf|INF)|[0-9][0-9_.]*[eE][-+]?[0-9]+)$`)

func (d *decoder) literalText(n *node) scim.Value {
	text := n.text
	if strings.HasPrefix(text, "==") {
		text = text[1:]
	}
	text, _ = d.secrets(n, text)
	return scim.String(text)
}

// named gives headers. Their literals are texts as written.
func (d *decoder) named(n *node, where string, place transform.Place) (out []transform.Named) {
	for _, p := range d.entries(n, where) {
		out = append(out, d.parameter(p, where, place))
	}
	return out
}

// parameters gives those of a query. What is no single value is written as in a form.
func (d *decoder) parameters(n *node, where string, place transform.Place) (out []transform.Named) {
	for _, p := range d.entries(n, where) {
		if p.value.kind == mapping || p.value.kind == sequence {
			out = append(out, transform.Named{Name: p.key.text, Value: d.tree(p.value, where+"."+p.key.text, place)})
		} else {
			out = append(out, d.parameter(p, where, place))
		}
	}
	return out
}

func (d *decoder) parameter(p pair, where string, place transform.Place) transform.Named {
	at := where + "." + p.key.text
	if p.key.text == "" {
		d.report(p.key, codeWrongKind, "%s: a name is empty", where)
	}
	named := transform.Named{Name: p.key.text}
	switch text, ok := d.single(p.value, at); {
	case !ok:
	case strings.HasPrefix(text, "=") && !strings.HasPrefix(text, "=="):
		named.Value.Expr = d.leaf(p.value, at, place)
	default:
		named.Value.Literal = d.literalText(p.value)
	}
	return named
}

// single gives a single value, which may be the empty text.
func (d *decoder) single(n *node, where string) (string, bool) {
	if n.kind == scalar && n.style != plain && n.text == "" {
		return "", !n.bad
	}
	return d.text(n, where)
}

// headerName is a token of RFC 9110 section 5.6.2.
var headerName = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")

// ownHeaders are those that only the gateway itself may set: they say where a
// message goes and where it ends.
var ownHeaders = map[string]bool{"host": true, "content-length": true, "transfer-encoding": true, "connection": true,
	"upgrade": true, "te": true, "trailer": true}

func (d *decoder) headers(n *node, where string, place transform.Place) []transform.Named {
	out := d.named(n, where, place)
	for i, p := range out {
		key := n.pairs[min(i, len(n.pairs)-1)].key
		switch {
		case p.Name == "":
		case !headerName.MatchString(p.Name):
			d.report(key, codeBadHeader, "%s: %q cannot be the name of a header", where, p.Name)
		case ownHeaders[strings.ToLower(p.Name)]:
			d.report(key, codeBadHeader, "%s: the header %q is set by the gateway itself", where, p.Name)
		case strings.ContainsAny(p.Value.Literal.Text(), "\r\n\x00"):
			d.report(key, codeBadHeader, "%s: the value of %q contains a line break", where, p.Name)
		}
	}
	return out
}
