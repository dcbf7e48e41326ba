package main

import (
	"fmt"
	"strconv"
	"strings"

	"scimshim/transform/scim"
)

// user is one of the people, as the last request about them left them.
type user struct {
	number int
	id     string // given by the vendor
	title  string
	phone  string
}

func newUser(number int) *user {
	return &user{number: number, title: "Engineer", phone: fmt.Sprintf("+1 425 555 %07d", number)}
}

// The logins and addresses are in lower case, as the vendor has them, so that
// the gateway has nothing to keep where the file keeps nothing.
func (u *user) login() string { return fmt.Sprintf("user%08d@contoso.com", u.number) }
func (u *user) given() string { return "Ada" }
func (u *user) family() string {
	return "Lovelace" + strconv.Itoa(u.number)
}

// object is a JSON object.
type object = map[string]any

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// mapped are the 12 attributes that the vendor files know, as SCIM has them.
func (u *user) mapped() object {
	return object{
		"schemas":           []any{userSchema, enterpriseSchema},
		"userName":          u.login(),
		"emails":            []any{object{"type": "work", "value": u.login()}},
		"phoneNumbers":      []any{object{"type": "work", "value": u.phone}},
		"name":              object{"givenName": u.given(), "familyName": u.family()},
		"displayName":       u.given() + " " + u.family(),
		"title":             u.title,
		"preferredLanguage": "en-GB",
		"active":            true,
		"externalId":        fmt.Sprintf("0a1b2c3d-0000-4000-8000-%012d", u.number),
		enterpriseSchema:    object{"employeeNumber": strconv.Itoa(u.number), "department": "Engines"},
	}
}

// resource is what the gateway must answer.
func (u *user) resource(base string) object {
	out := u.mapped()
	out["id"] = u.id
	out["meta"] = object{"resourceType": "User", "location": base + "/Users/" + u.id, "version": u.version()}
	return out
}

// version is the ETag of the resource: a hash of what the file maps.
func (u *user) version() string {
	out := u.mapped()
	delete(out, "schemas")
	v, err := scim.From(out)
	if err != nil {
		panic("BUG: a user is not JSON: " + err.Error())
	}
	version := v.Version()
	return string(version[:])
}

// scimSize is what a create has, in bytes.
const scimSize = 1500

// create is the body of a POST as Entra sends it, with attributes that no
// vendor file mentions.
func (u *user) create() []byte {
	out := u.mapped()
	out["meta"] = object{"resourceType": "User"}
	out["emails"] = []any{object{"type": "work", "value": u.login(), "primary": true}}
	out["nickName"] = u.given()
	out["userType"] = "Employee"
	out["addresses"] = []any{object{"type": "work", "formatted": "12 St James's Square, London", "streetAddress": "12 St James's Square",
		"locality": "London", "region": "London", "postalCode": "SW1Y 4JH", "country": "GB"}}
	out["profileUrl"] = "https://contoso.com/people/"
	out["profileUrl"] = "https://contoso.com/people/" + strings.Repeat("x", max(0, scimSize-len(encoded(out))))
	return encoded(out)
}

// native is the user at the vendor, the padding left out.
func (u *user) native(keeps bool) object {
	out := object{
		"login":      u.login(),
		"contact":    object{"mail": u.login()},
		"phones":     []any{object{"kind": "work", "number": u.phone}},
		"first_name": u.given(),
		"last_name":  u.family(),
		"full_name":  u.given() + " " + u.family(),
		"position":   u.title,
		"locale":     "en_GB",
		"status":     "ENABLED",
		"employment": object{"number": strconv.Itoa(u.number), "department": "dept-Engines"},
	}
	if u.id != "" {
		out["id"] = u.id
	}
	if keeps {
		out["position"] = strings.ToUpper(u.title)
		return out
	}
	out["external_id"] = u.mapped()["externalId"]
	return out
}

// unpad takes the padding out of a user or a list of them.
func unpad(answer object) {
	delete(answer, padding)
	list, _ := answer["users"].([]any)
	for _, one := range list {
		if fields, ok := one.(object); ok {
			delete(fields, padding)
		}
	}
}
