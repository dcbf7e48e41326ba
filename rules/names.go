package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// step is one member or index behind a name or another value.
type step struct {
	node ast.Node // the MemberNode
	key  ast.Node // its property
}

// plain is how a constant step continues a dotted name, or "" where it cannot:
// a computed index, and a key that would read as something else.
func (s step) plain() string {
	switch key := s.key.(type) {
	case *ast.StringNode:
		if key.Value != "" && !strings.ContainsAny(key.Value, ".[]{}?\" \t\r\n") {
			return "." + key.Value
		}
	case *ast.IntegerNode:
		return "[" + strconv.Itoa(key.Value) + "]"
	}
	return ""
}

// path translates a name with its members and indices. As many of them as the
// scope allows become one flat name, the rest is looked up at run time.
func (t *translation) path(node ast.Node) (typed, *Error) {
	base, steps := unchain(node)
	name, ok := base.(*ast.IdentifierNode)
	if !ok {
		value, fail := t.node(base)
		if fail != nil {
			return typed{}, fail
		}
		return t.members(value, steps)
	}
	flat, kind, used := t.resolve(name.Value, steps)
	if flat == "" {
		return typed{}, t.unknown(node, name, steps)
	}
	t.inputs[flat] = true
	return t.members(typed{Node: at(node, &ast.IdentifierNode{Value: flat}), kind: kind}, steps[used:])
}

// unchain takes a chain of members apart. A `?.` is the same as a dot, since
// members of absent values are absent.
func unchain(node ast.Node) (ast.Node, []step) {
	var steps []step
	for {
		switch n := node.(type) {
		case *ast.ChainNode:
			node = n.Node
		case *ast.MemberNode:
			steps = append([]step{{n, n.Property}}, steps...)
			node = n.Node
		default:
			return node, steps
		}
	}
}

// resolve finds the longest known name that the steps make: the flat name, its
// type and how many steps it covers.
func (t *translation) resolve(name string, steps []step) (string, Type, int) {
	flat := []string{name}
	for _, s := range steps {
		if s.plain() == "" {
			break
		}
		flat = append(flat, flat[len(flat)-1]+s.plain())
	}
	for i := len(flat) - 1; i >= 0; i-- {
		kind, ok := t.scope.names[flat[i]]
		if ok && (i == len(steps) || t.scope.open(flat[i], steps[i].key)) {
			return flat[i], kind, i
		}
	}
	if !t.scope.roots[name] {
		return "", nothing, 0
	}
	longest := len(flat) - 1
	if name == "headers" {
		return strings.ToLower(flat[longest]), anyType, longest
	}
	return flat[longest], anyType, longest
}

// unknown blames a name as it is written, up to the first computed index.
func (t *translation) unknown(node ast.Node, name *ast.IdentifierNode, steps []step) *Error {
	dotted, blamed := name.Value, ast.Node(name)
	for _, s := range steps {
		if s.plain() == "" {
			break
		}
		dotted, blamed = dotted+s.plain(), s.node
	}
	e := t.fail(blamed, unknownAttribute, fmt.Sprintf("unknown attribute %q", dotted))
	e.Hint = t.scope.hint(dotted)
	return e
}

// members looks steps up at run time.
func (t *translation) members(value typed, steps []step) (typed, *Error) {
	for _, s := range steps {
		key, fail := t.node(s.key)
		if fail != nil {
			return typed{}, fail
		}
		f := &function{name: "[...]", args: []Type{anyType, anyType}, out: anyType, call: member}
		if plain := s.plain(); plain != "" {
			f.name = plain
			f.args[0] = baseOf(key.kind)
		}
		if !fits(value.kind, f.args[0]) {
			return typed{}, t.fail(s.node, wrongType, f.needs(f.args[0], value.kind))
		}
		value = typed{Node: t.bind(f, s.node, []ast.Node{value.Node, key.Node}), kind: anyType}
	}
	return value, nil
}

// baseOf is what a key of this type is asked of.
func baseOf(key Type) Type {
	if key == numberType {
		return listType
	}
	return objectType
}

// member is a member of an object or an element of a list, from its end if the
// index is negative; one that is not there is absent.
func member(_ bounds, args []any) (any, error) {
	switch base := args[0].(type) {
	case map[string]any:
		if key, ok := args[1].(string); ok {
			return base[key], nil
		}
	case []any:
		i, ok := args[1].(int)
		if ok && i < 0 {
			i += len(base)
		}
		if ok && (i < 0 || i >= len(base)) {
			return nil, nil
		}
		if ok {
			return base[i], nil
		}
	}
	return nil, faultf("[...] needs a list and a number, or an object and a string, not %s and %s",
		kindOf(args[0]).noun(), kindOf(args[1]).noun())
}
