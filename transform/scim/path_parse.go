package scim

import (
	"errors"
	"fmt"
	"strings"
)

const maxPath = 4096

// ParsePath parses a path in SCIM notation (RFC 7644 section 3.10), with a URN
// or without: emails[type eq "work"].value. A name that no schema has is an
// *UnknownAttribute.
func (c *Catalog) ParsePath(s string) (Path, error) {
	if len(s) > maxPath {
		return Path{}, fmt.Errorf("parse path: %d characters are more than %d", len(s), maxPath)
	}
	p, err := c.parsePath(strings.TrimSpace(s))
	if err != nil {
		return Path{}, fmt.Errorf("parse path %q: %w", s, err)
	}
	return p, nil
}

func (c *Catalog) parsePath(s string) (Path, error) {
	bracket := strings.IndexByte(s, '[')
	if bracket < 0 {
		return c.attributePath(s)
	}
	p, err := c.attributePath(s[:bracket])
	if err != nil {
		return Path{}, err
	}
	parser := filterParser{catalog: c, source: s, at: bracket}
	if p, err = parser.selection(p); err != nil {
		return Path{}, err
	}
	if parser.at < len(s) {
		return Path{}, parser.unexpected()
	}
	return p, nil
}

// attributePath resolves a path without a filter: a URN, an attribute and a
// sub-attribute, of which some may be missing.
func (c *Catalog) attributePath(s string) (Path, error) {
	from, found := c.splitURN(s)
	if !found {
		if strings.ContainsRune(s, ':') {
			return Path{}, c.unknownURN(s)
		}
		from.rest = s
	}
	if found && from.rest == "" {
		if from.core {
			return Path{}, fmt.Errorf("%q is the core schema and names no attribute", s)
		}
		return from.extension.wholePath(), nil
	}
	name, sub, hasSub := strings.Cut(from.rest, ".")
	if err := checkName(name); err != nil {
		return Path{}, err
	}
	p, ok := c.first(from, name)
	if !ok {
		return Path{}, &UnknownAttribute{Name: s, Suggestion: c.suggest(from, name)}
	}
	if !hasSub {
		return p, nil
	}
	return p.withSub(s, sub)
}

// first resolves the attribute's own name.
func (c *Catalog) first(from root, name string) (Path, bool) {
	if from.urn == "" {
		return c.lookUp(name)
	}
	a := find(from.candidates, name)
	if a == nil {
		return Path{}, false
	}
	if from.extension != nil {
		return from.extension.path(a), true
	}
	return Path{Attribute: a}, true
}

// withSub adds the sub-attribute; whole is what the user wrote.
func (p Path) withSub(whole, sub string) (Path, error) {
	first, _, _ := strings.Cut(sub, ".")
	if err := checkName(first); err != nil {
		return Path{}, err
	}
	if p.Sub = p.Attribute.SubAttribute(sub); p.Sub != nil {
		return p, nil
	}
	unknown := &UnknownAttribute{Name: whole}
	if near := nearest(sub, names(p.Attribute.Sub)); near != "" {
		unknown.Suggestion = strings.TrimSuffix(whole, sub) + near
	}
	return Path{}, unknown
}

func (c *Catalog) unknownURN(s string) error {
	urns := []string{}
	for _, schema := range c.Schemas() {
		urns = append(urns, schema.URN)
	}
	if end := strings.LastIndexByte(s, ':'); end > 0 {
		if near := nearest(s[:end], urns); near != "" {
			return &UnknownAttribute{Name: s, Suggestion: near + s[end:]}
		}
	}
	return &UnknownAttribute{Name: s, Suggestion: nearest(s, urns)}
}

// suggest gives the nearest attribute in SCIM notation.
func (c *Catalog) suggest(from root, name string) string {
	if from.urn != "" {
		if near := nearest(name, names(from.candidates)); near != "" {
			return from.urn + ":" + near
		}
		return ""
	}
	if near := nearest(name, names(c.attributes)); near != "" {
		return near
	}
	for _, e := range c.extensions {
		if near := nearest(name, names(e.Schema.Attributes)); near != "" {
			return e.Schema.URN + ":" + near
		}
	}
	return ""
}

