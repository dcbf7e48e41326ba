package transform

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform/scim"
)

// decodingKind maps a handful of attributes.
func decodingKind(t *testing.T) *Kind {
	t.Helper()
	catalog := scim.NewCatalog(scim.CoreUser(), scim.Extension{Schema: scim.EnterpriseUser(), Alias: "enterprise"})
	k := &Kind{Name: "users", Type: UserType, Catalog: catalog}
	for _, row := range []Attribute{
		{Name: "userName", Required: true},
		{Name: "name.givenName", Mutability: "readOnly"},
		{Name: "emails.work.value", Required: true},
		{Name: "emails.home.value"},
		{Name: "password", Mutability: "writeOnly"},
		{Name: "externalId", Keep: true},
		{Name: "enterprise.department", Mutability: "immutable"},
	} {
		path, err := catalog.ParseDotted(row.Name)
		if err != nil {
			t.Fatal(err)
		}
		row.Path = path
		k.Attributes = append(k.Attributes, &row)
	}
	k.Assemble(&Upstream{})
	return k
}

// shape is a request in a form that a table can hold.
type shape struct {
	Operation         Operation
	ID, Filter        string
	StartIndex, Count int
	Resource          string
	Attributes        []string
	Excluded          []string
	Ignored           []scim.Finding
	Patched           bool
}

func shapeOf(r *Request) shape {
	s := shape{Operation: r.Operation, ID: r.ID, StartIndex: r.StartIndex, Count: r.Count, Ignored: r.Ignored, Patched: r.Patch != nil}
	if r.Filter != nil {
		s.Filter = r.Filter.String()
	}
	if !r.Resource.IsAbsent() {
		s.Resource = r.Resource.JSON()
	}
	for _, path := range r.Attributes {
		s.Attributes = append(s.Attributes, path.Dotted())
	}
	for _, path := range r.Excluded {
		s.Excluded = append(s.Excluded, path.Dotted())
	}
	return s
}

