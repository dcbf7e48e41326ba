package gateway

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// window is a vendor's own limit: so many calls of a method in any stretch of time.
type window struct {
	mu      sync.Mutex
	method  string // "": any
	most    int
	per     time.Duration
	at      []time.Time
	refused int
}

func (w *window) moody(r *http.Request, _ int) mood {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.method != "" && r.Method != w.method {
		return mood{}
	}
	now := time.Now()
	w.at = slices.DeleteFunc(w.at, func(at time.Time) bool { return now.Sub(at) >= w.per })
	if len(w.at) >= w.most {
		w.refused++
		return mood{status: 429}
	}
	w.at = append(w.at, now)
	return mood{}
}

func withLimits(limits string) string {
	return strings.Replace(officeFile, "timeout: 10s", "timeout: 10s, limits: "+limits, 1)
}

func limitedCreate(limits string) string {
	return strings.Replace(officeFile, "create: POST /users", "create: {request: POST /users, limits: "+limits+"}", 1)
}

// same wants whole answers.
func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestRateIsKept: 200 creates at once, at a vendor that refuses what is beyond its
// rate. It has to refuse nothing, and everybody is created once.
func TestRateIsKept(t *testing.T) {
	inBubble(t, withLimits("{rate: 50/s, wait: 10s}"), func(t *testing.T, b *bubble) {
		limit := &window{most: 50, per: time.Second}
		b.office.turn(limit.moody)
		answers, want := make([]string, 200), make([]string, 200)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { _, answers[i], _ = strings.Cut(b.create(fmt.Sprintf("user%03d", i)), ": ") })
			want[i] = "201"
		}
		all.Wait()
		same(t, "answers", want, answers)
		for i := range want {
			want[i] = fmt.Sprintf("user%03d", i)
		}
		same(t, "users", want, b.office.logins())
		if limit.refused != 0 {
			t.Errorf("the vendor has refused %d calls", limit.refused)
		}
		if least, took := 399*time.Second/50, time.Since(b.office.began); took != least {
			t.Errorf("400 calls took %s, and the rate allows them in %s", took, least)
		}
	})
}

// TestRateOfCreates: the open source Unleash takes 20 creates a minute, and any
// number of reads. Whoever cannot wait so long is told when to come back.
func TestRateOfCreates(t *testing.T) {
	inBubble(t, limitedCreate("{rate: 20/m}"), func(t *testing.T, b *bubble) {
		limit := &window{method: "POST", most: 20, per: time.Minute}
		b.office.turn(limit.moody)
		for i := range 45 {
			for {
				got := b.create(fmt.Sprintf("user%02d", i))
				if strings.HasSuffix(got, ": 201") {
					break
				}
				var after int
				if _, err := fmt.Sscanf(got[strings.Index(got, "429"):], "429 too many requests for this vendor are waiting in the gateway, Retry-After %d", &after); err != nil {
					t.Fatal(got)
				}
				time.Sleep(time.Duration(after) * time.Second)
			}
		}
		if users := len(b.office.logins()); users != 45 || limit.refused != 0 {
			t.Errorf("%d users, %d calls were refused", users, limit.refused)
		}
		var at []string
		b.office.told()
		for range 4 { // each is a search and a create
			at = append(at, b.create(fmt.Sprintf("late%d", len(at))), b.call("GET", "/Users/1", ""))
		}
		same(t, "answers", []string{"2m15s: 201", "2m15s: 200", "2m18s: 201", "2m18s: 200", "2m21s: 201", "2m21s: 200", "2m24s: 201", "2m24s: 200"}, at)
	})
}

// TestQueue: calls are served in their order, and who gives up takes no turn.
func TestQueue(t *testing.T) {
	inBubble(t, withLimits("{rate: 1/s, burst: 2, wait: 2s}"), func(t *testing.T, b *bubble) {
		b.office.hire("ada", "bob", "cid", "dot", "eve", "fay")
		answers := make([]string, 6)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = b.call("GET", fmt.Sprint("/Users/", i+1), "") })
			time.Sleep(time.Millisecond) // one after the other
		}
		all.Wait()
		told := "429 too many requests for this vendor are waiting in the gateway, Retry-After "
		same(t, "answers", []string{"0s: 200", "1ms: 200", "1s: 200", "2s: 200", "4ms: " + told + "3", "5ms: " + told + "3"}, answers)
		same(t, "the next", []string{"3s: 200"}, []string{b.call("GET", "/Users/1", "")})
	})
}

