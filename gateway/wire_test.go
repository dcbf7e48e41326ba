package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// raw sends bytes as they are and gives the answers until the gateway closes
// the connection, or has answered as often as is wanted.
func (b *bench) raw(t *testing.T, text string, most int) (answers []string, closed bool) {
	t.Helper()
	conn, err := b.ln.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, text)
	r := bufio.NewReader(conn)
	for len(answers) < most {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers, true
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, summary(t, answered{response.StatusCode, string(body), response.Header}))
		if response.Close {
			return answers, true
		}
	}
	return answers, false
}

// Whatever could be read as one request or as two is refused, and nothing after
// it on the connection is served.
func TestSmuggling(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	const head = "POST /legacy/scim/v2/Users HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer token-of-legacy\r\nContent-Type: application/json\r\n"
	const second = "GET /legacy/scim/v2/Users?filter=userName+eq+%22smuggled%22 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer token-of-legacy\r\n\r\n"
	const both = "400 the request has both Content-Length and Transfer-Encoding"
	const broken = "400 the request is not valid HTTP"
	for name, test := range map[string]struct{ text, want string }{
		"length before encoding":    {head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", both},
		"encoding before length":    {head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", both},
		"in another case":           {head + "content-LENGTH: 5\r\ntransfer-ENCODING: chunked\r\n\r\n0\r\n\r\n", both},
		"identity":                  {head + "Content-Length: 2\r\nTransfer-Encoding: identity\r\n\r\n[]", both},
		"chunked before HTTP/1.1":   {strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", broken},
		"two lengths":               {head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", broken},
		"two encodings":             {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", broken},
		"an unknown encoding":       {head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", broken},
		"a signed length":           {head + "Content-Length: +2\r\n\r\n[]", broken},
		"a broken chunk":            {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", broken},
		"a space before the colon":  {head + "Content-Length : 2\r\n\r\n[]", broken},
		"a body that is too large":  {head + fmt.Sprintf("Content-Length: %d\r\n\r\n", serverBody+1), "413 the body is larger than 1 MiB"},
		"headers that are too many": {head + "X: " + strings.Repeat("x", serverHeaders) + "\r\n\r\n", "431 the headers are larger than 16 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			answers, closed := b.raw(t, test.text+second, 2)
			if len(answers) != 1 || answers[0] != test.want || !closed {
				t.Errorf("got %q, closed %t; want %q", answers, closed, test.want)
			}
		})
	}
	if calls := v.took(); calls != nil {
		t.Errorf("the vendor was called: %q", calls)
	}
}

// The counterpart: two proper requests on one connection are both served.
func TestKeepAlive(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	const one = "GET /legacy/scim/v2/Me HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer token-of-legacy\r\nContent-Length: 2\r\n\r\n[]"
	answers, closed := b.raw(t, one+one, 2)
	if len(answers) != 2 || answers[1] != "501 /Me is not supported" || closed {
		t.Errorf("got %q, closed %t", answers, closed)
	}
}
