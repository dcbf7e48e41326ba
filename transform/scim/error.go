package scim

import "strconv"

// The scimType keywords of RFC 7644 section 3.12, and of RFC 9865 section 2.1.
const (
	InvalidFilter = "invalidFilter"
	TooMany       = "tooMany"
	Uniqueness    = "uniqueness"
	Mutability    = "mutability"
	InvalidSyntax = "invalidSyntax"
	InvalidPath   = "invalidPath"
	NoTarget      = "noTarget"
	InvalidValue  = "invalidValue"
	InvalidCursor = "invalidCursor"
	InvalidCount  = "invalidCount"
)

const errorURN = "urn:ietf:params:scim:api:messages:2.0:Error"

// Error is an error answer (RFC 7644 section 3.12). Entra shows Detail to the
// administrator. The members from Attribute on are ours.
type Error struct {
	Status        int
	ScimType      string
	Detail        string
	Attribute     string
	Rule          string
	Operation     string
	CorrelationID string
	RetryAfter    int // seconds, for the header of that name; 0: none
}

// BadRequest gives a 400 with one of the keywords.
func BadRequest(scimType, detail string) *Error {
	return &Error{Status: 400, ScimType: scimType, Detail: detail}
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return "status " + strconv.Itoa(e.Status)
	}
	return e.Detail
}

// Value is the answer's body. The status is a string, as the RFC wants it.
func (e *Error) Value() Value {
	v := Object(
		Member{"schemas", ListOf(String(errorURN))},
		Member{"status", String(strconv.Itoa(e.Status))},
	)
	for _, m := range []struct{ name, text string }{
		{"scimType", e.ScimType},
		{"detail", e.Detail},
		{"attribute", e.Attribute},
		{"rule", e.Rule},
		{"operation", e.Operation},
		{"correlationId", e.CorrelationID},
	} {
		if m.text != "" {
			v = v.With(m.name, String(m.text))
		}
	}
	return v
}

// JSON is the answer's body as text.
func (e *Error) JSON() string { return e.Value().JSON() }
