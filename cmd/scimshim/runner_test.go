package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"scimshim/config"
)

// exampleCases gives every case of the examples to a test of its own.
func exampleCases(t *testing.T, test func(*testing.T, *config.Vendor, vendorCase)) {
	files, err := filesWithCases("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			vendor, found := loadCaseVendor(file)
			if vendor == nil {
				t.Fatal(found)
			}
			cases, err := loadCases(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { test(t, vendor, c) })
			}
		})
	}
}

func TestExamples(t *testing.T) {
	exampleCases(t, func(t *testing.T, vendor *config.Vendor, c vendorCase) {
		if problem := runCase(vendor, c, map[string]int{}); problem != "" {
			t.Error(problem)
		}
	})
}

// TestRequestsOfEntra holds that every recorded request about users and groups is
// a case of its name, save those about roles, which no vendor is sent.
// TestRequests of examples/entra sends all of them to a gateway.
func TestRequestsOfEntra(t *testing.T) {
	rows, err := os.ReadFile("../../examples/entra/requests.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := loadCases("../../examples/entra/wide.yaml")
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]vendorCase{}
	for _, c := range cases {
		byName[c.name] = c
	}
	for line := range strings.Lines(string(rows)) {
		row := gjson.Parse(line)
		body := row.Get("body").Raw
		resource := strings.HasPrefix(row.Get("path").Str, "/Users") || strings.HasPrefix(row.Get("path").Str, "/Groups")
		if !resource || strings.Contains(body, `"roles`) {
			continue
		}
		name := row.Get("name").Str
		if !slices.ContainsFunc(byName[name].rounds, func(r round) bool { return asks(r, row) }) {
			t.Errorf("examples/entra/cases/%s.txtar does not ask %s %s", name, row.Get("method"), row.Get("path"))
		}
		delete(byName, name)
	}
	for name := range byName {
		t.Errorf("examples/entra/cases/%s.txtar is no row of requests.jsonl", name)
	}
}

// asks reports whether a round makes the request of a row, with the status that
// the row expects; a PATCH may be answered 204 instead of 200.
func asks(r round, row gjson.Result) bool {
	wanted := message{first: row.Get("method").Str + " " + row.Get("path").Str}
	if body := row.Get("body"); body.IsObject() {
		wanted.body = []byte(body.Raw)
	}
	status, _ := r.response.status()
	expected := int(row.Get("expect_status").Int())
	return difference(wanted, r.request) == "" && (status == expected || status == 204 && expected == 200)
}

const runnerVendor = `vendor: good
callers: [{token_sha256: "0000000000000000000000000000000000000000000000000000000000000000"}]
upstream: {url: "${env:URL}", headers: {X-Key: "${env:KEY}"}}
users:
  id: {native: id}
  attributes: {userName: login, active: enabled}
  create: POST /users
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "GET /users?login={value}", items: users}
groups: unsupported
`