// TestConcurrent: one call at a time. A PATCH that reads and writes gets through
// between creates, and nobody waits for himself.
func TestConcurrent(t *testing.T) {
	file := strings.Replace(withLimits("{concurrent: 1}"), "update: PATCH /users/{id}", `update: {request: "PATCH /users/{id}", read_first: true}`, 1)
	inBubble(t, file, func(t *testing.T, b *bubble) {
		under, most := 0, 0
		var mu sync.Mutex
		b.office.hire("ada", "bob")
		b.office.turn(func(*http.Request, int) mood {
			mu.Lock()
			under++
			most = max(most, under)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			under--
			mu.Unlock()
			return mood{}
		})
		answers := make([]string, 11)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				if i == 5 {
					_, answers[i], _ = strings.Cut(b.call("PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`), ": ")
					return
				}
				_, answers[i], _ = strings.Cut(b.create(fmt.Sprintf("user%02d", i)), ": ")
			})
		}
		all.Wait()
		same(t, "answers", []string{"201", "201", "201", "201", "201", "200", "201", "201", "201", "201", "201"}, answers)
		if most != 1 {
			t.Errorf("%d calls were under way at once", most)
		}
		b.office.turn(always(mood{hang: 7 * time.Second}))
		began := time.Now()
		for i := range 2 {
			all.Go(func() { _, answers[i], _ = strings.Cut(b.call("GET", fmt.Sprint("/Users/", i+1), ""), ": ") })
			time.Sleep(time.Millisecond)
		}
		all.Wait()
		same(t, "a long call", []string{"200", "429 too many requests for this vendor are waiting in the gateway, Retry-After 5"}, answers[:2])
		if took := time.Since(began).Round(time.Second); took != 7*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestPauses: what the vendor asks for is waited for, or told with what is left.
func TestPauses(t *testing.T) {
	patch := `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`
	for _, test := range []struct {
		name       string
		method     string
		first      mood // of the first call; then the office serves
		want, told []string
	}{
		{"seconds", "PATCH", mood{status: 429, header: []string{"Retry-After", "3"}},
			[]string{"3s: 200", "23s: 200"}, []string{"0s PATCH /users/1", "3s PATCH /users/1", "23s PATCH /users/1"}},
		{"a date", "PATCH", mood{status: 429, header: []string{"Retry-After", "Sat, 01 Jan 2000 00:00:03 GMT"}},
			[]string{"4s: 200", "24s: 200"}, []string{"0s PATCH /users/1", "4s PATCH /users/1", "24s PATCH /users/1"}},
		{"seconds, too many", "PATCH", mood{status: 429, header: []string{"Retry-After", "120"}},
			[]string{"0s: 429 the vendor limits the number of calls, Retry-After 120",
				"20s: 429 the vendor limits the number of calls, and has asked for a pause, Retry-After 100"}, []string{"0s PATCH /users/1"}},
		{"unnamed", "PATCH", mood{status: 429}, []string{"1s: 200", "21s: 200"}, []string{"0s PATCH /users/1", "1s PATCH /users/1", "21s PATCH /users/1"}},
		{"a read answered 503", "GET", mood{status: 503, header: []string{"Retry-After", "5"}},
			[]string{"5s: 200", "25s: 200"}, []string{"0s GET /users/1", "5s GET /users/1", "25s GET /users/1"}},
		{"a read answered 503, too long", "GET", mood{status: 503, header: []string{"Retry-After", "60"}},
			[]string{"0s: 503 the vendor answered with status 503, Retry-After 60",
				"20s: 503 the vendor is not available, and has asked for a pause, Retry-After 40"}, []string{"0s GET /users/1"}},
		{"a write answered 503", "PATCH", mood{status: 503, header: []string{"Retry-After", "25"}},
			[]string{"0s: 503 the vendor answered with status 503, Retry-After 25", "25s: 200"}, []string{"0s PATCH /users/1", "25s PATCH /users/1"}},
		{"none left", "GET", mood{header: []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "946684829"}},
			[]string{"0s: 200", "30s: 200"}, []string{"0s GET /users/1", "30s GET /users/1"}},
		{"none left for longer", "GET", mood{header: []string{"RateLimit", `"default";r=0;t=90`}},
			[]string{"0s: 200", "20s: 429 the vendor limits the number of calls, and has asked for a pause, Retry-After 70"}, []string{"0s GET /users/1"}},
		{"one left", "GET", mood{header: []string{"RateLimit-Remaining", "1", "RateLimit-Reset", "90"}},
			[]string{"0s: 200", "20s: 200"}, []string{"0s GET /users/1", "20s GET /users/1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, officeFile, func(t *testing.T, b *bubble) {
				b.office.hire("ada")
				b.office.turn(func(_ *http.Request, nth int) mood {
					if nth == 1 {
						return test.first
					}
					return mood{}
				})
				got := []string{b.call(test.method, "/Users/1", patch)}
				time.Sleep(20 * time.Second)
				got = append(got, b.call(test.method, "/Users/1", patch))
				same(t, "answers", test.want, got)
				same(t, "calls", test.told, b.office.told())
			})
		})
	}
}

