package rules

import (
	"maps"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
)

// translation rewrites a parsed expression into one that the library can
// compile without its own checker: names become flat, operators become calls
// of functions that know absence, and every node gets a type.
type translation struct {
	source    []rune
	scope     *Scope
	inputs    map[string]bool
	functions conf.FunctionsTable
	looping   string // the any, all, filter or map around the node, or ""
	loops     bool
	impure    bool
	fill      func(string) string // nil: quoted texts are complete
}

// typed is a translated node. A certain one is a boolean and never absent.
type typed struct {
	ast.Node
	kind    Type
	certain bool
	secret  bool // a text that was filled in, which no message may quote
}

func (t *translation) sortedInputs() []string {
	return slices.Sorted(maps.Keys(t.inputs))
}

func (t *translation) node(node ast.Node) (typed, *Error) {
	switch n := node.(type) {
	case *ast.NilNode:
		return typed{Node: n}, nil
	case *ast.BoolNode:
		return typed{Node: n, kind: booleanType, certain: true}, nil
	case *ast.StringNode:
		text := t.filled(n)
		return typed{Node: text, kind: textType, secret: text.Value != n.Value}, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return typed{Node: n, kind: numberType}, nil
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		return t.path(node)
	case *ast.PointerNode:
		return t.element(n)
	case *ast.UnaryNode:
		return t.unary(n)
	case *ast.BinaryNode:
		return t.binary(n)
	case *ast.ConditionalNode:
		return t.choice(n, "?:", n.Cond, n.Exp1, n.Exp2)
	case *ast.CallNode:
		return t.named(n)
	case *ast.BuiltinNode:
		return t.loop(n)
	case *ast.ArrayNode:
		return t.list(n)
	case *ast.MapNode:
		return t.object(n)
	}
	return typed{}, t.refuse(node)
}

func (t *translation) filled(n *ast.StringNode) *ast.StringNode {
	if t.fill == nil {
		return n
	}
	out := &ast.StringNode{Value: t.fill(n.Value)}
	at(n, out)
	return out
}

// refuse names what the grammar of the library has and the language has not.
func (t *translation) refuse(node ast.Node) *Error {
	what := "this"
	switch n := node.(type) {
	case *ast.BytesNode:
		what = `b"..."`
	case *ast.UnaryNode:
		what = n.Operator + " before a value"
	case *ast.VariableDeclaratorNode:
		what = "let"
	case *ast.SequenceNode:
		what = ";"
	case *ast.SliceNode:
		e := t.fail(node, badExpression, "[from:to] is not part of the language")
		e.Hint = "use left(text, count) or right(text, count)"
		return e
	}
	return t.fail(node, badExpression, what+" is not part of the language")
}

func (t *translation) element(n *ast.PointerNode) (typed, *Error) {
	if n.Name != "" {
		return typed{}, t.fail(n, badExpression, "#"+n.Name+" is not part of the language")
	}
	return typed{Node: n, kind: anyType}, nil
}

func (t *translation) unary(n *ast.UnaryNode) (typed, *Error) {
	if n.Operator == "not" || n.Operator == "!" {
		operand, fail := t.condition("not", n.Node)
		return typed{Node: at(n, &ast.UnaryNode{Operator: "not", Node: operand}), kind: booleanType, certain: true}, fail
	}
	if literal := negative(n); literal != nil {
		return typed{Node: at(n, literal), kind: numberType}, nil
	}
	f, ok := signs[n.Operator]
	if !ok {
		return typed{}, t.refuse(n)
	}
	return t.call(f, n, []ast.Node{n.Node})
}

// negative is the literal that a minus sign and a number make.
func negative(n *ast.UnaryNode) ast.Node {
	if n.Operator != "-" {
		return nil
	}
	switch literal := n.Node.(type) {
	case *ast.IntegerNode:
		return &ast.IntegerNode{Value: -literal.Value}
	case *ast.FloatNode:
		return &ast.FloatNode{Value: -literal.Value}
	}
	return nil
}

