package stand_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/stand"
)

// TestStand holds what vendors' tests build on: calls are counted by kind, also
// those that are refused; while the vendor is away none arrives; and an answer
// that is lost belongs to a call that was done.
func TestStand(t *testing.T) {
	done := 0
	s := stand.New(stand.API{
		Endpoints: map[string]stand.Endpoint{"GET /thing/{id}": func(r *http.Request, _ []byte) stand.Answer {
			done++
			return stand.JSON(http.StatusOK, r.PathValue("id")).With("X-Thing", "yes")
		}},
		Gate: func(r *http.Request, _ []byte) *stand.Answer {
			if r.URL.Query().Has("refused") {
				refusal := stand.Text(http.StatusForbidden, "no")
				return &refusal
			}
			return nil
		},
		Kind: func(r *http.Request, _ []byte) string {
			if r.URL.Query().Has("refused") {
				return "refused"
			}
			return ""
		},
	})
	server := httptest.NewServer(s)
	defer server.Close()
	// A client that keeps connections asks once more by itself where one breaks.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) string {
		resp, err := client.Get(server.URL + path)
		if err != nil {
			return "gone"
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.Status + " " + resp.Header.Get("X-Thing") + " " + string(body)
	}
	var got []string
	got = append(got, get("/thing/7"), get("/thing/7?refused"))
	s.Down(true)
	got = append(got, get("/thing/8"))
	s.Down(false)
	s.Lose("GET /thing/{id}")
	got = append(got, get("/thing/9?refused"), get("/thing/9"), get("/thing/9"))
	want := []string{`200 OK yes "7"`, "403 Forbidden  no", "gone", "403 Forbidden  no", "gone", `200 OK yes "9"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"refused": 2, "GET /thing/{id}": 3}, s.Calls()); diff != "" || done != 3 {
		t.Errorf("calls (-want +got):\n%s, done %d", diff, done)
	}
	if s.ResetCalls(); len(s.Calls()) != 0 {
		t.Errorf("after ResetCalls: %v", s.Calls())
	}
}
