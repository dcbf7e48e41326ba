package rules

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// functions are what an expression can call. Counts are in characters.
// Unless a line says otherwise an absent argument gives an absent result.
var functions = table(
	function{usage: "lower(text)", about: "the text in small letters",
		args: []Type{textType}, out: textType, call: lower},
	function{usage: "upper(text)", about: "the text in capital letters",
		args: []Type{textType}, out: textType, call: upper},
	function{usage: "trim(text)", about: "the text without white space at its ends",
		args: []Type{textType}, out: textType, call: trim},
	function{usage: "replace(text, old, new)", about: "the text with every old replaced by new",
		args: []Type{textType, textType, textType}, out: textType, call: replace},
	function{usage: "split(text, separator)", about: "the pieces of the text between the separators",
		args: []Type{textType, textType}, out: listType, call: split},
	function{usage: "join(list, separator)", about: "the strings of the list in one, absent ones left out",
		args: []Type{listType, textType}, out: textType, call: join},
	function{usage: "len(value)", about: "the number of characters, elements or members",
		args: []Type{anyType}, out: numberType, call: length},
	function{usage: "left(text, count)", about: "the first characters of the text",
		args: []Type{textType, numberType}, out: textType, call: left},
	function{usage: "right(text, count)", about: "the last characters of the text",
		args: []Type{textType, numberType}, out: textType, call: right},
	function{usage: "text(value)", about: "a number or boolean as text",
		args: []Type{anyType}, out: textType, call: text},
	function{usage: "number(value)", about: "the number that a text spells",
		args: []Type{anyType}, out: numberType, call: number},
	function{usage: "boolean(value)", about: `the boolean that "true", "false", "1" or "0" spells, in any case; 1 and 0 too`,
		args: []Type{anyType}, out: booleanType, call: boolean},
	function{usage: "first(list)", about: "the first element; absent if there is none",
		args: []Type{listType}, out: anyType, call: first},
	function{usage: "last(list)", about: "the last element; absent if there is none",
		args: []Type{listType}, out: anyType, call: last},
	function{usage: "concat(list, ...)", about: "the elements of all lists in one list, absent lists left out",
		args: []Type{listType}, many: true, out: listType, absent: absentGiven, call: concat},
	function{usage: "coalesce(a, b, ...)", about: "the first value that is not absent",
		args: []Type{anyType, anyType}, many: true, result: commonType, absent: absentGiven, call: coalesce},
	function{usage: "has(value)", about: "whether the value is not absent",
		args: []Type{anyType}, out: booleanType, absent: absentGiven, call: has},
	function{usage: "list(value)", about: "a list as it is, and anything else as a list of one; an empty one where it is absent: XML does not tell one element from a list",
		args: []Type{anyType}, out: listType, absent: absentGiven, call: asList},
	function{usage: "ldap(text)", about: "the text as a value of an LDAP filter, with what has a meaning there escaped (RFC 4515)",
		args: []Type{textType}, out: textType, call: ldap},
	function{usage: "link(header, relation)", about: `the address that a Link header names for a relation: link(headers.link, "next")`,
		args: []Type{textType, textType}, out: textType, call: link},
	function{usage: "param(address, name)", about: "the value of a parameter in the query of an address; absent if there is none",
		args: []Type{textType, textType}, out: textType, call: param},
	function{usage: "date(value, from, to)", about: "a moment in another notation, in UTC: iso (RFC 3339), date (yyyy-MM-dd), unix (seconds), unixms (milliseconds), or a pattern as Entra's FormatDateTime has them: yyyyMMdd, dd.MM.yyyy HH:mm:ss",
		args: []Type{anyType, textType, textType}, result: dateType, check: checkDate, call: date},
	function{usage: "password(length, classes, avoid)", about: "a new password with some of each class: a small letters, A capitals, 0 digits, ! special characters, all four unless said, without those to avoid; only in fixed, default and calls of create",
		args: []Type{numberType, textType, textType}, optional: 2, out: textType, absent: absentGiven, impure: true, entropy: true, check: checkPassword, call: password},
)

func table(all ...function) map[string]*function {
	byName := map[string]*function{}
	for _, f := range append(all, digestFunctions()...) {
		f.name, _, _ = strings.Cut(f.usage, "(")
		byName[f.name] = &f
	}
	return byName
}

// named translates a call that an author wrote.
func (t *translation) named(n *ast.CallNode) (typed, *Error) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return typed{}, t.fail(n.Callee, badExpression, "members cannot be called")
	}
	if callee.Value == "IIF" {
		return t.iif(n)
	}
	f, ok := functions[callee.Value]
	if !ok {
		return typed{}, t.unknownFunction(callee, callee.Value)
	}
	return t.call(f, n, n.Arguments)
}

func (t *translation) iif(n *ast.CallNode) (typed, *Error) {
	if len(n.Arguments) != 3 {
		e := t.fail(n, badExpression, fmt.Sprintf("IIF takes 3 arguments, not %d", len(n.Arguments)))
		e.Hint = "it is IIF(condition, a, b)"
		return typed{}, e
	}
	return t.choice(n, "IIF", n.Arguments[0], n.Arguments[1], n.Arguments[2])
}

func (t *translation) unknownFunction(n ast.Node, name string) *Error {
	names := []string{"IIF"}
	for known := range functions {
		names = append(names, known)
	}
	for known := range loopNames {
		names = append(names, known)
	}
	e := &Error{Message: fmt.Sprintf("unknown function %q", name), Code: badExpression}
	e.From, e.To = n.Location().From, n.Location().To
	e.Hint = DidYouMean(name, names)
	return e
}

