package gateway

import (
	"fmt"
	"slices"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// target is what the path of a request names. It is taken from the path as it
// came: a decoded one could name something else.
type target struct {
	vendor   string
	path     string // below the vendor's base URL: /Users/15
	endpoint string // the first segment of it: Users
	one      bool   // a resource of the endpoint is named
	token    bool   // the token endpoint is named, and nothing of SCIM
	search   bool   // it ends in /.search
}

// BasePath follows the vendor's name in a Tenant URL.
const BasePath = "/scim/v2"

// parseTarget tolerates slashes too many where the Tenant URL ends: Entra
// appends "/Users" to what the administrator typed.
func parseTarget(path string) (t target, ok bool) {
	vendor, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if vendor != "" && strings.TrimRight("/"+rest, "/") == TokenPath {
		return target{vendor: vendor, token: true}, true
	}
	rest, found := strings.CutPrefix("/"+rest, BasePath)
	if !found || vendor == "" || rest != "" && rest[0] != '/' {
		return target{vendor: vendor}, false
	}
	t = target{vendor: vendor, path: "/" + strings.Trim(rest, "/")}
	endpoint, search := strings.CutSuffix(t.path, transform.SearchPath)
	if t.search = search; search && endpoint == "" {
		t.endpoint = ".search"
		return t, true
	}
	t.endpoint, _, t.one = strings.Cut(endpoint[1:], "/")
	return t, t.endpoint != ""
}

// standing answers what needs no plan. kind is set for what needs one.
func (x *exchange) standing() (reply transform.Reply, done bool) {
	v := x.vendor
	switch t := x.target; {
	case t.endpoint == "Me" || t.endpoint == "Bulk":
		return failed(&scim.Error{Status: 501, Detail: fmt.Sprintf("%s is not supported", t.path)}), true
	case t.endpoint == ".search":
		return x.searchAll(), true
	case t.endpoint == "ServiceProviderConfig" || t.endpoint == "ResourceTypes" || t.endpoint == "Schemas":
		return x.discovery(), true
	case t.endpoint == "Groups" && v.Groups == nil:
		return x.withoutGroups(), true
	case t.endpoint == "Users":
		x.kind = v.Users
	case t.endpoint == "Groups":
		x.kind = v.Groups
	default:
		return failed(&scim.Error{Status: 404, Detail: fmt.Sprintf("there is nothing at %q", t.path)}), true
	}
	x.memory = v.memories[x.kind]
	if problem := x.allow(x.methods()); problem != nil {
		return failed(problem), true
	}
	return transform.Reply{}, false
}

func (x *exchange) methods() []string {
	switch {
	case x.target.search:
		return []string{"POST"}
	case x.target.one:
		return []string{"GET", "PUT", "PATCH", "DELETE"}
	}
	return []string{"GET", "POST"}
}

// allow refuses other methods, and says which there are (RFC 9110 section 15.5.6).
func (x *exchange) allow(methods []string) *scim.Error {
	if slices.Contains(methods, x.method) {
		return nil
	}
	x.ctx.Response.Header.Set("Allow", strings.Join(methods, ", "))
	return &scim.Error{Status: 405, Detail: fmt.Sprintf("%s cannot be used on %s", x.method, x.target.path)}
}

func (x *exchange) discovery() transform.Reply {
	if problem := x.allow([]string{"GET"}); problem != nil {
		return failed(problem)
	}
	if x.ctx.QueryArgs().Has("filter") { // RFC 7644 section 4; other parameters have no meaning here
		return failed(&scim.Error{Status: 403, Detail: fmt.Sprintf("%s cannot be filtered", x.target.path)})
	}
	body, problem := x.vendor.Discover(x.target.path, x.facts.BaseURL)
	if problem != nil {
		return failed(problem)
	}
	return transform.Reply{Status: 200, Body: body}
}

// withoutGroups answers for a vendor without groups such that Entra's connection
// test passes, and that provisioning groups fails with words that help.
func (x *exchange) withoutGroups() transform.Reply {
	switch problem := x.allow(x.methods()); {
	case problem != nil:
		return failed(problem)
	case !x.target.one && (x.method == "GET" || x.target.search):
		return transform.Reply{Status: 200, Body: scim.List{StartIndex: 1}.Value()}
	case x.method == "GET":
		return failed(&scim.Error{Status: 404, Detail: fmt.Sprintf("there is nothing at %q", x.target.path)})
	}
	return failed(&scim.Error{Status: 501, Detail: `the vendor file says "groups: unsupported": ` +
		`switch off "Provision Microsoft Entra ID Groups" in Entra's mappings`})
}
