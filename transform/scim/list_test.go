package scim

import "testing"

func TestListJSON(t *testing.T) {
	for _, c := range []struct {
		list List
		want string
	}{
		{List{StartIndex: 1},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`},
		{List{Total: 7, StartIndex: 3, ItemsPerPage: 1, Resources: []Value{Object(Member{"id", String("x")})}},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"x"}]}`},
	} {
		if got := c.list.JSON(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
