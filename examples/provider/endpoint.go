package provider

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
)

// listUsers is the pattern of the list, which is also the search.
const listUsers = "GET /Users"

// endpoint does the work of one kind of call.
type endpoint func(*http.Request) (answer, *refusal)

func (p *Provider) routes() {
	for pattern, do := range map[string]endpoint{
		listUsers:                    p.list,
		"POST /Users":                p.post,
		"GET /Users/{id}":            p.get,
		"PUT /Users/{id}":            p.put,
		"PATCH /Users/{id}":          p.patch,
		"DELETE /Users/{id}":         p.delete,
		"GET /Groups":                p.groups,
		"GET /ServiceProviderConfig": p.config,
		"/Users":                     otherMethod,
		"/Users/{id}":                otherMethod,
		"/":                          noSuchPath,
	} {
		p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, do) })
	}
}

func (p *Provider) list(r *http.Request) (answer, *refusal) {
	query := r.URL.Query()
	var wanted filter
	if query.Has("filter") {
		var refused *refusal
		if wanted, refused = p.quirks.filter(query.Get("filter")); refused != nil {
			return answer{}, refused
		}
	}
	var found []map[string]any
	for _, u := range p.store.records {
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

func (p *Provider) post(r *http.Request) (answer, *refusal) {
	attributes, refused := p.user(r)
	if refused == nil {
		refused = p.finish("", attributes)
	}
	if refused != nil {
		return answer{}, refused
	}
	u := p.store.insert(attributes)
	return answer{http.StatusCreated, http.Header{"Location": {location(r, u)}}, shown(r, u, p.quirks.AnswersLack...)}, nil
}

func (p *Provider) get(r *http.Request) (answer, *refusal) {
	u, refused := p.store.find(r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	return answer{status: http.StatusOK, body: shown(r, u)}, nil
}

func (p *Provider) put(r *http.Request) (answer, *refusal) {
	u, refused := p.store.find(r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	attributes, refused := p.user(r)
	if refused != nil {
		return answer{}, refused
	}
	for name, value := range u.attributes {
		if !p.quirks.knows(name) {
			attributes[name] = value // what callers cannot write, they do not replace
		}
	}
	return p.replace(r, u, attributes)
}

func (p *Provider) patch(r *http.Request) (answer, *refusal) {
	if p.quirks.PatchUnsupported {
		return answer{}, &refusal{http.StatusNotImplemented, "", "PATCH is not supported"}
	}
	u, refused := p.store.find(r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	body, refused := object(r, messages+"PatchOp")
	if refused != nil {
		return answer{}, refused
	}
	attributes := clone(u.attributes)
	if refused := p.quirks.patch(attributes, body); refused != nil {
		return answer{}, refused
	}
	given, refused := p.replace(r, u, attributes)
	if refused == nil && p.quirks.PatchNoContent {
		return answer{status: http.StatusNoContent}, nil
	}
	return given, refused
}

func (p *Provider) replace(r *http.Request, u *record, attributes map[string]any) (answer, *refusal) {
	if refused := p.finish(u.id, attributes); refused != nil {
		return answer{}, refused
	}
	p.store.replace(u, attributes)
	return answer{status: http.StatusOK, body: shown(r, u, p.quirks.AnswersLack...)}, nil
}

// finish makes attributes what can be stored for the user of this id, "" for a
// new one.
func (p *Provider) finish(id string, attributes map[string]any) *refusal {
	p.quirks.settle(attributes)
	if refused := p.quirks.complaint(attributes); refused != nil {
		return refused
	}
	return p.store.taken(id, attributes, p.quirks.unique())
}

func (p *Provider) delete(r *http.Request) (answer, *refusal) {
	u, refused := p.store.find(r.PathValue("id"))
	if refused != nil {
		return answer{}, refused
	}
	p.store.delete(u)
	return answer{status: http.StatusNoContent}, nil
}

func (p *Provider) groups(r *http.Request) (answer, *refusal) {
	if p.quirks.NoGroups {
		return noSuchPath(r)
	}
	return listed(nil, 1, 0), nil
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

// user reads the body of a POST or PUT.
func (p *Provider) user(r *http.Request) (map[string]any, *refusal) {
	body, refused := object(r, coreUser)
	if refused != nil {
		return nil, refused
	}
	attributes, refused := p.quirks.admitCompound("", user, body)
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
