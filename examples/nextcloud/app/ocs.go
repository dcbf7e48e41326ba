package app

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"scimshim/examples/api"
)

// The status codes that OCS itself has.
const (
	fine        = 100
	notLoggedIn = 997
	notFound    = 998
	missing     = 404 // what newer versions say of a user or group that is not there
)

// answer is what a call is answered: a status code and data.
type answer struct {
	code      int
	message   string
	data      any // an object, a list, or nil
	throttled bool
}

// object is an object whose members have an order.
type object []member

type member struct {
	name  string
	value any // object, list, string, int, bool, or nil
}

// list is what PHP has as an array without keys.
type list []any

func found(data any) answer { return answer{code: fine, message: "OK", data: data} }

func done() answer { return found(list{}) }

func refuse(code int, message string) answer {
	return answer{code: code, message: message, data: list{}}
}

// message is what Nextcloud says before OCS comes in.
func message(status int, text string) api.Answer {
	return api.Text(status, "application/json; charset=utf-8", `{"message":"`+text+`"}`)
}

func (a answer) encode(r *http.Request) api.Answer {
	if a.throttled {
		return message(http.StatusTooManyRequests, "Rate limit exceeded")
	}
	second := strings.HasPrefix(r.URL.Path, v2)
	code, status := a.code, http.StatusOK
	if code == notLoggedIn {
		status = http.StatusUnauthorized
	}
	if second {
		status = statusOf(code)
		if code == fine {
			code = 200
		}
	}
	meta := object{{"status", map[bool]string{true: "ok", false: "failure"}[a.code == fine]}, {"statuscode", code}, {"message", a.message}}
	if !second {
		meta = append(meta, member{"totalitems", ""}, member{"itemsperpage", ""})
	}
	body := object{{"ocs", object{{"meta", meta}, {"data", a.data}}}}
	if r.URL.Query().Get("format") == "json" {
		return api.Text(status, "application/json; charset=utf-8", string(writeJSON(nil, body)))
	}
	return api.Text(status, "application/xml; charset=utf-8", "<?xml version=\"1.0\"?>\n"+writeXML(body))
}

// statusOf is what version 2 makes of a code.
func statusOf(code int) int {
	switch {
	case code == fine:
		return http.StatusOK
	case code == notLoggedIn:
		return http.StatusUnauthorized
	case code == notFound:
		return http.StatusNotFound
	case code < 200 || code > 600:
		return http.StatusBadRequest
	}
	return code
}

// writeXML writes as Nextcloud does: an element of a list is called element, and
// values are what PHP makes of them as texts.
func writeXML(value any) string {
	var b strings.Builder
	switch v := value.(type) {
	case object:
		for _, m := range v {
			writeElement(&b, m.name, m.value)
		}
	case list:
		for _, one := range v {
			writeElement(&b, "element", one)
		}
	case bool:
		if v {
			b.WriteString("1")
		}
	case int:
		b.WriteString(strconv.Itoa(v))
	case string:
		xml.EscapeText(&b, []byte(v))
	}
	return b.String()
}

func writeElement(b *strings.Builder, name string, value any) {
	if value == nil {
		b.WriteString("<" + name + "/>\n")
		return
	}
	b.WriteString("<" + name + ">" + writeXML(value) + "</" + name + ">\n")
}

func writeJSON(out []byte, value any) []byte {
	switch v := value.(type) {
	case object:
		out = append(out, '{')
		for i, m := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(strconv.AppendQuote(out, m.name), ':')
			out = writeJSON(out, m.value)
		}
		return append(out, '}')
	case list:
		out = append(out, '[')
		for i, one := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = writeJSON(out, one)
		}
		return append(out, ']')
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic("BUG: an answer of the app is not JSON: " + err.Error())
	}
	return append(out, text...)
}
