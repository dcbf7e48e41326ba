package app

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// maxTeamName bounds a team's name, in characters.
const maxTeamName = 80

// Team is a number of users under a name. The API shows how many they are; who
// they are has calls of its own.
type Team struct {
	ID        int64
	Name      string
	Members   []int64 // the ids of users, ordered; also of disabled ones
	CreatedAt time.Time
}

// Member is a user as the members of a team are shown.
type Member struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
}

// MarshalJSON writes the team as the API shows it.
func (t Team) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID           int64     `json:"id"`
		Name         string    `json:"name"`
		MembersCount int       `json:"members_count"`
		CreatedAt    time.Time `json:"created_at"`
	}{t.ID, t.Name, len(t.Members), t.CreatedAt})
}

// field gives the place of a field that callers may set, nil for any other.
func (t *Team) field(name string) any {
	if name == "name" {
		return &t.Name
	}
	return nil
}

// complaint tells what is wrong with the team by itself, "" for nothing.
func (t *Team) complaint() string {
	switch {
	case strings.TrimSpace(t.Name) == "":
		return "name is required"
	case utf8.RuneCountInString(t.Name) > maxTeamName:
		return "name is too long"
	}
	return ""
}
