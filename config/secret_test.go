package config

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// written gives options that read one file whose text is known.
func written(text string, env map[string]string) Options {
	return Options{
		Env:      func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		ReadFile: func(name string) ([]byte, error) { return reader{"v/vendor.yaml": text}.read(name) },
	}
}

// reader is a set of files by name.
type reader map[string]string

func (r reader) read(name string) ([]byte, error) {
	if text, ok := r[name]; ok {
		return []byte(text), nil
	}
	return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
}

// minimal is the minimal file with a piece replaced.
func minimal(t *testing.T, old, fresh string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/good/minimal.yaml")
	if err != nil || !strings.Contains(string(body), old) {
		t.Fatalf("%q is not in the minimal file: %v", old, err)
	}
	return strings.Replace(string(body), old, fresh, 1)
}

func TestPlaceholders(t *testing.T) {
	text := minimal(t, "upstream: {url: https://vendor.example}", `upstream:
  url: ${env:VENDOR_URL}/api
  headers: {A: "Bearer ${env:VENDOR_TOKEN}", B: "${file:b.txt}", C: "${env:SET}"}`)
	opts := written(text, map[string]string{"SET": "c"})
	opts.Placeholders = true
	vendor := load(t, opts, "v/vendor.yaml").Vendors[0]
	got := []string{vendor.Upstream.URL}
	for _, header := range vendor.Upstream.Headers {
		got = append(got, header.Value.Literal.Text())
	}
	if diff := cmp.Diff([]string{"https://vendor.invalid/api", "Bearer <VENDOR_TOKEN>", "<file:b.txt>", "c"}, got); diff != "" {
		t.Errorf("placeholders (-want +got):\n%s", diff)
	}
	if want := sha256.Sum256([]byte("<SCIM_TOKEN>")); vendor.Callers[0].Token != want {
		t.Errorf("caller: %x, want %x", vendor.Callers[0].Token, want)
	}
}

// TestSecretsAreNeverYAML: a secret is whatever it is, also when it looks like
// YAML, an expression or another secret.
func TestSecretsAreNeverYAML(t *testing.T) {
	for _, secret := range []string{"a: b", "=upper(x)", "${env:OTHER}", `"`, "# x", "{a}"} {
		text := minimal(t, "{url: https://vendor.example}", `{url: https://vendor.example, headers: {A: "${env:S}"}}`)
		vendor := load(t, written(text, map[string]string{"S": secret, "SCIM_TOKEN": "t"}), "v/vendor.yaml").Vendors[0]
		request, err := vendor.Users.Read.Render(&vendor.Upstream, &transform.Env{Names: map[string]scim.Value{"id": scim.String("1")}}, scim.Value{})
		if err != nil {
			t.Fatal(err)
		}
		if got := request.Headers[0].Value; got != secret {
			t.Errorf("header is %q, want %q", got, secret)
		}
	}
}

// TestSecretsAreNotShown: no diagnostic repeats what a secret resolved to, nor
// a token that was written into the file.
func TestSecretsAreNotShown(t *testing.T) {
	const canary = "canary-5b1d"
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range files {
		opts := from("bad")
		opts.Env = func(string) (string, bool) { return "https://u:" + canary + "@host\n" + canary, true }
		_, ds := Load([]string{filepath.Base(file)}, opts)
		if strings.Contains(ds.String(), canary) {
			t.Errorf("a secret is shown:\n%s", ds)
		}
	}
	text := minimal(t, `[{token: "${env:SCIM_TOKEN}"}]`, `[{token: `+canary+`, tokn: x}, {token: "`+canary+` x"}, {token_sha256: `+canary+`},
  {client: {id: x, secret: "`+canary+` x"}}]`)
	text = strings.Replace(text, "https://vendor.example", "https://me:"+canary+"@vendor.example/?", 1)
	_, ds := Load([]string{"v/vendor.yaml"}, written(text, nil))
	if len(ds) != 5 || strings.Contains(ds.String(), canary) {
		t.Errorf("a secret is shown, or not five problems:\n%s", ds)
	}
}