// TestPauseOfOneCall: where the file limits a call by itself, what the vendor asks
// for in its answers leaves the others alone.
func TestPauseOfOneCall(t *testing.T) {
	inBubble(t, limitedCreate("{rate: 20/m}"), func(t *testing.T, b *bubble) {
		b.office.turn(func(r *http.Request, _ int) mood {
			if r.Method == "POST" {
				return mood{header: []string{"RateLimit-Remaining", "0", "RateLimit-Reset", "60"}}
			}
			return mood{}
		})
		same(t, "answers", []string{"0s: 201", "0s: 200", "0s: 429 the vendor limits the number of calls, and has asked for a pause, Retry-After 60", "0s: 200"},
			[]string{b.create("ada"), b.call("GET", "/Users/1", ""), b.create("bob"), b.call("GET", "/Users/1", "")})
	})
}

// TestRepeats: a read that is cut off or answered by what stands before the vendor
// is made again; a write that was sent never is, whatever became of it.
func TestRepeats(t *testing.T) {
	read, patch := []string{"GET", "/Users/1", ""}, []string{"PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`}
	post := []string{"POST", "/Users", `{"userName":"bob"}`}
	for _, test := range []struct {
		name  string
		call  []string
		moods []mood // of the calls, in order; then the office serves
		want  string
		told  []string
	}{
		{"a read cut off", read, []mood{{cut: true}, {cut: true}}, "500ms: 200", []string{"0s GET /users/1", "250ms GET /users/1", "500ms GET /users/1"}},
		{"a read cut off thrice", read, []mood{{cut: true}, {cut: true}, {cut: true}},
			"500ms: 504 the connection to the vendor broke before its answer was complete, Retry-After 60", []string{"0s GET /users/1", "250ms GET /users/1", "500ms GET /users/1"}},
		{"a read answered 502 and 504", read, []mood{{status: 502}, {status: 504}}, "2s: 200", []string{"0s GET /users/1", "1s GET /users/1", "2s GET /users/1"}},
		{"a read answered 500", read, []mood{{status: 500}}, "0s: 503 the vendor answered with status 500, Retry-After 60", []string{"0s GET /users/1"}},
		{"a read not answered", read, []mood{{hang: 15 * time.Second}}, "10s: 504 the vendor did not answer in time, Retry-After 60", []string{"0s GET /users/1"}},
		{"a create cut off", post, []mood{{}, {cut: true}}, "0s: 201", []string{"0s GET /users?login=bob", "0s POST /users", "0s GET /users?login=bob"}},
		{"a create answered 503", post, []mood{{}, {status: 503}}, "0s: 503 the vendor answered with status 503, Retry-After 60", []string{"0s GET /users?login=bob", "0s POST /users"}},
		{"an update cut off", patch, []mood{{cut: true}}, "0s: 504 the connection to the vendor broke before its answer was complete, Retry-After 60", []string{"0s PATCH /users/1"}},
		{"an update answered 502", patch, []mood{{status: 502}}, "0s: 503 the vendor answered with status 502, Retry-After 60", []string{"0s PATCH /users/1"}},
		{"an update answered 412", patch, []mood{{status: 412}}, "0s: 503 the resource was changed at the vendor meanwhile, Retry-After 5", []string{"0s PATCH /users/1"}},
		{"an update answered 429", patch, []mood{{status: 429}, {status: 429}, {status: 429}}, "2s: 429 the vendor limits the number of calls, Retry-After 30",
			[]string{"0s PATCH /users/1", "1s PATCH /users/1", "2s PATCH /users/1"}},
		{"again, three times", post, []mood{{}, {status: 449}, {status: 449, header: []string{"Retry-After", "4"}}, {status: 449}}, "6s: 201",
			[]string{"0s GET /users?login=bob", "0s POST /users", "1s POST /users", "5s POST /users", "6s POST /users"}},
		{"again, four times", post, []mood{{}, {status: 449}, {status: 449}, {status: 449}, {status: 449}},
			"3s: 503 the vendor asks again and again for the same request once more, Retry-After 5",
			[]string{"0s GET /users?login=bob", "0s POST /users", "1s POST /users", "2s POST /users", "3s POST /users"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, officeFile, func(t *testing.T, b *bubble) {
				b.office.hire("ada")
				b.office.turn(func(_ *http.Request, nth int) mood {
					if nth <= len(test.moods) {
						return test.moods[nth-1]
					}
					return mood{}
				})
				same(t, "answer", []string{test.want}, []string{b.call(test.call[0], test.call[1], test.call[2])})
				same(t, "calls", test.told, b.office.told())
			})
		})
	}
}

