package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/file"
)

// The codes of Error.
const (
	unknownAttribute = "unknown-attribute"
	badExpression    = "bad-expression"
	wrongType        = "wrong-type"
	tooLarge         = "too-large"
	quoteExpression  = "quote-expression"
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Message string
	Hint    string // a concrete step, or ""
	Code    string
	From    int // rune offset into the source
	To      int // rune offset behind the last one
}

// Error is the message with its code.
func (e *Error) Error() string { return e.Message + " [" + e.Code + "]" }

// newError blames the whole source.
func newError(source []rune, code, message string) *Error {
	return &Error{Message: message, Code: code, To: len(source)}
}

// A fault is an error of evaluation. It speaks of kinds and never quotes
// values, which may be secrets.
type fault string

func (f fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return fault(fmt.Sprintf(format, args...)) }

// syntaxError says in our words what the parser of the library said.
func syntaxError(source []rune, err error) *Error {
	e := newError(source, badExpression, "the expression cannot be understood")
	var located *file.Error
	if !errors.As(err, &located) {
		return e
	}
	e.From = max(0, min(located.From, len(source)-1))
	e.To = max(e.From, min(located.To, len(source)))
	blamed := string(source[e.From:e.To])
	e.Message = syntaxMessage(located.Message, blamed, len(source))
	e.Hint = operatorHints[blamed]
	switch {
	case strings.HasPrefix(located.Message, "compilation failed"):
		e.Code = tooLarge
	case strings.TrimSpace(string(source)) == "":
		e.Message, e.Hint = "the expression is empty", ""
	default:
		e.explainYAML(string(source), located.Message)
	}
	return e
}

// operatorHints know what is written out of habit from other languages.
var operatorHints = map[string]string{
	"=": "compare with ==",
	"&": "join text with +, conditions with and",
}

func syntaxMessage(message, blamed string, length int) string {
	switch {
	case strings.HasPrefix(message, "unexpected token EOF"), strings.HasPrefix(message, "unexpected end"):
		return "the expression ends too early"
	case strings.HasPrefix(message, "literal not terminated"):
		return "a quote is not closed"
	case strings.HasPrefix(message, "unclosed comment"):
		return "a comment is not closed"
	case strings.HasPrefix(message, "invalid char escape"):
		return "unknown escape in a quoted text"
	case strings.Contains(message, "(??) cannot be mixed"):
		return "?? beside another operator needs parentheses"
	case strings.HasPrefix(message, "compilation failed"):
		return fmt.Sprintf("the expression has more than %d parts", maxNodes)
	case strings.Contains(message, "literal"), strings.HasPrefix(message, "bad number"):
		return "a number is misspelt or too large"
	case strings.HasPrefix(message, "expected at least"):
		return "too few arguments"
	}
	return fmt.Sprintf("unexpected %q", blamed)
}

// notTernary removes the operators that a question mark begins otherwise.
var notTernary = strings.NewReplacer("??", "", "?.", "")

// portalPath is an attribute as Entra's portal writes it.
var portalPath = regexp.MustCompile(`(\w+)\[type eq "?(\w+)"?\]`)

// objectInLoop is an object as the second argument of any, all, filter or map, where the
// library takes a brace for the beginning of a block.
var objectInLoop = regexp.MustCompile(`\b(any|all|filter|map)\s*\(.*,\s*\{`)

// explainYAML finds what YAML or the portal did to an expression.
func (e *Error) explainYAML(source, message string) {
	switch {
	case portalPath.MatchString(source):
		match := portalPath.FindStringSubmatch(source)
		e.Hint = fmt.Sprintf("here %s is spelt %s.%s", match[0], match[1], match[2])
	case strings.HasPrefix(message, `unexpected token Operator(":")`) && objectInLoop.MatchString(source):
		e.Hint = `put parentheses round the object: map(list, ({"name": #}))`
	case strings.HasPrefix(source, "!"):
		e.Code, e.Hint = quoteExpression, "write not instead of !"
	case strings.Contains(notTernary.Replace(source), "?"):
		e.Code, e.Hint = quoteExpression, "write IIF(condition, a, b) instead of condition ? a : b"
	case strings.HasPrefix(message, "literal not terminated"):
		e.Code, e.Hint = quoteExpression, `YAML ends a plain value at " #": quote the whole expression`
	}
}

// closing extends an end to the bracket that follows it.
func closing(source []rune, to int, bracket rune) int {
	end := to
	for end < len(source) && (unicode.IsSpace(source[end]) || source[end] == ',') {
		end++
	}
	if end < len(source) && source[end] == bracket {
		return end + 1
	}
	return to
}
