package provider

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// admit takes a value that a caller wrote for the attribute at this path: names
// are spelt as in the RFC, kinds are checked, and what the vendor does not know
// is refused or dropped.
func (q *rules) admit(at string, s shape, value any) (any, *refusal) {
	if value == nil {
		return nil, nil
	}
	switch s.kind {
	case isTruth:
		return q.admitTruth(at, value)
	case isCompound:
		return q.admitCompound(at, s, value)
	case isList:
		return q.admitList(at, s, value)
	}
	if _, ok := value.(string); !ok {
		return nil, badRequest("invalidValue", "%q must be a text", at)
	}
	return value, nil
}

func (q *rules) admitTruth(at string, value any) (any, *refusal) {
	if at == "active" && q.TextBooleans {
		if value != "true" && value != "false" {
			return nil, badRequest("invalidValue", `%q must be the text "true" or "false"`, at)
		}
		return value == "true", nil
	}
	if _, ok := value.(bool); !ok {
		return nil, badRequest("invalidValue", "%q must be a boolean", at)
	}
	return value, nil
}

func (q *rules) admitCompound(at string, s shape, value any) (any, *refusal) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, badRequest("invalidValue", "%q must be an object", at)
	}
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name, part, found := s.part(key)
		inside := join(at, name)
		if at == "" && readOnly(name) {
			continue // RFC 7644 section 3.5.1
		}
		if !found || !q.knows(inside) {
			if refused := q.unknown("invalidSyntax", inside); refused != nil {
				return nil, refused
			}
			continue
		}
		var refused *refusal
		if out[name], refused = q.admit(inside, part, object[key]); refused != nil {
			return nil, refused
		}
	}
	return out, nil
}

func (q *rules) admitList(at string, s shape, value any) (any, *refusal) {
	elements, ok := value.([]any)
	if !ok {
		return nil, badRequest("invalidValue", "%q must be a list", at)
	}
	out := []any{}
	for _, element := range elements {
		admitted, refused := q.admitCompound(at, s, element)
		if refused != nil {
			return nil, refused
		}
		out = append(out, admitted)
	}
	return out, nil
}

// settle makes a resource what is stored: without empty values, with defaults.
func (q *rules) settle(resource map[string]any) {
	prune(resource)
	if q.of == groups {
		settleMembers(resource)
		return
	}
	if resource["active"] == nil {
		resource["active"] = true
	}
	if q.LowerCasesEmail {
		emails, _ := resource["emails"].([]any)
		for _, e := range emails {
			email := e.(map[string]any)
			if address, ok := email["value"].(string); ok {
				email["value"] = strings.ToLower(address)
			}
		}
	}
}

// settleMembers keeps each member once, and of what was written of him only what
// is stored: the rest is worked out when he is shown.
func settleMembers(resource map[string]any) {
	members, _ := resource["members"].([]any)
	seen := map[any]bool{}
	resource["members"] = slices.DeleteFunc(members, func(m any) bool {
		member := m.(map[string]any)
		delete(member, "$ref")
		delete(member, "display")
		if member["type"] == nil {
			member["type"] = "User"
		}
		again := seen[member["value"]]
		seen[member["value"]] = true
		return again
	})
	prune(resource)
}

// prune takes out what RFC 7643 section 2.5 calls unassigned.
func prune(object map[string]any) {
	for name, value := range object {
		switch v := value.(type) {
		case map[string]any:
			prune(v)
		case []any:
			object[name] = slices.DeleteFunc(v, func(e any) bool { prune(e.(map[string]any)); return blank(e) })
		}
		if blank(object[name]) {
			delete(object, name)
		}
	}
}

func blank(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return value == nil
}

// complaint tells what is wrong with a resource by itself, nil for nothing. A
// required attribute that a PATCH removes is invalidValue as on POST and PUT,
// though RFC 7644 section 3.5.2.2 has mutability: only the outcome is checked.
func (q *rules) complaint(resource map[string]any) *refusal {
	for _, required := range append([]string{q.of.required}, q.Required...) {
		if values := q.of.mustPath(required).values(resource); len(values) == 0 || values[0] == "" {
			return badRequest("invalidValue", "%q is required", required)
		}
	}
	if q.SameEmail {
		emails := q.of.mustPath(workEmail).values(resource)
		if len(emails) != 1 || !equalFold(emails[0], resource["userName"]) {
			return badRequest("invalidValue", "%q must have the value of %q", workEmail, "userName")
		}
	}
	members, _ := resource["members"].([]any)
	for _, m := range members {
		if member := m.(map[string]any); member["value"] == nil || !equalFold(member["type"], "User") {
			return badRequest("invalidValue", "a member must have a %q, and may have the %q User", "value", "type")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(resource)) {
		if len(primaries(resource[name])) > 1 {
			return badRequest("invalidValue", "%q may have one primary value", name)
		}
	}
	return nil
}

// clone copies a resource through JSON, so that Go's own lists and objects
// become those of a caller.
func clone(resource map[string]any) map[string]any {
	encoded, err := json.Marshal(resource)
	if err != nil {
		panic("BUG: a resource is not JSON: " + err.Error())
	}
	out := map[string]any{}
	json.Unmarshal(encoded, &out)
	return out
}
