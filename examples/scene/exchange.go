package scene

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Exchange is a call of a vendor's program: the request, its body, and what must
// be answered.
type Exchange [3]string

// CheckExchanges makes calls in their order: a body is JSON or a form.
func CheckExchanges(t testing.TB, vendor http.Handler, header map[string]string, exchanges []Exchange) {
	t.Helper()
	for _, e := range exchanges {
		request, body, want := e[0], e[1], e[2]
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		if r.Header.Set("Content-Type", "application/json"); !strings.HasPrefix(body, "{") {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for name, value := range header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		vendor.ServeHTTP(w, r)
		if diff := cmp.Diff(want, strings.TrimSpace(http.StatusText(w.Code)+" "+w.Body.String())); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", request, body, diff)
		}
	}
}
