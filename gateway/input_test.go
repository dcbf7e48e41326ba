package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// refusal is the status, the scimType and the detail of an error.
func refusal(t *testing.T, got answered) string {
	t.Helper()
	text := summary(t, got)
	if got.Status < 400 {
		return text
	}
	status, detail, _ := strings.Cut(text, " ")
	kind, _ := decoded(t, got.Body)["scimType"].(string)
	return strings.TrimSpace(status+" "+kind) + ": " + detail
}

// Whatever two readers could understand differently, or is too much, is refused
// before anybody is called, with words that say what is wrong.
func TestBadBodies(t *testing.T) {
	v := newFakeVendor(t)
	b := newBench(t, Options{}, v.file("legacy"))
	deep := func(n int) string { return `{"userName":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	operation := `{"op":"replace","path":"title","value":"x"}`
	many := func(n int) string {
		return `{"Operations":[` + strings.TrimSuffix(strings.Repeat(operation+",", n), ",") + `]}`
	}
	for _, test := range []struct{ name, method, path, body, want string }{
		{"no body", "POST", "/Users", "", "400 invalidSyntax: the request has no body"},
		{"blanks alone", "POST", "/Users", " \r\n", "400 invalidSyntax: the request has no body"},
		{"a name twice", "POST", "/Users", `{"userName":"a","userName":"b"}`, `400 invalidSyntax: the name "userName" appears twice in one object`},
		{"a name twice in another case", "POST", "/Users", `{"userName":"a","USERNAME":"b"}`, `400 invalidSyntax: the name "USERNAME" appears twice in one object`},
		{"a name twice below", "POST", "/Users", `{"userName":"a","name":{"givenName":"a","givenname":"b"}}`, `400 invalidSyntax: the name "givenname" appears twice in one object`},
		{"a name twice by an escape", "POST", "/Users", `{"userName":"a","\u0075serName":"b"}`, `400 invalidSyntax: the name "userName" appears twice in one object`},
		{"not UTF-8", "POST", "/Users", "{\"userName\":\"a\xff\"}", "400 invalidSyntax: the body is not UTF-8 at offset 14"},
		{"a name that is not UTF-8", "POST", "/Users", "{\"userName\xff\":\"a\"}", "400 invalidSyntax: the body is not UTF-8 at offset 10"},
		{"a byte order mark", "POST", "/Users", "\xef\xbb\xbf{\"userName\":\"a\"}", "400 invalidSyntax: the body begins with a byte order mark, which JSON does not have"},
		{"UTF-16", "POST", "/Users", "{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", "400 invalidSyntax: the body is not valid JSON at offset 1"},
		{"too deep", "POST", "/Users", deep(32), "400 invalidSyntax: the body is nested more than 32 deep at offset 43"},
		{"as many brackets as fit", "POST", "/Users", strings.Repeat("[", 1<<20), "400 invalidSyntax: the body is nested more than 32 deep at offset 32"},
		{"more after the end", "POST", "/Users", `{"userName":"a"}{}`, "400 invalidSyntax: the body is not valid JSON at offset 16"},
		{"cut off", "POST", "/Users", `{"userName":"a"`, "400 invalidSyntax: the body is not valid JSON at offset 14"},
		{"single quotes", "POST", "/Users", `{'userName':'a'}`, "400 invalidSyntax: the body is not valid JSON at offset 1"},
		{"a comma too many", "POST", "/Users", `{"userName":"a",}`, "400 invalidSyntax: the body is not valid JSON at offset 16"},
		{"a comment", "POST", "/Users", `{"userName":"a"/**/}`, "400 invalidSyntax: the body is not valid JSON at offset 15"},
		{"a raw control character", "POST", "/Users", "{\"userName\":\"a\x01\"}", "400 invalidSyntax: the body is not valid JSON at offset 14"},
		{"the character NUL", "POST", "/Users", `{"userName":"a\u0000"}`, "400 invalidSyntax: the body has the character U+0000 at offset 14"},
		{"the text of its escape", "PATCH", "/Users/x", `{"Operations":[{"op":"replace","path":"title","value":"\\u0000"}]}`, `404: there is no user with the id "x"`},
		{"NaN", "POST", "/Users", `{"userName":NaN}`, "400 invalidSyntax: the body is not valid JSON at offset 12"},
		{"a number with a zero too many", "POST", "/Users", `{"userName":01}`, "400 invalidSyntax: the body is not valid JSON at offset 13"},
		{"a list", "PUT", "/Users/1", `[]`, "400 invalidSyntax: the body is a list, an object is needed"},
		{"a text", "PUT", "/Users/1", `"userName"`, "400 invalidSyntax: the body is a string, an object is needed"},
		{"null", "PATCH", "/Users/1", `null`, "400 invalidSyntax: the body is null, an object is needed"},
		{"too many operations", "PATCH", "/Users/1", many(1001), "413: 1001 operations are more than 1000"},
		{"a path that is too long", "PATCH", "/Users/1", `{"Operations":[{"op":"add","path":"` + strings.Repeat("a", 5000) + `","value":1}]}`, "400 invalidPath: operation 1: parse path: 5000 characters are more than 4096"},
		{"a search twice", "POST", "/Users/.search", `{"filter":"userName pr","FILTER":"title pr"}`, `400 invalidSyntax: the name "FILTER" appears twice in one object`},
	} {
		if got := refusal(t, b.do(t, "token-of-legacy", test.method, legacy+test.path, test.body)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
	if calls := v.took(); calls != nil {
		t.Errorf("the vendor was called: %.500q", calls)
	}
}

// line sends a request of one line, however odd it is.
func (b *bench) line(t *testing.T, line string) answered {
	t.Helper()
	conn, err := b.ln.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, line+" HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer token-of-legacy\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, string(body), response.Header}
}

func TestBadQueries(t *testing.T) {
	b, v := newSearchBench(t)
	long := strings.Repeat("a", 4096)
	for _, test := range []struct{ query, want string }{
		{"count=many", `400 invalidValue: count is "many", which is not a whole number`}, {"count=", `400 invalidValue: count is "", which is not a whole number`}, {"count=1e3", `400 invalidValue: count is "1e3", which is not a whole number`}, {"count=99999999999999999999", `400 invalidValue: count is "99999999999999999999", which is not a whole number`}, {"startIndex=+1x", `400 invalidValue: startIndex is " 1x", which is not a whole number`},
		{"startIndex=1.0", `400 invalidValue: startIndex is "1.0", which is not a whole number`}, {"startIndex=%31", "Dora anna Cleo bert Emil: 5 of 5 from 1"},
		{"filter=", `400 invalidFilter: parse filter "": an attribute is expected at position 1`},
		{"filter=" + fmt.Sprintf("userName+eq+%%22%s%%22", long), "400 invalidFilter: parse filter: 4110 characters are more than 4096"},
		{"filter=" + strings.Repeat("(", 40) + "userName+pr" + strings.Repeat(")", 40), `400 invalidFilter: parse filter "((((((((((((((((((((((((((((((((((((((((userName pr))))))))))))))))))))))))))))))))))))))))": it is nested more than 32 deep`},
		{"filter=userName+is+%22a%22", `400 invalidFilter: parse filter "userName is \"a\"": "is" is not an operator at position 10`}, {"filter=userName+eq+a", `400 invalidFilter: parse filter "userName eq a": "a" is not a value at position 13: text needs double quotes`}, {"filter=userName+eq+%22a", `400 invalidFilter: parse filter "userName eq \"a": the text at position 13 has no closing quote`}, {"filter=userName+eq+%22a%22+and", `400 invalidFilter: parse filter "userName eq \"a\" and": an attribute is expected at position 20`},
		{"filter=userName+eq+%22%00%22", `400 invalidFilter: parse filter "userName eq \"\x00\"": the text at position 13 is not a JSON string`}, {"filter=%ff+eq+1", `400 invalidValue: the parameter "filter" is not UTF-8`}, {"filter=userName+eq+%22%ff%22", `400 invalidValue: the parameter "filter" is not UTF-8`},
		{"filter=%zz", `400 invalidValue: the parameter "filter" is not percent-encoded: invalid URL escape "%zz"`}, {"sortBy=%zz", `400 invalidValue: the parameter "sortBy" is not percent-encoded: invalid URL escape "%zz"`}, {"sortBy=" + long + "a", "400 invalidPath: sortBy: parse path: 4097 characters are more than 4096"},
		{"count=1&COUNT=2", `400 invalidValue: the parameter "COUNT" appears twice`}, {"filter=title+pr&sortBy=id&filter=title+pr", `400 invalidValue: the parameter "filter" appears twice`},
		{"startIndex=-1&count=1", "Dora: 1 of 5 from 1"}, {"startIndex=0&count=1", "Dora: 1 of 5 from 1"}, {"count=-1", ": 0 of 5 from 1"},
		{"aadOptscim062020&unknown=%zz&%zz=1&=&&count=1", "Dora: 1 of 5 from 1"}, {"attributes=%zz", `400 invalidValue: the parameter "attributes" is not percent-encoded: invalid URL escape "%zz"`},
		{"excludedAttributes=,,nothing,[", "Dora anna Cleo bert Emil: 5 of 5 from 1"}, {"attributes=", "Dora anna Cleo bert Emil: 5 of 5 from 1"},
	} {
		v.took()
		got := b.line(t, "GET "+legacy+"/Users?"+test.query)
		text := refusal(t, got)
		if got.Status == 200 {
			text = inShort(t, got)
		}
		if text != test.want {
			t.Errorf("%.80s:\ngot  %s\nwant %s", test.query, text, test.want)
		}
		if calls := v.took(); got.Status != 200 && calls != nil {
			t.Errorf("%.80s: the vendor was called: %q", test.query, calls)
		}
	}
}
