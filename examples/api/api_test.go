package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/api"
)

// TestAPI holds what vendors' programs build on: a call is refused or answered by
// its endpoint, with headers, and its pattern is known.
func TestAPI(t *testing.T) {
	done := 0
	vendor := api.New(map[string]api.Endpoint{"POST /thing/{id}": func(r *http.Request, body []byte) api.Answer {
		done++
		return api.JSON(http.StatusOK, r.PathValue("id")).With("X-Thing", "yes")
	}}, func(r *http.Request, _ []byte) *api.Answer {
		if r.URL.Query().Has("refused") {
			refusal := api.Text(http.StatusForbidden, "text/plain", "no")
			return &refusal
		}
		return nil
	})
	var got [][]string
	for _, path := range []string{"/thing/7", "/thing/7?refused", "/other"} {
		r := httptest.NewRequest("POST", path, nil)
		w := httptest.NewRecorder()
		vendor.ServeHTTP(w, r)
		got = append(got, []string{vendor.Pattern(r), http.StatusText(w.Code), w.Header().Get("X-Thing"), w.Body.String()})
	}
	want := [][]string{
		{"POST /thing/{id}", "OK", "yes", `"7"`},
		{"POST /thing/{id}", "Forbidden", "", "no"},
		{"", "Not Found", "", "404 page not found\n"},
	}
	if diff := cmp.Diff(want, got); diff != "" || done != 1 {
		t.Errorf("patterns and answers (-want +got):\n%s, done %d", diff, done)
	}
}

func TestFields(t *testing.T) {
	thing := struct {
		ID   string `json:"id"`
		Size int
	}{"7", 2}
	if diff := cmp.Diff(map[string]any{"Size": 2.0}, api.Fields(thing, "id")); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}