// TestRunner holds that a case fails, and how, when anything is not as it says.
func TestRunner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vendor.yaml")
	if err := os.WriteFile(file, []byte(runnerVendor), 0o600); err != nil {
		t.Fatal(err)
	}
	vendor, found := loadCaseVendor(file)
	if vendor == nil {
		t.Fatal(found)
	}
	const (
		disable  = "why\n-- request --\nPATCH /Users/7\n\n{\"Operations\":[{\"op\":\"replace\",\"path\":\"active\",\"value\":false}]}\n"
		call     = "-- native --\nPATCH /users/7\nX-Key: <KEY>\n\n{\"enabled\":false}\n-- answer --\nHTTP/1.1 204\n"
		response = "-- response --\nHTTP/1.1 204 No Content\nX-Correlation-Id: round-1\n"
	)
	for _, test := range []struct{ name, text, want string }{
		{"as it says", disable + call + response, ""},
		{"two rounds", disable + call + response + strings.TrimPrefix(disable+call, "why\n") + "-- response --\nHTTP/1.1 204\nX-Correlation-Id: round-2\n", ""},
		{"another status", disable + call + "-- response --\nHTTP/1.1 200\n",
			"round 1: the response differs:\n--- wanted\n+++ came\n@@ -1,1 +1,1 @@\n-HTTP/1.1 200 OK\n+HTTP/1.1 204 No Content\n"},
		{"another header", disable + call + "-- response --\nHTTP/1.1 204\nX-Correlation-Id: x\n",
			"round 1: the response differs:\n--- wanted\n+++ came\n@@ -1,2 +1,2 @@\n HTTP/1.1 204 No Content\n-X-Correlation-Id: x\n+X-Correlation-Id: round-1\n"},
		{"another body", disable + call + "-- response --\nHTTP/1.1 204\n\n{}\n",
			"round 1: the response differs:\n--- wanted\n+++ came\n@@ -1,3 +1,1 @@\n HTTP/1.1 204 No Content\n-\n-{}\n"},
		{"another native path", disable + strings.Replace(call, "/users/7", "/users/8", 1) + response,
			"round 1: native call 1 differs:\n--- wanted\n+++ came\n@@ -1,4 +1,4 @@\n-PATCH /users/8\n+PATCH /users/7\n X-Key: <KEY>\n \n {\n"},
		{"another native header", disable + strings.Replace(call, "<KEY>", "key", 1) + response,
			"round 1: native call 1 differs:\n--- wanted\n+++ came\n@@ -1,5 +1,5 @@\n PATCH /users/7\n-X-Key: key\n+X-Key: <KEY>\n \n {\n   \"enabled\": false\n"},
		{"another native body", disable + strings.Replace(call, `"enabled":false`, `"enabled":true`, 1) + response,
			"round 1: native call 1 differs:\n--- wanted\n+++ came\n@@ -2,5 +2,5 @@\n X-Key: <KEY>\n \n {\n-  \"enabled\": true\n+  \"enabled\": false\n }\n"},
		{"a call too many", disable + response,
			"round 1: native call 1 was not wanted:\nPATCH /users/7\nX-Key: <KEY>\nContent-Type: application/json\n\n{\n  \"enabled\": false\n}\n"},
		{"a call too few", disable + call + call + response,
			"round 1: native call 2 was wanted and did not come:\nPATCH /users/7\nX-Key: <KEY>\n\n{\n  \"enabled\": false\n}\n"},
		{"a token of its own", "why\n-- request --\nGET /Users/7\nAuthorization: Bearer x\n-- response --\nHTTP/1.1 200\n",
			"round 1: the response differs:\n--- wanted\n+++ came\n@@ -1,1 +1,10 @@\n-HTTP/1.1 200 OK\n+HTTP/1.1 401 Unauthorized\n+\n+{\n+  \"correlationId\": \"round-1\",\n+  \"detail\": \"the secret token is missing or wrong\",\n+  \"schemas\": [\n+    \"urn:ietf:params:scim:api:messages:2.0:Error\"\n+  ],\n+  \"status\": \"401\"\n+}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := parseCase([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := runCase(vendor, c, map[string]int{}); got != test.want {
				t.Errorf("%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

// TestIdleSteps holds that the examples' cases reach every step that can make a
// call, save those that the vendor cannot bring about.
func TestIdleSteps(t *testing.T) {
	for file, want := range map[string][]string{
		"legacy/legacy.yaml":     nil,
		"unleash/unleash.yaml":   nil,
		"starleaf/starleaf.yaml": nil,
		"entra/wide.yaml":        {"recheck", "reread", "groups: reread", "groups: members"}, // nothing that is searched for is kept; answers show all, a team its members
		// Answers of these show everything; of Starmind nothing is kept that a search would miss.
		"starmind/starmind.yaml":                     {"recheck", "reread"},
		"unleash-enterprise/unleash-enterprise.yaml": {"reread"},
	} {
		result, err := runFile("../../examples/"+file, regexp.MustCompile(""), t.Output())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, result.Idle); diff != "" {
			t.Errorf("%s: -want +got:\n%s", file, diff)
		}
	}
}
