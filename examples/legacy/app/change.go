package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// change is what the body of a POST or PUT sets, by field: a *string or a
// *int64, as the field has it. A nil pointer is the null that clears the field.
type change map[string]any

// parseChange reads the body of a POST or PUT; complaint is "" when it could.
// place gives the fields that callers may set, as User.field does.
func parseChange(r *http.Request, place func(field string) any) (c change, complaint string) {
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil || raw == nil {
		return nil, "the body is not a JSON object"
	}
	c = change{}
	for _, field := range slices.Sorted(maps.Keys(raw)) {
		value, wanted := decode(raw[field], place(field))
		switch {
		case wanted == "":
			return nil, fmt.Sprintf("unknown field %q", field)
		case value == nil:
			return nil, fmt.Sprintf("%s must be %s or null", field, wanted)
		}
		c[field] = value
	}
	return c, ""
}

// decode gives what a change holds for a field with this place, nil for a value
// that does not fit there, and says what would; "" when there is no such field.
func decode(raw json.RawMessage, place any) (value any, wanted string) {
	switch place.(type) {
	case *string:
		return pointer[string](raw), "a string"
	case **int64:
		return pointer[int64](raw), "an integer"
	}
	return nil, ""
}

func pointer[T any](raw json.RawMessage) any {
	var value *T
	if json.Unmarshal(raw, &value) != nil {
		return nil
	}
	return value
}

// apply sets the fields of a change. Every one is known: parseChange has refused
// the others.
func (c change) apply(place func(field string) any) {
	for field, value := range c {
		switch at := place(field).(type) {
		case *string:
			*at = ""
			if text := value.(*string); text != nil {
				*at = *text
			}
		case **int64:
			*at = value.(*int64)
		}
	}
}
