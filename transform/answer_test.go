package transform

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform/scim"
)

// The table of errors in the README, row by row and operation by operation.
func TestOutcome(t *testing.T) {
	k, _ := newKind(t)
	calls := map[Operation]*Call{Create: k.Create[0], Read: k.Read, Update: k.Update[0], Delete: k.Delete[0], List: k.List, Find: k.Finds[0].Call}
	html := []Header{{"Content-Type", "text/html"}}
	tests := []struct {
		name   string
		answer Answer
		want   map[Operation]string // "kind status scimType retry"; "" stands for all others
	}{
		{"not sent", Answer{Delivery: NotSent}, map[Operation]string{"": "unavailable 503  60"}},
		{"late", Answer{Delivery: Late}, map[Operation]string{"": "unavailable 504  60", Create: "unclear 504  60", Update: "unclear 504  60", Delete: "unclear 504  60"}},
		{"lost", Answer{Delivery: Lost}, map[Operation]string{"": "unavailable 504  60", Create: "unclear 504  60", Update: "unclear 504  60", Delete: "unclear 504  60"}},
		{"500", Answer{Status: 500}, map[Operation]string{"": "unavailable 503  60"}},
		{"503 with Retry-After", Answer{Status: 503, Headers: []Header{{"retry-after", "7"}}}, map[Operation]string{"": "unavailable 503  7"}},
		{"429", Answer{Status: 429, Headers: []Header{{"Retry-After", "Wed, 21 Oct 2015 07:28:09 GMT"}}, Now: time.Date(2015, 10, 21, 7, 28, 0, 0, time.UTC)}, map[Operation]string{"": "throttled 429  10"}},
		{"429 for a year", Answer{Status: 429, Headers: []Header{{"Retry-After", "31536000"}}}, map[Operation]string{"": "throttled 429  3600"}},
		{"401", Answer{Status: 401}, map[Operation]string{"": "unavailable 502  0"}},
		{"403", Answer{Status: 403}, map[Operation]string{"": "unavailable 502  0"}},
		{"404", Answer{Status: 404}, map[Operation]string{"": "unavailable 502  0", Read: "absent 0  0", Update: "absent 0  0", Delete: "absent 0  0"}},
		{"302", Answer{Status: 302}, map[Operation]string{"": "unavailable 502  0"}},
		{"409", Answer{Status: 409}, map[Operation]string{"": "unavailable 502  0", Create: "refused 409 uniqueness 0", Update: "refused 409 uniqueness 0", Delete: "refused 409 uniqueness 0"}},
		{"400", Answer{Status: 400}, map[Operation]string{"": "unavailable 502  0", Create: "refused 400 invalidValue 0", Update: "refused 400 invalidValue 0", Delete: "refused 400 invalidValue 0"}},
		{"405", Answer{Status: 405}, map[Operation]string{"": "unavailable 502  0"}},
		{"a page of HTML", Answer{Status: 200, Headers: html, Body: []byte("<p>log in")}, map[Operation]string{"": "unavailable 502  0", Create: "unclear 502  0", Update: "unclear 502  0", Delete: "unclear 502  0"}},
		{"broken JSON", Answer{Status: 200, Body: []byte(`{"users":[`)}, map[Operation]string{"": "unavailable 502  0", Create: "unclear 502  0", Update: "unclear 502  0", Delete: "unclear 502  0"}},
		{"no body", Answer{Status: 204}, map[Operation]string{"": "unavailable 502  0", Create: "done 0  0", Update: "done 0  0", Delete: "done 0  0"}},
		{"another body", Answer{Status: 200, Body: []byte(`[]`)}, map[Operation]string{"": "unavailable 502  0", Create: "done 0  0", Update: "done 0  0", Delete: "done 0  0"}},
		{"a list of booleans", Answer{Status: 200, Body: []byte(`{"users":[true]}`)}, map[Operation]string{List: "unavailable 502  0", Find: "unavailable 502  0", Read: "found 0  0", "": "done 0  0"}},
	}
	for _, test := range tests {
		for op, call := range calls {
			got := Send{Call: call, kind: k}.Outcome(test.answer)
			want, listed := test.want[op]
			if !listed {
				want = test.want[""]
			}
			if text := brief(got); text != want {
				t.Errorf("%s, %s: %s, want %s", test.name, op, text, want)
			}
		}
	}
}

