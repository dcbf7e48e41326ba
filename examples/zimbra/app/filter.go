package app

import (
	"encoding/hex"
	"strings"
)

// match tells whether the attributes of an account fulfil a filter.
type match func(attributes map[string][]string) bool

// filter reads one LDAP filter of RFC 4515: and, or, not, equality, presence and
// substrings. It gives what stands behind it.
func filter(text string) (m match, rest string, ok bool) {
	if len(text) < 3 || text[0] != '(' {
		return nil, text, false
	}
	switch text[1] {
	case '&', '|':
		return several(text[1] == '&', text[2:])
	case '!':
		inner, rest, ok := filter(text[2:])
		if !ok || !strings.HasPrefix(rest, ")") {
			return nil, rest, false
		}
		return func(attributes map[string][]string) bool { return !inner(attributes) }, rest[1:], true
	}
	item, rest, found := strings.Cut(text[1:], ")")
	name, value, equals := strings.Cut(item, "=")
	if !found || !equals || name == "" || strings.Contains(item, "(") {
		return nil, rest, false
	}
	m, ok = comparison(name, value)
	return m, rest, ok
}

func several(all bool, text string) (match, string, bool) {
	var parts []match
	for strings.HasPrefix(text, "(") {
		m, rest, ok := filter(text)
		if !ok {
			return nil, rest, false
		}
		parts, text = append(parts, m), rest
	}
	if !strings.HasPrefix(text, ")") {
		return nil, text, false
	}
	return func(attributes map[string][]string) bool {
		for _, part := range parts {
			if part(attributes) != all {
				return !all
			}
		}
		return all
	}, text[1:], true
}

// comparison compares in any case, as the attributes of an account do. Stars
// stand for anything.
func comparison(name, value string) (match, bool) {
	var pieces []string
	for _, piece := range strings.Split(value, "*") {
		plain, ok := unescape(piece)
		if !ok {
			return nil, false
		}
		pieces = append(pieces, strings.ToLower(plain))
	}
	return func(attributes map[string][]string) bool {
		for has, values := range attributes {
			if !strings.EqualFold(has, name) {
				continue
			}
			for _, one := range values {
				if fits(strings.ToLower(one), pieces) {
					return true
				}
			}
		}
		return false
	}, true
}

// fits matches a value with the pieces between the stars.
func fits(value string, pieces []string) bool {
	last := len(pieces) - 1
	if last == 0 {
		return value == pieces[0]
	}
	if !strings.HasPrefix(value, pieces[0]) {
		return false
	}
	value = value[len(pieces[0]):]
	for _, piece := range pieces[1:last] {
		_, after, found := strings.Cut(value, piece)
		if !found {
			return false
		}
		value = after
	}
	return strings.HasSuffix(value, pieces[last])
}

// unescape reads \2a and the like.
func unescape(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		if i+3 > len(text) {
			return "", false
		}
		code, err := hex.DecodeString(text[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b.Write(code)
		i += 2
	}
	return b.String(), true
}
