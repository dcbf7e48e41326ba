package entra

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// target is a SCIM endpoint just good enough for the service, with a store of
// its own and a log of what it was asked.
type target struct {
	mu    sync.Mutex
	last  int
	users map[string][]byte
	log   []string // "PATCH /Users/1 {...}"; a probe's GUID is written as GUID

	loses  string                                               // an attribute that it does not keep
	refuse func(http.ResponseWriter, *http.Request) (done bool) // answers in its place
}

func newTarget(t *testing.T) (*target, *Client) {
	t.Helper()
	target := &target{users: map[string][]byte{}}
	server := httptest.NewServer(target)
	t.Cleanup(server.Close)
	return target, NewClient(server.URL, "secret")
}

func (s *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, logged(r, body))
	if s.refuse != nil && s.refuse(w, r) {
		return
	}
	id := strings.TrimPrefix(r.URL.Path, "/Users/")
	_, found := s.users[id]
	switch {
	case r.Method == "POST":
		s.last++
		id = strconv.Itoa(s.last)
		s.users[id], _ = sjson.SetBytes(body, "id", id)
		s.show(w, 201, id)
	case r.URL.Path == "/Users":
		s.list(w, r.URL.Query().Get("filter"))
	case !found:
		answerJSON(w, 404, `{"status":"404"}`)
	case r.Method == "PATCH":
		s.patch(id, body)
		s.show(w, 200, id)
	case r.Method == "DELETE":
		delete(s.users, id)
		w.WriteHeader(204)
	default:
		s.show(w, 200, id)
	}
}

func logged(r *http.Request, body []byte) string {
	line := r.Method + " " + r.RequestURI
	if filter := r.URL.Query().Get("filter"); len(filter) > 38 && strings.Count(filter, "-") == 4 {
		line = r.Method + " " + strings.Replace(r.RequestURI, url.QueryEscape(filter[len(filter)-37:len(filter)-1]), "GUID", 1)
	}
	if len(body) > 0 {
		line += " " + string(body)
	}
	return line
}

func (s *target) list(w http.ResponseWriter, filter string) {
	attribute, value, _ := strings.Cut(filter, " eq ")
	p, _ := parsePath(attribute)
	var hits []string
	for _, u := range s.users {
		if p.get(u).Raw == value {
			hits = append(hits, string(u))
		}
	}
	answerJSON(w, 200, `{"totalResults":`+strconv.Itoa(len(hits))+`,"Resources":[`+strings.Join(hits, ",")+`]}`)
}

func (s *target) patch(id string, body []byte) {
	gjson.GetBytes(body, "Operations").ForEach(func(_, op gjson.Result) bool {
		if path := op.Get("path"); path.Exists() {
			s.set(id, path.Str, op.Get("value").Value())
			return true
		}
		op.Get("value").ForEach(func(path, value gjson.Result) bool {
			s.set(id, path.Str, value.Value())
			return true
		})
		return true
	})
}

func (s *target) set(id, attribute string, value any) {
	p, err := parsePath(attribute)
	if err != nil {
		panic(err)
	}
	if attribute == "active" && (value == "False" || value == "True") {
		value = value == "True"
	}
	s.users[id], _ = p.set(s.users[id], value)
}

func (s *target) show(w http.ResponseWriter, status int, id string) {
	shown := s.users[id]
	if s.loses != "" {
		shown, _ = sjson.DeleteBytes(shown, s.loses)
	}
	answerJSON(w, status, string(shown))
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// asked gives the log since the last call of asked.
func (s *target) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := slices.Clone(s.log)
	s.log = nil
	return log
}
