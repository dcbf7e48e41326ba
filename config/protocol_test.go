package config

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// described is what a vendor file has become: its attributes, its calls as
// requests for one user, and its error rules.
func described(t *testing.T, v *Vendor, k *transform.Kind) (out []string) {
	t.Helper()
	for _, a := range k.Attributes {
		out = append(out, render(a)+" "+a.Uniqueness)
	}
	operation := scim.ListOf(scim.Object(scim.Member{Name: "op", Value: scim.String("remove")}))
	env := &transform.Env{Value: scim.String("v"), Names: map[string]scim.Value{
		"id": scim.String("a/b"), "member": scim.String("m"), "seen": scim.Int(7), "filter": scim.String(`userName eq "v"`), "operations": operation,
	}}
	fields := scim.Object(scim.Member{Name: "userName", Value: scim.String("ada")})
	calls := slices.Concat(k.Create, []*transform.Call{k.Read}, k.Update, k.Delete)
	for _, find := range k.Finds {
		calls = append(calls, find.Call)
		out = append(out, fmt.Sprint("find by ", find.By))
	}
	calls = append(calls, k.List)
	if m := k.Members; m != nil {
		calls = append(calls, m.List, m.Add, m.Remove)
	}
	for _, c := range calls {
		req, err := c.Render(&v.Upstream, env, fields)
		if err != nil {
			t.Errorf("%s: %v", c.Position, err)
		}
		more := "-"
		if c.More != nil {
			more = c.More.Source()
		}
		out = append(out, words(c.Operation, req.Method, req.Path, req.Headers, string(req.Body), c.Whole, c.Fields, c.Lacks, c.Item, c.Items, c.AtMost, more))
	}
	for _, f := range k.Fixed {
		out = append(out, "fixed "+f.Path.String())
	}
	for _, rule := range v.Upstream.Errors {
		out = append(out, words(rule.When.Source(), rule.Is))
	}
	return append(out, words(k.ID.Native, k.Secret, k.OnDelete, v.Upstream.SCIM))
}

// With nothing but `protocol: scim` everything is filled in.
func TestProtocolSCIM(t *testing.T) {
	const patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove"}]}`
	times := []string{"meta.created native=meta.created mutability=readOnly ", "meta.lastModified native=meta.lastModified mutability=readOnly "}
	var want []string
	for _, name := range []string{
		"externalId", "userName", "name.formatted", "name.familyName", "name.givenName", "name.middleName", "name.honorificPrefix",
		"name.honorificSuffix", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone",
		"active", "emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "x509Certificates",
	} {
		want = append(want, name+" native="+name+" mutability=readWrite ")
	}
	want[1] += "required " // RFC 7643 section 4.1.1
	want = slices.Insert(want, 1, times...)
	for _, name := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
		want = append(want, "enterprise."+name+" native="+scim.EnterpriseURN+":"+name+" mutability=readWrite ")
	}
	want = append(want, "enterprise.manager.value native="+scim.EnterpriseURN+":manager.value mutability=readWrite ",
		"find by [userName emails.work.value]",
		`create POST /Users [{Accept application/scim+json} {Content-Type application/scim+json}] {"userName":"ada"} false [] []   0 -`,
		"read GET /Users/a%2Fb [{Accept application/scim+json}]  false [] []   0 -",
		"update PATCH /Users/a%2Fb [{Accept application/scim+json} {Content-Type application/scim+json}] "+patch+" false [] []   0 -",
		"delete DELETE /Users/a%2Fb [{Accept application/scim+json}]  false [] []   0 -",
		"find GET /Users?filter=userName%20eq%20%22v%22&startIndex=8 [{Accept application/scim+json}]  false [] []  Resources 0 seen < (body.totalResults ?? \"not told\")",
		"list GET /Users?startIndex=8&count=100 [{Accept application/scim+json}]  false [] []  Resources 0 seen < (body.totalResults ?? \"not told\")",
		`status == 400 and body.scimType == "uniqueness" uniqueness`,
		`status == 400 and body.scimType == "mutability" mutability`,
		"id [] 0 true",
	)
	v := load(t, from("good"), "scim.yaml").Vendors[0]
	if diff := cmp.Diff(want, described(t, v, v.Users)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	const getting, sending = "[{Accept application/scim+json}]", "[{Accept application/scim+json} {Content-Type application/scim+json}]"
	want = []string{
		"externalId native=externalId mutability=readWrite ", times[0], times[1],
		"displayName native=displayName mutability=readWrite required ",
		"find by [displayName]",
		"create POST /Groups " + sending + ` {"userName":"ada"} false [] []   0 -`,
		"read GET /Groups/a%2Fb?excludedAttributes=members " + getting + "  false [] []   0 -",
		"update PATCH /Groups/a%2Fb " + sending + " " + patch + " false [] []   0 -",
		"delete DELETE /Groups/a%2Fb " + getting + "  false [] []   0 -",
		"find GET /Groups?filter=userName%20eq%20%22v%22&excludedAttributes=members&startIndex=8 " + getting +
			"  false [] []  Resources 0 seen < (body.totalResults ?? \"not told\")",
		"list GET /Groups?excludedAttributes=members&startIndex=8&count=100 " + getting +
			"  false [] []  Resources 0 seen < (body.totalResults ?? \"not told\")",
		"members.list GET /Groups/a%2Fb?attributes=members " + getting + "  false [] []  members? 0 -",
		"members.add PATCH /Groups/a%2Fb " + sending + " " + patch + " false [] []   0 -",
		"members.remove PATCH /Groups/a%2Fb " + sending + " " + patch + " false [] []   0 -",
		`status == 400 and body.scimType == "uniqueness" uniqueness`,
		`status == 400 and body.scimType == "mutability" mutability`,
		"id [] 0 true",
	}
	if diff := cmp.Diff(want, described(t, v, v.Groups)); diff != "" {
		t.Errorf("groups: -want +got:\n%s", diff)
	}
}

