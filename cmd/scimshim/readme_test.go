package main

import (
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"scimshim/config"
)

var fenced = regexp.MustCompile("(?ms)^ *```(\\w+)\n(.*?)^ *```$")

// manual is the page of the vendor file.
const manual = "../../config/README.md"

// pages gives the text of README.md, of the manual and of the examples' pages.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../examples/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range append(names, "../../README.md", manual) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

func readme(t *testing.T) string { return pages(t)["../../README.md"] }

// fences gives the blocks of a language.
func fences(text, language string) (out []string) {
	for _, found := range fenced.FindAllStringSubmatch(text, -1) {
		if found[1] == language {
			out = append(out, found[2])
		}
	}
	return out
}

// only gives the one block of README.md that contains a text.
func only(t *testing.T, language, containing string) string {
	t.Helper()
	found := slices.DeleteFunc(fences(readme(t), language), func(text string) bool { return !strings.Contains(text, containing) })
	if len(found) != 1 {
		t.Fatalf("README.md has %d %s blocks with %q, not one", len(found), language, containing)
	}
	return found[0]
}

// TestPagesVendorFiles loads every file that a page shows. A part of a file is
// laid over the one that README.md builds up.
func TestPagesVendorFiles(t *testing.T) {
	for page, text := range pages(t) {
		for _, part := range fences(text, "yaml") {
			file := part
			if !strings.HasPrefix(file, "vendor: ") {
				whole := only(t, "yaml", "vendor: helpdesk")
				if strings.HasPrefix(file, "groups:") { // a part of the groups of README.md
					whole = lay(whole, only(t, "yaml", "groups:\n  id:"), "")
				}
				file = lay(whole, file, "")
			}
			read := func(name string) ([]byte, error) {
				if name != "page.yaml" {
					return []byte("of-" + name), nil // what `${file:PATH}` names
				}
				return []byte(file), nil
			}
			_, found := config.Load([]string{"page.yaml"}, config.Options{ReadFile: read, Placeholders: true,
				Env: func(string) (string, bool) { return "", false }})
			if line := announced(t, part); line != "" && found.HasErrors() {
				continue
			} else if line != "" {
				t.Errorf("config/testdata/coming.txt: %q has come", line)
			}
			if diff := cmp.Diff("", found.String()); diff != "" {
				t.Errorf("a file in %s (-want +got):\n%s", page, diff)
			}
		}
	}
}

// announced gives the line of config/testdata/coming.txt that says of a block
// that it is still to come: the line has a text of it.
func announced(t *testing.T, block string) string {
	t.Helper()
	coming, err := os.ReadFile("../../config/testdata/coming.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(coming)) {
		line = strings.TrimSuffix(line, "\n")
		if text, is := strings.CutPrefix(line, "fence "); is && strings.Contains(block, text) {
			return line
		}
	}
	return ""
}

// lay replaces the keys of a file that a part of one has as well, and adds the
// others. What was written in lines of its own is laid over line by line.
func lay(file, part, indent string) string {
	keys, blocks := keysOf(file, indent)
	added, parts := keysOf(part, indent)
	for _, key := range added {
		under := "\n" + indent + "  "
		nested := func(block string) bool {
			return strings.HasPrefix(block, indent+key+":"+under) && !strings.HasPrefix(block, indent+key+":"+under+"- ")
		}
		head := indent + key + ":\n"
		if blocks[key] == "" {
			keys = append(keys, key)
		}
		if nested(blocks[key]) && nested(parts[key]) {
			blocks[key] = head + lay(strings.TrimPrefix(blocks[key], head), strings.TrimPrefix(parts[key], head), indent+"  ")
		} else {
			blocks[key] = parts[key]
		}
	}
	var out strings.Builder
	for _, key := range keys {
		out.WriteString(blocks[key])
	}
	return out.String()
}

// keysOf cuts a mapping in YAML at the keys that stand at an indentation.
func keysOf(text, indent string) (keys []string, blocks map[string]string) {
	blocks = map[string]string{}
	for line := range strings.Lines(text) {
		if rest := strings.TrimPrefix(line, indent); !strings.HasPrefix(rest, " ") {
			key, _, _ := strings.Cut(rest, ":")
			keys = append(keys, key)
		}
		blocks[keys[len(keys)-1]] += line
	}
	return keys, blocks
}

