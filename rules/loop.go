package rules

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
)

// loop translates any, all, filter and map. Nested ones are refused: they
// alone could make an evaluation slow.
func (t *translation) loop(n *ast.BuiltinNode) (typed, *Error) {
	if !loopNames[n.Name] {
		return typed{}, t.unknownFunction(n, n.Name)
	}
	if t.looping != "" {
		return typed{}, t.fail(n, badExpression, fmt.Sprintf("%s inside %s is not allowed", n.Name, t.looping))
	}
	over, fail := t.over(n)
	if fail != nil {
		return typed{}, fail
	}
	t.looping, t.loops = n.Name, true
	body, fail := t.body(n)
	t.looping = ""
	if fail != nil {
		return typed{}, fail
	}
	predicate := at(n.Arguments[1], &ast.PredicateNode{Node: body})
	out := typed{Node: at(n, &ast.BuiltinNode{Name: n.Name, Arguments: []ast.Node{over, predicate}}), kind: listType}
	if n.Name == "any" || n.Name == "all" {
		out.kind, out.certain = booleanType, true
	}
	return out, nil
}

// over translates the list; an absent one has no elements.
func (t *translation) over(n *ast.BuiltinNode) (ast.Node, *Error) {
	list, fail := t.node(n.Arguments[0])
	if fail != nil {
		return nil, fail
	}
	bounded := func(b bounds, args []any) (any, error) {
		if len(args[0].([]any)) > b.elements {
			return nil, tooMany(n.Name, b.elements)
		}
		return args[0], nil
	}
	f := &function{name: n.Name, args: []Type{listType}, out: listType, absent: absentEmpty, call: bounded}
	if fail := t.checkArguments(f, n.Arguments[:1], []typed{list}); fail != nil {
		return nil, fail
	}
	return t.bind(f, n.Arguments[0], []ast.Node{list.Node}), nil
}

func (t *translation) body(n *ast.BuiltinNode) (ast.Node, *Error) {
	predicate := n.Arguments[1].(*ast.PredicateNode)
	if n.Name != "map" {
		return t.condition(n.Name, predicate.Node)
	}
	value, fail := t.node(predicate.Node)
	return value.Node, fail
}

// loopNames are parsed by the library, since their second argument is not a
// value.
var loopNames = map[string]bool{"any": true, "all": true, "filter": true, "map": true}