// What the file says itself is left as it is.
func TestProtocolSCIMOwn(t *testing.T) {
	const headers = "{accept application/json} {X-Key key}"
	want := []string{
		"userName native=userName mutability=readWrite required ",
		`emails.work.value native=emails[type eq "work"].value mutability=readWrite required otherwise=2 server`,
		`active native=active mutability=readWrite values={true:["true"],false:["false"]} `,
		"title keep mutability=readWrite ",
		"nickName native=displayName mutability=readWrite ",
		"badge native=urn:example:2.0:User:badge mutability=immutable ",
		"enterprise.department native=" + scim.EnterpriseURN + ":division mutability=readWrite write=upper(value) ",
		"find by [emails.work.value userName]",
		"find by [badge]",
		"create POST /Users [" + headers + ` {Content-Type application/scim+json}] {"userName":"ada"} false [] [` + scim.EnterpriseURN + ":division]   0 -",
		"read GET /Users/a%2Fb [" + headers + "]  false [] [] user  0 -",
		"update PATCH /Users/a%2Fb [" + headers + " {Content-Type application/scim+json} {X-Why because}] " +
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove"}]} false [emails active] []   0 -`,
		"update PUT /Users/a%2Fb [" + headers + ` {Content-Type application/scim+json}] {"userName":"ada"} true [] []   0 -`,
		"update PATCH /Users/a%2Fb [" + headers + " {Content-Type application/scim+json}] " +
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove"}]} false [displayName] []   0 -`,
		"update POST /Users/a%2Fb/badge [" + headers + ` {Content-Type application/scim+json}] {"userName":"ada"} false [urn:example:2.0:User:badge] []   0 -`,
		"find GET /Users?filter=userName%20eq%20%22v%22&startIndex=8 [" + headers + "]  false [] []  Resources 0 seen < (body.totalResults ?? \"not told\")",
		"find GET /Users?badge=v [" + headers + "]  false [] [] hit  0 seen < (body.totalResults ?? \"not told\")",
		"list GET /Users [" + headers + "]  false [] [" + scim.EnterpriseURN + "]  Resources 50 seen < (body.totalResults ?? \"not told\")",
		"fixed userType",
		"fixed " + scim.EnterpriseURN + ":organization",
		"status == 418 throttled",
		`status == 400 and body.scimType == "uniqueness" uniqueness`,
		`status == 400 and body.scimType == "mutability" mutability`,
		fmt.Sprint("id [profileUrl] ", transform.Deactivate, " true"),
	}
	v := load(t, from("good"), "scim-own.yaml").Vendors[0]
	if diff := cmp.Diff(want, described(t, v, v.Users)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
