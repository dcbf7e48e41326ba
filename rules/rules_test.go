package rules

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/expr-lang/expr/vm"
	"github.com/google/go-cmp/cmp"
)

// testScope knows a bit of every place.
func testScope() *Scope {
	return NewScope("a test").
		Name("userName", textType).Name("displayName", textType).Name("title", textType).
		Name("name.givenName", textType).Name("name.middle", textType).Name("name.familyName", textType).
		Name("emails.work.value", textType).Name("emails", listType).
		Name("enterprise.department", textType).
		Name("active", booleanType).Name("age", numberType).
		Name("value", anyType).Name("text", textType).Name("status", numberType).
		Name("field.name", textType).Name("field.value", anyType).
		Root("native").Root("saved").Root("headers")
}

func testEnv() map[string]any {
	return map[string]any{
		"userName":          "Ada@Example.com",
		"displayName":       "Ada Lovelace",
		"name.givenName":    "Ada",
		"name.familyName":   "Lovelace",
		"emails.work.value": "ada@example.com",
		"emails":            []any{map[string]any{"type": "work", "value": "w@x"}, map[string]any{"type": "home"}},
		"active":            true,
		"age":               36,
		"value":             map[string]any{"id": 7, "tags": []any{"a", "b", "c"}},
		"text":              "userName already taken",
		"status":            422,
		"native":            map[string]any{"a.b": "dotted"},
		"native.role":       "ADMIN",
		"native.id":         9007199254740993,
		"native.rate":       2.5,
		"native.groups": []any{
			map[string]any{"name": "admins", "id": 1}, map[string]any{"name": "staff", "id": 2}, nil,
		},
		"native.roles[0].name": "first",
		"native.numbers":       []any{1, 2.0, 3},
		"headers.x-request-id": "r1",
	}
}

// evaluation is an expression and its value in testEnv.
type evaluation struct {
	expression string
	want       any
}

func evaluates(t *testing.T, tests []evaluation) {
	t.Helper()
	for _, tt := range tests {
		e := mustCompile(t, tt.expression, anyType)
		agrees(t, e, testEnv())
		got, err := e.Eval(testEnv())
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.expression, diff)
		}
	}
}

// faulty is an expression that cannot be evaluated in testEnv.
type faulty struct{ expression, text string }

func faults(t *testing.T, tests []faulty) {
	t.Helper()
	for _, tt := range tests {
		e := mustCompile(t, tt.expression, anyType)
		agrees(t, e, testEnv())
		got, err := e.Eval(testEnv())
		if err == nil || err.Error() != tt.text || got != nil {
			t.Errorf("%s: got %v, error %v\nwant error %s", tt.expression, got, err, tt.text)
		}
	}
}

// What is not known at load is found at run time.
func TestEvalResultType(t *testing.T) {
	tests := []struct {
		expression string
		want       Type
		text       string
	}{
		{`native.role`, booleanType, `gives a string, a boolean is needed`},
		{`native`, textType, `gives an object, a string is needed`},
		{`native.groups`, numberType, `gives a list, a number is needed`},
	}
	for _, tt := range tests {
		got, err := mustCompile(t, tt.expression, tt.want).Eval(testEnv())
		if err == nil || err.Error() != tt.text || got != nil {
			t.Errorf("%s: got %v, error %v\nwant error %s", tt.expression, got, err, tt.text)
		}
	}
	if got, err := mustCompile(t, `native.gone`, booleanType).Eval(testEnv()); got != nil || err != nil {
		t.Errorf("absent: got %v, error %v", got, err)
	}
}

// A value of a Go type that the language does not know is no reason to panic,
// and no reason to tell its type.
func TestEvalForeignValues(t *testing.T) {
	env := map[string]any{"native.role": struct{ secret string }{"s"}, "native.list": []string{"a"}}
	tests := []struct{ expression, text string }{
		{`lower(native.role)`, `lower needs a string, not a value`},
		{`any(native.list, # == "a")`, `any needs a list, not a value`},
		{`native.role + "x"`, `+ joins strings or adds numbers, not a value`},
	}
	for _, tt := range tests {
		_, err := mustCompile(t, tt.expression, anyType).Eval(env)
		if err == nil || err.Error() != tt.text {
			t.Errorf("%s: error %v, want %s", tt.expression, err, tt.text)
		}
	}
}

func TestInputs(t *testing.T) {
	tests := []struct {
		expression string
		want       []string
	}{
		{`"x"`, nil},
		{`userName + lower(userName) + emails.work.value`, []string{"emails.work.value", "userName"}},
		{`native.role == "x" and native["role"] != "y"`, []string{"native.role"}},
		{`native.roles[0].name`, []string{"native.roles[0].name"}},
		{`native.roles[-1].name`, []string{"native.roles"}},
		{`native.a[status].b`, []string{"native.a", "status"}},
		{`native["a b"].c`, []string{"native"}},
		{`native`, []string{"native"}},
		{`native["a-b"]`, []string{"native.a-b"}},
		{`any(native.groups, .name == userName)`, []string{"native.groups", "userName"}},
		{`headers.Location`, []string{"headers.location"}},
		{`value.id`, []string{"value"}},
		{`field.value.id + field.name`, []string{"field.name", "field.value"}},
		{`emails[0].value`, []string{"emails"}},
		{`text(text)`, []string{"text"}},
		{`IIF(active, native.a, native.b)`, []string{"active", "native.a", "native.b"}},
	}
	for _, tt := range tests {
		got := mustCompile(t, tt.expression, anyType).Inputs()
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.expression, diff)
		}
	}
}

