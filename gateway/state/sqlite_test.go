package state

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
	"scimshim/transform/scim"
)

func TestOpenErrors(t *testing.T) {
	for _, test := range []struct {
		name, file string
		spoil      func(t *testing.T, path string)
		want       string // DIR stands for the directory
	}{
		{"text", "scimshim.db", holding(strings.Repeat("this is no database\n", 300)),
			`state file "DIR/scimshim.db" is damaged: file is not a database (26): restore a copy, or move it away to start with nothing remembered`},
		{"overwritten pages", "scimshim.db", overwritePages,
			`state file "DIR/scimshim.db" is damaged: database disk image is malformed (11): restore a copy, or move it away to start with nothing remembered`},
		{"newer", "scimshim.db", changedBy(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, 1)`),
			`state file "DIR/scimshim.db" has version 7 and this scimshim knows versions up to 4: run the newer scimshim, or name another file with --state`},
		{"another program's", "scimshim.db", changedBy(`DROP TABLE goose_db_version`),
			`state file "DIR/scimshim.db" is the database of another program: name another file with --state`},
		{"record not JSON", "scimshim.db", changedBy(`UPDATE record SET kept = '{"title":' WHERE id = '7'`),
			`state file "DIR/scimshim.db" is damaged: record "7" of legacy/users: kept: the body is not valid JSON at offset 8: restore a copy, or move it away to start with nothing remembered`},
		{"keys of another form", "scimshim.db", changedBy(`UPDATE record SET keys = '[["a"]]' WHERE id = '7'`),
			`state file "DIR/scimshim.db" is damaged: record "7" of legacy/users: keys: ["a"] is not a path and a value: restore a copy, or move it away to start with nothing remembered`},
		{"signing key cut off", "scimshim.db", changedBy(`UPDATE secret SET value = 'abcd'`),
			`state file "DIR/scimshim.db" is damaged: the secret signing is not 32 bytes in hexadecimal: restore a copy, or move it away to start with nothing remembered`},
		{"directory", "", func(*testing.T, string) {},
			`state file "DIR" is a directory: name a file in it, like --state "DIR/scimshim.db"`},
		{"missing directory", "nowhere/scimshim.db", func(*testing.T, string) {},
			`state file "DIR/nowhere/scimshim.db": there is no directory "DIR/nowhere": create it, or name another file with --state`},
		{"below a file", "file/scimshim.db", func(t *testing.T, path string) { holding("")(t, filepath.Dir(path)) },
			`state file "DIR/file/scimshim.db" cannot be created: not a directory: let this user write to "DIR/file", or name another file with --state`},
		{"link to nothing", "scimshim.db", func(t *testing.T, path string) { must(t, os.Symlink(path+".missing", path)) },
			`state file "DIR/scimshim.db" cannot be written: unable to open database file (14): let this user write to it and to the directory "DIR", or name another file with --state`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, test.file)
			test.spoil(t, path)
			store, err := Open(path, 0)
			if err == nil {
				store.Close()
				t.Fatal("it opens")
			}
			if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// A file of the first version has its values that are not settled among the kept.
func TestFirstVersion(t *testing.T) {
	path := newPath(t)
	changedBy(`ALTER TABLE record DROP COLUMN fresh;
		ALTER TABLE record DROP COLUMN left_at;
		DROP TABLE secret;
		DELETE FROM goose_db_version WHERE version_id > 1;
		INSERT INTO record (vendor, kind, id, native, gone, kept, resource, keys) VALUES
			('legacy', 'users', '100', '100', 0, '{"title":{"sent":"boss","back":"boss","settled":false}}', '', '[["title","boss"]]')`)(t, path)
	want := &transform.Record{ID: "100", Native: "100", Keys: []transform.Key{{Path: "title", Value: "boss"}},
		Kept: map[string]transform.Pair{"title": {Sent: scim.String("boss"), Back: scim.String("boss")}}}
	for range 2 { // the second finds the column there
		store := mustOpen(t, path)
		if diff := cmp.Diff(want, store.Space("legacy", "users").ByID("100"), equal); diff != "" || store.New() {
			t.Errorf("new %v (-want +got):\n%s", store.New(), diff)
		}
		mustClose(t, store)
	}
}

func TestUnwritable(t *testing.T) {
	if os.Getuid() == 0 { // root may write everywhere: somebody else has to try
		asNobody(t)
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "scimshim.db")
	must(t, os.Chmod(dir, 0o500))
	_, err := Open(path, 0)
	want := fmt.Sprintf("state file %q cannot be created: permission denied: let this user write to %q, or name another file with --state", path, dir)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	must(t, os.Chmod(dir, 0o700))
	must(t, os.WriteFile(path, nil, 0o400))
	_, err = Open(path, 0)
	want = fmt.Sprintf("state file %q cannot be written: attempt to write a readonly database (8): let this user write to it and to the directory %q, or name another file with --state", path, dir)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// asNobody runs the calling test once more, as a user without rights.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "nobody")
	must(t, err)
	defer os.RemoveAll(dir)
	must(t, os.Chmod(dir, 0o777))
	program, err := os.ReadFile(os.Args[0])
	must(t, err)
	copied := filepath.Join(dir, "test")
	must(t, os.WriteFile(copied, program, 0o755))
	again := exec.Command(copied, "-test.run=^"+t.Name()+"$", "-test.v")
	again.Dir, again.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func TestEmptyFileIsNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?b#c%41 &mode=memory.db")
	holding("")(t, path)
	store := mustOpen(t, path)
	if !store.New() {
		t.Error("an empty file is not new")
	}
	mustClose(t, store)
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the file was not used: %v, %v", info, err)
	}
	if mustOpen(t, path).New() {
		t.Error("a file is new twice")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func holding(content string) func(*testing.T, string) {
	return func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(content), 0o600)) }
}

// filled makes a file of a few pages.
func filled(t *testing.T, path string) *Store {
	store := mustOpen(t, path)
	for i := range 100 {
		mustCommit(t, store.Space("legacy", "users"), transform.Change{Durable: i == 99, Put: sample(i)})
	}
	return store
}

func changedBy(statement string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		store := filled(t, path)
		_, err := store.db.Exec(statement)
		must(t, err)
		mustClose(t, store)
	}
}

func overwritePages(t *testing.T, path string) {
	mustClose(t, filled(t, path))
	content, err := os.ReadFile(path)
	must(t, err)
	copy(content[4096:], bytes.Repeat([]byte{0xa5}, len(content)-4096))
	must(t, os.WriteFile(path, content, 0o600))
}
