package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// coming is what the reference has and the decoder does not know yet.
func coming(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/coming.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out[line] = true
		}
	}
	return out
}

// decoded are the keys that the decoder knows, by concept.
func decoded() map[string][]string {
	out := map[string][]string{"file": vendorShape.keys, "caller": callerShape.keys, "client": clientShape.keys, "entra": entraShape.keys,
		"upstream": upstreamShape.keys, "kind": groupsShape.keys, "id": idShape.keys, "rule": ruleShape.keys, "attribute": attributeShape.keys,
		"members": membersShape.keys, "error": errorShape.keys}
	for _, c := range Reference() {
		for _, key := range c.Keys {
			if callKeys[key.Name] != nil && slices.Contains([]string{"call", "answer", "find"}, c.Name) {
				out[c.Name] = append(out[c.Name], key.Name)
			}
		}
	}
	return out
}

// TestReferenceKeys holds the reference against the decoder, either way.
func TestReferenceKeys(t *testing.T) {
	coming, got := coming(t), decoded()
	for _, c := range Reference() {
		var known, want []string
		for _, key := range c.Keys {
			name := "key " + c.Name + "." + key.Name
			switch is := slices.Contains(got[c.Name], key.Name); {
			case slices.Contains(known, key.Name):
				t.Errorf("%s has two rows", name)
			case coming[name] && is, coming["concept "+c.Name] && got[c.Name] != nil:
				t.Errorf("testdata/coming.txt: %s has come", name)
			case !coming[name] && !coming["concept "+c.Name]:
				want = append(want, key.Name)
			}
			known = append(known, key.Name)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got[c.Name]))); diff != "" {
			t.Errorf("keys of %s: the reference (-) and the decoder (+):\n%s", c.Name, diff)
		}
	}
	for key := range callKeys {
		if !slices.ContainsFunc([]string{"call", "answer", "find"}, func(concept string) bool { return slices.Contains(got[concept], key) }) {
			t.Errorf("calls have the key %q, which is not in the reference", key)
		}
	}
	if !slices.Equal(slices.Concat(usersShape.keys, []string{"members"}), groupsShape.keys) {
		t.Error("users and groups differ by more than members: the reference has one table for both")
	}
}

// TestReferenceShapes fails for a mapping of the decoder that TestReferenceKeys
// does not look at.
func TestReferenceShapes(t *testing.T) {
	var got []string
	files, _ := filepath.Glob("*.go")
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
					if named, ok := literal.Type.(*ast.Ident); ok && named.Name == "shape" {
						got = append(got, spec.Names[0].Name)
					}
				}
			}
			return true
		})
	}
	slices.Sort(got)
	want := []string{"attributeShape", "callerShape", "clientShape", "entraShape", "errorShape", "groupsShape", "idShape", "membersShape",
		"ruleShape", "upstreamShape", "usersShape", "vendorShape"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shapes that decoded knows (-) and those of the decoder (+):\n%s", diff)
	}
}

// TestReferenceTexts holds that rows are whole, and that types refer to what
// there is.
func TestReferenceTexts(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Reference() {
		known[c.Name] = true
	}
	for _, c := range Reference() {
		for _, key := range c.Keys {
			if key.Example == "" || !strings.HasSuffix(key.Says, ".") || strings.ContainsAny(key.Default+key.Says+key.Example, "|") {
				t.Errorf("%s.%s: a row needs an example and a sentence, and may have no |", c.Name, key.Name)
			}
			for _, name := range key.Type.concepts() {
				if !known[name] {
					t.Errorf("%s.%s: the reference has no concept %q", c.Name, key.Name, name)
				}
			}
		}
	}
}

// concepts are those that a type refers to.
func (t Type) concepts() []string {
	out := slices.Clone(t.Keys)
	for _, of := range t.Of {
		out = append(out, of.concepts()...)
	}
	return out
}

// later reports whether a row of the reference is still to come.
func later(coming map[string]bool, c Concept, key Key) bool {
	return coming["key "+c.Name+"."+key.Name] || coming["concept "+c.Name]
}

