package transform

import (
	"slices"
	"strings"

	"scimshim/transform/scim"
)

// complaints are how vendors name what went wrong in an answer with status 200.
var complaints = []string{"error", "errors", "exception", "fault"}

// complains gives the name under which the answer to a write tells of an error; "" for
// an answer that has the resource in it, or nothing under such a name. Of a call with
// until the file says itself what is success.
func (s Send) complains(body scim.Value) string {
	if s.Call.Until != nil || s.Call.idOf(s.Call.Item.Get(body), s.kind.ID) != "" {
		return ""
	}
	for _, m := range body.Members() {
		if slices.Contains(complaints, strings.ToLower(m.Name)) && says(m.Value) {
			return m.Name
		}
	}
	return ""
}

// says reports whether a value is more than a way to say that there is nothing.
func says(v scim.Value) bool {
	switch v.Kind() {
	case scim.KindObject:
		return len(v.Members()) > 0
	case scim.KindBoolean, scim.KindNumber:
		return v.Text() != "false" && v.Text() != "0"
	}
	return !v.IsEmpty()
}
