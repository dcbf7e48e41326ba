package transform

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform/scim"
)

// What could delete, duplicate or take over somebody's account: each of these
// was wrong once.

func wantMoves(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("moves (-want +got):\n%s", diff)
	}
}

// A search that does not show what protect looks at says nothing of it.
func TestAdoptReadsTheGuard(t *testing.T) {
	for role, want := range map[string][]string{
		"ADMIN": {"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent", "GET /users/7", "commit: the create did not happen"},
		"USER": {"ask", "GET /users?login=a", "ask", "commit: a create is about to be sent", "GET /users/7",
			`PUT /users/7 {"mail":"A@x"}`, "commit: the resource as it was written"},
	} {
		k, up := newKind(t, protectAdmins, func(b *kindBuilder) {
			b.kind.Adopt = true
			b.kind.Finds[0].Lacks = []string{"role"}
		})
		v := &vendor{user: strings.Replace(ada, "USER", role, 1)}
		moves, reply := run(t, v, k, up, request(t, k, Create, "", newAda))
		wantMoves(t, moves, want...)
		if refused := strings.HasPrefix(reply, "400 ") && strings.Contains(reply, `"mutability"`); refused != (role == "ADMIN") {
			t.Errorf("%s: %s", role, reply)
		}
	}
}

// Without adopt nobody is taken over, and of two nobody ever is.
func TestAdoptNobody(t *testing.T) {
	for _, adopt := range []bool{false, true} {
		k, up := newKind(t, func(b *kindBuilder) { b.kind.Adopt = adopt })
		v := &vendor{user: ada}
		if adopt {
			v.user += "," + strings.Replace(ada, `"id":7`, `"id":8`, 1)
		}
		moves, reply := run(t, v, k, up, request(t, k, Create, "", newAda))
		wantMoves(t, moves, "ask", "GET /users?login=a", "ask")
		if !strings.HasPrefix(reply, "409 ") {
			t.Errorf("adopt %v: %s", adopt, reply)
		}
	}
}

// The index cannot know of a create whose answer was lost.
func TestDoubtPassesTheIndex(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) { b.kind.Finds = nil })
	v := &vendor{answer: map[string]Answer{"POST /users": {Delivery: Lost}}}
	p := NewPlan(up, k, request(t, k, Create, "", newAda), Facts{})
	asked := 0
	moves, reply := play(p, func(m Move) Outcome {
		if ask, ok := m.(Ask); ok && ask.Index != nil {
			asked++
			return Outcome{Kind: Absent, Shown: true}
		}
		if send, ok := m.(Send); ok && send.Request.Method == "POST" {
			v.user = `{"id":7,"login":"a","mail":"A@x","position":"BOSS"}`
		}
		return v.do(m)
	})
	if asked != 1 || reply.Status != 201 {
		t.Errorf("%d questions to the index, %d: %v", asked, reply.Status, moves)
	}
}

