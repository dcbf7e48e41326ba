package scim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rows of testdata come from the tests of other implementations; each row
// names its source. Those that contradict the RFC or Entra are listed below by
// name, with the reason why we differ: a row that stops to differ fails too.

func readRows[T any](t *testing.T, file string) []T {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%s line %d: %v", file, len(rows)+1, err)
		}
		rows = append(rows, row)
	}
	return rows
}

func mustJSON(t testing.TB, text string) Value {
	t.Helper()
	v, err := ParseJSON([]byte(text), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// looseCatalog has the attributes of the standard schemas, and those of the
// given resources besides.
func looseCatalog(resources ...Value) *Catalog {
	core := CoreUser()
	extra := append(CoreGroup().Attributes, EnterpriseUser().Attributes...)
	for _, resource := range resources {
		core.Attributes = learn(core.Attributes, resource)
	}
	return NewCatalog(core, Extension{Schema: NewSchema("urn:extra", "Extra", "", extra...)},
		Extension{Schema: EnterpriseUser(), Alias: "enterprise"})
}

func learn(attributes []*Attribute, v Value) []*Attribute {
	for _, m := range v.Members() {
		a := find(attributes, m.Name)
		if a == nil && find(common(), m.Name) == nil && checkName(m.Name) == nil {
			a = &Attribute{Name: m.Name, Type: map[Kind]string{KindBoolean: TypeBoolean, KindNumber: TypeDecimal}[m.Value.Kind()],
				MultiValued: m.Value.Kind() == KindList}
			attributes = append(attributes, a)
		}
		if a == nil {
			continue
		}
		a.Sub = learn(a.Sub, m.Value)
		for _, item := range m.Value.Items() {
			a.Sub = learn(a.Sub, item)
		}
		if len(a.Sub) > 0 {
			a.Type = TypeComplex
		}
	}
	return attributes
}

// parseLoosely learns the attributes that the catalog does not know from the
// filter itself, since most rows use schemas of their own.
func parseLoosely(c *Catalog, filter string) (Filter, error) {
	for range 10 {
		f, err := ParseFilter(c, filter)
		var unknown *UnknownAttribute
		if !errors.As(err, &unknown) {
			return f, err
		}
		declare(c, unknown.Name)
	}
	return nil, errors.New("more than ten unknown attributes")
}

func declare(c *Catalog, name string) {
	if colon := strings.LastIndexByte(name, ':'); colon > 0 {
		attribute, sub, _ := strings.Cut(name[colon+1:], ".")
		a := &Attribute{Name: attribute}
		if sub != "" {
			a.Sub = []*Attribute{{Name: sub}}
		}
		if e, found := c.splitURN(name[:colon]); found {
			e.extension.Schema.Attributes = append(e.extension.Schema.Attributes, a)
			return
		}
		added := NewCatalog(c.core, Extension{Schema: NewSchema(name[:colon], "", "", a)})
		c.extensions = append(c.extensions, added.extensions...)
		return
	}
	attribute, sub, _ := strings.Cut(name, ".")
	a := find(c.attributes, attribute)
	if a == nil {
		a = &Attribute{Name: attribute, MultiValued: sub != ""}
		c.attributes = append(c.attributes, a)
	}
	if sub != "" {
		a.Sub = append(a.Sub, &Attribute{Name: sub})
	}
	complete([]*Attribute{a})
}

type filterRow struct {
	Source, Filter, Canonical string
	Valid                     bool
	Matches                   json.RawMessage
	Resource                  json.RawMessage
	Resources                 string
}

const (
	portalForm = "Entra's portal writes a sub-attribute after a value path, which the grammar lacks"
	caseFolded = "userName and name.formatted are not caseExact (RFC 7643 section 8.7.1)"
	quoted     = "Entra quotes every value: on a numeric attribute the text of a number is that number"
	cutOff     = "the row has the first line of a figure that the RFC breaks in two"
)

var filterDifferences = map[string]string{
	`schemas[value eq "urn:pingidentity:schemas:baseSchema"]`:                                                                                         "schemas is not complex and has no sub-attribute value",
	`emails[type eq "work" or type eq "home"].value ew "@example.org"`:                                                                                portalForm,
	`(userType eq "Employee" or userType eq "Manager") and emails[type eq "work" or (primary eq true and value co "@example.com")].display co "Work"`: portalForm,
	`userType eq "Employee" or emails[type eq "work" or (primary eq true and value co "@example.com")].display co "Work"`:                             portalForm,
	`userType eq "Employee" or emails[type eq "work" and (primary eq false and value co "@example.com")].display co "Work"`:                           portalForm,
	`emails[type eq "Primary"].value eq "001750ca-8202-47cd-b553-c63f4f245940"`:                                                                       portalForm,
	`userName co "A" and name.formatted co "a"`:                                                                                                       caseFolded,
	`date gt "2021-09-08" or userName co "a"`:                                                                                                         caseFolded,
	`number ne "6"`: quoted,
	`number gt "9"`: quoted,
	`number ge "9"`: quoted,
	`number le "6"`: quoted,
	`id eq "75D350DF-e2be-4F09-9C9A-F16F510E18B5"`:                "id is caseExact (RFC 7643 section 3.1)",
	`(meta.resourceType eq User) or (meta.resourceType eq Group)`: "the figure contradicts the grammar: a value is a JSON literal",
	`userType eq "Employee" and (emails co "example.com" or`:      cutOff,
	`userType ne "Employee" and not (emails co "example.com" or`:  cutOff,
	`userType eq "Employee" and emails[type eq "work" and`:        cutOff,
}

func TestFilterCases(t *testing.T) {
	seen := map[string]bool{}
	var sets map[string]json.RawMessage
	text, err := os.ReadFile("testdata/filter-resources.json")
	if err == nil {
		err = json.Unmarshal(text, &sets)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range readRows[filterRow](t, "testdata/filter-cases.jsonl") {
		seen[row.Filter] = true
		t.Run(row.Filter, func(t *testing.T) {
			problem := row.check(t, sets)
			reason, differs := filterDifferences[row.Filter]
			if differs != (problem != "") {
				t.Errorf("%s\ndiffers: %q, listed reason: %q", row.Source, problem, reason)
			}
		})
	}
	checkSeen(t, filterDifferences, seen)
}

// checkSeen demands that every listed difference is one of a row.
func checkSeen(t *testing.T, listed map[string]string, seen map[string]bool) {
	t.Helper()
	for name := range listed {
		if !seen[name] {
			t.Errorf("%q is listed as a difference and is no row", name)
		}
	}
}

// check gives what is wrong with our reading of the row, or "".
func (row filterRow) check(t *testing.T, sets map[string]json.RawMessage) string {
	var resources []Value
	switch {
	case row.Resource != nil:
		resources = []Value{mustJSON(t, string(row.Resource))}
	case row.Resources != "":
		resources = mustJSON(t, string(sets[row.Resources])).Items()
	}
	catalog := looseCatalog(resources...)
	f, err := parseLoosely(catalog, row.Filter)
	if (err == nil) != row.Valid {
		return "valid: " + errorText(err)
	}
	if row.Canonical != "" && f.String() != row.Canonical {
		return "canonical: " + f.String()
	}
	if resources == nil {
		return ""
	}
	got := matching(catalog, f, resources)
	want := "[" + strings.Trim(string(row.Matches), "[]") + "]"
	if row.Resource != nil {
		want = map[string]string{"true": "[0]", "false": "[]"}[string(row.Matches)]
	}
	if wanted := mustJSON(t, want); !got.Equal(wanted) {
		return "matches " + got.JSON() + ", not " + wanted.JSON()
	}
	return ""
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func matching(c *Catalog, f Filter, resources []Value) Value {
	var out []Value
	for i, resource := range resources {
		schemas := resource.Member("schemas")
		folded, _ := c.Fold(resource)
		if f.Matches(folded.With("schemas", schemas)) {
			out = append(out, Int(int64(i)))
		}
	}
	return ListOf(out...)
}

type patchRow struct {
	Name, Source, Error string
	Before, After       json.RawMessage
	Operations          json.RawMessage
	ErrorAccept         []string `json:"error_accept"`
	NeedsSchemaless     bool     `json:"needs_schemaless"`
}

const (
	replaced   = "RFC 7644 section 3.5.2.3: the elements that a filter selects, or all without one, are replaced and not merged"
	nested     = "not applicable: a multi-valued attribute inside a complex one, which no schema of ours has"
	passedOver = "an attribute that no schema has is ignored and reported: it must not sink the rest of the PATCH"
	onlyOne    = "RFC 7643 section 2.4: primary is true at most once"
)

var patchDifferences = map[string]string{
	"replace REPLACE: replace add and update fields in complex object":                                            replaced,
	"replace REPLACE: replace on multiValued objects without complete path":                                       replaced,
	"replace REPLACE: filter that match multiple elements of complex multiValued attribute without complete path": replaced,
	"add ADD: nested array element": nested,
	"add ADD: If the target location specifies a multi-valued attribute, a new value is added to the attribute.": nested,
	"add ADD: should not modify anything if element not found":                                                   nested,
	"remove REMOVE: nested array element":                                                                        nested,
	"remove REMOVE: with path and value but value is array of arrays":                                            nested,
	"remove REMOVE: nested array element with patch value as array with unknown value":                           nested,
	"remove REMOVE: simple nested array elements with value supplied":                                            nested,
	"remove REMOVE: simple nested array elements with non-existing in scope value supplied":                      nested,
	"remove REMOVE: with path and value but no array-field like exists":                                          passedOver,
	"invalid requests INVALID: path request missing":                                                             passedOver,
	"test_patch_op_add_invalid_extension_path":                                                                   passedOver,
	"test_patch_op_replace_invalid_extension_path":                                                               passedOver,
	"test_patch_op_remove_invalid_extension_path":                                                                passedOver,
	"test_patch_op_remove_invalid_extension_path_with_value":                                                     passedOver,
	"test_remove_specific_value_invalid_field":                                                                   passedOver,
	"add ADD: on array attribute when 'path' is absent & value is array should append all values":                onlyOne,
	"add ADD: on array attribute when 'path' is absent & value is non-array should append the value":             onlyOne,

	"replace REPLACE: Replace op with value of empty object results in circular reference": "{} is no text: there is nothing to make an element for",
	"add ADD: impossible to add a non object value to an object key":                       "a value of the wrong type is left out and reported: it must not sink the rest of the PATCH",
	"test_primary_auto_exclusion_rejects_multiple_new_primaries":                           "the first of two new primary values wins: refusing them would sink the rest of the PATCH",
	"remove REMOVE: primary email value":                                                   "an element of which only type and primary are left says nothing and goes",
	"test_add_operation_with_non_dict_value_no_path":                                       "RFC 7644 section 3.5.2.1: without a path the value is a set of attributes",
	"test_replace_operation_with_non_dict_value_no_path":                                   "RFC 7644 section 3.5.2.3: without a path the value is a set of attributes",
	"test_patch_replace_on_immutable_field_with_different_value_is_rejected":               "not applicable: an attribute of a schema of its own, immutable there; a vendor file's mutability is held elsewhere",
	"test_patch_error_handling_invalid_operation":                                          "RFC 7644 section 3.12: an operation of another name is invalidSyntax",
	"scimmy inbound/add[3]":                                                                "a text in a filter needs its quotes",
	"scimmy inbound/remove[7]":                                                             "a text in a filter needs its quotes",
	"scimmy inbound/remove[3]":                                                             "two members of one id are one member",
	"scimmy inbound/replace[1]":                                                            "RFC 7644 section 3.5.2.3: sub-attributes that are not named stay",
	"deleteItemWithComplexFilter":                                                          "the grammar has nothing after the closing bracket but a sub-attribute",
	"T02 replace null on required userName":                                                "whether an attribute may be removed is for the vendor file to say",
}

func TestPatchCases(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range readRows[patchRow](t, "testdata/patch-cases.jsonl") {
		seen[row.Name] = true
		t.Run(row.Name, func(t *testing.T) {
			problem := row.check(t)
			reason, differs := patchDifferences[row.Name]
			if differs != (problem != "") {
				t.Errorf("%s\ndiffers: %s\nlisted reason: %q", row.Source, problem, reason)
			}
		})
	}
	checkSeen(t, patchDifferences, seen)
}

func (row patchRow) check(t *testing.T) string {
	before := mustJSON(t, string(row.Before))
	catalog := looseCatalog(before)
	if row.After != nil {
		catalog = looseCatalog(before, mustJSON(t, string(row.After)))
	}
	before, _ = catalog.Fold(before)
	patch, err := ParsePatch(catalog, Object(Member{"Operations", mustJSON(t, string(row.Operations))}))
	after, findings := before, []Finding(nil)
	if err == nil {
		after, findings, err = patch.Apply(before)
	}
	if row.Error != "" {
		if err == nil {
			return "no error, but " + fmt.Sprint(findings)
		}
		if !strings.Contains(strings.Join(row.ErrorAccept, " "), err.ScimType) {
			return err.ScimType + ": " + err.Detail
		}
		return ""
	}
	if err != nil {
		return err.ScimType + ": " + err.Detail
	}
	want, _ := catalog.Fold(mustJSON(t, string(row.After)))
	if !want.Equal(after) {
		return cmp.Diff(want.Any(), after.Any())
	}
	return ""
}
