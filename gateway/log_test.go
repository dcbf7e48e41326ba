package gateway

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A warning takes with it what was said before; the end of the log loses nothing.
func TestBufferedLog(t *testing.T) {
	var text bytes.Buffer
	log := BufferLog(&text)
	log.FlushInterval = time.Hour
	logger := NewLogger(log, zapcore.InfoLevel).With(zap.String("a", "field"))
	var got []int
	for _, say := range []func(string, ...zap.Field){logger.Debug, logger.Info, logger.Warn, logger.Info, logger.Error, logger.Info} {
		say("said")
		got = append(got, strings.Count(text.String(), "\n"))
	}
	if err := log.Stop(); err != nil {
		t.Error(err)
	}
	got = append(got, strings.Count(text.String(), `"a":"field"`))
	if diff := cmp.Diff([]int{0, 0, 2, 2, 4, 4, 5}, got); diff != "" {
		t.Errorf("lines written after each line said, and after the end (-want +got):\n%s", diff)
	}
}
