package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A redirect, a Location and a link are data: nobody is called but the upstream.
func TestNothingIsFollowed(t *testing.T) {
	elsewhere := newWire(t, ok)
	address := "http://" + elsewhere.Addr().String()
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	for status := 300; status < 309; status++ {
		v.before(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", address+"/users/7")
			w.Header().Set("Link", "<"+address+`/users>; rel="next"`)
			answer(w, status, map[string]any{"id": 7, "users": []any{}, "next": address + "/users"})
			return true
		})
		for _, request := range [][3]string{
			{"GET", "/Users/7", ""}, {"GET", "/Users?filter=userName+eq+%22a%22", ""}, {"DELETE", "/Users/7", ""},
			{"POST", "/Users", fmt.Sprintf(`{"userName":"a%d"}`, status)},
		} {
			if got := b.do(t, "token-of-legacy", request[0], legacy+request[1], request[2]); got.Status < 500 {
				t.Errorf("%s %s after a %d: status %d", request[0], request[1], status, got.Status)
			}
		}
	}
	v.before(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Location", address+"/users/7")
		answer(w, 201, map[string]any{})
		return true
	})
	b.do(t, "token-of-legacy", "POST", legacy+"/Users", `{"userName":"b"}`)
	if n := elsewhere.dialled.Load(); n != 0 {
		t.Errorf("%d connections went elsewhere", n)
	}
	if calls := v.took(); len(calls) < 4*9 {
		t.Errorf("the vendor was called %d times", len(calls))
	}
}

// No token, no key, no attribute's value and no word of the vendor's reaches
// the log or an answer that is an error, whatever goes wrong.
func TestSecretsStayIn(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	v.users[1], v.last = map[string]any{"id": 1, "login": "canary-native", "name": "canary-native", "enabled": "canary-native"}, 1
	const words = "canary-vendor"
	faults := []func(http.ResponseWriter, *http.Request) bool{
		nil,
		func(w http.ResponseWriter, _ *http.Request) bool { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, _ *http.Request) bool { w.Write([]byte("<html>" + words)); return true },
		func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(`{"` + words + `":`))
			return true
		},
	}
	for _, status := range []int{302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503} {
		faults = append(faults, func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X-Words", words)
			answer(w, status, map[string]any{"error": words, "users": []any{words}})
			return true
		})
	}
	answers := ""
	for i, fault := range faults {
		v.before(fault)
		for _, request := range [][3]string{
			{"GET", "/Users/1", ""}, {"GET", "/Users/1%20canary-id", ""}, {"DELETE", "/Users/2", ""},
			{"GET", fmt.Sprintf("/Users?filter=userName+eq+%%22canary-value-%d%%22", i), ""},
			{"POST", "/Users", fmt.Sprintf(`{"userName":"canary-value-%d","title":{"canary-value":1},"shoe":"canary-value"}`, i)},
			{"PATCH", "/Users/1", `{"Operations":[{"op":"Replace","path":"title","value":"canary-value"},{"op":"Replace","path":"active","value":"canary-value"}]}`},
		} {
			for _, token := range []string{"token-of-legacy", "canary-token"} {
				if got := b.do(t, token, request[0], legacy+request[1], request[2]); got.Status >= 400 {
					answers += got.Body + fmt.Sprint(got.Header)
				}
			}
		}
	}
	b.raw(t, "GET /\r\nAuthorization: Bearer canary-token\r\n canary-token\x00\r\n\r\n", 1)
	b.raw(t, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer canary-token\x01\r\n\r\n", 1)
	log := b.log.String()
	for _, secret := range []string{"token-of-legacy", "key-of-legacy", "canary-token", words} {
		if strings.Contains(log, secret) || strings.Contains(answers, secret) {
			t.Errorf("%q is in the log or in an answer", secret)
		}
	}
	if i := strings.Index(log, "canary"); i >= 0 {
		t.Errorf("the log says %q", log[max(0, i-300):i+100])
	}
	if lines := strings.Count(log, `"msg":"exchange"`); lines < 2*6*len(faults) {
		t.Errorf("the log has %d lines", lines)
	}
}
