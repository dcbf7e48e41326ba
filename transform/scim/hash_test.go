package scim

import (
	"fmt"
	"hash/fnv"
	"testing"
)

// The hashes of today are those of every later version: a client may keep them.
func TestVersion(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:    `W/"60485302f50e4fa7"`,
		`"ann"`: `W/"5824489f814e1169"`,
		`{"userName":"ann@contoso.com","active":true,"n":12,"emails":[{"type":"work","value":"ann@contoso.com"}]}`: `W/"941a4e16f1bdcb30"`,
	} {
		if got := mustParse(t, text).Version(); string(got[:]) != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// What differs has different hashes, and the order of members is no difference.
func TestHash(t *testing.T) {
	seen := map[uint64]string{}
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `"0"`, `""`, `[]`, `{}`, `1`, `10`, `"a"`, `"b"`, `"ab"`, `"a\u0000"`, `"12345678"`, `"123456781"`, `"123456789"`,
		`["a","b"]`, `["b","a"]`, `["ab"]`, `[["a"],"b"]`, `["a",["b"]]`, `[null]`, `[[]]`, `[{}]`,
		`{"a":"b"}`, `{"b":"a"}`, `{"a":"b","c":"d"}`, `{"a":"d","c":"b"}`, `{"a":{"b":"c"}}`, `{"a":null}`, `{"a":true}`, `{"a":false}`, `{"a":[true]}`,
		`{"a":{"x":1},"b":{"x":2}}`, `{"a":{"x":2},"b":{"x":1}}`, `{"aa":"a"}`, `{"a":"aa"}`,
	} {
		h := mustParse(t, text).Hash()
		if other, taken := seen[h]; taken {
			t.Errorf("%s and %s have the same hash", text, other)
		}
		seen[h] = text
	}
	for i := range 20000 {
		text := fmt.Sprintf(`{"userName":"user%d@contoso.com"}`, i)
		h := mustParse(t, text).Hash()
		if other, taken := seen[h]; taken {
			t.Errorf("%s and %s have the same hash", text, other)
		}
		seen[h] = text
	}
	if a, b := mustParse(t, `{"a":1,"b":{"c":2,"d":3}}`), mustParse(t, `{"b":{"d":3,"c":2},"a":1}`); a.Hash() != b.Hash() {
		t.Error("the order of members changes the hash")
	}
}

func TestHashAllocates(t *testing.T) {
	v := mustParse(t, `{"userName":"ann@contoso.com","emails":[{"type":"work","value":"ann@contoso.com"}],"active":true,"n":1}`)
	if n := testing.AllocsPerRun(10, func() { v.Hash() }); n != 0 {
		t.Errorf("a hash allocates %v times", n)
	}
}

func BenchmarkHash(b *testing.B) {
	v, err := ParseJSON([]byte(postBody), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Hash", func(b *testing.B) {
		for b.Loop() {
			v.Hash()
		}
	})
	b.Run("JSON", func(b *testing.B) {
		var text []byte
		for b.Loop() {
			h := fnv.New64a()
			text = v.AppendJSON(text[:0])
			h.Write(text)
		}
	})
}
