package config

import (
	"regexp"
	"slices"
	"strings"

	"scimshim/rules"
	"scimshim/transform"
)

// use is an expression of a call, with the place where it is written.
type use struct {
	node *node
	at   int // its first character, in the node's text
	text string
	expr *transform.Expression
}

// below gives the first names below a root that the expression uses.
func (u use) below(root string) (out []string) {
	for _, name := range u.expr.Inputs() {
		if rest, found := strings.CutPrefix(name, root+"."); found {
			out = append(out, rest)
		}
	}
	return out
}

// checkUses finds names that never have a value: a call that waits for one
// would not be made, and a condition on one would not hold.
func (d *decoder) checkUses(k *transform.Kind) {
	reads := slices.Clone(k.Joins)
	if k.Read != nil {
		reads = slices.Insert(reads, 0, k.Read)
	}
	created, read := d.checkSaved(nil, k.Create), d.checkSaved(nil, reads)
	d.checkSaved(slices.Concat(created, read), k.Update) // which also mend what was created
	d.checkSaved(read, k.Delete)
	for _, c := range slices.Concat(k.Create, k.Update, k.Delete) {
		d.checkSent(k, c)
	}
}

// checkSaved looks at calls before which some values were saved, and gives these and
// what they save themselves.
func (d *decoder) checkSaved(saved []string, calls []*transform.Call) []string {
	for _, c := range calls {
		for _, u := range d.uses[c] {
			for _, name := range u.below("saved") {
				if name = "saved." + top(name); !slices.Contains(saved, name) {
					d.blame(u, name, codeUnknownPath, "%s: no call before this one saves %q", c.Operation, name).Hint = savedHint(name, saved)
				}
			}
		}
		for _, s := range c.Save {
			if s.Name != "id" {
				saved = append(saved, "saved."+s.Name)
			}
		}
	}
	return saved
}

// savedHint: what a call saves as id is known to the later ones by that name.
func savedHint(name string, saved []string) string {
	if name == "saved.id" {
		return "write id: it is known once a call has yielded it"
	}
	return rules.DidYouMean(name, saved)
}

// checkSent: the whole resource may have fields that the file does not mention.
func (d *decoder) checkSent(k *transform.Kind, c *transform.Call) {
	if c.Whole {
		return
	}
	sent := sentFields(k)
	for _, u := range d.uses[c] {
		for _, name := range u.below("fields") {
			name, _, _ = strings.Cut("fields."+name, "[")
			if !slices.ContainsFunc(sent, func(field string) bool { return within(name, field) || within(field, name) }) {
				d.blame(u, name, codeFieldUnknown, "%s: no attribute writes %q", c.Operation, name).Hint = rules.DidYouMean(name, sent)
			}
		}
	}
}

// sentFields are the native fields that writes carry, up to the first list.
func sentFields(k *transform.Kind) (out []string) {
	add := func(path transform.NativePath) {
		field, _, _ := strings.Cut(strings.TrimSuffix(path.String(), "?"), "[")
		out = append(out, "fields."+field)
	}
	for _, a := range k.Attributes {
		if a.Sent() {
			add(a.Native)
		}
	}
	for _, fixed := range k.Fixed {
		add(fixed.Path)
	}
	return out
}

// within reports whether a path is another one or lies below it.
func within(path, other string) bool { return path == other || strings.HasPrefix(path, other+".") }

// top is the first name of a path.
func top(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

// blame reports a name that an expression uses.
func (d *decoder) blame(u use, name, code, format string, args ...any) *Diagnostic {
	p := d.report(u.node, code, format, args...)
	p.shown = true
	found := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).FindStringIndex(u.text)
	if found != nil {
		from := u.at + len([]rune(u.text[:found[0]]))
		p.mark(u.node, from, from+len([]rune(name)))
	}
	return p
}
