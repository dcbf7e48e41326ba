package rules

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateForm is one notation of a moment.
type dateForm struct {
	parse  func(v any) (time.Time, error)
	format func(t time.Time) any
}

// dateForms are the notations that have a name. Every other one is a pattern, and
// so is `date`.
var dateForms = map[string]dateForm{
	"iso":    {parse: parseISO, format: func(t time.Time) any { return t.Format(time.RFC3339Nano) }},
	"unix":   {parse: func(v any) (time.Time, error) { return parseUnix(v, time.Second) }, format: func(t time.Time) any { return int(t.Unix()) }},
	"unixms": {parse: func(v any) (time.Time, error) { return parseUnix(v, time.Millisecond) }, format: func(t time.Time) any { return int(t.UnixMilli()) }},
}

func dateFormOf(text string) (form dateForm, pattern datePattern, problem string) {
	if named, ok := dateForms[text]; ok {
		return named, nil, ""
	}
	if text == "date" {
		text = "yyyy-MM-dd"
	}
	if pattern, problem = parseDatePattern(text); problem != "" {
		return form, nil, problem
	}
	form.parse = func(v any) (time.Time, error) { return pattern.parse(v, text) }
	form.format = func(t time.Time) any { return pattern.format(t) }
	return form, pattern, ""
}

func date(_ bounds, args []any) (any, error) {
	from, _, _ := dateFormOf(args[1].(string)) // checkDate has seen to both
	to, _, _ := dateFormOf(args[2].(string))
	at, err := from.parse(args[0])
	if err != nil {
		return nil, err
	}
	return to.format(at), nil
}

// checkDate wants notations that are known when the file is loaded.
func checkDate(_ *function, arguments []typed) string {
	for i, a := range arguments[1:] {
		text, ok := literalText(a)
		if !ok {
			return "date: from and to must be written out, as in date(value, \"iso\", \"yyyy-MM-dd\")"
		}
		_, pattern, problem := dateFormOf(text)
		if problem == "" && i == 0 && pattern != nil {
			problem = pattern.complete()
		}
		if problem != "" {
			return problem
		}
	}
	return ""
}

// dateType: seconds and milliseconds are numbers, everything else is a text.
func dateType(arguments []typed) Type {
	if to, _ := literalText(arguments[2]); to == "unix" || to == "unixms" {
		return numberType
	}
	return textType
}

// isoLayouts are those of RFC 3339, and the same without an offset, which is UTC.
var isoLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"}

func parseISO(v any) (time.Time, error) {
	text, _ := v.(string)
	for _, layout := range isoLayouts {
		if at, err := time.Parse(layout, strings.ToUpper(strings.TrimSpace(text))); err == nil {
			return inRange(at.UTC())
		}
	}
	return time.Time{}, faultf("date: the value is no time as RFC 3339 writes it")
}

// parseUnix reads the number of units since 1970, also where it is a text.
func parseUnix(v any, unit time.Duration) (time.Time, error) {
	if text, ok := v.(string); ok {
		if n, err := number(bounds{}, []any{text}); err == nil {
			v = n
		}
	}
	perSecond := int64(time.Second / unit)
	switch n := v.(type) {
	case int:
		if int64(n)/perSecond > maxUnix || int64(n)/perSecond < minUnix {
			return time.Time{}, errDateRange
		}
		return time.Unix(int64(n)/perSecond, int64(n)%perSecond*int64(unit)).UTC(), nil
	case float64:
		if n/float64(perSecond) > maxUnix || n/float64(perSecond) < minUnix || math.IsNaN(n) {
			return time.Time{}, errDateRange
		}
		whole, part := math.Modf(n / float64(perSecond))
		return time.Unix(int64(whole), int64(part*float64(time.Second))).UTC(), nil
	}
	return time.Time{}, faultf("date: the value is not a number of seconds or milliseconds")
}

// The years 1 to 9999, which RFC 3339 can write.
const (
	minUnix = -62135596800
	maxUnix = 253402300799
)

var errDateRange = faultf("date: the year is not one from 1 to 9999")

func inRange(t time.Time) (time.Time, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errDateRange
	}
	return t, nil
}

// datePattern is a notation in the manner of .NET, which administrators know from
// Entra's FormatDateTime.
type datePattern []datePart

// datePart is a run of one letter that stands for a part of a moment, or a text.
type datePart struct {
	letter byte // 0: the text as it is
	count  int
	text   string
}

