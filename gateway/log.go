package gateway

import (
	"io"
	"regexp"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"scimshim/transform"
)

// NewLogger makes the log of the gateway: a line of JSON for each exchange.
func NewLogger(w io.Writer, level zapcore.Level) *zap.Logger {
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	encoding.TimeKey = "time"
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.Lock(zapcore.AddSync(w)), level))
}

// log writes the line of an exchange. No value of an attribute, no token and
// nothing that the vendor said is in it.
func (x *exchange) log(status int) {
	level := zapcore.InfoLevel
	if status >= 500 || len(x.trouble) > 0 {
		level = zapcore.WarnLevel
	}
	line := x.gateway.logger.Check(level, "exchange")
	if line == nil {
		return
	}
	fields := []zap.Field{
		zap.String("vendor", x.target.vendor),
		zap.String("method", x.method),
		zap.String("operation", x.operation),
		zap.Int("status", status),
		zap.Int("calls", x.calls),
		zap.Duration("duration", time.Since(x.began)),
		zap.String("correlationId", x.facts.CorrelationID),
	}
	if x.refusal != "" {
		fields = append(fields, zap.String("refusal", redacted([]string{x.refusal})[0]))
	}
	for _, list := range []struct {
		name  string
		texts []string
	}{{"dropped", x.dropped}, {"resent", x.resent}, {"trouble", x.trouble}} {
		if len(list.texts) > 0 {
			fields = append(fields, zap.Strings(list.name, redacted(list.texts)))
		}
	}
	line.Write(fields...)
}

// logCall tells of one native call at debug level: which call of the vendor file
// it was and how it went, by the template of its path and the names of its fields.
func (x *exchange) logCall(step transform.Step, send transform.Send, answer transform.Answer) {
	line := x.gateway.logger.Check(zapcore.DebugLevel, "native call")
	if line == nil {
		return
	}
	var fields []string
	for _, m := range send.Fields.Members() {
		fields = append(fields, m.Name)
	}
	line.Write(zap.String("vendor", x.target.vendor), zap.String("step", step.Name()),
		zap.String("request", send.Request.Method+" "+send.Call.Path.Source), zap.Strings("fields", fields),
		zap.Int("status", answer.Status), zap.String("reason", answer.Reason), zap.String("correlationId", x.facts.CorrelationID))
}

// quoted matches what %q makes of a text.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// redacted leaves out what is quoted: messages quote the values they are about.
func redacted(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = quoted.ReplaceAllString(text, `"..."`)
	}
	return out
}

// serverLog takes what fasthttp has to say about connections. Its messages may
// quote headers, tokens included, so that only their kind is kept.
type serverLog struct{ logger *zap.Logger }

func (l serverLog) Printf(format string, _ ...any) {
	kind, _, _ := strings.Cut(format, "%")
	l.logger.Debug("connection", zap.String("kind", strings.TrimSpace(kind)))
}
