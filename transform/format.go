package transform

import (
	"bytes"
	"errors"
	"strings"

	"scimshim/transform/scim"
)

// Format is how a body is written, or an answer read.
type Format string

const (
	AsJSON  Format = "json"
	AsXML   Format = "xml"
	AsForm  Format = "form"
	AsQuery Format = "query" // a form in the URL, and no body
	AsText  Format = "text"  // of an answer: no tree
)

// Bounds of what an answer may hold, beside its size.
const (
	deepest = 64      // JSON, XML and forms alike
	mostOf  = 1 << 20 // elements and attributes of XML, pairs of a form
)

// Expect is how the answer of a call is read.
type Expect struct {
	Format Format
	Type   string // a content type that this vendor names where it means the format
}

// title is the format in a message.
func (f Format) title() string {
	switch f {
	case AsXML:
		return "XML"
	case AsForm:
		return "a form"
	case AsText:
		return "text"
	}
	return "JSON"
}

// accept is the header that asks for the format; "" for JSON, which is what is
// asked for unless a call says otherwise.
func (f Format) accept() string {
	switch f {
	case AsXML:
		return "application/xml, text/xml"
	case AsForm:
		return formType
	case AsText:
		return "text/plain, */*"
	}
	return ""
}

const formType = "application/x-www-form-urlencoded"

// contentType is that of a body in the format.
func (f Format) contentType() string {
	switch f {
	case AsXML:
		return "application/xml"
	case AsForm:
		return formType
	}
	return "application/json"
}

// write gives a body. What the format cannot say is an error.
func (f Format) write(content scim.Value) ([]byte, error) {
	switch f {
	case AsXML:
		return writeXML(content)
	case AsForm:
		pairs, err := formPairs(nil, content)
		return []byte(strings.Join(pairs, "&")), err
	}
	return content.AppendJSON(make([]byte, 0, 1<<10)), nil
}

var errNotJSON = errors.New("is not valid JSON")

// read gives the tree of an answer; Absent for a text, which has none. The
// errors are told to the caller and never repeat the vendor's words: "the
// vendor's answer ...".
func (f Format) read(body []byte) (scim.Value, error) {
	switch f {
	case AsText:
		return scim.Value{}, nil
	case AsXML:
		return parseXML(body)
	case AsForm:
		return parseForm(body)
	}
	v, err := scim.ParseJSON(bytes.TrimPrefix(body, byteOrderMark), scim.Limits{Depth: deepest})
	if err != nil {
		err = errNotJSON
	}
	return v, err
}

// byteOrderMark may begin a body in UTF-8: RFC 8259 section 8.1 lets us ignore it.
var byteOrderMark = []byte("\uFEFF")

// named reports whether an answer may be what is expected by its content type.
// A page of HTML, say of a proxy that wants a login, is none unless the file says so.
func (e Expect) named(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	media = strings.TrimSpace(media)
	if media == "" || media == strings.ToLower(e.Type) {
		return true
	}
	switch e.Format {
	case AsXML:
		return media == "application/xml" || media == "text/xml" || strings.HasSuffix(media, "+xml") && media != "application/xhtml+xml"
	case AsForm:
		return media == formType
	case AsText:
		return media == "text/plain"
	}
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}

// texts reports whether every value of an answer is a text, and one element
// cannot be told from a list of one.
func (e Expect) texts() bool { return e.Format == AsXML || e.Format == AsForm }

// listAt is the list at a path of an answer. Where that cannot tell a list of one
// from the one, nor a list of nobody from an empty element, these are lists too.
// What is not there is no list: it may have been cut short, or be an error.
func (e Expect) listAt(path NativePath, answer scim.Value) scim.Value {
	list := path.Get(answer)
	if !e.texts() || path.IsZero() || list.Kind() == scim.KindList {
		return list
	}
	if !list.IsAbsent() {
		return scim.ListOf(one(list)...)
	}
	if within, ok := path.parent(); ok && hollow(within.Get(answer)) {
		return scim.ListOf()
	}
	return list
}

// mayLack reports whether the file says that the list may be missing, and what it
// would be in is there.
func (e Expect) mayLack(path NativePath, answer scim.Value) bool {
	if !e.texts() {
		return path.optional()
	}
	within, ok := path.parent()
	return ok && path.optional() && !within.Get(answer).IsAbsent()
}

// hollow is an element with nothing in it but attributes.
func hollow(v scim.Value) bool {
	for _, m := range v.Members() {
		if !strings.HasPrefix(m.Name, "@") {
			return false
		}
	}
	return v.Kind() == scim.KindObject || v.Kind() <= scim.KindString && !v.IsAbsent() && v.IsEmpty()
}

// alike is a value as a format of texts reads it back: numbers and booleans are
// texts, a list of one is the one, and what is empty is not there.
func alike(v scim.Value) scim.Value {
	switch v.Kind() {
	case scim.KindBoolean, scim.KindNumber:
		return scim.String(v.Text())
	case scim.KindList:
		items := make([]scim.Value, 0, len(v.Items()))
		for _, item := range v.Items() {
			items = append(items, alike(item))
		}
		if len(items) == 1 {
			return items[0]
		}
		v = scim.ListOf(items...)
	case scim.KindObject:
		members := make([]scim.Member, 0, len(v.Members()))
		for _, m := range v.Members() {
			members = append(members, scim.Member{Name: m.Name, Value: alike(m.Value)})
		}
		v = scim.Object(members...)
	}
	if v.IsEmpty() {
		return scim.Value{}
	}
	return v
}
