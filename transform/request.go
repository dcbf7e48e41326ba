package transform

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"scimshim/transform/scim"
)

// everybody is the count of a list whose request names none.
const everybody = -1

// Decode reads a SCIM request to the endpoint of a kind. path is what follows
// the vendor's base URL, and query what follows the question mark, both as they
// came, still encoded.
func Decode(kind *Kind, method, path, query string, body []byte) (*Request, *scim.Error) {
	r := &Request{StartIndex: 1, Count: everybody}
	var one bool
	var err *scim.Error
	if r.ID, one, err = decodeID(kind, path); err != nil {
		return nil, err
	}
	if err = r.decodeQuery(kind, query, method == "GET" && !one); err != nil {
		return nil, err
	}
	switch {
	case method == "GET" && one:
		r.Operation = Read
	case method == "DELETE" && one:
		r.Operation = Delete
	case method == "GET" && r.Filter != nil:
		r.Operation = Find
	case method == "GET":
		r.Operation = List
	case method == "POST" && !one:
		r.Operation = Create
		err = r.decodeResource(kind, body)
	case method == "PUT" && one:
		r.Operation = Update
		err = r.decodeResource(kind, body)
	case method == "PATCH" && one:
		r.Operation = Update
		err = r.decodePatch(kind, body)
	default:
		err = &scim.Error{Status: 405, Detail: fmt.Sprintf("%s cannot be used on %s", method, path)}
	}
	return r, err
}

// decodeID takes the id out of /Users/{id}. It is decoded exactly once: an id
// may itself contain %2F.
func decodeID(kind *Kind, path string) (id string, one bool, problem *scim.Error) {
	rest, found := strings.CutPrefix(path, kind.Type.Endpoint)
	if found && rest == "" {
		return "", false, nil
	}
	encoded, found := strings.CutPrefix(rest, "/")
	id, err := url.PathUnescape(encoded)
	if !found || encoded == "" || strings.Contains(encoded, "/") || err != nil {
		return "", false, &scim.Error{Status: 404, Detail: fmt.Sprintf("there is nothing at %q", path)}
	}
	return id, true, nil
}

// decodeQuery reads the parameters of RFC 7644 sections 3.4.2 and 3.9. Names it
// does not know are ignored: Entra's tenant URL may carry its own.
func (r *Request) decodeQuery(kind *Kind, query string, search bool) *scim.Error {
	for pair := range strings.SplitSeq(query, "&") {
		name, encoded, _ := strings.Cut(pair, "=")
		name, _ = unform(name)
		read := r.parameter(name, search)
		if read == nil {
			continue
		}
		value, err := unform(encoded)
		if err != nil {
			return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("the parameter %q is not percent-encoded: %v", name, err))
		}
		if problem := read(kind, value); problem != nil {
			return problem
		}
	}
	return nil
}

// unform decodes a name or value of a form: Entra writes a space as a plus.
func unform(s string) (string, error) { return url.QueryUnescape(s) }

// parameter gives what reads a parameter; nil for one that has no meaning here.
func (r *Request) parameter(name string, search bool) func(*Kind, string) *scim.Error {
	switch name = strings.ToLower(name); {
	case name == "attributes":
		return func(kind *Kind, s string) *scim.Error { r.Attributes = decodePaths(kind, s); return nil }
	case name == "excludedattributes":
		return func(kind *Kind, s string) *scim.Error { r.Excluded = decodePaths(kind, s); return nil }
	case !search:
		return nil
	case name == "filter":
		return r.decodeFilter
	case name == "startindex":
		return func(_ *Kind, s string) *scim.Error { return decodeNumber("startIndex", s, 1, &r.StartIndex) }
	case name == "count":
		return func(_ *Kind, s string) *scim.Error { return decodeNumber("count", s, 0, &r.Count) }
	}
	return nil
}

// decodeNumber raises what is too small, as RFC 7644 section 3.4.2.4 wants it.
func decodeNumber(name, s string, least int, into *int) *scim.Error {
	n, err := strconv.Atoi(s)
	if err != nil {
		return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("%s is %q, which is not a whole number", name, s))
	}
	*into = max(n, least)
	return nil
}

