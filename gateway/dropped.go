package gateway

import (
	"bytes"
	"slices"

	"go.uber.org/zap/zapcore"

	"scimshim/transform"
)

// dropped is written to the log without a text of its own for each: a create
// drops some twenty attributes, one text each and as many for the redacted ones.
type dropped []transform.Dropped

func (list dropped) grave() bool {
	return slices.ContainsFunc(list, func(one transform.Dropped) bool { return one.Grave })
}

// MarshalLogArray is redacted: messages quote the values they are about.
func (list dropped) MarshalLogArray(to zapcore.ArrayEncoder) error {
	var text []byte
	for _, one := range list {
		text = one.AppendTo(text[:0])
		if bytes.IndexByte(text, '"') >= 0 {
			text = quoted.ReplaceAll(text, []byte(`"..."`))
		}
		to.AppendByteString(text)
	}
	return nil
}
