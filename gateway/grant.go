package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// TokenPath follows the vendor's name in the URL of the token endpoint.
const TokenPath = "/oauth2/token"

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife bounds the life left to an assertion: nothing that Entra
	// issues for an application lives for longer. Within it one may come again;
	// who has it could ask for a token as well while it is new.
	assertionLife = 24 * time.Hour
	formSize      = 32 << 10
)

// grant answers at the token endpoint, in the words of OAuth (RFC 6749 sections
// 4.4 and 5).
func (x *exchange) grant() transform.Reply {
	x.operation, x.from = "token", x.gateway.sender(x.ctx)
	form, problem := x.form()
	if problem != nil {
		return x.refuse(problem)
	}
	caller, problem := x.client(form)
	if problem != nil {
		return x.refuse(problem)
	}
	return transform.Reply{Status: 200, Body: scim.Object(
		scim.Member{Name: "access_token", Value: scim.String(x.vendor.callers.sign.issue(caller.binding, x.facts.Now))},
		scim.Member{Name: "token_type", Value: scim.String("Bearer")},
		scim.Member{Name: "expires_in", Value: scim.Int(int64(tokenLife.Seconds()))},
	)}
}

// oauthProblem is an error of RFC 6749 section 5.2.
type oauthProblem struct {
	status     int
	code       string
	detail     string
	retryAfter int // seconds; 0: none
}

func (x *exchange) refuse(p *oauthProblem) transform.Reply {
	x.refusal = p.detail
	switch p.status {
	case 401:
		x.ctx.Response.Header.Set("WWW-Authenticate", `Basic realm="scimshim"`)
	case 405:
		x.ctx.Response.Header.Set("Allow", "POST")
	}
	x.retryAfter(p.retryAfter)
	return transform.Reply{Status: p.status, Body: scim.Object(
		scim.Member{Name: "error", Value: scim.String(p.code)},
		scim.Member{Name: "error_description", Value: scim.String(p.detail)},
	)}
}

func invalidRequest(status int, detail string) *oauthProblem {
	return &oauthProblem{status: status, code: "invalid_request", detail: detail}
}

// form reads the parameters, each of which may come once (section 3.2).
func (x *exchange) form() (url.Values, *oauthProblem) {
	media, _, _ := strings.Cut(string(x.ctx.Request.Header.ContentType()), ";")
	body := x.ctx.PostBody()
	switch {
	case x.method != "POST":
		return nil, invalidRequest(405, "the token endpoint takes POST alone")
	case !strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded"):
		return nil, invalidRequest(400, "the content type must be application/x-www-form-urlencoded")
	case len(body) > formSize:
		return nil, invalidRequest(400, "the body is larger than 32 KiB")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalidRequest(400, "the body is not a form")
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, invalidRequest(400, "a parameter comes twice")
		}
	}
	switch form.Get("grant_type") {
	case "client_credentials":
		return form, nil
	case "":
		return nil, invalidRequest(400, "grant_type is missing")
	}
	return nil, &oauthProblem{status: 400, code: "unsupported_grant_type", detail: "grant_type must be client_credentials"}
}

// client finds the client that a request comes from. It must say so in one way
// of the three (section 2.3).
func (x *exchange) client(form url.Values) (*caller, *oauthProblem) {
	authorization := string(x.ctx.Request.Header.Peek("Authorization"))
	ways := 0
	for _, given := range []bool{authorization != "", form.Has("client_secret"), form.Has("client_assertion")} {
		if given {
			ways++
		}
	}
	var v verdict
	switch {
	case ways > 1:
		return nil, invalidRequest(400, "the client authenticates in more than one way")
	case form.Has("client_assertion") && form.Get("client_assertion_type") != assertionType:
		return nil, invalidRequest(400, "client_assertion_type must be "+assertionType)
	case form.Has("client_assertion"):
		v = x.byAssertion(form.Get("client_assertion"), form.Get("client_id"))
	case authorization != "":
		v = x.bySecret(basic(authorization, form.Get("client_id")))
	default:
		v = x.bySecret([]claim{{form.Get("client_id"), form.Get("client_secret")}})
	}
	return x.judged(v)
}

// judged says what a verdict comes to.
func (x *exchange) judged(v verdict) (*caller, *oauthProblem) {
	x.denial = v.denial
	if v.caller != nil {
		x.caller, x.subject = v.caller.name, v.subject
	}
	switch {
	case v.permission == welcome:
		return v.caller, nil
	case v.permission == elsewhere:
		return nil, &oauthProblem{status: 400, code: "unauthorized_client", detail: "this client may not ask from " + shownAddress(x.from)}
	case v.denial == nil:
		return nil, &oauthProblem{status: 401, code: "invalid_client", detail: "the client or its secret is missing or wrong"}
	case v.denial.undecided:
		return nil, &oauthProblem{status: 503, code: "temporarily_unavailable", detail: v.denial.reason, retryAfter: keysPause}
	}
	return nil, &oauthProblem{status: 401, code: "invalid_client", detail: "the assertion is not accepted: " + v.denial.reason}
}

// claim is who a client says it is, and how it proves it.
type claim struct{ id, secret string }

// basic gives the claims that a header may mean: both parts are encoded as in a
// form (section 2.3.1), which not every client does. One that names another
// client in the form claims nothing.
func basic(authorization, id string) (out []claim) {
	scheme, encoded, _ := strings.Cut(authorization, " ")
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		return nil
	}
	plain := claim{}
	plain.id, plain.secret, _ = strings.Cut(string(text), ":")
	out = []claim{plain}
	if one, err := url.QueryUnescape(plain.id); err == nil {
		if two, err := url.QueryUnescape(plain.secret); err == nil {
			out = append(out, claim{one, two})
		}
	}
	if id != "" && id != out[len(out)-1].id && id != plain.id {
		return nil
	}
	return out
}

// bySecret compares digests alone, with every client.
func (x *exchange) bySecret(claims []claim) (v verdict) {
	for _, c := range x.vendor.callers.list {
		if c.Client == nil || c.Client.Assertion != nil {
			continue
		}
		id, good := sha256.Sum256([]byte(c.Client.ID)), 0
		for _, claim := range claims {
			claimed, secret := sha256.Sum256([]byte(claim.id)), sha256.Sum256([]byte(claim.secret))
			good |= subtle.ConstantTimeCompare(id[:], claimed[:]) & subtle.ConstantTimeCompare(c.Client.Secret[:], secret[:])
		}
		if good == 1 {
			v.weigh(c, x.from, false)
		}
	}
	return v
}

// byAssertion asks every client that has no secret. The assertion's subject is
// Entra's name for it; the form may tell ours (RFC 7521 section 4.2).
func (x *exchange) byAssertion(assertion, id string) (v verdict) {
	for _, c := range x.vendor.callers.list {
		if c.Client == nil || c.Client.Assertion == nil || id != "" && id != c.Client.ID {
			continue
		}
		p, denial := c.issuer.verify(assertion, assertionLife)
		if denial != nil {
			v.deny(denial)
			continue
		}
		v.subject = p.subject
		v.weigh(c, x.from, false)
	}
	return v
}
