package config

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// FuzzLoad: no file makes Load panic; each gives a snapshot or an error whose
// place is in the file.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			body, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(body))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		opts := written(text, nil)
		opts.Placeholders = true
		snapshot, ds := Load([]string{"v/vendor.yaml"}, opts)
		if (snapshot == nil) != ds.HasErrors() {
			t.Errorf("snapshot nil: %v; diagnostics:\n%s", snapshot == nil, ds)
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, d := range ds {
			if d.Line < 1 || d.Line > lines || d.Column < 1 || d.Message == "" || d.Code == "" {
				t.Errorf("a diagnostic without a place: %+v", d)
			}
		}
	})
}

// FuzzTemplate: whatever fills the holes of a URL, it keeps its segments and
// the names of its query, and stays below the upstream's URL.
func FuzzTemplate(f *testing.F) {
	for _, value := range []string{"a", "..", "a/b", "a?b=c&d", "%2F", ";x", "a\r\nHost: b", "//evil", "\x00", "ü #"} {
		f.Add("/users/{value}/x?a=1&b={value}&c=x{value}y", value)
		f.Add("/{value}{value}", value)
	}
	f.Fuzz(func(t *testing.T, template, value string) {
		file := strings.Replace(templateFile, "REQUEST", strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace("GET "+template), 1)
		snapshot, ds := Load([]string{"v/vendor.yaml"}, written(file, map[string]string{"SCIM_TOKEN": "t"}))
		if ds.HasErrors() {
			return
		}
		path := snapshot.Vendors[0].Users.Finds[0].Path
		shape := func(value string) (string, bool) {
			rendered, query, err := path.Render(&transform.Env{Value: scim.String(value)})
			if err != nil {
				return "", false
			}
			u, err := url.Parse("http://vendor.example/base" + rendered + "?" + strings.Join(query, "&"))
			if err != nil || u.Host != "vendor.example" || u.Fragment != "" {
				t.Fatalf("%q with %q: %v, %s", template, value, err, u)
			}
			names := make([]string, len(query))
			for i, pair := range query {
				names[i], _, _ = strings.Cut(pair, "=")
			}
			return fmt.Sprint(strings.Count(u.EscapedPath(), "/"), names), true
		}
		want, ok := shape("v")
		if got, filled := shape(value); value != "" && ok && filled && got != want {
			t.Errorf("%q with %q: %s, want %s", template, value, got, want)
		}
	})
}

// TestHostileFiles: what is built to cost much is refused early.
func TestHostileFiles(t *testing.T) {
	deep := strings.Builder{}
	for i := range 300 {
		deep.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for _, test := range []struct{ name, text, want string }{
		{"larger than a file may be", "# " + strings.Repeat("x", maxFile), "v/vendor.yaml:1:1: error: the file cannot be read: it is larger than 1048576 bytes [unreadable]\n"},
		{"brackets", strings.Repeat("[", maxFile/2), "v/vendor.yaml:1:41: error: lists and mappings are nested more than 40 deep [yaml]\n"},
		{"dashes", strings.Repeat("- ", maxFile/4), "v/vendor.yaml:1:81: error: lists and mappings are nested more than 40 deep [yaml]\n"},
		{"keys", strings.Repeat("? ", maxFile/4), "v/vendor.yaml:1:81: error: lists and mappings are nested more than 40 deep [yaml]\n"},
		{"indentation", deep.String(), "v/vendor.yaml:42:42: error: lists and mappings are nested more than 40 deep [yaml]\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, ds := Load([]string{"v/vendor.yaml"}, written(test.text, nil))
			if got := ds.String(); got != test.want {
				t.Errorf("diagnostics:\n%swant:\n%s", got, test.want)
			}
		})
	}
}

// templateFile is a file with a request to put in place of REQUEST.
const templateFile = `vendor: minimal
callers: [{token: "${env:SCIM_TOKEN}"}]
upstream: {url: https://vendor.example}
users:
  id: id
  attributes: {userName: login, active: enabled}
  create: POST /users
  read: GET /users/{id}
  update: PATCH /users/{id}
  delete: DELETE /users/{id}
  find: {by: userName, request: "REQUEST", items: users}
groups: unsupported
`
