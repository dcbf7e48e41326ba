package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestStrangeManager: a manager whom the vendor does not know is kept, and the log warns
// that the vendor's own stays.
func TestStrangeManager(t *testing.T) {
	r, _ := clubsRig(t, "    enterprise.manager: {native: boss, by: userName}", "    native: members")
	const path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
	for manager, status := range map[string]int{"n2": 200, "who": 204} {
		before := len(r.log.String())
		r.must(t, status, "PATCH", "/Users/n1", patchMembers(fmt.Sprintf(`[{"op":"add","path":"%s","value":"%s"}]`, path, manager)))
		warns := false
		for line := range strings.Lines(r.log.String()[before:]) {
			warns = warns || strings.Contains(line, `"level":"warn"`) &&
				strings.Contains(line, `"dropped":["enterprise.manager.value: the vendor has no user with the id it refers to: it is kept here, and the vendor's own stays"]`)
		}
		if warns != (manager == "who") {
			t.Errorf("the manager is %s, and the log says\n%s", manager, r.log)
		}
	}
}
