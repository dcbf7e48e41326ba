package app

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const (
	soap11Space = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12Space = "http://www.w3.org/2003/05/soap-envelope"
	adminSpace  = "urn:zimbraAdmin"
)

// node is an element.
type node struct {
	space, name string
	attributes  []xml.Attr
	content     string
	children    []*node
}

func parse(text []byte) (*node, error) {
	decoder, stack := xml.NewDecoder(bytes.NewReader(text)), []*node{{}}
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && len(stack) == 1 && len(stack[0].children) == 1:
			return stack[0].children[0], nil
		case err != nil:
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			fresh := &node{space: t.Name.Space, name: t.Name.Local, attributes: t.Copy().Attr}
			top.children, stack = append(top.children, fresh), append(stack, fresh)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.content += string(t)
		}
	}
}

func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, one := range n.children {
		if one.name == name {
			return one
		}
	}
	return nil
}

// text is the content of the element at a path, "" for none.
func (n *node) text(path ...string) string {
	for _, name := range path {
		n = n.child(name)
	}
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.content)
}

func (n *node) attribute(name string) string {
	for _, attribute := range n.attributes {
		if attribute.Name.Local == name {
			return attribute.Value
		}
	}
	return ""
}

// value is an attribute, or the element of that name: older clients send the one,
// newer the other.
func (n *node) value(name string) string {
	if v := n.attribute(name); v != "" {
		return v
	}
	return n.text(name)
}

// attrs are the <a n="name">value</a> of a request.
func (n *node) attrs() (names []string, values map[string][]string) {
	values = map[string][]string{}
	for _, one := range n.children {
		if one.name != "a" {
			continue
		}
		name := one.attribute("n")
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], one.content)
	}
	return names, values
}

func element(name string, children ...*node) *node { return &node{name: name, children: children} }

func leaf(name, content string) *node { return &node{name: name, content: content} }

func (n *node) with(name, value string) *node {
	n.attributes = append(n.attributes, xml.Attr{Name: xml.Name{Local: name}, Value: value})
	return n
}

// enclose writes an answer with its envelope.
func enclose(answer *node, soap12 bool) string {
	space := soap11Space
	if soap12 {
		space = soap12Space
	}
	if !strings.HasPrefix(answer.name, "soap:") {
		answer.with("xmlns", adminSpace)
	}
	context := element("context", element("change").with("token", "1")).with("xmlns", "urn:zimbra")
	envelope := element("soap:Envelope", element("soap:Header", context), element("soap:Body", answer)).with("xmlns:soap", space)
	var b strings.Builder
	envelope.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	b.WriteString("<" + n.name)
	for _, attribute := range n.attributes {
		b.WriteString(" " + attribute.Name.Local + `="`)
		xml.EscapeText(b, []byte(attribute.Value))
		b.WriteString(`"`)
	}
	if n.content == "" && len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	xml.EscapeText(b, []byte(n.content))
	for _, one := range n.children {
		one.write(b)
	}
	b.WriteString("</" + n.name + ">")
}

// node is a fault in the way of either version of SOAP.
func (f *fault) node(soap12 bool) *node {
	detail := element("Error", leaf("Code", f.code), leaf("Trace", "qtp1-1:1:0")).with("xmlns", "urn:zimbra")
	if !soap12 {
		code := "soap:Client"
		if f.receiver {
			code = "soap:Server"
		}
		return element("soap:Fault", leaf("faultcode", code), leaf("faultstring", f.reason), element("detail", detail))
	}
	code := "soap:Sender"
	if f.receiver {
		code = "soap:Receiver"
	}
	return element("soap:Fault", element("soap:Code", leaf("soap:Value", code)), element("soap:Reason", leaf("soap:Text", f.reason)),
		element("soap:Detail", detail))
}
