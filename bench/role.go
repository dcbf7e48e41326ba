package main

import (
	"context"
	"fmt"
	"net"

	"github.com/valyala/fasthttp"
)

// roleWord as the first argument makes this program one of the processes that
// are measured, or the upstream behind them.
const roleWord = "role"

// The roles, with their arguments after the address to listen on.
const (
	roleUpstream = "upstream"
	roleBare     = "bare"   // UPSTREAM
	roleMemory   = "memory" // FILE PROFILE
)

// play listens in a role until the context ends.
func play(ctx context.Context, arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("role %q: an address to listen on is needed", arguments)
	}
	role, rest := arguments[0], arguments[2:]
	ln, err := net.Listen("tcp", arguments[1])
	if err != nil {
		return err
	}
	switch {
	case role == roleUpstream && len(rest) == 0:
		return answer(ctx, ln, &fasthttp.Server{Handler: newUpstream().handle, NoDefaultServerHeader: true})
	case role == roleBare && len(rest) == 1:
		return answer(ctx, ln, newBare(rest[0]))
	case role == roleMemory && len(rest) == 2:
		return serveInMemory(ctx, ln, rest[0], rest[1])
	}
	return fmt.Errorf("role %q with %q is none", role, rest)
}

func answer(ctx context.Context, ln net.Listener, server *fasthttp.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ln.Close()
	}
}
