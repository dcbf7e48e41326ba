package transform

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// Decode reads a SCIM request to the endpoint of a kind. path is what follows
// the vendor's base URL, and query what follows the question mark, both as they
// came, still encoded.
func Decode(kind *Kind, method, path, query string, body []byte) (*Request, *scim.Error) {
	r := &Request{StartIndex: 1, Count: everybody}
	var one bool
	var err *scim.Error
	endpoint, search := strings.CutSuffix(path, SearchPath)
	if r.ID, one, err = decodeID(kind, endpoint); err != nil {
		return nil, err
	}
	if err = r.decodeQuery(kind, query, method == "GET" && !one && !search); err != nil {
		return nil, err
	}
	switch {
	case search && one:
		err = &scim.Error{Status: 404, Detail: fmt.Sprintf("there is nothing at %q", path)}
	case search && method == "POST":
		err = r.decodeSearch(kind, body)
	case search:
		err = &scim.Error{Status: 405, Detail: fmt.Sprintf("%s cannot be used on %s", method, path)}
	case method == "GET" && one:
		r.Operation = Read
	case method == "DELETE" && one:
		r.Operation = Delete
	case method == "GET":
		err = r.searches(kind)
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
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return scim.Value{}, scim.BadRequest(scim.InvalidSyntax, "the request has no body")
	case bytes.HasPrefix(body, []byte("\uFEFF")):
		return scim.Value{}, scim.BadRequest(scim.InvalidSyntax, "the body begins with a byte order mark, which JSON does not have")
	}
	v, err := scim.ParseJSON(body, scim.Limits{FoldNames: true, NoNUL: true})
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
