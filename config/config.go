// Package config turns vendor files into one immutable, compiled snapshot, or
// into everything that is wrong with them, with the place of each problem.
//
// A file goes through three stages: parse (node.go) makes a tree that knows the
// position of every key and value; the decoder (decode.go, and a file for each
// noun of the language) fills the types of package transform from it; check.go
// looks at what only the whole of users or groups can tell, use.go at the names that
// expressions use. reference.go and its companions say what each key is, and README.md
// is made from them.
package config

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"scimshim/transform"
)

// Options say how files are loaded.
type Options struct {
	// Env looks up an environment variable; nil: that of the process.
	Env func(name string) (string, bool)
	// ReadFile reads a vendor file, or a file named in `${file:PATH}`; nil:
	// that of the disk.
	ReadFile func(name string) ([]byte, error)
	// Placeholders stand in for secrets that are not set: "<NAME>" for
	// `${env:NAME}`, "<file:PATH>" for `${file:PATH}`, and a host below
	// "invalid" (RFC 2606 section 2) in the URL of the upstream.
	Placeholders bool
}

// Snapshot is what a set of vendor files says. It is never changed.
type Snapshot struct{ Vendors []*Vendor }

// Vendor gives the vendor of this name, or nil.
func (s *Snapshot) Vendor(name string) *Vendor {
	for _, v := range s.Vendors {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Vendor is one compiled vendor file.
type Vendor struct {
	*transform.Vendor
	Callers     []Caller
	OAuth2      *OAuth2           // nil: no tokens are got by it
	AWS         *AWS              // nil: requests are not signed
	TLS         *TLS              // nil: as the system has it
	Fingerprint [sha256.Size]byte // of how the vendor is reached, and of its session
	File        string
	position    string // of the name
}

// Load reads, compiles and checks the files. The snapshot is nil when one of
// the diagnostics is an error; otherwise these are warnings.
func Load(files []string, opts Options) (*Snapshot, Diagnostics) {
	if opts.Env == nil {
		opts.Env = os.LookupEnv
	}
	snapshot := &Snapshot{}
	var all Diagnostics
	for _, name := range files {
		d := &decoder{opts: opts, source: &source{name: name}}
		if vendor := d.load(); vendor != nil {
			d.unique(vendor, snapshot)
			snapshot.Vendors = append(snapshot.Vendors, vendor)
		}
		all = append(all, d.source.finish()...)
	}
	all.sort()
	if all.HasErrors() {
		return nil, all
	}
	return snapshot, all
}

// load decodes one file; nil when it has errors.
func (d *decoder) load() *Vendor {
	body, err := d.opts.read(d.source.name)
	if err != nil {
		d.source.report(1, 1, codeUnreadable, "the file cannot be read: "+err.Error())
		return nil
	}
	root := d.source.parse(body)
	if root == nil {
		return nil
	}
	vendor := d.vendor(root)
	vendor.File = d.source.name
	return vendor
}

// unique reports a vendor whose name an earlier file has taken, since the name
// is the first segment of the URL that Entra calls.
func (d *decoder) unique(vendor *Vendor, earlier *Snapshot) {
	first := earlier.Vendor(vendor.Name)
	if first == nil || vendor.Name == "" {
		return
	}
	d.report(d.name, codeDuplicateVendor, "the vendor %q is defined already at %s", vendor.Name, first.position)
}

// maxFile bounds what a file may cost to parse.
const maxFile = 1 << 20

// read reads a file whole. Its errors do not repeat the file's name.
func (o Options) read(name string) ([]byte, error) {
	body, err := o.readAll(name)
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if err == nil && len(body) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return bytes.TrimPrefix(body, []byte("\ufeff")), err
}

func (o Options) readAll(name string) ([]byte, error) {
	if o.ReadFile != nil {
		return o.ReadFile(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}
