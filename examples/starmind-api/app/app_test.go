package app_test

import (
	"strings"
	"testing"

	"scimshim/examples/scene"
	"scimshim/examples/starmind-api/app"
)

// TestAnswers holds what starmind-api.yaml does not ask for, too: GraphQL's own
// errors, what may not be null, and the token's end.
func TestAnswers(t *testing.T) {
	vendor := app.New("client", "secret")
	const token = "POST /auth/realms/customer/protocol/openid-connect/token"
	scene.CheckExchanges(t, vendor.Handler(), nil, []scene.Exchange{
		{token, "client_id=client&client_secret=wrong&grant_type=client_credentials",
			`Unauthorized {"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`},
		{token, "client_id=client&client_secret=secret&grant_type=password", `Bad Request {"error":"unsupported_grant_type"}`},
		{token, "client_id=client&client_secret=secret&grant_type=client_credentials",
			`OK {"access_token":"eyJ-1","expires_in":300,"refresh_expires_in":0,"token_type":"Bearer"}`},
		{"POST /graphql", `{"query":"query all { users(searchText: \"\") { email } }"}`, `Unauthorized {"error":"invalid_token"}`},
	})
	failed := func(message, code string) string {
		return `{"errors":[{"extensions":{"code":"` + code + `"},"message":"` + message + `"}]}`
	}
	create := func(user string) string {
		return `{"query":"mutation c($user: UserInput!) { createUser(user: $user) { ...id } } fragment id on User { globalUserId }","variables":{"user":` + user + `}}`
	}
	refused := func(message string) string {
		return `OK {"data":{"createUser":null},` + strings.TrimPrefix(failed(message, "BAD_USER_INPUT"), "{")
	}
	scene.CheckExchanges(t, vendor.Handler(), map[string]string{"Authorization": "Bearer eyJ-1"}, []scene.Exchange{
		{"POST /graphql", `{"query":"query all { users(searchText: \"\", limit: 1) { email } }"}`, `OK {"data":{"users":[{"email":"system@starmind.example"}]}}`},
		{"POST /graphql", `{"query":"query all { users(searchText: \"\") { salary } }"}`, "OK " + failed("cannot query field salary on type User", "GRAPHQL_VALIDATION_FAILED")},
		{"POST /graphql", `{"query":"query all { people { email } }"}`, "OK " + failed("cannot query field people", "GRAPHQL_VALIDATION_FAILED")},
		{"POST /graphql", `{"query":"mutation c($user: UserInput!) { createUser(user: $user) { email } }"}`, "OK " + failed("variable $user is required", "BAD_USER_INPUT")},
		{"POST /graphql", create(`{"email":"ann@x.com"}`), refused("firstname is required")},
		{"POST /graphql", create(`{"email":"ann@x.com","firstname":"Ann","lastname":"Lee","languageId":"xx"}`), refused("languageId is not valid")},
		{"POST /graphql", create(`{"email":"ann@x.com","firstname":"Ann","lastname":"Lee","externalId":null}`), refused("externalId must not be null")},
		{"POST /graphql", create(`{"email":"ann@x.com","firstname":"Ann","lastname":"Lee"}`), `OK {"data":{"createUser":{"globalUserId":"5f0c-0002"}}}`},
		{"POST /graphql", create(`{"email":"ANN@x.com","firstname":"Ann","lastname":"Lee"}`), refused("A user with this email already exists")},
	})
}
