package transform

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"scimshim/rules"
	"scimshim/transform/scim"
)

// Place is where an expression stands; it decides the names in scope.
type Place string

const (
	InRule         Place = "a rule"
	InWrite        Place = "write"
	InRead         Place = "read"
	InGuard        Place = "protect"
	InCreate       Place = "a call of create"
	InFetch        Place = "a call of read"
	InJoin         Place = "a further call of read"
	InUpdate       Place = "a call of update or delete"
	InFind         Place = "a call of find or list"
	InLookup       Place = "a call of a lookup"
	InFixed        Place = "fixed"
	InDefault      Place = "default"
	InMembers      Place = "a call of members"
	InUpstream     Place = "the upstream"
	InLogin        Place = "a call of login"
	InAnswer       Place = "an answer" // errors, save, next, more
	InMemberAnswer Place = "an answer about members"
)

// Scopes knows the names that expressions of one kind may use.
type Scopes struct {
	catalog *scim.Catalog
	scopes  map[Place]*rules.Scope
}

// requests are the places of which requests are made.
var requests = []Place{InCreate, InFetch, InJoin, InUpdate, InFind, InLookup, InMembers, InUpstream, InLogin}

// NewScopes declares the attributes of the catalog and, since the types of
// multi-valued elements are open, the paths that the file itself uses. A vendor
// that speaks SCIM may be sent `operations`.
func NewScopes(catalog *scim.Catalog, used []scim.Path, speaksSCIM bool) *Scopes {
	s := &Scopes{catalog: catalog, scopes: map[Place]*rules.Scope{}}
	attributes := append(catalog.Leaves(), used...)
	attributes = slices.DeleteFunc(attributes, scim.Path.IsMembers) // no rule sees them
	for _, place := range []Place{InRule, InWrite, InRead, InGuard, InCreate, InFetch, InJoin, InUpdate, InFind, InLookup, InFixed, InDefault, InMembers, InUpstream, InLogin, InAnswer, InMemberAnswer} {
		scope := rules.NewScope(string(place))
		if s.scopes[place] = scope; place == InFixed || place == InDefault {
			scope.Entropy()
		}
		if slices.Contains(requests, place) {
			scope.Name("now", "string").Root("session")
		}
		switch place {
		case InRule, InFixed:
			declare(scope, attributes, "operation")
		case InWrite, InDefault:
			declare(scope, attributes)
			scope.Name("value", "any").Root("before")
		case InRead:
			scope.Name("value", "any").Root("native")
		case InGuard:
			scope.Root("native")
		case InCreate:
			scope.Entropy().Name("id", "string").Name("idempotency_key", "string").Root("native").Root("fields").Root("saved")
		case InFetch:
			declare(scope, nil, "id")
		case InJoin:
			scope.Name("id", "string").Root("native").Root("saved")
		case InUpdate:
			declare(scope, nil, "id", "field.name", "idempotency_key")
			scope.Name("field.value", "any").Root("native").Root("fields").Root("saved").Root("before")
			if speaksSCIM {
				scope.Name("operations", "list")
			}
		case InFind:
			scope.Name("value", "any").Name("filter", "string").Name("page", "number").Name("seen", "number").Name("next", "any")
		case InLookup:
			scope.Name("page", "number").Name("seen", "number").Name("next", "any")
		case InMembers:
			declare(scope, nil, "id")
			scope.Name("member", "any").Name("members", "list")
			scope.Name("page", "number").Name("seen", "number").Name("next", "any")
			if speaksSCIM {
				scope.Name("operations", "list")
			}
		case InAnswer, InMemberAnswer:
			if place == InMemberAnswer {
				declare(scope, nil, "id")
				scope.Name("member", "any")
			}
			declare(scope, nil, "text", "operation")
			scope.Name("status", "number").Root("headers").Root("body").Root("cookies")
			scope.Name("page", "number").Name("seen", "number")
		}
	}
	return s
}

// Identify gives `id` the type that the ids of the kind have.
func (s *Scopes) Identify(id ID) {
	if id.Type != "integer" {
		return
	}
	for _, place := range []Place{InCreate, InFetch, InJoin, InUpdate, InMembers, InMemberAnswer} {
		s.scopes[place].Name("id", "number")
	}
}

func declare(scope *rules.Scope, attributes []scim.Path, texts ...string) {
	for _, path := range attributes {
		scope.Name(path.Dotted(), typeOf(path))
	}
	for _, name := range texts {
		scope.Name(name, "string")
	}
}

func typeOf(path scim.Path) rules.Type {
	leaf := path.Leaf()
	switch {
	case leaf.MultiValued && path.Sub == nil && path.Where == nil:
		return "list"
	case leaf.Type == "boolean":
		return "boolean"
	case leaf.Type == "integer", leaf.Type == "decimal":
		return "number"
	case leaf.Type == "complex":
		return "object"
	}
	return "string"
}

// Names gives, by place, the names that expressions may use there, sorted. What
// is open below ends in a dot.
func (s *Scopes) Names() map[Place][]string {
	out := map[Place][]string{}
	for place, scope := range s.scopes {
		out[place] = scope.Names()
	}
	return out
}

// TypeOf is the type of an expression whose result goes to the attribute.
func TypeOf(path scim.Path) rules.Type { return typeOf(path) }

