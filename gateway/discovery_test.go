package gateway

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"scimshim/config"
	"scimshim/gateway/state"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// served is a gateway with a vendor file of the repository, in front of a vendor
// who knows nobody.
type served struct {
	*Gateway
	vendor *config.Vendor
	base   string
}

func serveFile(t *testing.T, name string) *served {
	t.Helper()
	const everything = "http://127.0.0.1:1"
	snapshot, problems := config.Load([]string{name}, config.Options{Env: func(name string) (string, bool) {
		if strings.HasSuffix(name, "_USER") {
			return "somebody", true // a user name ends at a colon
		}
		return everything, true
	}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	store := state.InMemory()
	t.Cleanup(func() { store.Close() })
	send := func(_ *config.Vendor, r transform.NativeRequest, _ time.Time) transform.Answer {
		return transform.Answer{Status: 500, Headers: []transform.Header{{Name: "Content-Type", Value: "application/json"}}}
	}
	s := &served{Gateway: New(snapshot, store, Options{Send: send, PublicURL: everything}), vendor: snapshot.Vendors[0]}
	s.base = "/" + s.vendor.Name + BasePath
	return s
}

// call gives the status and the body of an answer.
func (s *served) call(t *testing.T, method, path, body string) (int, scim.Value) {
	t.Helper()
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI(s.base + path)
	ctx.Request.Header.Set("Authorization", "Bearer http://127.0.0.1:1")
	ctx.Request.SetBodyString(body)
	s.Handler()(&ctx)
	if contentType := string(ctx.Response.Header.ContentType()); contentType != "application/scim+json" {
		t.Errorf("%s %s: content type %q", method, path, contentType)
	}
	v, err := scim.ParseJSON(ctx.Response.Body(), scim.Limits{FoldNames: true})
	if err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, ctx.Response.Body())
	}
	return ctx.Response.StatusCode(), v
}

func (s *served) get(t *testing.T, path string) scim.Value {
	t.Helper()
	status, v := s.call(t, "GET", path, "")
	if status != 200 {
		t.Fatalf("GET %s: %d %s", path, status, v.JSON())
	}
	return v
}

// Whatever a vendor file of this repository makes scimshim say of itself is
// held against what it does.
func TestDiscoveryIsTrue(t *testing.T) {
	files, err := filepath.Glob("../examples/*/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("files %q, error %v", files, err)
	}
	for _, name := range append(files, "../bench/plain.yaml", "../bench/kept.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			s := serveFile(t, name)
			s.checkAddresses(t)
			s.checkProviderConfig(t)
			for _, kind := range s.vendor.Kinds() {
				s.checkAttributes(t, kind)
			}
		})
	}
}

// checkAddresses follows what names something else, in any case.
func (s *served) checkAddresses(t *testing.T) {
	t.Helper()
	config := s.get(t, "/ServiceProviderConfig")
	all := []scim.Value{config}
	for _, path := range []string{"/ResourceTypes", "/Schemas"} {
		list := s.get(t, path)
		all = append(all, list.Member("Resources").Items()...)
		if status, _ := s.call(t, "GET", path+"?filter=id+pr", ""); status != 403 {
			t.Errorf("a filter on %s: status %d", path, status)
		}
		if got := s.get(t, path+"?count=0&startIndex=5&sortBy=x&attributes=id"); !got.Equal(list) {
			t.Errorf("%s differs with parameters: %s", path, got.JSON())
		}
	}
	for _, one := range all {
		location := one.Member("meta").Member("location").Text()
		_, path, _ := strings.Cut(location, BasePath)
		if got := s.get(t, path); !got.Equal(one) {
			t.Errorf("%s shows something else: %s", location, got.JSON())
		}
		if id := one.Member("id").Text(); id != "" {
			upper := strings.TrimSuffix(path, id) + url.PathEscape(strings.ToUpper(id))
			if got := s.get(t, upper); !got.Equal(one) {
				t.Errorf("%s shows something else: %s", upper, got.JSON())
			}
		}
		if strings.Contains(one.JSON(), "null") {
			t.Errorf("%s has a null: %s", location, one.JSON())
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if status, _ := s.call(t, method, path, "{}"); status != 405 {
				t.Errorf("%s %s: status %d", method, path, status)
			}
		}
	}
	for _, kind := range s.get(t, "/ResourceTypes").Member("Resources").Items() {
		s.get(t, "/Schemas/"+kind.Member("schema").Text())
		for _, extension := range kind.Member("schemaExtensions").Items() {
			s.get(t, "/Schemas/"+extension.Member("schema").Text())
		}
		if status, _ := s.call(t, "TRACE", kind.Member("endpoint").Text(), ""); status != 405 {
			t.Errorf("the endpoint %s does not exist: status %d", kind.Member("endpoint").Text(), status)
		}
	}
}

