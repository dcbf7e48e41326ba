package entra

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// path is a target attribute. The portal knows four forms: userName,
// name.givenName, emails[type eq "work"].value, and a schema's URN with a colon
// before the name.
type path struct {
	text      string // as the portal writes it
	urn       string
	attribute string
	element   string // "work": the type of the element of a multi-valued attribute
	sub       string
}

// portalPath takes the URN up to the last colon, for its version has a dot.
var portalPath = regexp.MustCompile(`^(?:(urn:[\w.:-]+):)?([A-Za-z]\w*)(?:\[type eq "(\w+)"\])?(?:\.(\w+))?$`)

func parsePath(text string) (path, error) {
	m := portalPath.FindStringSubmatch(text)
	if m == nil || m[3] != "" && m[4] == "" {
		return path{}, fmt.Errorf("unknown form of target attribute %q", text)
	}
	return path{text: text, urn: m[1], attribute: m[2], element: m[3], sub: m[4]}, nil
}

// get gives what a resource shows at the path.
func (p path) get(resource []byte) gjson.Result {
	found := gjson.GetBytes(resource, p.root())
	if p.element != "" {
		found = elementOf(found, p.element)
	}
	if p.sub != "" {
		found = found.Get(p.sub)
	}
	return found
}

// set writes a value at the path. An element of the type that the path names is
// added if there is none; a first e-mail address becomes the primary one.
func (p path) set(resource []byte, value any) ([]byte, error) {
	at := p.root()
	if p.element != "" {
		elements := gjson.GetBytes(resource, at)
		index := indexOf(elements, p.element)
		at += "." + strconv.Itoa(index)
		if index == len(elements.Array()) {
			var err error
			if resource, err = sjson.SetBytes(resource, at, p.newElement(index)); err != nil {
				return nil, err
			}
		}
	}
	if p.sub != "" {
		at += "." + p.sub
	}
	return sjson.SetBytes(resource, at, value)
}

func (p path) newElement(index int) any {
	return struct {
		Type    string `json:"type"`
		Primary bool   `json:"primary,omitempty"`
	}{p.element, p.attribute == "emails" && index == 0}
}

// root gives the path of the attribute itself in the syntax of gjson and sjson.
func (p path) root() string {
	if p.urn == "" {
		return p.attribute
	}
	return key(p.urn) + "." + p.attribute
}

// key writes one member name for gjson and sjson, to which a dot in it would be
// the end of the name.
func key(name string) string { return strings.ReplaceAll(name, ".", `\.`) }

func elementOf(elements gjson.Result, kind string) gjson.Result {
	all := elements.Array()
	if i := indexOf(elements, kind); i < len(all) {
		return all[i]
	}
	return gjson.Result{}
}

// indexOf gives the place of the element with this type, or the place behind
// the last one.
func indexOf(elements gjson.Result, kind string) int {
	all := elements.Array()
	for i, e := range all {
		if e.Get("type").String() == kind {
			return i
		}
	}
	return len(all)
}