// TestLay keeps the tests of parts from testing the whole alone.
func TestLay(t *testing.T) {
	file := "vendor: x\nusers:\n  id: id\n  attributes:\n    userName: a\n    title: t\n  update: PATCH /\ngroups: unsupported\n"
	part := "extensions:\n  urn:x: {y: string}\nusers:\n  attributes:\n    title: {native: t}\n    y: why\n  update:\n    - PUT /\n"
	want := "vendor: x\nusers:\n  id: id\n  attributes:\n    userName: a\n    title: {native: t}\n    y: why\n  update:\n    - PUT /\n" +
		"groups: unsupported\nextensions:\n  urn:x: {y: string}\n"
	if diff := cmp.Diff(want, lay(file, part, "")); diff != "" {
		t.Errorf("the part laid over the file (-want +got):\n%s", diff)
	}
}

// shown is how a command of a page is tested: it is run in a folder with the
// files of README.md, and prints want, or the block that contains quoted. Or
// something else stands in for it.
type shown struct{ want, quoted, instead string }

var commands = map[string]shown{
	"go run ./cmd/scimshim demo":                     {instead: "TestDemo plays it"},
	"go test ./...":                                  {instead: "this is one of the tests"},
	"go build -o scimshim ./cmd/scimshim":            {instead: "the program under test was built so"},
	"export SCIM_TOKEN=a-long-random-text":           {instead: "the demo sets these variables"},
	"./scimshim run --listen 127.0.0.1:8080 ":        {instead: "TestRun serves a file; this would not end"},
	"go run ./examples/suites &":                     {instead: "this would not end"},
	"export SCIM_TOKEN=token ":                       {instead: "for the line above and the one below"},
	"./scimshim run --state new.db ":                 {instead: "TestDiscoveryIsTrue serves these files; this would not end"},
	`curl -u "entra:$CLIENT_SECRET" -d grant_type=`:  {instead: "TestRunClients asks in the same words"},
	"./scimshim check helpdesk.yaml":                 {want: ""},
	"./scimshim test helpdesk.yaml":                  {want: "ok helpdesk.yaml 1 case\n"},
	"./scimshim explain helpdesk.yaml < request.txt": {quoted: "update 1: send"},
}

func TestPagesCommands(t *testing.T) {
	met := map[string]bool{}
	for page, text := range pages(t) {
		for _, block := range fences(text, "sh") {
			for line := range strings.Lines(block) {
				key := known(strings.TrimSpace(line))
				if met[key] = true; key == "" {
					t.Errorf("%s: the command %q is not in the table of this test", page, line)
				} else if how := commands[key]; how.instead == "" {
					if how.quoted != "" {
						how.want = only(t, "text", how.quoted)
					}
					expectOutput(t, key, how.want)
				}
			}
		}
	}
	for key := range commands {
		if !met[key] {
			t.Errorf("no page has the command %q any more", key)
		}
	}
}

// known gives the row of the table for a command; a row that is not run may be
// its beginning.
func known(command string) string {
	for key, how := range commands {
		if command == key || how.instead != "" && strings.HasPrefix(command, key) {
			return key
		}
	}
	return ""
}

// desk makes a folder with the program and the files of README.md.
func desk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	plant(t, filepath.Join(folder, "helpdesk.yaml"), only(t, "yaml", "vendor: helpdesk"))
	plant(t, filepath.Join(folder, "cases/disable.txtar"), only(t, "txtar", "-- request --"))
	plant(t, filepath.Join(folder, "request.txt"), only(t, "http", "PATCH"))
	program, err := exec.LookPath("scimshim")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(folder, "scimshim")); err != nil {
		t.Fatal(err)
	}
	return folder
}

func expectOutput(t *testing.T, command, want string) {
	t.Helper()
	shell := exec.Command("sh", "-c", command)
	shell.Dir = desk(t)
	got, err := shell.CombinedOutput()
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%s: %v (-want +got):\n%s", command, err, diff)
	}
}

// TestReadmeMistake makes the mistake that README.md shows the message for.
func TestReadmeMistake(t *testing.T) {
	folder := desk(t)
	good := only(t, "yaml", "vendor: helpdesk")
	bad := strings.Replace(good, "displayName: name", "displayNam: name", 1)
	plant(t, filepath.Join(folder, "helpdesk.yaml"), bad)
	check := exec.Command("./scimshim", "check", "helpdesk.yaml")
	check.Dir = folder
	got, _ := check.CombinedOutput()
	if diff := cmp.Diff(only(t, "text", "[unknown-attribute]"), string(got)); diff != "" {
		t.Errorf("README.md (-) and check (+):\n%s", diff)
	}
}

