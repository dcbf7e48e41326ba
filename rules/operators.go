package rules

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// operators are functions as well, so that absent operands mean the same
// everywhere: a comparison with one is false, arithmetic with one is absent.
var operators = map[string]*function{
	"==":         {name: "==", args: []Type{anyType, anyType}, out: booleanType, absent: absentGiven, check: sameKinds, call: equals},
	"!=":         {name: "!=", args: []Type{anyType, anyType}, out: booleanType, absent: absentGiven, check: sameKinds, call: differs},
	"<":          order("<", func(sign int) bool { return sign < 0 }),
	"<=":         order("<=", func(sign int) bool { return sign <= 0 }),
	">":          order(">", func(sign int) bool { return sign > 0 }),
	">=":         order(">=", func(sign int) bool { return sign >= 0 }),
	"in":         {name: "in", args: []Type{anyType, listType}, out: booleanType, absent: absentFalse, call: in},
	"contains":   textTest("contains", strings.Contains),
	"startsWith": textTest("startsWith", strings.HasPrefix),
	"endsWith":   textTest("endsWith", strings.HasSuffix),
	"+":          {name: "+", args: []Type{anyType, anyType}, many: true, result: sumType, absent: absentGiven, check: addable, call: add},
	"-":          arithmetic("-", func(a, b int) int { return a - b }, func(a, b float64) float64 { return a - b }),
	"*":          arithmetic("*", func(a, b int) int { return a * b }, func(a, b float64) float64 { return a * b }),
	"/":          {name: "/", args: []Type{numberType, numberType}, out: numberType, call: divide},
	"%":          {name: "%", args: []Type{numberType, numberType}, out: numberType, call: remainder},
}

// signs are the operators of one operand; the sign of a literal is part of it.
var signs = map[string]*function{
	"-": {name: "-", args: []Type{numberType}, out: numberType, call: negate},
}

func sameKinds(f *function, arguments []typed) string {
	a, b := arguments[0].kind, arguments[1].kind
	if fits(a, b) || fits(b, a) {
		return ""
	}
	return f.name + " compares " + a.noun() + " with " + b.noun() + ", which are never equal"
}

func equals(_ bounds, args []any) (any, error) { return equal(args[0], args[1]), nil }

func differs(_ bounds, args []any) (any, error) { return !equal(args[0], args[1]), nil }

// equal compares numbers by value and everything else by kind and content.
func equal(a, b any) bool {
	switch x := a.(type) {
	case int, float64:
		return kindOf(b) == numberType && compareNumbers(a, b) == 0
	case []any:
		y, ok := b.([]any)
		return ok && equalLists(x, y)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && equalObjects(x, y)
	}
	return kindOf(a) == kindOf(b) && a == b
}

