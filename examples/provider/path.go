package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errUnknown is of a path whose attribute RFC 7643 does not have.
var errUnknown = errors.New("unknown attribute")

// path is an attribute path (RFC 7644 section 3.10), step by step.
type path []step

type step struct {
	name  string
	shape shape
	where filter // which elements of the list; nil: all
}

// parsePath reads a path that begins at a value of this shape.
func parsePath(written string, from shape) (path, error) {
	var out path
	rest := written
	if from.urn != "" && hasPrefixFold(written, from.urn+":") {
		rest = written[len(from.urn)+1:]
	}
	for more := true; more; {
		next, after, err := parseStep(rest, from)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", written, err)
		}
		out, from = append(out, next), next.shape
		if rest, more = strings.CutPrefix(after, separator(next.name)); !more && rest != "" {
			return nil, fmt.Errorf("path %q: unexpected %q", written, rest)
		}
	}
	return out, nil
}

func parseStep(written string, from shape) (next step, rest string, err error) {
	end := strings.IndexAny(written+".", ".[")
	if hasPrefixFold(written, enterprise) {
		end = len(enterprise)
	}
	name, part, found := from.part(written[:end])
	if !found {
		return step{}, "", fmt.Errorf("%w %q", errUnknown, written[:end])
	}
	next, rest = step{name: name, shape: part}, written[end:]
	if !strings.HasPrefix(rest, "[") {
		return next, rest, nil
	}
	closing := strings.LastIndex(rest, "]")
	if closing < 0 || part.kind != isList {
		return step{}, "", fmt.Errorf("unexpected %q", rest)
	}
	next.where, err = parseFilter(rest[1:closing], part)
	return next, rest[closing+1:], err
}

// mustPath reads a path that the code or its quirks name.
func (of *resourceType) mustPath(written string) path {
	p, err := parsePath(written, of.shape)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return p
}

// name is the path without its filters, as the RFC spells it.
func (p path) name() string {
	out := ""
	for _, s := range p {
		out = join(out, s.name)
	}
	return out
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + separator(parent) + name
}

// separator stands between an attribute, or the extension, and what is in it.
func separator(name string) string {
	if name == enterprise {
		return ":"
	}
	return "."
}

// target is the shape of what a PATCH sets at the end of the path: one element
// of a list if a filter chooses from it.
func (p path) target() shape {
	last := p[len(p)-1]
	if last.where != nil {
		return shape{kind: isCompound, parts: last.shape.parts}
	}
	return last.shape
}

// values gives all that the path leads to.
func (p path) values(in map[string]any) (out []any) {
	found := []any{in[p[0].name]}
	if p[0].shape.kind == isList {
		found, _ = in[p[0].name].([]any)
	}
	for _, v := range found {
		object, isObject := v.(map[string]any)
		switch {
		case v == nil, isObject && !p[0].where.matches(object):
		case len(p) == 1:
			out = append(out, v)
		case isObject:
			out = append(out, p[1:].values(object)...)
		}
	}
	return out
}

// shared tells whether two resources have a value in common there.
func (p path) shared(a, b map[string]any) bool {
	theirs := p.values(b)
	return slices.ContainsFunc(p.values(a), func(v any) bool { return p.among(theirs, v) })
}

// among compares as the attribute does: only ids tell small letters from
// capitals (RFC 7643 sections 3.1 and 4.1).
func (p path) among(values []any, wanted any) bool {
	if name := p.name(); name == "id" || name == "externalId" {
		return slices.Contains(values, wanted)
	}
	return slices.ContainsFunc(values, func(v any) bool { return equalFold(v, wanted) })
}

func equalFold(x, y any) bool {
	a, isText := x.(string)
	b, areTexts := y.(string)
	return x == y || isText && areTexts && strings.EqualFold(a, b)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
