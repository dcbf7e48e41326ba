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

// What is kept under a name is what was written last, also after a restart.
func TestKeep(t *testing.T) {
	path := newPath(t)
	file := mustOpen(t, path)
	for _, store := range []*Store{file, InMemory()} {
		if got, err := store.Kept("a"); got != nil || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		for _, value := range []string{"1", "2"} {
			if err := store.Keep("a", []byte(value)); err != nil {
				t.Error(err)
			}
			if got, err := store.Kept("a"); string(got) != value || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}
	}
	mustClose(t, file)
	file = mustOpen(t, path)
	defer mustClose(t, file)
	if got, err := file.Kept("a"); string(got) != "2" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
