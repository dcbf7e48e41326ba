package scim

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFrom(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
	}{
		{true, `true`},
		{"ä\"\n", `"ä\"\n"`},
		{7, `7`},
		{int64(-7), `-7`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{int32(5), `5`},
		{2.0, `2`},
		{0.25, `0.25`},
		{1e21, `1e+21`},
		{[]string{"a"}, `["a"]`},
		{[]any{1, nil, "x"}, `[1,null,"x"]`},
		{map[string]any{"b": 1, "a": nil}, `{"a":null,"b":1}`},
		{String("x"), `"x"`},
	} {
		got, err := From(c.in)
		if err != nil || got.JSON() != c.want {
			t.Errorf("From(%#v) = %s, %v; want %s", c.in, got.JSON(), err, c.want)
		}
	}
	if v, err := From(nil); err != nil || !v.IsAbsent() {
		t.Errorf("From(nil) = %s, %v", v.JSON(), err)
	}
}

func TestFromRefuses(t *testing.T) {
	for _, c := range []struct {
		in   any
		want string
	}{
		{math.NaN(), "NaN is not a JSON number"},
		{[]any{math.Inf(1)}, "+Inf is not a JSON number"},
		{map[string]any{"a": struct{}{}}, "a struct {} is not a JSON value"},
	} {
		if _, err := From(c.in); errorText(err) != c.want {
			t.Errorf("From(%v): %v, want %s", c.in, err, c.want)
		}
	}
}

func TestNumberTakesLiteralsAlone(t *testing.T) {
	for literal, want := range map[string]string{
		"12345678901234567890": "12345678901234567890", "-1.5e3": "-1.5e3",
		"": "null", "1 ": "null", "01": "null", "+1": "null", "true": "null", `1,"x":2`: "null", "NaN": "null",
	} {
		if got := Number(literal).JSON(); got != want {
			t.Errorf("Number(%q) = %s, want %s", literal, got, want)
		}
	}
}

func TestIsEmpty(t *testing.T) {
	for _, v := range []Value{{}, Null(), String(""), ListOf(), Object()} {
		if !v.IsEmpty() {
			t.Errorf("%s of kind %v is not empty", v.JSON(), v.Kind())
		}
	}
	for _, v := range []Value{Bool(false), Int(0), String(" "), ListOf(Null()), Object(Member{"a", Null()})} {
		if v.IsEmpty() {
			t.Errorf("%s is empty", v.JSON())
		}
	}
}

func TestWithCopies(t *testing.T) {
	v := mustJSON(t, `{"a":1,"b":2,"c":3}`)
	got := []string{
		v.With("b", String("x")).JSON(), v.With("d", Null()).JSON(), v.With("a", Value{}).JSON(),
		v.Without("c").JSON(), v.Without("none").JSON(), Value{}.With("a", Int(1)).JSON(), v.JSON(),
	}
	want := []string{
		`{"a":1,"b":"x","c":3}`, `{"a":1,"b":2,"c":3,"d":null}`, `{"b":2,"c":3}`,
		`{"a":1,"b":2}`, `{"a":1,"b":2,"c":3}`, `{"a":1}`, `{"a":1,"b":2,"c":3}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := v.MemberFold("B").Text() + v.Member("B").Text(); got != "2" {
		t.Errorf("members in another case: %q", got)
	}
}

func TestAbsentIsLeftOut(t *testing.T) {
	items := []Value{Int(1), {}, Int(2)}
	if got := ListOf(items...).JSON(); got != "[1,2]" || items[1].Kind() != KindAbsent {
		t.Errorf("list %s", got)
	}
	if got := Object(Member{"a", Value{}}, Member{"b", Int(1)}).JSON(); got != `{"b":1}` {
		t.Errorf("object %s", got)
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[1,2]}`, `{"b":[1,2.0],"a":1e0}`, true},
		{`{"a":1}`, `{"a":1,"b":null}`, false},
		{`{"a":1,"c":1}`, `{"a":1,"b":1}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1]`, `[1,1]`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`18446744073709551615`, `18446744073709551614`, false},
		{`"1"`, `1`, false},
		{`"a"`, `"A"`, false},
		{`null`, `null`, true},
		{`true`, `false`, false},
	} {
		if got := mustJSON(t, c.a).Equal(mustJSON(t, c.b)); got != c.want {
			t.Errorf("%s and %s: equal %v", c.a, c.b, got)
		}
	}
}

func TestAny(t *testing.T) {
	got := mustJSON(t, `{"a":[1,2.0,2.5,"x",true,null],"big":12345678901234567890}`).Any()
	want := map[string]any{"a": []any{1, 2, 2.5, "x", true, nil}, "big": 12345678901234567890.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTextAndKinds(t *testing.T) {
	got := ""
	for _, v := range []Value{{}, Null(), Bool(true), Int(3), String("x"), ListOf(), Object()} {
		got += v.Kind().String() + "=" + v.Text() + ";"
	}
	if want := "nothing=;null=;a boolean=true;a number=3;a string=x;a list=;an object=;"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
