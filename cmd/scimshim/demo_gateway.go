package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// demoGateway is `scimshim run` as a process of its own, so that it can be
// killed as a process is killed.
type demoGateway struct {
	executable  string
	folder      string // holds the vendor file and the state
	environment []string
	flags       []string

	address string // once known, kept over restarts
	process *exec.Cmd
	ended   chan struct{} // closed when the process is gone

	mu  sync.Mutex
	log []string // the last lines of what it said
}

const (
	demoStart = 30 * time.Second // for the gateway to say that it listens
	demoStop  = 15 * time.Second // for it to finish what is under way
	demoLog   = 20               // lines
)

// start runs the gateway until it listens.
func (g *demoGateway) start() error {
	listen := g.address
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	arguments := append([]string{"run", "--listen", listen, "--log-level", "warn",
		"--state", filepath.Join(g.folder, "scimshim.db")}, g.flags...)
	g.process = exec.Command(g.executable, append(arguments, filepath.Join(g.folder, "legacy.yaml"))...)
	g.process.Env = g.environment
	said, err := g.process.StderrPipe()
	if err != nil {
		return err
	}
	if err := g.process.Start(); err != nil {
		return fmt.Errorf("start the gateway: %w", err)
	}
	address := make(chan string, 1)
	g.ended = make(chan struct{})
	go g.attend(g.process, said, address, g.ended)
	return g.await(address)
}

// attend reads what the process says until it is gone.
func (g *demoGateway) attend(process *exec.Cmd, said io.Reader, address chan<- string, ended chan<- struct{}) {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		g.keep(lines.Text())
		if _, at, found := strings.Cut(lines.Text(), " listens on "); found {
			address <- at
		}
	}
	io.Copy(io.Discard, said) // a line too long ends the scanner, and must not hold up the process
	process.Wait()
	close(ended)
}

func (g *demoGateway) keep(line string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.log = append(g.log, line)
	g.log = g.log[max(0, len(g.log)-demoLog):]
}

// lines gives the last lines of the gateway's log.
func (g *demoGateway) lines() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.log)
}

func (g *demoGateway) await(address <-chan string) error {
	late := time.NewTimer(demoStart)
	defer late.Stop()
	select {
	case g.address = <-address:
		return nil
	case <-g.ended:
		return fmt.Errorf("the gateway ended at once: %s", strings.Join(g.lines(), "\n"))
	case <-late.C:
		return errors.Join(fmt.Errorf("the gateway did not listen within %s", demoStart), g.kill())
	}
}

// kill ends the process as kill -9 does, without a chance to save anything.
func (g *demoGateway) kill() error {
	err := g.process.Process.Kill()
	<-g.ended
	if errors.Is(err, os.ErrProcessDone) {
		return errors.New("the gateway had ended by itself")
	}
	return err
}

// stop ends the process in good order. One that is gone already is no error: a
// Ctrl-C in a terminal reaches it, too.
func (g *demoGateway) stop() error {
	if g.process == nil || g.process.Process == nil {
		return nil
	}
	if g.process.Process.Signal(syscall.SIGTERM) != nil {
		g.process.Process.Kill() // it is gone, or the system has no such signal
	}
	late := time.NewTimer(demoStop)
	defer late.Stop()
	select {
	case <-g.ended:
		return nil
	case <-late.C:
		return errors.Join(fmt.Errorf("the gateway did not stop within %s", demoStop), g.kill())
	}
}

// demoEnvironment is ours without the settings of another gateway, and with the
// variables that the vendor file names.
func demoEnvironment(own ...string) []string {
	inherited := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "SCIMSHIM_") })
	return append(inherited, own...)
}
