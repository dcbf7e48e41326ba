package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/zabbix/app"
)

// ask sends a body and gives status and answer.
func ask(t *testing.T, url, body string) string {
	t.Helper()
	answer, err := http.Post(url+"/api_jsonrpc.php", "application/json-rpc", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(answer.Status + " " + string(text))
}

// call is a request of a method with the token of the first login.
func call(method, params string) string {
	return `{"jsonrpc":"2.0","method":"` + method + `","params":` + params + `,"auth":"session1","id":1}`
}

func result(value string) string { return `200 OK {"id":1,"jsonrpc":"2.0","result":` + value + `}` }

func failure(code, message, data string) string {
	return `200 OK {"error":{"code":` + code + `,"message":"` + message + `","data":"` + data + `"},"id":1,"jsonrpc":"2.0"}`
}

func TestAnswers(t *testing.T) {
	vendor := httptest.NewServer(app.New("api", "secret-of-api").Handler())
	t.Cleanup(vendor.Close)
	const (
		invalid = "Invalid params."
		denied  = "Application error."
		ann     = `{"username":"ann","name":"Ann","surname":"Archer","roleid":"1","passwd":"8characters","usrgrps":[{"usrgrpid":"7"}]}`
	)
	for _, test := range []struct{ name, body, want string }{
		{"no JSON", `{`, `200 OK {"error":{"code":-32700,"message":"Parse error","data":"Invalid JSON. An error occurred on the server while parsing the JSON text."},"id":null,"jsonrpc":"2.0"}`},
		{"a notification is not answered", `{"jsonrpc":"2.0","method":"apiinfo.version","params":[]}`, "200 OK"},
		{"a call without a token", `{"jsonrpc":"2.0","method":"user.get","params":{},"id":1}`, failure("-32602", invalid, "Not authorized.")},
		{"a session that there is not", call("user.get", "{}"), failure("-32602", invalid, "Session terminated, re-login, please.")},
		{"a login with a token", call("user.login", `{"username":"api","password":"secret-of-api"}`), failure("-32602", invalid, `The \"user.login\" method must be called without the \"auth\" parameter.`)},
		{"a wrong password", `{"jsonrpc":"2.0","method":"user.login","params":{"username":"api","password":"x"},"id":1}`, failure("-32500", denied, "Incorrect user name or password or account is temporarily blocked.")},
		{"login", `{"jsonrpc":"2.0","method":"user.login","params":{"username":"api","password":"secret-of-api"},"id":1}`, result(`"session1"`)},
		{"an unknown method", call("user.enable", "{}"), failure("-32601", "Method not found.", `Incorrect method \"user.enable\".`)},
		{"a short password", call("user.create", strings.Replace(ann, "8characters", "7", 1)), failure("-32602", invalid, `Incorrect value for field \"/1/passwd\": must be at least 8 characters long.`)},
		{"a field that is missing", call("user.create", strings.Replace(ann, `"roleid":"1",`, "", 1)), failure("-32602", invalid, `Invalid parameter \"/1\": the parameter \"roleid\" is missing.`)},
		{"a field that there is not", call("user.create", strings.Replace(ann, `"roleid"`, `"role"`, 1)), failure("-32602", invalid, `Invalid parameter \"/1\": unexpected parameter \"role\".`)},
		{"create", call("user.create", ann), result(`{"userids":["3"]}`)},
		{"create again", call("user.create", ann), failure("-32602", invalid, `User with username \"ann\" already exists.`)},
		{"another case is another user", call("user.create", strings.Replace(ann, `"ann"`, `"Ann"`, 1)), result(`{"userids":["4"]}`)},
		{"filter is exact, parameters that there are not do nothing", call("user.get", `{"filter":{"username":"ann"},"output":["username"],"offset":5}`), result(`[{"userid":"3","username":"ann"}]`)},
		{"search is in any case, and contains", call("user.get", `{"search":{"username":"NN"},"output":["username"],"sortfield":"userid","sortorder":"DESC","limit":1}`), result(`[{"userid":"4","username":"Ann"}]`)},
		{"update replaces the groups", call("user.update", `{"userid":"3","usrgrps":[{"usrgrpid":"9"}]}`), result(`{"userids":["3"]}`)},
		{"who is disabled", call("user.get", `{"userids":["3"],"output":["name"],"getAccess":true,"selectUsrgrps":["name"]}`),
			result(`[{"debug_mode":"0","gui_access":"0","name":"Ann","userid":"3","users_status":"1","usrgrps":[{"name":"Disabled","usrgrpid":"9"}]}]`)},
		{"null is no text", call("user.update", `{"userid":"3","name":null}`), failure("-32602", invalid, `Invalid parameter \"/1/name\": a character string is expected.`)},
		{"a group that there is not", call("user.update", `{"userid":"3","usrgrps":[{"usrgrpid":"77"}]}`), failure("-32602", invalid, `User group with ID \"77\" is not available.`)},
		{"update of nobody", call("user.update", `{"userid":"99","name":"x"}`), failure("-32500", denied, "No permissions to referred object or it does not exist!")},
		{"delete", call("user.delete", `["3"]`), result(`{"userids":["3"]}`)},
		{"delete again", call("user.delete", `["3"]`), failure("-32500", denied, "No permissions to referred object or it does not exist!")},
		{"delete oneself", call("user.delete", `["1"]`), failure("-32602", invalid, "User is not allowed to delete himself.")},
		{"get nobody", call("user.get", `{"userids":"3"}`), result(`[]`)},
		{"count", call("user.get", `{"countOutput":true}`), result(`"3"`)},
		{"logout", call("user.logout", "[]"), result("true")},
		{"after it", call("user.get", "{}"), failure("-32602", invalid, "Session terminated, re-login, please.")},
	} {
		if diff := cmp.Diff(test.want, ask(t, vendor.URL, test.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Whoever is no Super admin sees those who share a group with him, without a word.
func TestOthersSeeLess(t *testing.T) {
	vendor := httptest.NewServer(app.New("api", "secret-of-api").Handler())
	t.Cleanup(vendor.Close)
	for _, test := range []struct{ body, want string }{
		{`{"jsonrpc":"2.0","method":"user.login","params":{"username":"api","password":"secret-of-api"},"id":1}`, result(`"session1"`)},
		{call("user.create", `[{"username":"ann","roleid":"2","passwd":"8characters","usrgrps":[{"usrgrpid":"8"}]},{"username":"bea","roleid":"1","passwd":"8characters","usrgrps":[{"usrgrpid":"13"}]}]`), result(`{"userids":["3","4"]}`)},
		{`{"jsonrpc":"2.0","method":"user.login","params":{"user":"ann","password":"8characters"},"id":1}`, result(`"session2"`)},
		{strings.Replace(call("user.get", `{"output":["username"]}`), "session1", "session2", 1), result(`[{"userid":"2","username":"guest"},{"userid":"3","username":"ann"}]`)},
		{strings.Replace(call("user.delete", `["4"]`), "session1", "session2", 1), failure("-32500", "Application error.", `No permissions to call \"user.delete\".`)},
	} {
		if diff := cmp.Diff(test.want, ask(t, vendor.URL, test.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.body, diff)
		}
	}
}
