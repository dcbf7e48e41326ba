package config

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/rules"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// generated is a part of README.md that stands between two comments.
var generated = regexp.MustCompile(`(?s)(<!-- generated: ([a-z]+) ?([a-z0-9]*) -->\n).*?(<!-- end -->\n)`)

// TestPage holds the tables of README.md against what they show.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	want := generated.ReplaceAllFunc(page, func(part []byte) []byte {
		found := generated.FindSubmatch(part)
		what, of := string(found[2]), string(found[3])
		met[what+" "+of] = true
		return slices.Concat(found[1], []byte("\n"+table(t, what, of)+"\n"), found[4])
	})
	if *update {
		if err := os.WriteFile("README.md", want, 0o644); err != nil {
			t.Fatal(err)
		}
		page = want
	}
	if diff := cmp.Diff(string(want), string(page)); diff != "" {
		t.Errorf("README.md is not up to date: go test ./config -run TestPage -update (-want +got):\n%s", diff)
	}
	wanted := []string{"names ", "functions ", "answers ", "codes "}
	for _, c := range Reference() {
		wanted = append(wanted, "keys "+c.Name)
		if !bytes.Contains(page, []byte("# "+c.Title+"\n")) {
			t.Errorf("README.md has no heading %q", c.Title)
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(wanted)), slices.Sorted(maps.Keys(met))); diff != "" {
		t.Errorf("tables that there are (-) and those of README.md (+):\n%s", diff)
	}
}

func table(t *testing.T, what, of string) string {
	switch what {
	case "keys":
		for _, c := range Reference() {
			if c.Name == of {
				return keyTable(c)
			}
		}
	case "names":
		return nameTable(t)
	case "functions":
		return functionTable()
	case "answers":
		return answerTable(t)
	case "codes":
		return codeTable(t)
	}
	t.Fatalf("README.md has a table %q %q that nothing makes", what, of)
	return ""
}

func keyTable(c Concept) string {
	var out strings.Builder
	out.WriteString("| key | type | without it | example | what it says |\n|---|---|---|---|---|\n")
	for _, key := range c.Keys {
		example := "`" + strings.ReplaceAll(key.Example, "\n", "`<br>`") + "`"
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", key.Name, linkedTypes(key.Type), key.Default, example, key.Says+operations(c, key))
	}
	return out.String()
}

// operations says in which operations a key of a call has a meaning.
func operations(c Concept, key Key) string {
	of := callKeys[key.Name]
	if c.Name != "call" && c.Name != "answer" || len(of) == 0 || len(of) == len(everywhere) {
		return ""
	}
	var names []string
	for _, op := range of {
		if name := strings.TrimPrefix(string(op), "members."); name != string(op) {
			names = append(names, "`"+name+"` of members")
		} else {
			names = append(names, "`"+name+"`")
		}
	}
	return " In " + strings.Join(names, ", ") + "."
}

var bracketed = regexp.MustCompile(`\[([a-z0-9]+)\]`)

// linkedTypes makes links of the concepts that a type refers to.
func linkedTypes(t Type) string {
	return bracketed.ReplaceAllStringFunc(t.String(), func(found string) string {
		for _, c := range Reference() {
			if "["+c.Name+"]" == found {
				return "[keys](#" + strings.ReplaceAll(strings.ToLower(c.Title), " ", "-") + ")"
			}
		}
		return found
	})
}

// placeNames is where expressions stand, in the order of the page. Places of one
// row have the same names.
var placeNames = []struct {
	places []transform.Place
	name   string
}{
	{[]transform.Place{transform.InRule, transform.InFixed}, "`rules`, `fixed`"},
	{[]transform.Place{transform.InWrite, transform.InDefault}, "`write`, `default`"},
	{[]transform.Place{transform.InRead}, "`read` of an attribute"},
	{[]transform.Place{transform.InGuard}, "`protect`"},
	{[]transform.Place{transform.InUpstream, transform.InLogin}, "`upstream`, calls of `login` and `refresh`"},
	{[]transform.Place{transform.InCreate}, "calls of `create`"},
	{[]transform.Place{transform.InFetch}, "the first call of `read`"},
	{[]transform.Place{transform.InJoin}, "further calls of `read`"},
	{[]transform.Place{transform.InUpdate}, "calls of `update` and `delete`"},
	{[]transform.Place{transform.InFind}, "calls of `find` and `list`"},
	{[]transform.Place{transform.InLookup}, "calls of `lookups`"},
	{[]transform.Place{transform.InMembers}, "calls of `members`"},
	{[]transform.Place{transform.InAnswer}, "`save`, `until`, `next`, `more`, `errors`"},
	{[]transform.Place{transform.InMemberAnswer}, "the same, of `members`"},
}