func (t *translation) binary(n *ast.BinaryNode) (typed, *Error) {
	switch n.Operator {
	case "and", "&&":
		return t.both("and", n)
	case "or", "||":
		return t.both("or", n)
	case "??":
		return t.fallback(n)
	case "+":
		return t.call(operators["+"], n, operands(n))
	case "matches":
		return t.matches(n)
	}
	f, ok := operators[n.Operator]
	if !ok {
		return typed{}, t.fail(n, badExpression, n.Operator+" is not part of the language")
	}
	return t.call(f, n, []ast.Node{n.Left, n.Right})
}

// operands are those of a whole chain of additions, which is one call.
func operands(node ast.Node) []ast.Node {
	if n, ok := node.(*ast.BinaryNode); ok && n.Operator == "+" {
		return append(operands(n.Left), n.Right)
	}
	return []ast.Node{node}
}

func (t *translation) both(operator string, n *ast.BinaryNode) (typed, *Error) {
	left, fail := t.condition(operator, n.Left)
	if fail != nil {
		return typed{}, fail
	}
	right, fail := t.condition(operator, n.Right)
	return typed{Node: at(n, &ast.BinaryNode{Operator: operator, Left: left, Right: right}), kind: booleanType, certain: true}, fail
}

func (t *translation) fallback(n *ast.BinaryNode) (typed, *Error) {
	left, fail := t.node(n.Left)
	if fail != nil {
		return typed{}, fail
	}
	right, fail := t.node(n.Right)
	return typed{
		Node:    at(n, &ast.BinaryNode{Operator: "??", Left: left.Node, Right: right.Node}),
		kind:    common(left.kind, right.kind),
		certain: left.certain,
	}, fail
}

// choice evaluates only the side that is chosen.
func (t *translation) choice(n ast.Node, name string, cond, yes, no ast.Node) (typed, *Error) {
	test, fail := t.condition(name, cond)
	if fail != nil {
		return typed{}, fail
	}
	a, fail := t.node(yes)
	if fail != nil {
		return typed{}, fail
	}
	b, fail := t.node(no)
	if fail != nil {
		return typed{}, fail
	}
	return typed{
		Node:    at(n, &ast.ConditionalNode{Ternary: true, Cond: test, Exp1: a.Node, Exp2: b.Node}),
		kind:    common(a.kind, b.kind),
		certain: a.certain && b.certain,
	}, nil
}

// condition translates a node that decides something: absent counts as false,
// and anything but a boolean is an error in the name of what asks.
func (t *translation) condition(asks string, node ast.Node) (ast.Node, *Error) {
	n, fail := t.node(node)
	if fail != nil || n.certain {
		return n.Node, fail
	}
	f := &function{name: asks, args: []Type{booleanType}, out: booleanType, absent: absentFalse, call: itself}
	if fail := t.checkArguments(f, []ast.Node{node}, []typed{n}); fail != nil {
		return nil, fail
	}
	return t.bind(f, node, []ast.Node{n.Node}), nil
}

func (t *translation) list(n *ast.ArrayNode) (typed, *Error) {
	nodes := make([]ast.Node, len(n.Nodes))
	for i, item := range n.Nodes {
		value, fail := t.node(item)
		if fail != nil {
			return typed{}, fail
		}
		nodes[i] = value.Node
	}
	return typed{Node: at(n, &ast.ArrayNode{Nodes: nodes}), kind: listType}, nil
}

func (t *translation) object(n *ast.MapNode) (typed, *Error) {
	pairs := make([]ast.Node, len(n.Pairs))
	for i, item := range n.Pairs {
		pair := item.(*ast.PairNode)
		if _, ok := pair.Key.(*ast.StringNode); !ok {
			return typed{}, t.fail(pair.Key, badExpression, "the key of an object is a name or a quoted text")
		}
		value, fail := t.node(pair.Value)
		if fail != nil {
			return typed{}, fail
		}
		pairs[i] = at(pair, &ast.PairNode{Key: pair.Key, Value: value.Node})
	}
	return typed{Node: at(n, &ast.MapNode{Pairs: pairs}), kind: objectType}, nil
}

