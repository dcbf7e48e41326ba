package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"scimshim/config"
)

// authenticate finds the caller whose token an Authorization header holds. Only
// digests are compared, and always with every caller, so that the time taken
// says nothing about the tokens.
func authenticate(callers []config.Caller, authorization string) (caller config.Caller, known bool) {
	token, bearer := bearerToken(authorization)
	sum := sha256.Sum256([]byte(token))
	for _, c := range callers {
		if subtle.ConstantTimeCompare(sum[:], c.Token[:]) == 1 {
			caller, known = c, true
		}
	}
	return caller, known && bearer
}

// bearerToken takes the token out of the header (RFC 6750 section 2.1).
func bearerToken(authorization string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
