package scim

import (
	"fmt"
	"testing"
)

// An object of a vendor's may have as many members as its answer has room for. Were
// each looked for among all of them, this would not end before the tests do.
func TestManyMembers(t *testing.T) {
	const many = 500_000
	draft := DraftOf(Value{}, 0)
	for i := range many {
		draft.Set(fmt.Sprint("m", i), Int(int64(i)))
	}
	draft.Set("m0", Value{})
	draft.Set("m1", Int(-1))
	draft.Set("m0", Int(-2))
	v := draft.Value()
	if n, last := len(v.Members()), v.Members()[many-1]; n != many || last.Name != "m0" || last.Value.Text() != "-2" || v.Members()[0].Value.Text() != "-1" {
		t.Errorf("%d members, the last %s: %s", n, last.Name, last.Value.JSON())
	}
	members := make([]Member, many)
	for i, m := range v.Members() {
		members[many-1-i] = m
	}
	if !v.Equal(Object(members...)) {
		t.Error("the order of members makes a difference")
	}
	members[7].Value = Int(-3)
	if v.Equal(Object(members...)) {
		t.Error("a member of another value makes none")
	}
}

// Objects of the usual size are compared without an allocation.
func TestEqualAllocatesNothing(t *testing.T) {
	v, w := Object(Member{"a", Int(1)}, Member{"b", String("x")}), Object(Member{"b", String("x")}, Member{"a", Int(1)})
	if n := testing.AllocsPerRun(100, func() {
		if !v.Equal(w) {
			t.Error("unequal")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
