package config

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
	"strings"

	"scimshim/rules"
	"scimshim/transform"
)

// logins decodes how a session is got. It comes before whatever may use one.
func (d *decoder) logins(f fields, out *Vendor) {
	up := &out.Upstream
	d.session, d.logsIn = nil, f["login"] != nil || f["oauth2"] != nil
	if f["login"] != nil && f["oauth2"] != nil {
		d.report(f["oauth2"], codeConflict, "upstream: login and oauth2 exclude each other")
	}
	if f["refresh"] != nil && f["login"] == nil {
		d.report(f["refresh"], codeConflict, "upstream: refresh renews what login has begun, and there is no login")
	}
	up.Login = d.loginCalls(f["login"], "login")
	up.Refresh = d.loginCalls(f["refresh"], "refresh")
	if f["oauth2"] != nil {
		out.OAuth2 = d.oauth2(f["oauth2"], up.URL)
		up.Token, d.session = true, append(d.session, "token")
	}
}

// loginCalls decodes calls of which each knows what those before it have saved.
func (d *decoder) loginCalls(n *node, where string) (out []*transform.Call) {
	if n == nil || n.bad {
		return nil
	}
	if n.kind == sequence && len(n.items) == 0 {
		d.report(n, codeWrongKind, "%s: a call is needed here", where)
	}
	for _, item := range list(n) {
		if c, _ := d.call(item, transform.Login); c != nil {
			out = append(out, c)
			for _, saving := range c.Save {
				d.session = append(d.session, saving.Name)
			}
		}
	}
	return out
}

// loginMeanings refuses a meaning that only the answer to a request of the
// caller's can have.
func (d *decoder) loginMeanings(n *node) {
	for _, item := range n.items {
		for _, p := range item.pairs {
			is := transform.Meaning(p.value.text)
			if p.key.text != "is" || !slices.Contains(meanings, p.value.text) || slices.Contains(ofLogins, is) {
				continue
			}
			d.report(p.value, codeBadValue, "login.errors: %q says nothing of a login", "is: "+p.value.text).Hint =
				"login: it is refused; done: it went well; throttled and unavailable: later"
		}
	}
}

var ofLogins = []transform.Meaning{transform.IsLogin, transform.IsDone, transform.IsThrottled, transform.IsUnavailable}

const needsLogin = "add login or oauth2 under upstream"

// checkSession finds values of a session that no login saves.
func (d *decoder) checkSession(u use, where string) {
	for _, name := range u.below("session") {
		name = top(name)
		if slices.Contains(d.session, name) {
			continue
		}
		known := make([]string, len(d.session))
		for i, saved := range d.session {
			known[i] = "session." + saved
		}
		p := d.blame(u, "session."+name, codeUnknownPath, "%s: no login saves %q", where, "session."+name)
		if p.Hint = rules.DidYouMean("session."+name, known); !d.logsIn {
			p.Hint = needsLogin
		}
	}
}

// withoutSession refuses a condition on what is not known when it is decided.
func (d *decoder) withoutSession(n *node, c *transform.Call, where string) {
	if c.When == nil || c.Operation == transform.Login {
		return
	}
	for _, name := range c.When.Inputs() {
		if top(name) == "session" {
			d.report(n, codeUnknownPath, `%s: when: whether a call is made is decided before there is a session`, where).Hint =
				"use session in headers, query and body"
			return
		}
	}
}

// fingerprint tells two ways of reaching a vendor apart: while it stays, a reload
// need not log in anew, nor try a vendor that is away. It is a hash, since there are
// secrets in it.
func (d *decoder) fingerprint(upstream *node) (out [sha256.Size]byte) {
	h := sha256.New()
	d.addTo(h, upstream)
	h.Write(d.pems)
	h.Sum(out[:0])
	return out
}

func (d *decoder) addTo(h hash.Hash, n *node) {
	fmt.Fprintf(h, "%d %d %q %q\n", n.kind, n.style, n.text, d.quietly(n.text))
	for _, p := range n.pairs {
		fmt.Fprintf(h, "%q\n", p.key.text)
		d.addTo(h, p.value)
	}
	for _, item := range n.items {
		d.addTo(h, item)
	}
}

// quietly fills the secrets of a text in, and says nothing of those that are not
// there: somebody else does.
func (d *decoder) quietly(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return secretPattern.ReplaceAllStringFunc(text, func(match string) string {
		value, _ := d.secret(match[2 : len(match)-1])
		return value
	})
}
