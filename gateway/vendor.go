package gateway

import (
	"maps"
	"time"

	"scimshim/config"
	"scimshim/transform"
)

// vendor is one vendor of a snapshot at work.
type vendor struct {
	*config.Vendor
	callers  *callers
	send     func(request transform.NativeRequest, deadline time.Time) transform.Answer
	upstream *upstream
	session  *session                  // nil: calls need none
	gate     *gate                     // that all calls pass
	gates    map[*transform.Call]*gate // that these pass before
	named    map[string]*gate          // all of them, for the next snapshot
	breaker  *breaker
	evidence *evidence
	resends  resends
	memories map[*transform.Kind]*memory
	kept     map[string]*memory // these and those of kinds that the file had before, by their names
	lookups  map[*transform.Lookup]*lookup

	generation int
}

// newVendor makes a vendor. before is the last one of its name, or nil.
func (g *Gateway) newVendor(v *config.Vendor, before *vendor) *vendor {
	out := &vendor{Vendor: v, generation: g.generation, upstream: newUpstream(v.Upstream.URL, g.options.Version).secured(v),
		breaker: &breaker{}, evidence: &evidence{}, kept: map[string]*memory{}, memories: map[*transform.Kind]*memory{}, lookups: map[*transform.Lookup]*lookup{}}
	out.callers = g.newCallers(v.Name, v.Callers)
	out.send = out.upstream.send
	if g.options.Send != nil {
		out.send = func(request transform.NativeRequest, deadline time.Time) transform.Answer {
			return g.options.Send(v, request, deadline)
		}
	}
	if before != nil {
		out.succeed(before)
	}
	if out.session == nil && v.Upstream.LogsIn() {
		out.session = g.newSession(v)
	}
	out.gate, out.gates, out.named = gatesOf(v.Vendor, out.named)
	for _, kind := range v.Kinds() {
		out.memories[kind] = g.memory(out, kind)
	}
	for _, l := range v.Lookups {
		out.lookups[l] = &lookup{}
	}
	return out
}

// succeed goes on with what outlives a snapshot.
func (v *vendor) succeed(before *vendor) {
	maps.Copy(v.kept, before.kept)           // what is under way must not be missed by those that come after it
	v.evidence = before.evidence             // a vendor that has lost everybody has not found them by a reload
	v.evidence.renew()                       // but what was shown may have come from elsewhere
	if v.Fingerprint == before.Fingerprint { // a file that reaches the vendor in another way is tried at once
		v.session, v.breaker = before.session, before.breaker
	}
	if v.Upstream.URL == before.Upstream.URL { // a reload gives no further calls, and ends no pause
		v.named = before.named
	}
}

// remains is what a vendor leaves whose file is gone: nobody is logged in there any more.
func (v *vendor) remains() *vendor {
	return &vendor{Vendor: v.Vendor, generation: v.generation, kept: v.kept, evidence: v.evidence, named: v.named, breaker: v.breaker}
}

// newSession has nobody logged in yet.
func (g *Gateway) newSession(v *config.Vendor) *session {
	s := &session{login: byCalls}
	if v.OAuth2 != nil {
		s.login = newTokens(v, g.store, g.options.Send != nil).login
	}
	if g.options.LoggedIn {
		s.current = &ticket{Session: transform.Session{Sketch: true}, made: g.options.Now()}
	}
	return s
}

// memory gives the memory of a kind, seen through the mapping of this snapshot.
func (g *Gateway) memory(v *vendor, kind *transform.Kind) *memory {
	m := v.kept[kind.Name]
	if m == nil {
		m = newMemory(g.store.Space(v.Name, kind.Name))
		v.kept[kind.Name] = m
	}
	m.renew(g.generation)
	return m
}
