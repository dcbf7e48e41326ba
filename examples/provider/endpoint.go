package provider

import (
	"encoding/json"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
)

// endpoint does the work of one kind of call.
type endpoint func(*http.Request) (answer, *refusal)

// resources are the users or the groups of a provider, with what can be done to
// them.
type resources struct {
	*Provider
	rules rules
}

func (p *Provider) routes() {
	p.handle("GET /ServiceProviderConfig", p.config)
	p.handle("/", noSuchPath)
	p.resourceRoutes(resources{p, rules{p.quirks, users}})
	if !p.quirks.NoGroups {
		p.resourceRoutes(resources{p, p.quirks.forGroups()})
	}
}

func (p *Provider) resourceRoutes(of resources) {
	path := of.rules.of.path
	p.handle("GET "+path, of.list)
	p.handle("POST "+path, of.post)
	p.handle("GET "+path+"/{id}", of.get)
	p.handle("PUT "+path+"/{id}", of.put)
	p.handle("PATCH "+path+"/{id}", of.patch)
	p.handle("DELETE "+path+"/{id}", of.delete)
	p.handle(path, otherMethod)
	p.handle(path+"/{id}", otherMethod)
}

func (p *Provider) handle(pattern string, do endpoint) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, do) })
}

func (p resources) list(r *http.Request) (answer, *refusal) {
	query := r.URL.Query()
	var wanted filter
	if query.Has("filter") {
		var refused *refusal
		if wanted, refused = p.rules.filter(query.Get("filter")); refused != nil {
			return answer{}, refused
		}
	}
	var found []map[string]any
	for _, u := range p.store.all(p.rules.of) {
		if wanted.matches(u.resource()) {
			found = append(found, shown(r, u))
		}
	}
	start := max(number(query.Get("startIndex"), 1), 1)
	from := min(start-1, len(found))
	count := min(max(number(query.Get("count"), p.pageSize()), 0), p.pageSize(), len(found)-from)
	return listed(found[from:from+count], start, len(found)), nil
}

// number reads a number of the query; what is none counts as not given.
func number(written string, otherwise int) int {
	if n, err := strconv.Atoi(written); err == nil {
		return n
	}
	return otherwise
}

func (p resources) post(r *http.Request) (answer, *refusal) {
	attributes, refused := p.body(r)
	if refused == nil {
		refused = p.finish("", attributes)
	}
	if refused != nil {
		return answer{}, refused
	}
	u := p.store.insert(p.rules.of, attributes)
	return answer{http.StatusCreated, http.Header{"Location": {location(r, u.of, u.id)}}, shown(r, u, p.rules.AnswersLack...)}, nil
}

func (p resources) get(r *http.Request) (answer, *refusal) {
	u, refused := p.store.find(p.rules.of, r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	return answer{status: http.StatusOK, body: shown(r, u)}, nil
}

func (p resources) put(r *http.Request) (answer, *refusal) {
	u, refused := p.store.find(p.rules.of, r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	attributes, refused := p.body(r)
	if refused != nil {
		return answer{}, refused
	}
	for name, value := range u.attributes {
		if !p.rules.knows(name) {
			attributes[name] = value // what callers cannot write, they do not replace
		}
	}
	return p.replace(r, u, attributes)
}

func (p resources) patch(r *http.Request) (answer, *refusal) {
	if p.quirks.PatchUnsupported {
		return answer{}, &refusal{http.StatusNotImplemented, "", "PATCH is not supported"}
	}
	u, refused := p.store.find(p.rules.of, r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	body, refused := object(r, messages+"PatchOp")
	if refused != nil {
		return answer{}, refused
	}
	attributes := clone(u.attributes)
	if refused := p.rules.patch(attributes, body); refused != nil {
		return answer{}, refused
	}
	given, refused := p.replace(r, u, attributes)
	if refused == nil && p.quirks.PatchNoContent {
		return answer{status: http.StatusNoContent}, nil
	}
	return given, refused
}

// replace leaves the time of the last change alone where a PATCH changes nothing,
// as an "add" of what is there (RFC 7644 section 3.5.2.1).
func (p resources) replace(r *http.Request, u *record, attributes map[string]any) (answer, *refusal) {
	if refused := p.finish(u.id, attributes); refused != nil {
		return answer{}, refused
	}
	if r.Method != "PATCH" || !reflect.DeepEqual(u.attributes, attributes) {
		p.store.replace(u, attributes)
	}
	return answer{status: http.StatusOK, body: shown(r, u, p.rules.AnswersLack...)}, nil
}

// finish makes attributes what can be stored for the resource of this id, "" for
// a new one.
func (p resources) finish(id string, attributes map[string]any) *refusal {
	p.rules.settle(attributes)
	if refused := p.rules.complaint(attributes); refused != nil {
		return refused
	}
	if refused := p.store.dangling(p.rules.of, attributes); refused != nil {
		return refused
	}
	return p.store.taken(p.rules.of, id, attributes, p.rules.unique())
}

func (p resources) delete(r *http.Request) (answer, *refusal) {
	u, refused := p.store.find(p.rules.of, r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	p.store.delete(u)
	return answer{status: http.StatusNoContent}, nil
}

func (p *Provider) config(*http.Request) (answer, *refusal) {
	supported := func(yes bool) map[string]any { return map[string]any{"supported": yes} }
	return answer{status: http.StatusOK, body: map[string]any{
		"schemas":        []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":          supported(!p.quirks.PatchUnsupported),
		"bulk":           map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter":         map[string]any{"supported": true, "maxResults": p.pageSize()},
		"changePassword": supported(false),
		"sort":           supported(false),
		"etag":           supported(false),
		"authenticationSchemes": []map[string]any{
			{"type": "oauthbearertoken", "name": "Bearer", "description": "the token of the vendor's portal"},
		},
	}}, nil
}

// body reads the body of a POST or PUT.
func (p resources) body(r *http.Request) (map[string]any, *refusal) {
	of := p.rules.of
	body, refused := object(r, of.shape.urn)
	if refused != nil {
		return nil, refused
	}
	attributes, refused := p.rules.admitCompound("", of.shape, body)
	if refused != nil {
		return nil, refused
	}
	return attributes.(map[string]any), nil
}

// object reads a body, which must name this schema.
func object(r *http.Request, schema string) (map[string]any, *refusal) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/scim+json" && kind != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "", "Content-Type must be application/scim+json"}
	}
	var body map[string]any
	if json.NewDecoder(r.Body).Decode(&body) != nil || body == nil {
		return nil, badRequest("invalidSyntax", "the body is not a JSON object")
	}
	schemas, _ := body["schemas"].([]any)
	if !slices.Contains(schemas, any(schema)) {
		return nil, badRequest("invalidSyntax", "schemas must contain %q", schema)
	}
	return body, nil
}

func noSuchPath(r *http.Request) (answer, *refusal) {
	return answer{}, &refusal{http.StatusNotFound, "", "there is no " + r.URL.Path}
}

func otherMethod(r *http.Request) (answer, *refusal) {
	return answer{}, &refusal{http.StatusMethodNotAllowed, "", r.Method + " is not allowed here"}
}
