package main

import (
	"strings"
	"testing"

	"scimshim/config"
	"scimshim/transform"
)

// TestBounds holds every case of the examples against what explain promises.
func TestBounds(t *testing.T) {
	exampleCases(t, func(t *testing.T, vendor *config.Vendor, c vendorCase) {
		for i, r := range c.rounds {
			method, path, _ := r.request.request()
			path, query, _ := strings.Cut(path, "?")
			request, problem := transform.Decode(vendor.Users, method, path, query, r.request.body)
			if problem != nil || !strings.HasPrefix(path, "/Users") {
				continue
			}
			b := boundsOf(vendor.Users, request, false)
			calls := r.own(vendor) // a session is there, or is everybody's
			if len(b.Open) == 0 && calls > b.Most {
				t.Errorf("round %d makes %d native calls: %s", i+1, calls, b)
			}
			if status, _ := r.response.status(); status < 300 && calls < b.Least {
				t.Errorf("round %d makes %d native calls: %s", i+1, calls, b)
			}
		}
	})
}

func TestBoundsText(t *testing.T) {
	for _, test := range []struct {
		file, method, path, body string
		blind                    bool
		want                     string
	}{
		{"legacy/legacy.yaml", "GET", "/Users/1", "", false, "at least 1 when it succeeds, at most 2"},
		{"legacy/legacy.yaml", "DELETE", "/Users/1", "", false, "at least 1 when it succeeds, at most 4"},
		{"legacy/legacy.yaml", "GET", "/Users", "", false, "at least 1 when it succeeds, at most the pages of the list and a read for each candidate that is not shown whole"},
		{"entra/wide.yaml", "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`, true, "at least 1 when it succeeds, at most 5"},
		{"entra/wide.yaml", "PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"userName","value":"x"}]}`, false,
			"at least 1 when it succeeds, at most 8 and the pages of the list and a read for each candidate that is not shown whole"},
		{"unleash-enterprise/unleash-enterprise.yaml", "POST", "/Users", `{"userName":"x"}`, false,
			"at least 1 when it succeeds, at most 7 and the pages of find by userName and the pages of the list and a read for each candidate that is not shown whole"},
		{"unleash/unleash.yaml", "GET", "/Users/1", "", false, "at least 0 when it succeeds, at most 2"},
	} {
		vendor, found := loadCaseVendor("../../examples/" + test.file)
		if vendor == nil {
			t.Fatal(found)
		}
		request, problem := transform.Decode(vendor.Users, test.method, test.path, "", []byte(test.body))
		if problem != nil {
			t.Fatal(problem)
		}
		if got := boundsOf(vendor.Users, request, test.blind).String(); got != test.want {
			t.Errorf("%s: %s %s: %s\nwant %s", test.file, test.method, test.path, got, test.want)
		}
	}
}
