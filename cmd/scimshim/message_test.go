package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

func TestParseMessage(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       message
		problem    string
	}{
		{"first line alone", "GET /Users HTTP/1.1\n", message{first: "GET /Users HTTP/1.1"}, ""},
		{"headers and body", "POST /Users HTTP/1.1\nA: 1\nb:2\n\n{\"a\": 1}\n\n", message{
			first: "POST /Users HTTP/1.1", headers: []transform.Header{{Name: "A", Value: "1"}, {Name: "b", Value: "2"}}, body: []byte(`{"a": 1}`)}, ""},
		{"line ends of HTTP", "HTTP/1.1 200 OK\r\nA: 1\r\n\r\nx\r\n", message{
			first: "HTTP/1.1 200 OK", headers: []transform.Header{{Name: "A", Value: "1"}}, body: []byte("x")}, ""},
		{"body without an empty line", "POST /Users HTTP/1.1\n{}\n", message{}, `"{}" is not a header: an empty line goes before the body`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseMessage([]byte(test.text))
			if test.problem != "" {
				if err == nil || err.Error() != test.problem {
					t.Errorf("error %v, want %s", err, test.problem)
				}
				return
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(message{})); err != nil || diff != "" {
				t.Errorf("error %v; -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestFirstLines(t *testing.T) {
	for _, test := range []struct{ line, request, response string }{
		{"GET /Users HTTP/1.1", "", `"GET /Users HTTP/1.1" is not the first line of a response: use the form HTTP/1.1 200 OK`},
		{"GET /Users", "", `"GET /Users" is not the first line of a response: use the form HTTP/1.1 200 OK`},
		{"HTTP/1.1 204 No Content", `"HTTP/1.1 204 No Content" is not the first line of a request: use the form GET /Users HTTP/1.1`, ""},
		{"HTTP/1.1 9000", `"HTTP/1.1 9000" is not the first line of a request: use the form GET /Users HTTP/1.1`,
			`"HTTP/1.1 9000" is not the first line of a response: use the form HTTP/1.1 200 OK`},
		{"GET Users", `"GET Users" is not the first line of a request: use the form GET /Users HTTP/1.1`,
			`"GET Users" is not the first line of a response: use the form HTTP/1.1 200 OK`},
	} {
		_, _, err := message{first: test.line}.request()
		if got := text(err); got != test.request {
			t.Errorf("request %q: %q, want %q", test.line, got, test.request)
		}
		_, err = message{first: test.line}.status()
		if got := text(err); got != test.response {
			t.Errorf("response %q: %q, want %q", test.line, got, test.response)
		}
	}
}

// A filter may be written with blanks, which no request can have.
func TestRequestWithBlanks(t *testing.T) {
	for line, want := range map[string]string{
		`GET /Users?filter=userName eq "a b" HTTP/1.1`: `GET /Users?filter=userName+eq+"a+b"`,
		`GET /Users?filter=userName eq "a"`:            `GET /Users?filter=userName+eq+"a"`,
		"DELETE   /Users/1  HTTP/1.0":                  "DELETE /Users/1",
	} {
		method, path, err := message{first: line}.request()
		if got := method + " " + path; err != nil || got != want {
			t.Errorf("%s: %s, error %v; want %s", line, got, err, want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDifference(t *testing.T) {
	for _, test := range []struct{ name, wanted, came, want string }{
		{"keys in another order", "HTTP/1.1 200\n\n{\"a\": 1, \"b\": [1, 2]}", "HTTP/1.1 200\n\n{\"b\":[1,2],\"a\":1}", ""},
		{"the reason", "HTTP/1.1 201", "HTTP/1.1 201 Made", ""},
		{"a header that is not named", "HTTP/1.1 200", "HTTP/1.1 200\nDate: today", ""},
		{"a header in another case", "HTTP/1.1 200\nlocation: x", "HTTP/1.1 200\nLocation: x", ""},
		{"a header that is missing", "HTTP/1.1 200\nLocation: x", "HTTP/1.1 200", "--- wanted\n+++ came\n@@ -1,2 +1,1 @@\n HTTP/1.1 200 OK\n-Location: x\n"},
		{"numbers beyond a float64", "x\n\n[9007199254740993]", "x\n\n[9007199254740992]",
			"--- wanted\n+++ came\n@@ -1,5 +1,5 @@\n x\n \n [\n-  9007199254740993\n+  9007199254740992\n ]\n"},
		{"not JSON", "x\n\n<html>", "x\n\n<HTML>", "--- wanted\n+++ came\n@@ -1,3 +1,3 @@\n x\n \n-<html>\n+<HTML>\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wanted, err := parseMessage([]byte(test.wanted))
			if err != nil {
				t.Fatal(err)
			}
			came, err := parseMessage([]byte(test.came))
			if err != nil {
				t.Fatal(err)
			}
			if got := difference(wanted, came); got != test.want {
				t.Errorf("%s\nwant:\n%s", got, test.want)
			}
		})
	}
}
