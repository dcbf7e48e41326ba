package provider

import (
	"reflect"
	"slices"
	"strings"
)

// Quirks are the ways in which a vendor's endpoint differs from RFC 7643 and
// RFC 7644. The zero value has none. What names attributes, or tells what becomes
// of their values, is about users. Attributes are named by paths, spelt as in
// the RFC: userName, name.givenName, emails, emails[type eq "work"].value, or
// with a URN before them.
type Quirks struct {
	Attributes   []string // callers can write these, with all that is in them, and no other; nil: every one of RFC 7643
	DropsUnknown bool     // what callers cannot write is dropped without a word; otherwise it is refused with 400
	Filterable   []string // filters may name these and no other; nil: all that callers can write, and id
	Required     []string // every user has these beside the RFC's userName; otherwise 400 invalidValue
	AnswersLack  []string // answers to POST, PUT and PATCH leave these out; a GET shows them

	SameEmail       bool // the work e-mail has the value of userName; otherwise 400 invalidValue
	UniqueEmail     bool // two users never share a work e-mail, as they never share a userName: 409 uniqueness
	LowerCasesEmail bool // addresses are stored and shown in small letters
	TextBooleans    bool // active is written as the text "true" or "false" and no other way; it is shown as a boolean

	PatchUnsupported bool // PATCH is 501: PUT must be used
	PatchNoContent   bool // PATCH is answered 204 without a body
	PageSize         int  // at most so many users in one list; 0: 100
	NoGroups         bool // there is no /Groups: it is 404

	UniqueGroupName bool // two groups never share a displayName, in any case: 409 uniqueness
}

// rules are the quirks that hold for one type of resource.
type rules struct {
	Quirks
	of *resourceType
}

// forGroups leaves out what names attributes, all of which are a user's.
func (q Quirks) forGroups() rules {
	q.Attributes, q.Filterable, q.Required, q.AnswersLack = nil, nil, nil, nil
	q.SameEmail, q.UniqueEmail, q.LowerCasesEmail, q.TextBooleans = false, false, false, false
	return rules{q, groups}
}

// StarLeaf is StarLeaf's endpoint, after its page on Azure AD ("page") and
// Microsoft's tutorial ("tutorial"). All else is as the RFCs have it, which is a
// guess: PATCH and its 200, pages of 100, addresses kept as they were written.
func StarLeaf() Quirks {
	return Quirks{
		// Page, the table of mappings. That other attributes are refused is a
		// guess; so is that phones of other types than mobile and work are taken.
		Attributes: []string{
			"externalId", "userName", "active", "emails", "preferredLanguage", "phoneNumbers",
			"name.givenName", "name.familyName", "name.formatted",
		},
		// Page, matching precedence 1 and 2. That other filters are refused is a guess.
		Filterable: []string{"externalId", "userName"},
		// Page, "compulsory attributes". That a user may lack the two others,
		// externalId and active, is a guess.
		Required: []string{workEmail},
		// Tutorial, connector limitations. What a breach is answered is a guess.
		SameEmail: true,
		// Page: an identical address is the same user. That a POST is then
		// answered 409, and does not take the user over, is a guess.
		UniqueEmail: true,
		// Tutorial, connector limitations. The 404 is a guess.
		NoGroups: true,
	}
}

// StarLeafAdministrator is an administrator, to Insert into StarLeaf's users.
// That the endpoint shows roles, and this one, is a guess; neither the page nor
// the tutorial lets callers write them.
func StarLeafAdministrator(userName string) map[string]any {
	return map[string]any{
		"userName": userName,
		"emails":   []any{map[string]any{"type": "work", "value": userName}},
		"roles":    []any{map[string]any{"value": "administrator"}},
	}
}

// Starmind is Starmind's endpoint, after the table of attributes in Microsoft's
// tutorial. All else is as the RFCs have it, which is a guess: PATCH and its 200,
// pages of 100, addresses kept as they were written.
func Starmind() Quirks {
	return Quirks{
		// There is no externalId. That other attributes are refused is a guess;
		// so is that e-mails of other types than work are taken.
		Attributes: []string{
			"userName", "active", "title", "emails", "name.givenName", "name.familyName",
			enterprise + ":organization", enterprise + ":department",
		},
		// Column "supported for filtering".
		Filterable: []string{"userName", workEmail},
		// Column "required by Starmind", which has userName too.
		Required: []string{workEmail},
		// A guess: Starmind's page on SCIM matches users by their e-mail.
		UniqueEmail: true,
		// The tutorial provisions users alone. The 404 is a guess.
		NoGroups: true,
	}
}

// UnleashEnterprise is the endpoint of Unleash's Enterprise edition, after its
// page on Entra. All else is as the RFCs have it, which is a guess: PATCH and its
// 200, pages of 100, an e-mail that may be missing.
func UnleashEnterprise() Quirks {
	return Quirks{
		// Step 3.3, and active in step 3.4.
		Attributes: []string{"userName", "displayName", "emails", "externalId", "active"},
		// A guess from step 3.3: other attributes keep Entra from a steady state,
		// so they are not refused, but do not read back either.
		DropsUnknown: true,
		// A guess: what Entra matches by where nobody says otherwise.
		Filterable: []string{"userName", "externalId"},
		// Step 3.4, "lowercase the boolean values". That others are refused, and
		// that a boolean is shown, is a guess.
		TextBooleans: true,
		// Guesses: the open source edition is like this.
		UniqueEmail:     true,
		LowerCasesEmail: true,
	}
}

// check panics when a path cannot be read, before a test relies on it.
func (q *Quirks) check() {
	for _, written := range slices.Concat(q.Attributes, q.Filterable, q.Required, q.AnswersLack) {
		users.mustPath(written)
	}
}

// knows tells whether callers can write the attribute of this name, or
// something inside of it.
func (q *rules) knows(name string) bool {
	return q.Attributes == nil || slices.ContainsFunc(q.Attributes, func(known string) bool {
		return within(name, known) || within(known, name)
	})
}

func within(name, whole string) bool {
	rest, found := strings.CutPrefix(name, whole)
	return found && (rest == "" || rest[0] == '.' || rest[0] == ':')
}

// unknown is what becomes of an attribute that callers cannot write.
func (q *rules) unknown(scimType, name string) *refusal {
	if q.DropsUnknown {
		return nil
	}
	return badRequest(scimType, "unknown attribute %q", name)
}

// filter reads a caller's filter.
func (q *rules) filter(written string) (filter, *refusal) {
	f, err := parseFilter(written, q.of.shape)
	if err != nil {
		return nil, badRequest("invalidFilter", "%v", err)
	}
	for _, c := range f {
		if !q.filterable(c.path) {
			return nil, badRequest("invalidFilter", "filters on %q are not supported", c.path.name())
		}
	}
	return f, nil
}

func (q *rules) filterable(p path) bool {
	if q.Filterable == nil {
		return p.name() == "id" || q.knows(p.name())
	}
	return slices.ContainsFunc(q.Filterable, func(written string) bool { return reflect.DeepEqual(q.of.mustPath(written), p) })
}

// unique are the paths whose values no two of the resources share.
func (q *rules) unique() []string {
	switch {
	case q.of == groups && q.UniqueGroupName:
		return []string{"displayName"}
	case q.of == groups:
		return nil
	case q.UniqueEmail:
		return []string{"userName", workEmail}
	}
	return []string{"userName"}
}
