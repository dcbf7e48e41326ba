package scim

import "testing"

func TestErrorJSON(t *testing.T) {
	for _, c := range []struct {
		err        *Error
		json, text string
	}{
		{&Error{Status: 404}, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`, "status 404"},
		{&Error{Status: 409, ScimType: Uniqueness, Detail: "taken", Attribute: "userName", Rule: "r", Operation: "create", CorrelationID: "c", RetryAfter: 5},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"taken",` +
				`"attribute":"userName","rule":"r","operation":"create","correlationId":"c"}`, "taken"},
		{BadRequest(InvalidPath, "no"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidPath","detail":"no"}`, "no"},
	} {
		if got := c.err.JSON(); got != c.json || c.err.Error() != c.text {
			t.Errorf("got %s, %s", got, c.err)
		}
	}
}
