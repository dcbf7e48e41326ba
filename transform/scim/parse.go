package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// Limits bound what ParseJSON takes.
type Limits struct {
	Depth     int  // of nested lists and objects; 0: 32
	Values    int  // in all; 0: as many as the body holds
	FoldNames bool // names that differ in case alone count as duplicates
}

const defaultDepth = 32

// manyMembers is the size from which an object's names are compared through a
// map; below it a map costs more than it saves.
const manyMembers = 16

// ParseJSON reads one JSON value and refuses what two readers could understand
// differently: duplicate names, text that is not UTF-8, anything after the value.
// Strings share one copy of the body, which the caller may reuse.
func ParseJSON(body []byte, limits Limits) (Value, error) {
	if limits.Depth == 0 {
		limits.Depth = defaultDepth
	}
	if at := tooDeep(body, limits.Depth); at >= 0 {
		return Value{}, fmt.Errorf("the body is nested more than %d deep at offset %d", limits.Depth, at)
	}
	if !gjson.ValidBytes(body) {
		return Value{}, fmt.Errorf("the body is not valid JSON at offset %d", offsetOfError(body))
	}
	if at := invalidUTF8(body); at >= 0 {
		return Value{}, fmt.Errorf("the body is not UTF-8 at offset %d", at)
	}
	p := parser{limits: limits}
	v := p.value(gjson.Parse(string(body)))
	return v, p.err
}

// tooDeep gives the offset of the first bracket beyond depth, or -1. It comes
// before any recursive reader, which an attacker's brackets would exhaust.
func tooDeep(body []byte, depth int) int {
	level, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if level++; level > depth {
				return i
			}
		case c == '}' || c == ']':
			level--
		}
	}
	return -1
}

// offsetOfError asks the standard library, since gjson does not say where.
func offsetOfError(body []byte) int {
	var raw json.RawMessage
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(body, &raw), &syntax) {
		return max(int(syntax.Offset)-1, 0)
	}
	return 0
}

func invalidUTF8(body []byte) int {
	if utf8.Valid(body) {
		return -1
	}
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

type parser struct {
	limits Limits
	values int
	err    error
}

func (p *parser) value(r gjson.Result) Value {
	if p.values++; p.limits.Values > 0 && p.values > p.limits.Values {
		p.fail("the body has more than %d values", p.limits.Values)
	}
	switch r.Type {
	case gjson.True, gjson.False:
		return Bool(r.Type == gjson.True)
	case gjson.Number:
		return Value{kind: KindNumber, text: r.Raw}
	case gjson.String:
		return String(r.Str)
	case gjson.JSON:
		if r.IsObject() {
			return p.object(r)
		}
		return p.list(r)
	}
	return Null()
}

func (p *parser) list(r gjson.Result) Value {
	var items []Value
	r.ForEach(func(_, item gjson.Result) bool {
		items = append(items, p.value(item))
		return p.err == nil
	})
	return Value{kind: KindList, items: items}
}

func (p *parser) object(r gjson.Result) Value {
	members := make([]Member, 0, 8)
	var seen map[string]bool
	r.ForEach(func(name, member gjson.Result) bool {
		if len(members) == manyMembers {
			seen = p.names(members)
		}
		if p.duplicate(members, seen, name.Str) {
			p.fail("the name %q appears twice in one object", name.Str)
		}
		members = append(members, Member{name.Str, p.value(member)})
		return p.err == nil
	})
	return Value{kind: KindObject, members: members}
}

func (p *parser) names(members []Member) map[string]bool {
	seen := make(map[string]bool, 2*manyMembers)
	for _, m := range members {
		seen[p.key(m.Name)] = true
	}
	return seen
}

func (p *parser) duplicate(members []Member, seen map[string]bool, name string) bool {
	if seen != nil {
		key := p.key(name)
		found := seen[key]
		seen[key] = true
		return found
	}
	for i := range members {
		if members[i].Name == name || p.limits.FoldNames && strings.EqualFold(members[i].Name, name) {
			return true
		}
	}
	return false
}

// key makes equal what strings.EqualFold calls equal: some letters, such as the
// Kelvin sign, are their own upper case and not their own lower case.
func (p *parser) key(name string) string {
	if !p.limits.FoldNames {
		return name
	}
	return strings.ToLower(strings.ToUpper(name))
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}