func brief(o Outcome) string {
	return strings.Join([]string{o.Kind.String(), itoa(o.Status), o.ScimType, itoa(o.RetryAfter)}, " ")
}

func itoa(n int) string { return strconv.Itoa(n) }

// The id of a create is where the answer has it, but never a path.
func TestCreatedID(t *testing.T) {
	k, _ := newKind(t)
	got := map[string]string{}
	for _, location := range []string{"/users/7", "https://elsewhere/users/7?x=/8", "7", "/users/7/", ""} {
		o := Send{Call: k.Create[0], kind: k}.Outcome(Answer{Status: 201, Headers: []Header{{"Location", location}}})
		got[location] = o.ID
	}
	want := map[string]string{"/users/7": "7", "https://elsewhere/users/7?x=/8": "7", "7": "7", "/users/7/": "7", "": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A look-up by key answers one, or its bare id, or nobody in so many words; anything else is no answer.
func TestFindOfOne(t *testing.T) {
	k, _ := newKind(t, func(b *kindBuilder) {
		b.kind.Finds[0].Items, b.kind.Finds[0].Item = NativePath{}, native(b.t, "agent")
	})
	for body, want := range map[string]string{
		`{"agent":{"id":7}}`: "found 0  0, 1 items", `{"agent":null}`: "found 0  0, 0 items",
		`{}`: "unavailable 502  0, 0 items", `{"agent":7}`: "found 0  0, 1 items", `{"agent":true}`: "unavailable 502  0, 0 items",
	} {
		got := Send{Call: k.Finds[0].Call, kind: k}.Outcome(Answer{Status: 200, Body: []byte(body)})
		if text := brief(got) + ", " + strconv.Itoa(len(got.Items)) + " items"; text != want {
			t.Errorf("%s: %s, want %s", body, text, want)
		}
	}
}

// A read may be a search: it shows the one who is asked for, or nobody. Whoever else
// it shows says nothing of him.
func TestReadBySearch(t *testing.T) {
	for _, test := range []struct{ name, items, lacks, into, body, want string }{
		{"one", "users", "", "", `{"users":[{"id":7,"a":1}]}`, `found 0  0 {"id":7,"a":1}`},
		{"among others", "users", "", "", `{"users":[{"id":70},{"id":7,"a":1}]}`, `found 0  0 {"id":7,"a":1}`},
		{"others", "users", "", "", `{"users":[{"id":70}]}`, `unavailable 502  0 null`},
		{"nobody", "users", "", "", `{"users":[]}`, `absent 0  0 null`},
		{"no list", "users", "", "", `{}`, `unavailable 502  0 null`},
		{"without its id", "", "id", "", `{"a":1}`, `found 0  0 {"a":1,"id":"7"}`},
		{"a piece", "", "", "more", `{"a":1}`, `found 0  0 {"a":1}`},
		{"a list of pieces", "users", "", "more", `{"users":[1,2]}`, `found 0  0 [1,2]`},
		{"no pieces", "users", "", "more", `{"users":null}`, `found 0  0 null`},
		{"no list of pieces", "users", "", "more", `{"users":5}`, `unavailable 502  0 null`},
	} {
		k, _ := newKind(t, func(b *kindBuilder) {
			for path, to := range map[string]*NativePath{test.items: &b.kind.Read.Items, test.into: &b.kind.Read.Into} {
				if path != "" {
					*to = native(b.t, path)
				}
			}
			if test.lacks != "" {
				b.kind.Read.Lacks = []string{test.lacks}
			}
		})
		got := Send{Call: k.Read, kind: k, id: scim.String("7")}.Outcome(Answer{Status: 200, Body: []byte(test.body)})
		if text := brief(got) + " " + string(got.Native.AppendJSON(nil)); text != test.want {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
}

// A list of which a header says that it goes on is not complete without paging.
func TestListGoesOn(t *testing.T) {
	k, _ := newKind(t, func(b *kindBuilder) { b.kind.List.paged, b.kind.List.Path = false, Template{} })
	for header, want := range map[string]string{
		`<https://x/users?page=2>; rel="next", <https://x/users?page=9>; rel="last"`: "unavailable 502  0",
		`<https://x/users?page=2>; rel=next`:                                         "unavailable 502  0",
		`<https://x/users?page=2>; rel="last next"`:                                  "unavailable 502  0",
		`<https://x/users?page=1>; rel="first"`:                                      "found 0  0",
		`<https://x/next>; rel="prev"`:                                               "found 0  0",
	} {
		got := Send{Call: k.List, kind: k}.Outcome(Answer{Status: 200, Headers: []Header{{"Link", header}}, Body: []byte(`{"users":[{"id":1}]}`)})
		if brief(got) != want {
			t.Errorf("%s: %s, want %s", header, brief(got), want)
		}
	}
}

// A list is complete when the vendor says so, and not before: what repeats
// itself, breaks off or does not tell is an error, never the end.
func TestPagesOfAList(t *testing.T) {
	shown := map[string]bool{"1": true, "2": true}
	for _, test := range []struct{ name, more, body, want string }{
		{"goes on", "seen < body.total", `{"users":[{"id":3}],"total":4}`, "found 0  0, more"},
		{"is complete", "seen < body.total", `{"users":[{"id":3}],"total":3}`, "found 0  0, last"},
		{"counts nobody twice", "seen < body.total", `{"users":[{"id":2},{"id":3}],"total":4}`, "found 0  0, more"},
		{"shows the same again", "seen < body.total", `{"users":[{"id":2},{"id":1}],"total":9}`, "unavailable 502  0"},
		{"breaks off", "seen < body.total", `{"users":[],"total":4}`, "unavailable 502  0"},
		{"says a text", "seen < body.total", `{"users":[{"id":3}],"total":"4"}`, "unavailable 502  0"},
		{"does not tell", "seen < body.total", `{"users":[{"id":3}]}`, "found 0  0, last"},
		{"must tell", `seen < (body.total ?? "not told")`, `{"users":[{"id":3}]}`, "unavailable 502  0"},
		{"must tell of nobody", `seen < (body.total ?? "not told")`, `{"users":[]}`, "unavailable 502  0"},
		{"is left out, of nobody", "seen < body.total", `{"total":0}`, "found 0  0, last"},
		{"is null, of nobody", "seen < body.total", `{"users":null,"total":2}`, "found 0  0, last"},
		{"is left out", "seen < body.total", `{"total":3}`, "unavailable 502  0"},
		{"is left out without a word", "seen < body.total", `{}`, "unavailable 502  0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, _ := newKind(t, func(b *kindBuilder) { b.kind.List.More = b.expr(InAnswer, test.more) })
			got := Send{Call: k.List, kind: k, paging: &paging{page: 2, seen: 2, shown: shown}}.Outcome(Answer{Status: 200, Body: []byte(test.body)})
			text := brief(got)
			if got.Kind == Found {
				text += map[bool]string{true: ", last", false: ", more"}[got.Last]
			}
			if text != test.want {
				t.Errorf("got %s, want %s", text, test.want)
			}
		})
	}
}

// A rule that looks at the status alone does not take a proxy's page for the
// vendor's word that nobody was found.
func TestNotFoundByStatus(t *testing.T) {
	html, page := []Header{{"Content-Type", "text/html"}}, []byte("<p>nothing here")
	for _, test := range []struct {
		when   string
		answer Answer
		want   string
	}{
		{"status == 404", Answer{Status: 404, Headers: html, Body: page}, "unavailable 502  0"},
		{"status == 404", Answer{Status: 404, Body: []byte(`{"broken`)}, "unavailable 502  0"},
		{"status == 404", Answer{Status: 404, Body: []byte(`{"error":"nobody"}`)}, "absent 0  0"},
		{"status == 404", Answer{Status: 404}, "absent 0  0"},
		{`status == 404 and text contains "nothing"`, Answer{Status: 404, Headers: html, Body: page}, "absent 0  0"},
	} {
		k, _ := newKind(t, func(b *kindBuilder) {
			b.kind.Finds[0].Errors = []*ErrorRule{{When: b.expr(InAnswer, test.when), Is: IsNotFound}}
		})
		if got := brief(Send{Call: k.Finds[0].Call, kind: k}.Outcome(test.answer)); got != test.want {
			t.Errorf("%s, %s: %s, want %s", test.when, test.answer.Body, got, test.want)
		}
	}
}

// Several headers of one name are one to an expression (RFC 9110 section 5.3).
func TestHeadersOfOneName(t *testing.T) {
	env := Send{Call: &Call{Operation: List}}.env(Answer{Headers: []Header{{"Link", "<a>; rel=first"}, {"X", "1"}, {"link", "<b>; rel=next"}}}, scim.Value{})
	if got, want := env.Names["headers"].JSON(), `{"link":"<a>; rel=first, <b>; rel=next","x":"1"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
