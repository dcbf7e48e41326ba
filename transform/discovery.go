package transform

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"scimshim/transform/scim"
)

const configURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
const resourceTypeURN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"

// Discover answers the discovery endpoints of RFC 7644 section 4 with what this
// vendor's file really maps. path is what follows the base URL, still encoded.
func (v *Vendor) Discover(path, baseURL string) (scim.Value, *scim.Error) {
	endpoint, encoded, one := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	name, err := url.PathUnescape(encoded)
	var all []scim.Value
	switch {
	case endpoint == "ServiceProviderConfig" && !one:
		return v.providerConfig(baseURL), nil
	case endpoint == "ResourceTypes":
		all = v.resourceTypes(baseURL)
	case endpoint == "Schemas":
		all = v.schemas(baseURL)
	}
	if !one && all != nil {
		return scim.List{Total: len(all), StartIndex: 1, ItemsPerPage: len(all), Resources: all}.Value(), nil
	}
	for _, found := range all {
		if err == nil && strings.EqualFold(found.Member("id").Text(), name) {
			return found, nil
		}
	}
	return scim.Value{}, &scim.Error{Status: 404, Detail: fmt.Sprintf("there is nothing at %q", path)}
}

// Kinds are the sorts of resources that the file maps.
func (v *Vendor) Kinds() []*Kind {
	if v.Groups == nil {
		return []*Kind{v.Users}
	}
	return []*Kind{v.Users, v.Groups}
}

// providerConfig is the resource of RFC 7643 section 5.
func (v *Vendor) providerConfig(baseURL string) scim.Value {
	supported := func(b bool) scim.Member { return scim.Member{Name: "supported", Value: scim.Bool(b)} }
	number := func(name string, n int) scim.Member { return scim.Member{Name: name, Value: scim.Int(int64(n))} }
	return scim.Object(
		schemas(configURN),
		scim.Member{Name: "patch", Value: scim.Object(supported(len(v.Users.Update) > 0 || v.Users.Exists()))},
		scim.Member{Name: "bulk", Value: scim.Object(supported(false), number("maxOperations", 0), number("maxPayloadSize", 0))},
		scim.Member{Name: "filter", Value: scim.Object(supported(true), number("maxResults", v.Users.maxResults()))},
		scim.Member{Name: "changePassword", Value: scim.Object(supported(v.Users.changesPassword()))},
		scim.Member{Name: "sort", Value: scim.Object(supported(true))},
		scim.Member{Name: "etag", Value: scim.Object(supported(true))},
		scim.Member{Name: "pagination", Value: pagination()},
		scim.Member{Name: "authenticationSchemes", Value: v.authentication()},
		meta("ServiceProviderConfig", baseURL+"/ServiceProviderConfig"),
	)
}

// authentication tells the ways that callers have; the first is the primary one.
func (v *Vendor) authentication() scim.Value {
	var all []scim.Value
	for i, s := range v.Schemes {
		scheme := object("type", s.Type, "name", s.Name, "description", s.Description, "specUri", s.Spec)
		all = append(all, scheme.With("primary", scim.Bool(i == 0)))
	}
	return scim.ListOf(all...)
}

func (k *Kind) changesPassword() bool {
	a := k.Attribute("password")
	return a != nil && a.Sent() && len(k.Update) > 0
}

// pagination is the attribute of RFC 9865 section 4. Without a count a page
// holds everybody, and cursors do not expire, so that there are no sizes and no
// time to tell.
func pagination() scim.Value {
	return scim.Object(scim.Member{Name: "cursor", Value: scim.Bool(true)}, scim.Member{Name: "index", Value: scim.Bool(true)},
		scim.Member{Name: "defaultPaginationMethod", Value: scim.String("index")})
}

// maxResults is the most that one answer can hold.
func (k *Kind) maxResults() int {
	most := atMostFind
	for _, find := range k.Finds {
		most = max(most, find.most())
	}
	if k.List != nil {
		most = max(most, k.List.most())
	}
	return most
}

