package provider

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// patch applies the operations of a PATCH (RFC 7644 section 3.5.2) one after
// the other. The resource is the caller's to throw away when one is refused.
func (q *rules) patch(resource, body map[string]any) *refusal {
	operations, _ := body["Operations"].([]any)
	if len(operations) == 0 {
		return badRequest("invalidSyntax", "Operations must be a list that is not empty")
	}
	for _, o := range operations {
		operation, _ := o.(map[string]any)
		if refused := q.operate(resource, operation); refused != nil {
			return refused
		}
	}
	return nil
}

func (q *rules) operate(resource, operation map[string]any) *refusal {
	op, _ := operation["op"].(string)
	op = strings.ToLower(op)
	value, given := operation["value"]
	switch {
	case op != "add" && op != "replace" && op != "remove":
		return badRequest("invalidSyntax", "op must be add, replace or remove")
	case op != "remove" && !given:
		return badRequest("invalidValue", "%s needs a value", op)
	}
	if operation["path"] == nil {
		return q.operateOnAll(resource, op, value)
	}
	written, ok := operation["path"].(string)
	p, err := parsePath(written, q.of.shape)
	switch {
	case !ok || written == "":
		return badRequest("invalidPath", "a path must be a text that is not empty")
	case errors.Is(err, errUnknown):
		return q.unknown("invalidPath", written)
	case err != nil:
		return badRequest("invalidPath", "%v", err)
	}
	return q.modify(resource, op, p, value)
}

// operateOnAll is an operation without a path: its value is an object of
// attributes, whose keys are names and not paths.
func (q *rules) operateOnAll(resource map[string]any, op string, value any) *refusal {
	attributes, ok := value.(map[string]any)
	switch {
	case op == "remove":
		return badRequest("noTarget", "remove needs a path")
	case !ok:
		return badRequest("invalidValue", "%s without a path needs an object of attributes", op)
	}
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		name, part, found := q.of.shape.part(key)
		refused := q.unknown("invalidSyntax", key)
		if found {
			refused = q.modify(resource, op, path{{name: name, shape: part}}, attributes[key])
		}
		if refused != nil {
			return refused
		}
	}
	return nil
}

// modify makes the value at the path what the operation says; null is the same
// as no value (RFC 7643 section 2.5).
func (q *rules) modify(resource map[string]any, op string, p path, value any) *refusal {
	switch {
	case readOnly(p[0].name):
		return badRequest("mutability", "%q is read-only", p.name())
	case p[0].name == "members" && len(p) > 1:
		return badRequest("mutability", "%q is immutable", p.name()) // RFC 7643 section 8.7.1
	case !q.knows(p.name()):
		return q.unknown("invalidPath", p.name())
	}
	target := p.target()
	if op == "remove" {
		value = nil
	}
	if one, ok := value.(map[string]any); ok && op == "add" && target.kind == isList {
		value = []any{one}
	}
	value, refused := q.admit(p.name(), target, value)
	if refused != nil {
		return refused
	}
	wasPrimary := primaries(resource[p[0].name])
	if !set(resource, op, p, value) {
		return badRequest("noTarget", "nothing is at the path %q with its filter", p.name())
	}
	if len(primaries(resource[p[0].name])) > 1 {
		for _, element := range wasPrimary {
			element["primary"] = false // RFC 7644 section 3.5.2: the new one takes it
		}
	}
	return nil
}

// set changes the value at the end of the path; it is false when no element of
// a list is chosen, which RFC 7644's table 9 calls noTarget for any operation.
func set(in map[string]any, op string, p path, value any) bool {
	name, rest := p[0].name, p[1:]
	switch {
	case p[0].shape.kind == isList && (p[0].where != nil || len(rest) > 0):
		return setInElements(in, op, p, value)
	case len(rest) > 0:
		child, ok := in[name].(map[string]any)
		if !ok {
			child = map[string]any{}
			in[name] = child
		}
		return set(child, op, rest, value)
	}
	in[name] = combined(op, in[name], value)
	return true
}

func setInElements(in map[string]any, op string, p path, value any) (found bool) {
	elements, _ := in[p[0].name].([]any)
	var kept []any
	for _, e := range elements {
		element := e.(map[string]any)
		if p[0].where.matches(element) {
			found = true
			switch {
			case len(p) > 1:
				set(element, op, p[1:], value)
			case value == nil:
				continue
			case op == "add":
				maps.Copy(element, value.(map[string]any))
			default:
				element = maps.Clone(value.(map[string]any))
			}
		}
		kept = append(kept, element)
	}
	in[p[0].name] = kept
	return found
}

// combined is an attribute's value after an operation on all of it: objects are
// merged by add and replace alike, lists grow by add.
func combined(op string, old, value any) any {
	switch value := value.(type) {
	case map[string]any:
		before, _ := old.(map[string]any)
		out := map[string]any{}
		maps.Copy(out, before)
		maps.Copy(out, value)
		return out
	case []any:
		if op == "replace" {
			return value
		}
		out, _ := old.([]any)
		for _, v := range value {
			if !slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(o, v) }) {
				out = append(out, v)
			}
		}
		return out
	}
	return value
}

// primaries gives the elements of a list that are marked as primary.
func primaries(value any) (out []map[string]any) {
	elements, _ := value.([]any)
	for _, e := range elements {
		if element := e.(map[string]any); element["primary"] == true {
			out = append(out, element)
		}
	}
	return out
}
