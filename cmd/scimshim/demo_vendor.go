package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"scimshim/examples/legacy/app"
)

// demoVendor is the legacy application on a port of its own. It takes the
// application off the network and back, and watches what is said to it.
type demoVendor struct {
	app *app.App
	URL string
	key string // which every call must have

	address  string
	listener net.Listener
	server   *http.Server

	mu      sync.Mutex
	last    transcript // the last POST
	refused int        // POSTs that were refused: a duplicate would be
	// lost, if set, is called when the work of a write is done and its answer
	// thrown away, while the caller still waits for it.
	lost func()
}

// transcript is one request and its answer, as text.
type transcript struct {
	request string // "POST /api/users"
	body    string
	status  int // 0: the answer was lost
	answer  string
}

func startDemoVendor(key string) (*demoVendor, error) {
	v := &demoVendor{app: app.New(key), key: key, address: "127.0.0.1:0"}
	if err := v.up(); err != nil {
		return nil, err
	}
	v.URL = "http://" + v.address
	return v, nil
}

// up takes the application onto the network, after the first time always at the
// same port.
func (v *demoVendor) up() error {
	ln, err := net.Listen("tcp", v.address)
	if err != nil {
		return fmt.Errorf("start the legacy application: %w", err)
	}
	v.address, v.listener = ln.Addr().String(), ln
	v.server = &http.Server{Handler: v, ReadHeaderTimeout: 10 * time.Second}
	go v.server.Serve(ln)
	return nil
}

// down closes the port and every connection. The listener is closed by itself,
// for the server does not know of it before its goroutine runs.
func (v *demoVendor) down() {
	v.listener.Close()
	v.server.Close()
}

// ServeHTTP has the application answer and takes down what it is asked to write.
func (v *demoVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		v.app.Handler().ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	said := &eavesdropper{ResponseWriter: w}
	// Deferred, because an answer is lost by a panic, and so called before the
	// connection is closed.
	defer func() {
		v.note(transcript{r.Method + " " + r.URL.Path, string(body), said.status, said.text.String()})
	}()
	v.app.Handler().ServeHTTP(said, r)
}

func (v *demoVendor) note(t transcript) {
	v.mu.Lock()
	lost := v.lost
	if strings.HasPrefix(t.request, http.MethodPost) {
		v.last = t
		if t.status >= 400 {
			v.refused++
		}
	}
	v.mu.Unlock()
	if t.status == 0 && lost != nil {
		lost()
	}
}

// onLost sets what happens while the answer of a write is being lost.
func (v *demoVendor) onLost(do func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lost = do
}

// seen gives the last POST, and how many were refused so far.
func (v *demoVendor) seen() (last transcript, refused int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last, v.refused
}

// eavesdropper hears the answer that it passes on.
type eavesdropper struct {
	http.ResponseWriter
	status int
	text   bytes.Buffer
}

func (e *eavesdropper) WriteHeader(status int) {
	e.status = status
	e.ResponseWriter.WriteHeader(status)
}

func (e *eavesdropper) Write(p []byte) (int, error) {
	e.text.Write(p)
	return e.ResponseWriter.Write(p)
}
