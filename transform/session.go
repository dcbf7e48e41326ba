package transform

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimshim/transform/scim"
)

// Session is what logins have yielded: the values that they save, and cookies. It
// is never changed.
type Session struct {
	Values  scim.Value        // an object; Absent: none
	Cookies map[string]string // by name
	Sketch  bool              // it stands for one: requests are as they are shown
}

// Doubt says whether an answer means that the session is no longer good.
type Doubt uint8

const (
	NoDoubt   Doubt = iota
	Forbidden       // perhaps: the vendor may not permit the call to anybody
	Expired
)

// LogsIn reports whether calls need a session.
func (u *Upstream) LogsIn() bool { return len(u.Login) > 0 || u.Token }

// beforeLogin is what of the upstream goes into a call that is made to get a session.
func (u *Upstream) beforeLogin() *Upstream {
	out := *u
	without := func(all []Named) []Named {
		return slices.DeleteFunc(slices.Clone(all), func(n Named) bool { return n.Value.Expr.reads("session") })
	}
	out.Headers, out.Query = without(u.Headers), without(u.Query)
	out.Body = u.Body.beforeLogin()
	return &out
}

func (t *Tree) beforeLogin() Tree {
	out := *t
	out.Members, out.Items = nil, nil
	for _, m := range t.Members {
		if !m.Tree.Expr.reads("session") {
			out.Members = append(out.Members, TreeMember{m.Name, m.Tree.beforeLogin()})
		}
	}
	for _, item := range t.Items {
		if !item.Expr.reads("session") {
			out.Items = append(out.Items, item.beforeLogin())
		}
	}
	return out
}

// rendering is what a request was made of, to be made again with a session.
type rendering struct {
	up  *Upstream
	env Env
}

// With renders the request with a session. What needs none is as it was.
func (s Send) With(session Session) (NativeRequest, error) {
	if s.from == nil || session.Sketch {
		return s.Request, nil
	}
	request, err := s.Call.Render(s.from.up, s.from.env.with(session), s.Fields)
	if err != nil {
		return request, err
	}
	if s.paging != nil {
		s.paging.locate(s.Call, &request)
	}
	return request, session.addCookies(&request)
}

func (e *Env) with(session Session) *Env {
	out := *e
	out.Names = maps.Clone(e.Names)
	if out.Names == nil {
		out.Names = map[string]scim.Value{}
	}
	out.Names["session"], out.Sketch = session.Values, false
	return &out
}

// addCookies sends the cookies beside those that the file sends.
func (s Session) addCookies(r *NativeRequest) error {
	if len(s.Cookies) == 0 {
		return nil
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(s.Cookies)) {
		pairs = append(pairs, name+"="+s.Cookies[name])
	}
	text := strings.Join(pairs, "; ")
	if strings.ContainsAny(text, "\r\n\x00") {
		return fmt.Errorf("header Cookie would contain a line break")
	}
	at := slices.IndexFunc(r.Headers, func(h Header) bool { return strings.EqualFold(h.Name, "Cookie") })
	if at < 0 {
		r.Headers = append(r.Headers, Header{"Cookie", text})
	} else {
		r.Headers[at].Value += "; " + text
	}
	return nil
}

// LoginCall renders a call of a login; wanted says whether it is to be made at all.
func (u *Upstream) LoginCall(c *Call, session Session, now time.Time) (send Send, wanted bool, err error) {
	env := (&Env{Now: now}).with(session)
	if c.When != nil {
		if wanted, err = c.When.Holds(env); err != nil || !wanted {
			return send, false, err
		}
	}
	send = Send{Call: c, Why: "login", cookies: session.Cookies}
	if send.Request, err = c.Render(u.beforeLogin(), env, scim.Value{}); err != nil {
		return send, false, err
	}
	return send, true, session.addCookies(&send.Request)
}

