package app

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// This file executes as much of GraphQL as a document of several operations with
// variables and fragments needs.

type operation struct {
	name      string
	variables []variable
	fields    []field
}

type variable struct {
	name     string
	required bool
}

// field is a part of a selection; a spread has only the name of its fragment.
type field struct {
	name   string
	spread bool
	args   map[string]any // a variable is a reference
	fields []field
}

type reference string

type document struct {
	operations []operation
	fragments  map[string][]field
}

// token is a name, a variable, a literal, a spread or a punctuator; the rest,
// commas too, means nothing.
var token = regexp.MustCompile(`\.\.\.|[$]?[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*"|-?[0-9]+|[{}()\[\]:!=]`)

type parser struct {
	tokens []string
	at     int
}

// parse reads a document. It panics with a syntaxError where it cannot.
func parse(source string) document {
	p := &parser{tokens: token.FindAllString(source, -1)}
	d := document{fragments: map[string][]field{}}
	for p.at < len(p.tokens) {
		switch word := p.next(); word {
		case "fragment":
			name := p.next()
			p.expect("on")
			p.next()
			d.fragments[name] = p.selection()
		case "query", "mutation":
			o := operation{name: p.next()}
			if p.accept("(") {
				o.variables = p.definitions()
			}
			o.fields = p.selection()
			d.operations = append(d.operations, o)
		default:
			panic(syntaxError("unexpected " + word))
		}
	}
	return d
}

type syntaxError string

func (p *parser) next() string {
	if p.at == len(p.tokens) {
		panic(syntaxError("unexpected end"))
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *parser) accept(word string) bool {
	if p.at < len(p.tokens) && p.tokens[p.at] == word {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(word string) {
	if got := p.next(); got != word {
		panic(syntaxError(fmt.Sprintf("expected %s, found %s", word, got)))
	}
}

func (p *parser) definitions() (out []variable) {
	for !p.accept(")") {
		v := variable{name: strings.TrimPrefix(p.next(), "$")}
		p.expect(":")
		p.next() // the type
		v.required = p.accept("!")
		out = append(out, v)
	}
	return out
}

func (p *parser) selection() (out []field) {
	p.expect("{")
	for !p.accept("}") {
		if p.accept("...") {
			out = append(out, field{name: p.next(), spread: true})
			continue
		}
		f := field{name: p.next(), args: map[string]any{}}
		if p.accept("(") {
			for !p.accept(")") {
				name := p.next()
				p.expect(":")
				f.args[name] = p.value()
			}
		}
		if p.at < len(p.tokens) && p.tokens[p.at] == "{" {
			f.fields = p.selection()
		}
		out = append(out, f)
	}
	return out
}

func (p *parser) value() any {
	word := p.next()
	if name, found := strings.CutPrefix(word, "$"); found {
		return reference(name)
	}
	var literal any
	if json.Unmarshal([]byte(word), &literal) != nil {
		return word
	}
	return literal
}

// resolver answers a field at the root. problem is the message of an error.
type resolver func(args map[string]any) (value any, problem string)

// request is the body of a call.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// execute runs the operation that is named and gives its data, or its errors.
func execute(r request, root map[string]resolver, fields []string) (answer map[string]any) {
	defer func() {
		if problem, ok := recover().(syntaxError); ok {
			answer = failed(string(problem), "GRAPHQL_VALIDATION_FAILED")
		}
	}()
	d := parse(r.Query)
	for _, o := range d.operations {
		if o.name == r.OperationName || r.OperationName == "" && len(d.operations) == 1 {
			return d.run(o, r.Variables, root, fields)
		}
	}
	return failed(fmt.Sprintf("unknown operation %q", r.OperationName), "GRAPHQL_VALIDATION_FAILED")
}

func (d document) run(o operation, variables map[string]any, root map[string]resolver, fields []string) map[string]any {
	for _, v := range o.variables {
		if v.required && variables[v.name] == nil {
			return failed(fmt.Sprintf("variable $%s is required", v.name), "BAD_USER_INPUT")
		}
	}
	data := map[string]any{}
	for _, f := range o.fields {
		resolve := root[f.name]
		if resolve == nil {
			panic(syntaxError("cannot query field " + f.name))
		}
		d.check(f.fields, fields)
		args := map[string]any{}
		for name, value := range f.args {
			if args[name] = value; value != nil {
				if ref, isRef := value.(reference); isRef {
					args[name] = variables[string(ref)]
				}
			}
		}
		value, problem := resolve(args)
		if problem != "" {
			answer := failed(problem, "BAD_USER_INPUT")
			answer["data"] = map[string]any{f.name: nil}
			return answer
		}
		data[f.name] = d.project(value, f.fields)
	}
	return map[string]any{"data": data}
}

// check refuses fields that a user does not have.
func (d document) check(selected []field, known []string) {
	for _, f := range selected {
		if f.spread {
			fragment, defined := d.fragments[f.name]
			if !defined {
				panic(syntaxError("unknown fragment " + f.name))
			}
			d.check(fragment, known)
			continue
		}
		if !strings.Contains(" "+strings.Join(known, " ")+" ", " "+f.name+" ") {
			panic(syntaxError("cannot query field " + f.name + " on type User"))
		}
	}
}

// project keeps of a value what is selected.
func (d document) project(value any, selected []field) any {
	switch v := value.(type) {
	case []map[string]any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = d.project(one, selected)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, f := range selected {
			if !f.spread {
				out[f.name] = v[f.name]
				continue
			}
			for name, part := range d.project(v, d.fragments[f.name]).(map[string]any) {
				out[name] = part
			}
		}
		return out
	}
	return value
}

func failed(message, code string) map[string]any {
	return map[string]any{"errors": []any{map[string]any{"message": message, "extensions": map[string]any{"code": code}}}}
}
