// Package legacy carries the vendor file of the demo's application into the
// binary, for the demo runs where no file has been set up.
package legacy

import _ "embed"

//go:embed legacy.yaml
var file string

// File gives the text of legacy.yaml.
func File() string { return file }
