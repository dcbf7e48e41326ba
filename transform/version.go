package transform

import (
	"fmt"
	"strings"

	"scimshim/transform/scim"
)

// address gives where a resource is, and its version: an ETag that is a hash of
// everything that is shown of it, save meta. It is weak, since a projection has
// the version of the whole. Both are cut from one text, for which every resource
// shown costs an allocation less.
func (p *Plan) address(id string, attributes scim.Value, whole bool) (location, version scim.Value) {
	if !whole {
		return scim.String(p.location(id)), scim.Value{}
	}
	hash := attributes.Version()
	text := p.facts.BaseURL + p.kind.Type.Endpoint + "/" + EscapeSegment(id) + string(hash[:])
	end := len(text) - len(hash)
	return scim.String(text[:end]), scim.String(text[end:])
}

// show is the reply that shows a resource.
func (p *Plan) show(status int, resource scim.Value) *Reply {
	return &Reply{Status: status, Body: p.project(resource), Version: versionOf(resource)}
}

func versionOf(resource scim.Value) string { return resource.Member("meta").Member("version").Text() }

// unlessKnown spares a caller the resource that it has already.
func (p *Plan) unlessKnown(reply *Reply) *Reply {
	if listsVersion(p.request.IfNoneMatch, reply.Version) {
		return &Reply{Status: 304, Version: reply.Version}
	}
	return reply
}

// conditional reports whether a write is wanted of one version alone. "*" stands
// for whatever there is, which every write of a resource needs anyway.
func (r *Request) conditional() bool {
	return r.IfMatch != "" && (r.Operation == Update || r.Operation == Delete) && strings.TrimSpace(r.IfMatch) != "*"
}

// outdated refuses a write that is wanted of another version than there is.
func (p *Plan) outdated() bool {
	if !p.request.conditional() {
		return false
	}
	resource, _ := p.present(p.record, p.id, p.native, p.ownMembers())
	version := versionOf(resource)
	if listsVersion(p.request.IfMatch, version) {
		return false
	}
	detail := "the version of the resource is not known, so that If-Match cannot hold: send the request without it"
	if version != "" {
		detail = fmt.Sprintf("the resource has changed: If-Match is %s, and its version is %s", p.request.IfMatch, version)
	}
	p.refuse(&scim.Error{Status: 412, Detail: detail})
	return true
}

// listsVersion reports whether a list of entity tags (RFC 9110 section 8.8.3)
// has a version, or is "*". They are compared weakly, as all of ours are weak;
// quotation marks, which clients forget, make no difference.
func listsVersion(header, version string) bool {
	if header == "" || version == "" {
		return false
	}
	for tag := range strings.SplitSeq(header, ",") {
		if tag = opaque(tag); tag == "*" || tag == opaque(version) {
			return true
		}
	}
	return false
}

func opaque(tag string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
}
