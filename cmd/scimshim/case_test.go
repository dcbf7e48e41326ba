package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
)

func TestParseCase(t *testing.T) {
	const whole = `It shows
two rounds.

https://example.com
-- request --
GET /Users/1 HTTP/1.1
-- native --
GET /u/1
-- answer --
! lost
-- native --
GET /u/1
-- answer --
HTTP/1.1 404 Not Found
-- response --
HTTP/1.1 404
-- request --
DELETE /Users/1
-- response --
HTTP/1.1 204
`
	want := vendorCase{why: "It shows two rounds.", rounds: []round{
		{
			request: message{first: "GET /Users/1 HTTP/1.1"},
			natives: []native{
				{request: message{first: "GET /u/1"}, delivery: transform.Lost, answer: message{first: "! lost"}},
				{request: message{first: "GET /u/1"}, answer: message{first: "HTTP/1.1 404 Not Found"}},
			},
			response: message{first: "HTTP/1.1 404"},
		},
		{request: message{first: "DELETE /Users/1"}, response: message{first: "HTTP/1.1 204"}},
	}}
	got, err := parseCase([]byte(whole))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(vendorCase{}, round{}, native{}, message{})); err != nil || diff != "" {
		t.Errorf("error %v; -want +got:\n%s", err, diff)
	}
}

func TestParseCaseProblems(t *testing.T) {
	const ask, call = "why\n-- request --\nGET /Users\n", "-- native --\nGET /u\n"
	for _, test := range []struct{ name, text, want string }{
		{"no comment", "-- request --\nGET /Users\n", "it does not say why: begin with a sentence about what the case shows"},
		{"nothing else", "why\n", "it ends after the comment: a round is -- request --, any number of -- native -- and -- answer --, and -- response --"},
		{"no response", ask, "it ends after -- request --: a round is -- request --, any number of -- native -- and -- answer --, and -- response --"},
		{"no request", "why\n-- response --\nHTTP/1.1 200\n", "-- response -- cannot come after the comment: use -- request --"},
		{"no answer", ask + call + call, "-- native -- cannot come after -- native --: use -- answer --"},
		{"answer to nothing", ask + "-- answer --\n! lost\n", "-- answer -- cannot come after -- request --: use -- native -- or -- response --"},
		{"unknown part", ask + "-- reply --\n", "-- reply -- cannot come after -- request --: use -- native -- or -- response --"},
		{"bad request", "why\n-- request --\nUsers\n", `round 1, -- request --: "Users" is not the first line of a request: use the form GET /Users HTTP/1.1`},
		{"bad native", ask + "-- native --\n\n", `round 1, -- native --: "" is not the first line of a request: use the form GET /Users HTTP/1.1`},
		{"bad answer", ask + call + "-- answer --\n! late\n",
			`round 1, -- answer --: "! late" is not the first line of a response: use the form HTTP/1.1 200 OK, or one of ! refused, ! timeout, ! lost`},
		{"bad response", ask + "-- response --\n200 OK\n", `round 1, -- response --: "200 OK" is not the first line of a response: use the form HTTP/1.1 200 OK`},
		{"bad header", ask + "-- response --\nHTTP/1.1 200 OK\n{}\n", `round 1, -- response --: "{}" is not a header: an empty line goes before the body`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := parseCase([]byte(test.text)); text(err) != test.want {
				t.Errorf("%s\nwant %s", text(err), test.want)
			}
		})
	}
}

func TestLoadCases(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "vendor.yaml")
	_, err := loadCases(file)
	if want := "there are no cases: write the first one as " + filepath.Join(folder, "cases", "NAME.txtar"); text(err) != want {
		t.Errorf("%s\nwant %s", text(err), want)
	}
	const one = "why\n-- request --\nGET /Users\n-- response --\nHTTP/1.1 200\n"
	for name, content := range map[string]string{"b.txtar": one, "a.txtar": one, "c.txt": "no case"} {
		path := filepath.Join(folder, "cases", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases, err := loadCases(file)
	var names []string
	for _, c := range cases {
		names = append(names, c.name)
	}
	if diff := cmp.Diff([]string{"a", "b"}, names); err != nil || diff != "" {
		t.Errorf("error %v; -want +got:\n%s", err, diff)
	}
}
