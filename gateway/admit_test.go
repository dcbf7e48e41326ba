package gateway

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// Who may call from where, and do what.
func TestAdmit(t *testing.T) {
	a := newAuthority(t)
	b := newBench(t, Options{TrustedProxies: networks("10.0.0.0/8")}, fileOf("http://127.0.0.1:1",
		`{token: inside, networks: [192.0.2.0/24, "2001:db8::/32"]}`,
		`{token: twice, networks: [192.0.2.7]}`,
		`{token: twice, networks: [192.0.2.0/24], read_only: true}`,
		strings.Replace(a.entraCaller(), "}}", "}, networks: 192.0.2.0/24, read_only: true}", 1)))
	entra := good(a.claims(b.options.Now()))
	const search = legacy + "/Groups/.search"
	for _, test := range []struct{ token, from, forwarded, method, path, want string }{
		{"inside", "192.0.2.1", "", "POST", legacy + "/Bulk", "Not Implemented: /Bulk is not supported"},
		{"inside", "2001:db8::1", "", "GET", legacy + "/Groups", "OK"},
		{"inside", "::ffff:192.0.2.1", "", "GET", legacy + "/Groups", "OK"},
		{"inside", "198.51.100.1", "", "GET", legacy + "/Groups", "Forbidden: this caller may not call from 198.51.100.1"},
		{"inside", "198.51.100.1", "192.0.2.1", "GET", legacy + "/Groups", "Forbidden: this caller may not call from 198.51.100.1"},
		{"inside", "10.0.0.1", "192.0.2.1", "GET", legacy + "/Groups", "OK"},
		{"inside", "10.0.0.1", "192.0.2.1, 198.51.100.1", "GET", legacy + "/Groups", "Forbidden: this caller may not call from 198.51.100.1"},
		{"inside", "10.0.0.1", "192.0.2.1, x", "GET", legacy + "/Groups", "Forbidden: this caller may not call from an address that cannot be read"},
		{"wrong", "192.0.2.1", "", "GET", legacy + "/Groups", "Unauthorized: the secret token is missing or wrong"},
		{"wrong", "198.51.100.1", "", "GET", legacy + "/Groups", "Unauthorized: the secret token is missing or wrong"},
		{"twice", "192.0.2.7", "", "POST", legacy + "/Bulk", "Not Implemented: /Bulk is not supported"},
		{"twice", "192.0.2.8", "", "POST", legacy + "/Bulk", "Forbidden: this caller may only read"},
		{"twice", "192.0.2.8", "", "GET", legacy + "/Groups", "OK"},
		{"twice", "198.51.100.1", "", "GET", legacy + "/Groups", "Forbidden: this caller may not call from 198.51.100.1"},
		{entra, "192.0.2.1", "", "GET", legacy + "/Groups", "OK"},
		{entra, "192.0.2.1", "", "PATCH", legacy + "/Groups/1", "Forbidden: this caller may only read"},
		{entra, "192.0.2.1", "", "DELETE", search, "Forbidden: this caller may only read"},
		{entra, "192.0.2.1", "", "POST", legacy + "/Users/7/.search", "Forbidden: this caller may only read"},
		{entra, "192.0.2.1", "", "POST", legacy + "/Users/x.search", "Forbidden: this caller may only read"},
		{entra, "198.51.100.1", "", "GET", legacy + "/Groups", "Forbidden: this caller may not call from 198.51.100.1"},
	} {
		got := b.ask(test.from, test.method, test.path, "", "Authorization", "Bearer "+test.token, "X-Forwarded-For", test.forwarded)
		if got.outcome() != test.want {
			t.Errorf("%.10s from %s (%s), %s %s: %s, want %s", test.token, test.from, test.forwarded, test.method, test.path, got.outcome(), test.want)
		}
	}
	for _, path := range []string{search, legacy + "/.search", legacy + "/Users/.search/"} {
		if got := b.ask("192.0.2.1", "POST", path, "", "Authorization", "Bearer "+entra); got.Status == 403 || got.Status == 401 {
			t.Errorf("a search by POST at %s: %s", path, got.outcome())
		}
	}
}

// A reload changes who may call at once, and keeps the keys.
func TestAdmitReload(t *testing.T) {
	a := newAuthority(t)
	with, without := fileOf("http://127.0.0.1:1", a.entraCaller()), vendorFile("legacy", "http://127.0.0.1:1")
	b := newBench(t, Options{}, with)
	token := good(a.claims(b.options.Now()))
	var got []string
	for _, file := range []string{with, without, strings.ReplaceAll(with, subject, stranger), with} {
		b.Swap(compile(t, file))
		got = append(got, b.read(token).outcome(), b.read("token-of-legacy").outcome())
	}
	const wrong = "Unauthorized: the secret token is missing or wrong"
	want := []string{"OK", wrong, wrong, "OK", "Unauthorized: the token of Entra is not accepted: it is about another subject", wrong, "OK", wrong}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if fetches := a.took(); len(fetches) != 1 {
		t.Errorf("keys were fetched %d times", len(fetches))
	}
}

