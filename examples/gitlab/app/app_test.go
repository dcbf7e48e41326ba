package app_test

import (
	"strings"
	"testing"

	"scimshim/examples/gitlab/app"
	"scimshim/examples/scene"
)

// TestAnswers holds what gitlab.yaml does not ask for, too: unknown parameters are
// ignored, pages are capped, and values are refused as GitLab refuses them.
func TestAnswers(t *testing.T) {
	ann := `{"id":2,"username":"ann","name":"Ann","state":"active","email":"ann@x.com","confirmed_at":"2026-01-31T09:00:00.000Z","is_admin":false,"bot":false,` +
		`"organization":"","location":null,"job_title":"","identities":[]}`
	scene.CheckExchanges(t, app.New("key").Handler(), map[string]string{"PRIVATE-TOKEN": "key"}, []scene.Exchange{
		{"POST /api/v4/users", `{"username":"ann","name":"Ann"}`, `Bad Request {"error":"email is missing"}`},
		{"POST /api/v4/users", `{"username":"ann","name":"Ann","email":"Ann@x.com"}`,
			`Bad Request {"error":"password, reset_password, force_random_password are missing, at least one parameter must be provided"}`},
		{"POST /api/v4/users", `{"username":"ann","name":"Ann","email":"Ann@x.com","job_title":"Boss","force_random_password":true,"skip_confirmation":true}`, "Created " + ann},
		{"POST /api/v4/users", `{"username":"b","name":"B","email":"ann@X.com","password":"secret"}`, `Conflict {"message":"Email has already been taken"}`},
		{"POST /api/v4/users", `{"username":"ANN","name":"B","email":"b@x.com","password":"secret"}`, `Conflict {"message":"Username has already been taken"}`},
		{"GET /api/v4/users?search=ann&nonsense=1", "", "OK [" + ann + "]"},
		{"GET /api/v4/users?search=ann@x", "", "OK []"},
		{"GET /api/v4/users?username=nobody", "", "OK []"},
		{"PUT /api/v4/users/2", `{"extern_uid":"ann"}`, `Bad Request {"error":"extern_uid, provider provide all or none of parameters"}`},
		{"PUT /api/v4/users/2?skip_reconfirmation=true", "email=Lee@x.com", "OK " + strings.Replace(ann, "ann@x.com", "lee@x.com", 1)},
		{"PUT /api/v4/users/2", `{"email":"ann@x.com"}`,
			"OK " + strings.Replace(strings.Replace(ann, "ann@x.com", "lee@x.com", 1), `,"confirmed_at"`, `,"unconfirmed_email":"ann@x.com","confirmed_at"`, 1)},
		{"GET /api/v4/users/9", "", `Not Found {"message":"404 User Not Found"}`},
		{"POST /api/v4/users/2/block", "", "Created true"},
		{"POST /api/v4/users/2/block", "", "Created null"},
		{"POST /api/v4/groups/7/members", `{"user_id":2,"access_level":30}`, `Not Found {"message":"404 Group Not Found"}`},
	})
	scene.CheckExchanges(t, app.New("key").Handler(), nil, []scene.Exchange{{"GET /api/v4/users", "", `Unauthorized {"message":"401 Unauthorized"}`}})
}
