package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

var secretPattern = regexp.MustCompile(`\$\{([^{}]*)\}`)

// secrets gives a text with each `${env:NAME}` and `${file:PATH}` filled in. It
// works on decoded strings, so that no secret is ever read as YAML. Messages
// name the secret and never show it.
func (d *decoder) secrets(n *node, text string) (string, bool) {
	before := len(d.source.problems)
	out := secretPattern.ReplaceAllStringFunc(text, func(match string) string {
		at := utf8.RuneCountInString(text[:strings.Index(text, match)])
		value, problem := d.secret(match[2 : len(match)-1])
		if problem != nil {
			p := d.report(n, problem.code, "secret %q: %s", match[2:len(match)-1], problem.text)
			if n.raw != "" {
				p.Column = n.at(at)
			}
		}
		return value
	})
	if strings.Contains(secretPattern.ReplaceAllString(text, ""), "${") {
		d.report(n, codeBadSecret, "a secret is not closed: it is written ${env:NAME} or ${file:PATH}")
	}
	return out, len(d.source.problems) == before
}

// quotedSecret is a text in an expression that has a secret in it.
var quotedSecret = regexp.MustCompile(`"[^"\\]*\$\{[^"\\]*"|'[^'\\]*\$\{[^'\\]*'`)

// secretProblem is why a secret cannot be filled in.
type secretProblem struct{ code, text string }

func (d *decoder) secret(name string) (string, *secretProblem) {
	scheme, rest, _ := strings.Cut(name, ":")
	switch {
	case rest == "" || scheme != "env" && scheme != "file":
		return "", &secretProblem{codeBadSecret, "it is written ${env:NAME} or ${file:PATH}"}
	case scheme == "env":
		return d.fromEnv(rest)
	}
	return d.fromFile(rest)
}

func (d *decoder) fromEnv(name string) (string, *secretProblem) {
	value, set := d.opts.Env(name)
	switch {
	case !set && d.opts.Placeholders:
		return "<" + name + ">", nil
	case !set:
		return "", &secretProblem{codeMissingSecret, "the environment variable is not set"}
	case value == "":
		return "", &secretProblem{codeMissingSecret, "the environment variable is empty"}
	}
	return value, nil
}

// fromFile reads a secret from a file, whose path is relative to the vendor
// file. Editors end files with a line break that is not part of the secret.
func (d *decoder) fromFile(path string) (string, *secretProblem) {
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(filepath.Dir(d.source.name), path)
	}
	body, err := d.opts.read(full)
	value := strings.TrimRight(string(body), "\r\n")
	switch {
	case err != nil && d.opts.Placeholders:
		return "<file:" + path + ">", nil
	case err != nil:
		return "", &secretProblem{codeMissingSecret, fmt.Sprintf("the file cannot be read: %v", err)}
	case value == "":
		return "", &secretProblem{codeMissingSecret, "the file is empty"}
	}
	return value, nil
}
