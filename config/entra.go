package config

import (
	"net/url"
	"strings"
)

// Entra is what a token that Entra issues must say, and where the keys are that
// prove it (a JWT, RFC 7519).
type Entra struct {
	Tenant    string // its GUID: the claim tid
	Issuer    string // the claim iss
	Keys      string // the URL of the key set
	Audiences []string
	Subject   string // the claim sub; "": any
}

// issues is what Entra issues: its two kinds of token have issuers of their own.
type issues struct {
	audience string // unless the file names others; "": it must
	issuer   func(authority, tenant string) string
	keys     string // below the authority and the tenant
}

var (
	// issuesTokens: with an empty Secret Token Entra sends tokens of its version
	// 1, for an application that all non-gallery ones share.
	issuesTokens = issues{"8adf8e6e-67b2-4cf2-a259-e3dc5476c621", firstIssuer, "/discovery/keys"}
	// issuesAssertions: workload identity federation has tokens of version 2.
	issuesAssertions = issues{"", secondIssuer, "/discovery/v2.0/keys"}
)

const defaultAuthority = "https://login.microsoftonline.com"

// tokenServices issue the tokens of version 1 for the authorities that are not
// their own issuer.
var tokenServices = map[string]string{
	defaultAuthority:                           "https://sts.windows.net",
	"https://login.microsoftonline.us":         "https://sts.windows.net",
	"https://login.partner.microsoftonline.cn": "https://sts.chinacloudapi.cn",
	"https://login.chinacloudapi.cn":           "https://sts.chinacloudapi.cn",
}

func firstIssuer(authority, tenant string) string {
	if service, known := tokenServices[authority]; known {
		authority = service
	}
	return authority + "/" + tenant + "/"
}

func secondIssuer(authority, tenant string) string { return authority + "/" + tenant + "/v2.0" }

var entraShape = shape{keys: []string{"tenant", "audience", "subject", "authority"}}

// entra decodes whose tokens are believed.
func (d *decoder) entra(n *node, where string, what issues) *Entra {
	f := d.mapping(n, where, entraShape)
	if f == nil {
		return nil
	}
	out := &Entra{Tenant: d.tenant(n, f["tenant"], where), Audiences: []string{what.audience}}
	if what.audience == "" {
		d.need(n, where, f, "audience")
	}
	if f["audience"] != nil {
		out.Audiences = d.audiences(f["audience"], where+".audience")
	}
	if f["subject"] != nil {
		out.Subject = d.subject(f["subject"], where)
	} else {
		d.warn(n, codeAnySubject, "%s: any application of the tenant can get such a token", where).Hint =
			"name the one that calls with subject: its object ID under Enterprise applications, which the log shows as the subject of each call"
	}
	authority := defaultAuthority
	if f["authority"] != nil {
		authority = d.authority(f["authority"], where+".authority")
	}
	out.Issuer, out.Keys = what.issuer(authority, out.Tenant), authority+"/"+out.Tenant+what.keys
	return out
}

// isGUID reports whether a text has the form 8-4-4-4-12 of hexadecimal digits.
func isGUID(s string) bool {
	parts := strings.Split(s, "-")
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(parts) != 5 || len(parts[i]) != length || strings.Trim(parts[i], "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
}

// tenant gives the one tenant whose tokens are believed. The words that stand
// for any tenant would let in everybody's.
func (d *decoder) tenant(entra, n *node, where string) string {
	if n == nil {
		d.report(entra, codeMissingKey, "%s needs the key %q", where, "tenant")
		return ""
	}
	if n.kind == scalar && strings.TrimSpace(n.text) == "" && !n.bad {
		d.badTenant(n, where)
		return ""
	}
	text, ok := d.filled(n, where+".tenant")
	if ok && !isGUID(text) && !d.standsIn(text) {
		d.badTenant(n, where)
	}
	return strings.ToLower(text)
}

func (d *decoder) badTenant(n *node, where string) {
	p := d.report(n, codeBadTenant, "%s.tenant: %q is not the GUID of one tenant", where, n.text)
	p.Hint, p.bare = "write the Tenant ID that the overview of Microsoft Entra ID shows, such as 11111111-2222-3333-4444-555555555555", true
}

// subject gives the one application whose tokens count. A wrong one would be
// noticed by Entra's calls alone, all of which are refused.
func (d *decoder) subject(n *node, where string) string {
	text, ok := d.filled(n, where+".subject")
	if ok && !isGUID(text) && !d.standsIn(text) {
		p := d.report(n, codeBadSubject, "%s.subject: %q is not the GUID of one application", where, n.text)
		p.Hint, p.bare = "write the Object ID that the application shows under Enterprise applications; the one under App registrations is another", true
	}
	return strings.ToLower(text) // as Entra writes it in tokens
}

func (d *decoder) audiences(n *node, where string) (out []string) {
	if n.kind == sequence && len(n.items) == 0 {
		d.report(n, codeBadValue, "%s: the list is empty", where)
	}
	for _, item := range list(n) {
		if text, ok := d.filled(item, where); ok {
			out = append(out, text)
		}
	}
	return out
}

// authority gives the origin that issues tokens and has their keys.
func (d *decoder) authority(n *node, where string) string {
	text, ok := d.filled(n, where)
	if !ok || d.standsIn(text) {
		return text
	}
	u, err := url.Parse(text)
	code, problem := urlProblem(u, err, "")
	switch {
	case problem != "":
	case strings.Trim(u.Path, "/") != "":
		code, problem = codeBadURL, "it is a host alone, such as https://login.microsoftonline.us"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		code, problem = codeBadURL, "it must begin with https://: who can change the keys on their way can make tokens"
	}
	if problem != "" {
		d.report(n, code, "%s: %s", where, problem)
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}
