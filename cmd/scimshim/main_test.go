package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the command on the path under its own name, for scripts to call
// and for the demo to run its gateway.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scimshim": func() { os.Exit(execute()) }})
}
