package scim

import (
	"strings"
	"testing"
)

// userCatalog is that of a vendor file which declares an extension of its own.
func userCatalog() *Catalog {
	custom := NewSchema("urn:ietf:params:scim:schemas:extension:acme:2.0:User", "Acme", "",
		&Attribute{Name: "mailNickname"}, &Attribute{Name: "level", Type: TypeInteger},
		&Attribute{Name: "hired", Type: TypeDateTime})
	return NewCatalog(CoreUser(), Extension{Schema: EnterpriseUser(), Alias: "enterprise"}, Extension{Schema: custom})
}

func mustPath(t testing.TB, s string) Path {
	t.Helper()
	p, err := userCatalog().ParseDotted(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParsePath(t *testing.T) {
	for _, c := range []struct{ in, portal, dotted string }{
		{`userName`, `userName`, `userName`},
		{`USERNAME`, `userName`, `userName`},
		{` Name.GivenName `, `name.givenName`, `name.givenName`},
		{`emails`, `emails`, `emails`},
		{`emails.value`, `emails.value`, `emails.value`},
		{`emails[type eq "work"]`, `emails[type eq "work"]`, `emails.work`},
		{`Emails[Type EQ "work"].Value`, `emails[type eq "work"].value`, `emails.work.value`},
		{`roles[primary eq "True"].value`, `roles[primary eq true].value`, `roles[primary eq true].value`},
		{`addresses[type eq "a]b"].region`, `addresses[type eq "a]b"].region`, `addresses.a]b.region`},
		{`urn:ietf:params:scim:schemas:core:2.0:User:name.givenName`, `name.givenName`, `name.givenName`},
		{`urn:ietf:params:scim:schemas:core:2.0:user:emails[type eq "work"].value`, `emails[type eq "work"].value`, `emails.work.value`},
		{EnterpriseURN + `:department`, EnterpriseURN + `:department`, `enterprise.department`},
		{strings.ToLower(EnterpriseURN) + `.manager`, EnterpriseURN + `:manager`, `enterprise.manager`},
		{EnterpriseURN + `:manager.value`, EnterpriseURN + `:manager.value`, `enterprise.manager.value`},
		{`manager`, EnterpriseURN + `:manager`, `enterprise.manager`},
		{EnterpriseURN, EnterpriseURN, `enterprise`},
		{`mailNickname`, `urn:ietf:params:scim:schemas:extension:acme:2.0:User:mailNickname`, `mailNickname`},
		{`meta.lastModified`, `meta.lastModified`, `meta.lastModified`},
		{`id`, `id`, `id`},
	} {
		p, err := userCatalog().ParsePath(c.in)
		if err != nil || p.Portal() != c.portal || p.Dotted() != c.dotted {
			t.Errorf("%s: %q, %q, %v", c.in, p.Portal(), p.Dotted(), err)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, `parse path "": a name is missing`},
		{`userNam`, `parse path "userNam": unknown attribute "userNam", did you mean "userName"?`},
		{`departmnt`, `parse path "departmnt": unknown attribute "departmnt", did you mean "` + EnterpriseURN + `:department"?`},
		{`name.givenNam`, `parse path "name.givenNam": unknown attribute "name.givenNam", did you mean "name.givenName"?`},
		{`userName.x`, `parse path "userName.x": unknown attribute "userName.x"`},
		{`name.givenName.x`, `parse path "name.givenName.x": unknown attribute "name.givenName.x", did you mean "name.givenName"?`},
		{`urn:x:y`, `parse path "urn:x:y": unknown attribute "urn:x:y"`},
		{EnterpriseURN + `:departmen`, `parse path "` + EnterpriseURN + `:departmen": unknown attribute "` + EnterpriseURN + `:departmen", did you mean "` + EnterpriseURN + `:department"?`},
		{UserURN, `parse path "` + UserURN + `": "` + UserURN + `" is the core schema and names no attribute`},
		{`name.`, `parse path "name.": a name is missing`},
		{`user name`, `parse path "user name": "user name" is not an attribute name`},
		{`userName[value eq "x"]`, `parse path "userName[value eq \"x\"]": "userName" has no elements to select by a filter`},
		{`emails[type eq "work"`, `parse path "emails[type eq \"work\"": a closing bracket is expected at position 22`},
		{`emails[type eq "work].value`, `parse path "emails[type eq \"work].value": the text at position 16 has no closing quote`},
		{`emails[kind eq "work"]`, `parse path "emails[kind eq \"work\"]": unknown attribute "emails.kind"`},
		{`emails[type eq "work"].valu`, `parse path "emails[type eq \"work\"].valu": unknown attribute "emails.valu", did you mean "emails.value"?`},
		{`emails[type eq "work"]value`, `parse path "emails[type eq \"work\"]value": unexpected "value" at position 23`},
		{`emails[emails[type eq "x"]]`, `parse path "emails[emails[type eq \"x\"]]": unknown attribute "emails.emails"`},
		{`emails[value[type eq "x"]]`, `parse path "emails[value[type eq \"x\"]]": a value filter cannot hold another one at position 13`},
		{strings.Repeat("x", 5000), `parse path: 5000 characters are more than 4096`},
	} {
		if _, err := userCatalog().ParsePath(c.in); errorText(err) != c.want {
			t.Errorf("%.60s:\n got %v\nwant %s", c.in, err, c.want)
		}
	}
}

func TestParseDotted(t *testing.T) {
	for _, c := range []struct{ in, portal string }{
		{`userName`, `userName`},
		{`emails.work.value`, `emails[type eq "work"].value`},
		{`emails.Work.value`, `emails[type eq "Work"].value`},
		{`phoneNumbers.mobile.value`, `phoneNumbers[type eq "mobile"].value`},
		{`phoneNumbers.direct.value`, `phoneNumbers[type eq "direct"].value`},
		{`emails.work`, `emails[type eq "work"]`},
		{`emails.value`, `emails.value`},
		{`enterprise.department`, EnterpriseURN + `:department`},
		{`Enterprise.Manager.value`, EnterpriseURN + `:manager.value`},
		{`enterprise`, EnterpriseURN},
		{`mailNickname`, `urn:ietf:params:scim:schemas:extension:acme:2.0:User:mailNickname`},
		{`emails[type eq "work"].value`, `emails[type eq "work"].value`},
		{EnterpriseURN + `:department`, EnterpriseURN + `:department`},
	} {
		p, err := userCatalog().ParseDotted(c.in)
		if err != nil || p.Portal() != c.portal {
			t.Errorf("%s: %q, %v", c.in, p.Portal(), err)
			continue
		}
		if again, err := userCatalog().ParseDotted(p.Dotted()); err != nil || !again.Equal(p) {
			t.Errorf("%s: its canonical form %q reads as %v, %v", c.in, p.Dotted(), again, err)
		}
	}
}

func TestParseDottedRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`userNam`, `unknown attribute "userNam", did you mean "userName"?`},
		{`emails.valeu`, `unknown attribute "emails.valeu", did you mean "emails.value"?`},
		{`emails.work.valu`, `unknown attribute "emails.work.valu", did you mean "emails.work.value"?`},
		{`email.work.value`, `unknown attribute "email.work.value", did you mean "emails.work.value"?`},
		{`department`, `unknown attribute "department", did you mean "enterprise.department"?`},
		{`manager.value`, `unknown attribute "manager.value", did you mean "enterprise.manager.value"?`},
		{`enterprise.departement`, `unknown attribute "enterprise.departement", did you mean "enterprise.department"?`},
		{`enterprize.department`, `unknown attribute "enterprize.department", did you mean "enterprise.department"?`},
		{`mailNick`, `unknown attribute "mailNick"`},
		{`a.b.c.d`, `unknown attribute "a.b.c.d"`},
		{`name.a.b`, `unknown attribute "name.a.b"`},
		{`name..b`, `parse path "name..b": a name is missing`},
		{``, `parse path "": a name is missing`},
	} {
		if _, err := userCatalog().ParseDotted(c.in); errorText(err) != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.in, err, c.want)
		}
	}
}

