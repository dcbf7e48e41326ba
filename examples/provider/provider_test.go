package provider_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"scimshim/examples/provider"

	"github.com/google/go-cmp/cmp"
)

const (
	core       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	workEmail  = `emails[type eq \"work\"].value`
)

// step is one call and its whole answer. The steps of a table are one
// conversation: each finds the users that those above left.
type step struct {
	name, method, target, body string
	status                     int
	want                       string // JSON; "": no body
}

func converse(t *testing.T, p *provider.Provider, steps []step) {
	t.Helper()
	for _, s := range steps {
		status, header, got := call(t, p, s.method, s.target, s.body)
		if status != s.status {
			t.Errorf("%s: got status %d, want %d", s.name, status, s.status)
		}
		if diff := cmp.Diff(decoded(t, s.want), decoded(t, got)); diff != "" {
			t.Errorf("%s: answer (-want +got):\n%s", s.name, diff)
		}
		if kind := header.Get("Content-Type"); (kind == "application/scim+json") != (s.want != "") {
			t.Errorf("%s: got Content-Type %q", s.name, kind)
		}
	}
}

func call(t *testing.T, p *provider.Provider, method, target, body string) (int, http.Header, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

// status calls "GET /Users/1" and the like without a body.
func status(t *testing.T, p *provider.Provider, kind string) int {
	t.Helper()
	method, target, _ := strings.Cut(kind, " ")
	status, _, _ := call(t, p, method, target, "")
	return status
}

func decoded(t *testing.T, text string) (out any) {
	t.Helper()
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}

// body is a User to POST or PUT.
func body(attributes string) string {
	return fmt.Sprintf(`{"schemas":[%q],%s}`, core, attributes)
}

func patch(operations ...string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`, strings.Join(operations, ","))
}

// op is an operation; path and value are JSON.
func op(op, path, value string) string {
	out := fmt.Sprintf(`{"op":%q`, op)
	if path != "" {
		out += `,"path":"` + path + `"`
	}
	if value != "" {
		out += `,"value":` + value
	}
	return out + "}"
}

// shown is the whole resource of a user who was created and last changed by
// these writes of the provider.
func shown(id, created, modified int, attributes string) string {
	schemas := fmt.Sprintf("%q", core)
	if strings.Contains(attributes, enterprise) {
		schemas += fmt.Sprintf(",%q", enterprise)
	}
	return fmt.Sprintf(`{"schemas":[%s],"id":"%d",%s,"meta":{"resourceType":"User","created":"2026-01-01T00:00:%02dZ","lastModified":"2026-01-01T00:00:%02dZ","location":"http://example.com/Users/%d"}}`,
		schemas, id, attributes, created, modified, id)
}

func listed(total, start int, resources ...string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,"startIndex":%d,"itemsPerPage":%d,"Resources":[%s]}`,
		total, start, len(resources), strings.Join(resources, ","))
}

func refused(status int, scimType, detail string) string {
	out := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"%d","detail":%q`, status, detail)
	if scimType != "" {
		out += fmt.Sprintf(`,"scimType":%q`, scimType)
	}
	return out + "}"
}

func TestProtocol(t *testing.T) {
	const (
		annIs = `"userName":"Ann","externalId":"A1","name":{"givenName":"Ann"},"emails":[{"type":"work","value":"Ann@example.com"}]`
		bobIs = `"userName":"bob","active":false`
		cutIs = `"userName":"cut","active":true`
	)
	ann, bob := shown(1, 1, 1, annIs+`,"active":true`), shown(2, 2, 2, bobIs)
	noSchemas := func(urn string) string {
		return refused(400, "invalidSyntax", fmt.Sprintf("schemas must contain %q", urn))
	}
	noUser := func(id string) string { return refused(404, "", fmt.Sprintf("no user has the id %q", id)) }
	p := provider.New(provider.Quirks{}, "token")
	converse(t, p, []step{
		{"create", "POST", "/Users", body(annIs), 201, ann},
		{"names in any case, nothing of what is unassigned or read-only", "POST", "/Users", body(`"USERNAME":"bob","Active":false,"id":"7","meta":{"x":1},"groups":[],"emails":[],"title":null`), 201, bob},
		{"read", "GET", "/Users/1", "", 200, ann},
		{"read nobody", "GET", "/Users/9", "", 404, noUser("9")},
		{"list", "GET", "/Users", "", 200, listed(2, 1, ann, bob)},
		{"second page", "GET", "/Users?startIndex=2&count=1", "", 200, listed(2, 2, bob)},
		{"count only", "GET", "/Users?count=0", "", 200, listed(2, 1)},
		{"negative numbers", "GET", "/Users?startIndex=-3&count=-1", "", 200, listed(2, 1)},
		{"page past the end", "GET", "/Users?startIndex=9223372036854775807&count=9223372036854775807", "", 200, listed(2, 9223372036854775807)},
		{"userName is taken in any case", "POST", "/Users", body(`"userName":"aNN"`), 409, refused(409, "uniqueness", `"userName" is taken`)},
		{"e-mail is not", "POST", "/Users", body(`"userName":"cut","emails":[{"type":"work","value":"ann@example.com"}]`), 201, shown(3, 3, 3, cutIs+`,"emails":[{"type":"work","value":"ann@example.com"}]`)},
		{"replace clears what is absent", "PUT", "/Users/3", body(`"userName":"CUT","id":"8"`), 200, shown(3, 3, 4, `"userName":"CUT","active":true`)},
		{"replace by a taken userName", "PUT", "/Users/3", body(`"userName":"BOB"`), 409, refused(409, "uniqueness", `"userName" is taken`)},
		{"replace nobody", "PUT", "/Users/9", body(`"userName":"x"`), 404, noUser("9")},
		{"patch to a taken userName", "PATCH", "/Users/3", patch(op("replace", "userName", `"Bob"`)), 409, refused(409, "uniqueness", `"userName" is taken`)},
		{"patch nobody", "PATCH", "/Users/9", patch(op("replace", "userName", `"x"`)), 404, noUser("9")},
		{"no userName", "POST", "/Users", body(`"title":"x"`), 400, refused(400, "invalidValue", `"userName" is required`)},
		{"an empty userName", "PUT", "/Users/3", body(`"userName":""`), 400, refused(400, "invalidValue", `"userName" is required`)},
		{"unknown attribute", "POST", "/Users", body(`"userName":"x","shoe":9`), 400, refused(400, "invalidSyntax", `unknown attribute "shoe"`)},
		{"unknown extension", "POST", "/Users", body(`"userName":"x","urn:x:User":{}`), 400, refused(400, "invalidSyntax", `unknown attribute "urn:x:User"`)},
		{"no text", "POST", "/Users", body(`"userName":7`), 400, refused(400, "invalidValue", `"userName" must be a text`)},
		{"no boolean", "POST", "/Users", body(`"userName":"x","active":"true"`), 400, refused(400, "invalidValue", `"active" must be a boolean`)},
		{"no object", "POST", "/Users", body(`"userName":"x","name":"y"`), 400, refused(400, "invalidValue", `"name" must be an object`)},
		{"no list", "POST", "/Users", body(`"userName":"x","emails":{"value":"y"}`), 400, refused(400, "invalidValue", `"emails" must be a list`)},
		{"a list of texts", "POST", "/Users", body(`"userName":"x","emails":["y"]`), 400, refused(400, "invalidValue", `"emails" must be an object`)},
		{"two primaries", "POST", "/Users", body(`"userName":"x","emails":[{"value":"y","primary":true},{"value":"z","primary":true}]`), 400, refused(400, "invalidValue", `"emails" may have one primary value`)},
		{"create without schemas", "POST", "/Users", `{"userName":"x"}`, 400, noSchemas(core)},
		{"replace without schemas", "PUT", "/Users/3", `{"userName":"x"}`, 400, noSchemas(core)},
		{"patch without schemas", "PATCH", "/Users/3", `{"Operations":[{"op":"remove","path":"title"}]}`, 400, noSchemas("urn:ietf:params:scim:api:messages:2.0:PatchOp")},
		{"broken JSON", "POST", "/Users", `{"userName":`, 400, refused(400, "invalidSyntax", "the body is not a JSON object")},
		{"a body too large", "POST", "/Users", body(`"userName":"` + strings.Repeat("x", 1<<20) + `"`), 400, refused(400, "invalidSyntax", "the body cannot be read")},
		{"null", "POST", "/Users", `null`, 400, refused(400, "invalidSyntax", "the body is not a JSON object")},
		{"delete", "DELETE", "/Users/3", "", 204, ""},
		{"delete again", "DELETE", "/Users/3", "", 404, noUser("3")},
		{"ids are not used twice", "POST", "/Users", body(cutIs), 201, shown(4, 5, 5, cutIs)},
		{"other method", "POST", "/Users/1", body(cutIs), 405, refused(405, "", "POST is not allowed here")},
		{"other path", "GET", "/Schemas", "", 404, refused(404, "", "there is no /Schemas")},
		{"no groups yet", "GET", "/Groups", "", 200, listed(0, 1)},
		{"nothing else has happened", "GET", "/Users", "", 200, listed(3, 1, ann, bob, shown(4, 5, 5, cutIs))},
	})
}

// TestEveryAttribute writes all that RFC 7643 section 4.1 has, save passwords.
func TestEveryAttribute(t *testing.T) {
	whole := `"userName":"a","externalId":"b","displayName":"c","nickName":"d","profileUrl":"e","title":"f","userType":"g","preferredLanguage":"h",
		"locale":"i","timezone":"j","active":true,"name":{"formatted":"k","familyName":"l","givenName":"m","middleName":"n","honorificPrefix":"o","honorificSuffix":"p"},
		"addresses":[{"formatted":"q","streetAddress":"r","locality":"s","region":"t","postalCode":"u","country":"v","type":"w","primary":true}],
		"` + enterprise + `":{"employeeNumber":"1","costCenter":"2","organization":"3","division":"4","department":"5","manager":{"value":"1","$ref":"7","displayName":"8"}}`
	for _, list := range []string{"emails", "phoneNumbers", "ims", "photos", "roles", "entitlements", "x509Certificates"} {
		whole += fmt.Sprintf(`,%q:[{"value":"x","display":"y","type":"z","primary":true}]`, list)
	}
	p := provider.New(provider.Quirks{}, "token")
	p.Insert(map[string]any{"userName": "manager"})
	converse(t, p, []step{{"create", "POST", "/Users", body(whole), 201, shown(2, 2, 2, whole)}})
}

func TestCallersAtTheSameTime(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	p.Insert(map[string]any{"userName": "ann"})
	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			call(t, p, "POST", "/Users", body(fmt.Sprintf(`"userName":"u%d"`, i/2)))
			p.Edit("1", func(resource map[string]any) { resource["title"] = resource["userName"] })
			p.Users()
			p.Calls()
			p.Requests()
		})
	}
	callers.Wait()
	if users, calls := len(p.Users()), p.Calls()["POST /Users"]; users != 11 || calls != 20 {
		t.Errorf("got %d users of %d calls, want 11 of 20: each name twice", users, calls)
	}
}

func TestFilters(t *testing.T) {
	const (
		annIs = `"userName":"Ann","externalId":"A1","active":true,"emails":[{"type":"work","value":"Ann@example.com","primary":true},{"type":"home","value":"ann \"[x] and\\@home.example"}],"` + enterprise + `":{"department":"R and D"}`
		bobIs = `"userName":"bob","active":false,"emails":[{"type":"home","value":"ann@example.com"}]`
	)
	p := provider.New(provider.Quirks{}, "token")
	ann, bob := shown(1, 1, 1, annIs), shown(2, 2, 2, bobIs)
	steps := []step{
		{"", "POST", "/Users", body(annIs), 201, ann},
		{"", "POST", "/Users", body(bobIs), 201, bob},
	}
	for _, found := range []struct {
		filter string
		want   []string
	}{
		{`userName+eq+"aNN"`, []string{ann}},
		{`username%20EQ%20"ann"`, []string{ann}},
		{`userName++eq+"ann"+AND+active+eq+true`, []string{ann}},
		{core + `:userName+eq+"ann"`, []string{ann}},
		{`userName+eq+"an"`, nil},
		{`id+eq+"2"`, []string{bob}},
		{`externalId+eq+"A1"`, []string{ann}},
		{`externalId+eq+"a1"`, nil},
		{`active+eq+false`, []string{bob}},
		{`emails.value+eq+"ANN@example.com"`, []string{ann, bob}},
		{`emails+eq+"ANN@example.com"`, []string{ann, bob}},
		{`emails[type+eq+"WORK"].value+eq+"ann@example.com"`, []string{ann}},
		{`emails%5Btype+eq+%22work%22%5D.value+eq+%22ann@example.com%22`, []string{ann}},
		{`emails[type+eq+"work"+and+primary+eq+true].value+eq+"ann@example.com"`, []string{ann}},
		{`emails[type+eq+"work"+and+primary+eq+false].value+eq+"ann@example.com"`, nil},
		{`emails.value+eq+"ann+\"[x]+and\\@home.example"`, []string{ann}},
		{`emails.value+eq+"ann@example.com"+and+userName+eq+"BOB"`, []string{bob}},
		{`emails.value+eq+"ann@example.com"+and+userName+eq+"cut"`, nil},
		{enterprise + `:department+eq+"r+and+d"`, []string{ann}},
	} {
		steps = append(steps, step{found.filter, "GET", "/Users?filter=" + found.filter, "", 200, listed(len(found.want), 1, found.want...)})
	}
	for _, wrong := range []struct{ filter, detail string }{
		{``, `filter "" is incomplete`},
		{`userName+eq`, `filter "userName eq" is incomplete`},
		{`userName+eq+"a"+and`, `filter "userName eq \"a\" and" is incomplete`},
		{`userName+co+"a"`, `"co" is not supported`},
		{`userName+eq+"a"+or+userName+eq+"b"`, `"or" is not supported`},
		{`userName+eq+a`, `a is not a JSON value`},
		{`userName+eq+"a`, `filter "userName eq \"a" is incomplete`},
		{`active+eq+"true"`, `"active" cannot be compared with "true"`},
		{`userName+eq+null`, `"userName" cannot be compared with null`},
		{`name+eq+"a"`, `"name" cannot be compared with "a"`},
		{`shoe+eq+"a"`, `path "shoe": unknown attribute "shoe"`},
		{`name.shoe+eq+"a"`, `path "name.shoe": unknown attribute "shoe"`},
		{`userName[type+eq+"x"]+eq+"a"`, `path "userName[type eq \"x\"]": unexpected "[type eq \"x\"]"`},
		{`emails[type+eq+"x"]value+eq+"a"`, `path "emails[type eq \"x\"]value": unexpected "value"`},
	} {
		steps = append(steps, step{wrong.filter, "GET", "/Users?filter=" + wrong.filter, "", 400, refused(400, "invalidFilter", wrong.detail)})
	}
	for i := range steps {
		steps[i].target = strings.NewReplacer(`"`, "%22", `\`, "%5C", `[`, "%5B", `]`, "%5D").Replace(steps[i].target)
	}
	converse(t, p, steps)
}

func TestLocationAndContentType(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	s := httptest.NewServer(http.StripPrefix("/scim/v2", p.Handler()))
	defer s.Close()
	for _, test := range []struct {
		contentType string
		status      int
		location    string
		want        string
	}{
		{"application/json", 201, s.URL + "/scim/v2/Users/1", strings.ReplaceAll(shown(1, 1, 1, `"userName":"x","active":true`), "http://example.com", s.URL+"/scim/v2")},
		{"text/plain", 415, "", refused(415, "", "Content-Type must be application/scim+json")},
		{"", 415, "", refused(415, "", "Content-Type must be application/scim+json")},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/scim/v2/Users", strings.NewReader(body(`"userName":"x"`)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer token")
		r.Header.Set("Content-Type", test.contentType)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(w.Body)
		w.Body.Close()
		if err != nil || w.StatusCode != test.status || w.Header.Get("Location") != test.location {
			t.Errorf("%s: got %d, Location %q, %v", test.contentType, w.StatusCode, w.Header.Get("Location"), err)
		}
		if diff := cmp.Diff(decoded(t, test.want), decoded(t, string(got))); diff != "" {
			t.Errorf("%s: answer (-want +got):\n%s", test.contentType, diff)
		}
	}
}

