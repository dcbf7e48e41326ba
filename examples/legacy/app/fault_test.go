package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// start gives a running application and a client that uses each connection once.
func start(t *testing.T) (*App, *Server, *http.Client) {
	t.Helper()
	a := New("key")
	s, err := a.Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return a, s, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

func post(ctx context.Context, s *Server, c *http.Client) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/api/users", bytes.NewBufferString(annJSON))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("X-Api-Key", "key")
	r.Header.Set("Content-Type", "application/json")
	w, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	return w.StatusCode, string(body), err
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		fault   Fault
		status  int    // 0: none arrives, or it may not
		prefix  string // how the body begins
		wantErr error
		done    bool // whether the user is there afterwards
	}{
		{"refuse", Fault{Kind: Refuse}, 0, "", io.EOF, false},
		{"lose the answer", Fault{Kind: LoseAnswer}, 0, "", io.EOF, true},
		{"reset", Fault{Kind: Reset}, 0, "", syscall.ECONNRESET, true},
		{"status", Fault{Kind: Status, Code: 429, Body: "slow down", Header: http.Header{"retry-after": {"7"}}}, 429, "slow down", nil, false},
		{"html", Fault{Kind: HTML}, 200, "<!DOCTYPE html>", nil, false},
		{"broken JSON", Fault{Kind: BrokenJSON}, 201, `{"id":2,`, nil, true},
		{"truncated JSON", Fault{Kind: TruncatedJSON}, 201, `{"id":2,`, io.ErrUnexpectedEOF, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, s, client := start(t)
			a.Fault(test.fault)
			status, body, err := post(t.Context(), s, client)
			if !errors.Is(err, test.wantErr) {
				t.Errorf("got error %v, want %v", err, test.wantErr)
			}
			if test.status != 0 && status != test.status {
				t.Errorf("got status %d, want %d", status, test.status)
			}
			if !strings.HasPrefix(body, test.prefix) || strings.HasSuffix(body, "}") {
				t.Errorf("got body %q, want the beginning of one that starts %q", body, test.prefix)
			}
			if done := len(a.Users()) == 2; done != test.done {
				t.Errorf("the work was done: %v, want %v", done, test.done)
			}
		})
	}
}

func TestTimeoutHoldsUntilTheCallerHangsUp(t *testing.T) {
	a, s, client := start(t)
	a.Fault(Fault{Kind: Timeout})
	ctx, hangUp := context.WithCancel(t.Context())
	answered := make(chan error)
	go func() {
		_, _, err := post(ctx, s, client)
		answered <- err
	}()
	for a.Calls()["POST /api/users"] == 0 { // until the call has arrived
		select {
		case err := <-answered:
			t.Fatalf("answered: %v", err)
		default:
		}
	}
	hangUp()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if got := len(a.Users()); got != 1 {
		t.Errorf("got %d users, want the administrator alone", got)
	}
}

func TestStatusCarriesItsHeader(t *testing.T) {
	a, s, client := start(t)
	a.Fault(Fault{Kind: Status, Code: 503, Header: http.Header{"retry-after": {"7"}}})
	w, err := client.Get(s.URL + "/api/users")
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if got := w.Header.Get("Retry-After"); got != "7" {
		t.Errorf("got Retry-After %q, want %q", got, "7")
	}
}

func TestFaultChoosesItsCalls(t *testing.T) {
	a := New("key")
	a.Fault(Fault{Method: "GET", Path: "/api/users/", After: 1, Times: 2, Kind: Status, Code: 500})
	var got []int
	for _, target := range []string{"GET /api/users", "GET /api/users/1", "DELETE /api/users/9", "GET /api/users/1", "GET /api/users/1", "GET /api/users/1"} {
		method, path, _ := strings.Cut(target, " ")
		status, _ := call(t, a, method, path, "")
		got = append(got, status)
	}
	if diff := cmp.Diff([]int{200, 200, 404, 500, 500, 200}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	a.Fault(Fault{Kind: Status, Code: 500})
	if status, _ := call(t, a, "GET", "/api/users", ""); status != 500 {
		t.Errorf("got %d, want 500 without a limit", status)
	}
	a.ClearFaults()
	if status, _ := call(t, a, "GET", "/api/users", ""); status != 200 {
		t.Errorf("got %d after ClearFaults, want 200", status)
	}
}
