// Package rules is the expression language of vendor files: it compiles an
// expression against the names of its place, finds misspelt names and wrong
// types at load, and evaluates it with bounded time and memory.
//
// The grammar is that of github.com/expr-lang/expr; the meaning of names,
// operators and functions is ours, so that absent values are ordinary values:
// translation.go rewrites what the library has parsed, functions.go has the functions
// (with date.go, digest.go, link.go and password.go), and direct.go evaluates what needs
// no machine.
package rules

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

const (
	maxSource = 10_000 // characters, the limit that Entra sets for its own expressions
	maxNodes  = 1_000  // parts of the parsed expression
	// maxMemory counts the elements of the lists and objects that one
	// evaluation makes; bounds limits its strings.
	maxMemory = 100_000
)

// Expr is a compiled expression. It may be shared by any number of goroutines.
type Expr struct {
	source  string
	inputs  []string
	got     Type
	want    Type
	impure  bool
	loops   bool
	bare    bool
	program *vm.Program
	direct  direct    // nil: only the machine can evaluate it
	frames  sync.Pool // saves the only allocation in BenchmarkChoice
	vms     sync.Pool // saves 60 of 290 ns and 2 of 8 allocations in BenchmarkList
}

// Compile compiles source against the names of scope. The result must be of
// the type want: what is known at load is refused here, the rest by Eval.
func Compile(source string, scope *Scope, want Type) (expr *Expr, fail *Error) {
	return CompileFilled(source, scope, want, nil)
}

// CompileFilled has fill complete each quoted text, so that an expression can use
// a secret that is not part of its source.
func CompileFilled(source string, scope *Scope, want Type, fill func(string) string) (expr *Expr, fail *Error) {
	if utf8.RuneCountInString(source) > maxSource {
		message := fmt.Sprintf("the expression is longer than %d characters", maxSource)
		return nil, &Error{Message: message, Code: tooLarge, To: maxSource}
	}
	// The parser and the compiler of the library panic on some malformed trees.
	defer func() {
		if r := recover(); r != nil {
			expr, fail = nil, newError([]rune(source), badExpression, "the expression cannot be understood")
		}
	}()
	return compile(source, scope, want, fill)
}

func compile(source string, scope *Scope, want Type, fill func(string) string) (*Expr, *Error) {
	config := newConfig()
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, syntaxError([]rune(source), err)
	}
	t := &translation{source: []rune(source), scope: scope, inputs: map[string]bool{}, functions: config.Functions, fill: fill}
	root, fail := t.node(tree.Node)
	if fail != nil {
		return nil, fail
	}
	if root.kind == bytesType && want == anyType {
		return nil, newError(t.source, wrongType, bareBytes)
	}
	if !fits(root.kind, want) {
		e := newError(t.source, wrongType, mismatch(root.kind, want))
		e.Hint = conversion(root.kind, want)
		return nil, e
	}
	tree.Node = root.Node
	config.WithEnv(map[string]any{}) // makes the compiler read names straight from the map
	program, err := compiler.Compile(tree, config)
	if err != nil {
		return nil, newError(t.source, badExpression, "the expression cannot be understood")
	}
	return &Expr{source: source, inputs: t.sortedInputs(), got: known(root.kind), want: want,
		impure: t.impure, loops: t.loops, bare: bare(root.Node), program: program,
		direct: directOf(root.Node, t.functions)}, nil
}

func newConfig() *conf.Config {
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	config.DisableIfOperator = true
	for name := range config.Builtins {
		config.Disabled[name] = true
	}
	return config
}

// Source is the text the expression was compiled from.
func (e *Expr) Source() string { return e.source }

// Inputs are the names that the expression reads, sorted, each once: leaves as
// declared ("emails.work.value"), and paths below a root ("native.roles[0].name",
// or "native" where the whole tree is needed).
func (e *Expr) Inputs() []string { return slices.Clone(e.inputs) }

// Type is the type of the result as far as it is known at load.
func (e *Expr) Type() Type { return e.got }

// bare reports whether the whole expression is a name of its environment.
func bare(node ast.Node) bool {
	_, name := node.(*ast.IdentifierNode)
	return name
}

// Bare reports whether the expression is nothing but its one input, and takes
// whatever that is.
func (e *Expr) Bare() bool { return e.bare && e.want == anyType }

// Impure reports whether two evaluations with the same inputs may differ.
func (e *Expr) Impure() bool { return e.impure }

// Eval evaluates the expression. env holds the values of Inputs; one that is
// missing or nil is absent, and so is a nil result. Values are string, bool,
// int, float64, []any and map[string]any, in env and as results. A result may
// share its lists and objects with env.
// An error says what is wrong with the values without quoting them.
func (e *Expr) Eval(env map[string]any) (any, error) {
	out, err := e.evaluate(env)
	if err != nil {
		return nil, plainError(err)
	}
	if _, bytes := out.(octets); bytes {
		return nil, faultf("%s", bareBytes)
	}
	if out != nil && !fits(kindOf(out), e.want) {
		return nil, faultf("%s", mismatch(kindOf(out), e.want))
	}
	return out, nil
}

func (e *Expr) evaluate(env map[string]any) (any, error) {
	if e.direct == nil {
		return e.run(env)
	}
	f, _ := e.frames.Get().(*frame)
	if f == nil {
		f = &frame{}
	}
	f.env = env
	out, err := e.direct.eval(f)
	clear(f.args) // an error leaves some behind
	f.env, f.args = nil, f.args[:0]
	e.frames.Put(f)
	return out, err
}

// run lets the machine of expr evaluate.
func (e *Expr) run(env map[string]any) (any, error) {
	if e.loops {
		// The machine keeps the list of its last loop out of our reach, so one
		// that has looped is not used again.
		return (&vm.VM{MemoryBudget: maxMemory}).Run(e.program, env)
	}
	machine, _ := e.vms.Get().(*vm.VM)
	if machine == nil {
		machine = &vm.VM{MemoryBudget: maxMemory}
	}
	out, err := machine.Run(e.program, env)
	clear(machine.Stack[:cap(machine.Stack)])
	e.vms.Put(machine)
	return out, err
}

// plainError keeps the texts of our own faults; what the library says names
// Go types.
func plainError(err error) error {
	var own fault
	if errors.As(err, &own) {
		return own
	}
	var located *file.Error
	if errors.As(err, &located) && located.Message == "memory budget exceeded" {
		return faultf("the expression makes lists of more than %d elements", maxMemory)
	}
	return faultf("the expression cannot be evaluated")
}
