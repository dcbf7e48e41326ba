package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A filter is bounded before it is parsed and while it is: both the parser and
// the matcher are recursive.
const (
	maxFilter      = 4096
	maxFilterDepth = 32
)

// ParseFilter parses a filter (RFC 7644 section 3.4.2.2). A name that no schema
// has is an *UnknownAttribute.
func ParseFilter(c *Catalog, s string) (Filter, error) {
	if len(s) > maxFilter {
		return nil, fmt.Errorf("parse filter: %d characters are more than %d", len(s), maxFilter)
	}
	p := filterParser{catalog: c, source: s}
	f, err := p.or()
	if p.space(); err == nil && p.at < len(s) {
		err = p.unexpected()
	}
	if err != nil {
		return nil, fmt.Errorf("parse filter %q: %w", s, err)
	}
	return f, nil
}

// filterParser is a recursive descent, with one method for each rule of the
// grammar and without a separate lexer: where a name may stand, a value may not.
type filterParser struct {
	catalog *Catalog
	source  string
	at      int
	depth   int
	within  *Path // the attribute whose elements a value filter is about
}

func (p *filterParser) or() (Filter, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, fmt.Errorf("it is nested more than %d deep", maxFilterDepth)
	}
	terms, err := p.terms("or", p.and)
	p.depth--
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return disjunction(terms), nil
}

func (p *filterParser) and() (Filter, error) {
	terms, err := p.terms("and", p.term)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return conjunction(terms), nil
}

func first(terms []Filter) Filter {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

// terms reads one or more terms with the keyword between them.
func (p *filterParser) terms(keyword string, read func() (Filter, error)) ([]Filter, error) {
	var out []Filter
	for {
		term, err := read()
		if err != nil {
			return nil, err
		}
		out = append(out, term)
		start := p.at
		if p.space(); !strings.EqualFold(p.word(), keyword) {
			p.at = start
			return out, nil
		}
	}
}

func (p *filterParser) term() (Filter, error) {
	if p.space(); p.next('(') {
		return p.group()
	}
	start := p.at
	name := p.word()
	if p.space(); strings.EqualFold(name, "not") && p.next('(') {
		f, err := p.group()
		return negation{f}, err
	}
	p.at = start + len(name)
	if name == "" {
		return nil, p.expected("an attribute")
	}
	path, err := p.path(name)
	if err != nil {
		return nil, err
	}
	if p.peek() == '[' {
		return p.valuePath(path)
	}
	return p.comparison(path)
}

func (p *filterParser) group() (Filter, error) {
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); !p.next(')') {
		return nil, p.expected("a closing parenthesis")
	}
	return f, nil
}

// path resolves a name; inside a value filter it is a sub-attribute.
func (p *filterParser) path(name string) (Path, error) {
	if p.within == nil {
		return p.catalog.attributePath(name)
	}
	if err := checkName(name); err != nil {
		return Path{}, err
	}
	path, err := p.within.withSub(name, name)
	if unknown, ok := err.(*UnknownAttribute); ok {
		unknown.Name = p.within.Portal() + "." + name
		if unknown.Suggestion != "" {
			unknown.Suggestion = p.within.Portal() + "." + unknown.Suggestion
		}
	}
	return path, err
}

// valuePath reads emails[...], and what Entra's portal writes and the grammar
// does not have: a comparison of a sub-attribute after it.
func (p *filterParser) valuePath(path Path) (Filter, error) {
	selected, err := p.selection(path)
	if err != nil {
		return nil, err
	}
	if selected.Sub != nil {
		return p.comparison(selected)
	}
	return &valuePath{path, selected.Where}, nil
}

// selection reads the value filter in brackets, and .sub after it.
func (p *filterParser) selection(path Path) (Path, error) {
	switch {
	case p.within != nil:
		return Path{}, fmt.Errorf("a value filter cannot hold another one at position %d", p.at+1)
	case !path.Attribute.MultiValued || len(path.Attribute.Sub) == 0 || path.Sub != nil:
		return Path{}, fmt.Errorf("%q has no elements to select by a filter", path.Portal())
	}
	p.at++
	p.within = &path
	f, err := p.or()
	p.within = nil
	if err != nil {
		return Path{}, err
	}
	if p.space(); !p.next(']') {
		return Path{}, p.expected("a closing bracket")
	}
	out := path.where(f)
	if !p.next('.') {
		return out, nil
	}
	name := p.word()
	sub, err := path.withSub(path.Portal()+"."+name, name)
	out.Sub = sub.Sub
	return out, err
}

