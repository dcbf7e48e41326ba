package app

import (
	"encoding/json"
	"strings"
	"time"
)

// User is one account, as the API shows it.
type User struct {
	ID         int64     `json:"id"`
	Login      string    `json:"login"`
	Mail       string    `json:"mail"` // trimmed and lower-cased, whatever was sent
	FirstName  Text      `json:"first_name"`
	LastName   Text      `json:"last_name"`
	FullName   Text      `json:"full_name"`
	Position   Text      `json:"position"`
	Department Text      `json:"department"`
	ManagerID  *int64    `json:"manager_id"` // another user; nil: none
	Status     string    `json:"status"`     // ENABLED, DISABLED or LOCKED
	Role       string    `json:"role"`       // USER or ADMIN; the API cannot set it
	CreatedAt  time.Time `json:"created_at"`
}

// Text is a field that may be without a value, which JSON shows as null.
type Text string

// MarshalJSON writes the empty text as null.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// apply sets the fields of a change on the user.
func (u *User) apply(c change) {
	c.apply(u.field)
	u.Mail = strings.ToLower(strings.TrimSpace(u.Mail))
}

// field gives the place of a field that callers may set, nil for any other: a
// *string, or a **int64 for one that names another user.
func (u *User) field(name string) any {
	switch name {
	case "login":
		return &u.Login
	case "mail":
		return &u.Mail
	case "first_name":
		return (*string)(&u.FirstName)
	case "last_name":
		return (*string)(&u.LastName)
	case "full_name":
		return (*string)(&u.FullName)
	case "position":
		return (*string)(&u.Position)
	case "department":
		return (*string)(&u.Department)
	case "manager_id":
		return &u.ManagerID
	case "status":
		return &u.Status
	}
	return nil
}

// fillIn gives a new user the values that its creator left out.
func (u *User) fillIn() {
	if u.FullName == "" {
		u.FullName = Text(strings.TrimSpace(string(u.FirstName) + " " + string(u.LastName)))
	}
	if u.Status == "" {
		u.Status = "ENABLED"
	}
}

// complaint tells what is wrong with the user by itself, "" for nothing.
func (u *User) complaint() string {
	switch {
	case strings.TrimSpace(u.Login) == "":
		return "login is required"
	case u.Mail == "":
		return "mail is required"
	case u.Status != "ENABLED" && u.Status != "DISABLED" && u.Status != "LOCKED":
		return "status must be ENABLED, DISABLED or LOCKED"
	}
	return ""
}
