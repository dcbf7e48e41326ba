package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"scimshim/transform"
)

// methods are those that a call may use.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// request reads `METHOD url`.
func (d *decoder) request(c *transform.Call, n *node, where string, place transform.Place) {
	text, ok := d.text(n, where)
	if !ok {
		return
	}
	text = strings.TrimRight(text, " \n")
	method, rest, _ := strings.Cut(text, " ")
	target := strings.TrimLeft(rest, " ")
	switch {
	case !slices.Contains(methods, method):
		p := d.report(n, codeBadRequest, "%s: %q does not begin with a method", where, text)
		p.Hint = "write it like GET /users/{id}; the methods are " + strings.Join(methods, ", ")
	case !strings.HasPrefix(target, "/"):
		d.badStart(n, target, where)
	case strings.Contains(quotedSecret.ReplaceAllString(target, ""), "${"):
		d.report(n, codeSecretInURL, "%s: a secret cannot stand in a request", where).Hint =
			`put it under headers or query; a variable that is no secret may fill a segment: {"${env:NAME}"}`
	default:
		c.Method = method
		c.Path = d.template(n, len([]rune(text))-len([]rune(target)), target, where, place)
	}
}

// badStart reports a URL that says where the vendor is.
func (d *decoder) badStart(n *node, target, where string) {
	if strings.HasPrefix(target, "{") || strings.Contains(target, "://") && strings.Contains(target, "{") {
		d.report(n, codeBadHole, "%s: a hole cannot choose the scheme or the host: %q must begin with /", where, target)
		return
	}
	d.report(n, codeBadRequest, "%s: %q must begin with /: it is appended to the URL of the upstream", where, target)
}

// piece is a literal part of a template, or the expression of a hole.
type piece struct {
	text string
	hole bool
	at   int // its first character, in the node's text
}

// template compiles a URL whose first character stands at an offset of the
// node's text.
func (d *decoder) template(n *node, offset int, source, where string, place transform.Place) transform.Template {
	t := templating{decoder: d, node: n, where: where, out: transform.Template{Source: source}}
	pieces, problem := split([]rune(source), offset)
	if problem != "" {
		d.report(n, codeBadHole, "%s: %q: %s", where, source, problem)
		return t.out
	}
	for _, p := range pieces {
		if p.hole {
			t.hole(transform.Part{Hole: d.compile(n, p.at, p.text, where, place, "any")})
			continue
		}
		t.literal(p.text)
	}
	t.check()
	return t.out
}

// split cuts a template at its holes. Braces and quotes inside an expression
// belong to it.
func split(source []rune, offset int) (pieces []piece, problem string) {
	start := 0
	for i := 0; i < len(source); i++ {
		switch source[i] {
		case '}':
			return nil, "a } has no {"
		case '{':
			end := closing(source, i)
			if end < 0 {
				return nil, "a { has no }"
			}
			inside := string(source[i+1 : end])
			if strings.TrimSpace(inside) == "" {
				return nil, "a hole is empty"
			}
			pieces = append(pieces, piece{text: string(source[start:i]), at: offset + start}, piece{inside, true, offset + i + 1})
			i, start = end, end+1
		}
	}
	return append(pieces, piece{text: string(source[start:]), at: offset + start}), ""
}

// closing gives the brace that closes the one at open, or -1.
func closing(source []rune, open int) int {
	depth, quote := 0, rune(0)
	for i := open; i < len(source); i++ {
		switch r := source[i]; {
		case quote != 0 && r == '\\':
			i++
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '{':
			depth++
		case r == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// templating is a template on its way from pieces to path and query.
type templating struct {
	*decoder
	node  *node
	where string
	out   transform.Template

	path    strings.Builder // with x for each hole, to be checked as a whole
	inQuery bool
	inValue bool
}

func (t *templating) hole(part transform.Part) {
	switch {
	case !t.inQuery:
		t.out.Parts = append(t.out.Parts, part)
		t.path.WriteString("x")
	case !t.inValue:
		t.report(t.node, codeBadHole, "%s: %q: a hole cannot be the name of a parameter", t.where, t.out.Source)
		t.out.Query[len(t.out.Query)-1].Name = "a hole"
	default:
		pair := &t.out.Query[len(t.out.Query)-1]
		pair.Parts = append(pair.Parts, part)
	}
}

func (t *templating) literal(text string) {
	if !t.inQuery {
		path, query, found := strings.Cut(text, "?")
		if path != "" {
			t.out.Parts = append(t.out.Parts, transform.Part{Literal: path})
			t.path.WriteString(path)
		}
		if !found {
			return
		}
		t.inQuery, text = true, query
		t.next()
	}
	first, rest, more := strings.Cut(text, "&")
	t.pair(first)
	for more {
		first, rest, more = strings.Cut(rest, "&")
		t.next()
		t.pair(first)
	}
}

// next begins a pair of the query.
func (t *templating) next() {
	t.out.Query = append(t.out.Query, transform.QueryHole{})
	t.inValue = false
}

// pair continues the last pair of the query. Its literals are decoded here and
// encoded again for each call.
func (t *templating) pair(text string) {
	pair := &t.out.Query[len(t.out.Query)-1]
	if !t.inValue {
		name, value, found := strings.Cut(text, "=")
		pair.Name, t.inValue, text = pair.Name+t.decoded(name), found, value
	}
	if text != "" {
		pair.Parts = append(pair.Parts, transform.Part{Literal: t.decoded(text)})
	}
}

func (t *templating) decoded(text string) string {
	out, err := url.QueryUnescape(text)
	if err != nil {
		t.report(t.node, codeBadRequest, "%s: %q is not percent-encoded correctly", t.where, t.out.Source)
	}
	return out
}

// encodedPath is a path of RFC 3986 section 3.3.
var encodedPath = regexp.MustCompile(`^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$`)

// check looks at what the literals make of the path.
func (t *templating) check() {
	path := t.path.String()
	if !encodedPath.MatchString(path) {
		t.report(t.node, codeBadRequest, "%s: %q contains a character that must be percent-encoded", t.where, t.out.Source)
		return
	}
	for segment := range strings.SplitSeq(path, "/") {
		if plain, _ := url.PathUnescape(segment); plain == "." || plain == ".." {
			t.report(t.node, codeBadRequest, "%s: %q contains the segment %q, which servers resolve", t.where, t.out.Source, segment)
		}
	}
	for _, pair := range t.out.Query {
		if pair.Name == "" {
			t.report(t.node, codeBadRequest, "%s: %q has a parameter without a name", t.where, t.out.Source)
		}
	}
}
