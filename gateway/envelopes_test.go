package gateway_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/gateway"
)

// soapCall is a request in SOAP 1.1, with the operation's namespace.
type soapCall struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Body    struct {
		Call struct {
			XMLName xml.Name
			ID      string `xml:"id"`
			Login   string `xml:"login"`
			User    struct {
				Fields []struct {
					XMLName xml.Name
					Kind    string `xml:"kind,attr"`
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:"user"`
		} `xml:",any"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

func soap(p *people, w http.ResponseWriter, r *http.Request) {
	var call soapCall
	answer := func(status int, body string) {
		answerXML(w, status, "text/xml; charset=utf-8", `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>`+body+`</S:Body></S:Envelope>`)
	}
	fault := func(code string) {
		answer(500, `<S:Fault><faultcode>S:`+code+`</faultcode><faultstring xml:lang="en">no</faultstring></S:Fault>`)
	}
	if err := xml.NewDecoder(r.Body).Decode(&call); err != nil || r.Header.Get("Content-Type") != "text/xml; charset=utf-8" {
		fault("Server")
		return
	}
	operation := call.Body.Call
	fields := map[string]string{}
	for _, f := range operation.User.Fields {
		fields[f.XMLName.Local+f.Kind] = f.Text
	}
	shown := func(u map[string]string) string {
		if u == nil {
			return ""
		}
		out := maps.Clone(u)
		mail := out["contactmail"]
		delete(out, "contactmail")
		return "<user>" + elements(out) + `<contact kind="phone">1</contact><contact kind="mail">` + mail + "</contact></user>"
	}
	if operation.XMLName.Space != "urn:people" || r.Header.Get("SOAPAction") != "urn:people#"+operation.XMLName.Local {
		fault("Client")
		return
	}
	var inside string
	switch name := operation.XMLName.Local; name {
	case "CreateUser", "UpdateUser":
		u := p.update
		if name == "CreateUser" {
			u = func(_ string, fields map[string]string) map[string]string { return p.create("", fields) }
		}
		if inside = shown(u(operation.ID, fields)); inside == "" {
			fault("Client.Taken")
			return
		}
	case "DeleteUser":
		p.delete(operation.ID)
	case "GetUser":
		inside = shown(p.read(operation.ID))
	case "FindUsers":
		for _, u := range p.find(operation.Login) {
			inside += shown(u)
		}
	}
	answer(200, `<n:`+operation.XMLName.Local+`Response xmlns:n="urn:people">`+inside+`</n:`+operation.XMLName.Local+`Response>`)
}

const soapFile = `
upstream:
  url: ${env:LEGACY_URL}
  send: xml
  expect: xml
  headers: {Content-Type: text/xml; charset=utf-8}
  body: {"soap:Envelope": {"@xmlns:soap": "http://schemas.xmlsoap.org/soap/envelope/", "@xmlns:m": urn:people}}
  errors:
    - {when: 'status == 500 and body.Envelope.Body.Fault.faultcode == "S:Client.Taken"', is: uniqueness}
users:
  id: id
  attributes:
    userName: login
    name.givenName: first
    title: {native: level, write: number(value)}
    emails.work.value: "contact[@kind eq mail].#text"
    active: active
  create:
    request: POST /soap
    headers: {SOAPAction: "urn:people#CreateUser"}
    body: {"soap:Envelope": {"soap:Body": {"m:CreateUser": {user: =fields}}}}
    item: Envelope.Body.CreateUserResponse.user
  read:
    request: POST /soap
    headers: {SOAPAction: "urn:people#GetUser"}
    body: {"soap:Envelope": {"soap:Body": {"m:GetUser": {id: =id}}}}
    item: Envelope.Body.GetUserResponse.user
    errors: [{when: status == 200 and body.Envelope.Body.GetUserResponse == "", is: notFound}]
  update:
    read_first: true
    request: POST /soap
    headers: {SOAPAction: "urn:people#UpdateUser"}
    body: {"soap:Envelope": {"soap:Body": {"m:UpdateUser": {id: =id, user: =fields}}}}
    item: Envelope.Body.UpdateUserResponse.user
  delete:
    request: POST /soap
    headers: {SOAPAction: "urn:people#DeleteUser"}
    body: {"soap:Envelope": {"soap:Body": {"m:DeleteUser": {id: =id}}}}
  find:
    by: userName
    request: POST /soap
    headers: {SOAPAction: "urn:people#FindUsers"}
    body: {"soap:Envelope": {"soap:Body": {"m:FindUsers": {login: =value}}}}
    items: Envelope.Body.FindUsersResponse.user
`

// A number that was sent reads back as a text, and is not sent again for that:
// "05" and "5" are the same level.
func TestNumberReadsAsText(t *testing.T) {
	p := &people{unique: []string{"login"}, byID: map[string]map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { soap(p, w, r) }))
	t.Cleanup(server.Close)
	r := newRig(t, "vendor: formats\ncallers: [{token: \"${env:SCIM_TOKEN}\"}]\n"+soapFile, server.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", `{"userName":"ann","title":"05","active":true}`)
	p.take()
	r.must(t, 200, "PATCH", "/Users/1", patching+`[{"op":"replace","path":"title","value":"5"}]}`)
	if diff := cmp.Diff([]string{"read 1"}, p.take()); diff != "" {
		t.Errorf("what the vendor did (-want +got):\n%s", diff)
	}
}

func TestSOAP(t *testing.T) {
	dialect{unique: []string{"login", "contactmail"}, id: "1", serve: soap, file: soapFile,
		created:  []string{`create {"active":"true","contactmail":"ann@x.example","first":"Ann \u0026 \u003cCo\u003e","level":"5","login":"ann"}`},
		refused:  []string{"find bob", `create {"active":"true","contactmail":"ann@x.example","first":"Ann \u0026 \u003cCo\u003e","level":"5","login":"bob"}`},
		changed:  []string{"read 1", `update 1 {"level":"7"}`},
		disabled: []string{"read 1", `update 1 {"active":"false"}`},
		removed:  []string{"delete 1"},
	}.tell(t)
}

// shownAs is a user in JSON, with his level as a number.
func shownAs(u map[string]string) any {
	if u == nil {
		return nil
	}
	out := map[string]any{}
	for name, v := range u {
		out[name] = v
	}
	out["level"], out["active"] = numeral(u["level"]), u["active"] == "true"
	return out
}

func listAs(users []map[string]string) []any {
	out := []any{}
	for _, u := range users {
		out = append(out, shownAs(u))
	}
	return out
}

func rpc(p *people, w http.ResponseWriter, r *http.Request) {
	var call struct {
		Version string `json:"jsonrpc"`
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  struct {
			ID    string         `json:"id"`
			Login string         `json:"login"`
			User  map[string]any `json:"user"`
		} `json:"params"`
	}
	json.NewDecoder(r.Body).Decode(&call)
	reply := func(name string, v any) { answerJSON(w, map[string]any{"jsonrpc": "2.0", "id": call.ID, name: v}) }
	if call.Version != "2.0" || call.ID != 1 {
		reply("error", map[string]any{"code": -32600, "message": "Invalid Request"})
		return
	}
	switch call.Method {
	case "user.create", "user.update":
		u := p.update
		if call.Method == "user.create" {
			u = func(_ string, fields map[string]string) map[string]string { return p.create("", fields) }
		}
		if shown := shownAs(u(call.Params.ID, texts(call.Params.User))); shown != nil {
			reply("result", shown)
			return
		}
		reply("error", map[string]any{"code": -32001, "message": "taken"})
	case "user.delete":
		reply("result", p.delete(call.Params.ID))
	case "user.get":
		reply("result", shownAs(p.read(call.Params.ID)))
	case "user.find":
		reply("result", listAs(p.find(call.Params.Login)))
	}
}

const jsonUsers = `
  id: id
  attributes:
    userName: login
    name.givenName: first
    title: {native: level, write: number(value)}
    emails.work.value: mail
    active: active
`

// inJSON is what a vendor does that takes users in JSON and shows them in its answers.
func inJSON(d dialect) dialect {
	const created = `create {"active":"true","first":"Ann \u0026 \u003cCo\u003e","level":"5","login":"%s","mail":"ann@x.example"}`
	d.unique, d.id = []string{"login", "mail"}, "1"
	d.created, d.refused = []string{fmt.Sprintf(created, "ann")}, []string{"find bob", fmt.Sprintf(created, "bob")}
	d.changed, d.disabled = []string{"read 1", `update 1 {"level":"7"}`}, []string{"read 1", `update 1 {"active":"false"}`}
	d.removed = []string{"delete 1"}
	return d
}

func TestJSONRPC(t *testing.T) {
	inJSON(dialect{serve: rpc, file: `
upstream:
  url: ${env:LEGACY_URL}
  body: {jsonrpc: "2.0", id: 1}
  errors: [{when: body.error.code == -32001, is: uniqueness}, {when: has(body.error), is: invalidValue}]
users:` + jsonUsers + `
  create: {request: POST /rpc, body: {method: user.create, params: {user: =fields}}, item: result}
  read:
    request: POST /rpc
    body: {method: user.get, params: {id: =id}}
    item: result
    errors: [{when: status == 200 and not has(body.error) and not has(body.result), is: notFound}]
  update: {request: POST /rpc, read_first: true, body: {method: user.update, params: {id: =id, user: =fields}}, item: result}
  delete: {request: POST /rpc, body: {method: user.delete, params: {id: =id}}}
  find: {by: userName, request: POST /rpc, body: {method: user.find, params: {login: =value}}, items: result}
`}).tell(t)
}

func graph(p *people, w http.ResponseWriter, r *http.Request) {
	var call struct {
		Query     string `json:"query"`
		Variables struct {
			ID    string         `json:"id"`
			Login string         `json:"login"`
			Input map[string]any `json:"input"`
		} `json:"variables"`
	}
	body, _ := io.ReadAll(r.Body)
	json.Unmarshal(body, &call)
	_, rest, _ := strings.Cut(call.Query, "{")
	field, _, _ := strings.Cut(rest, "(")
	switch v := call.Variables; field {
	case "createUser", "updateUser":
		u := p.update
		if field == "createUser" {
			u = func(_ string, fields map[string]string) map[string]string { return p.create("", fields) }
		}
		if shown := shownAs(u(v.ID, texts(v.Input))); shown != nil {
			answerJSON(w, map[string]any{"data": map[string]any{field: shown}})
			return
		}
		answerJSON(w, map[string]any{"data": map[string]any{field: nil},
			"errors": []any{map[string]any{"message": "no", "path": []any{field}, "extensions": map[string]any{"code": "TAKEN"}}}})
	case "deleteUser":
		answerJSON(w, map[string]any{"data": map[string]any{field: p.delete(v.ID)}})
	case "user":
		answerJSON(w, map[string]any{"data": map[string]any{field: shownAs(p.read(v.ID))}})
	case "users":
		answerJSON(w, map[string]any{"data": map[string]any{field: listAs(p.find(v.Login))}})
	default:
		answerJSON(w, map[string]any{"errors": []any{map[string]any{"message": "syntax error"}}})
	}
}

func TestGraphQL(t *testing.T) {
	inJSON(dialect{serve: graph, file: `
upstream:
  url: ${env:LEGACY_URL}
  errors: [{when: 'body.errors[0].extensions.code == "TAKEN"', is: uniqueness}, {when: has(body.errors), is: invalidValue}]
users:` + jsonUsers + `
  create:
    request: POST /graphql
    body: {query: "mutation($input: UserInput!) {createUser(input: $input) {id login first level mail active}}", variables: {input: =fields}}
    item: data.createUser
  read:
    request: POST /graphql
    body: {query: "query($id: ID!) {user(id: $id) {id login first level mail active}}", variables: {id: =id}}
    item: data.user
    errors: [{when: status == 200 and has(body.data) and not has(body.errors) and not has(body.data.user), is: notFound}]
  update:
    read_first: true
    request: POST /graphql
    body: {query: "mutation($id: ID!, $input: UserInput!) {updateUser(id: $id, input: $input) {id login first level mail active}}", variables: {id: =id, input: =fields}}
    item: data.updateUser
  delete:
    request: POST /graphql
    body: {query: "mutation($id: ID!) {deleteUser(id: $id)}", variables: {id: =id}}
  find:
    by: userName
    request: POST /graphql
    body: {query: "query($login: String!) {users(login: $login) {id login first level mail active}}", variables: {login: =value}}
    items: data.users
`}).tell(t)
}
