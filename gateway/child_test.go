package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"scimshim/gateway"
	"scimshim/gateway/state"
	"scimshim/transform"
)

// childVariable makes the test binary a gateway that can be killed: its value
// is the address to listen on.
const childVariable = "SCIMSHIM_TEST_CHILD"

func TestMain(m *testing.M) {
	if address := os.Getenv(childVariable); address != "" {
		if err := runChild(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runChild serves until its standard input ends. A line there says how many
// points it has to live from then on; every point is told on standard output.
func runChild(address string) error {
	file, err := os.ReadFile(os.Getenv("SCIMSHIM_TEST_FILE"))
	if err != nil {
		return err
	}
	snapshot, err := compile(string(file), os.Getenv("SCIMSHIM_TEST_VENDOR"))
	if err != nil {
		return err
	}
	store, err := state.Open(os.Getenv("SCIMSHIM_TEST_STATE"), 5*time.Second)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	var left atomic.Int64
	g := gateway.New(snapshot, store, gateway.Options{Observe: func(p gateway.Point) {
		fmt.Println(pointName(p))
		if left.Add(-1) == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	go g.Serve(listener)
	fmt.Println("ready", listener.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		left.Store(n)
		fmt.Println("armed")
	}
	return nil
}

// pointName tells what is sent from what is remembered.
func pointName(p gateway.Point) string {
	move := "send"
	if commit, ok := p.Move.(transform.Commit); ok {
		move = "memory"
		if commit.Change != (transform.Change{}) {
			move = "commit"
		}
		if commit.Change.Durable {
			move = "durable commit"
		}
	}
	return p.When + " " + move + " of " + p.Step.Name()
}

// child is a gateway in a process of its own.
type child struct {
	t       *testing.T
	command *exec.Cmd
	input   *os.File
	lines   chan string
	address string
}

// startChild starts a gateway on an address that it may have been killed on.
func startChild(t *testing.T, address, file, vendor, statePath string) *child {
	t.Helper()
	in, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, input: input, lines: make(chan string, 1000)}
	c.command = exec.Command(os.Args[0], "-test.run=^$")
	c.command.Env = append(os.Environ(), childVariable+"="+address, "SCIMSHIM_TEST_FILE="+file,
		"SCIMSHIM_TEST_VENDOR="+vendor, "SCIMSHIM_TEST_STATE="+statePath)
	c.command.Stdin, c.command.Stderr = in, os.Stderr
	out, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	go func() {
		defer close(c.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.lines <- lines.Text()
		}
	}()
	_, c.address, _ = strings.Cut(c.wait("ready "), " ")
	return c
}

// wait gives the next line that begins so, and throws away those before.
func (c *child) wait(prefix string) string {
	c.t.Helper()
	for line := range c.lines {
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
	c.t.Fatalf("the child ended before it said %q", prefix)
	return ""
}

// arm lets the child live for n points; 0 is for ever.
func (c *child) arm(n int) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.input, n); err != nil {
		c.t.Fatal(err)
	}
	c.wait("armed")
}

// end waits for the child, which is dead or told to end, and gives the points
// that it told of since it was armed. killed reports how it ended.
func (c *child) end() (points []string, killed bool) {
	c.t.Helper()
	c.input.Close()
	for line := range c.lines {
		points = append(points, line)
	}
	err := c.command.Wait()
	status, _ := c.command.ProcessState.Sys().(syscall.WaitStatus)
	if killed = status.Signaled() && status.Signal() == syscall.SIGKILL; !killed && err != nil {
		c.t.Fatalf("the child ended by itself: %v", err)
	}
	return points, killed
}