func TestType(t *testing.T) {
	tests := []struct {
		expression string
		want       Type
	}{
		{`nil`, anyType},
		{`userName`, textType},
		{`native.role`, anyType},
		{`lower(native.role)`, textType},
		{`native.role + "x"`, textType},
		{`native.role + native.id`, anyType},
		{`IIF(active, "a", nil)`, textType},
		{`IIF(active, "a", 1)`, anyType},
		{`native.a ?? "x"`, anyType},
		{`coalesce(userName, title)`, textType},
		{`native.a == 1`, booleanType},
		{`any(native.a, .b)`, booleanType},
		{`map(native.a, .b)`, listType},
		{`{a: 1}`, objectType},
		{`len(userName)`, numberType},
	}
	for _, tt := range tests {
		if got := mustCompile(t, tt.expression, anyType).Type(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.expression, got, tt.want)
		}
	}
}

func TestExprDescribesItself(t *testing.T) {
	e := mustCompile(t, `lower( userName )`, textType)
	if e.Source() != `lower( userName )` || e.Impure() {
		t.Errorf("source %q, impure %v", e.Source(), e.Impure())
	}
	e.Inputs()[0] = "changed"
	if e.Inputs()[0] != "userName" {
		t.Error("a caller changed the inputs of a shared expression")
	}
}

func TestEvalShared(t *testing.T) {
	e := mustCompile(t, `upper(userName) + join(map(native.groups, .name), "")`, textType)
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			name := fmt.Sprint("u", i)
			env := map[string]any{"userName": name, "native.groups": []any{map[string]any{"name": name}}}
			got, err := e.Eval(env)
			if want := strings.ToUpper(name) + name; got != want || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
	wg.Wait()
}

// A pooled frame must not carry values from one evaluation to the next, whether
// that ended well or not.
func TestEvalForgetsArguments(t *testing.T) {
	e := mustCompile(t, `upper(native.a) + lower(native.b)`, anyType)
	for _, b := range []any{"x", 7} {
		for range 100 { // the pool may drop a frame
			e.Eval(map[string]any{"native.a": "secret", "native.b": b})
			f, ok := e.frames.Get().(*frame)
			if !ok {
				continue
			}
			if want := make([]any, cap(f.args)); f.env != nil || !reflect.DeepEqual(f.args[:cap(f.args)], want) {
				t.Errorf("the frame still holds %v and %v", f.env, f.args[:cap(f.args)])
			}
			e.frames.Put(f)
			break
		}
	}
}

// A pooled machine must not either.
func TestEvalForgets(t *testing.T) {
	e := mustCompile(t, `join([upper(native.a), lower(native.b)], "")`, anyType)
	env := map[string]any{"native.a": "secret", "native.b": "x"}
	for range 100 { // the pool may drop a machine
		if _, err := e.Eval(env); err != nil {
			t.Fatal(err)
		}
		machine, ok := e.vms.Get().(*vm.VM)
		if !ok {
			continue
		}
		for i, left := range machine.Stack[:cap(machine.Stack)] {
			if left != nil {
				t.Errorf("stack position %d still holds %v", i, left)
			}
		}
		return
	}
	t.Error("no machine was pooled")
}

// agrees sees that what is evaluated directly is what the machine makes of it.
func agrees(t *testing.T, e *Expr, env map[string]any) {
	t.Helper()
	if e.direct == nil {
		return
	}
	got, err := e.evaluate(env)
	want, fail := e.run(env)
	if fail != nil {
		fail, err = plainError(fail), plainError(err)
	}
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, fail) {
		t.Errorf("%s: directly %v, %v, by the machine %v, %v", e.Source(), got, err, want, fail)
	}
}

func mustCompile(t testing.TB, source string, want Type) *Expr {
	t.Helper()
	e, fail := Compile(source, testScope(), want)
	if fail != nil {
		t.Fatalf("%s: %v", source, fail)
	}
	return e
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`lower(userName) + "x"`, `any(native.groups, .name == "x")`, `active ? 1 : 3`, `emails[type eq "work"].value`,
		`let a = 1; a`, `native.a[1:2]`, `{a: [1, b"x"]}`, `not title matches "("`, `a?.b()`, `!active`, "`", `1 ?? 2 + 3`, `$env`,
	} {
		f.Add(seed)
	}
	scope := testScope()
	f.Fuzz(func(t *testing.T, source string) {
		e, fail := Compile(source, scope, anyType)
		if fail != nil {
			if length := len([]rune(source)); fail.From < 0 || fail.To < fail.From || fail.To > length || fail.Message == "" {
				t.Fatalf("%q: %+v", source, fail)
			}
			return
		}
		out, err := e.Eval(testEnv())
		agrees(t, e, testEnv())
		if err != nil && (out != nil || err.Error() == "the expression cannot be evaluated") {
			t.Fatalf("%q: %v, %v", source, out, err)
		}
	})
}

func BenchmarkLower(b *testing.B) {
	benchmark(b, `lower(value)`, map[string]any{"value": "Ada@Example.com"})
}

func BenchmarkChoice(b *testing.B) {
	benchmark(b, `IIF(value contains "@", value, value + "@contoso.com")`, map[string]any{"value": "Ada@Example.com"})
}

func BenchmarkConcat(b *testing.B) {
	benchmark(b, `name.givenName + " " + name.familyName`, testEnv())
}

// BenchmarkList is of an expression that only the machine of expr evaluates.
func BenchmarkList(b *testing.B) {
	benchmark(b, `join([name.givenName, name.familyName], " ")`, testEnv())
}

func BenchmarkAny(b *testing.B) {
	benchmark(b, `any(native.groups, .name == "staff")`, testEnv())
}

func benchmark(b *testing.B, source string, env map[string]any) {
	e := mustCompile(b, source, anyType)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}
