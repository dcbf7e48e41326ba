package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/rules"
)

// TestReadmeWords counts the words of the language.
func TestReadmeWords(t *testing.T) {
	want := []string{"caller", "upstream", "rule", "attribute", "native", "Fixed", "operation", "call", "hole", "item", "error rule", "keep"}
	var got []string
	for _, found := range regexp.MustCompile(`(?m)^\d+\. [^\[\n]*\[([^\]]+)\]\(config/README\.md#`).FindAllStringSubmatch(section(t, "## The language in twelve words"), -1) {
		got = append(got, found[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the words of the language (-) and README.md (+):\n%s", diff)
	}
}

// TestNeeds holds that what the manual advises is part of the language.
func TestNeeds(t *testing.T) {
	_, part, _ := strings.Cut(pages(t)[manual], "\n## Which application needs what\n")
	part, _, _ = strings.Cut(part, "\n## ")
	known := map[string]bool{}
	for _, c := range config.Reference() {
		for _, key := range c.Keys {
			known[key.Name] = true
		}
	}
	rows := 0
	for line := range strings.Lines(part) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		rows++
		for _, found := range leading.FindAllStringSubmatch(cells[2], -1) {
			if !known[found[1]] && !slices.Contains([]string{"active", "emails", "phones", "field", "saved", "idempotency_key", "omit", "keep"}, found[1]) {
				t.Errorf("the advice %q names %q, which is no key", strings.TrimSpace(line), found[1])
			}
		}
	}
	if rows < 37 {
		t.Errorf("only %d rows of advice", rows)
	}
}

// leading is the first word of what stands between ticks.
var leading = regexp.MustCompile("`([a-z_0-9]+)(?:[:. ][^`]*)?`")

// TestNoSentenceTwice: the manual does not repeat what README.md says.
func TestNoSentenceTwice(t *testing.T) {
	main := fenced.ReplaceAllString(readme(t), "")
	for _, sentence := range regexp.MustCompile(`[^.|\n]{50,}\.`).FindAllString(fenced.ReplaceAllString(pages(t)[manual], ""), -1) {
		if strings.Contains(main, strings.TrimSpace(sentence)) {
			t.Errorf("README.md and config/README.md both say:%s", sentence)
		}
	}
}

var (
	shapeKeys = regexp.MustCompile(`(?s)\b(?:keys: +|kindKeys = )\[\]string\{(.*?)\}`)
	callTable = regexp.MustCompile(`(?s)var callKeys = .*?\n\}`)
	keyRow    = regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)` \\|(?:[^|\n]*\\|){4}$")
	literal   = regexp.MustCompile(`"([a-z_0-9]+)"`)
)

// TestReadmeKeys holds that every key that config understands has a row in the
// manual.
func TestReadmeKeys(t *testing.T) {
	rows := map[string]bool{}
	for _, found := range keyRow.FindAllStringSubmatch(pages(t)[manual], -1) {
		rows[found[1]] = true
	}
	keys := 0
	for name, text := range goFiles(t, "../../config") {
		for _, source := range append(shapeKeys.FindAllString(text, -1), callTable.FindAllString(text, -1)...) {
			for _, key := range literal.FindAllStringSubmatch(source, -1) {
				keys++
				if !rows[key[1]] {
					t.Errorf("%s: config/README.md has no row for the key %q", name, key[1])
				}
			}
		}
	}
	if keys < 60 {
		t.Errorf("only %d keys were found in config: this test looks for them in the wrong way", keys)
	}
}

// goFiles gives the files of a package, tests left out.
func goFiles(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			out[name] = string(bytes.TrimSpace(text))
		}
	}
	return out
}

var usage = regexp.MustCompile(`usage: +"(\w+)\(`)

// TestReadmeFunctions compiles every function that the table names, and holds
// that it names them all.
func TestReadmeFunctions(t *testing.T) {
	_, part, _ := strings.Cut(pages(t)[manual], "\n### Functions\n")
	part, _, _ = strings.Cut(part, "\n### ")
	scope := rules.NewScope("README.md")
	for _, name := range []string{"text", "old", "new", "separator", "count", "value", "list", "condition", "a", "b"} {
		scope.Name(name, "any")
	}
	named := map[string]bool{}
	for _, found := range ticked.FindAllStringSubmatch(part, -1) {
		name, _, call := strings.Cut(found[1], "(")
		if !call {
			continue
		}
		named[name] = true
		if _, err := rules.Compile(strings.ReplaceAll(found[1], ", ...", ""), scope, "any"); err != nil {
			t.Errorf("%s: %v", found[1], err)
		}
	}
	for _, text := range goFiles(t, "../../rules") {
		for _, found := range usage.FindAllStringSubmatch(text, -1) {
			if !named[found[1]] {
				t.Errorf("config/README.md does not name the function %s", found[1])
			}
		}
	}
}
