package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// create makes an empty file that only its owner may read, because kept values
// are personal data; SQLite gives its -wal file the same mode. A file that
// exists is not opened here: closing it would release the lock that this same
// process may hold on it (fcntl locks belong to the process, not to the
// descriptor).
func create(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("state file %q is a directory: name a file in it, like --state %q", path, filepath.Join(path, "scimshim.db"))
	case err == nil:
		return nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("state file %q: there is no directory %q: create it, or name another file with --state", path, filepath.Dir(path))
	case err != nil:
		return fmt.Errorf("state file %q cannot be created: %w: let this user write to %q, or name another file with --state", path, errors.Unwrap(err), filepath.Dir(path))
	}
	return file.Close()
}

// connect opens the one connection there ever is. In exclusive locking mode
// SQLite takes an fcntl lock with the first statement and keeps it; the kernel
// releases it however the process ends, and no second file or shared memory is
// involved. The busy timeout is what waits for another process.
func connect(path string, wait time.Duration) (*sql.DB, error) {
	settings := url.Values{
		"mode":          {"rw"}, // never create: the mode of the file would be SQLite's choice
		"_busy_timeout": {fmt.Sprint(wait.Milliseconds())},
		"_pragma":       {"locking_mode(EXCLUSIVE)"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"on"},
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+settings.Encode())
	if err != nil {
		return nil, fmt.Errorf("state file %q: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// migrate brings the tables up to date and reports whether there were none. It
// calls goose only where there is something to do: it is no part of an ordinary
// start, and a damaged file has it try for three seconds.
func migrate(path string, db *sql.DB) (fresh bool, err error) {
	sources, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return false, err
	}
	files, err := fs.ReadDir(sources, ".") // numbered from 1 without a gap
	if err != nil {
		return false, err
	}
	have, err := version(path, db)
	switch {
	case err != nil:
		return false, err
	case have > len(files):
		return false, fmt.Errorf("state file %q has version %d and this scimshim knows versions up to %d: run the newer scimshim, or name another file with --state", path, have, len(files))
	case have == len(files):
		return false, nil
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, sources)
	if err == nil {
		_, err = provider.Up(context.Background())
	}
	return have == 0, err
}

// version is the number of the last migration that the file has seen. The first
// query is also the one that takes the lock.
func version(path string, db *sql.DB) (have int, err error) {
	var tables, histories int
	const count = `SELECT count(*), count(*) FILTER (WHERE name = '` + goose.DefaultTablename + `') FROM sqlite_master`
	if err := db.QueryRow(count).Scan(&tables, &histories); err != nil || tables == 0 {
		return 0, err
	}
	if histories == 0 {
		return 0, fmt.Errorf("state file %q is the database of another program: name another file with --state", path)
	}
	err = db.QueryRow(`SELECT coalesce(max(version_id), 0) FROM ` + goose.DefaultTablename).Scan(&have)
	return have, err
}

// explain says what to do about an error of SQLite's; other errors say it
// themselves.
func explain(path string, err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code() & 0xff { // the primary result code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("state file %q is in use by another scimshim: stop it, or give each its own --state", path)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return damaged(path, failure)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("state file %q cannot be written: %w: let this user write to it and to the directory %q, or name another file with --state", path, failure, filepath.Dir(path))
	}
	return fmt.Errorf("state file %q: %w", path, failure)
}

func damaged(path string, err error) error {
	return fmt.Errorf("state file %q is damaged: %w: restore a copy, or move it away to start with nothing remembered", path, err)
}

// Settings are SQLite's own words on how it keeps what it is given.
type Settings struct {
	JournalMode string
	LockingMode string
	Synchronous int // 2 is FULL: COMMIT returns after fsync
	ForeignKeys bool
}

// Settings asks SQLite for them. The store must have a file.
func (s *Store) Settings() (Settings, error) {
	var got Settings
	row := s.db.QueryRow(`SELECT j.journal_mode, l.locking_mode, s.synchronous, f.foreign_keys FROM
		pragma_journal_mode j, pragma_locking_mode l, pragma_synchronous s, pragma_foreign_keys f`)
	err := row.Scan(&got.JournalMode, &got.LockingMode, &got.Synchronous, &got.ForeignKeys)
	return got, err
}
