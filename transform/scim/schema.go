package scim

import "strings"

// The data types of RFC 7643 section 2.3.
const (
	TypeString    = "string"
	TypeBoolean   = "boolean"
	TypeDecimal   = "decimal"
	TypeInteger   = "integer"
	TypeDateTime  = "dateTime"
	TypeReference = "reference"
	TypeComplex   = "complex"
	TypeBinary    = "binary"
)

// Attribute is the definition of an attribute (RFC 7643 section 7). What is ""
// has the default of section 2.2: a readWrite string, returned by default,
// without uniqueness.
type Attribute struct {
	Name            string
	Type            string
	Description     string
	MultiValued     bool
	Required        bool
	CaseExact       bool
	Mutability      string
	Returned        string
	Uniqueness      string
	CanonicalValues []string
	ReferenceTypes  []string
	Sub             []*Attribute
}

// Schema is a named set of attributes.
type Schema struct {
	URN         string
	Name        string
	Description string
	Attributes  []*Attribute
}

// NewSchema completes the attributes with their defaults.
func NewSchema(urn, name, description string, attributes ...*Attribute) *Schema {
	complete(attributes)
	return &Schema{URN: urn, Name: name, Description: description, Attributes: attributes}
}

func complete(attributes []*Attribute) {
	for _, a := range attributes {
		if a.Type == "" && len(a.Sub) > 0 {
			a.Type = TypeComplex
		}
		for _, field := range []struct {
			value     *string
			otherwise string
		}{
			{&a.Type, TypeString}, {&a.Mutability, "readWrite"}, {&a.Returned, "default"}, {&a.Uniqueness, "none"},
		} {
			if *field.value == "" {
				*field.value = field.otherwise
			}
		}
		complete(a.Sub)
	}
}

// find gives the attribute of this name in any case, or nil. Nearly always the
// case is the schema's, and comparing without regard to it costs ten times more.
func find(attributes []*Attribute, name string) *Attribute {
	for _, a := range attributes {
		if a.Name == name {
			return a
		}
	}
	for _, a := range attributes {
		if strings.EqualFold(a.Name, name) {
			return a
		}
	}
	return nil
}

// SubAttribute gives the sub-attribute of this name in any case, or nil.
func (a *Attribute) SubAttribute(name string) *Attribute { return find(a.Sub, name) }

const schemaURN = "urn:ietf:params:scim:schemas:core:2.0:Schema"

// Value is the schema as /Schemas shows it, below this base URL. It has no null
// members, which Entra's reader of schemas refuses.
func (s *Schema) Value(baseURL string) Value {
	return Object(
		Member{"schemas", ListOf(String(schemaURN))},
		Member{"id", String(s.URN)},
		Member{"name", String(s.Name)},
		Member{"description", String(s.Description)},
		Member{"attributes", definitions(s.Attributes)},
		Member{"meta", Object(
			Member{"resourceType", String("Schema")},
			Member{"location", String(baseURL + "/Schemas/" + s.URN)},
		)},
	)
}

// JSON is the schema as /Schemas shows it, as text.
func (s *Schema) JSON(baseURL string) string { return s.Value(baseURL).JSON() }

func definitions(attributes []*Attribute) Value {
	out := make([]Value, len(attributes))
	for i, a := range attributes {
		out[i] = a.definition()
	}
	return ListOf(out...)
}

func (a *Attribute) definition() Value {
	members := []Member{
		{"name", String(a.Name)},
		{"type", String(a.Type)},
		{"multiValued", Bool(a.MultiValued)},
		{"description", String(a.Description)},
		{"required", Bool(a.Required)},
	}
	if len(a.CanonicalValues) > 0 {
		members = append(members, Member{"canonicalValues", texts(a.CanonicalValues)})
	}
	if a.Type != TypeBoolean && a.Type != TypeComplex {
		members = append(members, Member{"caseExact", Bool(a.CaseExact)})
	}
	members = append(members,
		Member{"mutability", String(a.Mutability)},
		Member{"returned", String(a.Returned)},
		Member{"uniqueness", String(a.Uniqueness)},
	)
	if len(a.ReferenceTypes) > 0 {
		members = append(members, Member{"referenceTypes", texts(a.ReferenceTypes)})
	}
	if len(a.Sub) > 0 {
		members = append(members, Member{"subAttributes", definitions(a.Sub)})
	}
	return Object(members...)
}

func texts(list []string) Value {
	out := make([]Value, len(list))
	for i, s := range list {
		out[i] = String(s)
	}
	return ListOf(out...)
}
