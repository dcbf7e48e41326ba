package app

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is the application listening on a port of its own.
type Server struct {
	URL string // "http://127.0.0.1:41234"

	app      *App
	addr     string
	listener net.Listener
	http     *http.Server
}

// Start listens on addr, "" for a free port of 127.0.0.1. One server at a time.
func (a *App) Start(addr string) (*Server, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server != nil {
		return nil, errors.New("the application is started already")
	}
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	s := &Server{app: a, addr: addr}
	if err := s.open(); err != nil {
		return nil, err
	}
	s.URL = "http://" + s.addr
	a.server, a.down = s, false
	return s, nil
}

// Stop closes the port and all connections. The users stay: a later Start shows
// them again.
func (s *Server) Stop() {
	s.app.mu.Lock()
	defer s.app.mu.Unlock()
	s.close()
	s.app.server = nil
}

// Outage takes the application off the network, or back to the same port. While
// it lasts connections are refused, and calls that reach Handler in another way
// are cut off.
func (a *App) Outage(on bool) error {
	if on {
		a.goDown()
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down && a.server != nil {
		if err := a.server.open(); err != nil {
			return fmt.Errorf("end the outage: %w", err)
		}
	}
	a.down = false
	return nil
}

func (a *App) goDown() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = true
	if a.server != nil {
		a.server.close()
	}
}

func (s *Server) open() error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.addr = listener.Addr().String()
	s.listener = listener
	s.http = &http.Server{Handler: s.app.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go s.http.Serve(listener)
	return nil
}

// close also closes the listener itself: the server knows of it only once its
// goroutine runs, and until then it would go on taking connections.
func (s *Server) close() {
	s.listener.Close()
	s.http.Close()
}
