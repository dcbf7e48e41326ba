package rules

import (
	"net/url"
	"strings"
)

// link gives the address of a relation in a Link header (RFC 8288), which may be
// several headers joined by commas.
func link(_ bounds, args []any) (any, error) {
	rest, rel := args[0].(string), args[1].(string)
	for {
		_, after, found := strings.Cut(rest, "<")
		target, parameters, closed := strings.Cut(after, ">")
		if !found || !closed {
			return nil, nil
		}
		var relations string
		relations, rest = relationsOf(parameters)
		for _, one := range strings.Fields(relations) {
			if strings.EqualFold(one, rel) {
				return strings.TrimSpace(target), nil
			}
		}
	}
}

// relationsOf reads the parameters of one link, up to the comma that ends it. Of
// several with the name rel the first counts.
func relationsOf(s string) (relations, rest string) {
	known := false
	for {
		s = strings.TrimLeft(s, " \t;")
		if s == "" || s[0] == ',' {
			return relations, s
		}
		end := strings.IndexAny(s, "=;,")
		if end < 0 {
			end = len(s)
		}
		name := strings.TrimSpace(s[:end])
		value := ""
		if s = s[end:]; s != "" && s[0] == '=' {
			value, s = parameterValue(strings.TrimLeft(s[1:], " \t"))
		}
		if strings.EqualFold(name, "rel") && !known {
			relations, known = value, true
		}
	}
}

// parameterValue reads a token or a quoted string (RFC 9110 section 5.6.4).
func parameterValue(s string) (value, rest string) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return strings.TrimSpace(s[:end]), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// param gives the first value of a parameter in the query of an address.
func param(_ bounds, args []any) (any, error) {
	_, query, _ := strings.Cut(args[0].(string), "?")
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != args[1].(string) {
			continue
		}
		if value, err := url.QueryUnescape(value); err == nil {
			return value, nil
		}
		return nil, faultf("param: the value is not percent-encoded")
	}
	return nil, nil
}