// call translates the call of a function, or of an operator that is one.
func (t *translation) call(f *function, n ast.Node, nodes []ast.Node) (typed, *Error) {
	if f.entropy && !t.scope.entropy {
		e := t.fail(n, badExpression, f.name+" has no meaning in "+t.scope.place)
		e.Hint = "it is for what is created: fixed, default and calls of create"
		return typed{}, e
	}
	if len(nodes) < len(f.args)-f.optional || len(nodes) > len(f.args) && !f.many {
		e := t.fail(n, badExpression, f.countMessage(len(nodes)))
		e.Hint = "it is " + f.usage
		return typed{}, e
	}
	arguments := make([]typed, len(nodes))
	translated := make([]ast.Node, len(nodes))
	for i, node := range nodes {
		argument, fail := t.node(node)
		if fail != nil {
			return typed{}, fail
		}
		arguments[i], translated[i] = argument, argument.Node
	}
	if fail := t.checkArguments(f, nodes, arguments); fail != nil {
		return typed{}, fail
	}
	if f.entropy {
		t.inputs[entropyName] = true
		translated = append(translated, at(n, &ast.IdentifierNode{Value: entropyName}))
	}
	kind := f.out
	if f.result != nil {
		kind = f.result(arguments)
	}
	certain := kind == booleanType && (f.absent == absentFalse || f.absent == absentGiven && f.out == booleanType)
	return typed{Node: t.bind(f, n, translated), kind: kind, certain: certain}, nil
}

func (t *translation) checkArguments(f *function, nodes []ast.Node, arguments []typed) *Error {
	for i, a := range arguments {
		if !fits(a.kind, f.arg(i)) {
			e := t.fail(nodes[i], wrongType, f.needs(f.arg(i), a.kind))
			e.Hint = conversion(a.kind, f.arg(i))
			return e
		}
	}
	if f.check == nil {
		return nil
	}
	if message := f.check(f, arguments); message != "" {
		return t.blame(nodes, wrongType, message)
	}
	return nil
}

// bind makes the call of f, registered under a name of its own that no author
// can write.
func (t *translation) bind(f *function, n ast.Node, arguments []ast.Node) ast.Node {
	b := outside
	if t.looping != "" {
		b = inLoop
	}
	name := strconv.Itoa(len(t.functions)) + f.name
	t.functions[name] = &builtin.Function{Name: name, Func: f.bind(b)}
	t.impure = t.impure || f.impure
	return at(n, &ast.CallNode{Callee: at(n, &ast.IdentifierNode{Value: name}), Arguments: arguments})
}

// at gives a new node the place in the source of the one it stands for.
func at(old, fresh ast.Node) ast.Node {
	fresh.SetLocation(old.Location())
	return fresh
}

// fail blames one node and everything below it.
func (t *translation) fail(node ast.Node, code, message string) *Error {
	return t.blame([]ast.Node{node}, code, message)
}

func (t *translation) blame(nodes []ast.Node, code, message string) *Error {
	x := extent{source: t.source, from: len(t.source)}
	for _, node := range nodes {
		ast.Walk(&node, &x)
	}
	return &Error{Message: message, Code: code, From: min(x.from, x.to), To: x.to}
}

// extent is the part of the source that a tree covers. The library locates
// only one token of each node.
type extent struct {
	source   []rune
	from, to int
}

// Visit widens the extent; it comes to a node after what is below it.
func (x *extent) Visit(node *ast.Node) {
	if _, ok := (*node).(*ast.ConditionalNode); ok {
		return // located behind its end
	}
	x.add((*node).Location())
	switch n := (*node).(type) {
	case *ast.CallNode, *ast.BuiltinNode:
		x.to = closing(x.source, x.to, ')')
	case *ast.ArrayNode:
		x.to = closing(x.source, x.to, ']')
	case *ast.MapNode:
		x.to = closing(x.source, x.to, '}')
	case *ast.MemberNode:
		if n.Location() != n.Property.Location() {
			x.to = closing(x.source, x.to, ']')
		}
	}
}

func (x *extent) add(l file.Location) {
	x.from, x.to = min(x.from, l.From), max(x.to, l.To)
}
