//go:build unix

package unleash_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startLimit bounds how long a program may take to say that it is ready. It is
// generous: migrations on a busy machine take most of a minute.
const startLimit = 3 * time.Minute

// process is a program that runs beside the test, and all that it has written.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	ready  *regexp.Regexp
	said   chan string // the first group of ready, once

	mu      sync.Mutex
	written bytes.Buffer
}

// startProcess runs the command until the test ends, and waits for a line that
// matches ready. It gives the line's first group.
func startProcess(t *testing.T, cmd *exec.Cmd, ready string) (*process, string) {
	t.Helper()
	p := &process{cmd: cmd, exited: make(chan struct{}), ready: regexp.MustCompile(ready), said: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.stop(syscall.SIGINT)
		if t.Failed() {
			out := p.output()
			t.Logf("the last that %s wrote:\n%s", cmd.Path, out[max(0, len(out)-4000):])
		}
	})
	select {
	case said := <-p.said:
		return p, said
	case <-p.exited:
		t.Fatalf("%s ended: %v", cmd.Path, cmd.ProcessState)
	case <-time.After(startLimit):
		t.Fatalf("%s did not say %q in %s", cmd.Path, ready, startLimit)
	}
	return nil, ""
}

// Write takes what the program writes.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written.Write(b)
	if p.ready == nil {
		return len(b), nil
	}
	if found := p.ready.FindSubmatch(p.written.Bytes()); found != nil {
		p.said <- string(found[1])
		p.ready = nil
	}
	return len(b), nil
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// stop sends the signal and waits for the end of the program.
func (p *process) stop(signal syscall.Signal) {
	p.cmd.Process.Signal(signal)
	<-p.exited
}
