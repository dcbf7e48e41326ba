package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/nextcloud/app"
)

// client asks one Nextcloud.
type client struct {
	t    *testing.T
	base string
}

// ask makes a call with a form, and gives its status and what stands in the
// answer below ocs, without the line breaks.
func (c client) ask(method, path, form string) string {
	c.t.Helper()
	r, err := http.NewRequest(method, c.base+path, strings.NewReader(form))
	if err != nil {
		c.t.Fatal(err)
	}
	r.SetBasicAuth("admin", "secret-of-admin")
	r.Header.Set("OCS-APIRequest", "true")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(r)
}

func (c client) send(r *http.Request) string {
	c.t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	body := strings.ReplaceAll(string(text), "\n", "")
	body = strings.TrimPrefix(body, `<?xml version="1.0"?><ocs><meta>`)
	return answer.Status + " " + strings.TrimSuffix(body, "</ocs>")
}

// code is an answer of version 1 with this code, message and data.
func code(code, message, data string) string {
	status := "failure"
	if code == "100" {
		status = "ok"
	}
	return "200 OK <status>" + status + "</status><statuscode>" + code + "</statuscode><message>" + message +
		"</message><totalitems></totalitems><itemsperpage></itemsperpage></meta><data>" + data + "</data>"
}

func newClient(t *testing.T) client {
	vendor := httptest.NewServer(app.New("admin", "secret-of-admin").Handler())
	t.Cleanup(vendor.Close)
	return client{t, vendor.URL + "/ocs/v1.php/cloud"}
}

