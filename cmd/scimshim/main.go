// Command scimshim gives an application without SCIM a SCIM 2.0 face, which
// Microsoft Entra ID provisions users into. Each verb has a file of its own.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// The exit codes: 1 says that the files or the target are wrong, 2 that the
// verb could not run at all.
const (
	exitFine  = 0
	exitWrong = 1
	exitStuck = 2
)

// errWrong ends a verb whose findings have been printed already.
var errWrong = errors.New("the files are wrong")

func main() { os.Exit(execute()) }

// execute runs the verb and gives the exit code.
func execute() int {
	switch err := newRoot().Execute(); {
	case err == nil:
		return exitFine
	case errors.Is(err, errWrong):
		return exitWrong
	default:
		fmt.Fprintf(os.Stderr, "scimshim: %v\n", err)
		return exitStuck
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "scimshim",
		Short:         "A SCIM face for applications that have none",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newRun(), newCheck(), newTest(), newExplain(), newDemo(), newVersion())
	return root
}
