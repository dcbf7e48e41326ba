package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// keyed is the fake vendor, which notes the idempotency keys of the writes that it
// is sent, and fails the first creates.
type keyed struct {
	mu    sync.Mutex
	fails int
	keys  []string // "POST /users KEY"
}

func (k *keyed) serve(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		if r.Method != "GET" {
			k.keys = append(k.keys, r.Method+" "+r.URL.Path+" "+r.Header.Get("Idempotency-Key"))
		}
		fails := r.Method == "POST" && k.fails > 0
		if fails {
			k.fails--
		}
		k.mu.Unlock()
		if fails {
			w.WriteHeader(500)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// named gives each key a letter, in the order in which they came.
func (k *keyed) named(t *testing.T) (out []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	letters := map[string]string{}
	for _, line := range k.keys {
		call, key := line[:strings.LastIndexByte(line, ' ')], line[strings.LastIndexByte(line, ' ')+1:]
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(key) {
			t.Errorf("the key is %q", key)
		}
		if letters[key] == "" {
			letters[key] = string(rune('A' + len(letters)))
		}
		out = append(out, call+" "+letters[key])
	}
	return out
}

var keyedFile = strings.NewReplacer(
	"{request: POST /users,", `{request: POST /users, headers: {Idempotency-Key: "=idempotency_key"},`,
	"fields: [position, department]}", `fields: [position, department], headers: {Idempotency-Key: "=idempotency_key"}}`,
	"update: PUT /users/{id}", `update: {request: "PUT /users/{id}", headers: {Idempotency-Key: "=idempotency_key"}}`,
	"delete: DELETE /users/{id}", `delete: {request: "DELETE /users/{id}", headers: {Idempotency-Key: "=idempotency_key"}}`,
).Replace(twoCallFile)

// TestIdempotencyKeys: a create has the same key however often it is tried, also
// after the gateway was killed; everything else has one of its own.
func TestIdempotencyKeys(t *testing.T) {
	vendor, dir := newFake(t), t.TempDir()
	keys := &keyed{fails: 2}
	server := httptest.NewServer(keys.serve(vendor.Config.Handler))
	t.Cleanup(server.Close)
	file := filepath.Join(dir, "vendor.yaml")
	if err := os.WriteFile(file, []byte(keyedFile), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	c := startChild(t, "127.0.0.1:0", file, server.URL, filepath.Join(dir, "state.db"))
	r.base = "http://" + c.address + "/two/scim/v2"
	user := strings.Replace(ada, `"active":true`, `"active":true,"displayName":"Ada"`, 1)
	r.must(t, 503, "POST", "/Users", user)
	r.must(t, 503, "POST", "/Users", strings.Replace(user, "Ada", "Countess", 1)) // the same create: it was not answered
	c.arm(1)
	if answer, err := r.client.Post(r.base+"/Users", "application/scim+json", strings.NewReader("{}")); err == nil {
		answer.Body.Close() // 401: it does not come to a point
	}
	request, _ := http.NewRequest("POST", r.base+"/Users", strings.NewReader(user))
	request.Header.Set("Authorization", "Bearer "+callerToken)
	if answer, err := r.client.Do(request); err == nil {
		t.Fatalf("the gateway lives: %s", answer.Status)
	}
	if _, killed := c.end(); !killed {
		t.Fatal("the gateway was not killed")
	}
	c = startChild(t, c.address, file, server.URL, filepath.Join(dir, "state.db"))
	defer c.end()
	r.must(t, 201, "POST", "/Users", user)
	r.must(t, 201, "POST", "/Users", strings.ReplaceAll(user, "ada", "bob"))
	for _, title := range []string{"Boss", "Clerk"} {
		r.must(t, 200, "PATCH", "/Users/1", `{"Operations":[{"op":"Replace","path":"title","value":"`+title+`"}]}`)
	}
	r.must(t, 204, "DELETE", "/Users/1", "")
	time.Sleep(time.Second) // which is how exactly it is remembered when a create was opened
	r.must(t, 201, "POST", "/Users", user)
	want := []string{"POST /users A", "POST /users A", "POST /users A", "PUT /users/1/profile B", "POST /users C", "PUT /users/2/profile D",
		"PUT /users/1 E", "PUT /users/1 F", "DELETE /users/1 G", "POST /users H", "PUT /users/3/profile I"}
	if diff := cmp.Diff(want, keys.named(t)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if users := vendor.all(); len(users) != 2 {
		t.Errorf("the vendor has %v", users)
	}
}