const longestPattern = 64

// mostOf says how often each letter can stand in a row.
var mostOf = map[byte]int{'y': 4, 'M': 4, 'd': 4, 'H': 2, 'h': 2, 'm': 2, 's': 2, 'f': 7, 't': 2, 'z': 3, 'K': 1}

// meantBy are letters of other languages, and what stands for them here.
var meantBy = map[byte]string{'Y': "yyyy", 'D': "dd", 'S': "ss, or fff for parts of a second", 'a': "tt", 'A': "tt", 'Z': "K, or 'Z' in quotes", 'T': "'T' in quotes", 'i': "mm"}

func parseDatePattern(text string) (out datePattern, problem string) {
	if len(text) > longestPattern || text == "" {
		return nil, fmt.Sprintf("date: a pattern has 1 to %d characters", longestPattern)
	}
	for i := 0; i < len(text); {
		c, from := text[i], i
		switch {
		case c == '\'' || c == '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return nil, fmt.Sprintf("date: the pattern %q has a quote without an end", text)
			}
			out = append(out, datePart{text: text[i+1 : i+1+end]})
			i += end + 2
		case c == '\\' && i+1 < len(text):
			out = append(out, datePart{text: text[i+1 : i+2]})
			i += 2
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			for i < len(text) && text[i] == c {
				i++
			}
			if problem = fitsPattern(c, i-from, text); problem != "" {
				return nil, problem
			}
			out = append(out, datePart{letter: c, count: i - from})
		default:
			out = append(out, datePart{text: text[i : i+1]})
			i++
		}
	}
	return out, ""
}

func fitsPattern(letter byte, count int, pattern string) string {
	most := mostOf[letter]
	switch meant := meantBy[letter]; {
	case most == 0 && meant != "":
		return fmt.Sprintf("date: the pattern %q: write %s for %c", pattern, meant, letter)
	case most == 0:
		return fmt.Sprintf("date: %q is neither iso, date, unix nor unixms, nor a pattern such as yyyy-MM-dd: %c has no meaning in one", pattern, letter)
	case count > most || letter == 'y' && count%2 == 1 || letter == 'z' && count == 1:
		return fmt.Sprintf("date: the pattern %q: %s has no meaning", pattern, strings.Repeat(string(letter), count))
	}
	return ""
}

// complete says what a pattern lacks to name a day.
func (p datePattern) complete() string {
	has := map[byte]bool{}
	for _, part := range p {
		if part.letter == 'd' && part.count > 2 {
			continue // the name of a day of the week
		}
		has[part.letter] = true
	}
	switch {
	case !has['y'] || !has['M'] || !has['d']:
		return "date: the pattern that a value is read by needs a year, a month and a day: yyyy, MM and dd"
	case has['h'] && !has['t']:
		return "date: hh counts to 12 and needs tt beside it: write HH for hours from 0 to 23"
	}
	return ""
}

func (p datePattern) format(t time.Time) any {
	var out strings.Builder
	for _, part := range p {
		out.WriteString(part.format(t))
	}
	return out.String()
}

func (p datePart) format(t time.Time) string {
	digits := func(n int) string { return fmt.Sprintf("%0*d", p.count, n) }
	switch p.letter {
	case 'y':
		if p.count == 2 {
			return digits(t.Year() % 100)
		}
		return digits(t.Year())
	case 'M':
		if p.count > 2 {
			return shortened(t.Month().String(), p.count)
		}
		return digits(int(t.Month()))
	case 'd':
		if p.count > 2 {
			return shortened(t.Weekday().String(), p.count)
		}
		return digits(t.Day())
	case 'H':
		return digits(t.Hour())
	case 'h':
		return digits((t.Hour()+11)%12 + 1)
	case 'm':
		return digits(t.Minute())
	case 's':
		return digits(t.Second())
	case 'f':
		return fmt.Sprintf("%09d", t.Nanosecond())[:p.count]
	case 't':
		return t.Format("PM")[:p.count]
	case 'z':
		return "+00:00"[:3*(p.count-1)]
	case 'K':
		return "Z"
	}
	return p.text
}

// shortened: three letters stand for the first three of a name.
func shortened(name string, count int) string {
	if count == 3 {
		return name[:3]
	}
	return name
}

// moment is what a value says, part by part.
type moment struct {
	year, month, day, hour, minute, second, nanosecond int
	afternoon, halves                                  bool
	offset                                             int // in minutes
}

