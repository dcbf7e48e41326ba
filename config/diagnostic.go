package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The codes of diagnostics. Each has a file in testdata/bad that shows it.
const (
	codeAnchor          = "anchor"
	codeAnySubject      = "any-subject"
	codeBadCertificate  = "bad-certificate"
	codeBadExpression   = "bad-expression"
	codeBadHeader       = "bad-header"
	codeBadHole         = "bad-hole"
	codeBadNetwork      = "bad-network"
	codeBadPath         = "bad-path"
	codeBadRequest      = "bad-request"
	codeBadSecret       = "bad-secret"
	codeBadSubject      = "bad-subject"
	codeBadTenant       = "bad-tenant"
	codeBadToken        = "bad-token"
	codeBadURL          = "bad-url"
	codeBadValue        = "bad-value"
	codeBadXML          = "bad-xml"
	codeCatchAll        = "catch-all"
	codeConflict        = "conflict"
	codeDuplicateKey    = "duplicate-key"
	codeDuplicateMap    = "duplicate-mapping"
	codeDuplicateNative = "duplicate-native"
	codeDuplicateValue  = "duplicate-value"
	codeDuplicateVendor = "duplicate-vendor"
	codeFieldUnknown    = "field-unknown"
	codeFieldUnsent     = "field-unsent"
	codeKeepActive      = "keep-active"
	codeMisplacedKey    = "misplaced-key"
	codeMissingKey      = "missing-key"
	codeMissingSecret   = "missing-secret"
	codeNoCaller        = "no-caller"
	codeNoDeprovision   = "no-deprovisioning"
	codeNoID            = "no-id"
	codeNoSearch        = "no-search"
	codeNotFoundDenial  = "notfound-denial"
	codePlainHTTP       = "plain-http"
	codeQuote           = "quote-expression"
	codeSecretInURL     = "secret-in-url"
	codeTooLarge        = "too-large"
	codeUnknownKey      = "unknown-key"
	codeUnknownLookup   = "unknown-lookup"
	codeUnknownPath     = "unknown-attribute"
	codeUnmapped        = "unmapped"
	codeUnreadable      = "unreadable"
	codeVendorName      = "vendor-name"
	codeWrongKind       = "wrong-kind"
	codeWrongType       = "wrong-type"
	codeYAML            = "yaml"
)

// Severity says whether a file can be used all the same.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one problem of a file.
type Diagnostic struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Column   int      `json:"column"` // in characters, from 1
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Code     string   `json:"code"`
	Hint     string   `json:"hint,omitempty"`
	Excerpt  string   `json:"excerpt,omitempty"` // the line, where showing it helps
	From     int      `json:"from,omitempty"`    // the columns that a caret marks
	To       int      `json:"to,omitempty"`      // exclusive

	shown bool // its line helps although there is no hint
	bare  bool // its line does not help although there is a hint
}

// String is the diagnostic as the command line prints it, without a final line break.
func (d Diagnostic) String() string {
	out := fmt.Sprintf("%s:%d:%d: %s: %s [%s]", d.File, d.Line, d.Column, d.Severity, d.Message, d.Code)
	hint := ""
	if d.Hint != "" {
		hint = "hint: " + d.Hint
	}
	if d.Excerpt == "" {
		return strings.TrimRight(out+"\n    "+hint, "\n ")
	}
	line := strconv.Itoa(d.Line)
	out += fmt.Sprintf("\n    %s | %s\n    %*s | %s", line, d.Excerpt, len(line), "", d.caret())
	return strings.TrimRight(out+" "+hint, " ")
}

// caret keeps the tabs of the line, so that it stands below what it marks.
func (d Diagnostic) caret() string {
	var b strings.Builder
	for i, r := range []rune(d.Excerpt) {
		if i >= d.From-1 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String() + strings.Repeat("^", max(1, d.To-d.From))
}

// Diagnostics are the problems of a set of files.
type Diagnostics []Diagnostic

// HasErrors reports whether the files cannot be used.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// String has every diagnostic on lines of its own.
func (ds Diagnostics) String() string {
	var b strings.Builder
	for _, d := range ds {
		b.WriteString(d.String() + "\n")
	}
	return b.String()
}

func (ds Diagnostics) sort() {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Code, b.Code))
	})
}

// source is a file as its author sees it, and what is wrong with it.
type source struct {
	name     string
	lines    []string
	problems []*Diagnostic
	settled  map[int]bool // lines of which all is said
}

// settle says that what else is wrong on a line follows from what was reported.
func (s *source) settle(line int) {
	if s.settled == nil {
		s.settled = map[int]bool{}
	}
	s.settled[line] = true
}

// report adds an error at a place.
func (s *source) report(line, column int, code, message string) *Diagnostic {
	d := &Diagnostic{File: s.name, Line: line, Column: column, Severity: Error, Message: message, Code: code,
		From: column, To: column + 1}
	if s.settled[line] {
		return d
	}
	s.problems = append(s.problems, d)
	return d
}

// sensitive lines may carry a secret that somebody wrote into the file. They
// are never shown.
var sensitive = regexp.MustCompile(`(?i)token|secret|passw|auth|key|credential`)

// longest is the length from which a line is no longer worth showing.
const longest = 200

// finish gives the problems found so far with the lines that help.
func (s *source) finish() Diagnostics {
	out := make(Diagnostics, 0, len(s.problems))
	for _, p := range s.problems {
		d := *p
		if (d.Hint != "" && !d.bare || d.shown) && d.Line >= 1 && d.Line <= len(s.lines) {
			if line := s.lines[d.Line-1]; len(line) <= longest && !sensitive.MatchString(line) {
				d.Excerpt = line
			}
		}
		if d.Excerpt == "" {
			d.From, d.To = 0, 0
		}
		out = append(out, d)
	}
	out.sort()
	return out
}