// LoggedIn reads the answer to a call of a login: what the session is after it, and
// whether it went well. It never repeats the vendor's words.
func (s Send) LoggedIn(a Answer, u *Upstream, session Session) (Session, Outcome) {
	out := s.Outcome(a)
	if out.Kind != Done {
		return session, out
	}
	session.Cookies = a.cookies(u.host(), session.Cookies)
	body, _ := s.Call.Expect.Format.read(a.Body) // a page of HTML is none
	env := s.env(a, body)
	values := session.Values
	if values.IsAbsent() {
		values = scim.Object()
	}
	for _, saving := range s.Call.Save {
		v, err := saving.Value.Eval(env)
		switch {
		case err != nil:
			return session, broken(fmt.Sprintf("what login saves as %q cannot be told: %v", saving.Name, err))
		case !v.IsEmpty():
			values = values.With(saving.Name, v.Clone())
		case saving.Name != expires:
			return session, broken(fmt.Sprintf("the answer does not contain what login saves as %q", saving.Name))
		}
	}
	session.Values = values
	return session, out
}

// SetsCookies reports whether the answer sets a cookie.
func (a Answer) SetsCookies() bool { return a.header("Set-Cookie") != "" }

// Noting is the session with the cookies that an answer to any call sets.
func (s Session) Noting(a Answer, u *Upstream) Session {
	if !s.Sketch {
		s.Cookies = a.cookies(u.host(), s.Cookies)
	}
	return s
}

// host is that of the upstream, for the cookies that are for another one.
func (u *Upstream) host() string {
	if parsed, err := url.Parse(u.URL); err == nil {
		return parsed.Hostname()
	}
	return ""
}

// Bounds of the cookies of a session, so that a vendor which names another one in
// each answer does not make every request larger than the one before.
const (
	mostCookies = 50
	cookieRoom  = 6 << 10 // bytes of names and values: servers refuse headers of 8 KiB
)

// cookies gives those that were there with those that the answer sets: their paths
// and the like are of no interest, since one upstream is one place.
func (a Answer) cookies(host string, before map[string]string) map[string]string {
	out := maps.Clone(before)
	for _, h := range a.Headers {
		if !strings.EqualFold(h.Name, "Set-Cookie") {
			continue
		}
		cookie, err := http.ParseSetCookie(h.Value)
		if err != nil || !sameSite(host, cookie.Domain) {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		if past := !cookie.Expires.IsZero() && !cookie.Expires.After(a.Now); cookie.MaxAge < 0 || cookie.MaxAge == 0 && past {
			delete(out, cookie.Name)
		} else {
			addCookie(out, cookie.Name, cookie.Value)
		}
	}
	return out
}

// addCookie leaves out the cookie that there is no room for.
func addCookie(to map[string]string, name, value string) {
	before, known := to[name]
	size := len(value) - len(before)
	if !known {
		size += len(name)
	}
	for name, value := range to {
		size += len(name) + len(value)
	}
	if size <= cookieRoom && (known || len(to) < mostCookies) {
		to[name] = value
	}
}

// sameSite reports whether a cookie of the domain goes to the host (RFC 6265
// section 5.1.3); without a host, to any.
func sameSite(host, domain string) bool {
	domain = strings.TrimPrefix(strings.ToLower(domain), ".")
	host = strings.ToLower(host)
	return domain == "" || host == "" || host == domain || strings.HasSuffix(host, "."+domain)
}

// expires is the name under which a login saves when its session ends.
const expires = "expires"

// Numbers from these on are no seconds from now but Unix time.
const (
	unixSeconds = 1e9
	unixMillis  = 1e12
)

// Expires says when the session ends; the zero time when it does not say so. ok
// is false for what cannot be read.
func (s Session) Expires(now time.Time) (end time.Time, ok bool) {
	v := s.Values.Member(expires)
	text := v.Text()
	if v.IsEmpty() {
		return end, true
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case !(seconds >= 0 && seconds < 1e15):
			return end, false
		case seconds >= unixMillis:
			return time.UnixMilli(int64(seconds)), true
		case seconds >= unixSeconds:
			return time.Unix(int64(seconds), 0), true
		}
		return now.Add(time.Duration(seconds * float64(time.Second))), true
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05"} {
		if end, err := time.Parse(form, text); err == nil {
			return end, true
		}
	}
	end, err := http.ParseTime(text)
	return end, err == nil
}
