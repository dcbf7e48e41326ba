package provider_test

import (
	"fmt"
	"testing"

	"scimshim/examples/provider"

	"github.com/google/go-cmp/cmp"
)

// mail is a list of one work e-mail.
func mail(address string) string {
	return fmt.Sprintf(`"emails":[{"type":"work","value":%q}]`, address)
}

// TestQuirks has a conversation with a provider of one quirk each.
func TestQuirks(t *testing.T) {
	const (
		ann       = `"userName":"ann"`
		active    = `,"active":true`
		inactive  = `,"active":false`
		isTaken   = `"emails[type eq \"work\"].value" is taken`
		mustMatch = `"emails[type eq \"work\"].value" must have the value of "userName"`
		isMissing = `"emails[type eq \"work\"].value" is required`
		mustBe    = `"active" must be the text "true" or "false"`
	)
	known := []string{"userName", "name.givenName", "emails", enterprise + ":department"}
	unknown := func(scimType, name string) string {
		return refused(400, scimType, fmt.Sprintf("unknown attribute %q", name))
	}
	noFilter := func(name string) string {
		return refused(400, "invalidFilter", fmt.Sprintf("filters on %q are not supported", name))
	}
	requirements := []string{`emails[type eq "work"].value`, "name"}
	wholeAnn := ann + `,"name":{"givenName":"Ann"},` + mail("a@x")
	for name, quirk := range map[string]struct {
		quirks provider.Quirks
		steps  []step
	}{
		"Attributes": {provider.Quirks{Attributes: known}, []step{
			{"known", "POST", "/Users", body(wholeAnn + `,"` + enterprise + `":{"department":"R"}`), 201, shown(1, 1, 1, wholeAnn+active+`,"`+enterprise+`":{"department":"R"}`)},
			{"attribute", "POST", "/Users", body(`"userName":"bo","title":"x"`), 400, unknown("invalidSyntax", "title")},
			{"attribute without a value", "PUT", "/Users/1", body(`"userName":"bo","title":null`), 400, unknown("invalidSyntax", "title")},
			{"part", "PUT", "/Users/1", body(ann + `,"name":{"familyName":"x"}`), 400, unknown("invalidSyntax", "name.familyName")},
			{"part of an extension", "PUT", "/Users/1", body(ann + `,"` + enterprise + `":{"division":"x"}`), 400, unknown("invalidSyntax", enterprise+":division")},
			{"patch", "PATCH", "/Users/1", patch(op("add", "name.familyName", `"x"`)), 400, unknown("invalidPath", "name.familyName")},
			{"remove", "PATCH", "/Users/1", patch(op("remove", "title", "")), 400, unknown("invalidPath", "title")},
			{"patch without path", "PATCH", "/Users/1", patch(op("add", "", `{"title":"x"}`)), 400, unknown("invalidPath", "title")},
			{"patch an object", "PATCH", "/Users/1", patch(op("add", "name", `{"familyName":"x"}`)), 400, unknown("invalidSyntax", "name.familyName")},
			{"filter", "GET", "/Users?filter=title+eq+%22x%22", "", 400, noFilter("title")},
			{"known filter", "GET", "/Users?filter=name.givenName+eq+%22x%22", "", 200, listed(0, 1)},
		}},
		"DropsUnknown": {provider.Quirks{Attributes: known, DropsUnknown: true}, []step{
			{"create", "POST", "/Users", body(wholeAnn + `,"title":"x","shoe":9`), 201, shown(1, 1, 1, wholeAnn+active)},
			{"replace", "PUT", "/Users/1", body(wholeAnn + `,"` + enterprise + `":{"division":"x"}`), 200, shown(1, 1, 2, wholeAnn+active)},
			{"patch", "PATCH", "/Users/1", patch(op("add", "title", `"x"`), op("add", "shoe", `9`), op("add", "", `{"title":"x","shoe":9}`)), 200, shown(1, 1, 2, wholeAnn+active)},
			{"nothing is left to merge", "PATCH", "/Users/1", patch(op("replace", "name", `{"familyName":"x"}`)), 200, shown(1, 1, 2, wholeAnn+active)},
		}},
		"Filterable": {provider.Quirks{Filterable: []string{"userName", `emails[type eq "work"].value`}}, []step{
			{"one", "GET", "/Users?filter=userName+eq+%22x%22", "", 200, listed(0, 1)},
			{"other", "GET", "/Users?filter=EMAILS%5Btype+eq+%22work%22%5D.value+eq+%22x%22", "", 200, listed(0, 1)},
			{"both", "GET", "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22x%22+and+userName+eq+%22x%22", "", 200, listed(0, 1)},
			{"another attribute", "GET", "/Users?filter=externalId+eq+%22x%22", "", 400, noFilter("externalId")},
			{"one among them", "GET", "/Users?filter=userName+eq+%22x%22+and+id+eq+%22x%22", "", 400, noFilter("id")},
			{"every e-mail", "GET", "/Users?filter=emails.value+eq+%22x%22", "", 400, noFilter("emails.value")},
			{"another e-mail", "GET", "/Users?filter=emails%5Btype+eq+%22home%22%5D.value+eq+%22x%22", "", 400, noFilter("emails.value")},
		}},
		"Required": {provider.Quirks{Required: requirements}, []step{
			{"all there", "POST", "/Users", body(wholeAnn), 201, shown(1, 1, 1, wholeAnn+active)},
			{"create", "POST", "/Users", body(`"userName":"bo","name":{"givenName":"x"}`), 400, refused(400, "invalidValue", isMissing)},
			{"create with another type", "POST", "/Users", body(`"userName":"bo","name":{"givenName":"x"},"emails":[{"type":"home","value":"x"}]`), 400, refused(400, "invalidValue", isMissing)},
			{"replace", "PUT", "/Users/1", body(ann + `,` + mail("a@x")), 400, refused(400, "invalidValue", `"name" is required`)},
			{"replace by an empty text", "PUT", "/Users/1", body(ann + `,` + mail("") + `,"name":{"givenName":"x"}`), 400, refused(400, "invalidValue", isMissing)},
			{"remove", "PATCH", "/Users/1", patch(op("remove", workEmail, "")), 400, refused(400, "invalidValue", isMissing)},
			{"remove what holds it", "PATCH", "/Users/1", patch(op("remove", "name.givenName", "")), 400, refused(400, "invalidValue", `"name" is required`)},
			{"remove and add", "PATCH", "/Users/1", patch(op("remove", "name", ""), op("add", "name.givenName", `"Bo"`)), 200, shown(1, 1, 2, ann+`,"name":{"givenName":"Bo"},`+mail("a@x")+active)},
		}},
		"AnswersLack": {provider.Quirks{AnswersLack: []string{"active", "name.givenName", "emails.type"}}, []step{
			{"create", "POST", "/Users", body(ann + `,"name":{"givenName":"Ann","familyName":"Lee"},` + mail("a@x")), 201, shown(1, 1, 1, ann+`,"name":{"familyName":"Lee"},"emails":[{"value":"a@x"}]`)},
			{"replace", "PUT", "/Users/1", body(ann + `,"name":{"givenName":"Ann"},` + mail("a@x")), 200, shown(1, 1, 2, ann+`,"emails":[{"value":"a@x"}]`)},
			{"patch", "PATCH", "/Users/1", patch(op("replace", "name.givenName", `"Bo"`)), 200, shown(1, 1, 3, ann+`,"emails":[{"value":"a@x"}]`)},
			{"read", "GET", "/Users/1", "", 200, shown(1, 1, 3, ann+`,"name":{"givenName":"Bo"},`+mail("a@x")+active)},
			{"list", "GET", "/Users", "", 200, listed(1, 1, shown(1, 1, 3, ann+`,"name":{"givenName":"Bo"},`+mail("a@x")+active))},
		}},
		"SameEmail": {provider.Quirks{SameEmail: true}, []step{
			{"same", "POST", "/Users", body(ann + `,` + mail("Ann")), 201, shown(1, 1, 1, ann+`,`+mail("Ann")+active)},
			{"another", "POST", "/Users", body(`"userName":"bo",` + mail("b@x")), 400, refused(400, "invalidValue", mustMatch)},
			{"none", "POST", "/Users", body(`"userName":"bo"`), 400, refused(400, "invalidValue", mustMatch)},
			{"two", "POST", "/Users", body(`"userName":"bo","emails":[{"type":"work","value":"bo"},{"type":"work","value":"c"}]`), 400, refused(400, "invalidValue", mustMatch)},
			{"replace", "PUT", "/Users/1", body(ann + `,` + mail("b@x")), 400, refused(400, "invalidValue", mustMatch)},
			{"patch one", "PATCH", "/Users/1", patch(op("replace", "userName", `"bo"`)), 400, refused(400, "invalidValue", mustMatch)},
			{"patch the other", "PATCH", "/Users/1", patch(op("replace", workEmail, `"bo"`)), 400, refused(400, "invalidValue", mustMatch)},
			{"patch both", "PATCH", "/Users/1", patch(op("replace", "userName", `"bo"`), op("replace", workEmail, `"bo"`)), 200, shown(1, 1, 2, `"userName":"bo",`+mail("bo")+active)},
		}},
		"UniqueEmail": {provider.Quirks{UniqueEmail: true}, []step{
			{"first", "POST", "/Users", body(ann + `,` + mail("a@x")), 201, shown(1, 1, 1, ann+`,`+mail("a@x")+active)},
			{"create", "POST", "/Users", body(`"userName":"bo",` + mail("A@x")), 409, refused(409, "uniqueness", isTaken)},
			{"another type", "POST", "/Users", body(`"userName":"bo","emails":[{"type":"home","value":"a@x"}]`), 201, shown(2, 2, 2, `"userName":"bo","emails":[{"type":"home","value":"a@x"}]`+active)},
			{"replace", "PUT", "/Users/2", body(`"userName":"bo",` + mail("A@x")), 409, refused(409, "uniqueness", isTaken)},
			{"patch", "PATCH", "/Users/2", patch(op("replace", "emails.type", `"work"`)), 409, refused(409, "uniqueness", isTaken)},
			{"unchanged", "GET", "/Users/2", "", 200, shown(2, 2, 2, `"userName":"bo","emails":[{"type":"home","value":"a@x"}]`+active)},
			{"one's own", "PUT", "/Users/1", body(ann + `,` + mail("A@x")), 200, shown(1, 1, 3, ann+`,`+mail("A@x")+active)},
			{"given up", "PUT", "/Users/1", body(ann), 200, shown(1, 1, 4, ann+active)},
			{"and free", "PATCH", "/Users/2", patch(op("replace", "emails.type", `"work"`)), 200, shown(2, 2, 5, `"userName":"bo",`+mail("a@x")+active)},
		}},
		"LowerCasesEmail": {provider.Quirks{LowerCasesEmail: true}, []step{
			{"create", "POST", "/Users", body(`"userName":"Ann","emails":[{"type":"work","value":"A@x"},{"type":"home","value":"B@x"}]`), 201, shown(1, 1, 1, `"userName":"Ann","emails":[{"type":"work","value":"a@x"},{"type":"home","value":"b@x"}]`+active)},
			{"replace", "PUT", "/Users/1", body(ann + `,` + mail("C@X")), 200, shown(1, 1, 2, ann+`,`+mail("c@x")+active)},
			{"patch", "PATCH", "/Users/1", patch(op("replace", workEmail, `"D@X"`)), 200, shown(1, 1, 3, ann+`,`+mail("d@x")+active)},
		}},
		"TextBooleans": {provider.Quirks{TextBooleans: true}, []step{
			{"create", "POST", "/Users", body(ann + `,"active":"false"`), 201, shown(1, 1, 1, ann+inactive)},
			{"create with a boolean", "POST", "/Users", body(`"userName":"bo","active":true`), 400, refused(400, "invalidValue", mustBe)},
			{"replace", "PUT", "/Users/1", body(ann + `,"active":"true"`), 200, shown(1, 1, 2, ann+active)},
			{"replace with a capital", "PUT", "/Users/1", body(ann + `,"active":"False"`), 400, refused(400, "invalidValue", mustBe)},
			{"patch", "PATCH", "/Users/1", patch(op("replace", "active", `"false"`)), 200, shown(1, 1, 3, ann+inactive)},
			{"patch with a boolean", "PATCH", "/Users/1", patch(op("replace", "active", `true`)), 400, refused(400, "invalidValue", mustBe)},
			{"patch without path", "PATCH", "/Users/1", patch(op("replace", "", `{"active":true}`)), 400, refused(400, "invalidValue", mustBe)},
			{"another boolean", "PATCH", "/Users/1", patch(op("add", "emails", `[{"value":"x","primary":true}]`)), 200, shown(1, 1, 4, ann+inactive+`,"emails":[{"value":"x","primary":true}]`)},
		}},
		"PatchUnsupported": {provider.Quirks{PatchUnsupported: true}, []step{
			{"create", "POST", "/Users", body(ann), 201, shown(1, 1, 1, ann+active)},
			{"patch", "PATCH", "/Users/1", patch(op("replace", "userName", `"bo"`)), 501, refused(501, "", "PATCH is not supported")},
			{"replace", "PUT", "/Users/1", body(`"userName":"bo"`), 200, shown(1, 1, 2, `"userName":"bo"`+active)},
			{"said", "GET", "/ServiceProviderConfig", "", 200, config(false, 100)},
		}},
		"PatchNoContent": {provider.Quirks{PatchNoContent: true}, []step{
			{"create", "POST", "/Users", body(ann), 201, shown(1, 1, 1, ann+active)},
			{"patch", "PATCH", "/Users/1", patch(op("replace", "userName", `"bo"`)), 204, ""},
			{"bad patch", "PATCH", "/Users/1", patch(op("replace", "userName", `""`)), 400, refused(400, "invalidValue", `"userName" is required`)},
			{"read", "GET", "/Users/1", "", 200, shown(1, 1, 2, `"userName":"bo"`+active)},
		}},
		"PageSize": {provider.Quirks{PageSize: 1}, []step{
			{"one", "POST", "/Users", body(ann), 201, shown(1, 1, 1, ann+active)},
			{"other", "POST", "/Users", body(`"userName":"bo"`), 201, shown(2, 2, 2, `"userName":"bo"`+active)},
			{"list", "GET", "/Users", "", 200, listed(2, 1, shown(1, 1, 1, ann+active))},
			{"more than a page", "GET", "/Users?startIndex=2&count=5", "", 200, listed(2, 2, shown(2, 2, 2, `"userName":"bo"`+active))},
			{"filter", "GET", "/Users?filter=active+eq+true", "", 200, listed(2, 1, shown(1, 1, 1, ann+active))},
			{"said", "GET", "/ServiceProviderConfig", "", 200, config(true, 1)},
		}},
		"NoGroups": {provider.Quirks{NoGroups: true}, []step{
			{"list", "GET", "/Groups", "", 404, refused(404, "", "there is no /Groups")},
		}},
	} {
		t.Run(name, func(t *testing.T) { converse(t, provider.New(quirk.quirks, "token"), quirk.steps) })
	}
}