// A change of a user whose account somebody has deleted does not create it anew.
func TestNoResurrection(t *testing.T) {
	k, up := newKind(t, activeExists)
	v := &vendor{}
	run(t, v, k, up, request(t, k, Create, "", newAda))
	v.user = ""
	moves, reply := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"replace","path":"title","value":"chief"}`)))
	wantMoves(t, moves, "ask", "GET /users/7", "commit: the resource as it was written")
	if !strings.Contains(reply, `"active":false`) || !strings.Contains(reply, `"title":"chief"`) {
		t.Errorf("got %s", reply)
	}
	if len(v.record.Keys) == 0 || !v.record.Gone {
		t.Errorf("the record: %+v", v.record)
	}
}

// A create leaves alone what nobody asked to change, and uses the default.
func TestCreateAndItsUpdates(t *testing.T) {
	title := func(b *kindBuilder) *Attribute { return b.kind.Attributes[3] }
	byUpdate := func(b *kindBuilder) {
		b.kind.Update = append(b.kind.Update, b.call(Update, "PUT", "/users/", "id"))
		b.kind.Update[1].Fields = []string{"position"}
	}
	without := `{"userName":"a","emails":[{"type":"work","value":"A@x"}]}`
	fills := func(v scim.Value) scim.Value {
		if v.Member("position").IsAbsent() {
			return v.With("position", scim.String("VENDOR"))
		}
		return v
	}
	k, up := newKind(t, byUpdate)
	v := &vendor{change: fills}
	moves, _ := run(t, v, k, up, request(t, k, Create, "", without))
	wantMoves(t, moves, "ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
		`POST /users {"login":"a","mail":"A@x"}`, "commit: the resource as it was written")

	k, up = newKind(t, byUpdate, func(b *kindBuilder) { title(b).Default = &Tree{Literal: scim.String("DEF")} })
	v = &vendor{change: fills}
	moves, _ = run(t, v, k, up, request(t, k, Create, "", without))
	wantMoves(t, moves, "ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
		`POST /users {"login":"a","mail":"A@x"}`, `PUT /users/7 {"position":"DEF"}`, "commit: the resource as it was written")

	// What no create call carries goes with the update that takes the rest.
	k, up = newKind(t, func(b *kindBuilder) { b.kind.Create[0].Fields = []string{"login", "mail"} })
	v = &vendor{}
	moves, _ = run(t, v, k, up, request(t, k, Create, "", newAda))
	wantMoves(t, moves, "ask", "GET /users?login=a", "ask", "commit: a create is about to be sent",
		`POST /users {"login":"a","mail":"A@x"}`, `PUT /users/7 {"position":"BOSS"}`, "commit: the resource as it was written")
}

// A later call of the same request does not undo an earlier one.
func TestWholeAfterPart(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) {
		b.kind.Update[0].Fields = []string{"first"}
		b.kind.Update = append(b.kind.Update, b.call(Update, "PUT", "/whole/", "id"))
		b.kind.Update[1].Whole = true
	})
	v := &vendor{user: ada, answer: map[string]Answer{"PUT /users/7": {Status: 204}}}
	moves, _ := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"replace","path":"name.givenName","value":"G"},{"op":"replace","path":"title","value":"x"}`)))
	wantMoves(t, moves, "ask", "GET /users/7", `PUT /users/7 {"first":"G"}`,
		`PUT /whole/7 {"id":7,"login":"a","mail":"a@x","first":"G","position":"X","status":"ON","role":"USER"}`, "commit: the resource as it was written")
}

// A user who was just created is not "gone" because a further call says so.
func TestCreateNever404(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) {
		b.kind.Update[0].Fields = []string{"position"}
	})
	v := &vendor{answer: map[string]Answer{"PUT /users/7": {Status: 404}, "GET /users/7": {Status: 404}}}
	_, reply := run(t, v, k, up, request(t, k, Create, "", newAda))
	want := `502 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"502","detail":"the vendor answers 404 to a call for the resource that it has created","operation":"create","correlationId":"f"}`
	if reply != want {
		t.Errorf("got  %s\nwant %s", reply, want)
	}
}

// The id may come from a later call of the create.
func TestLateID(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) {
		second := b.call(Create, "POST", "/accounts", "")
		b.kind.Create = append([]*Call{b.call(Create, "POST", "/invitations", "")}, second)
		b.kind.Create[0].Fields = []string{"mail"}
	})
	v := &vendor{answer: map[string]Answer{"POST /invitations": {Status: 202}, "POST /accounts": {Status: 201, Body: []byte(`{"id":7,"login":"a"}`)}}}
	moves, reply := run(t, v, k, up, request(t, k, Create, "", newAda))
	wantMoves(t, moves, "ask", "GET /users?login=a", "ask", "commit: a create is about to be sent", `POST /invitations {"mail":"A@x"}`,
		"commit: where the create would be resumed", `POST /accounts {"login":"a","position":"BOSS"}`, "commit: the resource as it was written")
	if !strings.HasPrefix(reply, "201 ") {
		t.Errorf("got %s", reply)
	}
}

// An immutable field is left alone, also where a rule would change it.
func TestImmutable(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) {
		b.kind.Attributes[0].Mutability = "immutable"
		b.kind.Rules = []*Rule{{Name: "login is the address", Set: b.path("userName"), To: b.expr(InRule, "emails.work.value")}}
	})
	v := &vendor{user: ada}
	moves, _ := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@x"}`)))
	wantMoves(t, moves, "ask", "GET /users/7", `PUT /users/7 {"mail":"b@x"}`, "commit: the resource as it was written")
}

func searching(t *testing.T, k *Kind, filter string) *Request {
	t.Helper()
	f, err := scim.ParseFilter(k.Catalog, filter)
	if err != nil {
		t.Fatal(err)
	}
	return &Request{Operation: Find, Filter: f, StartIndex: 1, Count: -1}
}