// needs is what examples need that the file does not have.
var needs = map[string]string{
	"attribute.lookup": "lookups: {roles: {request: GET /roles, items: roles, key: name, value: id}}",
}

// example lays the example of a key over the file, and gives the node of its
// value as well.
func example(t *testing.T, c Concept, key Key) (d *decoder, root, value *node) {
	t.Helper()
	body, err := os.ReadFile("testdata/reference.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if key.Name == "protocol" {
		body = []byte("vendor: helpdesk\ncallers: [{token: \"${env:SCIM_TOKEN}\"}]\nupstream: {url: https://helpdesk.example.com/scim}\nusers: {}\n")
	}
	d = &decoder{source: &source{name: c.Name + "." + key.Name}, opts: Options{Placeholders: true,
		Env: func(string) (string, bool) { return "", false }, ReadFile: func(string) ([]byte, error) { return []byte("text"), nil }}}
	root = d.source.parse(body)
	if more := needs[d.source.name]; more != "" {
		root.overlay(d.source.parse([]byte(more)))
	}
	d.source.lines = nil
	part := d.source.parse([]byte(framed(c.Under, key.Example)))
	if root == nil || part == nil {
		t.Fatalf("%s is not YAML:\n%s", d.source.name, d.source.finish())
	}
	root.overlay(part)
	return d, root, part.search(key.Name)
}

// framed puts an example under the keys of its concept. An example that begins
// with a key of the whole file stands there.
func framed(under, example string) string {
	if first, _, _ := strings.Cut(example, ":"); under == "" || slices.Contains(vendorShape.keys, first) || slices.Contains(vendorShape.later, first) {
		return example + "\n"
	}
	indent, out := "", ""
	for key := range strings.SplitSeq(under, ".") {
		out += indent + key + ":\n"
		indent += "  "
	}
	return out + indent + strings.ReplaceAll(example, "\n", "\n"+indent) + "\n"
}

// overlay replaces the keys of a mapping that another one has as well, and adds
// the rest.
func (n *node) overlay(part *node) {
	for _, p := range part.pairs {
		at := slices.IndexFunc(n.pairs, func(q pair) bool { return q.key.text == p.key.text })
		switch nested := slices.Contains([]string{"upstream", "users", "groups", "attributes"}, p.key.text); {
		case at < 0:
			n.pairs = append(n.pairs, p)
		case nested && p.value.kind == mapping && n.pairs[at].value.kind == mapping:
			n.pairs[at].value.overlay(p.value)
			*p.value = *n.pairs[at].value
			n.pairs[at] = p
		default:
			n.pairs[at] = p
		}
	}
}

// search gives the value of the innermost key of this name.
func (n *node) search(key string) (found *node) {
	for _, item := range n.items {
		if inner := item.search(key); inner != nil {
			found = inner
		}
	}
	for _, p := range n.pairs {
		if p.key.text == key {
			found = p.value
		}
		if inner := p.value.search(key); inner != nil {
			found = inner
		}
	}
	return found
}

// TestReferenceExamples loads every example. One that is still to come does not
// load.
func TestReferenceExamples(t *testing.T) {
	coming := coming(t)
	for _, c := range Reference() {
		for _, key := range c.Keys {
			d, root, value := example(t, c, key)
			d.vendor(root)
			found := d.source.finish()
			switch {
			case value == nil:
				t.Errorf("%s: the example does not have the key", d.source.name)
			case later(coming, c, key) && !found.HasErrors():
				t.Errorf("testdata/coming.txt: %s has come", d.source.name)
			case !later(coming, c, key) && len(found) > 0:
				t.Errorf("the example %s\n%s", key.Example, found)
			case !key.Type.fits(value):
				t.Errorf("%s: the example is not of the type %s", d.source.name, key.Type)
			}
		}
	}
}

