package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
)

// The tokens: what the callers have for the gateway, and what the vendor wants.
const (
	callerToken = "the-token-of-the-caller"
	vendorToken = "the-token-of-the-vendor"
)

//go:embed plain.yaml
var plainFile []byte

//go:embed kept.yaml
var keptFile []byte

// The proxies, in the order of the tables.
const (
	bareProxy   = "bare proxy"
	nginxProxy  = "nginx"
	plain       = "plain"
	plainMemory = "plain, in memory"
	kept        = "kept"
	keptMemory  = "kept, in memory"
)

func allProxies() []string {
	return []string{bareProxy, nginxProxy, plain, plainMemory, kept, keptMemory}
}

// proxy is something that a request goes through, a process of its own.
type proxy struct {
	name    string
	vendor  string // of its vendor file; "": it maps nothing, and is called as the vendor is
	process *process

	users   []*user // those that are read and patched
	number  int     // of the first user that it creates
	created int     // how many it has created
	steps   atomic.Int64
	idle    resident
}

// contentType is that of the bodies that it is sent.
func (p *proxy) contentType() string {
	if p.vendor == "" {
		return "application/json"
	}
	return "application/scim+json"
}

// keeps says that the vendor file has values that the gateway keeps.
func (p *proxy) keeps() bool { return p.vendor == "kept" }

// stage is where the processes run: a folder for their files, and the upstream.
type stage struct {
	folder   string
	profile  string // the folder for CPU profiles; "": none
	scimshim string // the program
	upstream *process
}

// build makes the program and the vendor files.
func (s *stage) build(ctx context.Context) error {
	s.scimshim = filepath.Join(s.folder, "scimshim")
	command := exec.CommandContext(ctx, "go", "build", "-o", s.scimshim, "scimshim/cmd/scimshim")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the gateway: %w\n%s", err, out)
	}
	for vendor, text := range map[string][]byte{"plain": plainFile, "kept": keptFile} {
		if err := os.WriteFile(s.file(vendor), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) file(vendor string) string { return filepath.Join(s.folder, vendor+".yaml") }

// enter starts a proxy by its name. It is nil where its program is not
// installed.
func (s *stage) enter(ctx context.Context, name string) (*proxy, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := &proxy{name: name}
	var command *exec.Cmd
	switch name {
	case bareProxy:
		command, err = role(roleBare, address, s.upstream.address)
	case nginxProxy:
		if command, err = s.nginx(address); command == nil {
			return nil, err
		}
	case plain, kept:
		p.vendor = name
		command = s.gateway(name, address, filepath.Join(s.folder, name+".db"))
	case plainMemory, keptMemory:
		p.vendor = map[string]string{plainMemory: "plain", keptMemory: "kept"}[name]
		profile := ""
		if s.profile != "" {
			profile = filepath.Join(s.profile, p.vendor+".pprof")
		}
		command, err = role(roleMemory, address, s.file(p.vendor), profile)
	default:
		return nil, fmt.Errorf("BUG: there is no proxy %q", name)
	}
	if err != nil {
		return nil, err
	}
	command.Env = s.environment()
	p.process, err = launch(ctx, s.folder, name, address, command)
	return p, err
}

// gateway is the real one, with its usual settings.
func (s *stage) gateway(vendor, address, state string) *exec.Cmd {
	command := exec.Command(s.scimshim, "run", "--listen", address, "--state", state, s.file(vendor))
	command.Env = s.environment()
	return command
}

// environment has what the vendor files name, and no settings of another gateway.
func (s *stage) environment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"SCIM_TOKEN=" + callerToken,
		"BENCH_TOKEN=" + vendorToken,
		"BENCH_URL=http://" + s.upstream.address,
	}
}

// role is this program again, in a role.
func role(name, address string, rest ...string) (*exec.Cmd, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.Command(own, append([]string{roleWord, name, address}, rest...)...), nil
}
