package scim

import (
	"testing"
)

func TestSchemaJSON(t *testing.T) {
	schema := NewSchema("urn:x", "X", "Example",
		&Attribute{Name: "site", Type: TypeReference, ReferenceTypes: []string{"external"}, CaseExact: true, Description: "d"},
		&Attribute{Name: "tags", MultiValued: true, Required: true, Sub: []*Attribute{
			{Name: "type", CanonicalValues: []string{"a", "b"}}, {Name: "primary", Type: TypeBoolean}}})
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"urn:x","name":"X","description":"Example","attributes":[` +
		`{"name":"site","type":"reference","multiValued":false,"description":"d","required":false,"caseExact":true,` +
		`"mutability":"readWrite","returned":"default","uniqueness":"none","referenceTypes":["external"]},` +
		`{"name":"tags","type":"complex","multiValued":true,"description":"","required":true,` +
		`"mutability":"readWrite","returned":"default","uniqueness":"none","subAttributes":[` +
		`{"name":"type","type":"string","multiValued":false,"description":"","required":false,"canonicalValues":["a","b"],"caseExact":false,` +
		`"mutability":"readWrite","returned":"default","uniqueness":"none"},` +
		`{"name":"primary","type":"boolean","multiValued":false,"description":"","required":false,` +
		`"mutability":"readWrite","returned":"default","uniqueness":"none"}]}],` +
		`"meta":{"resourceType":"Schema","location":"https://h/v/scim/v2/Schemas/urn:x"}}`
	if got := schema.JSON("https://h/v/scim/v2"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
