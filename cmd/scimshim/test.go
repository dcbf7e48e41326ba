package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// testSettings say which cases are run and how the results are printed.
type testSettings struct {
	run     string
	verbose bool
	format  string
}

const testHelp = `Run the cases of each file, cases/*.txtar in its folder. Nothing is sent.
Without a file, every YAML file below the working directory that has cases is meant.

A case says why in a sentence, then what Entra asks, what the vendor is to be
asked with what it answers, and what Entra is to be answered:

    A user is read with one call.
    -- request --
    GET /Users/7 HTTP/1.1
    -- native --
    GET /users/7 HTTP/1.1
    X-Key: <VENDOR_KEY>
    -- answer --
    HTTP/1.1 200 OK

    {"id": 7, "login": "ann"}
    -- response --
    HTTP/1.1 200 OK

    {"schemas": [...], "id": "7", "userName": "ann", "meta": {...}}

Native calls come in this order, none more and none less. Only the headers that
are named are compared; bodies are compared whole, whatever the order of keys,
save what upstream.body adds to each of them, which may be left out.
In a case that has no call of the login in it the session is there, as
placeholders such as <session.token>; else the first call is the login.
An answer may be "! refused", "! timeout" or "! lost" instead. More rounds of
request and response may follow: they share what the gateway remembers. Secrets
are their placeholders, and everything made up is "round-1" in the first round.`

func newTest() *cobra.Command {
	s := &testSettings{}
	cmd := &cobra.Command{
		Use:   "test [FILE...]",
		Short: "Run the cases beside vendor files",
		Long:  testHelp,
		RunE: func(cmd *cobra.Command, files []string) error {
			return s.test(files, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&s.run, "run", "", "only the cases whose names match this regular expression")
	cmd.Flags().BoolVarP(&s.verbose, "verbose", "v", false, "name each case and say what it shows")
	formatFlag(cmd, &s.format)
	return cmd
}

// fileResult is what came of the cases of one file.
type fileResult struct {
	File  string       `json:"file"`
	Cases []caseResult `json:"cases"`
	Idle  []string     `json:"idle,omitempty"` // steps that no case has make a call
}

type caseResult struct {
	Name    string `json:"name"`
	Why     string `json:"why"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

func (s *testSettings) test(files []string, stdout, stderr io.Writer) error {
	chosen, err := regexp.Compile(s.run)
	if err != nil {
		return fmt.Errorf("--run: %w", err)
	}
	if len(files) == 0 {
		if files, err = filesWithCases("."); err != nil {
			return err
		}
	}
	results, failed := []fileResult{}, false
	for _, file := range files {
		result, err := runFile(file, chosen, stderr)
		if errors.Is(err, errWrong) {
			failed = true
			continue
		} else if err != nil {
			return err
		}
		results = append(results, result)
		failed = failed || result.failures() > 0
		if s.format == "text" {
			result.print(stdout, s.verbose)
		}
	}
	if s.format == "json" {
		if err := printJSON(stdout, results); err != nil {
			return err
		}
	}
	if failed {
		return errWrong
	}
	return nil
}

// filesWithCases are the vendor files below a folder that have cases.
func filesWithCases(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || entry.Name() != "cases" {
			return err
		}
		beside, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.yaml"))
		files = append(files, beside...)
		return err
	})
	if err == nil && len(files) == 0 {
		err = errors.New("there are no cases here: name a vendor file that has some in a folder cases beside it")
	}
	return files, err
}

// runFile runs the chosen cases of a file. The problems of the file itself go to
// standard error.
func runFile(file string, chosen *regexp.Regexp, stderr io.Writer) (result fileResult, err error) {
	vendor, found := loadCaseVendor(file)
	fmt.Fprint(stderr, found.String())
	if vendor == nil {
		return result, verdict(found, false)
	}
	cases, err := loadCases(file)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", file, err)
		return result, errWrong
	}
	result.File = file
	steps := map[string]int{}
	for _, c := range cases {
		if !chosen.MatchString(c.name) {
			continue
		}
		problem := runCase(vendor, c, steps)
		result.Cases = append(result.Cases, caseResult{Name: c.name, Why: c.why, OK: problem == "", Problem: problem})
	}
	if len(result.Cases) == 0 {
		fmt.Fprintf(stderr, "%s: no case has a name that matches %q\n", file, chosen)
		return result, errWrong
	}
	if len(result.Cases) == len(cases) {
		result.Idle = idleSteps(vendor, steps)
	}
	return result, nil
}

func (r fileResult) failures() (n int) {
	for _, c := range r.Cases {
		if !c.OK {
			n++
		}
	}
	return n
}

func (r fileResult) print(w io.Writer, verbose bool) {
	for _, c := range r.Cases {
		switch {
		case !c.OK:
			fmt.Fprintf(w, "FAIL %s: %s: %s\n", r.File, c.Name, c.Problem)
		case verbose:
			fmt.Fprintf(w, "ok %s: %s: %s\n", r.File, c.Name, c.Why)
		}
	}
	if verbose && len(r.Idle) > 0 {
		fmt.Fprintf(w, "no case of %s makes a call in the steps: %s\n", r.File, strings.Join(r.Idle, ", "))
	}
	if failures := r.failures(); failures > 0 {
		fmt.Fprintf(w, "FAIL %s %d of %s\n", r.File, failures, plural(len(r.Cases)))
		return
	}
	fmt.Fprintf(w, "ok %s %s\n", r.File, plural(len(r.Cases)))
}

func plural(cases int) string {
	if cases == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", cases)
}