// meaningsOf says what each name is.
var meaningsOf = map[string]string{
	"before.":         "an attribute as it was. The user is read for it",
	"body.":           "a field of the answer",
	"cookies.":        "a cookie that the application has set, in this answer or in a call of `login` before",
	"field.name":      "a field that changes, and",
	"field.value":     "its value: with these two, the call is made once for each field",
	"fields.":         "a native field that is sent",
	"filter":          "what is looked for, as a filter of SCIM such as `userName eq \"ann@contoso.com\"`",
	"headers.":        "a header of the answer, in small letters",
	"id":              "the id, at the application; in calls of `create` from the call on that yields it; in those of members the group's",
	"idempotency_key": "a text in the form of a UUID: for a create the same however often it is tried, also after a restart; another for every other request",
	"member":          "what the application calls the member",
	"members":         "the same of all members, as a list",
	"native.":         "a native field: in calls of `create` as it is wanted, elsewhere as it is",
	"next":            "what `next` has found on the page before",
	"now":             "the time, such as `2026-01-31T09:00:00Z`",
	"operation":       "`create`, `read` and so on",
	"operations":      "the changed fields as operations of a PATCH",
	"page":            "the number of the page, from 1",
	"saved.":          "what a call before has saved: of the same operation, or of the `read` before an `update` or `delete`",
	"seen":            "how many were shown on the pages before",
	"session.":        "what `login` has saved; with `oauth2` `session.token`",
	"status":          "the status of the answer",
	"text":            "its body as a text",
	"value":           "the attribute's own value; in searches what is looked for",
}

// nameTable shows which names an expression may use.
func nameTable(t *testing.T) string {
	catalog := scim.NewCatalog(scim.CoreUser())
	plain, speaking := transform.NewScopes(catalog, nil, false).Names(), transform.NewScopes(catalog, nil, true).Names()
	var out strings.Builder
	out.WriteString("| where | names |\n|---|---|\n")
	used := map[string]bool{}
	for _, p := range placeNames {
		var names []string
		place := p.places[0]
		attributes := slices.Contains(plain[place], "userName")
		for _, name := range speaking[place] {
			if _, err := catalog.ParseDotted(name); err == nil && attributes {
				continue
			}
			used[name] = true
			shown := "`" + name + "`"
			if !slices.Contains(plain[place], name) {
				shown += " (with `protocol: scim`)"
			}
			names = append(names, shown)
		}
		if attributes {
			names = append([]string{"the SCIM attributes"}, names...)
		}
		fmt.Fprintf(&out, "| %s | %s |\n", p.name, strings.Join(names, ", "))
		for _, other := range p.places[1:] {
			if diff := cmp.Diff(speaking[place], speaking[other]); diff != "" {
				t.Errorf("names in %q (-) and in %q (+), which share a row:\n%s", place, other, diff)
			}
		}
		maps.DeleteFunc(speaking, func(known transform.Place, _ []string) bool { return slices.Contains(p.places, known) })
	}
	for _, place := range slices.Sorted(maps.Keys(speaking)) {
		t.Errorf("the page has no row for expressions in %q", place)
	}
	out.WriteString("\n| name | what it is |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(meaningsOf)) {
		if !used[name] {
			t.Errorf("the page says what %q is, which no expression may use", name)
		}
		fmt.Fprintf(&out, "| `%s` | %s |\n", name, meaningsOf[name])
		delete(used, name)
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		t.Errorf("the page does not say what the name %q is", name)
	}
	return out.String()
}

