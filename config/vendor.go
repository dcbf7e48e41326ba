package config

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"scimshim/transform"
	"scimshim/transform/scim"
)

var vendorShape = shape{
	keys: []string{"vendor", "callers", "upstream", "users", "groups", "extensions", "lookups"},
}

// vendorName is one segment of a URL that needs no encoding.
var vendorName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// vendor decodes a whole file.
func (d *decoder) vendor(n *node) *Vendor {
	d.name, d.calls, d.uses = n, map[*transform.Call]*node{}, map[*transform.Call][]use{}
	out := &Vendor{Vendor: &transform.Vendor{}}
	d.upstreams = &out.Upstream
	f := d.mapping(n, "the file", vendorShape)
	d.need(n, "the file", f, "vendor", "upstream", "users")
	if name := f["vendor"]; name != nil {
		d.name, out.position = name, d.position(name)
		out.Name, _ = d.text(name, "vendor")
		if out.Name != "" && !vendorName.MatchString(out.Name) {
			d.report(name, codeVendorName, "the vendor name %q is part of a URL: use up to 63 small letters, digits and hyphens", out.Name)
		}
	}
	users := &transform.Kind{Name: "users", Type: transform.UserType, Catalog: scim.NewCatalog(scim.CoreUser(), d.extensions(f["extensions"])...)}
	d.catalog, d.place = users.Catalog, transform.InAnswer
	if protocol := d.protocol(f["upstream"]); protocol != nil {
		d.scim, out.Upstream.SCIM = true, true
		d.fillIn(f, protocol)
	}
	if f != nil {
		out.Callers = d.callers(n, f["callers"])
		out.Schemes = schemes(out.Callers)
	}
	if f["upstream"] != nil {
		d.scopes = transform.NewScopes(d.catalog, nil, d.scim) // of its error rules
		d.upstream(f["upstream"], out)
		out.Fingerprint = d.fingerprint(f["upstream"])
	}
	out.Lookups = d.lookUps(f["lookups"])
	out.Users = d.kind(f["users"], users, usersShape)
	if groups := f["groups"]; groups != nil && groups.kind != mapping {
		d.word(groups, "groups", "unsupported")
	} else if groups != nil {
		out.Groups = d.kind(groups, &transform.Kind{Name: "groups", Type: transform.GroupType, Catalog: scim.NewCatalog(scim.CoreGroup())}, groupsShape)
	}
	if out.Users != nil && !d.source.failed() {
		out.Vendor.Assemble()
	}
	return out
}

// failed reports whether an error was found: what is half filled cannot be assembled.
func (s *source) failed() bool {
	return slices.ContainsFunc(s.problems, func(p *Diagnostic) bool { return p.Severity == Error })
}

var upstreamShape = shape{
	keys: []string{"url", "headers", "query", "body", "timeout", "limits", "errors", "protocol", "login", "refresh", "basic", "oauth2", "aws",
		"tls", "send", "expect"},
}

const defaultTimeout = 10 * time.Second

func (d *decoder) upstream(n *node, vendor *Vendor) {
	out := &vendor.Upstream
	out.Timeout = defaultTimeout
	f := d.mapping(n, "upstream", upstreamShape)
	d.need(n, "upstream", f, "url")
	if f["url"] != nil {
		out.URL = d.url(f["url"])
	}
	d.logins(f, vendor)
	d.used = nil
	if f["headers"] != nil {
		out.Headers = d.headers(f["headers"], "upstream.headers", transform.InUpstream)
	}
	if f["query"] != nil {
		out.Query = d.parameters(f["query"], "upstream.query", transform.InUpstream)
	}
	if f["body"] != nil && d.is(f["body"], mapping, "upstream.body") {
		out.Body = d.tree(f["body"], "upstream.body", transform.InUpstream)
	}
	d.authorize(f, vendor)
	if f["tls"] != nil {
		vendor.TLS = d.tls(f["tls"], out.URL)
	}
	if f["timeout"] != nil {
		out.Timeout = d.duration(f["timeout"], "upstream")
	}
	out.Limits = d.limits(f["limits"], "upstream.limits")
	out.Send, out.Expect = d.sends(f["send"], "upstream"), d.expects(f["expect"], "upstream")
	out.Errors = d.errors(f["errors"], "upstream")
}

var placeholder = regexp.MustCompile(`<[^<>]*>`)

// url gives the upstream's URL without a slash at its end. Messages show what
// was written, never what a secret made of it.
func (d *decoder) url(n *node) string { return d.whole(n, "upstream.url", "query") }

// whole gives a URL that says where something is.
func (d *decoder) whole(n *node, where, parameters string) string {
	written, ok := d.text(n, where)
	if !ok {
		return ""
	}
	text, ok := d.secrets(n, written)
	if !ok {
		return ""
	}
	return d.checkedURL(n, text, written, where, parameters)
}

func (d *decoder) checkedURL(n *node, text, written, where, parameters string) string {
	if d.opts.Placeholders {
		text = placeholder.ReplaceAllString(text, "vendor.invalid")
		if strings.HasPrefix(text, "vendor.invalid") {
			text = "https://" + text
		}
	}
	u, err := url.Parse(text)
	if code, problem := urlProblem(u, err, parameters); problem != "" {
		d.report(n, code, "%s %q: %s", where, shown(written), problem)
		return ""
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		d.warn(n, codePlainHTTP, "%s %q: users and credentials travel unencrypted over http", where, written)
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/")
}

// shown hides a password that somebody wrote into a URL.
func shown(written string) string {
	head, rest, found := strings.Cut(written, "://")
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); found && i >= 0 {
		return strings.TrimSuffix(head+"://...@"+host[i+1:]+"/"+path, "/")
	}
	return written
}

func urlProblem(u *url.URL, err error, parameters string) (code, problem string) {
	switch {
	case err != nil || u.Opaque != "":
		return codeBadURL, "it is not a URL"
	case u.Scheme != "https" && u.Scheme != "http":
		return codeBadURL, "it must begin with https:// or http://"
	case u.Hostname() == "":
		return codeBadURL, "the host is missing"
	case u.User != nil:
		return codeSecretInURL, "credentials belong under headers, not in the URL"
	case (u.RawQuery != "" || u.ForceQuery || u.Fragment != "") && parameters == "":
		return codeBadURL, "it may not have a query or fragment"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return codeBadURL, "it may not have a query or fragment: parameters of every call belong under " + parameters
	}
	return "", ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
