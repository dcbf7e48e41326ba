package scim

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// randomOperations are PATCH operations over a few attributes, so that they meet.
func randomOperations(t *rapid.T) Value {
	paths := []string{"", "userName", "active", "name", "name.givenName", "emails", "emails.value", `emails[type eq "work"]`,
		`emails[type eq "work"].value`, `emails[type eq "home"].display`, `emails[type eq "work"].type`, `emails[primary eq true].value`,
		`emails[type eq "home"].primary`, `emails[type eq "home" and value eq "x"]`, "manager", EnterpriseURN, EnterpriseURN + ":department"}
	values := []string{`"x"`, `"True"`, `""`, `null`, `[]`, `{}`, `{"value":"x"}`, `{"givenName":"y","familyName":null}`,
		`[{"type":"work","value":"x"},{"type":"home","value":"y","primary":true}]`, `{"type":"home","value":"z"}`,
		`{"name.givenName":"z","active":"False","` + EnterpriseURN + `":{"department":"D","manager":""}}`, `[{"value":"x"}]`}
	operation := rapid.Custom(func(t *rapid.T) Value {
		v, _ := ParseJSON([]byte(rapid.SampledFrom(values).Draw(t, "value")), Limits{})
		return Object(
			Member{"op", String(rapid.SampledFrom([]string{"Add", "replace", "remove"}).Draw(t, "op"))},
			Member{"path", String(rapid.SampledFrom(paths).Draw(t, "path"))},
			Member{"value", v})
	})
	return Object(Member{"Operations", ListOf(rapid.SliceOfN(operation, 1, 4).Draw(t, "operations")...)})
}

func randomResource(t *rapid.T) string {
	return rapid.SampledFrom([]string{`{}`, `{"userName":"a","active":true,"name":{"givenName":"g","formatted":"f"}}`,
		`{"emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"x","display":"d"}]}`,
		`{"emails":[{"value":"x"},{"type":"home","value":"h","primary":true},{"type":"home","value":"x"}]}`,
		`{"` + EnterpriseURN + `":{"department":"d","manager":{"value":"m","displayName":"M"}}}`}).Draw(t, "resource")
}

func TestPatchProperties(t *testing.T) {
	catalog := userCatalog()
	applied, determined := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		before := mustJSON(t, randomResource(rt))
		patch, err := ParsePatch(catalog, randomOperations(rt))
		if err != nil {
			return
		}
		after, _, err := patch.Apply(before)
		if err != nil {
			if !after.Equal(before) {
				rt.Fatalf("half applied: %s", after.JSON())
			}
			return
		}
		applied++
		if folded, findings := catalog.Fold(after); findings != nil || !folded.Equal(after) {
			rt.Fatalf("%s is not folded: %v", after.JSON(), findings)
		}
		checkNames(rt, catalog, patch, before, after)
		if patch.Determined() {
			determined++
			checkDetermined(rt, catalog, patch, before, after)
		}
	})
	if applied == 0 || determined == 0 {
		t.Errorf("%d patches were applied, %d determined", applied, determined)
	}
}

// checkNames: a value that changes is one that an operation names.
func checkNames(t *rapid.T, c *Catalog, patch Patch, before, after Value) {
	for _, leaf := range c.Leaves() {
		gone := leaf.Sub != nil && leaf.Sub.Name == "primary" && leaf.Get(after).IsAbsent() // with the last value of its element
		if !patch.Names(leaf) && !gone && !leaf.Get(before).Equal(leaf.Get(after)) {
			t.Fatalf("%s changes and is not named: %s, %s", leaf, before.JSON(), after.JSON())
		}
	}
}

// checkDetermined: what is named comes out the same whatever was there before.
func checkDetermined(t *rapid.T, c *Catalog, patch Patch, before, after Value) {
	blank, _, err := patch.Apply(Object())
	if err != nil {
		t.Fatalf("on nothing: %v", err)
	}
	again, _, _ := patch.Apply(after)
	if !again.Equal(after) {
		t.Fatalf("on %s: %s, then %s", before.JSON(), after.JSON(), again.JSON())
	}
	for _, leaf := range c.Leaves() {
		if strings.HasSuffix(leaf.Dotted(), ".primary") || leaf.List() || !patch.Names(leaf) {
			continue
		}
		if !leaf.Get(blank).Equal(leaf.Get(after)) {
			t.Fatalf("%s is %s on nothing, %s on %s", leaf, leaf.Get(blank).JSON(), leaf.Get(after).JSON(), before.JSON())
		}
	}
}