// refusedAs reports whether a request is refused with one of the keywords.
func (s *served) refusedAs(t *testing.T, method, path, body string, keywords ...string) bool {
	t.Helper()
	_, v := s.call(t, method, path, body)
	return slices.Contains(keywords, v.Member("scimType").Text())
}

func (s *served) checkProviderConfig(t *testing.T) {
	t.Helper()
	config := s.get(t, "/ServiceProviderConfig")
	supported := func(name string) bool { return config.Member(name).Member("supported").Boolean() }
	bulk, _ := s.call(t, "POST", "/Bulk", "{}")
	patch, _ := s.call(t, "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"displayName","value":"x"}]}`)
	password := s.get(t, "/Schemas/"+scim.UserURN).Member("attributes").Items()
	for name, does := range map[string]bool{
		"bulk":           bulk != 501,
		"patch":          patch != 501,
		"filter":         !s.refusedAs(t, "GET", `/Users?filter=userName+eq+"x"`, "", scim.InvalidFilter),
		"sort":           !s.refusedAs(t, "GET", "/Users?sortBy=userName", "", scim.InvalidPath),
		"etag":           true, // TestVersions
		"changePassword": slices.ContainsFunc(password, func(a scim.Value) bool { return a.Member("name").Text() == "password" }),
	} {
		if supported(name) != does {
			t.Errorf("%s: said %t, done %t", name, supported(name), does)
		}
	}
	pagination := config.Member("pagination")
	if cursor := !s.refusedAs(t, "GET", "/Users?cursor", "", scim.InvalidCursor, scim.InvalidCount); pagination.Member("cursor").Boolean() != cursor {
		t.Errorf("pagination: %s", pagination.JSON())
	}
	if most := config.Member("filter").Member("maxResults").Any().(int); most < 200 {
		t.Errorf("maxResults is %d", most)
	}
}

// checkAttributes holds that every attribute which the schemas show can be
// searched and sorted by, save what is never returned; and that no other can.
func (s *served) checkAttributes(t *testing.T, kind *transform.Kind) {
	t.Helper()
	advertised := map[string]scim.Value{}
	for _, schema := range s.get(t, "/Schemas").Member("Resources").Items() {
		for _, a := range schema.Member("attributes").Items() {
			name := schema.Member("id").Text() + ":" + a.Member("name").Text()
			advertised[strings.ToLower(name)] = a
			for _, sub := range a.Member("subAttributes").Items() {
				advertised[strings.ToLower(name+"."+sub.Member("name").Text())] = sub
			}
		}
	}
	for _, schema := range kind.Catalog.Schemas() {
		for _, a := range schema.Attributes {
			name := schema.URN + ":" + a.Name
			s.checkAttribute(t, kind, name, a, advertised[strings.ToLower(name)])
			for _, sub := range a.Sub {
				name := name + "." + sub.Name
				s.checkAttribute(t, kind, name, sub, advertised[strings.ToLower(name)])
			}
		}
	}
}

func (s *served) checkAttribute(t *testing.T, kind *transform.Kind, name string, a *scim.Attribute, said scim.Value) {
	t.Helper()
	status, v := s.call(t, "GET", kind.Type.Endpoint+"?filter="+url.QueryEscape(name+" pr"), "")
	detail := v.Member("detail").Text()
	refused := status == 400 && (strings.Contains(detail, "does not map") || strings.Contains(detail, "does not show") || strings.Contains(detail, "writeOnly"))
	works := !said.IsAbsent() && said.Member("returned").Text() != "never"
	if works == refused {
		t.Errorf("%s is said to be %s; a search by it: %d %s", name, said.JSON(), status, detail)
	}
	if works && a.Type != scim.TypeComplex && s.refusedAs(t, "GET", kind.Type.Endpoint+"?sortBy="+url.QueryEscape(name), "", scim.InvalidPath) {
		t.Errorf("%s cannot be sorted by", name)
	}
	if said.IsAbsent() {
		return
	}
	for member, want := range map[string]string{"type": a.Type, "multiValued": fmt.Sprint(a.MultiValued)} {
		if got := said.Member(member).Text(); got != want {
			t.Errorf("%s: %s is %s, want %s", name, member, got, want)
		}
	}
}
