package config

import (
	"slices"
	"strings"
)

// Key is one key of the language of vendor files.
type Key struct {
	Name    string
	Type    Type
	Default string // what holds without the key; "": nothing does
	Example string // YAML, as it stands at its concept's place in a file
	Says    string // what the key is for, in sentences for who writes files
}

// Concept is a mapping of the language, with the keys that it has.
type Concept struct {
	Name  string // as types refer to it
	Title string // the heading that it has in README.md
	Under string // the keys under which examples stand, with dots between them
	Keys  []Key
}

// Reference gives every key of the language by the concept that it belongs to.
// README.md has its tables from here.
func Reference() []Concept {
	return slices.Concat(callerConcepts(), upstreamConcepts(), kindConcepts(), callConcepts())
}

// Form is what a value can be.
type Form string

const (
	FormText       Form = "text"
	FormInteger    Form = "whole number"
	FormBoolean    Form = "true or false"
	FormDuration   Form = "duration"   // a number with its unit
	FormRate       Form = "rate"       // a number for each second, minute or hour
	FormField      Form = "field"      // the path of a native field
	FormAttribute  Form = "attribute"  // the path of a SCIM attribute
	FormExpression Form = "expression" // of package rules
	FormRequest    Form = "request"    // METHOD /path
	FormValue      Form = "value"      // anything, also with `=expression` in it
	FormWord       Form = "word"       // one of Words
	FormList       Form = "list"       // of Of[0]
	FormMapping    Form = "mapping"    // from names that the author chooses to Of[0]
	FormKeys       Form = "keys"       // a mapping with the keys of the concepts Keys
	FormEither     Form = "either"     // one of Of
)

// Type says what a key takes.
type Type struct {
	Form  Form
	Words []string
	Of    []Type
	Keys  []string
}

var (
	aText        = Type{Form: FormText}
	aNumber      = Type{Form: FormInteger}
	aBoolean     = Type{Form: FormBoolean}
	aDuration    = Type{Form: FormDuration}
	aRate        = Type{Form: FormRate}
	aField       = Type{Form: FormField}
	anAttribute  = Type{Form: FormAttribute}
	anExpression = Type{Form: FormExpression}
	aRequest     = Type{Form: FormRequest}
	aValue       = Type{Form: FormValue}
	aCall        = either(aRequest, keysOf("call", "answer"))
	someCalls    = oneOrMany(aCall)
	someFields   = oneOrMany(aField)
	errorRules   = listOf(keysOf("error"))
)

func wordOf(words ...string) Type { return Type{Form: FormWord, Words: words} }

func listOf(t Type) Type { return Type{Form: FormList, Of: []Type{t}} }

func mappingOf(t Type) Type { return Type{Form: FormMapping, Of: []Type{t}} }

func keysOf(concepts ...string) Type { return Type{Form: FormKeys, Keys: concepts} }

func either(types ...Type) Type { return Type{Form: FormEither, Of: types} }

// oneOrMany is a value, or a list of such values.
func oneOrMany(t Type) Type { return either(t, listOf(t)) }

// String is the type in words. What refers to a concept names it in brackets.
func (t Type) String() string {
	switch t.Form {
	case FormWord:
		return "`" + strings.Join(t.Words, "`, `") + "`"
	case FormList:
		return "list of " + t.Of[0].String()
	case FormMapping:
		return "mapping to " + t.Of[0].String()
	case FormKeys:
		return "[" + t.Keys[0] + "]"
	case FormEither:
		var alternatives []string
		for _, of := range t.Of {
			alternatives = append(alternatives, of.String())
		}
		return strings.Join(alternatives, " or ")
	}
	return string(t.Form)
}
