package main

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/valyala/fasthttp"
)

// standIn is a proxy without a vendor file that answers everything alike.
func standIn(t *testing.T, status int, body string) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) { reply(ctx, status, []byte(body)) }}
	go server.Serve(ln)
	t.Cleanup(func() { server.Shutdown() })
	u := newUser(7)
	u.id = "1"
	return &proxy{name: "stand-in", users: []*user{u}, process: &process{address: ln.Addr().String(), ended: make(chan struct{})}}
}

func TestWrongAnswers(t *testing.T) {
	u := newUser(7)
	u.id = "1"
	right, other := u.native(false), u.native(false)
	other["status"] = "DISABLED"
	for name, test := range map[string]struct {
		status int
		body   string
		want   string // the end of the error
	}{
		"right":         {200, string(encoded(right)), ""},
		"another value": {200, string(encoded(other)), "got " + string(encoded(other)) + ", want " + string(encoded(right))},
		"status":        {503, "busy", "status 503, want 200: busy"},
		"no JSON":       {200, "<html>", `got "<html>": invalid character '<' looking for beginning of value`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := row{name: readRow, call: read}.send(context.Background(), standIn(t, test.status, test.body), 3, 1)
			want := "wrong answer: stand-in, GET by id: GET /users/1: " + test.want
			if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != want || !errors.As(err, new(*wrongAnswer))) {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// The sizes are those that README.md speaks of.
func TestSizes(t *testing.T) {
	u := newUser(20_000_001)
	if got := len(u.create()); got != scimSize {
		t.Errorf("a create has %d bytes, not %d", got, scimSize)
	}
	var ctx fasthttp.RequestCtx
	ctx.Request.SetBody(encoded(u.native(false)))
	newUpstream().create(&ctx)
	if got := len(ctx.Response.Body()); got != answerSize {
		t.Errorf("an answer has %d bytes, not %d", got, answerSize)
	}
}
