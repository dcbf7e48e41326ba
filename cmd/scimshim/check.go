package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"scimshim/config"
)

// checkSettings say how strict a check is and how it prints.
type checkSettings struct {
	strict, secrets bool
	format          string
}

func newCheck() *cobra.Command {
	s := &checkSettings{}
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with vendor files; silent when nothing is",
		Long: "Say everything about the files that can be known without calling a vendor.\n\n" +
			"Secrets that are not set are taken for granted. Warnings do not make a check fail.",
		Args: needFile,
		RunE: func(cmd *cobra.Command, files []string) error {
			return s.check(files, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&s.strict, "strict", false, "let warnings make the check fail")
	cmd.Flags().BoolVar(&s.secrets, "secrets", false, "insist that every secret is set")
	formatFlag(cmd, &s.format)
	return cmd
}

// needFile is what cobra asks of the arguments of a verb that takes files.
func needFile(_ *cobra.Command, files []string) error {
	if len(files) == 0 {
		return errors.New("name a vendor file")
	}
	return nil
}

// formatFlag declares how a verb prints what it found.
func formatFlag(cmd *cobra.Command, into *string) {
	*into = "text"
	cmd.Flags().Var((*format)(into), "format", "text or json, which goes to standard output")
}

// format is the value of such a flag.
type format string

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "format" }

func (f *format) Set(s string) error {
	if s != "text" && s != "json" {
		return errors.New("use text or json")
	}
	*f = format(s)
	return nil
}

func (s *checkSettings) check(files []string, stdout, stderr io.Writer) error {
	_, found := config.Load(files, config.Options{Placeholders: !s.secrets})
	if s.format == "json" {
		if err := printJSON(stdout, append(config.Diagnostics{}, found...)); err != nil { // [] and not null
			return err
		}
	} else {
		fmt.Fprint(stderr, found.String())
	}
	return verdict(found, s.strict)
}

// verdict is how a verb ends whose files have these problems.
func verdict(found config.Diagnostics, strict bool) error {
	unreadable := func(d config.Diagnostic) bool { return d.Code == "unreadable" }
	switch {
	case slices.ContainsFunc(found, unreadable):
		return errors.New("not every file could be read")
	case found.HasErrors() || strict && len(found) > 0:
		return errWrong
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
