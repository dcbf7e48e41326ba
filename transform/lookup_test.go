package transform

import (
	"fmt"
	"testing"

	"scimshim/transform/scim"
)

// A request may name as many values as it has room for. Were each looked for among all
// of them, this would not end before the tests do.
func TestManyElements(t *testing.T) {
	const many = 250_000
	path, err := scim.NewCatalog(scim.CoreUser()).ParsePath("roles")
	if err != nil {
		t.Fatal(err)
	}
	elements := make([]scim.Value, 0, 2*many)
	for i := range 2 * many {
		elements = append(elements, scim.Object(scim.Member{Name: "value", Value: scim.String(fmt.Sprint(i % many))}))
	}
	a := &Attribute{Path: path, Elements: true}
	v, problem := a.sentFor(scim.ListOf(elements...), nil)
	if n := len(v.Items()); n != many || problem != "" || v.Items()[many-1].Text() != fmt.Sprint(many-1) {
		t.Errorf("%d values are sent, %s", n, problem)
	}
}
