package transform

import (
	"errors"
	"net/url"
	"strings"
)

// goOn makes the request of a further page that the vendor has named by its URL.
func (p *Plan) goOn(call *Call, request *NativeRequest) (err error) {
	s := &p.search
	if call.linked && s.page > 1 {
		request.Path, err = p.up.below(s.path, s.next.Text())
	}
	if call.paged {
		s.path = request.Path
	}
	return err
}

// below gives the path of a page that the vendor names by its URL, absolute or
// relative to the request whose answer names it. The page must lie below the
// upstream's own URL: whatever else a vendor's answer says, the gateway's
// credentials go nowhere but there. What is encoded stays as it is.
func (up *Upstream) below(request, next string) (path string, err error) {
	base, err := url.Parse(up.URL)
	if err != nil {
		return "", errElsewhere
	}
	at, err := url.Parse(up.URL + request)
	if err != nil {
		return "", errElsewhere
	}
	to, err := url.Parse(next)
	if err != nil || to.Opaque != "" {
		return "", errElsewhere
	}
	to = at.ResolveReference(to)
	own := strings.TrimRight(base.EscapedPath(), "/")
	rest, under := strings.CutPrefix(to.EscapedPath(), own)
	switch {
	case !strings.EqualFold(to.Scheme, base.Scheme), !strings.EqualFold(to.Hostname(), base.Hostname()), portOf(to) != portOf(base), to.User != nil:
		return "", errElsewhere
	case !under || rest != "" && rest[0] != '/' || climbs(to.Path) || strings.ContainsFunc(to.RawQuery, unprintable):
		return "", errElsewhere
	}
	if own+rest == "" {
		rest = "/"
	}
	if to.RawQuery != "" {
		rest += "?" + to.RawQuery
	}
	return rest, nil
}

var errElsewhere = errors.New("the vendor's next page is not below the upstream's url")

func portOf(u *url.URL) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case strings.EqualFold(u.Scheme, "https"):
		return "443"
	}
	return "80"
}

// climbs finds what is left of dots, encoded or behind a backslash, that a server
// would resolve. Some cut a segment at a semicolon or a NUL first, or drop what
// cannot be seen.
func climbs(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		segment, _, _ = strings.Cut(segment, ";")
		segment, _, _ = strings.Cut(segment, "\x00")
		segment = strings.TrimFunc(segment, unprintable)
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// unprintable: a space or line break would end the line of the request.
func unprintable(r rune) bool { return r <= ' ' || r >= 0x7f }