func TestDecode(t *testing.T) {
	for _, test := range []struct {
		name, method, path, query, body string
		want                            shape
	}{
		{name: "read", method: "GET", path: "/Users/15", want: shape{Operation: Read, ID: "15", StartIndex: 1, Count: -1}},
		{name: "an id is decoded once", method: "GET", path: "/Users/a%2Fb%252F+c", want: shape{Operation: Read, ID: "a/b%2F+c", StartIndex: 1, Count: -1}},
		{name: "delete", method: "DELETE", path: "/Users/15", want: shape{Operation: Delete, ID: "15", StartIndex: 1, Count: -1}},
		{name: "list", method: "GET", path: "/Users", want: shape{Operation: List, StartIndex: 1, Count: -1}},
		{name: "page", method: "GET", path: "/Users", query: "startIndex=11&count=5", want: shape{Operation: List, StartIndex: 11, Count: 5}},
		{name: "a page below the least", method: "GET", path: "/Users", query: "STARTINDEX=0&Count=-3", want: shape{Operation: List, StartIndex: 1, Count: 0}},
		{name: "a filter as Entra encodes it", method: "GET", path: "/Users", query: "filter=userName+eq+%22a%2Bb%40example.com%22",
			want: shape{Operation: Find, Filter: `userName eq "a+b@example.com"`, StartIndex: 1, Count: -1}},
		{name: "a filter with raw quotation marks", method: "GET", path: "/Users", query: `aadOptscim062020&filter=externalId%20eq%20"x"`,
			want: shape{Operation: Find, Filter: `externalId eq "x"`, StartIndex: 1, Count: -1}},
		{name: "a filter by element", method: "GET", path: "/Users", query: "filter=emails%5btype+eq+%22work%22%5d.value+eq+%22x%22",
			want: shape{Operation: Find, Filter: `emails[type eq "work"].value eq "x"`, StartIndex: 1, Count: -1}},
		{name: "a filter by any element", method: "GET", path: "/Users", query: `filter=emails.value+eq+"x"+and+emails.type+pr`,
			want: shape{Operation: Find, Filter: `emails.value eq "x" and emails.type pr`, StartIndex: 1, Count: -1}},
		{name: "a filter by id", method: "GET", path: "/Users", query: `filter=id+eq+"15"&attributes=id`,
			want: shape{Operation: Find, Filter: `id eq "15"`, StartIndex: 1, Count: -1, Attributes: []string{"id"}}},
		{name: "a filter means nothing on a resource", method: "GET", path: "/Users/15", query: "filter=(&count=x", want: shape{Operation: Read, ID: "15", StartIndex: 1, Count: -1}},
		{name: "attributes encoded twice", method: "GET", path: "/Users/15", query: "attributes=userName,emails%255btype%2beq%2b%2522work%2522%255d.value,nothing&excludedAttributes=title",
			want: shape{Operation: Read, ID: "15", StartIndex: 1, Count: -1, Attributes: []string{"userName", "emails.work.value"}, Excluded: []string{"title"}}},
		{name: "create", method: "POST", path: "/Users", body: `{"schemas":[],"id":"7","USERNAME":"a","active":"True","title":null,"shoe":41,"meta":{"version":"1"}}`,
			want: shape{Operation: Create, StartIndex: 1, Count: -1, Resource: `{"userName":"a","active":true}`, Ignored: []scim.Finding{{Path: "shoe", Problem: "unknown attribute"}}}},
		{name: "put", method: "PUT", path: "/Users/15", body: `{"userName":"a"}`, want: shape{Operation: Update, ID: "15", StartIndex: 1, Count: -1, Resource: `{"userName":"a"}`}},
		{name: "patch", method: "PATCH", path: "/Users/15", body: `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`,
			want: shape{Operation: Update, ID: "15", StartIndex: 1, Count: -1, Patched: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := Decode(decodingKind(t), test.method, test.path, test.query, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, shapeOf(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct {
		method, path, query, body string
		want                      scim.Error
	}{
		{"GET", "/Users/", "", "", scim.Error{Status: 404, Detail: `there is nothing at "/Users/"`}},
		{"GET", "/Users/1/2", "", "", scim.Error{Status: 404, Detail: `there is nothing at "/Users/1/2"`}},
		{"GET", "/Users/%zz", "", "", scim.Error{Status: 404, Detail: `there is nothing at "/Users/%zz"`}},
		{"GET", "/Userss", "", "", scim.Error{Status: 404, Detail: `there is nothing at "/Userss"`}},
		{"PATCH", "/Users", "", "{}", scim.Error{Status: 405, Detail: "PATCH cannot be used on /Users"}},
		{"POST", "/Users/1", "", "{}", scim.Error{Status: 405, Detail: "POST cannot be used on /Users/1"}},
		{"GET", "/Users", "count=many", "", scim.Error{Status: 400, ScimType: "invalidValue", Detail: `count is "many", which is not a whole number`}},
		{"GET", "/Users", "startIndex=99999999999999999999", "", scim.Error{Status: 400, ScimType: "invalidValue", Detail: `startIndex is "99999999999999999999", which is not a whole number`}},
		{"GET", "/Users", "filter=userName+eq+%2", "", scim.Error{Status: 400, ScimType: "invalidValue", Detail: `the parameter "filter" is not percent-encoded: invalid URL escape "%2"`}},
		{"GET", "/Users", "filter=userNam+eq+%22a%22", "", scim.Error{Status: 400, ScimType: "invalidFilter", Detail: `parse filter "userNam eq \"a\"": unknown attribute "userNam", did you mean "userName"?`}},
		{"GET", "/Users", "filter=title+eq+%22a%22", "", scim.Error{Status: 400, ScimType: "invalidFilter", Attribute: "title",
			Detail: `the filter uses "title", which the vendor file does not map: add "title: <native field>" (or "title: keep") under users.attributes`}},
		{"GET", "/Users", "filter=userName+pr+and+active+eq+true", "", scim.Error{Status: 400, ScimType: "invalidFilter", Attribute: "active",
			Detail: `the filter uses "active", which the vendor file does not map: add "active: <native field>" (or "active: exists") under users.attributes`}},
		{"GET", "/Users", `filter=emails[type+eq+"other"].value+eq+"a"`, "", scim.Error{Status: 400, ScimType: "invalidFilter", Attribute: "emails.other.value",
			Detail: `the filter uses "emails.other.value", which the vendor file does not map: add "emails.other.value: <native field>" (or "emails.other.value: keep") under users.attributes`}},
		{"GET", "/Users", "filter=groups.value+eq+%221%22", "", scim.Error{Status: 400, ScimType: "invalidFilter", Attribute: "groups.value",
			Detail: `the filter uses "groups.value", which this gateway does not show`}},
		{"GET", "/Users", "filter=meta.version+eq+%221%22", "", scim.Error{Status: 400, ScimType: "invalidFilter", Attribute: "meta.version",
			Detail: `the filter uses "meta.version", which cannot be searched`}},
		{"GET", "/Users", "sortBy=meta.created", "", scim.Error{Status: 400, ScimType: "invalidPath", Attribute: "meta.created",
			Detail: `sortBy is "meta.created", which the vendor file does not map: add "meta.created: <native field>" under users.attributes`}},
		{"GET", "/Users", "filter=password+eq+%22a%22", "", scim.Error{Status: 400, ScimType: "invalidFilter", Attribute: "password",
			Detail: `the filter uses "password", which is writeOnly and cannot be searched`}},
		{"POST", "/Users", "", "", scim.Error{Status: 400, ScimType: "invalidSyntax", Detail: "the request has no body"}},
		{"POST", "/Users", "", "[]", scim.Error{Status: 400, ScimType: "invalidSyntax", Detail: "the body is a list, an object is needed"}},
		{"PUT", "/Users/1", "", `{"userName":"a","username":"b"}`, scim.Error{Status: 400, ScimType: "invalidSyntax", Detail: `the name "username" appears twice in one object`}},
		{"PATCH", "/Users/1", "", `{}`, scim.Error{Status: 400, ScimType: "invalidSyntax", Detail: `a PATCH needs the list "Operations"`}},
	} {
		t.Run(test.method+" "+test.path+"?"+test.query+test.body, func(t *testing.T) {
			_, err := Decode(decodingKind(t), test.method, test.path, test.query, []byte(test.body))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, *err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	for _, test := range []struct {
		method, path, body string
		want               []Key
	}{
		{"GET", "/Users/1", "", nil},
		{"DELETE", "/Users/1", "", nil},
		{"POST", "/Users", `{"userName":"Ann"}`, []Key{{"userName", "ann"}}},
		{"PUT", "/Users/1", `{"userName":"Ann"}`, []Key{{"userName", "ann"}}},
		{"PATCH", "/Users/1", `{"Operations":[{"op":"replace","value":{"userName":"Ann"}}]}`, []Key{{"userName", "ann"}}},
		{"PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`, nil},
	} {
		kind := decodingKind(t)
		r, err := Decode(kind, test.method, test.path, "", []byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, kind.Claims(r)); diff != "" {
			t.Errorf("%s %s %s: %s", test.method, test.path, test.body, diff)
		}
	}
}
