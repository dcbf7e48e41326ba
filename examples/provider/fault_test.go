package provider_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"scimshim/examples/provider"

	"github.com/google/go-cmp/cmp"
)

func TestFaults(t *testing.T) {
	const x = `"userName":"x"`
	tests := []struct {
		name       string
		fault      provider.Fault
		status     int // 0: cut off
		retryAfter string
		want       string
		done       int // users afterwards
	}{
		{"outage", provider.Fault{}, 0, "", "", 0},
		{"lost answer", provider.Fault{Done: true}, 0, "", "", 1},
		{"error", provider.Fault{Status: 500}, 500, "", refused(500, "", "Internal Server Error"), 0},
		{"error although done", provider.Fault{Status: 500, Done: true}, 500, "", refused(500, "", "Internal Server Error"), 1},
		{"limit", provider.Fault{Status: 429, RetryAfter: "7"}, 429, "7", refused(429, "", "Too Many Requests"), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := provider.New(provider.Quirks{}, "token")
			p.Fail(test.fault)
			status, header, got := 0, http.Header{}, ""
			func() {
				defer func() {
					if cut := recover(); (cut == http.ErrAbortHandler) != (test.status == 0) {
						t.Errorf("recovered %v", cut)
					}
				}()
				status, header, got = call(t, p, "POST", "/Users", body(x))
			}()
			if status != test.status || header.Get("Retry-After") != test.retryAfter {
				t.Errorf("got %d, Retry-After %q", status, header.Get("Retry-After"))
			}
			if diff := cmp.Diff(decoded(t, test.want), decoded(t, got)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if got := len(p.Users()); got != test.done || p.Calls()["POST /Users"] != 1 {
				t.Errorf("got %d users, want %d; calls %v", got, test.done, p.Calls())
			}
		})
	}
}

// TestOutageOnTheNetwork holds that a caller sees no answer, and that the
// provider goes on afterwards.
func TestOutageOnTheNetwork(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	s := httptest.NewServer(p.Handler())
	defer s.Close()
	p.Fail(provider.Fault{})
	if w, err := http.Get(s.URL + "/Users"); err == nil {
		w.Body.Close()
		t.Errorf("got %d, want no answer", w.StatusCode)
	}
	p.Mend()
	w, err := http.Get(s.URL + "/Users")
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if w.StatusCode != 401 {
		t.Errorf("got %d, want 401", w.StatusCode)
	}
}

func TestFaultChoosesItsCalls(t *testing.T) {
	p := provider.New(provider.Quirks{}, "token")
	p.Fail(provider.Fault{Method: "GET", Path: "/Users/", After: 1, Times: 2, Status: 500})
	p.Fail(provider.Fault{Method: "DELETE", Status: 503})
	var got []int
	for _, call := range []string{"GET /Users", "GET /Users/1", "DELETE /Users/1", "GET /Users/1", "GET /Users/1", "GET /Users/1"} {
		got = append(got, status(t, p, call))
	}
	p.Mend()
	got = append(got, status(t, p, "DELETE /Users/1"))
	if diff := cmp.Diff([]int{200, 404, 503, 500, 500, 404, 404}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}