// A search that the vendor cannot answer is not answered from memory alone.
func TestNoPartialList(t *testing.T) {
	k, up := newKind(t, activeExists, func(b *kindBuilder) { b.kind.List = nil })
	v := &vendor{record: &Record{ID: "7", Gone: true, Resource: parsed(t, `{"userName":"a","title":"BOSS"}`)}}
	if _, reply := run(t, v, k, up, searching(t, k, `title eq "BOSS"`)); !strings.HasPrefix(reply, "400 ") {
		t.Errorf("got %s", reply)
	}
}

// A re-created user is found by the id that Entra knows.
func TestFindByID(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: ada, record: &Record{ID: "5", Native: "7"}}
	moves, reply := run(t, v, k, up, searching(t, k, `id eq "5"`))
	wantMoves(t, moves, "ask", "GET /users/7")
	if !strings.Contains(reply, `"totalResults":1`) || !strings.Contains(reply, `"id":"5"`) {
		t.Errorf("got %s", reply)
	}
}

// What a search shows under an id that cannot be one of ours is nobody's user,
// but has its name.
func TestForeignID(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: strings.Replace(ada, `"id":7`, `"id":-7`, 1)}
	if _, reply := run(t, v, k, up, searching(t, k, `userName eq "a"`)); !strings.Contains(reply, `"totalResults":0`) {
		t.Errorf("found: %s", reply)
	}
	if _, reply := run(t, v, k, up, request(t, k, Create, "", newAda)); !strings.HasPrefix(reply, "409 ") {
		t.Errorf("created: %s", reply)
	}
}

// A deactivation that no call carried, or that changed nothing, is no success.
func TestStillActive(t *testing.T) {
	disable := patch(`{"op":"replace","path":"active","value":false}`)
	want := `502 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"502","detail":"the calls of the vendor file were answered, but the account is still active","operation":"update","correlationId":"f"}`
	k, up := newKind(t, protectAdmins, func(b *kindBuilder) {
		b.kind.Update[0].When = b.expr(InUpdate, `fields.status == "ON"`)
	})
	v := &vendor{user: ada}
	if _, reply := run(t, v, k, up, request(t, k, Update, "7", disable)); reply != want {
		t.Errorf("no call: %s", reply)
	}
	for _, guard := range [][]func(*kindBuilder){nil, {protectAdmins}} {
		k, up = newKind(t, guard...)
		v = &vendor{user: ada, change: func(v scim.Value) scim.Value { return v.With("status", scim.String("ON")) }}
		if _, reply := run(t, v, k, up, request(t, k, Update, "7", disable)); reply != want {
			t.Errorf("ignored: %s", reply)
		}
	}
}

// What would be written may be somebody's already, although Entra would see
// another name: the mapping is lossy.
func TestLossyName(t *testing.T) {
	for _, finds := range []bool{true, false} {
		k, up := newKind(t, func(b *kindBuilder) {
			b.kind.Attributes[0].Write = b.expr(InWrite, `first(split(value, "@"))`)
			if !finds {
				b.kind.Finds = nil
			}
		})
		v := &vendor{user: ada}
		p := NewPlan(up, k, request(t, k, Create, "", strings.Replace(newAda, `"a"`, `"a@x.com"`, 1)), Facts{})
		_, reply := play(p, v.do)
		if reply.Status != 409 || reply.Error.ScimType != scim.Uniqueness {
			t.Errorf("taken by a stranger: %d", reply.Status)
		}
		v.intents = []*Intent{{Key: Key{"userName", "a@x.com"}}}
		_, reply = play(NewPlan(up, k, p.request, Facts{}), v.do)
		if reply.Status != 201 || !strings.Contains(reply.Body.JSON(), `"userName":"a@x.com"`) {
			t.Errorf("made by ourselves: %d %v", reply.Status, reply.Error)
		}
	}
}

// That a filter finds nobody says nothing of a value that only a part of it names.
func TestMissOfAPart(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: ada}
	moves, _ := run(t, v, k, up, searching(t, k, `userName eq "a" and title co "zzz"`))
	wantMoves(t, moves, "GET /users?login=a", "ask")
	moves, _ = run(t, v, k, up, searching(t, k, `userName eq "b2"`))
	wantMoves(t, moves, "GET /users?login=b2", "ask", "commit: nobody has the value")
}

