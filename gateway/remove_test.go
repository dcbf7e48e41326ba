package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"scimshim/gateway"
)

const phones = `phoneNumbers.work.value: {native: "phones[kind eq work].number", empty: remove}
    phoneNumbers.work.display: {native: "phones[kind eq work].label", empty: remove}
    phoneNumbers.mobile.value: {native: "phones[kind eq mobile].number", empty: remove}
    phoneNumbers.fax.value: {native: "phones[kind eq fax].number"}
    emails.work.value: {native: "mails[0].text", empty: remove}
    emails.home.value: {native: "mails[1].text", empty: remove}
    enterprise.division: {native: "org.units[kind eq division].name", empty: remove}`

// A value that is cleared leaves its list, with all that the vendor says of its
// element, unless another attribute still has something in the same element.
func TestRemoveElements(t *testing.T) {
	const vendor = `"phones":[{"id":1,"kind":"work","number":"1","label":"desk"},{"id":2,"kind":"mobile","number":"2"},{"id":3,"kind":"pager","number":"3"}],
		"mails":[{"text":"a@x"},{"text":"b@x"},{"text":"c@x"}],"org":{"units":[{"kind":"division","name":"D"}],"size":3}`
	for _, tt := range []struct{ name, clear, native string }{
		{"one of two in an element", `phoneNumbers[type eq \"work\"].value`,
			`"phones":[{"id":1,"kind":"work","label":"desk"},{"id":2,"kind":"mobile","number":"2"},{"id":3,"kind":"pager","number":"3"}]`},
		{"the only one", `phoneNumbers[type eq \"mobile\"].value`,
			`"phones":[{"id":1,"kind":"work","number":"1","label":"desk"},{"id":3,"kind":"pager","number":"3"}]`},
		{"both of two", `phoneNumbers[type eq \"work\"].value|phoneNumbers[type eq \"work\"].display`,
			`"phones":[{"id":2,"kind":"mobile","number":"2"},{"id":3,"kind":"pager","number":"3"}]`},
		{"all that are mapped", `phoneNumbers`, `"phones":[{"id":3,"kind":"pager","number":"3"}]`},
		{"two places", `emails`, `"mails":[{"text":"c@x"}]`},
		{"the first place", `emails[type eq \"work\"].value`, `"mails":[{"text":"b@x"},{"text":"c@x"}]`},
		{"the last of a list", enterpriseURN + `:division`, `"org":{"units":[],"size":3}`},
	} {
		f := newFake(t)
		r := newRig(t, strings.Replace(lensFile, "ATTRIBUTE", phones, 1), f.URL, gateway.Options{})
		r.must(t, 201, "POST", "/Users", `{"userName":"ada","active":true}`)
		var fields map[string]any
		if err := json.Unmarshal([]byte("{"+vendor+"}"), &fields); err != nil {
			t.Fatal(err)
		}
		for name, value := range fields {
			f.edit("1", name, value)
		}
		f.called()
		var operations []string
		for path := range strings.SplitSeq(tt.clear, "|") {
			operations = append(operations, `{"op":"Remove","path":"`+path+`"}`)
		}
		r.must(t, 200, "PATCH", "/Users/1", operationsOf(operations...))
		calls := f.called()
		body, found := strings.CutPrefix(calls[len(calls)-1], "PUT /users/1 ")
		if !found {
			t.Errorf("%s: the calls are %q", tt.name, calls)
			continue
		}
		t.Run(tt.name, func(t *testing.T) { expectJSON(t, body, tt.native) })
		r.must(t, 200, "PATCH", "/Users/1", operationsOf(operations...))
		if again := f.called(); len(again) != 1 {
			t.Errorf("%s: once more the calls are %q", tt.name, again)
		}
	}
}

// A required attribute that Entra leaves out falls back to its default, whenever that
// is; one that is not required does so at creation alone.
func TestDefaults(t *testing.T) {
	const file = `title: {native: position, required: true, default: "=displayName ?? 'Staff'"}
    displayName: name
    nickName: {native: nick, default: none}`
	f := newFake(t)
	r := newRig(t, strings.Replace(lensFile, "ATTRIBUTE", file, 1), f.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", `{"userName":"ada","active":true}`)
	expectJSON(t, encode(f.all()[0]), `"id":1,"code":"code1","login":"ada","locked":false,"position":"Staff","nick":"none"`)
	r.must(t, 200, "PUT", "/Users/1", `{"userName":"ada","title":"Boss","nickName":"A"}`)
	expectJSON(t, encode(f.all()[0]), `"id":1,"code":"code1","login":"ada","locked":false,"position":"Boss","nick":"A"`)
	r.must(t, 200, "PUT", "/Users/1", `{"userName":"ada","displayName":"Ada"}`)
	expectJSON(t, encode(f.all()[0]), `"id":1,"code":"code1","login":"ada","locked":false,"position":"Ada","name":"Ada"`)
	f.called()
	for range 2 {
		expectPart(t, r.must(t, 200, "GET", "/Users/1", "").body, `"displayName":"Ada"`)
	}
	r.must(t, 200, "PUT", "/Users/1", `{"userName":"ada","displayName":"Ada"}`)
	for _, call := range f.called() {
		if call != "GET /users/1" {
			t.Errorf("a request that changes nothing makes the call %s", call)
		}
	}
}
