package rules

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
)

// direct is a part of an expression that is evaluated without expr's
// machine, which is made for programs and not for the `lower(value)` of nearly
// every vendor file: 73 ns and no allocation in BenchmarkChoice, where that takes
// 130 and one, 116 and two in BenchmarkLower for 144 and three.
type direct interface {
	eval(f *frame) (any, error)
}

// frame is one evaluation: the inputs, and the arguments of the calls under way.
type frame struct {
	env  map[string]any
	args []any
}

type (
	directName    string
	directLiteral struct{ value any }
	directCall    struct {
		call func(...any) (any, error)
		args []direct
	}
	directChoice struct{ condition, yes, no direct }
	directNot    struct{ condition direct }
	directBoth   struct {
		left, right direct
		decides     bool // what the left must be for the right to be of no interest
	}
)

// directOf gives the direct form of a translated node; nil for what only the
// machine can do: members of open trees, loops, lists and objects.
func directOf(node ast.Node, functions conf.FunctionsTable) direct {
	all := func(nodes ...ast.Node) []direct {
		out := make([]direct, len(nodes))
		for i, n := range nodes {
			if out[i] = directOf(n, functions); out[i] == nil {
				return nil
			}
		}
		return out
	}
	switch n := node.(type) {
	case *ast.NilNode:
		return directLiteral{}
	case *ast.StringNode:
		return directLiteral{n.Value}
	case *ast.IntegerNode:
		return directLiteral{n.Value}
	case *ast.FloatNode:
		return directLiteral{n.Value}
	case *ast.BoolNode:
		return directLiteral{n.Value}
	case *ast.IdentifierNode:
		return directName(n.Value)
	case *ast.CallNode:
		f := functions[n.Callee.(*ast.IdentifierNode).Value]
		if args := all(n.Arguments...); args != nil {
			return directCall{f.Func, args}
		}
	case *ast.ConditionalNode:
		if parts := all(n.Cond, n.Exp1, n.Exp2); parts != nil {
			return directChoice{parts[0], parts[1], parts[2]}
		}
	case *ast.UnaryNode: // of "not": every other operator is a function
		if parts := all(n.Node); parts != nil {
			return directNot{parts[0]}
		}
	case *ast.BinaryNode:
		if parts := all(n.Left, n.Right); parts != nil && n.Operator != "??" {
			return directBoth{parts[0], parts[1], n.Operator == "or"}
		}
	}
	return nil
}

func (d directName) eval(f *frame) (any, error) { return f.env[string(d)], nil }

func (d directLiteral) eval(*frame) (any, error) { return d.value, nil }

// eval keeps the arguments behind those of the calls that it is an argument of.
func (d directCall) eval(f *frame) (any, error) {
	base := len(f.args)
	for _, arg := range d.args {
		v, err := arg.eval(f)
		if err != nil {
			return nil, err
		}
		f.args = append(f.args, v)
	}
	out, err := d.call(f.args[base:]...)
	clear(f.args[base:])
	f.args = f.args[:base]
	return out, err
}

func (d directChoice) eval(f *frame) (any, error) {
	holds, err := d.condition.eval(f)
	switch {
	case err != nil:
		return nil, err
	case holds == true:
		return d.yes.eval(f)
	}
	return d.no.eval(f)
}

func (d directNot) eval(f *frame) (any, error) {
	holds, err := d.condition.eval(f)
	if err != nil {
		return nil, err
	}
	return holds != true, nil
}

func (d directBoth) eval(f *frame) (any, error) {
	left, err := d.left.eval(f)
	if err != nil || left == d.decides {
		return left, err
	}
	return d.right.eval(f)
}