// checkName holds a name against ATTRNAME of RFC 7643 section 2.1, with the
// dollar of $ref, which its own schemas use.
func checkName(name string) error {
	if name == "" {
		return errors.New("a name is missing")
	}
	for i := range len(name) {
		switch c := name[i] | 0x20; {
		case c >= 'a' && c <= 'z', i == 0 && name[i] == '$':
		case i > 0 && (name[i] >= '0' && name[i] <= '9' || name[i] == '-' || name[i] == '_'):
		default:
			return fmt.Errorf("%q is not an attribute name", name)
		}
	}
	return nil
}

// ParseDotted parses a path in the notation of vendor files: userName,
// name.givenName, emails.work.value (an element by its type),
// enterprise.department. It takes SCIM notation too where a colon or a bracket
// shows that it is meant.
func (c *Catalog) ParseDotted(s string) (Path, error) {
	if len(s) > maxPath || strings.ContainsAny(s, ":[") {
		return c.ParsePath(s)
	}
	p, err := c.parseDotted(s)
	if err != nil && !errors.As(err, new(*UnknownAttribute)) {
		return Path{}, fmt.Errorf("parse path %q: %w", s, err)
	}
	return p, err
}

func (c *Catalog) parseDotted(s string) (Path, error) {
	segments := strings.Split(s, ".")
	for _, name := range segments {
		if name == "" {
			return Path{}, errors.New("a name is missing")
		}
	}
	p, rest, ok := c.dottedStart(segments)
	if !ok {
		return Path{}, &UnknownAttribute{Name: s, Suggestion: c.suggestDotted(segments)}
	}
	switch {
	case len(rest) == 0:
		return p, nil
	case len(rest) == 1:
		return p.dottedEnd(s, rest[0])
	case len(rest) == 2 && p.hasTypes():
		return p.ofType(rest[0]).withSub(s, rest[1])
	}
	return Path{}, &UnknownAttribute{Name: s}
}

// dottedStart resolves the attribute and gives the segments after it.
func (c *Catalog) dottedStart(segments []string) (Path, []string, bool) {
	for i := range c.extensions {
		e := &c.extensions[i]
		if e.Alias == "" || !strings.EqualFold(e.Alias, segments[0]) {
			continue
		}
		if len(segments) == 1 {
			return e.wholePath(), nil, true
		}
		a := find(e.Schema.Attributes, segments[1])
		return e.path(a), segments[2:], a != nil
	}
	p, ok := c.lookUp(segments[0])
	return p, segments[1:], ok && p.alias == ""
}

func (p Path) hasTypes() bool {
	return p.Attribute.MultiValued && p.Attribute.SubAttribute("type") != nil
}

// dottedEnd resolves the only segment after an attribute: a sub-attribute, or
// the type of an element. What is nearly a sub-attribute is taken for a slip.
func (p Path) dottedEnd(whole, name string) (Path, error) {
	out, err := p.withSub(whole, name)
	var unknown *UnknownAttribute
	if !p.hasTypes() || err == nil || errors.As(err, &unknown) && unknown.Suggestion != "" && !p.canonical(name) {
		return out, err
	}
	return p.ofType(name), nil
}

func (p Path) canonical(kind string) bool {
	for _, value := range p.Attribute.SubAttribute("type").CanonicalValues {
		if strings.EqualFold(value, kind) {
			return true
		}
	}
	return false
}

// suggestDotted gives the nearest attribute in dotted notation.
func (c *Catalog) suggestDotted(segments []string) string {
	tail := ""
	name, rest := segments[0], segments[1:]
	candidates := names(c.attributes)
	for _, e := range c.extensions {
		prefix := ""
		if e.Alias != "" {
			prefix = e.Alias + "."
			if a := find(e.Schema.Attributes, name); a != nil {
				return strings.Join(append([]string{prefix + a.Name}, rest...), ".")
			}
		}
		for _, a := range e.Schema.Attributes {
			candidates = append(candidates, prefix+a.Name)
		}
	}
	if len(rest) > 0 {
		if near := nearest(name+"."+rest[0], candidates); near != "" {
			return strings.Join(append([]string{near}, rest[1:]...), ".")
		}
		tail = "." + strings.Join(rest, ".")
	}
	if near := nearest(name, candidates); near != "" {
		return near + tail
	}
	return ""
}
