package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"scimshim/config"
	"scimshim/transform/scim"
)

// caller is somebody who may call a vendor, at work.
type caller struct {
	*config.Caller
	name    string  // for the log: the place in the file, and the kind
	issuer  *issuer // whose tokens are believed; nil: Entra issues none for this caller
	binding []byte  // of a client: what our tokens for it are bound to
}

// callers are those of one vendor.
type callers struct {
	list []*caller
	sign *signer
}

func (g *Gateway) newCallers(vendor string, from []config.Caller) *callers {
	out := &callers{sign: &signer{g.store.SigningKey()}}
	for i := range from {
		c := &caller{Caller: &from[i]}
		kind := "token"
		switch {
		case c.Entra != nil:
			kind, c.issuer = "entra", g.newIssuer(c.Entra)
			c.issuer.named = true // as Entra's own token for provisioning is; of assertions that is not known
		case c.Client != nil:
			kind, c.binding = "client", binding(vendor, c.Client)
			if c.Client.Assertion != nil {
				c.issuer = g.newIssuer(c.Client.Assertion)
			}
		}
		c.name = fmt.Sprintf("%d (%s)", i+1, kind)
		out.list = append(out.list, c)
	}
	return out
}

// grants reports whether there is anybody to issue tokens for.
func (cs *callers) grants() bool {
	return slices.ContainsFunc(cs.list, func(c *caller) bool { return c.Client != nil })
}

// permission is what a caller may do with a request; more is better.
type permission int

const (
	unknown permission = iota
	elsewhere
	readOnly
	welcome
)

// verdict is what came of a credential.
type verdict struct {
	permission permission
	caller     *caller // nil: unknown
	subject    string  // of a token of Entra's
	denial     *denial // why a token of Entra's was not believed; nil: it is none
}

// weigh takes in a caller that the credential is good for. The same one may
// stand in a file twice, as once for each of two networks.
func (v *verdict) weigh(c *caller, from netip.Addr, writes bool) {
	s := welcome
	switch {
	case !c.within(from):
		s = elsewhere
	case writes && c.ReadOnly:
		s = readOnly
	}
	if s > v.permission {
		v.permission, v.caller = s, c
	}
}

// deny keeps the reason of the caller that came closest.
func (v *verdict) deny(d *denial) {
	if v.denial == nil || d.reached > v.denial.reached {
		v.denial = d
	}
}

func (c *caller) within(from netip.Addr) bool {
	return c.Networks == nil || slices.ContainsFunc(c.Networks, func(network netip.Prefix) bool { return network.Contains(from) })
}

// authenticate finds the caller whose token an Authorization header holds. Of
// tokens and secrets only digests are compared, and always with every caller, so
// that the time taken says nothing about them.
func (cs *callers) authenticate(authorization string, from netip.Addr, writes bool, now time.Time) (v verdict) {
	token, bearer := bearerToken(authorization)
	sum := sha256.Sum256([]byte(token))
	own, foreign := cs.sign.read(token), strings.Count(token, ".") == 2
	for _, c := range cs.list {
		good := false
		switch {
		case c.Entra != nil:
			if !foreign {
				continue
			}
			subject, denial := c.issuer.bearer(token, sum)
			if denial != nil {
				v.deny(denial)
			} else {
				good, v.subject = true, subject
			}
		case c.Client != nil:
			good = cs.sign.good(own, c.binding, now)
		default:
			good = subtle.ConstantTimeCompare(sum[:], c.Token[:]) == 1
		}
		if good && bearer {
			v.weigh(c, from, writes)
		}
	}
	return v
}

// bearerToken takes the token out of the header (RFC 6750 section 2.1).
func bearerToken(authorization string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

// admit lets in who may call this vendor from where the request comes.
func (x *exchange) admit() *scim.Error {
	x.from = x.gateway.sender(x.ctx)
	v := x.vendor.callers.authenticate(string(x.ctx.Request.Header.Peek("Authorization")), x.from, x.writes(), x.facts.Now)
	x.denial = v.denial
	if v.caller != nil {
		x.caller, x.subject = v.caller.name, v.subject
	}
	switch {
	case v.permission == welcome:
		return nil
	case v.permission == readOnly:
		return &scim.Error{Status: 403, Detail: "this caller may only read"}
	case v.permission == elsewhere:
		return &scim.Error{Status: 403, Detail: "this caller may not call from " + shownAddress(x.from)}
	case v.denial != nil && v.denial.undecided:
		return &scim.Error{Status: 503, Detail: v.denial.reason, RetryAfter: keysPause}
	}
	return x.unauthorized(v.denial)
}

// unauthorized is the answer to a credential that is none (RFC 6750 section 3).
func (x *exchange) unauthorized(why *denial) *scim.Error {
	challenge, detail := `Bearer realm="scimshim"`, "the secret token is missing or wrong"
	if why != nil {
		challenge, detail = challenge+`, error="invalid_token"`, "the token of Entra is not accepted: "+why.reason
	}
	x.ctx.Response.Header.Set("WWW-Authenticate", challenge)
	return &scim.Error{Status: 401, Detail: detail}
}

// writes reports whether more than reading is asked. A search by POST reads (RFC
// 7644 section 3.4.3).
func (x *exchange) writes() bool {
	return x.method != "GET" && (x.method != "POST" || !x.target.search || x.target.one)
}
