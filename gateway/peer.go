package gateway

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"
)

// sender is the address that a request comes from. What X-Forwarded-For says is
// believed as far as proxies of ours have written it: from the right, each
// proxy vouches for the address that it was called from. The zero address, which
// is in no network, stands for one that cannot be read.
func (g *Gateway) sender(ctx *fasthttp.RequestCtx) netip.Addr {
	from, hops := peer(ctx), forwarded(ctx, "X-Forwarded-For")
	for i := len(hops) - 1; i >= 0 && g.trusts(from); i-- {
		from = hop(hops[i])
	}
	return from
}

// peer is who holds the other end of the connection.
func peer(ctx *fasthttp.RequestCtx) netip.Addr {
	at, _ := netip.AddrFromSlice(ctx.RemoteIP())
	return at.Unmap()
}

func (g *Gateway) trusts(from netip.Addr) bool {
	return slices.ContainsFunc(g.options.TrustedProxies, func(network netip.Prefix) bool { return network.Contains(from) })
}

// forwarded gives the values of a header that each proxy adds to, in a line of
// its own or at the end of the last one.
func forwarded(ctx *fasthttp.RequestCtx, name string) (values []string) {
	for _, line := range ctx.Request.Header.PeekAll(name) {
		for value := range strings.SplitSeq(string(line), ",") {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// hop reads an address as proxies write it, some with the port.
func hop(text string) netip.Addr {
	at, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		withPort, _ := netip.ParseAddrPort(text)
		at = withPort.Addr()
	}
	return at.WithZone("").Unmap()
}

// shownAddress is for people.
func shownAddress(at netip.Addr) string {
	if !at.IsValid() {
		return "an address that cannot be read"
	}
	return at.String()
}

// publicURL is how the caller reached us: as the options say, else as a proxy of
// ours says, else as the request came.
func (x *exchange) publicURL() string {
	if public := x.gateway.options.PublicURL; public != "" {
		return public
	}
	scheme, host := "http", string(x.ctx.Host())
	if x.ctx.IsTLS() {
		scheme = "https"
	}
	if x.gateway.trusts(peer(x.ctx)) {
		if said := last(forwarded(x.ctx, "X-Forwarded-Proto")); said == "http" || said == "https" {
			scheme = said
		}
		if said := last(forwarded(x.ctx, "X-Forwarded-Host")); isHost(said) {
			host = said
		}
	}
	return scheme + "://" + host
}

// isHost reports whether a text can stand between :// and the path of a URL.
func isHost(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]") == ""
}

// last is what the nearest proxy said.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