func lower(_ bounds, args []any) (any, error) { return textOf(args[0], strings.ToLower), nil }

func upper(_ bounds, args []any) (any, error) { return textOf(args[0], strings.ToUpper), nil }

func trim(_ bounds, args []any) (any, error) { return textOf(args[0], strings.TrimSpace), nil }

// textOf gives the argument itself where nothing changes, which spares most
// results the allocation that makes an interface of a string.
func textOf(arg any, change func(string) string) any {
	s := arg.(string)
	if out := change(s); out != s {
		return out
	}
	return arg
}

func replace(b bounds, args []any) (any, error) {
	s, old, fresh := args[0].(string), args[1].(string), args[2].(string)
	if old == "" {
		return s, nil
	}
	if len(s)+strings.Count(s, old)*(len(fresh)-len(old)) > b.made {
		return nil, b.tooLong("replace")
	}
	return strings.ReplaceAll(s, old, fresh), nil
}

func split(b bounds, args []any) (any, error) {
	s, separator := args[0].(string), args[1].(string)
	if separator == "" {
		return []any{s}, nil
	}
	if strings.Count(s, separator) >= b.elements {
		return nil, tooMany("split", b.elements)
	}
	var pieces []any
	for piece := range strings.SplitSeq(s, separator) {
		pieces = append(pieces, piece)
	}
	return pieces, nil
}

func join(b bounds, args []any) (any, error) {
	var out strings.Builder
	for i, item := range args[0].([]any) {
		s, ok := item.(string)
		switch {
		case item == nil:
			continue
		case !ok:
			return nil, faultf("join needs a list of strings, element %d is %s", i, kindOf(item).noun())
		case out.Len()+len(s) > b.made:
			return nil, b.tooLong("join")
		case out.Len() > 0:
			out.WriteString(args[1].(string))
		}
		out.WriteString(s)
	}
	return out.String(), nil
}

func length(_ bounds, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return utf8.RuneCountInString(v), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	return nil, faultf("len needs a string, a list or an object, not %s", kindOf(args[0]).noun())
}

func left(_ bounds, args []any) (any, error) {
	runes := []rune(args[0].(string))
	return string(runes[:countOf(args[1], len(runes))]), nil
}

func right(_ bounds, args []any) (any, error) {
	runes := []rune(args[0].(string))
	return string(runes[len(runes)-countOf(args[1], len(runes)):]), nil
}

// countOf cuts a number to what there is to count.
func countOf(v any, most int) int {
	f := float(v)
	if f >= float64(most) {
		return most
	}
	return max(0, int(f))
}

func text(_ bounds, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return nil, faultf("text needs a string, a number or a boolean, not %s", kindOf(args[0]).noun())
}

func number(_ bounds, args []any) (any, error) {
	if kindOf(args[0]) == numberType {
		return args[0], nil
	}
	s, ok := args[0].(string)
	if !ok {
		return nil, faultf("number needs a string or a number, not %s", kindOf(args[0]).noun())
	}
	s = strings.TrimSpace(s)
	if i, err := strconv.Atoi(s); err == nil {
		return i, nil
	}
	// ParseFloat alone would take "infinity", "nan" and hexadecimal.
	if f, err := strconv.ParseFloat(s, 64); err == nil && strings.Trim(s, "+-.0123456789eE") == "" {
		return f, nil
	}
	return nil, faultf("number: the text is not a number")
}

func boolean(_ bounds, args []any) (any, error) {
	switch v := args[0].(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
	case int:
		if v == 0 || v == 1 {
			return v == 1, nil
		}
	}
	return nil, faultf(`boolean: the value is none of true, false, "true", "false", 1 and 0`)
}

func first(_ bounds, args []any) (any, error) { return member(bounds{}, []any{args[0], 0}) }

func last(_ bounds, args []any) (any, error) { return member(bounds{}, []any{args[0], -1}) }

func concat(b bounds, args []any) (any, error) {
	var all []any
	for _, arg := range args {
		list, _ := arg.([]any)
		if len(all)+len(list) > b.elements {
			return nil, tooMany("concat", b.elements)
		}
		all = append(all, list...)
	}
	if all == nil {
		return nil, nil
	}
	return all, nil
}

func commonType(arguments []typed) Type {
	kind := nothing
	for _, a := range arguments {
		kind = common(kind, a.kind)
	}
	return kind
}

func coalesce(_ bounds, args []any) (any, error) {
	for _, arg := range args {
		if arg != nil {
			return arg, nil
		}
	}
	return nil, nil
}

func has(_ bounds, args []any) (any, error) { return args[0] != nil, nil }

// asList makes a list of what may be one.
func asList(_ bounds, args []any) (any, error) {
	switch v := args[0].(type) {
	case nil:
		return []any{}, nil
	case []any:
		return v, nil
	}
	return []any{args[0]}, nil
}

// filterEscapes are those of RFC 4515 section 3.
var filterEscapes = strings.NewReplacer(`\`, `\5c`, "*", `\2a`, "(", `\28`, ")", `\29`, "\x00", `\00`)

func ldap(b bounds, args []any) (any, error) {
	out := filterEscapes.Replace(args[0].(string))
	if len(out) > b.made {
		return nil, b.tooLong("ldap")
	}
	return out, nil
}

func itself(_ bounds, args []any) (any, error) { return args[0], nil }
