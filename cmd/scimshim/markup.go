package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// canonicalXML writes XML over several lines, an element each, so that a case need
// not have it in one; false where the text is none. Blanks between elements are
// nothing, and the declaration is left out.
func canonicalXML(text []byte) (string, bool) {
	root := &markup{}
	if err := root.read(xml.NewDecoder(bytes.NewReader(text))); err != nil || len(root.children) != 1 || strings.TrimSpace(root.text) != "" {
		return "", false
	}
	var b strings.Builder
	root.children[0].write(&b, "")
	return strings.TrimSpace(b.String()), true
}

// markup is an element as it is spelt.
type markup struct {
	name     string
	open     string // the name and the attributes
	text     string
	children []*markup
}

// read reads what is in the element, up to its end.
func (m *markup) read(decoder *xml.Decoder) error {
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) && m.name == "" {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			child := &markup{name: spelt(t.Name)}
			child.open = child.name + attributes(t.Attr)
			m.children = append(m.children, child)
			if err := child.read(decoder); err != nil {
				return err
			}
		case xml.EndElement:
			if spelt(t.Name) != m.name {
				return errors.New("the elements are not nested")
			}
			return nil
		case xml.CharData:
			m.text += string(t)
		}
	}
}

func spelt(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

func attributes(all []xml.Attr) string {
	var b strings.Builder
	for _, a := range all {
		b.WriteString(" " + spelt(a.Name) + `="`)
		xml.EscapeText(&b, []byte(a.Value))
		b.WriteString(`"`)
	}
	return b.String()
}

func (m *markup) write(b *strings.Builder, indent string) {
	text := m.text
	if len(m.children) > 0 {
		text = strings.TrimSpace(text)
	}
	if text == "" && len(m.children) == 0 {
		b.WriteString(indent + "<" + m.open + "/>\n")
		return
	}
	b.WriteString(indent + "<" + m.open + ">")
	xml.EscapeText(b, []byte(text))
	if len(m.children) > 0 {
		b.WriteString("\n")
		for _, child := range m.children {
			child.write(b, indent+"  ")
		}
		b.WriteString(indent)
	}
	b.WriteString("</" + m.name + ">\n")
}
