package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits bound what ParseJSON takes.
type Limits struct {
	Depth     int  // of nested lists and objects; 0: 32
	Values    int  // in all; 0: as many as the body holds
	FoldNames bool // names that differ in case alone count as duplicates
	NoNUL     bool // U+0000 is refused: databases, ours among them, cannot hold it
}

const defaultDepth = 32

// manyMembers is the size from which an object's names are compared through a
// map; below it a map costs more than it saves.
const manyMembers = 32

// slabMost bounds how many members or items are allocated together.
const slabMost = 32

// ParseJSON reads one JSON value and refuses what two readers could understand
// differently: duplicate names, text that is not UTF-8, anything after the value.
// Strings share one copy of the body, which the caller may reuse.
//
// It is a reader of its own, since it has all of this to look for anyway: one pass
// of 2.4 us and 5 allocations in BenchmarkParseJSON, where gjson behind checks of
// depth, syntax and UTF-8 took 6.0 us and 14.
func ParseJSON(body []byte, limits Limits) (Value, error) {
	if limits.Depth == 0 {
		limits.Depth = defaultDepth
	}
	p, _ := parsers.Get().(*parser)
	if p == nil {
		p = &parser{members: make([]Member, 0, manyMembers), items: make([]Value, 0, manyMembers)}
	}
	p.limits, p.body = limits, string(body)
	v, err := p.whole()
	if err == errSyntax {
		err = fmt.Errorf("the body is not valid JSON at offset %d", offsetOfError(body))
	}
	if cap(p.members) <= pooledMost && cap(p.items) <= pooledMost {
		p.forget()
		parsers.Put(p)
	}
	return v, err
}

// parsers are kept for what they have room for: without them each body cost two
// more allocations, and 1.5 KB of the 3.6 of BenchmarkParseJSON.
var parsers sync.Pool

// pooledMost bounds what a parser that waits may hold.
const pooledMost = 1024

// whole reads the body to its end.
func (p *parser) whole() (Value, error) {
	v := p.value()
	if p.space(); p.at < len(p.body) {
		p.fail(errSyntax)
	}
	if p.err != nil {
		return Value{}, p.err
	}
	return v, nil
}

// forget leaves nothing of the body but the room that it took.
func (p *parser) forget() {
	members, items := p.members[:cap(p.members)], p.items[:cap(p.items)]
	clear(members)
	clear(items)
	*p = parser{members: members[:0], items: items[:0]}
}

var errSyntax = errors.New("not valid JSON")

// offsetOfError asks the standard library: only a body that is refused is read twice.
func offsetOfError(body []byte) int {
	var raw json.RawMessage
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(body, &raw), &syntax) {
		return max(int(syntax.Offset)-1, 0)
	}
	return 0
}

// parser reads a body from its first byte to its last. After an error it stands
// at the end, where nothing more can be read.
type parser struct {
	limits Limits
	body   string
	at     int
	depth  int
	values int
	err    error

	// What the open objects and lists have so far, the outermost first. A closed
	// one moves to a slab of its size, so that few allocations hold a whole body.
	members    []Member
	items      []Value
	memberSlab []Member
	itemSlab   []Value
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.at = len(p.body)
}

func (p *parser) space() {
	for p.at < len(p.body) && (p.body[p.at] == ' ' || p.body[p.at] == '\n' || p.body[p.at] == '\t' || p.body[p.at] == '\r') {
		p.at++
	}
}

// next is the byte that comes next; 0 at the end.
func (p *parser) next() byte {
	if p.at < len(p.body) {
		return p.body[p.at]
	}
	return 0
}

func (p *parser) value() Value {
	if p.values++; p.limits.Values > 0 && p.values > p.limits.Values {
		p.fail(fmt.Errorf("the body has more than %d values", p.limits.Values))
	}
	p.space()
	switch c := p.next(); {
	case c == '"':
		return String(p.text())
	case c == '{':
		return p.object()
	case c == '[':
		return p.list()
	case c == 't' && p.word("true"), c == 'f' && p.word("false"):
		return Bool(c == 't')
	case c == 'n' && p.word("null"):
		return Null()
	case c == '-' || isDigit(c):
		return p.number()
	}
	p.fail(errSyntax)
	return Value{}
}

