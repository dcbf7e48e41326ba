package state

import (
	"database/sql"
	"fmt"

	"scimshim/transform"
)

// statementKind is what one row's write does.
type statementKind uint8

const (
	dropRecord statementKind = iota
	putRecord
	closeIntent
	openIntent
	statementKinds
)

type statements [statementKinds]*sql.Stmt

// write is one statement with its arguments.
type write struct {
	kind      statementKind
	arguments []any
}

const (
	dropRecordSQL = `DELETE FROM record WHERE vendor = $1 AND kind = $2 AND id = $3`

	putRecordSQL = `INSERT INTO record (vendor, kind, id, native, gone, left_at, kept, fresh, resource, keys)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (vendor, kind, id) DO UPDATE SET native = excluded.native, gone = excluded.gone, left_at = excluded.left_at,
			kept = excluded.kept, fresh = excluded.fresh, resource = excluded.resource, keys = excluded.keys`

	closeIntentSQL = `DELETE FROM intent WHERE vendor = $1 AND kind = $2 AND path = $3 AND value = $4`

	openIntentSQL = `INSERT INTO intent (vendor, kind, path, value, id, native, step, saved, opened)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (vendor, kind, path, value) DO UPDATE SET id = excluded.id, native = excluded.native,
			step = excluded.step, saved = excluded.saved, opened = excluded.opened`

	// Sorted, so that every list of an index is filled at its end.
	recordsSQL = `SELECT vendor, kind, id, native, gone, left_at, kept, fresh, resource, keys FROM record ORDER BY vendor, kind, id`
	intentsSQL = `SELECT vendor, kind, path, value, id, native, step, saved, opened FROM intent`
)

func prepare(db *sql.DB) (*statements, error) {
	var all statements
	for kind, text := range [statementKinds]string{
		dropRecord: dropRecordSQL, putRecord: putRecordSQL, closeIntent: closeIntentSQL, openIntent: openIntentSQL,
	} {
		statement, err := db.Prepare(text)
		if err != nil {
			return nil, err
		}
		all[kind] = statement
	}
	return &all, nil
}

// encode turns a change into what is written, in the order of Space.apply.
func (s *Space) encode(change transform.Change) ([]write, error) {
	var writes []write
	if change.Drop != "" {
		writes = append(writes, write{dropRecord, []any{s.name.vendor, s.name.kind, change.Drop}})
	}
	if change.Put != nil {
		row, err := recordRow(s.name, change.Put)
		if err != nil {
			return nil, fmt.Errorf("record %q of %s/%s: %w", change.Put.ID, s.name.vendor, s.name.kind, err)
		}
		writes = append(writes, write{putRecord, row})
	}
	if key := change.Close; key != (transform.Key{}) {
		writes = append(writes, write{closeIntent, []any{s.name.vendor, s.name.kind, key.Path, key.Value}})
	}
	if change.Open != nil {
		row, err := intentRow(s.name, change.Open)
		if err != nil {
			return nil, fmt.Errorf("intent %s %q of %s/%s: %w", change.Open.Key.Path, change.Open.Key.Value, s.name.vendor, s.name.kind, err)
		}
		writes = append(writes, write{openIntent, row})
	}
	return writes, nil
}

// load fills the memory from the file.
func (s *Store) load() error {
	if err := s.each(recordsSQL, func(scan scanner) error {
		name, record, err := scanRecord(scan)
		if err == nil {
			s.space(name).put(record)
		}
		return err
	}); err != nil {
		return err
	}
	return s.each(intentsSQL, func(scan scanner) error {
		name, intent, err := scanIntent(scan)
		if err == nil {
			s.space(name).intents[intent.Key] = intent
		}
		return err
	})
}

func (s *Store) each(query string, take func(scanner) error) error {
	rows, err := s.db.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows.Scan); err != nil {
			return damaged(s.path, err)
		}
	}
	return rows.Err()
}
