package entra

import (
	"io"
	"maps"
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

// target is a SCIM endpoint just good enough for the service, with stores of its
// own and a log of what it was asked.
type target struct {
	mu     sync.Mutex
	last   int // the highest id ever given, to a user or a group
	users  map[string][]byte
	groups map[string][]byte
	log    []string // "PATCH /Users/1 {...}"; a probe's GUID is written as GUID

	loses  string                                               // an attribute that it does not keep
	refuse func(http.ResponseWriter, *http.Request) (done bool) // answers in its place
}

func newTarget(t *testing.T) (*target, *Client) {
	t.Helper()
	target := &target{users: map[string][]byte{}, groups: map[string][]byte{}}
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
	all := s.users
	if strings.HasPrefix(r.URL.Path, "/Groups") {
		all = s.groups
	}
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	_, found := all[id]
	switch {
	case r.Method == "POST":
		s.last++
		id = strconv.Itoa(s.last)
		all[id], _ = sjson.SetBytes(body, "id", id)
		s.show(w, r, 201, all[id])
	case strings.Count(r.URL.Path, "/") == 1:
		s.list(w, r, all)
	case !found:
		answerJSON(w, 404, `{"status":"404"}`)
	case r.Method == "PATCH":
		patchStored(all, id, body)
		s.show(w, r, 200, all[id])
	case r.Method == "DELETE":
		delete(all, id)
		w.WriteHeader(204)
	default:
		s.show(w, r, 200, all[id])
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

func (s *target) list(w http.ResponseWriter, r *http.Request, all map[string][]byte) {
	var hits []string
	for _, one := range all {
		if passes(one, r.URL.Query().Get("filter")) {
			hits = append(hits, string(s.shown(r, one)))
		}
	}
	answerJSON(w, 200, `{"totalResults":`+strconv.Itoa(len(hits))+`,"Resources":[`+strings.Join(hits, ",")+`]}`)
}

func passes(one []byte, filter string) bool {
	for _, condition := range strings.Split(filter, " and ") {
		attribute, value, _ := strings.Cut(condition, " eq ")
		if attribute == "manager" {
			attribute = enterpriseURN + ":manager"
		}
		p, _ := parsePath(attribute)
		found := p.get(one)
		if attribute == "members" {
			found = found.Get("#(value==" + value + ").value")
		}
		if found.Raw != value {
			return false
		}
	}
	return true
}

func patchStored(all map[string][]byte, id string, body []byte) {
	gjson.GetBytes(body, "Operations").ForEach(func(_, op gjson.Result) bool {
		path := op.Get("path").Str
		switch {
		case strings.HasPrefix(path, "members"):
			all[id] = patchMembers(all[id], op)
		case path != "":
			all[id] = setStored(all[id], path, op.Get("value").Value())
		default:
			op.Get("value").ForEach(func(path, value gjson.Result) bool {
				all[id] = setStored(all[id], path.Str, value.Value())
				return true
			})
		}
		return true
	})
}

func setStored(one []byte, attribute string, value any) []byte {
	p, err := parsePath(attribute)
	if err != nil {
		panic(err)
	}
	if attribute == "active" && (value == "False" || value == "True") {
		value = value == "True"
	}
	one, _ = p.set(one, value)
	return one
}

// patchMembers keeps members in the order they came, once each.
func patchMembers(group []byte, op gjson.Result) []byte {
	named := map[string]bool{}
	for _, m := range op.Get("value.#.value").Array() {
		named[m.Str] = true
	}
	if _, id, found := strings.Cut(op.Get("path").Str, `[value eq "`); found {
		named[strings.TrimSuffix(id, `"]`)] = true
	}
	kept := []map[string]string{}
	for _, m := range gjson.GetBytes(group, "members.#.value").Array() {
		if !named[m.Str] {
			kept = append(kept, map[string]string{"value": m.Str})
		}
	}
	if strings.EqualFold(op.Get("op").Str, "add") {
		for _, id := range slices.Sorted(maps.Keys(named)) {
			kept = append(kept, map[string]string{"value": id})
		}
	}
	group, _ = sjson.SetBytes(group, "members", kept)
	return group
}

func (s *target) show(w http.ResponseWriter, r *http.Request, status int, one []byte) {
	answerJSON(w, status, string(s.shown(r, one)))
}

func (s *target) shown(r *http.Request, one []byte) []byte {
	for _, lost := range []string{s.loses, r.URL.Query().Get("excludedAttributes")} {
		if lost != "" {
			one, _ = sjson.DeleteBytes(one, lost)
		}
	}
	return one
}

// membersOf gives the ids of a group's members.
func (s *target) membersOf(id string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range gjson.GetBytes(s.groups[id], "members.#.value").Array() {
		out = append(out, m.Str)
	}
	return out
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
