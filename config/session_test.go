package config

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// TestLogin renders the calls of a login one after the other, and a call with what
// they have saved.
func TestLogin(t *testing.T) {
	v := load(t, from("good"), "session.yaml").Vendors[0]
	up, now := &v.Upstream, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var session transform.Session
	show := func(r transform.NativeRequest) (out []string) {
		out = []string{r.Method + " " + r.Path, string(r.Body)}
		for _, h := range r.Headers {
			out = append(out, h.Name+": "+h.Value)
		}
		return append(out, r.Timeout.String())
	}
	wants := [][]string{
		{"GET /csrf", "", "X-Time: 2026-01-02T03:04:05Z", "10s"},
		{"POST /login?for=false&a=b", `{"meta":{"user":"entra-token"},"user":"ann","password":"entra-token"}`, "X-Time: 2026-01-02T03:04:05Z",
			"X-Csrf: 4ba2def3dc00bcb69f355d203496751a47d749eec094c2b7c7cd10ec9764aee0", "Content-Type: application/json", "Cookie: csrf-token=c1", "1s"},
	}
	answers := []transform.Answer{
		{Status: 200, Headers: []transform.Header{{Name: "Set-Cookie", Value: "csrf-token=c1; Path=/x"}, {Name: "Set-Cookie", Value: "a=b; Domain=evil.example"},
			{Name: "Set-Cookie", Value: "c=d; Domain=.VENDOR.example"}, {Name: "Set-Cookie", Value: "c=; Max-Age=0"}}, Body: []byte("<html>")},
		{Status: 302, Headers: []transform.Header{{Name: "Set-Cookie", Value: "sid=s1"}}, Body: []byte(`{"token":"t1","user":{"id":7},"expires_in":60}`)},
	}
	for i, c := range []*transform.Call{up.Login[0], up.Login[2]} {
		send, wanted, err := up.LoginCall(c, session, now)
		if err != nil || !wanted {
			t.Fatal(wanted, err)
		}
		if diff := cmp.Diff(wants[i], show(send.Request)); diff != "" {
			t.Errorf("login %d (-want +got):\n%s", i, diff)
		}
		var out transform.Outcome
		if session, out = send.LoggedIn(answers[i], up, session); out.Kind != transform.Done {
			t.Fatal(out)
		}
	}
	got, _ := json.Marshal([]any{session.Values.JSON(), session.Cookies})
	const want = `["{\"csrf-token\":\"c1\",\"ready\":false,\"token\":\"t1\",\"sid\":\"s1\",\"user\":{\"id\":7},\"expires\":60}",{"csrf-token":"c1","sid":"s1"}]`
	if string(got) != want {
		t.Errorf("session %s\nwant    %s", got, want)
	}
	if _, wanted, err := up.LoginCall(up.Login[1], session, now); wanted || err != nil {
		t.Errorf("wanted %v, %v", wanted, err) // its when does not hold
	}
}

// TestFingerprint: what the session depends on is more than the login, and not what
// is beside the upstream.
func TestFingerprint(t *testing.T) {
	text := minimal(t, "upstream: {url: https://vendor.example}", `upstream:
  url: https://vendor.example
  login: {request: POST /login, body: {password: "${env:P}"}}
  tls: {ca: ca.crt}`)
	fingerprint := func(text, password, ca string) [32]byte {
		opts := Options{Env: func(name string) (string, bool) {
			return map[string]string{"SCIM_TOKEN": "t", "P": password}[name], true
		},
			ReadFile: reader{"v/vendor.yaml": text, "v/ca.crt": ca}.read}
		return load(t, opts, "v/vendor.yaml").Vendors[0].Fingerprint
	}
	body, err := from("good").ReadFile("client.crt")
	if err != nil {
		t.Fatal(err)
	}
	ca := string(body)
	first := fingerprint(text, "p", ca)
	if fingerprint(text+"\ngroups: unsupported\n", "p", ca) != first {
		t.Error("it depends on what is beside the upstream")
	}
	if fingerprint(text, "q", ca) == first {
		t.Error("it does not depend on a secret")
	}
	if fingerprint(text, "p", ca+"\n"+ca) == first {
		t.Error("it does not depend on a certificate")
	}
	if fingerprint(text+"\n", "p", ca) != first {
		t.Error("it depends on the form of the file")
	}
}

// TestOAuth2 compares what a file says with what becomes of it.
func TestOAuth2(t *testing.T) {
	text := minimal(t, "upstream: {url: https://vendor.example}", `upstream:
  url: https://vendor.example/api
  oauth2: {token_url: /t, client_id: a, grant: password, username: u, password: "${env:P}", scope: [x, y], auth: body, params: {p: q}}
  headers: {X: '=session.token'}`)
	v := load(t, written(text, map[string]string{"SCIM_TOKEN": "t", "P": "secret"}), "v/vendor.yaml").Vendors[0]
	want := &OAuth2{TokenURL: "https://vendor.example/api/t", ClientID: "a", InBody: true, Grant: PasswordGrant, Username: "u", Password: "secret",
		Params: map[string][]string{"scope": {"x y"}, "p": {"q"}}}
	if diff := cmp.Diff(want, v.OAuth2); diff != "" {
		t.Error(diff)
	}
	if len(v.Upstream.Headers) != 1 {
		t.Errorf("%d headers: the file says where the token goes", len(v.Upstream.Headers))
	}
}

// TestBasicPlaceholder: what is shown of a password is never the password.
func TestBasicPlaceholder(t *testing.T) {
	for written, want := range map[string]string{`"${env:VENDOR_PW}"`: "Basic base64(ann:<VENDOR_PW>)", "hidden": "Basic base64(ann:<password>)"} {
		opts := writtenBasic(t, written)
		opts.Placeholders = true
		if got := basicOf(t, opts); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := basicOf(t, writtenBasic(t, "hidden")); got != "Basic YW5uOmhpZGRlbg==" {
		t.Error(got)
	}
}

func writtenBasic(t *testing.T, password string) Options {
	return written(minimal(t, "upstream: {url: https://vendor.example}", `upstream:
  url: https://vendor.example/api
  basic: {user: ann, password: `+password+`}`), map[string]string{"SCIM_TOKEN": "t"})
}

func basicOf(t *testing.T, opts Options) string {
	up := &load(t, opts, "v/vendor.yaml").Vendors[0].Upstream
	request, err := (&transform.Call{Method: "GET"}).Render(up, &transform.Env{}, scim.Value{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Headers[0].Value
}
