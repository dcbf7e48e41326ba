package transform_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// The benchmarks map as the vendor file of the bench does: 12 attributes, 6 of
// them with expressions both ways.
func benchVendor(t testing.TB) *config.Vendor {
	t.Helper()
	snapshot, problems := config.Load([]string{"../bench/plain.yaml"}, config.Options{
		Env: func(name string) (string, bool) { return "http://127.0.0.1:1", true },
	})
	if snapshot == nil {
		t.Fatal(problems)
	}
	return snapshot.Vendors[0]
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

const mappedUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"id":"48213","userName":"ada.lovelace@contoso.com","emails":[{"type":"work","value":"ada.lovelace@contoso.com"}],` +
	`"phoneNumbers":[{"type":"work","value":"+44 20 7946 0101"}],"name":{"givenName":"Ada","familyName":"Lovelace"},` +
	`"displayName":"Ada Lovelace","title":"Director of Computing","preferredLanguage":"en-GB","active":true,` +
	`"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","department":"Analytical Engines"},` +
	`"meta":{"resourceType":"User","location":"https://gateway.example/plain/scim/v2/Users/48213","version":"W/\"9b20497837194619\""}}`

const mappedNative = `{"login":"ada.lovelace@contoso.com","contact":{"mail":"Ada.Lovelace@contoso.com"},` +
	`"phones":[{"kind":"work","number":"+44 20 7946 0101"}],"first_name":"Ada","last_name":"Lovelace","full_name":"Ada Lovelace",` +
	`"position":"Director of Computing","locale":"en_GB","status":"ENABLED","external_id":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",` +
	`"employment":{"number":"701984","department":"dept-Analytical Engines"}}`

// What the benchmarks measure is the mapping that the file means.
func TestBenchMapping(t *testing.T) {
	v := benchVendor(t)
	resource, err := transform.ReadMapping(v.Users, benchFacts, testdata(t, "native.json"))
	if diff := cmp.Diff(mappedUser, string(resource)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	body, problem := transform.WriteMapping(v.Users, &v.Upstream, testdata(t, "user.json"))
	if diff := cmp.Diff(mappedNative, string(body)); problem != nil || diff != "" {
		t.Error(problem, diff)
	}
}

var benchFacts = transform.Facts{BaseURL: "https://gateway.example/plain/scim/v2"}

// BenchmarkReadMapping: the bytes of a native answer of 1 KB -> those of the SCIM resource.
func BenchmarkReadMapping(b *testing.B) {
	v, native := benchVendor(b), testdata(b, "native.json")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := transform.ReadMapping(v.Users, benchFacts, native); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteMapping: the bytes of a POST of 1.5 KB -> those of the create call.
func BenchmarkWriteMapping(b *testing.B) {
	v, body := benchVendor(b), testdata(b, "user.json")
	b.ReportAllocs()
	for b.Loop() {
		if _, problem := transform.WriteMapping(v.Users, &v.Upstream, body); problem != nil {
			b.Fatal(problem)
		}
	}
}

// BenchmarkDecodePatch: a PATCH of four operations, as Entra sends it.
func BenchmarkDecodePatch(b *testing.B) {
	v, body := benchVendor(b), testdata(b, "patch.json")
	b.ReportAllocs()
	for b.Loop() {
		request, problem := transform.Decode(v.Users, "PATCH", "/Users/48213", "", body)
		if problem != nil {
			b.Fatal(problem)
		}
		if after, _, problem := request.Patch.Apply(scim.Object()); problem != nil || after.IsEmpty() {
			b.Fatal(problem)
		}
	}
}
