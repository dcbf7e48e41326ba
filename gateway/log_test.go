package gateway

import (
	"bufio"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"
)

// A warning takes with it what was said before; the end of the log loses nothing.
func TestBufferedLog(t *testing.T) {
	r, w := io.Pipe()
	log := BufferLog(w)
	logger := NewLogger(log, zapcore.InfoLevel).With()
	lines := make(chan string, 10)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			lines <- s.Text()[len(`{"level":`):][:6]
		}
	}()
	logger.Debug("not at this level")
	logger.Info("first")
	logger.Warn("second")
	got := []string{<-lines, <-lines} // both, before anything else is said
	logger.Error("third")
	got = append(got, <-lines)
	logger.Info("last")
	if err := log.Stop(); err != nil {
		t.Error(err)
	}
	w.Close()
	for line := range lines {
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{`"info"`, `"warn"`, `"error`, `"info"`}, got); diff != "" {
		t.Error(diff)
	}
}
