package transform

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"

	"scimshim/transform/scim"
)

// The representation of XML, both ways: an element is an object of its children
// by name, a repeated child a list, an element with nothing but text a text.
// Attributes are `@name`, text beside attributes or children is `#text`.

const xmlText = "#text"

// xmlName is a name of XML 1.0 with at most one prefix (Namespaces in XML 1.0, section 4).
var xmlName = func() *regexp.Regexp {
	const start = `A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}\x{200D}\x{2070}-\x{218F}` +
		`\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}`
	const name = `[` + start + `][-.0-9\x{B7}\x{300}-\x{36F}\x{203F}\x{2040}` + start + `]*`
	return regexp.MustCompile(`^` + name + `(:` + name + `)?$`)
}()

// IsXMLName reports whether a member of a tree can be written as XML: an element,
// an attribute or the text beside them.
func IsXMLName(name string) bool {
	return name == xmlText || xmlName.MatchString(strings.TrimPrefix(name, "@"))
}

// writeXML writes an object with one member, the root element.
func writeXML(content scim.Value) ([]byte, error) {
	members := content.Members()
	if len(members) != 1 || strings.HasPrefix(members[0].Name, "@") || members[0].Name == xmlText || members[0].Value.Kind() == scim.KindList {
		return nil, errors.New("XML needs one root element: the body must be an object with one member")
	}
	w := &xmlWriter{}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	w.element(members[0].Name, members[0].Value)
	return w.Bytes(), w.err
}

// xmlWriter keeps the first error.
type xmlWriter struct {
	bytes.Buffer
	err error
}

func (w *xmlWriter) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// text escapes. Characters that XML cannot have become U+FFFD.
func (w *xmlWriter) text(v scim.Value) {
	if err := xml.EscapeText(w, []byte(v.Text())); err != nil {
		panic("BUG: a buffer cannot be written: " + err.Error())
	}
}

// name checks what is about to become markup.
func (w *xmlWriter) name(name string) string {
	if !xmlName.MatchString(name) {
		w.fail("%q cannot be a name in XML", name)
	}
	return name
}

func (w *xmlWriter) element(name string, v scim.Value) {
	w.WriteString("<" + w.name(name))
	for _, m := range v.Members() {
		if attribute, found := strings.CutPrefix(m.Name, "@"); found {
			w.attribute(attribute, m.Value)
		}
	}
	from := w.Len()
	w.WriteString(">")
	w.content(name, v)
	if w.Len() == from+1 {
		w.Truncate(from)
		w.WriteString("/>")
		return
	}
	w.WriteString("</" + name + ">")
}

func (w *xmlWriter) attribute(name string, v scim.Value) {
	if v.Kind() == scim.KindObject || v.Kind() == scim.KindList {
		w.fail("the attribute %q cannot be %s in XML", "@"+name, v.Kind())
	}
	w.WriteString(" " + w.name(name) + `="`)
	w.text(v)
	w.WriteString(`"`)
}

func (w *xmlWriter) content(name string, v scim.Value) {
	switch v.Kind() {
	case scim.KindList:
		w.fail("%q: a list inside a list has no form in XML", name)
	case scim.KindObject:
		for _, m := range v.Members() {
			w.child(m)
		}
	default:
		w.text(v)
	}
}

func (w *xmlWriter) child(m scim.Member) {
	switch {
	case strings.HasPrefix(m.Name, "@"):
	case m.Name == xmlText && (m.Value.Kind() == scim.KindObject || m.Value.Kind() == scim.KindList):
		w.fail("%q cannot be %s in XML", xmlText, m.Value.Kind())
	case m.Name == xmlText:
		w.text(m.Value)
	case m.Value.Kind() == scim.KindList:
		for _, item := range m.Value.Items() {
			w.element(m.Name, item)
		}
	default:
		w.element(m.Name, m.Value)
	}
}

var (
	errNotXML   = errors.New("is not valid XML")
	errDTD      = errors.New("is XML with a document type declaration, which is refused")
	errEncoding = errors.New("is XML in another encoding than UTF-8, UTF-16 and ISO-8859-1")
	errLargeXML = fmt.Errorf("is XML with more than %d levels or %d elements", deepest, mostOf)
)

// parseXML reads a document. Nothing outside it is looked at: there is no DTD,
// and no entity but the five that XML itself has.
func parseXML(body []byte) (scim.Value, error) {
	r := &xmlReader{left: mostOf}
	r.decoder = xml.NewDecoder(bytes.NewReader(unicode(body)))
	r.decoder.CharsetReader = r.charset
	var root []scim.Member
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) && len(root) == 1 {
			return scim.Object(root...), nil
		}
		if err == nil {
			switch t := token.(type) {
			case xml.Directive:
				err = errDTD
			case xml.CharData:
				if !blank(string(t)) {
					err = errNotXML
				}
			case xml.StartElement:
				if len(root) == 1 {
					return scim.Value{}, errNotXML
				}
				var v scim.Value
				v, err = r.element(t, 1)
				root = append(root, scim.Member{Name: t.Name.Local, Value: v})
			}
		}
		if err != nil {
			return scim.Value{}, r.reason(err)
		}
	}
}

