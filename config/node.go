package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// kind is what a node is.
type kind uint8

const (
	empty kind = iota // nothing, null or ~
	scalar
	mapping
	sequence
)

var kindNames = [...]string{"nothing", "a single value", "a mapping", "a list"}

func (k kind) String() string { return kindNames[k] }

// style is how a scalar was written.
type style uint8

const (
	plain style = iota
	single
	double
	block
)

// node is a value of the file, with its place.
type node struct {
	kind         kind
	style        style
	text         string // of a scalar, decoded
	raw          string // a scalar as written, when it stands on one line
	line, column int
	comment      bool // a comment follows on the line
	pairs        []pair
	items        []*node
	bad          bool // reported already: what reads it gives up in silence
}

// pair is one key and value of a mapping.
type pair struct{ key, value *node }

// at gives the column of a character of the decoded text. Escapes of quoted
// scalars are wider than what they stand for.
func (n *node) at(offset int) int {
	raw := []rune(n.raw)
	if n.style == plain || len(raw) == 0 {
		return n.column + min(offset, len(raw))
	}
	i := 1
	for ; offset > 0 && i < len(raw); offset-- {
		i += n.escape(raw[i:])
	}
	return n.column + i
}

// escape is the width of the first character of what is left of a quoted scalar.
func (n *node) escape(rest []rune) int {
	switch {
	case n.style == single && rest[0] == '\'' && len(rest) > 1 && rest[1] == '\'':
		return 2
	case n.style == double && rest[0] == '\\' && len(rest) > 1:
		return 2 + map[rune]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
	}
	return 1
}

// parse makes the tree of a file; nil when there is none.
func (s *source) parse(body []byte) (root *node) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(body))
	s.lines = strings.Split(text, "\n")
	// The parser is not ours, and files are edited by hand while it runs.
	defer func() {
		if r := recover(); r != nil {
			s.report(1, 1, codeYAML, "the file cannot be read as YAML")
			root = nil
		}
	}()
	tokens := s.untag(lexer.Tokenize(text))
	if tk := tooDeep(tokens); tk != nil {
		s.report(tk.Position.Line, tk.Position.Column, codeYAML, fmt.Sprintf("lists and mappings are nested more than %d deep", maxDepth))
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.syntax(err)
		return nil
	}
	return s.document(file)
}

// untag reports and removes tags, which vendor files have no use for: to YAML
// an expression that begins with ! is one, and what follows on later lines its
// value. Nothing else is said of such a line.
func (s *source) untag(tokens token.Tokens) (out token.Tokens) {
	for _, tk := range tokens {
		if tk.Type != token.TagType {
			out = append(out, tk)
			continue
		}
		d := s.report(tk.Position.Line, tk.Position.Column, codeQuote, fmt.Sprintf("YAML takes %q for a tag", tk.Value))
		d.To = d.From + len([]rune(tk.Value))
		if d.Hint = "remove the tag"; !strings.HasPrefix(tk.Value, "!!") && len(tk.Value) > 1 {
			d.Hint = fmt.Sprintf("write not %s", tk.Value[1:])
		}
		s.settle(tk.Position.Line)
	}
	return out
}

// document gives the one document of a file.
func (s *source) document(file *ast.File) *node {
	var root *node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			at := doc.Body.GetToken().Position
			s.report(at.Line, at.Column, codeYAML, "a second document begins here: one file is one vendor")
			return nil
		}
		root = s.node(doc.Body)
	}
	if root == nil {
		s.report(1, 1, codeYAML, "the file is empty")
	}
	return root
}

// maxDepth bounds the nesting of files. It is looked for in the tokens, since
// the parser calls itself for each level.
const maxDepth = 40

func tooDeep(tokens token.Tokens) *token.Token {
	flow, inLine, line := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, inLine = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.MappingValueType:
			if flow <= 0 {
				inLine++
			}
		}
		if flow > maxDepth || inLine > maxDepth || tk.Position.IndentLevel > maxDepth {
			return tk
		}
	}
	return nil
}

// syntax reports the first thing that the parser could not read.
func (s *source) syntax(err error) {
	var located interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &located) || located.GetToken() == nil {
		s.report(1, 1, codeYAML, "the file cannot be read as YAML")
		return
	}
	at := located.GetToken().Position
	d := s.report(at.Line, max(1, at.Column), codeYAML, located.GetMessage())
	d.shown = true
	if at.Line <= len(s.lines) {
		d.explainSyntax(s.lines[at.Line-1])
		d.explainComment(s.lines[:at.Line])
	}
}

