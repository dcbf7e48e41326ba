package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// load loads files of testdata/good, which have neither errors nor warnings.
func load(t *testing.T, opts Options, files ...string) *Snapshot {
	t.Helper()
	snapshot, diagnostics := Load(files, opts)
	if len(diagnostics) > 0 {
		t.Fatalf("diagnostics:\n%s", diagnostics)
	}
	return snapshot
}

func TestLoadAllGoodFiles(t *testing.T) {
	paths, _ := filepath.Glob("testdata/good/*.yaml")
	var files []string
	for _, path := range paths {
		files = append(files, filepath.Base(path))
	}
	var got []string
	for _, v := range load(t, from("good"), files...).Vendors {
		got = append(got, fmt.Sprintf("%s: %s, %d callers, %d attributes, %d rules, %d finds", v.File, v.Name, len(v.Callers),
			len(v.Users.Attributes), len(v.Users.Rules), len(v.Users.Finds)))
	}
	want := []string{
		"callers.yaml: callers, 5 callers, 2 attributes, 0 rules, 0 finds",
		"full.yaml: full-1, 3 callers, 11 attributes, 1 rules, 2 finds",
		"legacy.yaml: legacy, 1 callers, 9 attributes, 1 rules, 1 finds",
		"minimal.yaml: minimal, 1 callers, 2 attributes, 0 rules, 0 finds",
		"scim-own.yaml: scim-own, 1 callers, 7 attributes, 0 rules, 2 finds",
		"scim.yaml: scim, 1 callers, 32 attributes, 0 rules, 1 finds",
		"session.yaml: session, 1 callers, 2 attributes, 0 rules, 0 finds",
		"unleash.yaml: unleash, 1 callers, 7 attributes, 0 rules, 1 finds",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vendors (-want +got):\n%s", diff)
	}
}

func TestVendor(t *testing.T) {
	snapshot := load(t, from("good"), "minimal.yaml", "legacy.yaml")
	if got := snapshot.Vendor("legacy"); got != snapshot.Vendors[1] {
		t.Errorf("Vendor: %v", got)
	}
	if got := snapshot.Vendor("absent"); got != nil {
		t.Errorf("Vendor of an unknown name: %v", got)
	}
}

func TestCallers(t *testing.T) {
	known, _ := hex.DecodeString("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
	const tenant = "11111111-2222-3333-4444-555555555555"
	networks := []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("2001:db8::/32")}
	want := []Caller{
		{Token: sha256.Sum256([]byte("entra-token")), ReadOnly: true},
		{Token: [32]byte(known)},
		{Token: sha256.Sum256([]byte("from-file"))},
		{Token: sha256.Sum256([]byte("entra-token")), Networks: networks},
		{Entra: &Entra{Tenant: "11111111-2222-3333-4444-55555555555a", Issuer: "https://sts.windows.net/11111111-2222-3333-4444-55555555555a/",
			Keys:      "https://login.microsoftonline.com/11111111-2222-3333-4444-55555555555a/discovery/keys",
			Audiences: []string{"8adf8e6e-67b2-4cf2-a259-e3dc5476c621"}, Subject: "aaaaaaaa-0000-0000-0000-000000000001"}},
		{Entra: &Entra{Tenant: tenant, Issuer: "https://sts.chinacloudapi.cn/" + tenant + "/", Keys: "https://login.partner.microsoftonline.cn/" + tenant + "/discovery/keys",
			Audiences: []string{"api://one", "two"}, Subject: "99999999-0000-0000-0000-000000000001"}},
		{Client: &Client{ID: "entra", Secret: sha256.Sum256([]byte("entra-token"))}, ReadOnly: true, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}},
		{Client: &Client{ID: "wif", Assertion: &Entra{Tenant: tenant, Issuer: "http://127.0.0.1:8443/" + tenant + "/v2.0",
			Keys: "http://127.0.0.1:8443/" + tenant + "/discovery/v2.0/keys", Audiences: []string{"api://app"}, Subject: "99999999-0000-0000-0000-000000000001"}}},
	}
	vendors := load(t, from("good"), "full.yaml", "callers.yaml").Vendors
	got := slices.Concat(vendors[0].Callers, vendors[1].Callers)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("callers (-want +got):\n%s", diff)
	}
	var ways []string
	for _, s := range vendors[1].Schemes {
		ways = append(ways, s.Type+" "+s.Name)
	}
	if diff := cmp.Diff([]string{"oauthbearertoken OAuth Bearer Token", "oauthbearertoken Token of Microsoft Entra ID",
		"oauth2 OAuth 2 Client Credentials", "oauth2 Workload Identity Federation"}, ways); diff != "" {
		t.Errorf("schemes (-want +got):\n%s", diff)
	}
}

