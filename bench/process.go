package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	startLimit = 10 * time.Second // for a process to listen
	startPause = 200 * time.Microsecond
	stopLimit  = 10 * time.Second // for it to end when asked to
	logTail    = 2000             // bytes of its log, in an error
)

// process is a program that listens on an address of its own.
type process struct {
	name    string
	address string
	log     string // the file that takes what it prints
	command *exec.Cmd
	ended   chan struct{} // closed when it is gone
}

// freeAddress is one that nobody listens on now. Another program may take it
// before it is used: then the start fails, and says so.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// launch starts a program and waits until it listens.
func launch(ctx context.Context, folder, name, address string, command *exec.Cmd) (*process, error) {
	p := &process{name: name, address: address, log: filepath.Join(folder, name+".log"), command: command, ended: make(chan struct{})}
	file, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	command.Stdout, command.Stderr = file, file
	command.SysProcAttr = dieWithParent()
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		command.Wait()
		close(p.ended)
	}()
	if err := p.await(ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *process) await(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < startLimit; time.Sleep(startPause) {
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended at once: %s", p.name, p.tail())
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return fmt.Errorf("%s does not listen after %s: %s", p.name, startLimit, p.tail())
}

// tail is the end of what it printed.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-logTail):])
}

// stop ends the process, in good order if it lets itself be asked.
func (p *process) stop() error {
	p.command.Process.Signal(syscall.SIGTERM)
	late := time.NewTimer(stopLimit)
	defer late.Stop()
	select {
	case <-p.ended:
		return nil
	case <-late.C:
	}
	err := p.command.Process.Kill()
	<-p.ended
	return errors.Join(fmt.Errorf("%s had to be killed", p.name), err)
}

func (p *process) pid() int { return p.command.Process.Pid }

// alive says that it has not ended by itself.
func (p *process) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s has ended: %s", p.name, p.tail())
	default:
		return nil
	}
}
