package gateway

import (
	"crypto/sha256"
	"testing"

	"scimshim/config"
)

func TestAuthenticate(t *testing.T) {
	callers := []config.Caller{
		{Token: sha256.Sum256([]byte("old"))},
		{Token: sha256.Sum256([]byte("new token"))},
		{Token: sha256.Sum256([]byte("audit")), ReadOnly: true},
	}
	for _, test := range []struct {
		authorization   string
		known, readOnly bool
	}{
		{"Bearer old", true, false},
		{"bearer  old ", true, false},
		{"Bearer new token", true, false},
		{"Bearer audit", true, true},
		{"Bearer Old", false, false},
		{"Bearer ol", false, false},
		{"Bearer ", false, false},
		{"Bearer", false, false},
		{"Basic old", false, false},
		{"old", false, false},
		{"", false, false},
	} {
		caller, known := authenticate(callers, test.authorization)
		if known != test.known || caller.ReadOnly != test.readOnly {
			t.Errorf("%q: known %t, readOnly %t; want %t, %t", test.authorization, known, caller.ReadOnly, test.known, test.readOnly)
		}
	}
}

// A hash of the empty token in a file, which config refuses, opens nothing.
func TestAuthenticateEmpty(t *testing.T) {
	callers := []config.Caller{{Token: sha256.Sum256(nil)}}
	for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer  "} {
		if _, known := authenticate(callers, authorization); known {
			t.Errorf("%q was let in", authorization)
		}
	}
}
