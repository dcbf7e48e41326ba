package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