// explainComment looks among the lines up to the one where the parser noticed
// that braces are not closed for the last whose end is a comment, and moves
// there if what the braces lack stands in it.
func (d *Diagnostic) explainComment(lines []string) {
	if d.Message != unclosed {
		return
	}
	for i := len(lines) - 1; i >= 0; i-- {
		text, comment, found := strings.Cut(lines[i], " #")
		if found && strings.ContainsAny(comment, "}]") && open(text) > 0 {
			d.Line, d.Column, d.Code = i+1, len([]rune(text))+2, codeQuote
			d.From, d.To = d.Column, d.Column+1
			d.Message = "YAML takes what follows this # for a comment, so that the braces are not closed"
			d.Hint = "put quotes round the expression"
			return
		}
	}
}

// open counts the braces that a line leaves open.
func open(line string) int {
	return strings.Count(line, "{") + strings.Count(line, "[") - strings.Count(line, "}") - strings.Count(line, "]")
}

const unclosed = "the braces are not closed where YAML expects it"

// explainSyntax says which quotes would have kept YAML from reading a value as
// something else.
func (d *Diagnostic) explainSyntax(line string) {
	key, value, found := strings.Cut(line, ": ")
	value = strings.TrimSpace(value)
	switch {
	case strings.ContainsRune(line, '\t') && strings.Contains(d.Message, "found character '\t'"), strings.HasPrefix(d.Message, "tab character"):
		d.Message = "YAML is indented with spaces, not with tabs"
	case strings.Contains(d.Message, "'}' must be specified"), strings.Contains(d.Message, "']' must be specified"),
		strings.HasPrefix(d.Message, "could not find flow mapping end token"):
		d.Message = unclosed
		d.Hint = "inside { } and [ ] a value with one of { } [ ] , needs quotes, and so does a key with a colon"
	case !strings.Contains(d.Message, "is not allowed in this context") || !found || strings.ContainsAny(value[:min(1, len(value))], "{["):
	case strings.Contains(value, " ? ") && strings.Contains(value, " : "):
		d.Code, d.Message = codeQuote, "YAML reads the colon as the end of a key"
		d.Hint = fmt.Sprintf("write IIF(condition, a, b), or put quotes round it: %s: %s", strings.TrimLeft(key, " -"), quoted(value))
	case value != "":
		d.Code, d.Message = codeQuote, "YAML cuts this value in two"
		d.Hint = fmt.Sprintf("put quotes round it: %s: %s", strings.TrimLeft(key, " -"), quoted(value))
	}
}

// quoted is a text as a single-quoted scalar.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// node turns the parser's tree into ours.
func (s *source) node(from ast.Node) *node {
	tk := from.GetToken()
	n := &node{line: tk.Position.Line, column: tk.Position.Column}
	switch from := from.(type) {
	case *ast.MappingNode:
		for i, value := range from.Values {
			n.pairs = append(n.pairs, s.pair(value))
			if i == 0 && !from.IsFlowStyle {
				n.line, n.column = n.pairs[0].key.line, n.pairs[0].key.column
			}
		}
		n.kind = mapping
	case *ast.MappingValueNode:
		p := s.pair(from)
		*n = node{kind: mapping, line: p.key.line, column: p.key.column, pairs: []pair{p}}
	case *ast.SequenceNode:
		for _, value := range from.Values {
			n.items = append(n.items, s.node(value))
		}
		n.kind = sequence
	case *ast.MappingKeyNode:
		return s.node(from.Value)
	case *ast.NullNode:
		n.text = "null"
	case *ast.LiteralNode:
		n.kind, n.style, n.text = scalar, block, from.Value.Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		n.bad = true
		s.report(n.line, n.column, codeAnchor, "anchors, aliases and merge keys are not used in vendor files: write the value out")
	case ast.ScalarNode:
		s.scalar(n, tk)
	default:
		n.bad = true
		s.report(n.line, n.column, codeYAML, "this cannot stand here")
	}
	return n
}

func (s *source) pair(from *ast.MappingValueNode) pair {
	return pair{s.node(from.Key), s.node(from.Value)}
}

func (s *source) scalar(n *node, tk *token.Token) {
	n.kind, n.text = scalar, tk.Value
	switch tk.Type {
	case token.SingleQuoteType:
		n.style = single
	case token.DoubleQuoteType:
		n.style = double
	default:
		n.text = strings.TrimSpace(n.text)
	}
	n.raw = s.written(n)
	n.comment = tk.Next != nil && tk.Next.Type == token.CommentType && tk.Next.Position.Line == n.line
}

// written is a scalar as its line shows it, or "" when it goes on over several
// lines. The parser's own record of it has some escapes decoded.
func (s *source) written(n *node) string {
	if n.line > len(s.lines) {
		return ""
	}
	line := []rune(s.lines[n.line-1])
	rest := line[min(n.column-1, len(line)):]
	if n.style == plain {
		if strings.HasPrefix(string(rest), n.text) {
			return n.text
		}
		return ""
	}
	quote := rune('"')
	if n.style == single {
		quote = '\''
	}
	for i := 1; i < len(rest); i += n.escape(rest[i:]) {
		if rest[i] == quote && n.escape(rest[i:]) == 1 {
			return string(rest[:i+1])
		}
	}
	return ""
}
