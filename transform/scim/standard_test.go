package scim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// attributesOf lists the names of a schema with what differs from the default.
func attributesOf(attributes []*Attribute) string {
	var out []string
	for _, a := range attributes {
		text := a.Name
		for _, mark := range []struct {
			set  bool
			text string
		}{
			{a.MultiValued, "*"}, {a.Required, "!"}, {a.CaseExact, "="}, {a.Type != TypeString && a.Type != TypeComplex, ":" + a.Type},
			{a.Mutability != "readWrite", ":" + a.Mutability}, {a.Returned != "default", ":" + a.Returned},
			{a.Uniqueness != "none", ":" + a.Uniqueness}, {len(a.CanonicalValues) > 0, "<" + strings.Join(a.CanonicalValues, "|") + ">"},
		} {
			if mark.set {
				text += mark.text
			}
		}
		if len(a.Sub) > 0 {
			text += "(" + attributesOf(a.Sub) + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// RFC 7643 section 8.7.1, and section 3.1 for the common attributes.
func TestStandardSchemas(t *testing.T) {
	usual := func(value, types string) string {
		return "(" + value + " display type" + types + " primary:boolean)"
	}
	want := []string{
		"userName!:server name(formatted familyName givenName middleName honorificPrefix honorificSuffix) displayName nickName " +
			"profileUrl:reference title userType preferredLanguage locale timezone active:boolean password:writeOnly:never " +
			"emails*" + usual("value", "<work|home|other>") +
			" phoneNumbers*" + usual("value", "<work|home|mobile|fax|pager|other>") +
			" ims*" + usual("value", "<aim|gtalk|icq|xmpp|msn|skype|qq|yahoo>") +
			" photos*" + usual("value:reference", "<photo|thumbnail>") +
			" addresses*(formatted streetAddress locality region postalCode country type<work|home|other> primary:boolean)" +
			" groups*:readOnly(value:readOnly $ref:reference:readOnly display:readOnly type:readOnly<direct|indirect>)" +
			" entitlements*" + usual("value", "") + " roles*" + usual("value", "") + " x509Certificates*" + usual("value:binary", ""),
		"employeeNumber costCenter organization division department manager(value $ref:reference displayName:readOnly)",
		"displayName! members*(value=:immutable $ref:reference:immutable display:immutable type:immutable<User|Group>)",
		"schemas*!=:reference:readOnly:always id=:readOnly:always:server externalId= " +
			"meta:readOnly(resourceType=:readOnly created:dateTime:readOnly lastModified:dateTime:readOnly location=:reference:readOnly version=:readOnly)",
	}
	got := []string{attributesOf(CoreUser().Attributes), attributesOf(EnterpriseUser().Attributes),
		attributesOf(CoreGroup().Attributes), attributesOf(common())}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStandardSchemasAreDescribed(t *testing.T) {
	for _, schema := range []*Schema{CoreUser(), EnterpriseUser(), CoreGroup()} {
		if text := schema.JSON(""); strings.Contains(text, `"description":""`) || strings.Contains(text, "null") {
			t.Errorf("%s: %s", schema.Name, text)
		}
	}
}
