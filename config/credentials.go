package config

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// OAuth2 is how a vendor's authorization server gives tokens (RFC 6749).
type OAuth2 struct {
	TokenURL     string
	ClientID     string
	ClientSecret string // "": a public client
	InBody       bool   // where the client's identifier and secret are sent; else in a header
	Grant        string // client_credentials, password or refresh_token
	Username     string
	Password     string
	RefreshToken string     // the first one
	Params       url.Values // further parameters: scope and audience too
}

// The grants of RFC 6749 that need nobody at a browser.
const (
	ClientCredentials = "client_credentials"
	PasswordGrant     = "password"
	RefreshTokenGrant = "refresh_token"
)

// AWS is what requests are signed with (Signature Version 4).
type AWS struct {
	AccessKey, SecretKey string
	SessionToken         string // "": none
	Region, Service      string
}

var (
	basicShape  = shape{keys: []string{"user", "password"}}
	awsShape    = shape{keys: []string{"access_key", "secret_key", "session_token", "region", "service"}}
	oauth2Shape = shape{keys: []string{"token_url", "client_id", "client_secret", "scope", "audience", "grant", "username", "password",
		"refresh_token", "auth", "params"}}
)

// ofGrants says which keys belong to one grant alone.
var ofGrants = []struct {
	key, grant string
}{{"username", PasswordGrant}, {"password", PasswordGrant}, {"refresh_token", RefreshTokenGrant}}

// authorize decodes what says who the gateway is. Of what sets the header
// Authorization there is one.
func (d *decoder) authorize(f fields, out *Vendor) {
	giving := slices.IndexFunc(out.Upstream.Headers, func(h transform.Named) bool { return strings.EqualFold(h.Name, "Authorization") })
	first := ""
	if giving >= 0 {
		first = "headers"
	}
	for _, key := range []string{"basic", "oauth2", "aws"} {
		n := f[key]
		if n == nil || key == "oauth2" && d.usesSession() {
			continue
		}
		if first != "" {
			p := d.report(n, codeConflict, "upstream: %s and %s exclude each other: both give the header Authorization", first, key)
			if key == "oauth2" {
				p.Hint = "where the token goes elsewhere, say so with session.token"
			}
			continue
		}
		first = key
		switch key {
		case "basic":
			d.addHeader(out, transform.Tree{Literal: scim.String(d.basic(n))})
		case "oauth2":
			bearer, _ := d.scopes.Compile(transform.InUpstream, `"Bearer " + session.token`, "any")
			d.addHeader(out, transform.Tree{Expr: bearer})
		case "aws":
			out.AWS = d.aws(n)
		}
	}
}

// usesSession reports whether the headers, query or body of the upstream say
// themselves where the token goes.
func (d *decoder) usesSession() bool {
	return slices.ContainsFunc(d.used, func(u use) bool { return len(u.below("session")) > 0 })
}

func (d *decoder) addHeader(out *Vendor, value transform.Tree) {
	out.Upstream.Headers = append(out.Upstream.Headers, transform.Named{Name: "Authorization", Value: value})
}

// basic gives the header of RFC 7617. Of one that is only shown, a name can be read.
func (d *decoder) basic(n *node) string {
	const where = "upstream.basic"
	f := d.mapping(n, where, basicShape)
	if d.need(n, where, f, "user", "password"); f["user"] == nil || f["password"] == nil {
		return ""
	}
	user, known := d.filled(f["user"], where+".user")
	password, ok := d.filled(f["password"], where+".password")
	if !known || !ok {
		return ""
	}
	if strings.Contains(user, ":") {
		d.report(f["user"], codeBadValue, "%s.user: it contains a colon, which ends a user name", where)
	}
	if d.opts.Placeholders {
		if !d.standsIn(password) {
			password = "<password>"
		}
		return "Basic base64(" + user + ":" + password + ")"
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func (d *decoder) aws(n *node) *AWS {
	const where = "upstream.aws"
	f := d.mapping(n, where, awsShape)
	d.need(n, where, f, "access_key", "secret_key", "region", "service")
	out := &AWS{}
	for key, to := range map[string]*string{"access_key": &out.AccessKey, "secret_key": &out.SecretKey,
		"session_token": &out.SessionToken, "region": &out.Region, "service": &out.Service} {
		if f[key] != nil {
			*to = d.visibly(f[key], where+"."+key)
		}
	}
	return out
}

// visibly gives a text that a header can carry.
func (d *decoder) visibly(n *node, where string) string {
	text, ok := d.filled(n, where)
	if ok && !visible(text) {
		d.report(n, codeBadValue, "%s contains a character that no header can carry", where)
	}
	return text
}

func (d *decoder) oauth2(n *node, upstream string) *OAuth2 {
	const where = "upstream.oauth2"
	f := d.mapping(n, where, oauth2Shape)
	if f == nil {
		return nil
	}
	out := &OAuth2{Grant: ClientCredentials, Params: url.Values{}}
	if f["grant"] != nil {
		out.Grant = d.word(f["grant"], where+".grant", ClientCredentials, PasswordGrant, RefreshTokenGrant)
	}
	d.need(n, where, f, "token_url", "client_id")
	d.fitsGrant(n, f, out.Grant)
	if f["token_url"] != nil {
		out.TokenURL = d.tokenURL(f["token_url"], upstream)
	}
	for key, to := range map[string]*string{"client_id": &out.ClientID, "client_secret": &out.ClientSecret, "username": &out.Username,
		"password": &out.Password, "refresh_token": &out.RefreshToken} {
		if f[key] != nil {
			*to, _ = d.filled(f[key], where+"."+key)
		}
	}
	if f["auth"] != nil {
		out.InBody = d.word(f["auth"], where+".auth", "header", "body") == "body"
	}
	d.tokenParams(f, out)
	return out
}

// fitsGrant wants the keys that the grant needs, and none that it does not know.
func (d *decoder) fitsGrant(n *node, f fields, grant string) {
	const where = "upstream.oauth2"
	if grant == ClientCredentials {
		d.need(n, where, f, "client_secret")
	}
	for _, of := range ofGrants {
		switch {
		case of.grant == grant:
			d.need(n, where, f, of.key)
		case f[of.key] != nil && grant != "":
			d.report(f[of.key], codeMisplacedKey, "%s: %q has no meaning with grant: %s", where, of.key, grant).Hint = "add grant: " + of.grant
		}
	}
}

// ownParams are the parameters that a token request has by itself.
var ownParams = []string{"grant_type", "client_id", "client_secret", "username", "password", "refresh_token", "scope", "audience"}

func (d *decoder) tokenParams(f fields, out *OAuth2) {
	const where = "upstream.oauth2"
	if n := f["scope"]; n != nil {
		var scopes []string
		for _, item := range list(n) {
			if scope, ok := d.filled(item, where+".scope"); ok {
				scopes = append(scopes, scope)
			}
		}
		out.Params.Set("scope", strings.Join(scopes, " "))
	}
	if n := f["audience"]; n != nil {
		audience, _ := d.filled(n, where+".audience")
		out.Params.Set("audience", audience)
	}
	if f["params"] == nil {
		return
	}
	for _, p := range d.entries(f["params"], where+".params") {
		if slices.Contains(ownParams, p.key.text) {
			d.report(p.key, codeMisplacedKey, "%s.params: %q is not a further parameter", where, p.key.text).Hint = "say it beside params"
			continue
		}
		value, _ := d.filled(p.value, where+".params."+p.key.text)
		out.Params.Set(p.key.text, value)
	}
}

// tokenURL is whole, or a path below the upstream's URL.
func (d *decoder) tokenURL(n *node, upstream string) string {
	const where = "upstream.oauth2.token_url"
	written, ok := d.text(n, where)
	if ok && strings.HasPrefix(written, "/") {
		return d.checkedURL(n, upstream+written, written, where, "params")
	}
	return d.whole(n, where, "params")
}
