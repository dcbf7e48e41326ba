package gateway

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"scimshim/transform"
)

// logDelay is how late a line of the log may be written, a warning aside.
const logDelay = time.Second

// BufferLog collects the lines of a log, so that not every exchange makes a
// system call of its own. It must be stopped before the program ends.
func BufferLog(w io.Writer) *zapcore.BufferedWriteSyncer {
	plain := struct{ io.Writer }{w} // without the Sync of a file, which waits for the disk
	return &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(plain), FlushInterval: logDelay}
}

// NewLogger makes the log of the gateway: a line of JSON for each exchange. Where
// the writer is a buffer, warnings and errors are written through at once, with
// all that was said before them.
func NewLogger(w io.Writer, level zapcore.Level) *zap.Logger {
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	encoding.TimeKey = "time"
	return zap.New(promptCore{zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.Lock(zapcore.AddSync(w)), level)})
}

// promptCore does not let warnings and errors wait.
type promptCore struct{ zapcore.Core }

// With keeps the fields, and the promptness.
func (c promptCore) With(fields []zapcore.Field) zapcore.Core { return promptCore{c.Core.With(fields)} }

// Check takes the entry for this core rather than the one inside.
func (c promptCore) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(entry.Level) {
		return checked.AddCore(entry, c)
	}
	return checked
}

// Write writes a line, and a warning through.
func (c promptCore) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	err := c.Core.Write(entry, fields)
	if entry.Level >= zapcore.WarnLevel {
		err = errors.Join(err, c.Sync())
	}
	return err
}

// log writes the line of an exchange. No value of an attribute, no token and
// nothing that the vendor said is in it.
func (x *exchange) log(status int) {
	level := zapcore.InfoLevel
	if status >= 500 || len(x.trouble) > 0 || x.dropped.grave() {
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
	for _, named := range []struct{ name, text string }{{"caller", x.caller}, {"subject", x.subject}} {
		if named.text != "" {
			fields = append(fields, zap.String(named.name, named.text))
		}
	}
	if status == 401 || status == 403 {
		fields = append(fields, zap.String("from", shownAddress(x.from)))
	}
	if x.refusal != "" {
		fields = append(fields, zap.String("refusal", redacted([]string{x.refusal})[0]))
	}
	if status == 401 && x.denial != nil {
		fields = append(fields, x.denial.fields()...)
	}
	if len(x.dropped) > 0 {
		fields = append(fields, zap.Array("dropped", x.dropped))
	}
	if x.waited > 0 {
		fields = append(fields, zap.Duration("waited", x.waited))
	}
	for _, list := range []struct {
		name  string
		texts []string
	}{{"resent", x.resent}, {"repeated", x.repeated}, {"trouble", x.trouble}} {
		if len(list.texts) > 0 {
			fields = append(fields, zap.Strings(list.name, redacted(list.texts)))
		}
	}
	line.Write(fields...)
}

// fields say which claim of a token is wrong, and how.
func (d *denial) fields() (fields []zap.Field) {
	for _, named := range []struct{ name, text string }{{"claim", d.claim}, {"expected", d.expected}, {"given", d.given}} {
		if named.text != "" {
			fields = append(fields, zap.String(named.name, named.text))
		}
	}
	return fields
}

// logCall tells of one native call at debug level: which call of the vendor file
// it was and how it went, by the template of its path and the names of its fields,
// never by their values.
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

// logToken tells of one request to a token endpoint.
func (x *exchange) logToken(status int, reason string) {
	if line := x.gateway.logger.Check(zapcore.DebugLevel, "native call"); line != nil {
		line.Write(zap.String("vendor", x.target.vendor), zap.String("step", "token"), zap.String("request", "POST token_url"),
			zap.Int("status", status), zap.String("reason", reason), zap.String("correlationId", x.facts.CorrelationID))
	}
}

// quoted matches what %q makes of a text.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// redacted leaves out what is quoted: messages quote the values they are about.
func redacted(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		if out[i] = text; strings.Contains(text, `"`) {
			out[i] = quoted.ReplaceAllString(text, `"..."`)
		}
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
