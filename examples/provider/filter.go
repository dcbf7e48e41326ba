package provider

import (
	"encoding/json"
	"fmt"
	"strings"
)

// filter is what RFC 7644 section 3.4.2.2 has of comparisons for equality, all
// of which must hold. This provider takes no other.
type filter []comparison

type comparison struct {
	path  path
	value any // a string or a bool
}

// parseFilter reads a filter on values of this shape.
func parseFilter(written string, of shape) (filter, error) {
	var out filter
	for tokens := words(written); ; tokens = tokens[4:] {
		if len(tokens) < 3 {
			return nil, fmt.Errorf("filter %q is incomplete", written)
		}
		c, err := parseComparison(tokens[0], tokens[1], tokens[2], of)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
		if len(tokens) == 3 {
			return out, nil
		}
		if !strings.EqualFold(tokens[3], "and") {
			return nil, fmt.Errorf("%q is not supported", tokens[3])
		}
	}
}

func parseComparison(attribute, operator, literal string, of shape) (out comparison, err error) {
	if !strings.EqualFold(operator, "eq") {
		return out, fmt.Errorf("%q is not supported", operator)
	}
	if out.path, err = parsePath(attribute, of); err != nil {
		return out, err
	}
	if value, found := out.path.target().parts["value"]; found && out.path.target().kind == isList {
		// RFC 7644 section 3.4.2.2 has "emails co" beside "emails.value co".
		out.path = append(out.path, step{name: "value", shape: value})
	}
	if json.Unmarshal([]byte(literal), &out.value) != nil {
		return out, fmt.Errorf("%s is not a JSON value", literal)
	}
	_, asText := out.value.(string)
	_, asTruth := out.value.(bool)
	if kind := out.path.target().kind; kind == isText && asText || kind == isTruth && asTruth {
		return out, nil
	}
	return out, fmt.Errorf("%q cannot be compared with %s", attribute, literal)
}

// words cuts at spaces, save those in quotes and in brackets.
func words(written string) (out []string) {
	written = unescaped(written) + " "
	quoted, deep, began := false, 0, 0
	for at, c := range written {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			deep++
		case c == ']':
			deep--
		case c == ' ' && deep == 0:
			if at > began {
				out = append(out, written[began:at])
			}
			began = at + 1
		}
	}
	return out
}

// unescaped writes quotes inside of texts in JSON's other way, without a quote.
func unescaped(written string) string {
	return strings.NewReplacer(`\\`, `\\`, `\"`, `\u0022`).Replace(written)
}

// matches tells whether a resource, or an element of a list, passes.
func (f filter) matches(value map[string]any) bool {
	for _, c := range f {
		if !c.path.among(c.path.values(value), c.value) {
			return false
		}
	}
	return true
}
