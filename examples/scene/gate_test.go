package scene_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/scene"
)

// TestGate holds what vendors' tests build on: calls are counted by kind, also
// those that are refused; while the vendor is away none arrives; and an answer
// that is lost belongs to a call that was done.
func TestGate(t *testing.T) {
	done := 0
	vendor := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("refused") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		done++
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Thing", "yes")
		w.Write(body)
	})
	gate := scene.NewGate(vendor, func(_ *http.Request, body []byte) string { return "about " + string(body[:1]) })
	server := httptest.NewServer(gate)
	defer server.Close()
	// A client that keeps connections asks once more by itself where one breaks.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(query, body string) string {
		request, _ := http.NewRequest("POST", server.URL+query, strings.NewReader(body))
		resp, err := client.Do(request)
		if err != nil {
			return "gone"
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.Status + " " + resp.Header.Get("X-Thing") + " " + string(text)
	}
	var got []string
	got = append(got, ask("", "a1"), ask("?refused", "b1"))
	gate.Down(true)
	got = append(got, ask("", "a2"))
	gate.Down(false)
	gate.Lose("about a")
	got = append(got, ask("?refused", "b2"), ask("", "a3"), ask("", "a4"))
	want := []string{"200 OK yes a1", "403 Forbidden  ", "gone", "403 Forbidden  ", "gone", "200 OK yes a4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scene.Calls{"about a": 3, "about b": 2}, gate.Calls()); diff != "" || done != 3 {
		t.Errorf("calls (-want +got):\n%s, done %d", diff, done)
	}
	if gate.Reset(); len(gate.Calls()) != 0 {
		t.Errorf("after Reset: %v", gate.Calls())
	}
}