var (
	figures = regexp.MustCompile(`\d+(\.\d+)?`)
	spaces  = regexp.MustCompile(` +`)
)

// figureless makes lines comparable that differ in numbers and in their columns.
func figureless(line string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(figures.ReplaceAllString(line, "N"), " "))
}

// TestReadmeDemo holds that the demo prints the lines that README.md quotes, in
// that order. A line may go on where the quotation ends.
func TestReadmeDemo(t *testing.T) {
	run := playDemo(t, t.Context(), demoSettings{users: 200}, io.Discard)
	if run.err != nil {
		t.Fatalf("the demo failed: %v\n%s", run.err, run.problems)
	}
	rest := strings.Split(run.out, "\n")
	for quoted := range strings.Lines(only(t, "text", "nothing has changed")) {
		want := figureless(quoted)
		at := slices.IndexFunc(rest, func(line string) bool { return strings.HasPrefix(figureless(line), want) })
		if at < 0 {
			t.Errorf("the demo does not print, in this order: %s", quoted)
			continue
		}
		rest = rest[at:]
	}
	if !strings.Contains(run.out, "\nwrites in the unchanged cycle: 0 from Entra, 0 native\n") {
		t.Errorf("the unchanged cycle wrote something:\n%s", run.tail())
	}
}

var ticked = regexp.MustCompile("`([^`]+)`")

// section gives a part of README.md, from its heading to the next one of the
// same rank.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(readme(t), "\n"+heading+"\n")
	if !found {
		t.Fatalf("README.md has no heading %q", heading)
	}
	rank, _, _ := strings.Cut(heading, " ")
	part, _, _ := strings.Cut(rest, "\n"+rank+" ")
	return part
}

func TestReadmeMap(t *testing.T) {
	named := map[string]bool{}
	for _, found := range ticked.FindAllStringSubmatch(section(t, "## A map of the code"), -1) {
		named[found[1]] = true
		if _, err := os.Stat(filepath.Join("../..", found[1])); err != nil {
			t.Errorf("the map names what is not there: %v", err)
		}
	}
	_, folders := sources(t, "../..")
	for folder := range folders {
		if !named[folder] && path.Base(folder) != "app" { // an example's program is named by its example
			t.Errorf("the map does not name %s", folder)
		}
	}
}

var (
	linked  = regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unlike  = regexp.MustCompile(`[^a-z0-9 -]`)
)

// anchors are those that headings make.
func anchors(text string) (out []string) {
	for _, found := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		out = append(out, strings.ReplaceAll(unlike.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-"))
	}
	return out
}

// TestPagesLinks follows the links between the pages, to their headings as well.
func TestPagesLinks(t *testing.T) {
	pages := pages(t)
	for page, text := range pages {
		for _, found := range linked.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			to := page
			if found[1] != "" {
				to = filepath.Join(filepath.Dir(page), found[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: a dead link: %v", page, err)
			}
			if known, ours := pages[to]; ours && found[2] != "" && !slices.Contains(anchors(known), found[2]) {
				t.Errorf("%s: a link to %s#%s, which has no such heading", page, to, found[2])
			}
		}
	}
}

// TestReadmeCommandLine holds the tables against the commands and the flags of
// run, either way.
func TestReadmeCommandLine(t *testing.T) {
	part := section(t, "## The command line")
	var want, got []string
	for _, cmd := range newRoot().Commands() {
		if !cmd.Hidden && cmd.Name() != "help" && cmd.Name() != "completion" {
			want = append(want, "scimshim "+cmd.Use)
		}
	}
	want = append(want, flags(newRun())...)
	for line := range strings.Lines(part) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, found := range ticked.FindAllStringSubmatch(cell, -1) {
			if strings.HasPrefix(line, "|") {
				got = append(got, found[1])
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the commands (-) and README.md (+):\n%s", diff)
	}
	var every []string
	for _, cmd := range newRoot().Commands() {
		every = append(every, flags(cmd)...)
	}
	for _, name := range flagName.FindAllString(readme(t), -1) {
		if !slices.Contains(append(every, "--help"), name) {
			t.Errorf("README.md names the flag %s, which no command has", name)
		}
	}
}

// flags gives those that are not hidden.
func flags(cmd *cobra.Command) []string {
	return flagName.FindAllString(cmd.Flags().FlagUsages(), -1)
}

var flagName = regexp.MustCompile(`--[a-z][a-z-]*`)
