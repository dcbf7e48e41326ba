package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// message is an HTTP request or response as somebody wrote it down: a first
// line, headers, an empty line and a body. It needs no Content-Length: its end
// is the end of the text.
type message struct {
	first   string
	headers []transform.Header
	body    []byte
}

func parseMessage(text []byte) (m message, err error) {
	head, body, _ := bytes.Cut(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	lines := strings.Split(strings.Trim(string(head), "\n"), "\n")
	m.first, m.body = strings.TrimSpace(lines[0]), bytes.TrimSpace(body)
	for _, line := range lines[1:] {
		name, value, found := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !found || name == "" {
			return m, fmt.Errorf("%q is not a header: an empty line goes before the body", line)
		}
		m.headers = append(m.headers, transform.Header{Name: name, Value: strings.TrimSpace(value)})
	}
	return m, nil
}

func (m message) header(name string) (value string, found bool) {
	for _, h := range m.headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

// httpVersion is the last word of the first line of a request, which may be left out.
var httpVersion = regexp.MustCompile(` +HTTP/[0-9.]+$`)

// request reads the first line of a request. A filter may be written as people
// write it, with blanks; quotes are understood as they are.
func (m message) request() (method, path string, err error) {
	method, path, _ = strings.Cut(httpVersion.ReplaceAllString(m.first, ""), " ")
	if path = strings.TrimSpace(path); method == "" || !strings.HasPrefix(path, "/") {
		return "", "", fmt.Errorf("%q is not the first line of a request: use the form GET /Users HTTP/1.1", m.first)
	}
	return method, strings.ReplaceAll(path, " ", "+"), nil
}

// status reads the first line of a response.
func (m message) status() (int, error) {
	fields := strings.Fields(m.first)
	if len(fields) >= 2 && strings.HasPrefix(fields[0], "HTTP/") {
		if code, err := strconv.Atoi(fields[1]); err == nil && code >= 100 && code <= 599 {
			return code, nil
		}
	}
	return 0, fmt.Errorf("%q is not the first line of a response: use the form HTTP/1.1 200 OK", m.first)
}

// like keeps of the headers those that the other message has, by its spelling,
// so that a case names only the headers that it is about.
func (m message) like(other message) message {
	kept := message{first: m.first, body: m.body}
	for _, h := range other.headers {
		if value, found := m.header(h.Name); found {
			kept.headers = append(kept.headers, transform.Header{Name: h.Name, Value: value})
		}
	}
	return kept
}

// without leaves out what the upstream sends with every body, unless the other
// message has it: a case is about what differs from call to call.
func (m message) without(common transform.Tree, other message) message {
	body, err := scim.ParseJSON(m.body, scim.Limits{Depth: 64})
	wanted, otherErr := scim.ParseJSON(other.body, scim.Limits{Depth: 64})
	if err != nil || otherErr != nil {
		return m
	}
	left := body
	for _, member := range common.Members {
		v, err := member.Tree.Build(&transform.Env{})
		if err == nil && !v.IsAbsent() && wanted.Member(member.Name).IsAbsent() && v.Equal(body.Member(member.Name)) {
			left = left.Without(member.Name)
		}
	}
	if !left.Is(body) {
		m.body = left.AppendJSON(nil)
	}
	return m
}

// versionedLike leaves out the versions of resources, which are hashes, unless
// the other message has some: nobody writes them by hand.
func (m message) versionedLike(other message) message {
	if bytes.Contains(other.body, []byte(`"version"`)) {
		return m
	}
	m.body = versions.ReplaceAll(m.body, nil)
	return m
}

// versions are the members of meta that the gateway writes.
var versions = regexp.MustCompile(`,"version":"W/\\"[0-9a-f]{16}\\""`)

// String is the message with its body in a form that two equal bodies share.
func (m message) String() string {
	var b strings.Builder
	b.WriteString(m.first + "\n")
	for _, h := range m.headers {
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	if len(m.body) > 0 {
		b.WriteString("\n" + canonical(m.body) + "\n")
	}
	return b.String()
}

// canonical writes JSON over several lines with its keys in order, XML likewise as
// it is ordered, and leaves anything else as it is.
func canonical(body []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // an id may be larger than a float64 can say
	var v any
	if err := decoder.Decode(&v); err != nil || decoder.More() {
		if text, ok := canonicalXML(body); ok {
			return text
		}
		return string(body)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(v) != nil {
		return string(body)
	}
	return strings.TrimSpace(b.String())
}

// plain writes the first line as every tool writes it, so that a case is free to
// leave out the version or the reason.
func (m message) plain() message {
	if method, path, err := m.request(); err == nil {
		m.first = method + " " + path
	} else if code, err := m.status(); err == nil {
		m.first = strings.TrimSpace(fmt.Sprintf("HTTP/1.1 %d %s", code, http.StatusText(code)))
	}
	return m
}

// difference compares what was wanted with what came, in the headers that the
// first names; "" when they agree.
func difference(wanted, came message) string {
	want, got := wanted.plain().String(), came.plain().like(wanted).String()
	if want == got {
		return ""
	}
	_, lines, _ := strings.Cut(string(diff.Diff("wanted", []byte(want), "came", []byte(got))), "\n") // names both once more
	return lines
}