func TestUpstream(t *testing.T) {
	up := load(t, from("good"), "full.yaml").Vendors[0].Upstream
	body, _ := up.Body.Build(&transform.Env{})
	got := []string{up.URL, up.Timeout.String(), body.JSON()}
	for _, named := range append(up.Headers, up.Query...) {
		got = append(got, named.Name+"="+named.Value.Literal.JSON())
	}
	for _, rule := range up.Errors {
		got = append(got, string(rule.Is))
	}
	want := []string{
		"http://127.0.0.1:9/api", "2.5s", `{"meta":{"source":"scim","level":1}}`,
		`Authorization="Bearer unleash-token"`, `X-Equals="=x"`, `tenant="007"`, `empty=""`,
		"throttled", "unavailable",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("upstream (-want +got):\n%s", diff)
	}
}

// TestAttributes renders each line of the mapping in one line.
func TestAttributes(t *testing.T) {
	want := []string{
		"userName native=login mutability=readWrite required read=value write=lower(value) otherwise=2",
		"externalId keep mutability=readWrite",
		`active native=status mutability=readWrite values={true:["ENABLED"],false:["DISABLED",0,null]}`,
		"mailNickname native=nick? mutability=immutable empty=1 otherwise=1",
		`floor native=floor mutability=readWrite values={1:["first"],2:["2nd"]} otherwise=2`,
		`title native=job.title mutability=readWrite default="ADA" empty=3:""`,
		"emails.work.value native=mails[kind eq work].address mutability=readWrite empty=2",
		"phoneNumbers.mobile.value native=phones[0] mutability=readWrite",
		`displayName mutability=readWrite read=native.first + " " + native.last`,
		"enterprise.department native=department mutability=readOnly",
		`locale native=locale mutability=readWrite default={"a":[1,true,null]} empty=3:"xx"`,
	}
	var got []string
	for _, a := range load(t, from("good"), "full.yaml").Vendors[0].Users.Attributes {
		got = append(got, render(a))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func render(a *transform.Attribute) string {
	var b strings.Builder
	add := func(when bool, format string, args ...any) {
		if when {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	b.WriteString(a.Name)
	add(a.Keep, "keep")
	add(a.Exists, "exists")
	add(!a.Native.IsZero(), "native=%s", a.Native)
	add(true, "mutability=%s", a.Mutability)
	add(a.Required, "required")
	if a.Read != nil {
		add(true, "read=%s", a.Read.Source())
	}
	if a.Write != nil {
		add(true, "write=%s", a.Write.Source())
	}
	if a.Values != nil {
		var rows []string
		for _, row := range a.Values.Rows {
			rows = append(rows, row.SCIM.JSON()+":"+scim.ListOf(row.Native...).JSON())
		}
		add(true, "values={%s}", strings.Join(rows, ","))
	}
	if a.Default != nil {
		user := scim.Object(scim.Member{Name: "userName", Value: scim.String("ada")})
		v, _ := a.Default.Build(&transform.Env{User: user})
		add(true, "default=%s", v.JSON())
	}
	add(a.Empty.Mode == transform.EmptyLiteral, "empty=%d:%s", a.Empty.Mode, a.Empty.Value.JSON())
	add(a.Empty.Mode != transform.EmptyNull && a.Empty.Mode != transform.EmptyLiteral, "empty=%d", a.Empty.Mode)
	add(a.Otherwise != transform.OtherwiseKeep, "otherwise=%d", a.Otherwise)
	return b.String()
}

// TestCalls renders every call of a file as the request it makes.
func TestCalls(t *testing.T) {
	vendor := load(t, from("good"), "full.yaml").Vendors[0]
	k := vendor.Users
	object := func(pairs ...string) scim.Value {
		v := scim.Object()
		for i := 0; i < len(pairs); i += 2 {
			v = v.With(pairs[i], scim.String(pairs[i+1]))
		}
		return v
	}
	fields := object("login", "ada")
	env := &transform.Env{
		Native: object("status", "ENABLED", "role", "USER"), Before: object("title", "Dr. & Co/1"), Value: scim.String("ada@x.org"),
		Names: map[string]scim.Value{
			"id": scim.String("a/b"), "fields": fields, "saved": object("etag", "7"), "page": scim.Int(2),
			"field": object("name", "status", "value", "x"),
		},
	}
	var got []string
	calls := slices.Concat(k.Create, []*transform.Call{k.Read}, k.Update, k.Delete, []*transform.Call{k.List, k.Finds[0].Call, k.Finds[1].Call})
	for _, c := range calls {
		req, err := c.Render(&vendor.Upstream, env, fields)
		if err != nil {
			t.Errorf("%s: %v", c.Position, err)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s %s %s", c.Position, c.Operation, req.Method, req.Path, req.Timeout, req.Body))
	}
	const own = "tenant=007"
	want := []string{
		`full.yaml:42:7 create POST /users?` + own + ` 1s {"meta":{"source":"scim","level":1},"user":{"login":"ada"}}`,
		`full.yaml:52:7 create PUT /users/a%2Fb/phones?etag=7&` + own + ` 2.5s {"meta":{"source":"scim","level":1},"login":"ada"}`,
		`full.yaml:53:9 read GET /users/a%2Fb?` + own + ` 3s `,
		`full.yaml:55:7 update PATCH /users/a%2Fb?` + own + ` 2.5s {"meta":{"source":"scim","level":1},"login":"ada"}`,
		`full.yaml:56:7 update POST /users/a%2Fb/enable?` + own + `&reason=for%20status&fixed=a%20b 2.5s ` +
			`{"meta":{"source":"scim","level":1},"on":true,"list":[],"map":{},"text":"=","none":null,"big":12345678901234567890123}`,
		`full.yaml:61:7 update PUT /users/a%2Fb?` + own + ` 2.5s {"meta":{"source":"scim","level":1},"login":"ada"}`,
		`full.yaml:62:11 delete DELETE /users/a%2Fb?rev=Dr.%20%26%20Co%2F1&` + own + ` 2.5s {"meta":{"source":"scim","level":1}}`,
		`full.yaml:64:5 list GET /users?page=2&per+page=100&` + own + ` 2.5s `,
		`full.yaml:72:7 find GET /search?q=login%3Aada%40x.org&` + own + ` 2.5s `,
		`full.yaml:73:7 find GET /users/by-title(ada%40x.org)?` + own + ` 2.5s `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestKind compares the rest of what the full file says.
func TestKind(t *testing.T) {
	k := load(t, from("good"), "full.yaml").Vendors[0].Users
	first, find, list := k.Create[0], k.Finds[0], k.List
	user := scim.Object(scim.Member{Name: "userName", Value: scim.String("ada")}, scim.Member{Name: "title", Value: scim.String("Dr")})
	fixed := map[string]string{}
	for _, f := range k.Fixed {
		v, _ := f.Value.Build(&transform.Env{User: user})
		fixed[f.Path.String()] = v.JSON()
	}
	got := []string{
		k.Name, k.ID.Native.String(), k.ID.Type, fmt.Sprint(k.ID.Match("a1"), k.ID.Match("a1\n"), k.ID.Match("xa1")),
		fmt.Sprint(fixed), fmt.Sprint(k.Secret), fmt.Sprint(k.Adopt), k.Protect.Source(), fmt.Sprint(k.OnDelete),
		words(first.Wrap, first.Item, first.ID, first.Lacks, first.Timeout, len(first.Errors), first.Errors[0].Attribute),
		first.Save[0].Name + "=" + first.Save[0].Value.Source() + " " + first.Save[1].Name + "=" + first.Save[1].Value.Source(),
		words(k.Create[1].Fields, k.Create[1].When.Source(), k.Update[0].ReadFirst, k.Update[2].Whole, k.Delete[0].ReadFirst),
		words(list.Items, list.ID, list.Lacks, list.Next.Source(), list.More.Source(), list.AtMost),
		words(find.By, find.Hides, find.When.Source(), find.Items, find.AtMost, k.Finds[1].Item, k.Finds[1].Hides),
		words(k.Rules[0].Name, k.Rules[0].Set, k.Rules[0].To.Source(), k.Rules[0].When.Source()),
		fmt.Sprint(slices.Sorted(maps.Keys(k.Programs))),
	}
	want := []string{
		"users", "user.id", "string", "true false false",
		`map[origin.name:"ada" role:3 tags:["a","Dr"]]`, "[password invite.link]", "true", `native.role == "ADMIN"`, fmt.Sprint(transform.CallDelete),
		"user user id [job] 1s 6 userName",
		"id=body.user.id etag=headers.etag",
		"[phones] has(native.phones) true true true",
		"data.users id [job] body.next body.has_more 5000",
		"[userName emails.work.value] [case inactive] len(value) > 1 hits 10 user [case]",
		`nickname mailNickname replace(userName, "@", " # ") not has(mailNickname) and operation == "create"`,
		"[create delete find list read update]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

// words joins values with single spaces.
func words(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }
