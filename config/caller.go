package config

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"scimshim/transform"
)

// Caller is somebody who may call the vendor. One of Token, Entra and Client
// says how they are known; of secrets only the hash is kept in memory.
type Caller struct {
	Token    [sha256.Size]byte // SHA-256 of the bearer token
	Entra    *Entra            // the bearer token is one that Entra issues
	Client   *Client           // the bearer token is one of ours, which the client asks for
	ReadOnly bool
	Networks []netip.Prefix // from where; nil: from anywhere
}

// Client may ask for tokens of ours (RFC 6749 section 4.4), by its secret or by
// an assertion that Entra issues for it (RFC 7523).
type Client struct {
	ID        string
	Secret    [sha256.Size]byte // SHA-256 of the secret
	Assertion *Entra            // nil: by the secret
}

var (
	callerShape = shape{keys: []string{"token", "token_sha256", "entra", "client", "read_only", "networks"}}
	clientShape = shape{keys: []string{"id", "secret", "entra"}}
)

// identities are the keys of a caller of which exactly one is given.
var identities = []string{"token", "token_sha256", "entra", "client"}

// callers decodes who may call. Nobody is an error: the vendor's users would be
// everybody's, or no one's.
func (d *decoder) callers(file, n *node) (out []Caller) {
	if n == nil || n.kind == empty && !n.bad || n.kind == sequence && len(n.items) == 0 {
		if n == nil {
			n = file
		}
		p := d.report(n, codeNoCaller, "nobody may call this vendor: name at least one of callers")
		p.Hint, p.bare = `add callers: [{token: "${env:SCIM_TOKEN}"}]`, true
		return nil
	}
	if !d.is(n, sequence, "callers") {
		return nil
	}
	for _, item := range n.items {
		if f := d.mapping(item, "callers", callerShape); f != nil {
			out = append(out, d.caller(item, f))
		}
	}
	return out
}

func (d *decoder) caller(n *node, f fields) (out Caller) {
	switch d.either(n, "a caller", "callers", f, identities) {
	case "token":
		out.Token = d.hashed(f["token"], "a caller's token", "callers")
	case "token_sha256":
		out.Token = d.digest(f["token_sha256"])
	case "entra":
		out.Entra = d.entra(f["entra"], "callers.entra", issuesTokens)
	case "client":
		out.Client = d.client(f["client"])
	}
	out.ReadOnly = d.boolean(f["read_only"], "callers")
	out.Networks = d.networks(f["networks"])
	return out
}

// either gives the one key of several that a mapping has, and reports none and many.
func (d *decoder) either(n *node, who, where string, f fields, keys []string) (given string) {
	for _, key := range keys {
		switch {
		case f[key] == nil:
		case given != "":
			d.report(f[key], codeConflict, "%s: %s and %s exclude each other", where, given, key)
		default:
			given = key
		}
	}
	if given == "" {
		last := len(keys) - 1
		d.report(n, codeMissingKey, "%s needs one of the keys %s and %s", who, strings.Join(keys[:last], ", "), keys[last])
	}
	return given
}

// client decodes a client of the token endpoint.
func (d *decoder) client(n *node) *Client {
	const where = "callers.client"
	f := d.mapping(n, where, clientShape)
	if f == nil {
		return nil
	}
	out := &Client{}
	d.need(n, where, f, "id")
	if f["id"] != nil {
		id, ok := d.filled(f["id"], where+".id")
		if out.ID = id; ok && !visible(id) {
			d.report(f["id"], codeBadValue, "%s.id: it contains a character that no form can carry safely: use visible ASCII", where)
		}
	}
	switch d.either(n, where, where, f, []string{"secret", "entra"}) {
	case "secret":
		out.Secret = d.hashed(f["secret"], "a client's secret", where)
	case "entra":
		out.Assertion = d.entra(f["entra"], where+".entra", issuesAssertions)
	}
	return out
}

// filled gives a text with its secrets filled in.
func (d *decoder) filled(n *node, where string) (string, bool) {
	text, ok := d.text(n, where)
	if !ok {
		return "", false
	}
	return d.secrets(n, text)
}

// standsIn reports whether a text is one that the author has not written: what
// it stands for is not known.
func (d *decoder) standsIn(text string) bool {
	return d.opts.Placeholders && strings.HasPrefix(text, "<")
}

// hashed gives the hash of a secret that callers send.
func (d *decoder) hashed(n *node, what, where string) (out [sha256.Size]byte) {
	secret, ok := d.credential(n, what, where)
	switch {
	case !ok:
	case !visible(secret):
		d.report(n, codeBadToken, "%s contains a character that no header can carry", what)
	default:
		out = sha256.Sum256([]byte(secret))
	}
	return out
}

// digest gives the hash of a token that the file has as a hash.
func (d *decoder) digest(n *node) (out [sha256.Size]byte) {
	text, ok := d.credential(n, "a caller's token", "callers")
	switch {
	case !ok:
	case d.standsIn(text):
		out = sha256.Sum256([]byte(text))
	default:
		digest, err := hex.DecodeString(text)
		if err != nil || len(digest) != len(out) {
			d.report(n, codeBadToken, "token_sha256 needs the 64 hexadecimal digits of a SHA-256")
		}
		copy(out[:], digest)
	}
	return out
}

func (d *decoder) credential(n *node, what, where string) (string, bool) {
	if n.kind == scalar && strings.TrimSpace(n.text) == "" && !n.bad {
		d.report(n, codeBadToken, "%s is empty", what)
		return "", false
	}
	return d.filled(n, where)
}

// visible reports whether a text is what a bearer token can be: visible ASCII.
func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// schemes tells how these callers authenticate, each way once.
func schemes(callers []Caller) (out []transform.Scheme) {
	for _, c := range callers {
		if s := c.scheme(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (c *Caller) scheme() transform.Scheme {
	switch {
	case c.Entra != nil:
		return transform.Scheme{Type: "oauthbearertoken", Name: "Token of Microsoft Entra ID",
			Description: "A token that Entra issues for this tenant, in the header Authorization: Bearer", Spec: "https://www.rfc-editor.org/info/rfc9068"}
	case c.Client != nil && c.Client.Assertion != nil:
		return transform.Scheme{Type: "oauth2", Name: "Workload Identity Federation",
			Description: "An assertion of Entra is exchanged for a token at the token endpoint", Spec: "https://www.rfc-editor.org/info/rfc7523"}
	case c.Client != nil:
		return transform.Scheme{Type: "oauth2", Name: "OAuth 2 Client Credentials",
			Description: "Client identifier and secret are exchanged for a token at the token endpoint", Spec: "https://www.rfc-editor.org/info/rfc6749"}
	}
	return transform.Scheme{Type: "oauthbearertoken", Name: "OAuth Bearer Token",
		Description: "The secret token of the tenant, in the header Authorization: Bearer", Spec: "https://www.rfc-editor.org/info/rfc6750"}
}
