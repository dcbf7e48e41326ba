package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform/scim"
)

const discoveryBase = "https://gateway.example/legacy/scim/v2"

func TestDiscoverSchemas(t *testing.T) {
	v := &Vendor{Users: decodingKind(t)}
	list, err := v.Discover("/Schemas", discoveryBase)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, schema := range list.Member("Resources").Items() {
		got = append(got, schema.Member("id").Text())
		got = append(got, outline("  ", schema.Member("attributes"))...)
	}
	want := []string{
		"urn:ietf:params:scim:schemas:core:2.0:User",
		"  userName string required readWrite default server",
		"  name complex readOnly default none",
		"    givenName string readOnly default none",
		"  password string writeOnly never none",
		"  emails complex required readWrite default none",
		"    value string required readWrite default none",
		"    type string readWrite default none [work home]",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
		"  department string immutable default none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// outline is what differs from vendor to vendor of a schema's attributes.
func outline(indent string, attributes scim.Value) (lines []string) {
	for _, a := range attributes.Items() {
		line := indent + a.Member("name").Text() + " " + a.Member("type").Text()
		if a.Member("required").Boolean() {
			line += " required"
		}
		line += fmt.Sprintf(" %s %s %s", a.Member("mutability").Text(), a.Member("returned").Text(), a.Member("uniqueness").Text())
		if canonical := a.Member("canonicalValues"); !canonical.IsAbsent() {
			var texts []string
			for _, v := range canonical.Items() {
				texts = append(texts, v.Text())
			}
			line += " [" + strings.Join(texts, " ") + "]"
		}
		lines = append(lines, line)
		lines = append(lines, outline(indent+"  ", a.Member("subAttributes"))...)
	}
	return lines
}

func TestDiscover(t *testing.T) {
	const userType = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"User","name":"User","endpoint":"/Users","description":"User Account",` +
		`"schema":"urn:ietf:params:scim:schemas:core:2.0:User","schemaExtensions":[{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}],` +
		`"meta":{"resourceType":"ResourceType","location":"https://gateway.example/legacy/scim/v2/ResourceTypes/User"}}`
	v := &Vendor{Users: decodingKind(t), Schemes: []Scheme{{"oauthbearertoken", "Bearer", "a token", "https://a.example"}, {"oauth2", "OAuth 2", "two steps", "https://b.example"}}}
	for path, want := range map[string]string{
		"/ServiceProviderConfig": `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":false},` +
			`"bulk":{"supported":false,"maxOperations":0,"maxPayloadSize":0},"filter":{"supported":true,"maxResults":200},` +
			`"changePassword":{"supported":false},"sort":{"supported":true},"etag":{"supported":true},` +
			`"pagination":{"cursor":true,"index":true,"defaultPaginationMethod":"index"},` +
			`"authenticationSchemes":[` +
			`{"type":"oauthbearertoken","name":"Bearer","description":"a token","specUri":"https://a.example","primary":true},` +
			`{"type":"oauth2","name":"OAuth 2","description":"two steps","specUri":"https://b.example","primary":false}],` +
			`"meta":{"resourceType":"ServiceProviderConfig","location":"https://gateway.example/legacy/scim/v2/ServiceProviderConfig"}}`,
		"/ResourceTypes":                          `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[` + userType + `]}`,
		"/ResourceTypes/User":                     userType,
		"/ResourceTypes/Group":                    `404: there is nothing at "/ResourceTypes/Group"`,
		"/ServiceProviderConfig/x":                `404: there is nothing at "/ServiceProviderConfig/x"`,
		"/Schemas/urn:ietf:params:scim:schemas:x": `404: there is nothing at "/Schemas/urn:ietf:params:scim:schemas:x"`,
		"/Nothing":                                `404: there is nothing at "/Nothing"`,
	} {
		if diff := cmp.Diff(want, discovered(v, path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func discovered(v *Vendor, path string) string {
	got, err := v.Discover(path, discoveryBase)
	if err != nil {
		return fmt.Sprintf("%d: %s", err.Status, err.Detail)
	}
	return got.JSON()
}

// A schema is found by its URN in any case and however it is encoded, and the
// enterprise schema only where the file maps some of it.
func TestDiscoverOneSchema(t *testing.T) {
	v := &Vendor{Users: decodingKind(t)}
	for _, path := range []string{"/Schemas/" + scim.EnterpriseURN, "/Schemas/" + strings.ReplaceAll(strings.ToLower(scim.EnterpriseURN), ":", "%3A")} {
		got, err := v.Discover(path, discoveryBase)
		if err != nil || got.Member("id").Text() != scim.EnterpriseURN {
			t.Errorf("%s: got %s, error %v", path, got.JSON(), err)
		}
	}
	v.Users.Attributes = v.Users.Attributes[:1]
	want := `404: there is nothing at "/Schemas/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	if got := discovered(v, "/Schemas/"+scim.EnterpriseURN); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
