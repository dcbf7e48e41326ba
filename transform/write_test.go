package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform/scim"
)

func twoCalls(b *kindBuilder) {
	b.kind.Create = append(b.kind.Create, b.call(Create, "PUT", "/profile/", "id"))
	b.kind.Create[1].Fields = []string{"position"}
}

func lowerCases(v scim.Value) scim.Value {
	return v.With("mail", scim.String(strings.ToLower(v.Member("mail").Text())))
}

const newAda = `{"userName":"a","title":"boss","emails":[{"type":"work","value":"A@x"}]}`

// A create whose answer is lost is looked up in the same exchange; found, it is
// adopted and whatever differs is mended.
func TestDoubtfulCreate(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{answer: map[string]Answer{"POST /users": {Delivery: Lost}}}
	moves, reply := run(t, v, k, up, request(t, k, Create, "", newAda))
	want := []string{"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
		`POST /users {"login":"a","mail":"A@x","position":"BOSS"}`, "GET /users?login=a", "ask",
		"commit: the vendor may have a resource that the index lacks"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(reply, "504 ") {
		t.Errorf("got %s", reply)
	}

	v = &vendor{user: `{"id":7,"login":"a","mail":"a@x","status":"ON"}`, intents: []*Intent{{Key: Key{"userName", "a"}}}}
	moves, reply = run(t, v, k, up, request(t, k, Create, "", newAda))
	want = []string{"ask", "GET /users?login=a", "ask", `PUT /users/7 {"mail":"A@x","position":"BOSS"}`, "commit: the resource as it was written"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("repeated: moves (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(reply, "201 ") {
		t.Errorf("got %s", reply)
	}
}

// A create of two calls that stopped in between goes on with the second.
func TestResumedCreate(t *testing.T) {
	k, up := newKind(t, twoCalls)
	v := &vendor{user: `{"id":7,"login":"a","mail":"A@x"}`, intents: []*Intent{{Key: Key{"userName", "a"}, Native: "7", Step: 1}}}
	moves, reply := run(t, v, k, up, request(t, k, Create, "", newAda))
	want := []string{"ask", "GET /users?login=a", "ask", "commit: where the create would be resumed", `PUT /profile/7 {"position":"BOSS"}`, "commit: the resource as it was written"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(reply, "201 ") {
		t.Errorf("got %s", reply)
	}
}

func TestCreateOfTwoCalls(t *testing.T) {
	k, up := newKind(t, twoCalls)
	v := &vendor{}
	moves, _ := run(t, v, k, up, request(t, k, Create, "", newAda))
	want := []string{"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent", `POST /users {"login":"a","mail":"A@x"}`,
		"commit: where the create would be resumed", `PUT /profile/7 {"position":"BOSS"}`, "commit: the resource as it was written"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
}

// What the vendor makes of a value is noticed by the first later read, and what
// was sent is shown until the vendor's side changes.
func TestLens(t *testing.T) {
	k, up := newKind(t, protectAdmins)
	v := &vendor{change: lowerCases}
	run(t, v, k, up, request(t, k, Create, "", newAda))
	for _, want := range []struct{ mail, seen string }{
		{"a@x", "A@x"}, // settles
		{"a@x", "A@x"},
		{"b@x", "b@x"}, // an administrator's change
	} {
		v.user = strings.ReplaceAll(v.user, `"a@x"`, `"`+want.mail+`"`)
		_, reply := run(t, v, k, up, request(t, k, Read, "7", ""))
		if !strings.Contains(reply, `"value":"`+want.seen+`"`) || !strings.Contains(reply, `"title":"boss"`) {
			t.Errorf("with %s at the vendor: %s", want.mail, reply)
		}
	}
	moves, _ := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"Replace","path":"title","value":"boss"}`)))
	if diff := cmp.Diff([]string{"ask", "GET /users/7"}, moves); diff != "" {
		t.Errorf("the same value again (-want +got):\n%s", diff)
	}
}

// active: exists; false deletes and remembers, true creates anew under the same id.
func TestRevive(t *testing.T) {
	k, up := newKind(t, activeExists)
	v := &vendor{}
	run(t, v, k, up, request(t, k, Create, "", newAda))
	v.record.ID = "5" // as if the account had been created anew before
	run(t, v, k, up, request(t, k, Update, "5", patch(`{"op":"replace","path":"active","value":false},{"op":"replace","path":"title","value":"chief"}`)))
	if v.user != "" || !v.record.Gone {
		t.Fatalf("still there: %s", v.user)
	}
	moves, reply := run(t, v, k, up, request(t, k, Read, "5", ""))
	if len(moves) != 1 || !strings.Contains(reply, `"active":false`) || !strings.Contains(reply, `"title":"chief"`) {
		t.Errorf("remembered: %v %s", moves, reply)
	}
	moves, reply = run(t, v, k, up, request(t, k, Update, "5", patch(`{"op":"replace","path":"active","value":true}`)))
	want := []string{"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
		`POST /users {"login":"a","mail":"A@x","position":"CHIEF"}`, "commit: the resource as it was written"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
	if !strings.Contains(reply, `"id":"5"`) || !strings.Contains(reply, `"active":true`) || v.record.Native != "7" {
		t.Errorf("revived: %s, native %q", reply, v.record.Native)
	}
}

// An account deleted by hand reads as inactive, if the vendor can be believed.
func TestDeletedByHand(t *testing.T) {
	k, up := newKind(t, activeExists)
	v := &vendor{}
	run(t, v, k, up, request(t, k, Create, "", newAda))
	v.user = ""
	if _, reply := run(t, v, k, up, request(t, k, Read, "7", "")); !strings.Contains(reply, `"active":false`) {
		t.Errorf("got %s", reply)
	}
	p := NewPlan(up, k, request(t, k, Read, "7", ""), Facts{CorrelationID: facts})
	moves, reply := play(p, func(m Move) Outcome {
		if send, ok := m.(Send); ok && send.Call.Operation != Read {
			return Outcome{Kind: Unavailable, Status: 502}
		}
		got := v.do(m)
		got.Shown = false
		return got
	})
	if reply.Status != 503 {
		t.Errorf("an absence that nothing vouches for: %d %v", reply.Status, moves)
	}
}

// A deactivation outranks the rest of its PATCH.
func TestDeactivationOutranks(t *testing.T) {
	k, up := newKind(t, protectAdmins, func(b *kindBuilder) {
		b.kind.Attributes[1].Otherwise = OtherwiseReject
	})
	v := &vendor{user: ada}
	bad := `{"op":"remove","path":"emails[type eq \"work\"].value"}`
	_, reply := run(t, v, k, up, request(t, k, Update, "7", patch(bad)))
	if !strings.HasPrefix(reply, `400 `) || !strings.Contains(reply, `"attribute":"emails.work.value"`) {
		t.Errorf("alone: %s", reply)
	}
	_, reply = run(t, v, k, up, request(t, k, Update, "7", patch(bad+`,{"op":"replace","path":"active","value":"False"}`)))
	if !strings.HasPrefix(reply, "200 ") || !strings.Contains(v.user, `"status":"OFF"`) {
		t.Errorf("beside a deactivation: %s; %s", reply, v.user)
	}

	refusals := 0
	v = &vendor{user: ada}
	p := NewPlan(up, k, request(t, k, Update, "7", patch(`{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"active","value":"False"}`)), Facts{})
	moves, got := play(p, func(m Move) Outcome {
		if send, ok := m.(Send); ok && strings.Contains(string(send.Request.Body), "position") {
			refusals++
			return Outcome{Kind: Refused, Status: 400, ScimType: "invalidValue", Shown: true}
		}
		return v.do(m)
	})
	if got.Status != 200 || refusals != 1 || !strings.Contains(v.user, `"status":"OFF"`) {
		t.Errorf("refused by the vendor: %d, %v", got.Status, moves)
	}
}

func TestPut(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: ada}
	moves, reply := run(t, v, k, up, request(t, k, Update, "7", `{"userName":"a","emails":[{"type":"work","value":"a@x"}]}`))
	want := []string{"ask", "GET /users/7", `PUT /users/7 {"first":null,"position":null}`, "commit: the resource as it was written"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(reply, "200 ") || !strings.Contains(reply, `"active":true`) {
		t.Errorf("got %s", reply)
	}
}

func TestDeleteTwice(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: "", record: &Record{ID: "7", Native: "7"}}
	v.answer = map[string]Answer{"DELETE /users/7": {Status: 404}}
	if _, reply := run(t, v, k, up, request(t, k, Delete, "7", "")); reply != "204" {
		t.Errorf("on record and gone: %s", reply)
	}
	if _, reply := run(t, v, k, up, request(t, k, Delete, "7", "")); !strings.HasPrefix(reply, "404 ") {
		t.Errorf("again: %s", reply)
	}
}

// A value of the wrong type is never taken for a change that happened.
func TestMisfit(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: ada}
	_, reply := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"Replace","path":"active","value":"maybe"}`)))
	want := `400 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"\"active\" cannot be mapped: true or false is expected, not a string","attribute":"active","operation":"update","correlationId":"f"}`
	if reply != want {
		t.Errorf("got  %s\nwant %s", reply, want)
	}
	if _, reply = run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"Replace","path":"title","value":{"a":1}},{"op":"Replace","path":"active","value":false}`))); !strings.HasPrefix(reply, "200") || !strings.Contains(v.user, "OFF") {
		t.Errorf("beside a deactivation: %s", reply)
	}
}

// A rule for creates alone ties nothing together afterwards: a change of what it
// reads does not send what it set, and needs no read; and what it set may be
// changed without naming what it read.
func TestRuleOfCreates(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) {
		b.kind.Rules = []*Rule{{Name: "title from the given name", Set: b.path("title"),
			To: b.expr(InRule, "name.givenName"), When: b.expr(InRule, `operation == "create"`)}}
	})
	v := &vendor{}
	moves, _ := run(t, v, k, up, request(t, k, Create, "", `{"userName":"a","title":"boss","name":{"givenName":"Ada"},"emails":[{"type":"work","value":"a@x"}]}`))
	for _, op := range []string{`{"op":"replace","path":"name.givenName","value":"Eve"}`, `{"op":"replace","path":"title","value":"chief"}`} {
		more, _ := run(t, v, k, up, request(t, k, Update, "7", patch(op)))
		moves = append(moves, more...)
	}
	want := []string{"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent", `POST /users {"login":"a","mail":"a@x","first":"Ada","position":"ADA"}`,
		"commit: the resource as it was written",
		"ask", `PUT /users/7 {"first":"Eve"}`, "commit: the resource as it was written",
		"ask", `PUT /users/7 {"position":"CHIEF"}`, "commit: the resource as it was written"}
	if diff := cmp.Diff(want, moves); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
}

// What a whole update does not change goes in the spelling that the vendor takes,
// however it shows it. A status that means the same stays what it is.
func TestWholeUpdateSpelling(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) {
		b.kind.Update[0].Whole = true
		b.kind.Attributes[4].Values = &Table{Rows: []TableRow{
			{scim.Bool(true), []scim.Value{scim.String("true")}},
			{scim.Bool(false), []scim.Value{scim.String("false"), scim.String("LOCKED")}}}}
	})
	var got []string
	for _, status := range []string{"true", `"true"`, "false", `"LOCKED"`, `"GONE"`} {
		v := &vendor{user: `{"id":7,"login":"a","mail":"a@x","status":` + status + `}`}
		moves, _ := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"replace","path":"title","value":"chief"}`)))
		got = append(got, moves[2])
	}
	want := []string{}
	for _, status := range []string{`"true"`, `"true"`, `"false"`, `"LOCKED"`, `"GONE"`} {
		want = append(want, `PUT /users/7 {"id":7,"login":"a","mail":"a@x","status":`+status+`,"position":"CHIEF"}`)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
}
