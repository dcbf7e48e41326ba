package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap/zapcore"
	"pgregory.net/rapid"

	"scimshim/config"
	"scimshim/examples/entra"
	"scimshim/gateway"
	"scimshim/gateway/state"
)

const (
	callerToken = "token-CANARY-caller"
	vendorKey   = "key-CANARY-vendor"
)

// legacyFile is the file of the demo's application.
func legacyFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../examples/legacy/legacy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compile loads the text of a vendor file whose upstream is at a URL.
func compile(file, upstream string) (*config.Snapshot, error) {
	env := map[string]string{"SCIM_TOKEN": callerToken, "LEGACY_URL": upstream, "LEGACY_KEY": vendorKey}
	snapshot, found := config.Load([]string{"vendor.yaml"}, config.Options{
		Env: func(name string) (string, bool) { value, set := env[name]; return value, set },
		ReadFile: func(name string) ([]byte, error) {
			if name == "vendor.yaml" {
				return []byte(file), nil
			}
			return os.ReadFile(name)
		},
	})
	if snapshot == nil {
		return nil, fmt.Errorf("load:\n%s", found)
	}
	return snapshot, nil
}

// rig is a gateway at work, between a caller and a vendor.
type rig struct {
	t        *testing.T
	snapshot *config.Snapshot
	store    *state.Store
	gateway  *gateway.Gateway
	address  string
	base     string // the Tenant URL
	vendor   string // the vendor's
	state    string // the state file
	log      *logBuffer
	client   *http.Client
}

// logBuffer may be written by several goroutines.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newRig starts a gateway with a state file of its own. It logs everything.
func newRig(t *testing.T, file, upstream string, options gateway.Options) *rig {
	t.Helper()
	r := &rig{t: t, state: filepath.Join(t.TempDir(), "state.db"), log: &logBuffer{}, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	if options.Logger == nil {
		options.Logger = gateway.NewLogger(r.log, zapcore.DebugLevel)
	}
	if err := r.start(file, upstream, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.gateway.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := r.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) start(file, upstream string, options gateway.Options) (err error) {
	r.vendor = upstream
	if r.snapshot, err = compile(file, upstream); err != nil {
		return err
	}
	if r.store, err = state.Open(r.state, 0); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r.gateway = gateway.New(r.snapshot, r.store, options)
	r.address = listener.Addr().String()
	r.base = "http://" + r.address + "/" + r.snapshot.Vendors[0].Name + "/scim/v2"
	go r.gateway.Serve(listener)
	return nil
}

// reply is what the caller is answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// call makes one SCIM call, with further headers in pairs.
func (r *rig) call(method, path, body string, header ...string) reply {
	r.t.Helper()
	request, err := http.NewRequest(method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+callerToken)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/scim+json")
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

// must makes a call that has to be answered with the status.
func (r *rig) must(t rapid.TB, status int, method, path, body string) reply {
	t.Helper()
	got := r.call(method, path, body)
	if got.status != status {
		t.Fatalf("%s %s %s: got %d %s, want %d", method, path, body, got.status, got.body, status)
	}
	return got
}

// newService is Entra, provisioning these users.
func newService(t *testing.T, base string, dialect entra.Dialect, users ...entra.User) *entra.Service {
	t.Helper()
	client := entra.NewClient(base, callerToken)
	client.Dialect = dialect
	client.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	service, err := entra.NewService(client, entra.DefaultMapping(), 1)
	if err != nil {
		t.Fatal(err)
	}
	service.Put(users...)
	return service
}

// quiet asserts a cycle that neither failed nor wrote.
func quiet(t rapid.TB, report entra.Report) {
	t.Helper()
	if len(report.Errors) > 0 || report.Writes() > 0 {
		t.Errorf("the cycle should have nothing to do: errors %v, requests %v, patched %v", report.Errors, report.Requests, report.Patched)
	}
}
