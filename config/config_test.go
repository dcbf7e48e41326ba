package config

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the wanted texts of testdata/bad")

// environment is what `${env:...}` finds in the tests.
func environment(name string) (string, bool) {
	values := map[string]string{
		"SCIM_TOKEN": "entra-token", "LEGACY_URL": "https://legacy.example/base/", "LEGACY_KEY": "legacy-key",
		"UNLEASH_URL": "https://unleash.example", "UNLEASH_TOKEN": "unleash-token", "EMPTY": "", "BROKEN": "a\nb",
		"NOT_URL": "unleash.example",
	}
	value, ok := values[name]
	return value, ok
}

// from reads files of a directory under testdata by their names alone.
func from(directory string) Options {
	return Options{Env: environment, ReadFile: func(name string) ([]byte, error) {
		if name == "minimal.yaml" {
			return os.ReadFile("testdata/good/minimal.yaml")
		}
		return os.ReadFile(filepath.Join("testdata", directory, name))
	}}
}

// TestBad compares everything that is said about each broken file.
func TestBad(t *testing.T) {
	wants, _ := filepath.Glob("testdata/bad/*.want")
	if *update {
		wants, _ = filepath.Glob("testdata/bad/*.yaml")
		wants = append(wants, "testdata/bad/unreadable-missing.yaml")
	}
	if len(wants) < 40 {
		t.Fatalf("only %d files under testdata/bad", len(wants))
	}
	for _, path := range wants {
		path = strings.TrimSuffix(strings.TrimSuffix(path, ".want"), ".yaml")
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			files := []string{name + ".yaml"}
			if strings.HasPrefix(name, codeDuplicateVendor) {
				files = []string{"minimal.yaml", name + ".yaml"}
			}
			snapshot, got := Load(files, from("bad"))
			if (snapshot == nil) != got.HasErrors() {
				t.Errorf("snapshot nil: %v, errors: %v", snapshot == nil, got.HasErrors())
			}
			if *update {
				if err := os.WriteFile(path+".want", []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path + ".want")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
			if !slices.ContainsFunc(got, func(d Diagnostic) bool { return strings.HasPrefix(name, d.Code) }) {
				t.Errorf("the file is named after none of its codes:\n%s", got)
			}
		})
	}
}

// TestEveryCodeHasAFile fails for a code that no file shows.
func TestEveryCodeHasAFile(t *testing.T) {
	shown := map[string]bool{}
	wants, _ := filepath.Glob("testdata/bad/*.want")
	for _, path := range wants {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if i := strings.LastIndex(line, " ["); i >= 0 && !strings.HasPrefix(line, " ") {
				shown[strings.TrimSuffix(strings.TrimSpace(line[i+2:]), "]")] = true
			}
		}
	}
	for _, code := range codes(t) {
		if !shown[code] {
			t.Errorf("no file under testdata/bad shows the code %q", code)
		}
	}
}

// codes are the constants of diagnostic.go whose names begin with code.
func codes(t *testing.T) (out []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "diagnostic.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "code") {
			text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			out = append(out, text)
		}
		return true
	})
	if len(out) < 30 {
		t.Fatalf("only %d codes found", len(out))
	}
	return out
}
