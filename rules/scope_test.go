package rules

import "testing"

// Where names are declared below an object, no others are allowed there.
func TestScopeOpen(t *testing.T) {
	scope := NewScope("a test").
		Name("name", objectType).Name("name.givenName", textType).
		Name("free", objectType).Name("list", listType).Name("list.x", textType).
		Name("any", anyType).Name("text", textType)
	tests := []struct{ expression, fail string }{
		{`name.givenName`, ``},
		{`name`, ``},
		{`name.given`, `unknown attribute "name.given" [unknown-attribute]`},
		{`free.anything[1]`, ``},
		{`list[0].y`, ``},
		{`list.y`, `unknown attribute "list.y" [unknown-attribute]`},
		{`list.x`, ``},
		{`any.thing`, ``},
		{`any`, ``},
		{`any[0]`, ``},
		{`text.x`, `unknown attribute "text.x" [unknown-attribute]`},
		{`any(list, .y == text)`, ``},
	}
	for _, tt := range tests {
		got := ""
		if _, fail := Compile(tt.expression, scope, anyType); fail != nil {
			got = fail.Error()
		}
		if got != tt.fail {
			t.Errorf("%s: %q, want %q", tt.expression, got, tt.fail)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"same", "same", 0},
		{"userNam", "userName", 1}, {"null", "nil", 2}, {"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
