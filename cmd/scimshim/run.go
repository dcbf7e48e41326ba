package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap/zapcore"

	"scimshim/config"
	"scimshim/gateway"
	"scimshim/gateway/state"
)

const (
	stateWait = 10 * time.Second // a rolling restart starts the new process first
	drainTime = 10 * time.Second
)

// runSettings are the settings of the process, which no vendor file holds.
type runSettings struct {
	listen, publicURL, state, tlsCert, tlsKey, trustedProxy, logLevel string

	forgetKept bool // hidden: for the test of the demo
}

func newRun() *cobra.Command {
	s := &runSettings{}
	cmd := &cobra.Command{
		Use:   "run FILE...",
		Short: "Serve the vendors of the files",
		Long: "Serve the vendors of the files until SIGINT or SIGTERM. On SIGHUP the files, and what they take from\n" +
			"other files, are read again; when one has an error, what was read before stays.\n\n" +
			"Each flag can be set by the environment as well: --public-url as SCIMSHIM_PUBLIC_URL.",
		Args: needFile,
		RunE: func(cmd *cobra.Command, files []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return s.run(ctx, files, cmd.ErrOrStderr())
		},
	}
	setting(cmd, &s.listen, "listen", "127.0.0.1:8080", "the address to listen on")
	setting(cmd, &s.publicURL, "public-url", "", "the URL at which Entra reaches this address; needed behind a proxy")
	setting(cmd, &s.state, "state", "scimshim.db", "the file that holds what is remembered")
	setting(cmd, &s.tlsCert, "tls-cert", "", "a certificate chain in PEM; without it the address speaks plain HTTP")
	setting(cmd, &s.tlsKey, "tls-key", "", "the private key of the certificate, in PEM")
	setting(cmd, &s.trustedProxy, "trusted-proxy", "", "addresses or networks, with commas between them, of proxies whose X-Forwarded headers are believed")
	setting(cmd, &s.logLevel, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().BoolVar(&s.forgetKept, "forget-kept", false, "break the steady state, to see the demo fail")
	cmd.Flags().MarkHidden("forget-kept")
	return cmd
}

// setting declares a flag whose default the environment can set.
func setting(cmd *cobra.Command, into *string, name, otherwise, usage string) {
	if value, set := os.LookupEnv("SCIMSHIM_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))); set {
		otherwise = value
	}
	cmd.Flags().StringVar(into, name, otherwise, usage)
}

func (s *runSettings) run(ctx context.Context, files []string, stderr io.Writer) error {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP) // before anybody is told of the start: it would end the process
	defer signal.Stop(again)
	snapshot, diagnostics := config.Load(files, config.Options{})
	fmt.Fprint(stderr, diagnostics.String())
	if snapshot == nil {
		return errWrong
	}
	level, err := zapcore.ParseLevel(s.logLevel)
	if err != nil {
		return fmt.Errorf("log level %q: use debug, info, warn or error", s.logLevel)
	}
	if err := s.checkURL(); err != nil {
		return err
	}
	proxies, err := s.trustedProxies()
	if err != nil {
		return err
	}
	secure, err := s.tls()
	if err != nil {
		return err
	}
	store, err := state.Open(s.state, stateWait)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", s.listen)
	if err != nil {
		return errors.Join(fmt.Errorf("cannot listen on %q: %w", s.listen, err), store.Close())
	}
	if secure != nil {
		ln = tls.NewListener(ln, secure)
	}
	s.announce(stderr, ln.Addr(), snapshot, store.New())
	go settle()
	log := gateway.BufferLog(stderr)
	g := gateway.New(snapshot, store, gateway.Options{PublicURL: s.publicURL, TrustedProxies: proxies, Version: version(),
		Logger: gateway.NewLogger(log, level), ForgetKept: s.forgetKept})
	return errors.Join(serve(ctx, g, ln, again, func() { reload(g, files, stderr) }), store.Close(), log.Stop())
}

// reload serves the files as they are now, if they are fine.
func reload(g *gateway.Gateway, files []string, stderr io.Writer) {
	snapshot, diagnostics := config.Load(files, config.Options{})
	fmt.Fprint(stderr, diagnostics.String())
	if snapshot == nil {
		fmt.Fprintln(stderr, "the files were not reloaded: what was read before stays in use")
		return
	}
	g.Swap(snapshot)
	fmt.Fprintln(stderr, "the files were reloaded")
}

func (s *runSettings) checkURL() error {
	u, err := url.Parse(s.publicURL)
	if s.publicURL == "" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.User == nil {
		return nil
	}
	return fmt.Errorf("public URL %q: use the form https://HOST", s.publicURL)
}

func (s *runSettings) trustedProxies() (out []netip.Prefix, err error) {
	for text := range strings.SplitSeq(s.trustedProxy, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		network, err := config.ParseNetwork(text)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q: %w", text, err)
		}
		out = append(out, network)
	}
	return out, nil
}

func (s *runSettings) tls() (*tls.Config, error) {
	switch {
	case s.tlsCert == "" && s.tlsKey == "":
		return nil, nil
	case s.tlsCert == "" || s.tlsKey == "":
		return nil, errors.New("--tls-cert and --tls-key go together: give both or neither")
	}
	pair, err := tls.LoadX509KeyPair(s.tlsCert, s.tlsKey)
	if err != nil {
		return nil, fmt.Errorf("certificate %q with key %q: %w", s.tlsCert, s.tlsKey, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// announce says what is served, in the words that Entra's portal asks for.
func (s *runSettings) announce(w io.Writer, address net.Addr, snapshot *config.Snapshot, fresh bool) {
	base := strings.TrimRight(s.publicURL, "/")
	if base == "" {
		base = "http://" + address.String()
		if s.tlsCert != "" {
			base = "https://" + address.String()
		}
	}
	fmt.Fprintf(w, "scimshim %s listens on %s\n", version(), address)
	for _, v := range snapshot.Vendors {
		fmt.Fprintf(w, "vendor %s: Tenant URL %s/%s%s\n", v.Name, base, v.Name, gateway.BasePath)
		if slices.ContainsFunc(v.Callers, func(c config.Caller) bool { return c.Client != nil }) {
			fmt.Fprintf(w, "vendor %s: Token Endpoint %s/%s%s\n", v.Name, base, v.Name, gateway.TokenPath)
		}
	}
	if fresh {
		fmt.Fprintf(w, "state %s is new: nothing is remembered yet\n", s.state)
		return
	}
	fmt.Fprintf(w, "state %s\n", s.state)
}

// serve answers until the context ends, and then lets requests under way end.
func serve(ctx context.Context, g *gateway.Gateway, ln net.Listener, again <-chan os.Signal, reload func()) error {
	failed := make(chan error, 1)
	go func() { failed <- g.Serve(ln) }()
	for ctx.Err() == nil {
		select {
		case err := <-failed:
			return err
		case <-again:
			reload()
		case <-ctx.Done():
		}
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := g.Shutdown(drain); err != nil {
		return fmt.Errorf("requests were cut off after %s: %w", drainTime, err)
	}
	return nil
}
