package transform

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"scimshim/transform/scim"
)

// everybody is the count of a list whose request names none.
const everybody = -1

// SearchPath ends the path of a search by POST (RFC 7644 section 3.4.3).
const SearchPath = "/.search"

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// decodeSearch reads the body of a search: its members are the parameters of a
// query, and are read as these are. What is null is not there.
func (r *Request) decodeSearch(kind *Kind, body []byte) *scim.Error {
	v, err := decodeBody(body)
	if err != nil {
		return err
	}
	if urns := v.MemberFold("schemas"); !urns.IsEmpty() && !slices.ContainsFunc(urns.Items(), isSearch) {
		return scim.BadRequest(scim.InvalidSyntax, fmt.Sprintf("the body is no SearchRequest: its schemas lack %q", searchURN))
	}
	for _, m := range v.Members() {
		read := r.parameter(m.Name, true)
		if read == nil || m.Value.Kind() == scim.KindNull {
			continue
		}
		text, ok := parameterText(m.Value)
		if !ok {
			return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("%q is %s, which it cannot be", m.Name, m.Value.Kind()))
		}
		if err := read(kind, text); err != nil {
			return err
		}
	}
	return r.searches(kind)
}

func isSearch(urn scim.Value) bool { return strings.EqualFold(urn.Text(), searchURN) }

// parameterText is a member of a SearchRequest as a query would have it.
func parameterText(v scim.Value) (text string, ok bool) {
	switch v.Kind() {
	case scim.KindString, scim.KindNumber:
		return v.Text(), true
	case scim.KindList:
		names := make([]string, len(v.Items()))
		for i, item := range v.Items() {
			if names[i] = item.Text(); item.Kind() != scim.KindString {
				return "", false
			}
		}
		return strings.Join(names, ","), true
	}
	return "", false
}

// searches completes a search, whose parameters have all been read.
func (r *Request) searches(kind *Kind) *scim.Error {
	r.Operation = List
	if r.Filter != nil {
		r.Operation = Find
	}
	if r.Cursor == nil {
		return nil
	}
	return r.resume(kind)
}

// decodeQuery reads the parameters of RFC 7644 sections 3.4.2 and 3.9. Names it
// does not know are ignored: Entra's tenant URL may carry its own.
func (r *Request) decodeQuery(kind *Kind, query string, search bool) *scim.Error {
	var room [8]string // on the stack
	seen := room[:0]
	for pair := range strings.SplitSeq(query, "&") {
		name, encoded, _ := strings.Cut(pair, "=")
		name, _ = unform(name)
		read := r.parameter(name, search)
		if read == nil {
			continue
		}
		value, err := unform(encoded)
		switch {
		case err != nil:
			return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("the parameter %q is not percent-encoded: %v", name, err))
		case !utf8.ValidString(value):
			return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("the parameter %q is not UTF-8", name))
		case slices.ContainsFunc(seen, func(other string) bool { return strings.EqualFold(other, name) }):
			return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("the parameter %q appears twice", name))
		}
		seen = append(seen, name)
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
		return r.decodeAttributes
	case name == "excludedattributes":
		return func(kind *Kind, s string) *scim.Error { r.Excluded = decodePaths(kind, s); return nil }
	case !search:
		return nil
	case name == "filter":
		return r.decodeFilter
	case name == "sortby":
		return r.decodeSortBy
	case name == "sortorder":
		return r.decodeSortOrder
	case name == "cursor":
		return func(_ *Kind, s string) *scim.Error { r.Cursor = &Cursor{text: s}; return nil }
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

// decodeAttributes gives who asks for unknown attributes alone what is always
// returned, and not everything.
func (r *Request) decodeAttributes(kind *Kind, s string) *scim.Error {
	r.Attributes = decodePaths(kind, s)
	if len(r.Attributes) == 0 && s != "" {
		r.Attributes = decodePaths(kind, "id")
	}
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
		if problem := kind.unsearchable("the filter uses", path); problem != "" {
			return &scim.Error{Status: 400, ScimType: scim.InvalidFilter, Attribute: path.Dotted(), Detail: problem}
		}
	}
	r.Filter = filter
	return nil
}

func (r *Request) decodeSortBy(kind *Kind, s string) (problem *scim.Error) {
	if s == "" {
		return nil
	}
	path, err := kind.Catalog.ParseSortBy(s)
	if err != nil {
		return scim.BadRequest(scim.InvalidPath, "sortBy: "+err.Error())
	}
	if problem := kind.unsearchable("sortBy is", path); problem != "" {
		return &scim.Error{Status: 400, ScimType: scim.InvalidPath, Attribute: path.Dotted(), Detail: problem}
	}
	r.SortBy = path
	return nil
}

func (r *Request) decodeSortOrder(_ *Kind, s string) *scim.Error {
	switch {
	case strings.EqualFold(s, "descending"):
		r.Descending = true
	case s != "" && !strings.EqualFold(s, "ascending"):
		return scim.BadRequest(scim.InvalidValue, fmt.Sprintf("sortOrder is %q, which is neither ascending nor descending", s))
	}
	return nil
}

// unsearchable says why a filter or sortBy, as which `uses` begins the sentence,
// cannot use an attribute. An empty list would not do as the answer: Entra would
// take it that nobody exists and create everybody anew.
func (k *Kind) unsearchable(uses string, path scim.Path) string {
	switch path.Dotted() {
	case "id", "schemas", "meta.resourceType", "meta.location":
		return ""
	}
	if k.Members != nil && path.IsMembers() {
		return ""
	}
	for _, a := range k.Attributes {
		same := a.Path.URN == path.URN && a.Path.Attribute == path.Attribute
		typed := path.Sub != nil && path.Sub.Name == "type" && same
		if !typed && !a.Path.Covers(path) && !path.Covers(a.Path) {
			continue
		}
		if a.Mutability == "writeOnly" {
			return fmt.Sprintf("%s %q, which is writeOnly and cannot be searched", uses, path.Dotted())
		}
		return ""
	}
	return fmt.Sprintf("%s %q, which %s", uses, path.Dotted(), k.unmapped(path))
}

// unmapped says what can be done about an attribute that the file does not map.
func (k *Kind) unmapped(path scim.Path) string {
	name := path.Dotted()
	switch {
	case path.IsMembers():
		return "the vendor file does not map: add \"members\" under " + k.Name
	case path.IsTime():
		return fmt.Sprintf("the vendor file does not map: add \"%s: <native field>\" under %s.attributes", name, k.Name)
	case path.URN == "" && path.Attribute.Name == "meta":
		return "cannot be searched"
	case path.Leaf().Mutability == "readOnly", path.Attribute.Mutability == "readOnly":
		return "this gateway does not show"
	}
	other := "keep"
	if name == "active" {
		other = "exists"
	}
	return fmt.Sprintf("the vendor file does not map: add \"%s: <native field>\" (or \"%s: %s\") under %s.attributes", name, name, other, k.Name)
}
