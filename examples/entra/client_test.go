package entra

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rawCopy answers nothing and keeps the request as text: line, headers, body.
func rawCopy(text *string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s\n", r.Method, r.RequestURI)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
		}
		fmt.Fprintf(&b, "\n%s", body)
		*text = b.String()
	})
}

func TestRequestsAsSent(t *testing.T) {
	var got string
	server := httptest.NewServer(rawCopy(&got))
	defer server.Close()
	// The documentation's example of a Tenant URL ends in a slash.
	c := NewClient(server.URL+"/scim/", "secret")
	g := c.Groups()
	ctx := t.Context()
	tests := []struct {
		name string
		call func() (Response, error)
		want string
	}{
		{"filter", func() (Response, error) { return c.Filter(ctx, "userName", "bjensen@testuser.com") },
			"GET /scim/Users?filter=userName+eq+%22bjensen%40testuser.com%22\nAuthorization: Bearer secret\n\n"},
		{"filter, plus", func() (Response, error) { return c.Filter(ctx, "userName", "a+b@contoso.com") },
			"GET /scim/Users?filter=userName+eq+%22a%2Bb%40contoso.com%22\nAuthorization: Bearer secret\n\n"},
		{"filter, apostrophe", func() (Response, error) { return c.Filter(ctx, "userName", "o'brien@contoso.com") },
			"GET /scim/Users?filter=userName+eq+%22o%27brien%40contoso.com%22\nAuthorization: Bearer secret\n\n"},
		{"filter, quote and backslash", func() (Response, error) { return c.Filter(ctx, "externalId", `a"\`) },
			"GET /scim/Users?filter=externalId+eq+%22a%5C%22%5C%5C%22\nAuthorization: Bearer secret\n\n"},
		{"get", func() (Response, error) { return c.Get(ctx, "5171a35d") },
			"GET /scim/Users/5171a35d\nAuthorization: Bearer secret\n\n"},
		{"an id stays one segment", func() (Response, error) { return c.Get(ctx, "a/b?c") },
			"GET /scim/Users/a%2Fb%3Fc\nAuthorization: Bearer secret\n\n"},
		{"post", func() (Response, error) { return c.Create(ctx, []byte(`{}`)) },
			"POST /scim/Users\nAuthorization: Bearer secret\nContent-Length: 2\nContent-Type: application/scim+json; charset=utf-8\n\n{}"},
		{"patch", func() (Response, error) { return c.Patch(ctx, "7", []byte(`{}`)) },
			"PATCH /scim/Users/7\nAuthorization: Bearer secret\nContent-Length: 2\nContent-Type: application/scim+json; charset=utf-8\n\n{}"},
		{"delete", func() (Response, error) { return c.Delete(ctx, "7") },
			"DELETE /scim/Users/7\nAuthorization: Bearer secret\n\n"},
		{"page", func() (Response, error) { return c.Discover(ctx, 11, 5) },
			"GET /scim/Users?startIndex=11&count=5\nAuthorization: Bearer secret\n\n"},
		{"manager", func() (Response, error) { return c.Check(ctx, "7", "manager", "9", false) },
			"GET /scim/Users?attributes=id&filter=id+eq+%227%22+and+manager+eq+%229%22\nAuthorization: Bearer secret\n\n"},
		{"filter groups", func() (Response, error) { return g.Filter(ctx, "displayName", `R&D "X"`) },
			"GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22R%26D+%5C%22X%5C%22%22\nAuthorization: Bearer secret\n\n"},
		{"get group", func() (Response, error) { return g.Get(ctx, "40/7") },
			"GET /scim/Groups/40%2F7?excludedAttributes=members\nAuthorization: Bearer secret\n\n"},
		{"post group", func() (Response, error) { return g.Create(ctx, []byte(`{}`)) },
			"POST /scim/Groups\nAuthorization: Bearer secret\nContent-Length: 2\nContent-Type: application/scim+json; charset=utf-8\n\n{}"},
		{"patch group", func() (Response, error) { return g.Patch(ctx, "7", []byte(`{}`)) },
			"PATCH /scim/Groups/7\nAuthorization: Bearer secret\nContent-Length: 2\nContent-Type: application/scim+json; charset=utf-8\n\n{}"},
		{"delete group", func() (Response, error) { return g.Delete(ctx, "7") },
			"DELETE /scim/Groups/7\nAuthorization: Bearer secret\n\n"},
		{"member", func() (Response, error) { return g.Check(ctx, "7", "members", "9", false) },
			"GET /scim/Groups?attributes=id&filter=id+eq+%227%22+and+members+eq+%229%22\nAuthorization: Bearer secret\n\n"},
		{"member, the other way round", func() (Response, error) { return g.Check(ctx, "7", "members", "9", true) },
			"GET /scim/Groups?attributes=id&filter=members+eq+%229%22+and+id+eq+%227%22\nAuthorization: Bearer secret\n\n"},
	}
	for _, test := range tests {
		if _, err := test.call(); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestTenantURLChoosesTheDialect(t *testing.T) {
	tests := []struct {
		url, base string
		dialect   Dialect
	}{
		{"https://h/legacy/scim/v2", "https://h/legacy/scim/v2", Default},
		{"https://h/legacy/scim/v2?aadOptscim062020", "https://h/legacy/scim/v2", AadOptscim062020},
	}
	for _, test := range tests {
		c := NewClient(test.url, "secret")
		if c.BaseURL != test.base || c.Dialect != test.dialect {
			t.Errorf("%s: got %q and %v, want %q and %v", test.url, c.BaseURL, c.Dialect, test.base, test.dialect)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var got string
	elsewhere := httptest.NewServer(rawCopy(&got))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer server.Close()
	answer, err := NewClient(server.URL, "secret").Get(t.Context(), "1")
	if err != nil || answer.Status != http.StatusFound || got != "" {
		t.Errorf("got %d, %v and the request %q elsewhere, want 302 and none", answer.Status, err, got)
	}
}
