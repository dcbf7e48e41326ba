package config

import (
	"fmt"
	"regexp"
	"strings"

	"scimshim/transform"
)

var expectShape = shape{keys: []string{"format", "type"}}

// sends decodes how bodies are written.
func (d *decoder) sends(n *node, where string) transform.Format {
	if n == nil {
		return ""
	}
	return d.spoken(n, where, transform.Format(d.word(n, where+": send", "json", "form", "xml", "query")))
}

// expects decodes how answers are read: a format, or one with the content type
// that the vendor names instead.
func (d *decoder) expects(n *node, where string) (out transform.Expect) {
	if n == nil {
		return out
	}
	format := n
	if n.kind == mapping {
		f := d.mapping(n, where+".expect", expectShape)
		if f["type"] != nil {
			out.Type, _ = d.text(f["type"], where+".expect")
		}
		if format = f["format"]; format == nil {
			out.Format = transform.AsJSON
			return out
		}
	}
	out.Format = d.spoken(format, where, transform.Format(d.word(format, where+": expect", "json", "xml", "form", "text")))
	return out
}

// spoken refuses what SCIM is not spoken in (RFC 7644 section 3.1).
func (d *decoder) spoken(n *node, where string, format transform.Format) transform.Format {
	if d.scim && format != "" && format != transform.AsJSON {
		d.report(n, codeConflict, "%s: a vendor that speaks SCIM speaks JSON, not %s", where, format)
		return ""
	}
	return format
}

// formats are those of a call, be they its own or the upstream's.
func (d *decoder) formats(c *transform.Call) (send transform.Format, expect transform.Format) {
	send, expect = c.Send, c.Expect.Format
	if send == "" {
		send = d.upstreams.Send
	}
	if expect == "" {
		expect = d.upstreams.Expect.Format
	}
	return send, expect
}

// checkFormats finds calls whose body or answer cannot be what it is said to be.
func (d *decoder) checkFormats(k *transform.Kind, f fields) {
	texts := false
	for _, c := range k.Calls() {
		send, expect := d.formats(c)
		if send == transform.AsXML {
			d.checkRoot(k, c)
		}
		d.checkTree(c, expect)
		if expect != transform.AsXML && expect != transform.AsForm {
			continue
		}
		texts = true
		d.checkTexts(c.More, d.calls[c], string(c.Operation)+": more")
		for _, rule := range c.Errors {
			d.checkTexts(rule.When, d.calls[c], string(c.Operation)+": errors")
		}
	}
	if !texts {
		return
	}
	d.checkTexts(k.Protect, f["protect"], "protect")
	for _, rule := range k.Errors {
		d.checkTexts(rule.When, f["errors"], "errors")
	}
	for _, a := range k.Attributes {
		d.checkTexts(a.Read, d.keys[a.Name], fmt.Sprintf("attribute %q: read", a.Name))
	}
}

// checkTree: what is read for its resource, or its list, must have one.
func (d *decoder) checkTree(c *transform.Call, expect transform.Format) {
	lists := c.Operation == transform.List || c.Operation == transform.Find || c.Operation == transform.ListMembers
	switch {
	case expect == transform.AsText && (lists || c.Operation == transform.Read):
		d.report(d.calls[c], codeConflict, "%s: nothing can be read from an answer that is text", c.Operation).Hint = "write expect: json, xml or form for this call"
	case (expect == transform.AsXML || expect == transform.AsForm) && lists && c.Items.IsZero() && c.Item.IsZero():
		d.report(d.calls[c], codeMissingKey, "%s needs the key %q: an answer in %s is no list itself", c.Operation, "items", expect)
	}
}

// checkRoot: a document of XML has one root element, and its names are names.
func (d *decoder) checkRoot(k *transform.Kind, c *transform.Call) {
	writes := c.Operation == transform.Create || c.Operation == transform.Update
	if common := d.upstreams.Body.Members; writes && c.Body == nil && c.Wrap.IsZero() && len(common) == 0 && len(c.Fields) != 1 {
		d.report(d.calls[c], codeBadXML, "%s: XML has one root element, and the fields are several", c.Operation).Hint =
			"name the root with wrap, or write the whole of it under body"
	}
	names := append(treeNames(&d.upstreams.Body, nil), pathNames(c.Wrap)...)
	if c.Body != nil {
		names = treeNames(c.Body, names)
	}
	if writes && c.Body == nil {
		for _, a := range k.Attributes {
			if a.Sent() && k.Carries(c, a) {
				names = append(names, pathNames(a.Native)...)
			}
		}
	}
	for _, name := range names {
		if !transform.IsXMLName(name) {
			d.report(d.calls[c], codeBadXML, "%s: %q cannot be a name in XML", c.Operation, name)
			return
		}
	}
}

// treeNames are the names of the members of a tree.
func treeNames(t *transform.Tree, names []string) []string {
	for i := range t.Members {
		names = treeNames(&t.Members[i].Tree, append(names, t.Members[i].Name))
	}
	for i := range t.Items {
		names = treeNames(&t.Items[i], names)
	}
	return names
}

// pathNames are the names on a native path.
func pathNames(path transform.NativePath) []string {
	if path.IsZero() {
		return nil
	}
	return strings.Split(elements.ReplaceAllString(strings.TrimSuffix(path.String(), "?"), ""), ".")
}

var elements = regexp.MustCompile(`\[[^\]]*\]`)

// checkTexts finds comparisons that never hold: an answer in XML, or a form, has
// texts alone. A guard that never holds would guard nobody.
func (d *decoder) checkTexts(e *transform.Expression, n *node, where string) {
	if e == nil || n == nil {
		return
	}
	if found := neverText.FindStringSubmatch(e.Source()); found != nil {
		d.report(n, codeWrongType, "%s: every value of the answer is a text, which never equals %s", where, found[1]).Hint = `compare with "` + found[1] + `"`
	}
}

var neverText = regexp.MustCompile(`\b(?:native|body)\b[^\s()=!<>]*\s*[=!]=\s*(true\b|false\b|-?[0-9][0-9.]*)`)
