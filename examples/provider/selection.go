package provider

import (
	"net/http"
	"strings"
)

// selected is what the parameters attributes and excludedAttributes leave of a
// resource (RFC 7644 section 3.9). Names that no resource has leave nothing.
func selected(r *http.Request, of *resourceType, resource map[string]any) map[string]any {
	query := r.URL.Query()
	if query.Has("attributes") {
		wanted := map[string]any{}
		for _, p := range named(query.Get("attributes"), of) {
			pick(wanted, resource, p)
		}
		resource = wanted
	}
	for _, p := range named(query.Get("excludedAttributes"), of) {
		set(resource, "remove", p, nil)
	}
	prune(resource)
	return resource
}

func named(list string, of *resourceType) (out []path) {
	for _, written := range strings.Split(list, ",") {
		if p, err := parsePath(strings.TrimSpace(written), of.shape); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// pick copies what is at the path, of a list from each of its elements.
func pick(into, from map[string]any, p path) {
	name, rest := p[0].name, p[1:]
	switch value := from[name].(type) {
	case map[string]any:
		if len(rest) > 0 {
			object, _ := into[name].(map[string]any)
			if object == nil {
				object = map[string]any{}
			}
			pick(object, value, rest)
			into[name] = object
			return
		}
	case []any:
		if len(rest) > 0 {
			elements, _ := into[name].([]any)
			for i, e := range value {
				if i == len(elements) {
					elements = append(elements, map[string]any{})
				}
				pick(elements[i].(map[string]any), e.(map[string]any), rest)
			}
			into[name] = elements
			return
		}
	}
	into[name] = from[name]
}