// TestBreaker: after five failures in a row nobody is asked, but for one call each
// time that the pause is over.
func TestBreaker(t *testing.T) {
	inBubble(t, officeFile, func(t *testing.T, b *bubble) {
		b.office.hire("ada", "bob", "cid", "dot", "eve", "fay")
		read := func() string { return b.call("GET", "/Users/1", "") }
		b.office.turn(func(_ *http.Request, nth int) mood {
			if nth == 5 {
				return mood{} // it recovers for a moment: the count begins anew
			}
			return mood{status: 500}
		})
		var got []string
		for range 11 {
			got = append(got, read())
			time.Sleep(time.Second)
		}
		down := "503 the vendor answered with status 500, Retry-After 60"
		same(t, "failures", []string{"0s: " + down, "1s: " + down, "2s: " + down, "3s: " + down, "4s: 200", "5s: " + down, "6s: " + down, "7s: " + down,
			"8s: " + down, "9s: " + down, "10s: 503 the vendor has failed 5 times in a row; the next call is tried in 9 s, Retry-After 9"}, got)
		b.office.turn(always(mood{status: 404})) // whatever it says, it is there
		got = []string{read()}
		time.Sleep(8 * time.Second)
		b.office.turn(always(mood{status: 500}))
		for _, wait := range []int{20, 40, 60, 60} { // twice as long each time, up to a minute
			got = append(got, read(), read())
			time.Sleep(time.Duration(wait) * time.Second)
		}
		same(t, "probes", []string{
			"11s: 503 the vendor has failed 5 times in a row; the next call is tried in 8 s, Retry-After 8",
			"19s: " + down, "19s: 503 the vendor has failed 6 times in a row; the next call is tried in 20 s, Retry-After 20",
			"39s: " + down, "39s: 503 the vendor has failed 7 times in a row; the next call is tried in 40 s, Retry-After 40",
			"1m19s: " + down, "1m19s: 503 the vendor has failed 8 times in a row; the next call is tried in 60 s, Retry-After 60",
			"2m19s: " + down, "2m19s: 503 the vendor has failed 9 times in a row; the next call is tried in 60 s, Retry-After 60"}, got)
		b.office.turn(always(mood{hang: time.Second})) // of many at once, one tries
		answers := make([]string, 6)
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() { answers[i] = b.call("GET", fmt.Sprint("/Users/", i+1), "") })
			time.Sleep(time.Millisecond)
		}
		all.Wait()
		same(t, "probe", []string{"3m19s GET /users/1"}, b.office.told())
		held := "503 the vendor has failed 9 times in a row; the next call is tried in 60 s, Retry-After 60"
		same(t, "of many", []string{"3m20s: 200", "3m19.001s: " + held, "3m19.002s: " + held, "3m19.003s: " + held, "3m19.004s: " + held, "3m19.005s: " + held}, answers)
		same(t, "closed", []string{"3m21s: 200"}, []string{read()})
	})
}

