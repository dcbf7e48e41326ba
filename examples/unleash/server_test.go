//go:build unix

package unleash_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const adminToken = "*:*.unleash-admin-secret"

// server is a real Unleash on a database of its own.
type server struct {
	dir, database string
	process       *process
	url           string
}

// account is a user as Unleash itself shows it.
type account struct {
	ID       int
	Username string
	Email    string
	Name     string
	RootRole int
}

func newServer(t *testing.T) *server {
	t.Helper()
	dir := os.Getenv("SCIMSHIM_UNLEASH_DIR")
	if dir == "" {
		lacking(t, "SCIMSHIM_UNLEASH_DIR is not set: copy examples/unleash/server somewhere, "+
			"run npm ci --ignore-scripts there, and name that directory")
	}
	return &server{dir: dir, database: startPostgres(t)}
}

// start runs Unleash with these variables beside those it needs. A second start
// on the same database is a restart: what Unleash holds in memory is gone, the
// count of its limiter included.
func (s *server) start(t *testing.T, environment ...string) {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(s.dir, "node_modules", "node*", "bin", "node"))
	if len(found) == 0 {
		lacking(t, fmt.Sprintf("%s holds no Node.js: run npm ci --ignore-scripts there", s.dir))
	}
	cmd := exec.Command(found[0], filepath.Join(s.dir, "node_modules", "unleash-server", "dist", "server.js"))
	// Nothing is taken over from the test's own environment: a DATABASE_URL
	// there would win.
	cmd.Env = append([]string{
		"DATABASE_HOST=" + s.database, "DATABASE_USERNAME=unleash", "DATABASE_NAME=postgres", "DATABASE_SSL=false",
		"HTTP_HOST=127.0.0.1", "HTTP_PORT=0", "INIT_ADMIN_API_TOKENS=" + adminToken,
		"CHECK_VERSION=false", "SEND_TELEMETRY=false", "SCARF_ANALYTICS=false", "LOG_LEVEL=info",
	}, environment...)
	var port string
	s.process, port = startProcess(t, cmd, `Unleash has started.*port: (\d+) `)
	s.url = "http://127.0.0.1:" + port
}

func (s *server) stop() { s.process.stop(syscall.SIGKILL) }

// accounts is Unleash's own list, by user name.
func (s *server) accounts(t *testing.T) map[string]account {
	t.Helper()
	var answer struct{ Users []account }
	s.call(t, "GET", "", "", &answer)
	all := map[string]account{}
	for _, a := range answer.Users {
		if _, twice := all[a.Username]; twice {
			t.Errorf("Unleash lists %q twice", a.Username)
		}
		all[a.Username] = a
	}
	return all
}

// change edits or deletes an account as an administrator of Unleash does.
func (s *server) change(t *testing.T, method string, id int, body string) {
	t.Helper()
	s.call(t, method, fmt.Sprintf("/%d", id), body, nil)
}

func (s *server) call(t *testing.T, method, path, body string, into any) {
	t.Helper()
	request, err := http.NewRequest(method, s.url+"/api/admin/user-admin"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", adminToken)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode > 299 {
		t.Fatalf("%s %s: %v, %s: %s", method, path, err, answer.Status, read)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(read, into); err != nil {
		t.Fatal(err)
	}
}