type xmlReader struct {
	decoder *xml.Decoder
	left    int  // elements and attributes that may still come
	strange bool // the encoding is none that is known
}

// reason tells of an error in words of our own.
func (r *xmlReader) reason(err error) error {
	switch {
	case r.strange:
		return errEncoding
	case errors.Is(err, errDTD), errors.Is(err, errLargeXML):
		return err
	}
	return errNotXML
}

// schemaInstance is the namespace of xsi:nil and xsi:type. These are, as xmlns,
// about the document and none of the vendor's own fields.
const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// element reads an element whose start has been read.
func (r *xmlReader) element(start xml.StartElement, depth int) (scim.Value, error) {
	if r.left -= 1 + len(start.Attr); r.left < 0 || depth > deepest {
		return scim.Value{}, errLargeXML
	}
	attributes, null := xmlAttributes(start)
	var children children
	var text strings.Builder
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return scim.Value{}, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return scim.Value{}, errDTD
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			v, err := r.element(t, depth+1)
			if err != nil {
				return v, err
			}
			children.add(t.Name.Local, v)
		case xml.EndElement:
			if null {
				return scim.Null(), nil
			}
			return xmlValue(attributes, children.members(), text.String()), nil
		}
	}
}

// xmlAttributes are the attributes of an element. One without a prefix goes
// before one with, should both have the same name.
func xmlAttributes(start xml.StartElement) (members []scim.Member, null bool) {
	known := make(map[string]bool, len(start.Attr))
	for _, prefixed := range []bool{false, true} {
		for _, a := range start.Attr {
			switch name := "@" + a.Name.Local; {
			case prefixed != (a.Name.Space != ""):
			case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
			case a.Name.Space == schemaInstance:
				null = null || a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1")
			case !known[name]:
				known[name] = true
				members = append(members, scim.Member{Name: name, Value: scim.String(a.Value)})
			}
		}
	}
	return members, null
}

// xmlValue is what an element holds. Space between children, or alone, is how
// the document is laid out.
func xmlValue(attributes, children []scim.Member, text string) scim.Value {
	if blank(text) {
		text = ""
	}
	members := append(attributes, children...)
	if len(members) == 0 {
		return scim.String(text)
	}
	if text != "" {
		members = append(members, scim.Member{Name: xmlText, Value: scim.String(text)})
	}
	return scim.Object(members...)
}

func blank(text string) bool { return strings.Trim(text, " \t\r\n") == "" }

// children are those of one element, in the order in which a name first comes.
type children struct {
	names  []string
	values map[string][]scim.Value
}

func (c *children) add(name string, v scim.Value) {
	if c.values == nil {
		c.values = map[string][]scim.Value{}
	}
	if c.values[name] == nil {
		c.names = append(c.names, name)
	}
	c.values[name] = append(c.values[name], v)
}

func (c *children) members() (out []scim.Member) {
	for _, name := range c.names {
		v := c.values[name][0]
		if len(c.values[name]) > 1 {
			v = scim.ListOf(c.values[name]...)
		}
		out = append(out, scim.Member{Name: name, Value: v})
	}
	return out
}

// charset reads a document in the encoding that it declares. UTF-16 has been
// decoded by then; what declares it and is none was a text in the sender's memory.
func (r *xmlReader) charset(name string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return in, nil
	case "iso-8859-1", "iso8859-1", "latin1":
		rest, err := io.ReadAll(in)
		var out strings.Builder
		for _, b := range rest {
			out.WriteRune(rune(b))
		}
		return strings.NewReader(out.String()), err
	}
	r.strange = true
	return nil, errEncoding
}

// unicode gives a document in UTF-16 in UTF-8, and any other as it is. It begins
// with a byte order mark, or with "<" (XML 1.0, appendix F).
func unicode(body []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(body, byteOrderMark):
		return body[len(byteOrderMark):]
	case bytes.HasPrefix(body, []byte{0xFE, 0xFF}), bytes.HasPrefix(body, []byte{0, '<'}):
		order = binary.BigEndian
	case bytes.HasPrefix(body, []byte{0xFF, 0xFE}), bytes.HasPrefix(body, []byte{'<', 0}):
		order = binary.LittleEndian
	default:
		return body
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	text := string(utf16.Decode(units))
	return []byte(strings.TrimPrefix(text, string(byteOrderMark)))
}