// TestBreakerKeepsIntents: a create that the breaker holds has not happened, and
// one that may have happened is not forgotten for it.
func TestBreakerKeepsIntents(t *testing.T) {
	inBubble(t, officeFile, func(t *testing.T, b *bubble) {
		b.office.turn(func(r *http.Request, _ int) mood {
			if r.Method == "POST" {
				return mood{cut: true}
			}
			return mood{status: 500}
		})
		for range 5 {
			b.call("GET", "/Users/7", "")
		}
		same(t, "held", []string{"0s: 503 the vendor has failed 5 times in a row; the next call is tried in 10 s, Retry-After 10"}, []string{b.create("ada")})
		b.office.turn(nil)
		time.Sleep(10 * time.Second)
		same(t, "created", []string{"10s: 201"}, []string{b.create("ada")})
		same(t, "users", []string{"ada"}, b.office.logins())
	})
}

// TestPatienceInTheLog: the line of an exchange says what was waited for and made
// again; that alone is no warning.
func TestPatienceInTheLog(t *testing.T) {
	inBubble(t, officeFile, func(t *testing.T, b *bubble) {
		b.office.hire("ada")
		b.office.turn(func(_ *http.Request, nth int) mood {
			if nth == 1 {
				return mood{status: 429, header: []string{"Retry-After", "3"}}
			}
			return mood{}
		})
		b.call("GET", "/Users/1", "")
		want := `{"level":"info","time":"2000-01-01T00:00:03.000Z","msg":"exchange","vendor":"office","method":"GET","operation":"read","status":200,"calls":2,"duration":3,` +
			`"correlationId":"made-up","caller":"1 (token)","waited":3,"repeated":["read: the vendor limits the number of calls"]}` + "\n"
		if diff := cmp.Diff(want, b.log.String()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// TestUntilInTheLog: so does that of one whose vendor had to finish.
func TestUntilInTheLog(t *testing.T) {
	file := strings.Replace(officeFile, "update: PATCH /users/{id}", `update: ["PATCH /users/{id}", {request: "GET /users/{id}", until: status == 200}]`, 1)
	inBubble(t, file, func(t *testing.T, b *bubble) {
		b.office.hire("ada")
		b.office.turn(func(_ *http.Request, nth int) mood {
			if nth == 2 || nth == 3 {
				return mood{status: 202}
			}
			return mood{}
		})
		b.call("PATCH", "/Users/1", `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`)
		want := `{"level":"info","time":"2000-01-01T00:00:03.000Z","msg":"exchange","vendor":"office","method":"PATCH","operation":"update","status":200,"calls":4,"duration":3,` +
			`"correlationId":"made-up","caller":"1 (token)","waited":3}` + "\n"
		if diff := cmp.Diff(want, b.log.String()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// TestUnreached: what did not reach the vendor is sent again, a write as well.
func TestUnreached(t *testing.T) {
	patch := `{"Operations":[{"op":"replace","path":"title","value":"x"}]}`
	for fails, want := range map[int]string{2: "500ms: 200", 3: "500ms: 503 the vendor cannot be reached, Retry-After 60"} {
		inBubble(t, officeFile, func(t *testing.T, b *bubble) {
			b.office.hire("ada")
			dial := b.dial
			b.dial = func(address string, timeout time.Duration) (net.Conn, error) {
				if fails--; fails >= 0 {
					return nil, syscall.ECONNREFUSED
				}
				return dial(address, timeout)
			}
			b.connect()
			same(t, "answer", []string{want}, []string{b.call("PATCH", "/Users/1", patch)})
			calls := map[string][]string{"500ms: 200": {"500ms PATCH /users/1"}}
			same(t, "calls", calls[want], b.office.told())
		})
	}
}