var varying = regexp.MustCompile(`"(time|duration|correlationId)":("[^"]*"|[0-9.e-]+),?`)

// The log says who called and why somebody was refused.
func TestAdmitLog(t *testing.T) {
	a := newAuthority(t)
	b := newBench(t, Options{}, fileOf("http://127.0.0.1:1", `{token: "token-of-legacy"}`, a.entraCaller(), a.wifCaller(), `{client: {id: x, secret: y, }, networks: 10.0.0.1}`))
	now := b.options.Now()
	b.read(good(a.claims(now)))
	b.read("canary")
	b.ask("192.0.2.1", "GET", legacy+"/Groups", "", "Authorization", "Bearer "+b.assert(good(a.assertion(now))).accessToken())
	b.grantOf(map[string]string{"client_id": "x", "client_secret": "y"})
	b.grantOf(map[string]string{"client_id": "x", "client_secret": "canary"})
	var lines []string
	for line := range strings.Lines(b.log.String()) {
		if strings.Contains(line, `"msg":"exchange"`) {
			lines = append(lines, strings.TrimSpace(strings.Replace(varying.ReplaceAllString(line, ""), `"msg":"exchange","vendor":"legacy",`, "", 1)))
		}
	}
	want := []string{
		`{"level":"info","method":"GET","operation":"","status":200,"calls":0,"caller":"2 (entra)","subject":"` + subject + `"}`,
		`{"level":"info","method":"GET","operation":"","status":401,"calls":0,"from":"192.0.2.1","refusal":"the secret token is missing or wrong"}`,
		`{"level":"info","method":"POST","operation":"token","status":200,"calls":0,"caller":"3 (client)","subject":"` + subject + `"}`,
		`{"level":"info","method":"GET","operation":"","status":200,"calls":0,"caller":"3 (client)"}`,
		`{"level":"info","method":"POST","operation":"token","status":400,"calls":0,"caller":"4 (client)","refusal":"this client may not ask from 192.0.2.1"}`,
		`{"level":"info","method":"POST","operation":"token","status":401,"calls":0,"from":"192.0.2.1","refusal":"the client or its secret is missing or wrong"}`,
	}
	for i := range lines {
		lines[i] = strings.Replace(lines[i], `,}`, `}`, 1)
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// The log says which claim of a token is wrong, and of those that are no secrets
// what was expected and what was given.
func TestDenialLog(t *testing.T) {
	a := newAuthority(t)
	b := newBench(t, Options{}, fileOf("http://127.0.0.1:1", a.entraCaller(), a.wifCaller()))
	said := regexp.MustCompile(`"refusal":.*`)
	const token, assertion = `"refusal":"the token of Entra is not accepted: `, `"refusal":"the assertion is not accepted: `
	const issuer, missing = `it was issued by another tenant or authority","claim":"iss","expected":"`, `a claim is missing: iss, aud and exp are needed, and sub where the file has one"`
	for _, test := range []struct {
		name  string
		value any
		want  string // of a token
		other string // of an assertion
	}{
		{"iss", "https://sts.windows.net/x/", token + issuer + a.URL + "/" + tenant + `/","given":"https://sts.windows.net/x/"}`,
			assertion + issuer + a.URL + "/" + tenant + `/v2.0","given":"https://sts.windows.net/x/"}`},
		{"iss", strings.Repeat("x", 1000), token + issuer + a.URL + "/" + tenant + `/","given":"` + strings.Repeat("x", 200) + `"}`,
			assertion + issuer + a.URL + "/" + tenant + `/v2.0","given":"` + strings.Repeat("x", 200) + `"}`},
		{"iss", nil, token + missing + "}", assertion + missing + "}"},
		{"tid", stranger, token + `it is of another tenant","claim":"tid","expected":"` + tenant + `","given":"` + stranger + `"}`,
			assertion + `it is of another tenant","claim":"tid","expected":"` + tenant + `","given":"` + stranger + `"}`},
		{"tid", nil, token + `it is of another tenant","claim":"tid","expected":"` + tenant + `","given":"none"}`,
			assertion + `it is of another tenant","claim":"tid","expected":"` + tenant + `","given":"none"}`},
		{"aud", []string{"one", "two"}, token + `it is for another audience","claim":"aud","expected":"` + audience + `","given":"[one two]"}`,
			assertion + `it is for another audience","claim":"aud","expected":"api://app, ` + stranger + `","given":"[one two]"}`},
		{"sub", "canary", token + `it is about another subject","claim":"sub"}`, assertion + `it is about another subject","claim":"sub"}`},
		{"exp", 1, token + `it has expired","claim":"exp"}`, assertion + `it has expired","claim":"exp"}`},
	} {
		b.log.Reset()
		claims, asserted := a.claims(b.options.Now()), a.assertion(b.options.Now())
		for _, c := range []jwt.MapClaims{claims, asserted} {
			if c[test.name] = test.value; test.value == nil {
				delete(c, test.name)
			}
		}
		b.read(good(claims))
		b.assert(good(asserted))
		if diff := cmp.Diff([]string{test.want, test.other}, said.FindAllString(b.log.String(), -1)); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", test.name, test.value, diff)
		}
	}
}

// No credential reaches the log or an answer that is an error, whether it is
// good, wrong or broken, and whatever the authority says.
func TestCredentialsStayIn(t *testing.T) {
	a := newAuthority(t)
	b := newBench(t, Options{}, fileOf("http://127.0.0.1:1", `{token: "canary-token"}`, a.entraCaller(), a.wifCaller(), `{client: {id: x, secret: canary-secret}}`))
	now := b.options.Now()
	marked := func(claims jwt.MapClaims, sub string) string {
		claims["sub"], claims["canary"] = sub, "canary-claim"
		return good(claims)
	}
	tokens := []string{"canary-token", "canary.x.y", "canary-wrong", marked(a.claims(now), subject), marked(a.claims(now), "canary-sub"),
		marked(a.assertion(now), subject), marked(a.assertion(now), "canary-sub"),
		signed(jwt.SigningMethodRS256, firstKey(), a.claims(now), map[string]any{"kid": "canary-kid"})}
	answers, issued := "", []string{}
	keep := func(got answered) {
		if token := got.accessToken(); token != "" {
			issued = append(issued, token)
		} else if got.Status >= 400 {
			header, _ := json.Marshal(got.Header)
			answers += got.Body + string(header)
		}
	}
	for _, down := range []bool{true, false} {
		a.turn(func(a *authority) {
			a.first = func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Location", "https://canary-location.invalid")
				if down {
					w.WriteHeader(302)
					w.Write([]byte("canary-body"))
				}
				return down
			}
		})
		for _, token := range tokens {
			keep(b.read(token))
			keep(b.assert(token))
			keep(b.grantOf(map[string]string{"client_id": "x", "client_secret": token}))
			keep(b.grantOf(nil, "Authorization", basicOf("x", token)))
			keep(b.grantOf(nil, "Authorization", basicOf("canary-id", "canary-secret")))
			keep(b.grantOf(map[string]string{"client_id": "x", "client_secret": "canary-secret", "grant_type": "canary-grant", "canary-name": "%"}))
		}
		keep(b.grantOf(map[string]string{"client_id": "x", "client_secret": "canary-secret"}))
		b.keySets[a.URL+"/"+tenant+"/discovery/keys"].tried = b.keySets[a.URL+"/"+tenant+"/discovery/keys"].tried.Add(-keysBetween)
		b.keySets[a.URL+"/"+tenant+"/discovery/v2.0/keys"].tried = b.keySets[a.URL+"/"+tenant+"/discovery/v2.0/keys"].tried.Add(-keysBetween)
	}
	for _, token := range issued {
		b.read(token)
	}
	log := b.log.String()
	if strings.Contains(answers, "canary") || strings.Contains(log, "canary") {
		t.Errorf("a canary is in the log or in an answer:\n%s\n%s", log, answers)
	}
	for _, token := range append(tokens, issued...) {
		for _, part := range strings.Split(token, ".") {
			if len(part) > 10 && (strings.Contains(log, part) || strings.Contains(answers, part)) {
				t.Errorf("a piece of a credential is in the log or in an answer: %s", part)
			}
		}
	}
	if len(issued) < 3 || strings.Count(log, `"msg":"exchange"`) < 100 || !strings.Contains(log, `"trouble":"the answer is 302"`) {
		t.Errorf("%d tokens were issued, and the log has %d lines", len(issued), strings.Count(log, "\n"))
	}
}

// Discovery tells the ways that the file has, each once.
func TestAdmitDiscovery(t *testing.T) {
	a := newAuthority(t)
	b := newBench(t, Options{}, fileOf("http://127.0.0.1:1", a.entraCaller(), a.entraCaller(), a.wifCaller(), `{token: "token-of-legacy"}`, `{client: {id: x, secret: y}}`))
	var said struct {
		Schemes []struct {
			Type, Name string
			Primary    bool
		} `json:"authenticationSchemes"`
	}
	got := b.ask("192.0.2.1", "GET", legacy+"/ServiceProviderConfig", "", "Authorization", "Bearer token-of-legacy")
	if err := json.Unmarshal([]byte(got.Body), &said); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, s := range said.Schemes {
		names = append(names, s.Type+" "+s.Name)
	}
	want := []string{"oauthbearertoken Token of Microsoft Entra ID", "oauth2 Workload Identity Federation", "oauthbearertoken OAuth Bearer Token", "oauth2 OAuth 2 Client Credentials"}
	if diff := cmp.Diff(want, names); diff != "" || !said.Schemes[0].Primary || said.Schemes[1].Primary {
		t.Errorf("schemes (-want +got):\n%s\n%s", diff, got.Body)
	}
}