func config(patch bool, maxResults int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":%v},
		"bulk":{"supported":false,"maxOperations":0,"maxPayloadSize":0},"filter":{"supported":true,"maxResults":%d},
		"changePassword":{"supported":false},"sort":{"supported":false},"etag":{"supported":false},
		"authenticationSchemes":[{"type":"oauthbearertoken","name":"Bearer","description":"the token of the vendor's portal"}]}`, patch, maxResults)
}

func TestWrongQuirksAreNoticed(t *testing.T) {
	for _, quirks := range []provider.Quirks{
		{Attributes: []string{"shoe"}}, {Filterable: []string{"shoe"}}, {Required: []string{"shoe"}}, {AnswersLack: []string{"shoe"}},
	} {
		func() {
			defer func() {
				if diff := cmp.Diff(any(`BUG: path "shoe": unknown attribute "shoe"`), recover()); diff != "" {
					t.Errorf("%v: panic (-want +got):\n%s", quirks, diff)
				}
			}()
			provider.New(quirks, "token")
		}()
	}
}

// TestStarLeaf is Entra's life with a user, by the mapping of the vendor's page.
func TestStarLeaf(t *testing.T) {
	const (
		annIs = `"externalId":"ann","userName":"ann@x","emails":[{"type":"work","value":"ann@x"}],"active":true,
			"name":{"givenName":"Ann","familyName":"Lee","formatted":"Ann Lee"},"preferredLanguage":"en",
			"phoneNumbers":[{"type":"mobile","value":"1"},{"type":"work","value":"2"}]`
		bossIs = `"userName":"boss@x","emails":[{"type":"work","value":"boss@x"}],"roles":[{"value":"administrator"}],"active":true`
	)
	p := provider.New(provider.StarLeaf(), "token")
	p.Insert(provider.StarLeafAdministrator("boss@x"))
	converse(t, p, []step{
		{"create", "POST", "/Users", body(annIs), 201, shown(2, 2, 2, annIs)},
		{"match 1", "GET", "/Users?filter=externalId+eq+%22ann%22", "", 200, listed(1, 1, shown(2, 2, 2, annIs))},
		{"match 2", "GET", "/Users?filter=userName+eq+%22boss@x%22", "", 200, listed(1, 1, shown(1, 1, 1, bossIs))},
		{"take over", "PATCH", "/Users/1", patch(op("add", "externalId", `"boss"`)), 200, shown(1, 1, 3, bossIs+`,"externalId":"boss"`)},
		{"an address of its own", "PATCH", "/Users/2", patch(op("replace", workEmail, `"a@x"`)), 400, refused(400, "invalidValue", `"emails[type eq \"work\"].value" must have the value of "userName"`)},
		{"deactivate", "PATCH", "/Users/1", patch(op("replace", "active", `false`)), 200, shown(1, 1, 4, `"userName":"boss@x","emails":[{"type":"work","value":"boss@x"}],"roles":[{"value":"administrator"}],"active":false,"externalId":"boss"`)},
		{"no title", "PATCH", "/Users/2", patch(op("add", "title", `"x"`)), 400, refused(400, "invalidPath", `unknown attribute "title"`)},
		{"no role", "PATCH", "/Users/2", patch(op("add", "roles", `[{"value":"administrator"}]`)), 400, refused(400, "invalidPath", `unknown attribute "roles"`)},
		{"no groups", "GET", "/Groups", "", 404, refused(404, "", "there is no /Groups")},
	})
}

func TestStarmind(t *testing.T) {
	const annIs = `"userName":"ann","emails":[{"type":"work","value":"ann@x"}],"active":true,"title":"cto",
		"name":{"givenName":"Ann","familyName":"Lee"},"` + enterprise + `":{"organization":"O","department":"D"}`
	const found = "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22ANN@x%22"
	converse(t, provider.New(provider.Starmind(), "token"), []step{
		{"create", "POST", "/Users", body(annIs), 201, shown(1, 1, 1, annIs)},
		{"match", "GET", found, "", 200, listed(1, 1, shown(1, 1, 1, annIs))},
		{"no address", "POST", "/Users", body(`"userName":"bo"`), 400, refused(400, "invalidValue", `"emails[type eq \"work\"].value" is required`)},
		{"the address is taken", "POST", "/Users", body(`"userName":"bo",` + mail("ann@x")), 409, refused(409, "uniqueness", `"emails[type eq \"work\"].value" is taken`)},
		{"no externalId", "POST", "/Users", body(`"userName":"bo","externalId":"b",` + mail("b@x")), 400, refused(400, "invalidSyntax", `unknown attribute "externalId"`)},
		{"no filter on it", "GET", "/Users?filter=externalId+eq+%22b%22", "", 400, refused(400, "invalidFilter", `filters on "externalId" are not supported`)},
		{"no groups", "GET", "/Groups", "", 404, refused(404, "", "there is no /Groups")},
		{"remove", "DELETE", "/Users/1", "", 204, ""},
		{"removed", "GET", found, "", 200, listed(0, 1)},
	})
}

func TestUnleashEnterprise(t *testing.T) {
	const annIs = `"userName":"Ann","displayName":"Ann Lee","externalId":"A1","emails":[{"type":"work","value":"ann@x"}]`
	converse(t, provider.New(provider.UnleashEnterprise(), "token"), []step{
		{"create", "POST", "/Users", body(`"userName":"Ann","displayName":"Ann Lee","externalId":"A1","active":"true","title":"x",` + mail("Ann@X")), 201, shown(1, 1, 1, annIs+`,"active":true`)},
		{"match", "GET", "/Users?filter=externalId+eq+%22A1%22", "", 200, listed(1, 1, shown(1, 1, 1, annIs+`,"active":true`))},
		{"no match by address", "GET", "/Users?filter=emails.value+eq+%22ann@x%22", "", 400, refused(400, "invalidFilter", `filters on "emails.value" are not supported`)},
		{"the address is taken", "POST", "/Users", body(`"userName":"bo",` + mail("ANN@x")), 409, refused(409, "uniqueness", `"emails[type eq \"work\"].value" is taken`)},
		{"as Entra has it", "PATCH", "/Users/1", patch(op("Replace", "active", `"False"`)), 400, refused(400, "invalidValue", `"active" must be the text "true" or "false"`)},
		{"as the page has it", "PATCH", "/Users/1", patch(op("Replace", "active", `"false"`)), 200, shown(1, 1, 2, annIs+`,"active":false`)},
	})
}
