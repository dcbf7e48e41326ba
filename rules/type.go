package rules

import "github.com/expr-lang/expr/ast"

// Type is what an expression gives. Every type includes the absent value.
type Type string

const (
	textType    Type = "string"
	booleanType Type = "boolean"
	numberType  Type = "number"
	listType    Type = "list"
	objectType  Type = "object"
	bytesType   Type = "bytes" // of a part of an expression, never of all of it
	anyType     Type = "any"
	nothing     Type = "" // of nil, which fits everywhere
)

// noun is the type with its article, for messages.
func (t Type) noun() string {
	switch t {
	case objectType:
		return "an object"
	case anyType, nothing:
		return "a value of unknown type"
	case bytesType:
		return "bytes"
	}
	return "a " + string(t)
}

// fits reports whether a value of type got may stand where want is needed.
func fits(got, want Type) bool {
	return got == want || got == anyType || want == anyType || got == nothing
}

// common is the type of a value that is one or the other.
func common(a, b Type) Type {
	switch {
	case a == b, b == nothing:
		return a
	case a == nothing:
		return b
	}
	return anyType
}

func known(t Type) Type {
	if t == nothing {
		return anyType
	}
	return t
}

func mismatch(got, want Type) string {
	return "gives " + got.noun() + ", " + want.noun() + " is needed"
}

// conversion hints at the function that makes the wanted type, if there is one.
func conversion(got, want Type) string {
	switch {
	case want == textType && (got == numberType || got == booleanType):
		return "text(...) makes a string of it"
	case want == numberType && got == textType:
		return "number(...) makes a number of it"
	case want == textType && got == bytesType:
		return "hex(...) or base64(...) makes a string of them"
	case want == booleanType && got == textType:
		return "boolean(...) makes a boolean of it, has(...) asks whether it is there"
	}
	return ""
}

// kindOf is the type of a value; nothing for the absent one, and "value" for
// one that the language does not know.
func kindOf(v any) Type {
	switch v.(type) {
	case nil:
		return nothing
	case string:
		return textType
	case bool:
		return booleanType
	case int, float64:
		return numberType
	case []any:
		return listType
	case map[string]any:
		return objectType
	case octets:
		return bytesType
	}
	return "value"
}

// literalText is the text that stands in the expression itself.
func literalText(a typed) (text string, ok bool) {
	if n, is := a.Node.(*ast.StringNode); is && !a.secret {
		return n.Value, true
	}
	return "", false
}

// literalInteger is the whole number that stands in the expression itself.
func literalInteger(a typed) (number int, ok bool) {
	if n, is := a.Node.(*ast.IntegerNode); is {
		return n.Value, true
	}
	return 0, false
}
