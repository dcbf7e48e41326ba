package app_test

import (
	"testing"

	"scimshim/examples/scene"
	"scimshim/examples/slack/app"
)

// TestAnswers holds what slack.yaml does not ask for, too: arguments of a form, a
// profile as a text, and Slack's words for what it does not do.
func TestAnswers(t *testing.T) {
	vendor := app.New("client", "secret", "xoxe-0")
	scene.CheckExchanges(t, vendor.Handler(), nil, []scene.Exchange{
		{"POST /api/oauth.v2.access", "client_id=client&client_secret=wrong&grant_type=refresh_token&refresh_token=xoxe-0", `OK {"error":"bad_client_secret","ok":false}`},
		{"POST /api/oauth.v2.access", "client_id=client&client_secret=secret&grant_type=refresh_token&refresh_token=xoxe-0",
			`OK {"access_token":"xoxe.xoxp-1","expires_in":43200,"ok":true,"refresh_token":"xoxe-1","team":{"id":"T0001"},"token_type":"user"}`},
		{"POST /api/oauth.v2.access", "client_id=client&client_secret=secret&grant_type=refresh_token&refresh_token=xoxe-0", `OK {"error":"invalid_refresh_token","ok":false}`},
		{"GET /api/users.list", "", `OK {"error":"not_authed","ok":false}`},
	})
	profile := `{"email":"ann@x.com","real_name":"","display_name":"","first_name":"Ann","last_name":"","title":"","phone":""}`
	scene.CheckExchanges(t, vendor.Handler(), map[string]string{"Authorization": "Bearer xoxe.xoxp-1"}, []scene.Exchange{
		{"POST /api/admin.users.invite", "team_id=T0001&email=Ann@x.com", `OK {"error":"channel_not_found","ok":false}`},
		{"POST /api/admin.users.invite", "team_id=T0001&channel_ids=C0001&email=Ann@x.com", `OK {"ok":true}`},
		{"POST /api/admin.users.invite", `{"team_id":"T0001","channel_ids":"C0001","email":"ann@x.com"}`, `OK {"error":"already_in_team_invited_user","ok":false}`},
		{"POST /api/users.profile.set", "user=W0002&profile=" + `%7B%22first_name%22%3A%22Ann%22%7D`, `OK {"ok":true,"profile":` + profile + `}`},
		{"POST /api/users.profile.set", `{"user":"W0002","profile":{"email":"owner@slack.example"}}`, `OK {"error":"email_taken","ok":false}`},
		{"POST /api/users.profile.set", `{"user":"W0001","profile":{"title":"x"}}`, `OK {"error":"cannot_update_admin_user","ok":false}`},
		{"POST /api/admin.users.remove", `{"team_id":"T0001","user_id":"W0001"}`, `OK {"error":"cannot_modify_primary_owner","ok":false}`},
		{"POST /api/admin.users.assign", `{"team_id":"T0001","user_id":"W0002"}`, `OK {"error":"user_already_team_member","ok":false}`},
		{"GET /api/users.lookupByEmail?email=nobody@x.com", "", `OK {"error":"users_not_found","ok":false}`},
		{"GET /api/users.list?cursor=nonsense", "", `OK {"error":"invalid_cursor","ok":false}`},
		{"GET /api/users.info?user=W0009", "", `OK {"error":"user_not_found","ok":false}`},
	})
}
