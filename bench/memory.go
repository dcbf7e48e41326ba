package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/pprof"

	"go.uber.org/zap/zapcore"

	"scimshim/config"
	"scimshim/gateway"
	"scimshim/gateway/state"
)

// serveInMemory is `scimshim run` with its usual settings, save for the state:
// the difference between the two is what remembering durably costs.
// profile names the file for a CPU profile, if one is wanted.
func serveInMemory(ctx context.Context, ln net.Listener, file, profile string) error {
	if profile != "" {
		w, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer w.Close()
		if err := pprof.StartCPUProfile(w); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	snapshot, diagnostics := config.Load([]string{file}, config.Options{})
	if snapshot == nil {
		return fmt.Errorf("load:\n%s", diagnostics)
	}
	store := state.InMemory()
	defer store.Close()
	log := gateway.BufferLog(os.Stderr)
	defer log.Stop()
	g := gateway.New(snapshot, store, gateway.Options{Version: "bench", Logger: gateway.NewLogger(log, zapcore.InfoLevel)})
	failed := make(chan error, 1)
	go func() { failed <- g.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return g.Shutdown(context.Background())
	}
}
