package state

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/transform"
	"scimshim/transform/scim"
)

// childVariable makes the test binary another gateway on the file it names.
const childVariable = "SCIMSHIM_STATE_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		fmt.Println("child:", serve(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serve commits one record after the other, durably, and says so after each,
// until it is killed.
func serve(path string) error {
	store, err := Open(path, 0)
	if err != nil {
		return err
	}
	space := store.Space("legacy", "users")
	for i := 0; ; i++ {
		if err := space.Commit(transform.Change{Durable: true, Put: sample(i)}); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

func mustOpen(t testing.TB, path string) *Store {
	t.Helper()
	store, err := Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func mustClose(t testing.TB, store *Store) {
	t.Helper()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustCommit(t testing.TB, space *Space, change transform.Change) {
	t.Helper()
	if err := space.Commit(change); err != nil {
		t.Fatal(err)
	}
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "scimshim.db") }

// equal compares values as they are written, so that a number's literal counts.
var equal = cmp.Comparer(func(a, b scim.Value) bool { return a.Kind() == b.Kind() && a.JSON() == b.JSON() })

// startChild starts another process on the file and reads until it has
// acknowledged that many commits.
func startChild(t *testing.T, path string, commits int) (kill func() (acknowledged int)) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines, acknowledged := bufio.NewScanner(stdout), 0
	read := func() bool {
		if !lines.Scan() {
			return false
		}
		if lines.Text() != strconv.Itoa(acknowledged) {
			t.Errorf("child wrote %q, want %d", lines.Text(), acknowledged)
			return false
		}
		acknowledged++
		return true
	}
	for acknowledged < commits && read() {
	}
	return func() int {
		child.Process.Kill() // SIGKILL: the process cannot put anything in order
		for read() {
		}
		child.Wait()
		return acknowledged
	}
}

func TestReopenFindsEverything(t *testing.T) {
	path := newPath(t)
	store := mustOpen(t, path)
	if !store.New() {
		t.Error("a file that was missing is not new")
	}
	users := []*transform.Record{
		{ID: "1", Native: "1"},
		{ID: "2", Native: "77", Keys: []transform.Key{{Path: "userName", Value: "ada"}, {Path: "externalId", Value: "e\"2"}},
			Kept: map[string]transform.Pair{
				"externalId":        {Sent: scim.String("e\"2")},
				"title":             {Sent: scim.String("Émile\x00\u2028"), Back: scim.Null(), Settled: true},
				"emails.work.value": {Sent: scim.Number("12345678901234567890"), Back: scim.Number("1.50"), Settled: true},
			},
			Fresh: scim.Object(scim.Member{Name: "displayName", Value: scim.String("Ada\u2028")},
				scim.Member{Name: "roles", Value: scim.ListOf(scim.Object(scim.Member{Name: "value", Value: scim.Bool(true)}))})},
		{ID: "3", Gone: true, Keys: []transform.Key{{Path: "userName", Value: "ada"}},
			Resource: scim.Object(scim.Member{Name: "userName", Value: scim.String("Ada")},
				scim.Member{Name: "emails", Value: scim.ListOf(scim.Object(scim.Member{Name: "primary", Value: scim.Bool(true)}))})},
	}
	open := []*transform.Intent{
		{Key: transform.Key{Path: "userName", Value: "bob"}},
		{Key: transform.Key{Path: "userName", Value: "eve"}, ID: "3", Native: "78", Step: 2,
			Saved: map[string]scim.Value{"link": scim.String("x"), "none": scim.Null()}},
	}
	for i, record := range users {
		mustCommit(t, store.Space("legacy", "users"), transform.Change{Durable: i == 1, Put: record})
	}
	for _, intent := range open {
		mustCommit(t, store.Space("legacy", "users"), transform.Change{Durable: true, Open: intent})
	}
	mustCommit(t, store.Space("legacy", "groups"), transform.Change{Put: &transform.Record{ID: "1", Native: "g1"}})
	mustClose(t, store)

	store = mustOpen(t, path)
	if store.New() {
		t.Error("a file with records is new")
	}
	space := store.Space("legacy", "users")
	got := []*transform.Record{space.ByID("1"), space.ByNative("77"), space.Remembered()[0]}
	if diff := cmp.Diff(users, got, equal); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(users[1:], space.ByKey(transform.Key{Path: "userName", Value: "ada"}), equal); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(open, space.Intents(), equal); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(open[1], space.Intent(open[1].Key), equal); diff != "" {
		t.Error(diff)
	}
	if got := store.Space("legacy", "groups").ByID("1").Native; got != "g1" {
		t.Errorf("group 1 is %q, want g1", got)
	}
	if got := store.Space("other", "users").ByID("1"); got != nil {
		t.Errorf("another vendor has %v", got)
	}
}

// A kill shows no missing fsync, so what makes commits durable is asked for.
func TestSettings(t *testing.T) {
	got, err := mustOpen(t, newPath(t)).Settings()
	if err != nil {
		t.Fatal(err)
	}
	if want := (Settings{JournalMode: "wal", LockingMode: "exclusive", Synchronous: 2, ForeignKeys: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	path := newPath(t)
	store := mustOpen(t, path)
	mustCommit(t, store.Space("legacy", "users"), transform.Change{Durable: true, Put: sample(1)})
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Fatalf("got %q, want the file and its -wal", files)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %v", file, info.Mode())
		}
	}
}

func TestKillLosesNothingDurable(t *testing.T) {
	for commits := 1; commits <= 8; commits++ {
		path := newPath(t)
		acknowledged := startChild(t, path, commits)()
		space := mustOpen(t, path).Space("legacy", "users")
		for i := range acknowledged {
			if diff := cmp.Diff(sample(i), space.ByID(strconv.Itoa(i)), equal); diff != "" {
				t.Errorf("of %d commits: %s", acknowledged, diff)
			}
		}
	}
}

func TestSecondProcessRefuses(t *testing.T) {
	path := newPath(t)
	kill := startChild(t, path, 1)
	defer kill()
	want := fmt.Sprintf("state file %q is in use by another scimshim: stop it, or give each its own --state", path)
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		store, err := Open(path, wait)
		if err == nil {
			store.Close()
			t.Fatal("two processes have the file")
		}
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestSecondProcessWaits(t *testing.T) {
	path := newPath(t)
	kill := startChild(t, path, 1)
	killed := make(chan int, 1)
	time.AfterFunc(50*time.Millisecond, func() { killed <- kill() })
	store, err := Open(path, time.Minute)
	<-killed
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, store)
}

// A process loses its fcntl locks on a file when it closes any descriptor of it.
func TestRefusedOpenLeavesTheLock(t *testing.T) {
	path := newPath(t)
	mustOpen(t, path)
	want := fmt.Sprintf("state file %q is in use by another scimshim: stop it, or give each its own --state", path)
	if _, err := Open(path, 0); err == nil || err.Error() != want {
		t.Errorf("in one process: got %v, want %q", err, want)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	out, _ := child.Output()
	if got := strings.TrimSpace(string(out)); got != "child: "+want {
		t.Errorf("in another: got %q, want %q", got, "child: "+want)
	}
}

func TestCloseTwice(t *testing.T) {
	path := newPath(t)
	store := mustOpen(t, path)
	space := store.Space("legacy", "users")
	mustCommit(t, space, transform.Change{Put: sample(1)})
	mustClose(t, store)
	mustClose(t, store)
	want := fmt.Sprintf("state file %q is closed", path)
	if err := space.Commit(transform.Change{Put: sample(2)}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	if mustOpen(t, path).Space("legacy", "users").ByID("1") == nil {
		t.Error("what waited was not written")
	}
}

func TestInMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	store := InMemory()
	if !store.New() {
		t.Error("a store without a file is not new")
	}
	space := store.Space("legacy", "users")
	mustCommit(t, space, transform.Change{Durable: true, Put: sample(1)})
	if space.ByID("1") == nil {
		t.Error("what was committed is not visible")
	}
	if InMemory().Space("legacy", "users").ByID("1") != nil {
		t.Error("two stores share what is remembered")
	}
	mustClose(t, store)
	mustClose(t, store)
	if err := space.Commit(transform.Change{Put: sample(2)}); err == nil || err.Error() != "the state is closed" {
		t.Errorf("a commit after Close: got %v", err)
	}
	files, err := os.ReadDir(".")
	if err != nil || len(files) > 0 {
		t.Errorf("files were written: %v, %v", files, err)
	}
}
