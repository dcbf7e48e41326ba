//go:build unix

package unleash_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const scimToken = "entra-secret-token"

// gateway is scimshim as its users run it: a program of its own, which the test
// can kill.
type gateway struct {
	t                       *testing.T // the whole test: a subtest's end must not end the process
	binary, state, upstream string
	process                 *process
	tenantURL               string
	written                 string // by the processes before this one
}

func newGateway(t *testing.T, upstream string) *gateway {
	t.Helper()
	dir := t.TempDir()
	g := &gateway{t: t, binary: filepath.Join(dir, "scimshim"), state: filepath.Join(dir, "state.db"), upstream: upstream}
	build := exec.Command("go", "build", "-o", g.binary, "scimshim/cmd/scimshim")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	g.start()
	return g
}

func (g *gateway) start() {
	g.t.Helper()
	cmd := exec.Command(g.binary, "run", "unleash.yaml", "--listen", "127.0.0.1:0", "--state", g.state, "--log-level", "debug")
	cmd.Env = append(os.Environ(), "SCIM_TOKEN="+scimToken, "UNLEASH_TOKEN="+adminToken, "UNLEASH_URL="+g.upstream)
	g.process, g.tenantURL = startProcess(g.t, cmd, `Tenant URL (\S+)\n`)
}

// kill ends the gateway as a power cut does, and starts it again on its state.
func (g *gateway) kill() {
	g.process.stop(syscall.SIGKILL)
	g.written += g.process.output()
	g.start()
}

// checkSecrets ends the gateway and looks for secrets in everything that it
// wrote, and in what it remembers.
func (g *gateway) checkSecrets(t *testing.T) {
	t.Helper()
	g.process.stop(syscall.SIGTERM)
	remembered, err := filepath.Glob(g.state + "*")
	if err != nil || len(remembered) == 0 {
		t.Fatalf("the state files of %s: %v, %v", g.state, remembered, err)
	}
	left := g.written + g.process.output()
	for _, name := range remembered {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		left += string(file)
	}
	// Each user's invite link is a way into the account for who has it.
	for _, secret := range []string{scimToken, adminToken, "new-user?token", "inviteLink"} {
		if at := strings.Index(left, secret); at >= 0 {
			t.Errorf("a secret was written: %q", left[max(0, at-80):min(len(left), at+80)])
		}
	}
}