// fits reports whether a node has the form of a type, as far as it shows.
func (t Type) fits(n *node) bool {
	switch t.Form {
	case FormEither:
		return slices.ContainsFunc(t.Of, func(of Type) bool { return of.fits(n) })
	case FormList:
		return n.kind == sequence && !slices.ContainsFunc(n.items, func(item *node) bool { return !t.Of[0].fits(item) })
	case FormMapping, FormKeys:
		return n.kind == mapping && !slices.ContainsFunc(n.pairs, func(p pair) bool { return t.Form == FormMapping && !t.Of[0].fits(p.value) })
	case FormWord:
		return n.kind == scalar && slices.Contains(t.Words, n.text)
	case FormBoolean:
		return n.text == "true" || n.text == "false"
	case FormInteger:
		_, err := strconv.Atoi(n.text)
		return err == nil
	case FormRequest:
		method, path, _ := strings.Cut(n.text, " ")
		return slices.Contains(methods, method) && strings.HasPrefix(path, "/")
	case FormValue:
		return true
	}
	return n.kind == scalar
}

// TestReferenceTypes holds that what a type does not allow is refused, and every
// word that it names understood.
func TestReferenceTypes(t *testing.T) {
	coming, tried := coming(t), 0
	for _, c := range Reference() {
		for _, key := range c.Keys {
			if later(coming, c, key) {
				continue
			}
			try := func(text string) Diagnostics {
				d, root, value := example(t, c, key)
				*value = node{kind: scalar, text: text, raw: text, line: value.line, column: value.column}
				d.vendor(root)
				return d.source.finish()
			}
			if found := try("non sense"); key.Type.closed() && !found.HasErrors() {
				t.Errorf("%s.%s is %s, and anything is accepted", c.Name, key.Name, key.Type)
			}
			for _, word := range key.Type.words() {
				tried++
				text := try(word).String()
				if is := strings.Contains(text, strconv.Quote(word)+" is not"); is != coming["word "+c.Name+"."+key.Name+" "+word] && !strings.Contains(text, "["+codeNotYet+"]") {
					t.Errorf("%s.%s: the word %s:\n%s", c.Name, key.Name, word, text)
				}
			}
		}
	}
	if tried < 25 {
		t.Errorf("only %d words were tried", tried)
	}
}

// closed reports whether a type allows certain texts alone.
func (t Type) closed() bool {
	if t.Form == FormEither {
		return !slices.ContainsFunc(t.Of, func(of Type) bool { return !of.closed() })
	}
	return slices.Contains([]Form{FormWord, FormBoolean, FormInteger, FormDuration, FormRate, FormRequest, FormList, FormMapping, FormKeys}, t.Form)
}

// words are those that a text may be.
func (t Type) words() []string {
	out := slices.Clone(t.Words)
	for _, of := range t.Of {
		if t.Form == FormEither {
			out = append(out, of.words()...)
		}
	}
	return out
}

// TestReferenceMeanings holds that `is` knows every meaning there is.
func TestReferenceMeanings(t *testing.T) {
	coming := coming(t)
	for _, c := range callConcepts() {
		for _, key := range c.Keys {
			if c.Name != "error" || key.Name != "is" {
				continue
			}
			words := slices.DeleteFunc(slices.Clone(key.Type.Words), func(word string) bool { return coming["word error.is "+word] })
			if diff := cmp.Diff(slices.Sorted(slices.Values(meanings)), slices.Sorted(slices.Values(words))); diff != "" {
				t.Errorf("meanings of the decoder (-) and of the reference (+):\n%s", diff)
			}
		}
	}
}

// TestComing fails for a line that nothing reads.
func TestComing(t *testing.T) {
	read := map[string]bool{}
	for _, c := range Reference() {
		read["concept "+c.Name] = true
		for _, key := range c.Keys {
			read["key "+c.Name+"."+key.Name] = true
			for _, word := range key.Type.words() {
				read["word "+c.Name+"."+key.Name+" "+word] = true
			}
		}
	}
	for _, line := range slices.Sorted(maps.Keys(coming(t))) {
		if kind, _, _ := strings.Cut(line, " "); !read[line] && kind != "name" && kind != "fence" {
			t.Errorf("testdata/coming.txt: %q is not in the reference", line)
		}
	}
}