func TestLocationByTLS(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	p.Insert(map[string]any{"userName": "x"})
	r := httptest.NewRequest("GET", "/Users/1", nil)
	r.TLS = &tls.ConnectionState{}
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	want := strings.Replace(shown(1, 1, 1, `"userName":"x","active":true`), "http:", "https:", 1)
	if diff := cmp.Diff(decoded(t, want), decoded(t, w.Body.String())); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestToken(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	wrong := refused(401, "", "the bearer token is missing or wrong")
	converse(t, p, []step{{"the token", "GET", "/Users", "", 200, listed(0, 1)}})
	p.RegenerateToken("new")
	converse(t, p, []step{
		{"the old token", "GET", "/Users", "", 401, wrong},
		{"no work is done", "POST", "/Users", body(`"userName":"x"`), 401, wrong},
	})
	r := httptest.NewRequest("GET", "/Users", nil)
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	if w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("no token: got %d, WWW-Authenticate %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
	r.Header.Set("Authorization", "Bearer new")
	w = httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	if diff := cmp.Diff(decoded(t, listed(0, 1)), decoded(t, w.Body.String())); diff != "" {
		t.Errorf("the new token (-want +got):\n%s", diff)
	}
}

func TestCallsAndRequests(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	for _, target := range []string{
		"POST /Users", "GET /Users?filter=userName+eq+%22a%22", "GET /Users?startIndex=1", "GET /Users/1", "GET /Users/2",
		"PUT /Users/1", "PATCH /Users/1", "DELETE /Users/1", "GET /ServiceProviderConfig", "GET /Groups",
	} {
		method, target, _ := strings.Cut(target, " ")
		call(t, p, method, target, "")
	}
	want := map[string]int{
		"POST /Users": 1, "GET /Users?filter=": 1, "GET /Users": 1, "GET /Users/{id}": 2, "PUT /Users/{id}": 1,
		"PATCH /Users/{id}": 1, "DELETE /Users/{id}": 1, "GET /ServiceProviderConfig": 1, "GET /Groups": 1,
	}
	if diff := cmp.Diff(want, p.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	p.ResetCalls()
	call(t, p, "GET", "/Users?filter=userName+eq+%22a%22", "")
	call(t, p, "PATCH", "/Users/%31", "{}")
	if diff := cmp.Diff(map[string]int{"GET /Users?filter=": 1, "PATCH /Users/{id}": 1}, p.Calls()); diff != "" {
		t.Errorf("calls after the reset (-want +got):\n%s", diff)
	}
	requests := []provider.Request{{"GET", "/Users?filter=userName+eq+%22a%22", ""}, {"PATCH", "/Users/%31", "{}"}}
	if diff := cmp.Diff(requests, p.Requests()); diff != "" {
		t.Errorf("requests after the reset (-want +got):\n%s", diff)
	}
}

func TestPortal(t *testing.T) {
	p := provider.New(provider.Quirks{Attributes: []string{"userName"}, LowerCasesEmail: true}, "token")
	ann := map[string]any{"id": "7", "meta": map[string]any{"version": "1"}, "userName": "ann", "emails": []map[string]any{{"value": "Ann@example.com"}}}
	if id := p.Insert(ann); id != "1" {
		t.Errorf("got id %q, want 1", id)
	}
	p.Users()[0]["userName"] = "a copy"
	ann["userName"] = "not a copy"
	edited := p.Edit("1", func(resource map[string]any) {
		resource["title"], resource["id"] = "boss", "9"
		resource["emails"].([]any)[0].(map[string]any)["type"] = "work"
	})
	if !edited || p.Edit("2", func(map[string]any) { t.Error("somebody is edited") }) {
		t.Error("the wrong user is edited")
	}
	want := []map[string]any{{"id": "1", "userName": "ann", "title": "boss", "active": true, "emails": []any{map[string]any{"type": "work", "value": "ann@example.com"}}}}
	if diff := cmp.Diff(want, p.Users()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	whole := `"userName":"ann","title":"boss","active":true,"emails":[{"type":"work","value":"ann@example.com"}]`
	converse(t, p, []step{
		{"shown", "GET", "/Users/1", "", 200, shown(1, 1, 2, whole)},
		{"a PUT leaves what callers cannot write", "PUT", "/Users/1", body(`"userName":"anna"`), 200, shown(1, 1, 3, strings.Replace(whole, `"ann"`, `"anna"`, 1))},
	})
	if len(p.Calls()) != 2 {
		t.Errorf("the portal's work is counted: %v", p.Calls())
	}
}