// decodePaths reads a list of attributes and leaves out the unknown ones. Some
// clients, Microsoft's own library among them, encode each path twice.
func decodePaths(kind *Kind, s string) (paths []scim.Path) {
	if again, err := url.QueryUnescape(s); err == nil && strings.Contains(s, "%") {
		s = again
	}
	for name := range strings.SplitSeq(s, ",") {
		if path, err := kind.Catalog.ParsePath(strings.TrimSpace(name)); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

func (r *Request) decodeFilter(kind *Kind, s string) *scim.Error {
	filter, err := scim.ParseFilter(kind.Catalog, s)
	if err != nil {
		return scim.BadRequest(scim.InvalidFilter, err.Error())
	}
	for _, path := range filter.Paths() {
		if problem := kind.unsearchable(path); problem != "" {
			return &scim.Error{Status: 400, ScimType: scim.InvalidFilter, Attribute: path.Dotted(), Detail: problem}
		}
	}
	r.Filter = filter
	return nil
}

// unsearchable says why a filter cannot use an attribute. An empty list would
// not do as the answer: Entra would take it that nobody exists and create
// everybody anew.
func (k *Kind) unsearchable(path scim.Path) string {
	switch path.Dotted() {
	case "id", "schemas", "meta.resourceType", "meta.location":
		return ""
	}
	if k.Members != nil && path.URN == "" && path.Attribute.Name == "members" {
		return ""
	}
	for _, a := range k.Attributes {
		same := a.Path.URN == path.URN && a.Path.Attribute == path.Attribute
		typed := path.Sub != nil && path.Sub.Name == "type" && same
		if !typed && !a.Path.Covers(path) && !path.Covers(a.Path) {
			continue
		}
		if a.Mutability == "writeOnly" {
			return fmt.Sprintf("the filter uses %q, which is writeOnly and cannot be searched", path.Dotted())
		}
		return ""
	}
	other := "keep"
	if path.Dotted() == "active" {
		other = "exists"
	}
	return fmt.Sprintf("the filter uses %q, which the vendor file does not map: add \"%s: <native field>\" (or \"%s: %s\") under %s.attributes",
		path.Dotted(), path.Dotted(), path.Dotted(), other, k.Name)
}

// decodeResource reads the body of a POST or PUT. What is readOnly in every
// resource is ignored (RFC 7644 section 3.3).
func (r *Request) decodeResource(kind *Kind, body []byte) *scim.Error {
	v, err := decodeBody(body)
	if err != nil {
		return err
	}
	r.Resource, r.Ignored = kind.Catalog.Fold(v)
	r.Resource = r.Resource.Without("id").Without("meta")
	if kind.Members != nil && !v.MemberFold("members").IsAbsent() { // else they are left alone, as active is
		r.Members = &MemberChange{set: idsIn(r.Resource)}
	}
	if kind.Members != nil {
		r.Resource = r.Resource.Without("members")
	}
	return nil
}

func (r *Request) decodePatch(kind *Kind, body []byte) *scim.Error {
	v, err := decodeBody(body)
	if err != nil {
		return err
	}
	patch, err := scim.ParsePatch(kind.Catalog, v)
	if err != nil {
		return err
	}
	r.Members, r.Patch = kind.change(&patch)
	return nil
}

func decodeBody(body []byte) (scim.Value, *scim.Error) {
	if len(body) == 0 {
		return scim.Value{}, scim.BadRequest(scim.InvalidSyntax, "the request has no body")
	}
	v, err := scim.ParseJSON(body, scim.Limits{FoldNames: true})
	if err != nil {
		return v, scim.BadRequest(scim.InvalidSyntax, err.Error())
	}
	if v.Kind() != scim.KindObject {
		return v, scim.BadRequest(scim.InvalidSyntax, fmt.Sprintf("the body is %s, an object is needed", v.Kind()))
	}
	return v, nil
}

// Claims are the unique values that a write names: two writes that name the
// same one must not run at once.
func (k *Kind) Claims(r *Request) (keys []Key) {
	if r.Operation != Create && r.Operation != Update {
		return nil
	}
	if r.Patch == nil {
		return k.claims(r.Resource)
	}
	if !slices.ContainsFunc(k.unique, r.Patch.Names) {
		return nil
	}
	after, _, _ := r.Patch.Apply(scim.Object())
	return k.claims(after)
}

// claims are the unique values of a resource.
func (k *Kind) claims(resource scim.Value) (keys []Key) {
	for _, path := range k.unique {
		if v := path.Get(resource); !v.IsEmpty() {
			keys = append(keys, key(path, v))
		}
	}
	return keys
}

// UniqueAttributes is how many attributes have values that identify a resource.
func (k *Kind) UniqueAttributes() int { return len(k.unique) }

// Unique are those of some values that identify a resource.
func (k *Kind) Unique(values []Key) (keys []Key) {
	for _, key := range values {
		for _, path := range k.unique {
			if key.Path == path.Dotted() {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
