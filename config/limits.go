package config

import (
	"strconv"
	"strings"
	"time"

	"scimshim/transform"
)

const (
	limitsWait     = 5 * time.Second // unless the file says how long
	mostCalls      = 1_000_000
	mostConcurrent = 1_000
)

var limitsShape = shape{keys: []string{"rate", "burst", "concurrent", "wait"}}

// units are what a rate may be per.
var units = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// limits decodes how many calls a vendor takes; the zero value: as many as there are.
func (d *decoder) limits(n *node, where string) (out transform.Limits) {
	if n == nil || !d.is(n, mapping, where) {
		return out
	}
	f := d.mapping(n, where, limitsShape)
	if f["rate"] == nil && f["concurrent"] == nil {
		d.report(n, codeMissingKey, "%s needs the key %q or %q", where, "rate", "concurrent")
	}
	if f["rate"] != nil {
		out.Calls, out.Per = d.rate(f["rate"], where+".rate")
		out.Burst = 1 // so that the rate is kept from the first call on
	}
	if burst := f["burst"]; burst != nil {
		out.Burst = d.integer(burst, where+".burst", 1, mostCalls)
		if f["rate"] == nil {
			d.report(burst, codeConflict, "%s.burst says nothing without a rate", where)
		}
	}
	if f["concurrent"] != nil {
		out.Concurrent = d.integer(f["concurrent"], where+".concurrent", 1, mostConcurrent)
	}
	out.Wait = limitsWait
	if f["wait"] != nil {
		out.Wait = d.duration(f["wait"], where+".wait")
	}
	return out
}

// rate reads a number of calls per second, minute or hour.
func (d *decoder) rate(n *node, where string) (calls int, per time.Duration) {
	text, ok := d.text(n, where)
	if !ok {
		return 0, 0
	}
	number, unit, _ := strings.Cut(text, "/")
	calls, err := strconv.Atoi(strings.TrimSpace(number))
	per, known := units[strings.TrimSpace(unit)]
	if err != nil || calls < 1 || calls > mostCalls || !known {
		d.report(n, codeBadValue, "%s: %q is not a number of calls per second, minute or hour", where, text).Hint = "write it like 10/s, 20/m or 500/h"
		return 0, 0
	}
	return calls, per
}