func TestGetAndSet(t *testing.T) {
	const ext = `"` + EnterpriseURN + `"`
	for _, c := range []struct{ path, before, get, set, after string }{
		{`userName`, `{"userName":"a"}`, `"a"`, `"b"`, `{"userName":"b"}`},
		{`userName`, `{"userName":"a"}`, `"a"`, `null`, `{}`},
		{`name.givenName`, `{}`, `null`, `"A"`, `{"name":{"givenName":"A"}}`},
		{`name.givenName`, `{"name":{"givenName":"A"},"title":"x"}`, `"A"`, `""`, `{"title":"x"}`},
		{`emails.work.value`, `{}`, `null`, `"w"`, `{"emails":[{"type":"work","value":"w"}]}`},
		{`emails.work.value`, `{"emails":[{"type":"home","value":"h"},{"type":"WORK","value":"w"}]}`, `"w"`, `"v"`,
			`{"emails":[{"type":"home","value":"h"},{"type":"WORK","value":"v"}]}`},
		{`emails.work.value`, `{"emails":[{"type":"work","primary":true,"value":"w"}]}`, `"w"`, `null`, `{}`},
		{`emails.work.value`, `{"emails":[{"type":"work","display":"d","value":"w"}]}`, `"w"`, `null`,
			`{"emails":[{"type":"work","display":"d"}]}`},
		{`emails.work.value`, `{"emails":[{"type":"home","value":"h"}]}`, `null`, `null`, `{"emails":[{"type":"home","value":"h"}]}`},
		{`emails.work`, `{}`, `null`, `{"value":"w"}`, `{"emails":[{"value":"w","type":"work"}]}`},
		{`emails.value`, `{"emails":[{"value":"a"},{"value":"b"}]}`, `["a","b"]`, `"c"`, `{"emails":[{"value":"c"},{"value":"c"}]}`},
		{`emails`, `{"emails":[{"value":"a"}]}`, `[{"value":"a"}]`, `[]`, `{}`},
		{`roles[primary eq "True"].value`, `{}`, `null`, `"admin"`, `{"roles":[{"primary":true,"value":"admin"}]}`},
		{`emails[type ne "work"].value`, `{}`, `null`, `"x"`, `{}`},
		{`emails[type eq "work" and value sw "x"].display`, `{}`, `null`, `"x"`, `{}`},
		{`enterprise.department`, `{}`, `null`, `"D"`, `{` + ext + `:{"department":"D"}}`},
		{`enterprise.department`, `{` + ext + `:{"department":"D"}}`, `"D"`, `null`, `{}`},
		{`enterprise.manager.value`, `{` + ext + `:{"manager":{"value":"1","displayName":"M"},"division":"V"}}`, `"1"`, `null`,
			`{` + ext + `:{"division":"V"}}`},
		{`enterprise`, `{` + ext + `:{"department":"D"}}`, `{"department":"D"}`, `null`, `{}`},
	} {
		p, before := mustPath(t, c.path), mustJSON(t, c.before)
		if got := p.Get(before).JSON(); got != c.get {
			t.Errorf("%s of %s: got %s, want %s", c.path, c.before, got, c.get)
		}
		if got := p.Set(before, mustJSON(t, c.set)).JSON(); got != c.after {
			t.Errorf("%s = %s in %s: got %s, want %s", c.path, c.set, c.before, got, c.after)
		}
		if before.JSON() != c.before {
			t.Errorf("%s: Set changed its input to %s", c.path, before.JSON())
		}
	}
	if got := (Path{}).Get(mustJSON(t, `{"a":1}`)); !got.IsAbsent() {
		t.Errorf("the zero path gives %s", got.JSON())
	}
}