var operators = map[string]bool{"eq": true, "ne": true, "co": true, "sw": true, "ew": true,
	"gt": true, "ge": true, "lt": true, "le": true, "pr": true}

func (p *filterParser) comparison(path Path) (Filter, error) {
	p.space()
	start := p.at
	op := strings.ToLower(p.word())
	if op == "" {
		return nil, p.expected("an operator")
	}
	if !operators[op] {
		return nil, fmt.Errorf("%q is not an operator at position %d", p.source[start:p.at], start+1)
	}
	if op == "pr" {
		return newComparison(path, op, Value{}, p.within != nil), nil
	}
	p.space()
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	if path, err = comparedPath(path); err == nil {
		value, err = typed(path, op, value)
	}
	return newComparison(path, op, value, p.within != nil), err
}

// comparedPath gives the path whose values are compared: a complex attribute
// stands for its `value` (RFC 7644 section 3.4.2.2, emails co "example.com").
func comparedPath(path Path) (Path, error) {
	if path.Leaf().Type != TypeComplex {
		return path, nil
	}
	if path.Sub = path.Attribute.SubAttribute("value"); path.Sub == nil {
		return path, fmt.Errorf("%q is complex: compare one of its sub-attributes", path.Portal())
	}
	return path, nil
}

// typed gives the value the attribute's type. Entra puts every value in
// quotation marks, also those of booleans ("True") and numbers.
func typed(path Path, op string, v Value) (Value, error) {
	name := path.Portal()
	if v.kind == KindNull {
		if op != "eq" && op != "ne" {
			return v, fmt.Errorf("%q %s null: null can only be compared by eq and ne", name, op)
		}
		return v, nil
	}
	switch kind := path.Leaf().Type; kind {
	case TypeBoolean:
		if op != "eq" && op != "ne" {
			return v, fmt.Errorf("%q is a boolean and has no operator %s", name, op)
		}
		if b, ok := asBoolean(v); ok {
			return b, nil
		}
		return v, fmt.Errorf("%q needs true or false, not %s", name, v.JSON())
	case TypeInteger, TypeDecimal:
		if number := Number(v.literal()); v.kind == KindString && !number.IsAbsent() {
			return number, nil
		}
		return v, nil
	}
	return String(v.Text()), nil
}

// literal reads a value: any JSON literal (RFC 7644 section 3.4.2.2, compValue).
func (p *filterParser) literal() (Value, error) {
	if p.peek() == '"' {
		return p.quoted()
	}
	start := p.at
	switch word := p.word(); word {
	case "":
		return Value{}, p.expected("a value")
	case "true", "false":
		return Bool(word == "true"), nil
	case "null":
		return Null(), nil
	default:
		if v := Number(word); !v.IsAbsent() {
			return v, nil
		}
		return Value{}, fmt.Errorf("%q is not a value at position %d: text needs double quotes", word, start+1)
	}
}

func (p *filterParser) quoted() (Value, error) {
	start := p.at
	for p.at++; p.at < len(p.source) && p.source[p.at] != '"'; p.at++ {
		if p.source[p.at] == '\\' {
			p.at++
		}
	}
	if p.at >= len(p.source) {
		return Value{}, fmt.Errorf("the text at position %d has no closing quote", start+1)
	}
	p.at++
	var text string
	if err := json.Unmarshal([]byte(p.source[start:p.at]), &text); err != nil {
		return Value{}, fmt.Errorf("the text at position %d is not a JSON string", start+1)
	}
	return String(text), nil
}

// word reads up to a space, a bracket, a parenthesis or a quote.
func (p *filterParser) word() string {
	rest := p.source[p.at:]
	if end := strings.IndexAny(rest, " ()[]\"\t\r\n"); end >= 0 {
		rest = rest[:end]
	}
	p.at += len(rest)
	return rest
}

func (p *filterParser) space() {
	for p.at < len(p.source) && p.source[p.at] == ' ' {
		p.at++
	}
}

// peek gives the next byte, 0 at the end.
func (p *filterParser) peek() byte {
	if p.at < len(p.source) {
		return p.source[p.at]
	}
	return 0
}

// next consumes the byte if it is the next one.
func (p *filterParser) next(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

func (p *filterParser) expected(what string) error {
	return fmt.Errorf("%s is expected at position %d", what, p.at+1)
}

func (p *filterParser) unexpected() error {
	return fmt.Errorf("unexpected %q at position %d", p.source[p.at:], p.at+1)
}
