package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"
)

// testSettings say which cases are run and how the results are printed.
type testSettings struct {
	run     string
	verbose bool
	format  string
}

func newTest() *cobra.Command {
	s := &testSettings{}
	cmd := &cobra.Command{
		Use:   "test [FILE...]",
		Short: "Run the cases beside vendor files",
		Long: "Run the cases of each file, cases/*.txtar in its folder: a request, the native calls\n" +
			"it is to lead to with their answers, and the response. Nothing is sent.\n\n" +
			"Without a file, every YAML file below the working directory that has cases is meant.",
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
	for _, c := range cases {
		if !chosen.MatchString(c.name) {
			continue
		}
		problem, err := runCase(vendor, c)
		if err != nil {
			return result, err
		}
		result.Cases = append(result.Cases, caseResult{Name: c.name, Why: c.why, OK: problem == "", Problem: problem})
	}
	if len(result.Cases) == 0 {
		fmt.Fprintf(stderr, "%s: no case has a name that matches %q\n", file, chosen)
		return result, errWrong
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
	if failures := r.failures(); failures > 0 {
		fmt.Fprintf(w, "FAIL %s %d of %d cases\n", r.File, failures, len(r.Cases))
		return
	}
	fmt.Fprintf(w, "ok %s %d cases\n", r.File, len(r.Cases))
}