func equalLists(a, b []any) bool {
	for i := range a {
		if len(a) != len(b) || !equal(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

func equalObjects(a, b map[string]any) bool {
	for name, value := range a {
		other, ok := b[name]
		if !ok || !equal(value, other) {
			return false
		}
	}
	return len(a) == len(b)
}

// compareNumbers is negative, zero or positive. Integers do not pass through
// float64, which would make large ids equal.
func compareNumbers(a, b any) int {
	x, whole := a.(int)
	y, both := b.(int)
	switch {
	case whole && both && x == y, !(whole && both) && float(a) == float(b):
		return 0
	case whole && both && x < y, !(whole && both) && float(a) < float(b):
		return -1
	}
	return 1
}

func float(v any) float64 {
	if i, ok := v.(int); ok {
		return float64(i)
	}
	f, _ := v.(float64)
	return f
}

func order(name string, holds func(sign int) bool) *function {
	compare := func(_ bounds, args []any) (any, error) {
		a, b := kindOf(args[0]), kindOf(args[1])
		if message := unordered(name, a, b); message != "" {
			return nil, faultf("%s", message)
		}
		if a == textType {
			return holds(strings.Compare(args[0].(string), args[1].(string))), nil
		}
		return holds(compareNumbers(args[0], args[1])), nil
	}
	check := func(f *function, arguments []typed) string {
		return unordered(name, arguments[0].kind, arguments[1].kind)
	}
	return &function{name: name, args: []Type{anyType, anyType}, out: booleanType, absent: absentFalse, check: check, call: compare}
}

// unordered returns a message unless both are numbers or both are strings.
func unordered(name string, a, b Type) string {
	for _, kind := range []Type{numberType, textType} {
		if fits(a, kind) && fits(b, kind) {
			return ""
		}
	}
	return name + " compares two numbers or two strings, not " + a.noun() + " and " + b.noun()
}

func in(b bounds, args []any) (any, error) {
	list := args[1].([]any)
	if len(list) > b.search {
		return nil, tooMany("in", b.search)
	}
	for _, item := range list {
		if equal(args[0], item) {
			return true, nil
		}
	}
	return false, nil
}

func textTest(name string, holds func(s, part string) bool) *function {
	test := func(_ bounds, args []any) (any, error) {
		return holds(args[0].(string), args[1].(string)), nil
	}
	return &function{name: name, args: []Type{textType, textType}, out: booleanType, absent: absentFalse, call: test}
}

// matches compiles its pattern at load, which must therefore be a constant.
func (t *translation) matches(n *ast.BinaryNode) (typed, *Error) {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return typed{}, t.fail(n.Right, badExpression, "the pattern of matches is a quoted text")
	}
	re, err := regexp.Compile(pattern.Value)
	if err != nil {
		return typed{}, t.fail(n.Right, badExpression, patternMessage(pattern.Value, err))
	}
	test := func(_ bounds, args []any) (any, error) { return re.MatchString(args[0].(string)), nil }
	f := &function{name: "matches", args: []Type{textType}, out: booleanType, absent: absentFalse, call: test}
	return t.call(f, n, []ast.Node{n.Left})
}

func patternMessage(pattern string, err error) string {
	var s *syntax.Error
	if errors.As(err, &s) {
		return fmt.Sprintf("pattern %q: %s", pattern, s.Code)
	}
	return fmt.Sprintf("pattern %q cannot be understood", pattern)
}

// addable refuses what add would refuse, as far as the types are known.
func addable(_ *function, arguments []typed) string {
	kind := nothing
	for _, a := range arguments {
		if a.kind == anyType || a.kind == nothing {
			continue
		}
		if message := addition(kind, a.kind); message != "" {
			return message
		}
		kind = a.kind
	}
	return ""
}

// sumType is that of the first operand that has a known one, since add takes
// no others beside it.
func sumType(arguments []typed) Type {
	for _, a := range arguments {
		if a.kind != anyType && a.kind != nothing {
			return a.kind
		}
	}
	return anyType
}

// addition returns a message unless a further operand of type b can be added
// to one of type a.
func addition(a, b Type) string {
	switch {
	case b != textType && b != numberType:
		return "+ joins strings or adds numbers, not " + b.noun()
	case a != nothing && a != b:
		return "+ needs strings only or numbers only, text(x) makes a string of a number"
	}
	return ""
}

// add joins strings, where an absent one is empty, or adds numbers, where an
// absent one makes the sum absent.
func add(b bounds, args []any) (any, error) {
	kind, length := nothing, 0
	for _, arg := range args {
		if arg == nil {
			continue
		}
		if message := addition(kind, kindOf(arg)); message != "" {
			return nil, faultf("%s", message)
		}
		kind = kindOf(arg)
		if s, ok := arg.(string); ok {
			length += len(s)
		}
	}
	switch {
	case length > b.made:
		return nil, b.tooLong("+")
	case kind == textType:
		return joined(args, length), nil
	case kind == numberType:
		return sum(args)
	}
	return nil, nil
}

func joined(args []any, length int) string {
	var out strings.Builder
	out.Grow(length)
	for _, arg := range args {
		if s, ok := arg.(string); ok {
			out.WriteString(s)
		}
	}
	return out.String()
}

func sum(args []any) (any, error) {
	var total any = 0
	for _, arg := range args {
		if arg == nil {
			return nil, nil
		}
		var err error
		total, err = calculate(total, arg, func(a, b int) int { return a + b }, func(a, b float64) float64 { return a + b })
		if err != nil {
			return nil, err
		}
	}
	return total, nil
}

func arithmetic(name string, ints func(a, b int) int, floats func(a, b float64) float64) *function {
	call := func(_ bounds, args []any) (any, error) { return calculate(args[0], args[1], ints, floats) }
	return &function{name: name, args: []Type{numberType, numberType}, out: numberType, call: call}
}

// calculate stays with integers where both are. The result as a float64 tells
// whether it left their range.
func calculate(a, b any, ints func(a, b int) int, floats func(a, b float64) float64) (any, error) {
	f := floats(float(a), float(b))
	x, isWhole := a.(int)
	y, both := b.(int)
	switch {
	case math.IsInf(f, 0), math.IsNaN(f), isWhole && both && math.Abs(f) >= 1<<63:
		return nil, faultf("a number is too large")
	case isWhole && both:
		return ints(x, y), nil
	}
	return f, nil
}

func divide(_ bounds, args []any) (any, error) {
	a, b := float(args[0]), float(args[1])
	if b == 0 {
		return nil, faultf("division by zero")
	}
	x, whole := args[0].(int)
	y, both := args[1].(int)
	if whole && both && x%y == 0 {
		return x / y, nil
	}
	return a / b, nil
}

func remainder(_ bounds, args []any) (any, error) {
	x, whole := args[0].(int)
	y, both := args[1].(int)
	switch {
	case !whole || !both:
		return nil, faultf("%% needs whole numbers")
	case y == 0:
		return nil, faultf("division by zero")
	}
	return x % y, nil
}

func negate(b bounds, args []any) (any, error) {
	return operators["-"].call(b, []any{0, args[0]})
}