// A vendor may give the id of a deleted account again; Entra knows that id.
func TestReusedID(t *testing.T) {
	k, up := newKind(t, activeExists)
	v := &vendor{}
	ann := &Record{ID: "7", Gone: true, Resource: parsed(t, `{"userName":"ann","title":"BOSS"}`)}
	p := NewPlan(up, k, request(t, k, Create, "", newAda), Facts{Random: "own"})
	_, reply := play(p, func(m Move) Outcome {
		got := v.do(m)
		if send, ok := m.(Send); ok && send.Request.Method == "POST" {
			got.Records = []*Record{ann}
		}
		return got
	})
	if reply.Status != 201 || reply.Body.Member("id").Text() != "own" || v.record.ID != "own" || v.record.Native != "7" {
		t.Errorf("%d %s, on record %+v", reply.Status, reply.Body.JSON(), v.record)
	}
	// One whom somebody made by hand under that id is nobody whom Entra could name.
	v = &vendor{user: ada, record: ann}
	if _, reply := run(t, v, k, up, searching(t, k, `userName eq "a"`)); !strings.Contains(reply, `"totalResults":0`) {
		t.Errorf("shown as somebody else: %s", reply)
	}
}

// Nobody is enabled by saying nothing of active.
func TestActiveIsNotUnassigned(t *testing.T) {
	off := strings.Replace(ada, `"ON"`, `"OFF"`, 1)
	for _, operation := range []string{`{"op":"remove","path":"active"}`, `{"op":"replace","path":"active","value":null}`, `{"op":"replace","path":"active","value":""}`} {
		k, up := newKind(t)
		v := &vendor{user: off}
		moves, reply := run(t, v, k, up, request(t, k, Update, "7", patch(operation)))
		wantMoves(t, moves, "ask", "GET /users/7")
		if !strings.HasPrefix(reply, "200") || !strings.Contains(reply, `"active":false`) {
			t.Errorf("%s: %s", operation, reply)
		}
	}
}

// Whatever is wrong beside a deactivation, and however it is written.
func TestDeactivationWhateverElse(t *testing.T) {
	off := `{"op":"Replace","path":"active","value":"False"}`
	for _, operations := range []string{
		off + `,{"op":"Replace","path":"emails[type eq work].value","value":"x"}`,
		`{"op":"Replace","path":"displayName.","value":"x"},` + off,
		off + `,{"op":"Replace","path":"title"}`,
		off + `,{"op":"Replace","value":"text"}`,
		off + `,{"op":"nonsense","path":"title","value":"x"}`,
		`{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"active":false}}}`,
	} {
		k, up := newKind(t)
		v := &vendor{user: ada}
		if _, reply := run(t, v, k, up, request(t, k, Update, "7", patch(operations))); !strings.HasPrefix(reply, "200") || !strings.Contains(v.user, `"OFF"`) {
			t.Errorf("%s: %s", operations, reply)
		}
	}
}

// A read is answered although what it taught cannot be remembered.
func TestReadWithoutState(t *testing.T) {
	k, up := newKind(t)
	v := &vendor{user: ada, record: &Record{ID: "7", Native: "7", Kept: map[string]Pair{"title": {Sent: scim.String("boss")}}}}
	_, reply := play(NewPlan(up, k, request(t, k, Read, "7", ""), Facts{}), func(m Move) Outcome {
		if _, ok := m.(Commit); ok {
			return Outcome{Kind: Unavailable}
		}
		return v.do(m)
	})
	if reply.Status != 200 || reply.Body.Member("title").Text() != "boss" || len(reply.Dropped) != 1 {
		t.Errorf("%d %s %v", reply.Status, reply.Body.JSON(), reply.Dropped)
	}
}

// An index that names somebody who is not there proves nothing: the user may
// have been made anew by hand.
func TestContradictedIndex(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) { b.kind.Finds = nil })
	v := &vendor{user: ada, answer: map[string]Answer{"GET /users/9": {Status: 404}}}
	moves, reply := play(NewPlan(up, k, searching(t, k, `userName eq "a"`), Facts{}), func(m Move) Outcome {
		if ask, ok := m.(Ask); ok && ask.Index != nil {
			return Outcome{Kind: Found, Natives: []string{"9"}, Shown: true}
		}
		return v.do(m)
	})
	wantMoves(t, moves, "ask", "ask", "GET /users/9", "GET /users?page=1", "GET /users?page=2", "ask",
		"commit: the index named a resource that is gone", "commit: the index named a resource that is not there")
	if reply.Body.Member("totalResults").Text() != "1" {
		t.Errorf("got %s", reply.Body.JSON())
	}
}