func TestCoversAndOverlaps(t *testing.T) {
	for _, c := range []struct {
		p, q             string
		covers, overlaps bool
	}{
		{`name`, `name.givenName`, true, true},
		{`name.givenName`, `name`, false, true},
		{`name.givenName`, `name.familyName`, false, false},
		{`emails`, `emails.work.value`, true, true},
		{`emails.work`, `emails.work.value`, true, true},
		{`emails.WORK.value`, `emails.work.value`, true, true},
		{`emails.home.value`, `emails.work.value`, false, false},
		{`emails.value`, `emails.work.value`, true, true},
		{`emails.work.value`, `emails.value`, false, true},
		{`emails.work.value`, `emails.work.display`, false, false},
		{`emails[primary eq true].value`, `emails.work.value`, false, true},
		{`emails[primary eq true].value`, `emails[primary eq "True"].value`, true, true},
		{`emails[primary eq true].value`, `emails[primary eq false].value`, false, true},
		{`enterprise`, `enterprise.department`, true, true},
		{`enterprise.department`, `enterprise`, false, true},
		{`enterprise`, `title`, false, false},
		{`userName`, `userName`, true, true},
		{`userName`, `title`, false, false},
	} {
		p, q := mustPath(t, c.p), mustPath(t, c.q)
		if p.Covers(q) != c.covers || p.overlaps(q) != c.overlaps {
			t.Errorf("%s, %s: covers %v, overlaps %v", c.p, c.q, p.Covers(q), p.overlaps(q))
		}
	}
}

func TestPathFold(t *testing.T) {
	got := mustPath(t, "userName").Fold(String("ADA")) + mustPath(t, "externalId").Fold(String("ADA")) +
		mustPath(t, "emails.work.value").Fold(String("A@B"))
	if got != "adaADAa@b" {
		t.Error(got)
	}
}

func TestLeaves(t *testing.T) {
	leaves := userCatalog().Leaves()
	seen := map[string]bool{}
	for _, p := range leaves {
		seen[p.Dotted()] = true
		if again := mustPath(t, p.Dotted()); !again.Equal(p) {
			t.Errorf("%q reads as %v", p.Dotted(), again)
		}
	}
	for _, want := range []string{"userName", "externalId", "name.givenName", "emails", "emails.work.value",
		"addresses.home.region", "enterprise.department", "enterprise.manager.value", "mailNickname", "meta.created"} {
		if !seen[want] {
			t.Errorf("%q is missing", want)
		}
	}
	if len(seen) != len(leaves) || seen["name"] || seen["emails.work.type"] || seen["enterprise"] {
		t.Errorf("%d leaves, %d names", len(leaves), len(seen))
	}
}
