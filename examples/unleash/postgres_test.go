//go:build unix

package unleash_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// startPostgres makes an empty database that is gone after the test. It gives
// the directory of its socket: it listens on no port.
func startPostgres(t *testing.T) string {
	t.Helper()
	bin := postgresBinaries(t)
	// Not t.TempDir: its parents are closed to the user postgres.
	dir, err := os.MkdirTemp("", "unleash")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := ordinaryUser(t, dir)
	data := filepath.Join(dir, "data")

	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "unleash", "-A", "trust",
		"-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, as
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir,
		"-c", "listen_addresses=", "-c", "fsync=off")
	postgres.Dir, postgres.SysProcAttr = dir, as
	startProcess(t, postgres, `(ready to accept connections)`)
	return dir
}

func postgresBinaries(t *testing.T) string {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb)
	}
	// Debian keeps the server's programs out of the PATH.
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		lacking(t, "PostgreSQL is not installed: apt-get install postgresql")
	}
	return filepath.Dir(slices.Max(found))
}

// ordinaryUser gives the directory to the user postgres and says to run as this
// user, for PostgreSQL refuses to run as root. Where the test is not root it
// says nothing.
func ordinaryUser(t *testing.T, dir string) *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		lacking(t, "PostgreSQL does not run as root, and there is no user postgres: useradd --system postgres")
	}
	uid, _ := strconv.Atoi(postgres.Uid)
	gid, _ := strconv.Atoi(postgres.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// lacking skips the test, or fails it where SCIMSHIM_REQUIRE=1 says that
// everything is installed.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("SCIMSHIM_REQUIRE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}