// resourceTypes are the resources of RFC 7643 section 6.
func (v *Vendor) resourceTypes(baseURL string) (types []scim.Value) {
	for _, k := range v.Kinds() {
		name := k.Type.Name
		all := k.mappedSchemas()
		resource := scim.Object(schemas(resourceTypeURN)).With("id", scim.String(name))
		for _, m := range object("name", name, "endpoint", k.Type.Endpoint, "description", all[0].Description, "schema", all[0].URN).Members() {
			resource = resource.With(m.Name, m.Value)
		}
		var extensions []scim.Value
		for _, schema := range all[1:] {
			extensions = append(extensions, object("schema", schema.URN).With("required", scim.Bool(slices.ContainsFunc(schema.Attributes, isRequired))))
		}
		if len(extensions) > 0 {
			resource = resource.With("schemaExtensions", scim.ListOf(extensions...))
		}
		m := meta("ResourceType", baseURL+"/ResourceTypes/"+name)
		types = append(types, resource.With(m.Name, m.Value))
	}
	return types
}

func isRequired(a *scim.Attribute) bool { return a.Required }

func (v *Vendor) schemas(baseURL string) (all []scim.Value) {
	for _, k := range v.Kinds() {
		for _, schema := range k.mappedSchemas() {
			all = append(all, schema.Value(baseURL))
		}
	}
	return all
}

// mappedSchemas are the schemas narrowed to what the file maps; an extension of
// which it maps nothing is left out.
func (k *Kind) mappedSchemas() (out []*scim.Schema) {
	for i, schema := range k.Catalog.Schemas() {
		narrow := *schema
		narrow.Attributes = nil
		for _, a := range schema.Attributes {
			if mapped := k.mappings(i > 0, schema.URN, a); len(mapped) > 0 {
				narrow.Attributes = append(narrow.Attributes, narrowed(a, mapped))
			}
		}
		if i == 0 || len(narrow.Attributes) > 0 {
			out = append(out, &narrow)
		}
	}
	return out
}

// mappings are the rows of the mapping that are about an attribute of a schema.
func (k *Kind) mappings(extension bool, urn string, a *scim.Attribute) (rows []*Attribute) {
	if k.Members != nil && k.Members.attribute.Path.Attribute == a {
		return []*Attribute{k.Members.attribute}
	}
	for _, row := range k.Attributes {
		if row.Path.Attribute == a && (!extension || row.Path.URN == urn) {
			rows = append(rows, row)
		}
	}
	return rows
}

// narrowed is the definition of an attribute as far as it is mapped.
func narrowed(a *scim.Attribute, rows []*Attribute) *scim.Attribute {
	out := *a
	for _, row := range rows {
		out.Required = out.Required || row.Required
		if row.Path.Sub == nil {
			return row.define(&out)
		}
	}
	out.Sub = nil
	if first := rows[0].Mutability; first != "" && !slices.ContainsFunc(rows, func(row *Attribute) bool { return row.Mutability != first }) {
		out.Mutability = first
	}
	types := mappedTypes(rows)
	for _, sub := range a.Sub {
		of := slices.DeleteFunc(slices.Clone(rows), func(row *Attribute) bool { return row.Path.Sub != sub })
		if len(of) > 0 {
			def := *sub
			out.Sub = append(out.Sub, of[0].define(&def))
		} else if sub.Name == "type" && len(types) > 0 {
			def := *sub
			def.CanonicalValues = types
			out.Sub = append(out.Sub, &def)
		}
	}
	return &out
}

// define lays what the row says over the definition.
func (a *Attribute) define(def *scim.Attribute) *scim.Attribute {
	def.Required = def.Required || a.Required
	if a.Mutability != "" {
		def.Mutability = a.Mutability
	}
	if a.Uniqueness != "" {
		def.Uniqueness = a.Uniqueness
	}
	if a.Mutability == "writeOnly" {
		def.Returned = "never"
	}
	return def
}

// mappedTypes are the types whose elements are mapped: Microsoft's gallery test
// compares emails[type eq "work"].value with the canonical values.
func mappedTypes(rows []*Attribute) (types []string) {
	for _, row := range rows {
		if row.Path.Where == nil {
			continue
		}
		for _, equality := range scim.Equalities(row.Path.Where) {
			if kind := equality.Value.Text(); equality.Path.Sub.Name == "type" && !slices.Contains(types, kind) {
				types = append(types, kind)
			}
		}
	}
	return types
}

// object makes an object of strings from names and values in turn.
func object(pairs ...string) scim.Value {
	var members []scim.Member
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, scim.Member{Name: pairs[i], Value: scim.String(pairs[i+1])})
	}
	return scim.Object(members...)
}

func schemas(urn string) scim.Member {
	return scim.Member{Name: "schemas", Value: scim.ListOf(scim.String(urn))}
}

func meta(resourceType, location string) scim.Member {
	return scim.Member{Name: "meta", Value: object("resourceType", resourceType, "location", location)}
}
