package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const smallFile = `
vendor: small
callers: [{token: "${env:TOKEN}"}]
upstream: {url: http://127.0.0.1:1}
users:
  id: id
  attributes: {userName: login, active: enabled}
  create: POST /users
  read: GET /users/{id}
  update: PUT /users/{id}
  delete: DELETE /users/{id}
  list: {request: GET /users, items: users}
groups: unsupported
`

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var variable = regexp.MustCompile(`127\.0\.0\.1:\d+|scimshim (devel\S*|v\S+|\(\S+)|/\S+/s\.db`)

// The start says what an administrator needs; the end waits for nobody when
// nothing is under way; the next start knows the state file.
func TestRun(t *testing.T) {
	t.Setenv("TOKEN", "secret")
	file, state := writeFile(t, "small.yaml", smallFile), filepath.Join(t.TempDir(), "s.db")
	for _, last := range []string{"state STATE is new: nothing is remembered yet", "state STATE"} {
		ctx, stop := context.WithCancel(t.Context())
		r, w := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			s := runSettings{listen: "127.0.0.1:0", publicURL: "https://scim.example/", state: state, logLevel: "error"}
			ended <- s.run(ctx, []string{file}, w)
			w.Close()
		}()
		var said []string
		address := ""
		for lines := bufio.NewScanner(r); len(said) < 3 && lines.Scan(); {
			if address == "" {
				address = regexp.MustCompile(`127\S+`).FindString(lines.Text())
			}
			said = append(said, variable.ReplaceAllStringFunc(lines.Text(), placeholder))
		}
		want := []string{"VERSION listens on ADDRESS", "vendor small: Tenant URL https://scim.example/small/scim/v2", last}
		if diff := cmp.Diff(want, said); diff != "" {
			t.Error(diff)
		}
		if got, err := http.Get("http://" + address + "/small/scim/v2/Users"); err != nil || got.StatusCode != 401 {
			t.Errorf("without a token: %v, error %v", got, err)
		}
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// SIGHUP reads the files again: a token is replaced without a gap, and files
// with an error change nothing.
func TestRunReloads(t *testing.T) {
	t.Setenv("TOKEN", "old")
	file := writeFile(t, "small.yaml", smallFile)
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		s := runSettings{listen: "127.0.0.1:0", state: filepath.Join(t.TempDir(), "s.db"), logLevel: "error"}
		ended <- s.run(ctx, []string{file}, w)
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	next := func() string { lines.Scan(); return lines.Text() }
	address := regexp.MustCompile(`127\S+`).FindString(next())
	next()
	next()
	both := strings.Replace(smallFile, `"}]`, `"}, {token: new}]`, 1)
	only := strings.Replace(smallFile, "${env:TOKEN}", "new", 1)
	broken := strings.Replace(smallFile, "users:", "user:", 1)
	for _, test := range []struct {
		file     string
		said     []string
		old, new int // the statuses that the tokens get
	}{
		{both, []string{"the files were reloaded"}, 404, 404},
		{only, []string{"the files were reloaded"}, 401, 404},
		{broken, []string{file + `:2:1: error: the file needs the key "users" [missing-key]`,
			file + `:5:1: error: the file: unknown key "user" [unknown-key]`, "    5 | user:", `      | ^^^^ hint: did you mean "users"?`,
			"the files were not reloaded: what was read before stays in use"}, 401, 404},
	} {
		if err := os.WriteFile(file, []byte(test.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if self, err := os.FindProcess(os.Getpid()); err != nil || self.Signal(syscall.SIGHUP) != nil {
			t.Fatal("SIGHUP cannot be sent")
		}
		var said []string
		for range test.said {
			said = append(said, next())
		}
		if diff := cmp.Diff(test.said, said); diff != "" {
			t.Error(diff)
		}
		if old, new := answered(t, address, "old"), answered(t, address, "new"); old != test.old || new != test.new {
			t.Errorf("the old token gets %d, the new one %d; want %d and %d", old, new, test.old, test.new)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// answered gives the status of a request for nothing that there is.
func answered(t *testing.T, address, token string) int {
	t.Helper()
	request, err := http.NewRequest("GET", "http://"+address+"/small/scim/v2/Nothing", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// The line of a request that came right before the end is in the log.
func TestRunLosesNoLine(t *testing.T) {
	t.Setenv("TOKEN", "secret")
	file := writeFile(t, "small.yaml", smallFile)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		s := runSettings{listen: "127.0.0.1:0", state: filepath.Join(t.TempDir(), "s.db"), logLevel: "info"}
		ended <- s.run(ctx, []string{file}, w)
		w.Close()
	}()
	lines, said := bufio.NewScanner(r), ""
	for range 3 {
		lines.Scan()
		said += lines.Text() + "\n"
	}
	if got, err := http.Get("http://" + regexp.MustCompile(`127\S+`).FindString(said) + "/small/scim/v2/Users"); err != nil || got.StatusCode != 401 {
		t.Errorf("without a token: %v, error %v", got, err)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	var statuses []string
	for lines.Scan() {
		statuses = append(statuses, regexp.MustCompile(`"status":\d+`).FindString(lines.Text()))
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{`"status":401`}, statuses); diff != "" {
		t.Error(diff)
	}
}

func placeholder(s string) string {
	switch {
	case strings.HasPrefix(s, "127"):
		return "ADDRESS"
	case strings.HasPrefix(s, "scimshim"):
		return "VERSION"
	}
	return "STATE"
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := writeFile(t, "small.yaml", smallFile)
	for _, test := range []struct {
		name         string
		token        string
		change       func(*runSettings)
		want, stderr string
	}{
		{"a secret that is not set", "", func(*runSettings) {}, errWrong.Error(),
			file + `:3:20: error: secret "env:TOKEN": the environment variable is not set [missing-secret]` + "\n"},
		{"log level", "x", func(s *runSettings) { s.logLevel = "loud" }, `log level "loud": use debug, info, warn or error`, ""},
		{"public URL", "x", func(s *runSettings) { s.publicURL = "scim.example" }, `public URL "scim.example": use the form https://HOST`, ""},
		{"trusted proxy", "x", func(s *runSettings) { s.trustedProxy = "10.0.0.0/8, proxy.example" },
			`trusted proxy "proxy.example": it is neither an address nor a network such as 10.0.0.0/8`, ""},
		{"certificate without a key", "x", func(s *runSettings) { s.tlsCert = "c.pem" }, "--tls-cert and --tls-key go together: give both or neither", ""},
		{"address", "x", func(s *runSettings) { s.listen = taken.Addr().String() },
			`cannot listen on "` + taken.Addr().String() + `": listen tcp ` + taken.Addr().String() + `: bind: address already in use`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.token == "" {
				t.Setenv("TOKEN", "")
				os.Unsetenv("TOKEN")
			} else {
				t.Setenv("TOKEN", test.token)
			}
			s := runSettings{listen: "127.0.0.1:0", state: filepath.Join(t.TempDir(), "s.db"), logLevel: "info"}
			test.change(&s)
			var stderr strings.Builder
			err := s.run(t.Context(), []string{file}, &stderr)
			if err == nil {
				t.Fatal("it ran")
			}
			if diff := cmp.Diff([]string{test.want, test.stderr}, []string{err.Error(), stderr.String()}); diff != "" {
				t.Error(diff)
			}
			if errors.Is(err, errWrong) != (test.stderr != "") {
				t.Errorf("the exit code does not fit: %v", err)
			}
		})
	}
}

// A client of the file is told where its tokens are had, and gets one; where it
// calls from is what a trusted proxy says.
func TestRunClients(t *testing.T) {
	t.Setenv("TOKEN", "secret")
	file := writeFile(t, "small.yaml", strings.Replace(smallFile, `{token: "${env:TOKEN}"}`,
		`{client: {id: entra, secret: "${env:TOKEN}"}, networks: [192.0.2.1]}`, 1))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		s := runSettings{listen: "127.0.0.1:0", state: filepath.Join(t.TempDir(), "s.db"), logLevel: "error", trustedProxy: "10.0.0.0/8, 127.0.0.1"}
		ended <- s.run(ctx, []string{file}, w)
		w.Close()
	}()
	var said []string
	address := ""
	for lines := bufio.NewScanner(r); len(said) < 4 && lines.Scan(); {
		if address == "" {
			address = regexp.MustCompile(`127\S+`).FindString(lines.Text())
		}
		said = append(said, variable.ReplaceAllStringFunc(lines.Text(), placeholder))
	}
	want := []string{"VERSION listens on ADDRESS", "vendor small: Tenant URL http://ADDRESS/small/scim/v2",
		"vendor small: Token Endpoint http://ADDRESS/small/oauth2/token", "state STATE is new: nothing is remembered yet"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	go io.Copy(io.Discard, r)
	for from, want := range map[string]int{"192.0.2.1": 200, "192.0.2.2": 400} {
		request, _ := http.NewRequest("POST", "http://"+address+"/small/oauth2/token", strings.NewReader("grant_type=client_credentials"))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Forwarded-For", from)
		request.SetBasicAuth("entra", "secret")
		if got, err := http.DefaultClient.Do(request); err != nil || got.StatusCode != want {
			t.Errorf("from %s: %v, error %v", from, got, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A flag outranks the environment, which outranks the default.
func TestRunSettings(t *testing.T) {
	t.Setenv("SCIMSHIM_PUBLIC_URL", "https://env.example")
	t.Setenv("SCIMSHIM_STATE", "env.db")
	cmd := newRun()
	if err := cmd.ParseFlags([]string{"--state", "flag.db"}); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range []string{"listen", "public-url", "state", "log-level"} {
		got[name] = cmd.Flag(name).Value.String()
	}
	want := map[string]string{"listen": "127.0.0.1:8080", "public-url": "https://env.example", "state": "flag.db", "log-level": "info"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
