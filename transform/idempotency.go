package transform

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"scimshim/transform/scim"
)

// idempotencyKey names a request for a vendor that answers it once only. That of a
// create is made from its intent, and so is the same however often, and after
// whatever restart, this create is tried; any other request has one of its own.
// It has the form of a random UUID (RFC 9562 section 5.4), which every vendor takes.
func (p *Plan) idempotencyKey(call *Call) scim.Value {
	w := &p.write
	w.keys++
	text := fmt.Sprintf("%s\n%d", p.facts.CorrelationID, w.keys)
	if call.Operation == Create && w.intent != nil {
		text = fmt.Sprintf("%s\n%s\n%d\n%d", w.intent.Key.Path, w.intent.Key.Value, w.intent.Opened, slices.Index(p.kind.Create, call))
	}
	b := sha256.Sum256([]byte(p.kind.Name + "\n" + text))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return scim.String(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16]))
}