func (p *parser) word(word string) bool {
	found := strings.HasPrefix(p.body[p.at:], word)
	if found {
		p.at += len(word)
	}
	return found
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number reads a number of RFC 8259 section 6.
func (p *parser) number() Value {
	start := p.at
	if p.next() == '-' {
		p.at++
	}
	if p.next() == '0' {
		p.at++
	} else {
		p.digits()
	}
	if p.next() == '.' {
		p.at++
		p.digits()
	}
	if c := p.next(); c == 'e' || c == 'E' {
		p.at++
		if c := p.next(); c == '+' || c == '-' {
			p.at++
		}
		p.digits()
	}
	return textual(KindNumber, p.body[start:p.at])
}

func (p *parser) digits() {
	if !isDigit(p.next()) {
		p.fail(errSyntax)
	}
	for isDigit(p.next()) {
		p.at++
	}
}

// open enters a list or an object.
func (p *parser) open() {
	p.at++
	if p.depth++; p.depth > p.limits.Depth {
		p.fail(fmt.Errorf("the body is nested more than %d deep at offset %d", p.limits.Depth, p.at-1))
	}
}

// more reports whether another element follows in a list or an object, and
// steps over the comma before it, or over the bracket at the end.
func (p *parser) more(first bool, bracket byte) bool {
	p.space()
	switch c := p.next(); {
	case c == bracket:
		p.at++
		p.depth--
		return false
	case first && c != 0:
		return true
	case c == ',':
		p.at++
		return true
	}
	p.fail(errSyntax)
	return false
}

func (p *parser) list() Value {
	start := len(p.items)
	for p.open(); p.more(len(p.items) == start, ']'); {
		v := p.value()
		p.items = append(p.items, v)
	}
	slab := slabOf(&p.itemSlab, len(p.items)-start, p.body, ",")
	copy(slab, p.items[start:])
	p.items = p.items[:start]
	return list(slab)
}

func (p *parser) object() Value {
	start := len(p.members)
	var seen map[string]bool
	for p.open(); p.more(len(p.members) == start, '}'); {
		if len(p.members)-start == manyMembers {
			seen = p.names(p.members[start:])
		}
		name := p.name()
		if p.duplicate(p.members[start:], seen, name) {
			p.fail(fmt.Errorf("the name %q appears twice in one object", name))
		}
		v := p.value()
		p.members = append(p.members, Member{name, v})
	}
	slab := slabOf(&p.memberSlab, len(p.members)-start, p.body, ":")
	copy(slab, p.members[start:])
	p.members = p.members[:start]
	return object(slab)
}

// slabOf cuts n elements from a slab. A fresh slab has room for what the body
// can still hold of them, which its separators tell.
func slabOf[T any](slab *[]T, n int, body, separator string) []T {
	if n > len(*slab) {
		*slab = make([]T, max(n, min(strings.Count(body, separator), slabMost)))
	}
	cut := (*slab)[:n:n]
	*slab = (*slab)[n:]
	return cut
}

// name reads the name of a member and the colon behind it.
func (p *parser) name() string {
	if p.space(); p.next() != '"' {
		p.fail(errSyntax)
		return ""
	}
	name := p.text()
	if p.space(); p.next() != ':' {
		p.fail(errSyntax)
		return ""
	}
	p.at++
	return name
}

// text reads a string, which without an escape is a part of the body.
func (p *parser) text() string {
	p.at++
	start, ascii := p.at, true
	for i := start; i < len(p.body); i++ {
		switch c := p.body[i]; {
		case c == '"':
			if p.at = i + 1; !ascii {
				p.checkUTF8(start, i)
			}
			return p.body[start:i]
		case c == '\\':
			return p.escaped(start, i)
		case c < 0x20:
			p.fail(errSyntax)
			return ""
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	p.fail(errSyntax)
	return ""
}

func (p *parser) checkUTF8(from, to int) {
	if utf8.ValidString(p.body[from:to]) {
		return
	}
	for i, r := range p.body[from:to] {
		if _, size := utf8.DecodeRuneInString(p.body[from+i:]); r == utf8.RuneError && size == 1 {
			p.fail(fmt.Errorf("the body is not UTF-8 at offset %d", from+i))
			return
		}
	}
}

// escaped reads a string that has its first escape at i.
func (p *parser) escaped(start, i int) string {
	out := append(make([]byte, 0, 2*(i-start)+16), p.body[start:i]...)
	for p.at = i; p.at < len(p.body); {
		switch c := p.body[p.at]; {
		case c == '"':
			end := p.at
			p.at++
			p.checkUTF8(start, end)
			return string(out)
		case c == '\\':
			out = p.escape(out)
		case c < 0x20:
			p.fail(errSyntax)
		default:
			out = append(out, c)
			p.at++
		}
	}
	p.fail(errSyntax)
	return ""
}

// escapes gives for the letter of an escape the byte that it stands for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape of RFC 8259 section 7. Half a surrogate pair is
// U+FFFD, as for encoding/json.
func (p *parser) escape(out []byte) []byte {
	p.at++
	if c := escapes[p.next()]; c != 0 {
		p.at++
		return append(out, c)
	}
	r, ok := hex4(p.body[p.at:], "u")
	if !ok {
		p.fail(errSyntax)
		return out
	}
	if r == 0 && p.limits.NoNUL {
		p.fail(fmt.Errorf("the body has the character U+0000 at offset %d", p.at-1))
		return out
	}
	p.at += len("u0000")
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(out, r)
	}
	low, _ := hex4(p.body[p.at:], `\u`)
	if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
		p.at += len(`\u0000`)
	}
	return utf8.AppendRune(out, r)
}

// hex4 reads the four digits behind a prefix.
func hex4(s, prefix string) (rune, bool) {
	rest, found := strings.CutPrefix(s, prefix)
	if !found || len(rest) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(rest[:4], 16, 32)
	return rune(n), err == nil
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
		if same := members[i].Name; same == name || p.limits.FoldNames && mayFold(same, name) && strings.EqualFold(same, name) {
			return true
		}
	}
	return false
}

// mayFold spares most calls of strings.EqualFold, which cost more than all the
// rest of reading a name: two names that begin with different ASCII letters
// differ in any case.
func mayFold(a, b string) bool {
	return a == "" || b == "" || a[0]|b[0] >= utf8.RuneSelf || a[0]|0x20 == b[0]|0x20
}

// key makes equal what strings.EqualFold calls equal: some letters, such as the
// Kelvin sign, are their own upper case and not their own lower case.
func (p *parser) key(name string) string {
	if !p.limits.FoldNames {
		return name
	}
	return strings.ToLower(strings.ToUpper(name))
}
