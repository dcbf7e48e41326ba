package provider

import (
	"maps"
	"strings"
)

// The URNs of RFC 7643 and RFC 7644.
const (
	coreUser   = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	messages   = "urn:ietf:params:scim:api:messages:2.0:"
)

// resourceType is what differs between users and groups (RFC 7643 section 6).
type resourceType struct {
	name     string // "User"
	noun     string // "user"
	path     string // "/Users"
	shape    shape
	required string // the attribute that nobody goes without
	refers   string // where users are named, by their id
}

var (
	users  = &resourceType{"User", "user", "/Users", user, "userName", manager + ".value"}
	groups = &resourceType{"Group", "group", "/Groups", group, "displayName", "members.value"}
)

// manager is the path of the object that names one.
const manager = enterprise + ":manager"

// workEmail is the address that the quirks speak of.
const workEmail = `emails[type eq "work"].value`

type kind int

const (
	isText kind = iota
	isTruth
	isCompound // an object
	isList     // a list of objects
)

// shape is what RFC 7643 says of an attribute's value.
type shape struct {
	kind  kind
	parts parts  // of the object, or of each object of the list
	urn   string // of a whole resource; "": of an attribute
}

type parts map[string]shape

// user is the User of RFC 7643 with its enterprise extension, which here is an
// attribute like any other. There is no password.
var user = shape{kind: isCompound, urn: coreUser, parts: merge(
	texts("id", "userName", "externalId", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone"),
	parts{
		"active": {kind: isTruth}, "meta": {kind: isCompound}, "schemas": {kind: isList}, "groups": {kind: isList},
		"name":   {kind: isCompound, parts: texts("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")},
		"emails": listOf("value", "display"), "phoneNumbers": listOf("value", "display"), "ims": listOf("value", "display"),
		"photos": listOf("value", "display"), "roles": listOf("value", "display"), "entitlements": listOf("value", "display"),
		"x509Certificates": listOf("value", "display"),
		"addresses":        listOf("formatted", "streetAddress", "locality", "region", "postalCode", "country"),
		enterprise: {kind: isCompound, parts: merge(
			texts("employeeNumber", "costCenter", "organization", "division", "department"),
			parts{"manager": {kind: isCompound, parts: texts("value", "$ref", "displayName")}},
		)},
	},
)}

// group is the Group of RFC 7643. Its members are users; groups in groups are
// refused.
var group = shape{kind: isCompound, urn: coreGroup, parts: merge(
	texts("id", "externalId", "displayName"),
	parts{"meta": {kind: isCompound}, "schemas": {kind: isList}, "members": {kind: isList, parts: texts("value", "$ref", "display", "type")}},
)}

// readOnly tells whether an attribute of the User or the Group is the provider's to set.
func readOnly(name string) bool {
	return name == "id" || name == "meta" || name == "schemas" || name == "groups"
}

func texts(names ...string) parts {
	out := parts{}
	for _, name := range names {
		out[name] = shape{kind: isText}
	}
	return out
}

func listOf(names ...string) shape {
	return shape{kind: isList, parts: merge(texts(names...), parts{"type": {kind: isText}, "primary": {kind: isTruth}})}
}

func merge(all ...parts) parts {
	out := parts{}
	for _, some := range all {
		maps.Copy(out, some)
	}
	return out
}

// part finds an attribute by its name in any case (RFC 7643 section 2.1), and
// gives the name as the RFC spells it.
func (s shape) part(name string) (spelt string, part shape, found bool) {
	for spelt, part := range s.parts {
		if strings.EqualFold(spelt, name) {
			return spelt, part, true
		}
	}
	return name, shape{}, false
}
