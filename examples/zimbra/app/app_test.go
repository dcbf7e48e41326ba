package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/zimbra/app"
)

// around is what stands round the answer itself.
var around = regexp.MustCompile(`^<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header><context xmlns="urn:zimbra"><change token="1"/></context></soap:Header><soap:Body>(.*)</soap:Body></soap:Envelope>$`)

// ask sends a request in its envelope, and gives the status and what stands in the
// body of the answer.
func ask(t *testing.T, url, token, request string) string {
	t.Helper()
	envelope := `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><context xmlns="urn:zimbra"><authToken>` + token +
		`</authToken></context></s:Header><s:Body>` + request + `</s:Body></s:Envelope>`
	answer, err := http.Post(url+"/service/admin/soap", "application/soap+xml", strings.NewReader(envelope))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status + " " + around.ReplaceAllString(string(text), "$1")
}

func fault(code, reason string) string {
	return `500 Internal Server Error <soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason><soap:Text>` + reason +
		`</soap:Text></soap:Reason><soap:Detail><Error xmlns="urn:zimbra"><Code>` + code + `</Code><Trace>qtp1-1:1:0</Trace></Error></soap:Detail></soap:Fault>`
}

func TestAnswers(t *testing.T) {
	vendor := httptest.NewServer(app.New("x.example", "admin@x.example", "secret-of-admin").Handler())
	t.Cleanup(vendor.Close)
	const (
		ann    = "00000003-3c7a-4f7e-9d4f-7d2f1c5b8e90"
		system = `(!(zimbraIsSystemAccount=TRUE))`
	)
	account := func(attributes string) string {
		return `<account name="ann@x.example" id="` + ann + `">` + attributes + `</account>`
	}
	whole := func(display, status string) string {
		return `<a n="displayName">` + display + `</a><a n="mail">ann@x.example</a><a n="objectClass">inetOrgPerson</a><a n="objectClass">zimbraAccount</a><a n="objectClass">amavisAccount</a>` +
			`<a n="sn">ann</a><a n="uid">ann</a><a n="zimbraAccountStatus">` + status + `</a><a n="zimbraId">` + ann + `</a><a n="zimbraMailDeliveryAddress">ann@x.example</a><a n="zimbraMailQuota">0</a>`
	}
	for _, test := range []struct{ name, token, request, want string }{
		{"without a token", "", `<GetAccountRequest xmlns="urn:zimbraAdmin"/>`, fault("service.AUTH_REQUIRED", "no valid authtoken present")},
		{"with a token of old", "0_1_token", `<GetAccountRequest xmlns="urn:zimbraAdmin"/>`, fault("service.AUTH_EXPIRED", "auth credentials have expired")},
		{"a wrong password", "", `<AuthRequest xmlns="urn:zimbraAdmin" name="admin@x.example" password="x"/>`, fault("account.AUTH_FAILED", "authentication failed for [admin@x.example]")},
		{"login", "", `<AuthRequest xmlns="urn:zimbraAdmin"><name>admin@x.example</name><password>secret-of-admin</password></AuthRequest>`,
			`200 OK <AuthResponse xmlns="urn:zimbraAdmin"><authToken>0_1_token</authToken><lifetime>43200000</lifetime></AuthResponse>`},
		{"another service", "0_1_token", `<GetInfoRequest xmlns="urn:zimbraAccount"/>`, fault("service.UNKNOWN_DOCUMENT", "unknown document: GetInfoRequest")},
		{"create", "0_1_token", `<CreateAccountRequest xmlns="urn:zimbraAdmin" name="Ann@X.example"><a n="displayName">Ann &amp; A</a><a n="title"/></CreateAccountRequest>`,
			`200 OK <CreateAccountResponse xmlns="urn:zimbraAdmin">` + account(whole("Ann &amp; A", "active")) + `</CreateAccountResponse>`},
		{"create again", "0_1_token", `<CreateAccountRequest xmlns="urn:zimbraAdmin" name="ann@x.example"/>`, fault("account.ACCOUNT_EXISTS", "email address already exists: ann@x.example")},
		{"create elsewhere", "0_1_token", `<CreateAccountRequest xmlns="urn:zimbraAdmin" name="ann@y.example"/>`, fault("account.NO_SUCH_DOMAIN", "no such domain: y.example")},
		{"modify", "0_1_token", `<ModifyAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `"><a n="displayName">Ann</a><a n="zimbraAccountStatus">closed</a></ModifyAccountRequest>`,
			`200 OK <ModifyAccountResponse xmlns="urn:zimbraAdmin">` + account(whole("Ann", "closed")) + `</ModifyAccountResponse>`},
		{"an attribute that there is not", "0_1_token", `<ModifyAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `"><a n="boss">Eve</a></ModifyAccountRequest>`,
			fault("account.INVALID_ATTR_NAME", "invalid attr name: unable to modify attributes: boss")},
		{"an attribute that no call sets", "0_1_token", `<ModifyAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `"><a n="zimbraId">1</a></ModifyAccountRequest>`,
			fault("service.INVALID_REQUEST", "invalid request: zimbraId is an immutable attribute")},
		{"a status that there is not", "0_1_token", `<ModifyAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `"><a n="zimbraAccountStatus">off</a></ModifyAccountRequest>`,
			fault("account.INVALID_ATTR_VALUE", "invalid attr value: zimbraAccountStatus must be one of: active,closed,locked,lockout,maintenance,pending")},
		{"modify nobody", "0_1_token", `<ModifyAccountRequest xmlns="urn:zimbraAdmin" id="9"/>`, fault("account.NO_SUCH_ACCOUNT", "no such account: 9")},
		{"get by name, some attributes", "0_1_token", `<GetAccountRequest xmlns="urn:zimbraAdmin" attrs="displayName,title"><account by="name">ANN@x.example</account></GetAccountRequest>`,
			`200 OK <GetAccountResponse xmlns="urn:zimbraAdmin">` + account(`<a n="displayName">Ann</a>`) + `</GetAccountResponse>`},
		{"search, a page", "0_1_token", `<SearchDirectoryRequest xmlns="urn:zimbraAdmin" limit="1" attrs="sn" query="` + system + `"/>`,
			`200 OK <SearchDirectoryResponse num="1" more="1" searchTotal="2" xmlns="urn:zimbraAdmin"><account name="admin@x.example" id="00000001-3c7a-4f7e-9d4f-7d2f1c5b8e90" isExternal="0"><a n="sn">admin</a></account></SearchDirectoryResponse>`},
		{"search, the next page", "0_1_token", `<SearchDirectoryRequest xmlns="urn:zimbraAdmin" limit="1" offset="1" attrs="displayName" query="(&amp;` + system + `(mail=*)(|(sn=A*nn)(sn=x)))"/>`,
			`200 OK <SearchDirectoryResponse num="0" more="0" searchTotal="1" xmlns="urn:zimbraAdmin"/>`},
		{"search with a star that is none", "0_1_token", `<SearchDirectoryRequest xmlns="urn:zimbraAdmin" query="(mail=a\2a)"/>`,
			`200 OK <SearchDirectoryResponse num="0" more="0" searchTotal="0" xmlns="urn:zimbraAdmin"/>`},
		{"search with half a filter", "0_1_token", `<SearchDirectoryRequest xmlns="urn:zimbraAdmin" query="(&amp;(mail=a)"/>`, fault("service.INVALID_REQUEST", "invalid request: invalid search filter (&amp;(mail=a)")},
		{"search that finds too many", "0_1_token", `<SearchDirectoryRequest xmlns="urn:zimbraAdmin" maxResults="1"/>`, fault("account.TOO_MANY_SEARCH_RESULTS", "number of results exceeded the limit: 1")},
		{"rename", "0_1_token", `<RenameAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `" newName="Admin@x.example"/>`, fault("account.ACCOUNT_EXISTS", "email address already exists: admin@x.example")},
		{"delete", "0_1_token", `<DeleteAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `"/>`, `200 OK <DeleteAccountResponse xmlns="urn:zimbraAdmin"/>`},
		{"delete again", "0_1_token", `<DeleteAccountRequest xmlns="urn:zimbraAdmin" id="` + ann + `"/>`, fault("account.NO_SUCH_ACCOUNT", "no such account: "+ann)},
	} {
		if diff := cmp.Diff(test.want, ask(t, vendor.URL, test.token, test.request)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
