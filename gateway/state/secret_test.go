package state

import (
	"bytes"
	"testing"
)

// The key is the same after a restart and another one in every other state: a
// token must be good after the one, and never for the other.
func TestSigningKey(t *testing.T) {
	path := newPath(t)
	first := mustOpen(t, path)
	key := bytes.Clone(first.SigningKey())
	mustClose(t, first)
	again := mustOpen(t, path)
	if !bytes.Equal(key, again.SigningKey()) || len(key) != 32 {
		t.Errorf("a key of %d bytes did not outlive a restart", len(key))
	}
	mustClose(t, again)
	for name, other := range map[string]*Store{"another file": mustOpen(t, newPath(t)), "memory": InMemory(), "more memory": InMemory()} {
		if got := other.SigningKey(); bytes.Equal(got, key) || bytes.Equal(got, make([]byte, 32)) || len(got) != 32 {
			t.Errorf("%s has no key of its own", name)
		}
		key = other.SigningKey()
		mustClose(t, other)
	}
}