func TestAnswers(t *testing.T) {
	c := newClient(t)
	password := url.Values{"password": {"ten characters"}}.Encode()
	for _, test := range []struct{ name, method, path, form, want string }{
		{"create", "POST", "/users", "userid=Ann&displayName=Ann+A&email=Ann%40X.example&" + password, code("100", "OK", "<id>Ann</id>")},
		{"create in another case", "POST", "/users", "userid=aNN&" + password, code("102", "User already exists", "")},
		{"create with an id that cannot be", "POST", "/users", "userid=a%23b&" + password, code("101", `Only the following characters are allowed in a username: &#34;a-z&#34;, &#34;A-Z&#34;, &#34;0-9&#34;, spaces and &#34;_.@-&#39;&#34;`, "")},
		{"create without password and address", "POST", "/users", "userid=bea", code("108", "To send a password link to the user an email address is required.", "")},
		{"create with a short password", "POST", "/users", "userid=bea&password=short", code("107", "Password needs to be at least 10 characters long.", "")},
		{"create with an unknown language", "POST", "/users", "userid=bea&language=tlh&" + password, code("102", "Invalid language", "")},
		{"which has made the user all the same", "GET", "/users?search=be", "", code("100", "OK", "<users><element>bea</element></users>")},
		{"search in the display name, limit, parameters that there are not", "GET", "/users?search=a&limit=1&offset=1&order=desc", "", code("100", "OK", "<users><element>admin</element></users>")},
		{"a page behind the end", "GET", "/users?offset=9", "", code("100", "OK", "<users></users>")},
		{"a field", "PUT", "/users/ann", "key=phone&value=%2B44+1632+960000", code("100", "OK", "")},
		{"a field with a bad value", "PUT", "/users/ann", "key=phone&value=0123", code("101", "Invalid phone", "")},
		{"a field that there is not", "PUT", "/users/ann", "key=title&value=Boss", code("113", "", "")},
		{"a field of nobody", "PUT", "/users/eve", "key=phone&value=", code("998", "", "")},
		{"disable", "PUT", "/users/Ann/disable", "", code("100", "OK", "")},
		{"disable nobody", "PUT", "/users/eve/disable", "", code("101", "", "")},
		{"a group", "POST", "/groups", "groupid=Sales", code("100", "OK", "")},
		{"a group again", "POST", "/groups", "groupid=Sales", code("102", "group exists", "")},
		{"join", "POST", "/users/Ann/groups", "groupid=Sales", code("100", "OK", "")},
		{"join no group", "POST", "/users/Ann/groups", "groupid=Eve", code("102", "", "")},
		{"get", "GET", "/users/ann", "", code("100", "OK", "<enabled></enabled><storageLocation>/var/www/html/data/Ann</storageLocation><id>Ann</id><lastLogin>0</lastLogin>"+
			"<backend>Database</backend><subadmin></subadmin><quota><quota>default</quota><used>0</used></quota><email>ann@x.example</email><displayname>Ann A</displayname>"+
			"<phone>+441632960000</phone><address></address><website></website><twitter></twitter><groups><element>Sales</element></groups><language>en</language><locale></locale>"+
			"<backendCapabilities><setDisplayName>1</setDisplayName><setPassword>1</setPassword></backendCapabilities>")},
		{"enable", "PUT", "/users/Ann/enable", "", code("100", "OK", "")},
		{"get nobody", "GET", "/users/eve", "", code("404", "User does not exist", "")},
		{"rename a group", "PUT", "/groups/Sales", "key=displayname&value=Field+Sales", code("100", "OK", "")},
		{"groups", "GET", "/groups/details?search=field", "", code("100", "OK", "<groups><element><id>Sales</id><displayname>Field Sales</displayname><usercount>1</usercount>"+
			"<disabled>0</disabled><canAdd>1</canAdd><canRemove>1</canRemove></element></groups>")},
		{"members", "GET", "/groups/Sales", "", code("100", "OK", "<users><element>Ann</element></users>")},
		{"leave", "DELETE", "/users/Ann/groups", "groupid=Sales", code("100", "OK", "")},
		{"leave again", "DELETE", "/users/Ann/groups", "groupid=Sales", code("100", "OK", "")},
		{"delete a group", "DELETE", "/groups/Sales", "", code("100", "OK", "")},
		{"members of no group", "GET", "/groups/Sales", "", code("404", "The requested group could not be found", "")},
		{"delete", "DELETE", "/users/ann", "", code("100", "OK", "")},
		{"delete again", "DELETE", "/users/ann", "", code("998", "", "")},
		{"delete oneself", "DELETE", "/users/admin", "", code("101", "", "")},
	} {
		if diff := cmp.Diff(test.want, c.ask(test.method, test.path, test.form)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Version 2 puts the status into HTTP as well, JSON is given to who asks for it, and
// who is nobody, or does not say that he speaks OCS, gets nothing.
func TestOtherWays(t *testing.T) {
	c := newClient(t)
	got := []string{
		c.ask("GET", "/users/eve?format=json", ""),
		client{t, strings.Replace(c.base, "v1", "v2", 1)}.ask("GET", "/users/eve?format=json", ""),
		client{t, strings.Replace(c.base, "v1", "v2", 1)}.ask("GET", "/users?format=json", ""),
	}
	stranger, _ := http.NewRequest("GET", c.base+"/users?format=json", nil)
	got = append(got, c.send(stranger))
	stranger, _ = http.NewRequest("GET", c.base+"/users?format=json", nil)
	stranger.Header.Set("OCS-APIRequest", "true")
	got = append(got, c.send(stranger))
	want := []string{
		`200 OK {"ocs":{"meta":{"status":"failure","statuscode":404,"message":"User does not exist","totalitems":"","itemsperpage":""},"data":[]}}`,
		`404 Not Found {"ocs":{"meta":{"status":"failure","statuscode":404,"message":"User does not exist"},"data":[]}}`,
		`200 OK {"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"users":["admin"]}}}`,
		`412 Precondition Failed {"message":"CSRF check failed"}`,
		`401 Unauthorized {"ocs":{"meta":{"status":"failure","statuscode":997,"message":"Current user is not logged in","totalitems":"","itemsperpage":""},"data":[]}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// The fifty-first edit in ten minutes is one too many.
func TestLimit(t *testing.T) {
	c := newClient(t)
	for range 50 {
		c.ask("PUT", "/users/admin", "key=address&value=x")
	}
	if got, want := c.ask("PUT", "/users/admin", "key=address&value=x"), `429 Too Many Requests {"message":"Rate limit exceeded"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
