package main

import (
	"fmt"
	"os"
	"strings"
)

// What stands between these in a file is written by a run.
const (
	tablesBegin = "<!-- figures: written by go run ./bench --readme bench/README.md -->\n"
	tablesEnd   = "<!-- end of the figures -->\n"
)

func (r *Report) readme(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	written, err := between(string(text), r.tables())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(written), 0o644)
}

func between(text, tables string) (string, error) {
	before, rest, begins := strings.Cut(text, tablesBegin)
	_, after, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		return "", fmt.Errorf("the lines %q and %q are needed, in this order", tablesBegin, tablesEnd)
	}
	return before + tablesBegin + "\n" + tables + "\n" + tablesEnd + after, nil
}
