package state

import (
	"fmt"
	"maps"
	"slices"
	"unique"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// maxDepth is above what a request body may nest, since a row wraps its values.
const maxDepth = 64

func recordRow(name spaceName, r *transform.Record) ([]any, error) {
	kept, err := column("kept", keptValue(r.Kept))
	if err != nil {
		return nil, err
	}
	fresh, err := column("fresh", r.Fresh)
	if err != nil {
		return nil, err
	}
	resource, err := column("resource", r.Resource)
	if err != nil {
		return nil, err
	}
	keys, err := column("keys", keysValue(r.Keys))
	return []any{name.vendor, name.kind, r.ID, r.Native, r.Gone, r.Left, kept, fresh, resource, keys}, err
}

func intentRow(name spaceName, i *transform.Intent) ([]any, error) {
	saved, err := column("saved", savedValue(i.Saved))
	return []any{name.vendor, name.kind, i.Key.Path, i.Key.Value, i.ID, i.Native, i.Step, saved, i.Opened}, err
}

// column is a value as JSON, or empty for none. It is read back at once: what cannot be read is an
// error of this commit, and not of the next start, which would then have none
// of the records.
func column(name string, v scim.Value) (string, error) {
	if v.IsAbsent() {
		return "", nil
	}
	text := v.AppendJSON(nil)
	if _, err := scim.ParseJSON(text, scim.Limits{Depth: maxDepth}); err != nil {
		return "", fmt.Errorf("%s cannot be stored: %w", name, err)
	}
	return string(text), nil
}

func keptValue(kept map[string]transform.Pair) scim.Value {
	members := make([]scim.Member, 0, len(kept))
	for _, path := range slices.Sorted(maps.Keys(kept)) {
		pair := kept[path]
		members = append(members, scim.Member{Name: path, Value: scim.Object(
			scim.Member{Name: "sent", Value: pair.Sent}, // left out while Absent
			scim.Member{Name: "back", Value: pair.Back},
			scim.Member{Name: "settled", Value: scim.Bool(pair.Settled)},
		)})
	}
	return scim.Object(members...)
}

func keysValue(keys []transform.Key) scim.Value {
	items := make([]scim.Value, len(keys))
	for i, key := range keys {
		items[i] = scim.ListOf(scim.String(key.Path), scim.String(key.Value))
	}
	return scim.ListOf(items...)
}

func savedValue(saved map[string]scim.Value) scim.Value {
	members := make([]scim.Member, 0, len(saved))
	for _, name := range slices.Sorted(maps.Keys(saved)) {
		members = append(members, scim.Member{Name: name, Value: saved[name]})
	}
	return scim.Object(members...)
}

// scanner is *sql.Rows, at one row.
type scanner func(...any) error

func scanRecord(scan scanner) (name spaceName, r *transform.Record, err error) {
	var kept, fresh, resource, keys string
	r = &transform.Record{}
	if err := scan(&name.vendor, &name.kind, &r.ID, &r.Native, &r.Gone, &r.Left, &kept, &fresh, &resource, &keys); err != nil {
		return name, nil, err
	}
	if r.ID == r.Native {
		r.Native = r.ID // one text for both
	}
	if r.Kept, err = parseKept(kept); err == nil {
		r.Fresh, err = parseFresh(fresh)
	}
	if err == nil {
		r.Resource, err = parseColumn("resource", resource)
	}
	if err == nil {
		r.Keys, err = parseKeys(keys)
	}
	if err != nil {
		err = fmt.Errorf("record %q of %s/%s: %w", r.ID, name.vendor, name.kind, err)
	}
	return name, r, err
}

func scanIntent(scan scanner) (name spaceName, i *transform.Intent, err error) {
	var saved string
	i = &transform.Intent{}
	if err := scan(&name.vendor, &name.kind, &i.Key.Path, &i.Key.Value, &i.ID, &i.Native, &i.Step, &saved, &i.Opened); err != nil {
		return name, nil, err
	}
	if i.Saved, err = parseSaved(saved); err != nil {
		err = fmt.Errorf("intent %s %q of %s/%s: %w", i.Key.Path, i.Key.Value, name.vendor, name.kind, err)
	}
	return name, i, err
}

func parseColumn(name, text string) (scim.Value, error) {
	if text == "" {
		return scim.Value{}, nil
	}
	v, err := scim.ParseJSON([]byte(text), scim.Limits{Depth: maxDepth})
	if err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

func parseKept(text string) (map[string]transform.Pair, error) {
	v, err := parseColumn("kept", text)
	if len(v.Members()) == 0 {
		return nil, err
	}
	kept := make(map[string]transform.Pair, len(v.Members()))
	for _, m := range v.Members() {
		kept[m.Name] = transform.Pair{
			Sent: m.Value.Member("sent"), Back: m.Value.Member("back"), Settled: m.Value.Member("settled").Boolean(),
		}
	}
	return kept, err
}

// parseFresh has the paths once in memory, however many records name them.
func parseFresh(text string) (scim.Value, error) {
	v, err := parseColumn("fresh", text)
	fresh := scim.DraftOf(scim.Value{}, len(v.Members()))
	for _, m := range v.Members() {
		fresh.Set(unique.Make(m.Name).Value(), m.Value)
	}
	return fresh.Own(), err
}

func parseKeys(text string) ([]transform.Key, error) {
	v, err := parseColumn("keys", text)
	if len(v.Items()) == 0 {
		return nil, err
	}
	keys := make([]transform.Key, len(v.Items()))
	for i, item := range v.Items() {
		if len(item.Items()) != 2 {
			return nil, fmt.Errorf("keys: %s is not a path and a value", item.JSON())
		}
		keys[i] = transform.Key{Path: item.Items()[0].Text(), Value: item.Items()[1].Text()}
	}
	return keys, err
}

func parseSaved(text string) (map[string]scim.Value, error) {
	v, err := parseColumn("saved", text)
	if len(v.Members()) == 0 {
		return nil, err
	}
	saved := make(map[string]scim.Value, len(v.Members()))
	for _, m := range v.Members() {
		saved[m.Name] = m.Value
	}
	return saved, err
}
