// Command bench measures what the gateway costs beside a proxy that maps
// nothing. It starts everything it needs on loopback, sends the same work
// through each proxy in turn, and prints what each request took.
//
// Start at experiment.go, where a run reads from top to bottom. proxy.go has
// what a request can go through, row.go the requests and the answers they must
// have, slice.go sends them, report.go gathers the figures, and target.go says
// what they should be. README.md says what is measured and how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes: 1 says that an answer was wrong, 2 that it could not run. A
// target that is missed is no failure.
const (
	exitFine  = 0
	exitWrong = 1
	exitStuck = 2
)

// settings are the flags.
type settings struct {
	rounds      int
	requests    int // of each row, proxy and round
	creates     int // of the rows that need new users
	connections int
	proxies     []string
	benchmarks  bool
	json        string
	plot        string
	profile     string // a folder; "": none
	readme      string
}

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

func execute(arguments []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := run(ctx, arguments, stdout, stderr)
	var wrong *wrongAnswer
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitFine
	case ctx.Err() != nil: // whatever else went wrong, as Ctrl-C reaches the proxies, too
		fmt.Fprintln(stderr, "bench: interrupted")
		return exitStuck
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitWrong
	default:
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitStuck
	}
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	if len(arguments) > 0 && arguments[0] == roleWord {
		return play(ctx, arguments[1:])
	}
	s, err := parse(arguments, stderr)
	if err != nil {
		return err
	}
	report, err := measure(ctx, s, stderr)
	if err != nil {
		return err
	}
	return report.deliver(s, stdout)
}

func parse(arguments []string, stderr io.Writer) (settings, error) {
	s := settings{proxies: allProxies()}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.rounds, "rounds", 5, "how often each row is measured through each proxy")
	flags.IntVar(&s.requests, "requests", 4000, "requests of one row, proxy and round")
	flags.IntVar(&s.creates, "creates", 1500, "the same for POST, and for the look-up before it")
	flags.IntVar(&s.connections, "connections", 16, "connections to a proxy that are busy at once")
	flags.BoolVar(&s.benchmarks, "benchmarks", true, "run the benchmarks of the packages, too, for the allocations")
	flags.StringVar(&s.profile, "profile", "", "write CPU profiles of the gateways in memory to this folder")
	flags.StringVar(&s.json, "json", "", "write the report to this file as JSON")
	flags.StringVar(&s.plot, "plot", "", "draw the report into this file as SVG")
	flags.StringVar(&s.readme, "readme", "", "write the tables between the markers of this file")
	if err := flags.Parse(arguments); err != nil {
		return s, err
	}
	return s, s.check(flags.Args())
}

// check keeps a run within bounds that end in reasonable time.
func (s settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("argument %q: there are only flags", rest[0])
	case s.rounds < 1 || s.rounds > 100:
		return fmt.Errorf("%d rounds: choose 1 to 100", s.rounds)
	case s.connections < 1 || s.connections > 64:
		return fmt.Errorf("%d connections: choose 1 to 64", s.connections)
	case s.requests < s.connections || s.requests > 1_000_000:
		return fmt.Errorf("%d requests: choose one for each connection, up to 1000000", s.requests)
	case s.creates < s.connections || s.creates > mostCreates:
		return fmt.Errorf("%d creates: choose one for each connection, up to %d", s.creates, mostCreates)
	}
	return nil
}