func (p datePattern) parse(v any, source string) (time.Time, error) {
	wrong := faultf("date: the value is not of the form %s", source)
	text, ok := v.(string)
	if n, isNumber := v.(int); isNumber { // 20260131
		text, ok = strconv.Itoa(n), true
	}
	if text = strings.TrimSpace(text); !ok {
		return time.Time{}, wrong
	}
	m := moment{}
	for _, part := range p {
		if text, ok = m.take(part, text); !ok {
			return time.Time{}, wrong
		}
	}
	at, ok := m.time()
	if !ok || text != "" {
		return time.Time{}, wrong
	}
	return inRange(at)
}

func (m *moment) take(p datePart, text string) (rest string, ok bool) {
	switch p.letter {
	case 0:
		return strings.CutPrefix(text, p.text)
	case 'y':
		rest, ok = takeDigits(&m.year, text, p.count, p.count)
		if p.count == 2 { // as .NET takes it
			m.year += 1900 + 100*btoi(m.year < 50)
		}
	case 'M':
		if p.count > 2 {
			return takeName(&m.month, text, p.count, 12, func(i int) string { return time.Month(i).String() })
		}
		return takeDigits(&m.month, text, p.count, 2)
	case 'd':
		if p.count > 2 {
			var ignored int
			return takeName(&ignored, text, p.count, 7, func(i int) string { return time.Weekday(i - 1).String() })
		}
		return takeDigits(&m.day, text, p.count, 2)
	case 'H', 'h':
		return takeDigits(&m.hour, text, p.count, 2)
	case 'm':
		return takeDigits(&m.minute, text, p.count, 2)
	case 's':
		return takeDigits(&m.second, text, p.count, 2)
	case 'f':
		rest, ok = takeDigits(&m.nanosecond, text, p.count, p.count)
		for range 9 - p.count {
			m.nanosecond *= 10
		}
	case 't':
		return m.takeHalf(text, p.count)
	case 'z', 'K':
		return m.takeOffset(p, text)
	}
	return rest, ok
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func takeDigits(to *int, text string, least, most int) (rest string, ok bool) {
	n := 0
	for n < len(text) && n < most && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	value, err := strconv.Atoi(text[:n])
	*to = value
	return text[n:], err == nil && n >= least
}

// takeName takes a name in any letters; the first has the number 1.
func takeName(to *int, text string, count, most int, name func(int) string) (rest string, ok bool) {
	for i := 1; i <= most; i++ {
		want := shortened(name(i), count)
		if len(text) >= len(want) && strings.EqualFold(text[:len(want)], want) {
			*to = i
			return text[len(want):], true
		}
	}
	return text, false
}

func (m *moment) takeHalf(text string, count int) (rest string, ok bool) {
	if len(text) < count {
		return text, false
	}
	half := strings.ToUpper(text[:count])
	m.halves, m.afternoon = true, half[0] == 'P'
	return text[count:], half == "AM"[:count] || half == "PM"[:count]
}

// takeOffset takes Z, +02, +02:00 or +0200.
func (m *moment) takeOffset(p datePart, text string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(strings.ToUpper(text), "Z"); ok && p.letter == 'K' {
		return rest, true
	}
	if text == "" && p.letter == 'K' {
		return "", true
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		return text, false
	}
	var hours, minutes int
	sign := 1 - 2*btoi(text[0] == '-')
	if rest, ok = takeDigits(&hours, text[1:], 2, 2); ok && p.count != 2 {
		rest, ok = takeDigits(&minutes, strings.TrimPrefix(rest, ":"), 2, 2)
	}
	m.offset = sign * (hours*60 + minutes)
	return rest, ok && hours <= 14 && minutes < 60
}

// time gives the moment in UTC, if there is such a day and hour.
func (m *moment) time() (time.Time, bool) {
	if m.halves {
		if m.hour < 1 || m.hour > 12 {
			return time.Time{}, false
		}
		m.hour = m.hour%12 + 12*btoi(m.afternoon)
	}
	at := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, m.nanosecond, time.UTC)
	same := at.Year() == m.year && int(at.Month()) == m.month && at.Day() == m.day && at.Hour() == m.hour && at.Minute() == m.minute && at.Second() == m.second
	return at.Add(-time.Duration(m.offset) * time.Minute), same && m.year > 0
}