func functionTable() string {
	var out strings.Builder
	out.WriteString("| function | gives |\n|---|---|\n")
	for _, f := range rules.Functions() {
		fmt.Fprintf(&out, "| `%s` | %s |\n", f.Usage, f.About)
	}
	return out.String()
}

// answered is a row of the table of answers: those to one kind of call.
type answered struct {
	when   string
	op     transform.Operation
	answer transform.Answer
	more   string // behind what follows from the answer
}

var answerRows = []answered{
	{"cannot be reached", transform.Read, transform.Answer{Delivery: transform.NotSent}, ", with the time after which to try again"},
	{"answers 5xx", transform.Read, transform.Answer{Status: 500}, ", likewise"},
	{"answers 412 to a write: it was changed meanwhile", transform.Update, transform.Answer{Status: 412}, ", likewise"},
	{"does not answer in time", transform.Read, transform.Answer{Delivery: transform.Late}, ". Before, a create is looked up: if it was made after all, it counts"},
	{"breaks the connection during a write", transform.Update, transform.Answer{Delivery: transform.Lost}, ". Before, a create is looked up"},
	{"refuses scimshim's own key (401, 403)", transform.Read, transform.Answer{Status: 401}, ". Where there is a login, after a new one"},
	{"answers 404 elsewhere than to `read`", transform.Find, transform.Answer{Status: 404}, ""},
	{"redirects", transform.Read, transform.Answer{Status: 302}, ""},
	{"sends HTML, or another page that it does not mean", transform.Read, transform.Answer{Status: 200, Headers: []transform.Header{{Name: "Content-Type", Value: "text/html"}}, Body: []byte("<p>")}, ""},
	{"sends broken JSON", transform.List, transform.Answer{Status: 200, Body: []byte("{")}, ""},
	{"refuses a write with 409", transform.Create, transform.Answer{Status: 409}, ""},
	{"refuses a write with 400 or 422", transform.Update, transform.Answer{Status: 422}, ", naming the attribute where it is known"},
	{"says 429", transform.Create, transform.Answer{Status: 429}, ", with the time after which to try again"},
	{"has too many calls waiting already", transform.Read, transform.Answer{Delivery: transform.Queued}, ", likewise"},
	{"has failed several times in a row", transform.Read, transform.Answer{Delivery: transform.Tripped}, ", likewise, without a call"},
	{"answers anything else to a read or search", transform.Find, transform.Answer{Status: 418}, ""},
}

// answerTable shows what Entra is told, as package transform has it. Two rows
// need more than the answer.
func answerTable(t *testing.T) string {
	var out strings.Builder
	out.WriteString("| the application | Entra is answered |\n|---|---|\n")
	for _, row := range answerRows {
		got := transform.Send{Call: &transform.Call{Operation: row.op}}.Outcome(row.answer)
		told := fmt.Sprint(got.Status)
		if got.ScimType != "" {
			told += " `" + got.ScimType + "`"
		}
		if strings.Contains(row.more, "after which") && got.RetryAfter == 0 {
			t.Errorf("%s: no time to try again", row.when)
		}
		fmt.Fprintf(&out, "| %s | %s%s |\n", row.when, told, row.more)
	}
	out.WriteString("| answers 404 to `read` | 404, if that [can be believed](../README.md#what-may-be-said-about-a-user) |\n")
	out.WriteString("| has the account under `protect` | 400 `mutability` |\n")
	return out.String()
}

// codeTable shows the codes of messages, each with a sentence.
func codeTable(t *testing.T) string {
	text, err := os.ReadFile("testdata/codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	var out strings.Builder
	out.WriteString("| code | what is wrong |\n|---|---|\n")
	for line := range strings.Lines(string(text)) {
		code, sentence, _ := strings.Cut(strings.TrimSpace(line), ": ")
		described = append(described, code)
		fmt.Fprintf(&out, "| `%s` | %s |\n", code, sentence)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(codes(t))), described); diff != "" {
		t.Errorf("codes (-) and testdata/codes.txt, sorted (+):\n%s", diff)
	}
	return out.String()
}
