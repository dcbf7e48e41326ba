package transform

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"scimshim/transform/scim"
)

// paging is how far a list has been read that comes in pages.
type paging struct {
	page  int             // the one that is asked for; 0: none
	seen  int             // items on those before it
	next  scim.Value      // what the vendor named it by
	path  string          // where that is, or where the first one was asked for
	nexts map[string]bool // what named the pages so far
	shown map[string]bool // what tells the items on them apart
}

// restart begins with the first page, unless one is under way.
func (g *paging) restart() {
	if g.page == 0 {
		*g = paging{page: 1, nexts: map[string]bool{}, shown: map[string]bool{}}
	}
}

// env is what the call of a page sees.
func (g *paging) env(value scim.Value) *Env {
	return &Env{Value: value, Names: map[string]scim.Value{
		"page": scim.Int(int64(g.page)), "seen": scim.Int(int64(g.seen)), "next": g.next,
	}}
}

// meets counts an item, and reports whether no page has shown it before.
func (g *paging) meets(name string) bool {
	if g.shown[name] {
		return false
	}
	g.shown[name] = true
	g.seen++
	return true
}

// turn goes on to the next page, once the items of this one are counted; there is none
// after the last. More items than at_most are an error, and so is paging that would
// not end.
func (g *paging) turn(up *Upstream, call *Call, got Outcome) (problem *Outcome) {
	most := call.most()
	if g.seen > most {
		return &Outcome{Status: 503, Detail: call.tooMany(most)}
	}
	if got.Last || got.Kind == Absent {
		g.page = 0
		return nil
	}
	if g.page > most { // the last one may be empty
		return &Outcome{Status: 503, Detail: fmt.Sprintf("the vendor's list has more than %d pages: raise at_most in the vendor file", most)}
	}
	g.page, g.next = g.page+1, got.Next.Clone()
	if g.next.IsEmpty() {
		return nil
	}
	return g.goOn(up, call)
}

// goOn takes what the vendor names the next page by.
func (g *paging) goOn(up *Upstream, call *Call) (problem *Outcome) {
	name := g.next.JSON()
	if g.nexts[name] {
		again := broken("the vendor's list names the same next page twice: its paging cannot be followed")
		return &again
	}
	g.nexts[name] = true
	if !call.linked {
		return nil
	}
	path, err := up.below(g.path, g.next.Text())
	if err != nil {
		elsewhere := broken(err.Error())
		return &elsewhere
	}
	g.path = path
	return nil
}

func (c *Call) tooMany(most int) string {
	switch c.Operation {
	case LookUp:
		return fmt.Sprintf("the vendor lists more than %d items: raise at_most in the vendor file", most)
	case ListMembers:
		return "the group has more members than at_most of members.list: raise it in the vendor file"
	}
	if c.Operation == Find {
		return fmt.Sprintf("the vendor's search finds more than %d resources: raise at_most in the vendor file, if it is a search", most)
	}
	return fmt.Sprintf("the vendor lists more than %d resources: raise at_most in the vendor file, or give it a find", most)
}

// sendPage makes the call of a page.
func (p *Plan) sendPage(g *paging, call *Call, why string, env *Env) Move {
	move := p.send(call, why, env, scim.Value{})
	send, ok := move.(Send)
	if !ok {
		return nil // the call cannot be made, which ends the plan
	}
	send.paging = g
	g.locate(call, &send.Request)
	return send
}

// locate makes the request of a page that the vendor has named by its URL, whatever the
// file's own path is. What another page names is relative to where it was asked for.
func (g *paging) locate(call *Call, request *NativeRequest) {
	if call.linked && g.page > 1 {
		request.Path = g.path
	} else {
		g.path = request.Path
	}
}

// pages is where the call is in a list: nowhere, of one that has no pages.
func (s Send) pages() paging {
	if s.paging == nil {
		return paging{}
	}
	return *s.paging
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
