package app_test

import (
	"testing"

	"scimshim/examples/scene"
	"scimshim/examples/starleaf-api/app"
)

// TestAnswers holds what starleaf-api.yaml does not ask for, too: PUT replaces a
// user, the id cannot be changed, and bodies are JSON.
func TestAnswers(t *testing.T) {
	scene.CheckExchanges(t, app.New("key", "reseller@x.com", "secret").Handler(), map[string]string{"X-SL-AUTH-TOKEN": "key"}, []scene.Exchange{
		{"POST /users", `{"first_name":"Ann"}`, `Bad Request {"error":"email is required"}`},
		{"POST /users", "email=ann@x.com", `Bad Request {"error":"the body must be application/json"}`},
		{"POST /users", `{"email":"ann@x.com","first_name":"Ann","user_id":"1"}`, `Created {"user_id":"5002"}`},
		{"POST /users", `{"email":"ANN@x.com"}`, `Conflict {"error":"email is in use"}`},
		{"PATCH /users/5002", `{"last_name":"Lee","disabled":true}`, "No Content"},
		{"PUT /users/5002", `{"email":"ann@x.com","last_name":"Lee"}`, "No Content"},
		{"GET /users/5002", "", `OK {"user_id":"5002","email":"ann@x.com","first_name":"","last_name":"Lee","mobile":"","phone":"","language":"","disabled":false,"is_admin":false}`},
		{"PUT /users/5002/disable", `{}`, `Bad Request {"error":"disabled must be true or false"}`},
		{"GET /users/9", "", `Not Found {"error":"no such user"}`},
		{"GET /customers/1042/users", "", `Unauthorized {"error":"log in"}`},
	})
	scene.CheckExchanges(t, app.New("key", "reseller@x.com", "secret").Handler(), nil, []scene.Exchange{
		{"GET /users", "", `Unauthorized {"error":"the token is missing or wrong"}`},
		{"GET /challenge?username=somebody", "", `Not Found {"error":"no such user"}`},
		{"POST /authenticate", `{"username":"reseller@x.com","response":"00"}`, `Unauthorized {"error":"the response is wrong"}`},
	})
}
