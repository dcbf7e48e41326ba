package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"scimshim/examples/entra"
	"scimshim/examples/legacy"
	"scimshim/gateway"
)

// demoUsers is the least number of users that gives every phase somebody to
// work on.
const demoUsers = 10

// demoSettings are the flags of the demo.
type demoSettings struct {
	users      int
	keep       bool
	forgetKept bool   // handed on to the gateway, which then breaks the steady state
	executable string // what runs the gateway
}

func newDemo() *cobra.Command {
	s := &demoSettings{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a legacy application, the gateway and Entra's cycles on this machine",
		Long: "Start a made-up legacy application and the gateway in front of it, play Entra's\n" +
			"provisioning cycles against them with all that can go wrong, and compare the\n" +
			"application's users, managers and teams with Entra's. Nothing has to be set up,\n" +
			"and nothing stays.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			var err error
			if s.executable, err = os.Executable(); err != nil {
				return err
			}
			return s.run(ctx, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&s.keep, "keep", false, "leave everything running afterwards, until Ctrl-C")
	cmd.Flags().IntVar(&s.users, "users", 200, "users in Entra's directory")
	cmd.Flags().BoolVar(&s.forgetKept, "forget-kept", false, "break the gateway, to see the demo fail")
	cmd.Flags().MarkHidden("users")
	cmd.Flags().MarkHidden("forget-kept")
	return cmd
}

// demo is the application, the gateway and Entra on one machine.
type demo struct {
	screen  *screen
	vendor  *demoVendor
	gateway *demoGateway
	token   string
	client  *entra.Client
	service *entra.Service

	directory *demoDirectory

	requests map[entra.Kind]int
	example  [2]transcript // one create, as Entra and as the application saw it
	middle   func()        // called once, half-way through the next cycle
	broken   []string
	idle     string // what the cycle in which nothing changed wrote
}

// run plays the demo. Its error is errWrong if a law was broken.
func (s *demoSettings) run(ctx context.Context, out, problems io.Writer) (err error) {
	if s.users < demoUsers {
		return fmt.Errorf("--users %d: the demo needs at least %d", s.users, demoUsers)
	}
	folder, err := os.MkdirTemp("", "scimshim-demo-")
	if err != nil {
		return err
	}
	d := &demo{screen: newScreen(out), requests: map[entra.Kind]int{}}
	defer func() { err = errors.Join(err, d.close(), os.RemoveAll(folder)) }()
	if err := d.open(s, folder); err != nil {
		return err
	}
	switch err := d.play(ctx); {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case err != nil:
		fmt.Fprintf(problems, "the gateway's last words:\n    %s\n", strings.Join(d.gateway.lines(), "\n    "))
		return err
	}
	d.screen.show(d.example[0], d.example[1])
	d.summarize()
	for _, law := range d.broken {
		fmt.Fprintf(problems, "broken: %s\n", law)
	}
	if s.keep {
		d.stay(ctx)
	}
	if len(d.broken) > 0 {
		return errWrong
	}
	return nil
}

// open starts the application and the gateway, and makes Entra's directory.
func (d *demo) open(s *demoSettings, folder string) error {
	key := rand.Text()
	d.token = rand.Text()
	if err := os.WriteFile(filepath.Join(folder, "legacy.yaml"), []byte(legacy.File()), 0o600); err != nil {
		return err
	}
	var err error
	if d.vendor, err = startDemoVendor(key); err != nil {
		return err
	}
	d.gateway = &demoGateway{executable: s.executable, folder: folder,
		environment: demoEnvironment("SCIM_TOKEN="+d.token, "LEGACY_URL="+d.vendor.URL, "LEGACY_KEY="+key)}
	if s.forgetKept {
		d.gateway.flags = []string{"--forget-kept"}
	}
	if err := d.gateway.start(); err != nil {
		return err
	}
	return d.assign(s.users)
}

// tenantURL is what an administrator would type into Entra's portal.
func (d *demo) tenantURL() string {
	return "http://" + d.gateway.address + "/legacy" + gateway.BasePath
}

// assign sets up the provisioning job, as an administrator does in the portal.
func (d *demo) assign(users int) error {
	d.client = entra.NewClient(d.tenantURL(), d.token)
	var err error
	if d.service, err = entra.NewService(d.client, append(entra.DefaultMapping(), entra.ManagerRow()), 1); err != nil {
		return err
	}
	if err := d.service.MapGroups(entra.GroupMapping()); err != nil {
		return err
	}
	d.service.Workers = min(8, users/10) // few enough for the middle of a cycle to be one
	d.service.Progress = d.progress
	d.directory = newDemoDirectory(users)
	d.put()
	return nil
}

// put has the service see the directory as it is now.
func (d *demo) put() {
	d.service.Put(d.directory.users...)
	d.service.PutGroups(d.directory.groups...)
}

// progress is told of every user and group that a cycle is done with.
func (d *demo) progress(done, total int) {
	d.screen.progress(done, total)
	if done == total/2 && d.middle != nil {
		d.middle()
		d.middle = nil
	}
}

// broke notes that a law was broken, and goes on: one fault explains another.
func (d *demo) broke(law, format string, values ...any) {
	d.broken = append(d.broken, law+": "+fmt.Sprintf(format, values...))
}

// stay leaves everything running until the context ends.
func (d *demo) stay(ctx context.Context) {
	user := d.directory.users[0].UserPrincipalName
	d.screen.printf("\nTenant URL: %s\nSecret token: %s\n", d.tenantURL(), d.token)
	d.screen.printf("curl -H 'Authorization: Bearer %s' '%s/Users?filter=userName+eq+%%22%s%%22'\n", d.token, d.tenantURL(), user)
	d.screen.printf("Everything keeps running until Ctrl-C.\n")
	<-ctx.Done()
}

// close ends the gateway before the application, as far as they were started.
func (d *demo) close() error {
	var err error
	if d.gateway != nil {
		err = d.gateway.stop()
	}
	if d.vendor != nil {
		d.vendor.down()
	}
	return err
}