// What is dropped beside a deactivation stays as it was shown.
func TestDroppedKeepsWhatWasKept(t *testing.T) {
	k, up := newKind(t, protectAdmins, func(b *kindBuilder) { b.kind.Attributes[3].Otherwise = OtherwiseReject })
	v := &vendor{user: ada, record: &Record{ID: "7", Native: "7", Kept: map[string]Pair{
		"title": {Sent: scim.String("boss"), Back: scim.String("BOSS"), Settled: true}}}}
	_, reply := run(t, v, k, up, request(t, k, Update, "7", patch(`{"op":"replace","path":"title","value":{"a":1}},{"op":"replace","path":"active","value":false}`)))
	if !strings.HasPrefix(reply, "200") || !strings.Contains(reply, `"title":"boss"`) || !strings.Contains(v.user, "OFF") {
		t.Errorf("got %s", reply)
	}
}

// An intent that nobody has come back to for a week adopts nobody, and the first
// write of the user that it was about closes it.
func TestStaleIntent(t *testing.T) {
	k, up := newKind(t)
	now := time.Unix(2_000_000_000, 0)
	for age, want := range map[time.Duration]int{time.Hour: 201, 8 * 24 * time.Hour: 409} {
		v := &vendor{user: ada, intents: []*Intent{{Key: Key{"userName", "a"}, Opened: now.Add(-age).Unix()}}}
		_, reply := play(NewPlan(up, k, request(t, k, Create, "", newAda), Facts{Now: now}), v.do)
		if reply.Status != want {
			t.Errorf("after %s: %d, want %d", age, reply.Status, want)
		}
	}
	k, up = newKind(t, protectAdmins)
	v := &vendor{user: ada}
	var closed []Key
	play(NewPlan(up, k, request(t, k, Update, "7", patch(`{"op":"replace","path":"title","value":"x"}`)), Facts{Now: now}), func(m Move) Outcome {
		if commit, ok := m.(Commit); ok {
			closed = append(closed, commit.Change.Close)
		}
		return v.do(m)
	})
	if diff := cmp.Diff([]Key{{"userName", "a"}}, closed); diff != "" {
		t.Errorf("closed (-want +got):\n%s", diff)
	}
}

// A page of a list may have been made before the record that it is laid under:
// it settles nothing. A read that comes after the record does.
func TestStalePageSettlesNothing(t *testing.T) {
	for filter, settles := range map[string]bool{`userName eq "a"`: false, `id eq "7"`: true} {
		k, up := newKind(t)
		v := &vendor{user: ada, record: &Record{ID: "7", Native: "7", Kept: map[string]Pair{"title": {Sent: scim.String("chief")}}}}
		if _, reply := run(t, v, k, up, searching(t, k, filter)); !strings.Contains(reply, `"title":"chief"`) {
			t.Errorf("%s: %s", filter, reply)
		}
		if v.record.Kept["title"].Settled != settles {
			t.Errorf("%s: settled %v, want %v", filter, !settles, settles)
		}
	}
}

// A content type that the file writes itself is the only one.
func TestOwnContentType(t *testing.T) {
	k, up := newKind(t)
	k.Update[0].Headers = []Named{{"content-type", Tree{Literal: scim.String("application/merge-patch+json")}}}
	got, err := k.Update[0].Render(up, &Env{Names: map[string]scim.Value{"id": scim.String("7")}}, parsed(t, `{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Header{{"content-type", "application/merge-patch+json"}}, got.Headers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a create claims, keeps and makes is somebody's from then on: no proof that
// nobody has it outlives that.
func TestTakenValues(t *testing.T) {
	k, up := newKind(t, func(b *kindBuilder) { b.attribute("nickName", "nick", nil) })
	v := &vendor{change: func(user scim.Value) scim.Value { return user.With("login", scim.String("AB")) }}
	var taken [][]Key
	play(NewPlan(up, k, request(t, k, Create, "", strings.Replace(newAda, "{", `{"nickName":"n",`, 1)), Facts{}), func(m Move) Outcome {
		if commit, ok := m.(Commit); ok {
			taken = append(taken, commit.Taken)
		}
		return v.do(m)
	})
	want := [][]Key{{{"userName", "a"}}, {{"userName", "a"}, {"userName", "ab"}}}
	if diff := cmp.Diff(want, taken); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
