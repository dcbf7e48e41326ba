package transform

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"scimshim/transform/scim"
)

// formPairs writes an object as the pairs of a form.
func formPairs(pairs []string, content scim.Value) ([]string, error) {
	if content.IsAbsent() {
		return pairs, nil
	}
	if content.Kind() != scim.KindObject {
		return nil, fmt.Errorf("a form has names: its body cannot be %s", content.Kind())
	}
	for _, m := range content.Members() {
		if err := nestable(m.Value); err != nil {
			return nil, err
		}
		pairs = appendPairs(pairs, m.Name, m.Value)
	}
	return pairs, nil
}

// nestable refuses names that would put a value elsewhere in the tree. They are not
// the file's alone: what is sent whole has the vendor's own.
func nestable(v scim.Value) error {
	for _, item := range v.Items() {
		if err := nestable(item); err != nil {
			return err
		}
	}
	for _, m := range v.Members() {
		if strings.ContainsAny(m.Name, "[]") {
			return fmt.Errorf("%q cannot be a name inside another one in a form", m.Name)
		}
		if err := nestable(m.Value); err != nil {
			return err
		}
	}
	return nil
}

// appendPairs writes a value under a name, and what is in it as PHP does:
// user[email]=, groups[0]=. A name that ends in * is written once for each item,
// as RFC 6570 section 2.4.2 explodes a list: ids=1&ids=2. What is empty is an
// empty value: nothing else could clear it.
func appendPairs(pairs []string, name string, v scim.Value) []string {
	if each, found := strings.CutSuffix(name, "*"); found && each != "" {
		for _, item := range one(v) {
			pairs = appendPairs(pairs, each, item)
		}
		return pairs
	}
	switch {
	case v.IsEmpty():
		return append(pairs, url.QueryEscape(name)+"=")
	case v.Kind() == scim.KindObject:
		for _, m := range v.Members() {
			pairs = appendPairs(pairs, name+"["+m.Name+"]", m.Value)
		}
		return pairs
	case v.Kind() == scim.KindList:
		for i, item := range v.Items() {
			pairs = appendPairs(pairs, name+"["+strconv.Itoa(i)+"]", item)
		}
		return pairs
	}
	return append(pairs, url.QueryEscape(name)+"="+EscapeSegment(v.Text()))
}

var errNotForm = errors.New("is not a valid form")

// parseForm reads the pairs of a form as PHP does. All values are texts; a name
// that comes twice is a list.
func parseForm(body []byte) (scim.Value, error) {
	root := &formNode{}
	rest, left := strings.TrimSpace(strings.TrimPrefix(string(body), string(byteOrderMark))), mostOf
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		keys := formKeys(name)
		if left -= len(keys); nameErr != nil || valueErr != nil || name == "" || len(keys) > deepest || left < 0 {
			return scim.Value{}, errNotForm
		}
		if !root.add(keys, value) {
			return scim.Value{}, errNotForm
		}
	}
	if root.names == nil {
		return scim.Object(), nil
	}
	return root.value(), nil
}

// formKeys are the names that lead to a value: a[b][0] has three.
func formKeys(name string) []string {
	open := strings.IndexByte(name, '[')
	if open <= 0 || name[len(name)-1] != ']' {
		return []string{name}
	}
	return append([]string{name[:open]}, strings.Split(name[open+1:len(name)-1], "][")...)
}

// formNode is a value of a form that is being read: texts, or named nodes.
type formNode struct {
	texts []scim.Value
	names []string
	nodes map[string]*formNode
}

// add puts a text where its keys say; an empty key is the next number. It
// reports whether there is room: a name has texts or further names.
func (n *formNode) add(keys []string, text string) bool {
	if len(keys) == 0 {
		n.texts = append(n.texts, scim.String(text))
		return n.names == nil
	}
	key := keys[0]
	if key == "" {
		key = strconv.Itoa(len(n.names))
	}
	node := n.nodes[key]
	if node == nil {
		if n.nodes == nil {
			n.nodes = map[string]*formNode{}
		}
		node = &formNode{}
		n.nodes[key], n.names = node, append(n.names, key)
	}
	return n.texts == nil && node.add(keys[1:], text)
}

// value is a list where the names are the numbers from 0 on.
func (n *formNode) value() scim.Value {
	if n.names == nil {
		if len(n.texts) == 1 {
			return n.texts[0]
		}
		return scim.ListOf(n.texts...)
	}
	numbered := true
	members := make([]scim.Member, len(n.names))
	items := make([]scim.Value, len(n.names))
	for i, name := range n.names {
		items[i] = n.nodes[name].value()
		members[i] = scim.Member{Name: name, Value: items[i]}
		numbered = numbered && name == strconv.Itoa(i)
	}
	if numbered {
		return scim.ListOf(items...)
	}
	return scim.Object(members...)
}
