package entra

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// Dialect is one of the two ways in which Entra writes a PATCH. A Tenant URL
// that ends in ?aadOptscim062020 asks for the second; provisioning on demand
// does not mind that and uses the first.
type Dialect int

const (
	// Default writes "Add", "Replace" and "Remove", booleans as strings, an
	// operation with a path for each attribute, and members to remove as a value.
	Default Dialect = iota
	// AadOptscim062020 writes "add", "replace" and "remove", booleans as
	// booleans, a filter for each member to remove, and folds the attributes
	// without a filter in their path into one operation that has no path.
	AadOptscim062020
)

// flag is what the Tenant URL ends in to ask for the second dialect.
const flag = "aadOptscim062020"

func (d Dialect) String() string {
	if d == AadOptscim062020 {
		return flag
	}
	return "default"
}

// operation sets one attribute, or changes members.
type operation struct {
	Op    string `json:"op"` // "Add", "Replace" or "Remove"
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"` // a string, a boolean or []member; nil: none
}

// diff gives the operations that turn what the endpoint shows into what the
// object has: Add for what is missing, Replace for what differs.
func diff(rows []row, o object, shown []byte) []operation {
	var ops []operation
	for _, r := range rows {
		wanted, found := r.value(o), r.path.get(shown)
		switch {
		case wanted == nil || same(found, wanted):
		case !found.Exists() || found.Type == gjson.Null:
			ops = append(ops, operation{"Add", r.Target, wanted})
		default:
			ops = append(ops, operation{"Replace", r.Target, wanted})
		}
	}
	return ops
}

// same compares the type too: an endpoint that shows "True" for true has not
// understood the attribute.
func same(found gjson.Result, wanted any) bool {
	switch wanted := wanted.(type) {
	case bool:
		return found.IsBool() && found.Bool() == wanted
	case string:
		return found.Type == gjson.String && found.Str == wanted
	}
	return false
}

// createBody writes the body of a POST, which refers to nobody.
func (e *endpoint) createBody(rows []row, o object) ([]byte, error) {
	body, err := sjson.SetBytes([]byte(`{}`), "schemas", e.schemas)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		value := r.value(o)
		if value == nil {
			continue
		}
		if body, err = r.path.set(body, value); err != nil {
			return nil, err
		}
	}
	return sjson.SetBytes(body, "meta.resourceType", e.resource)
}

// patchBody writes the body of a PATCH.
func (d Dialect) patchBody(ops []operation) ([]byte, error) {
	var err error
	if d == AadOptscim062020 {
		ops, err = foldPlain(ops)
	} else {
		ops = spellBooleans(ops)
	}
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}{[]string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, ops})
}

// spellBooleans writes booleans as the strings of the default dialect.
func spellBooleans(ops []operation) []operation {
	spelt := slices.Clone(ops)
	for i, op := range spelt {
		switch op.Value {
		case true:
			spelt[i].Value = "True"
		case false:
			spelt[i].Value = "False"
		}
	}
	return spelt
}

// foldPlain puts the paths with a filter first and folds the others, by verb,
// where there is more than one of them.
func foldPlain(ops []operation) ([]operation, error) {
	var spelt []operation
	plain := map[string][]operation{}
	for _, op := range ops {
		op.Op = strings.ToLower(op.Op)
		if strings.Contains(op.Path, "[") {
			spelt = append(spelt, op)
		} else {
			plain[op.Op] = append(plain[op.Op], op)
		}
	}
	for _, verb := range []string{"add", "replace"} {
		if len(plain[verb]) < 2 {
			spelt = append(spelt, plain[verb]...)
			continue
		}
		op, err := fold(verb, plain[verb])
		if err != nil {
			return nil, err
		}
		spelt = append(spelt, op)
	}
	return spelt, nil
}

// fold makes one operation without a path, whose members are the paths.
func fold(verb string, ops []operation) (operation, error) {
	value := []byte(`{}`)
	var err error
	for _, op := range ops {
		if value, err = sjson.SetBytes(value, key(op.Path), op.Value); err != nil {
			return operation{}, err
		}
	}
	return operation{Op: verb, Value: json.RawMessage(value)}, nil
}

// marshal is json.Marshal without its escaping of <, > and & for web pages.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}