// Compile compiles an expression for the place where it stands.
func (s *Scopes) Compile(place Place, source string, want rules.Type) (*Expression, *rules.Error) {
	return s.CompileFilled(place, source, want, nil)
}

// CompileFilled has fill complete each quoted text of the expression.
func (s *Scopes) CompileFilled(place Place, source string, want rules.Type, fill func(string) string) (*Expression, *rules.Error) {
	expr, err := rules.CompileFilled(source, s.scopes[place], want, fill)
	if err != nil {
		return nil, err
	}
	e := &Expression{Expr: expr}
	for _, name := range expr.Inputs() {
		e.inputs = append(e.inputs, s.input(place, name))
	}
	return e, nil
}

// Expression is a compiled expression and where its inputs come from.
type Expression struct {
	*rules.Expr
	inputs []input
	names  sync.Pool // of maps for the inputs: saves 2 allocations of 480 bytes an evaluation in BenchmarkReadMapping
}

// input is one name that an expression reads.
type input struct {
	name   string
	root   string // native, before, value, an own name of the place, or "" for an attribute
	scim   scim.Path
	native NativePath
}

func (s *Scopes) input(place Place, name string) input {
	root, rest, _ := strings.Cut(name, ".")
	if place == InRule || place == InWrite || place == InFixed || place == InDefault {
		if path, err := s.catalog.ParseDotted(name); err == nil && name != "value" {
			return input{name: name, scim: path}
		}
	}
	in := input{name: name, root: root}
	switch {
	case root == "before":
		in.scim, _ = s.catalog.ParseDotted(rest)
	case rest != "":
		in.native, _ = ParseNativePath(rest)
	case strings.ContainsRune(root, '['):
		in.root, rest, _ = strings.Cut(root, "[")
		in.native, _ = ParseNativePath("[" + rest)
	}
	return in
}

// reads reports whether the expression uses a name, or one below it.
func (e *Expression) reads(root string) bool { return len(e.under(root)) > 0 }

// under lists the inputs that are a name or lie below it.
func (e *Expression) under(root string) (found []input) {
	if e == nil {
		return nil
	}
	for _, in := range e.inputs {
		if in.root == root {
			found = append(found, in)
		}
	}
	return found
}

// ofAnswer reports whether the expression looks at what the vendor answered.
func (e *Expression) ofAnswer() bool {
	return e.reads("body") || e.reads("headers") || e.reads("text") || e.reads("status")
}

// Env is what an expression sees. Names holds the names of the place: id,
// value's companions page, seen, next; status, text, body, headers, cookies, saved,
// session.
type Env struct {
	User   scim.Value // the resource after the rules
	Before scim.Value // the resource as Entra would see it now
	Native scim.Value
	Value  scim.Value
	Names  map[string]scim.Value

	Tables  tables // of the lookups
	Entropy string // what passwords are generated of
	Now     time.Time
	Sketch  bool // there is no session yet: what it is asked for stands for itself
}

func (in input) value(env *Env) scim.Value {
	switch in.root {
	case "":
		return in.scim.Get(env.User)
	case "before":
		if in.scim.Attribute == nil {
			return scim.Value{}
		}
		return in.scim.Get(env.Before)
	case "native":
		return in.native.Get(env.Native)
	case "value":
		return env.Value
	case "entropy":
		if env.Entropy == "" {
			return scim.Value{}
		}
		return scim.String(env.Entropy)
	case "now":
		return scim.String(env.Now.UTC().Format(time.RFC3339))
	case "session":
		if env.Sketch {
			return in.standIn()
		}
	case "headers":
		return env.Names["headers"].MemberFold(strings.TrimPrefix(in.name, "headers."))
	}
	return in.native.Get(env.Names[in.root])
}

// standIn is shown for a value of a session that there is not.
func (in input) standIn() scim.Value { return scim.String("<" + in.name + ">") }

// Eval evaluates the expression. An absent result is Absent.
func (e *Expression) Eval(env *Env) (scim.Value, error) {
	if e.Bare() { // the id in a path, nearly always
		if v := e.inputs[0].value(env); v.IsAbsent() || v.Kind() == scim.KindString || v.Kind() == scim.KindBoolean || v.IsNatural() {
			return v, nil
		}
	}
	names, _ := e.names.Get().(map[string]any)
	if names == nil {
		names = make(map[string]any, len(e.inputs))
	}
	for _, in := range e.inputs {
		if v := in.value(env); !v.IsAbsent() {
			names[in.name] = v.Any()
		}
	}
	out, err := e.Expr.Eval(names)
	clear(names)
	e.names.Put(names)
	if asked := e.under("session"); err != nil && env.Sketch && len(asked) > 0 {
		return asked[0].standIn(), nil // a name is no number, say
	}
	if err != nil {
		return scim.Value{}, err
	}
	v, err := scim.From(out)
	if err != nil {
		return scim.Value{}, fmt.Errorf("the result is not a value: %w", err)
	}
	return v, nil
}

// Holds evaluates a condition. What cannot be evaluated does not hold.
func (e *Expression) Holds(env *Env) (bool, error) {
	v, err := e.Eval(env)
	return err == nil && v.Kind() == scim.KindBoolean && v.Boolean(), err
}
