package gateway

import (
	"net"
	"net/netip"
	"testing"

	"github.com/valyala/fasthttp"

	"scimshim/config"
	"scimshim/gateway/state"
)

func networks(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		network, err := config.ParseNetwork(text)
		if err != nil {
			panic(err)
		}
		out = append(out, network)
	}
	return out
}

// Only what proxies of ours have added to a header is believed.
func TestSender(t *testing.T) {
	trusting := networks("10.0.0.0/8", "2001:db8::/64")
	for _, test := range []struct {
		name    string
		proxies []netip.Prefix
		peer    string
		lines   []string
		want    string
	}{
		{"no proxy", nil, "192.0.2.1", nil, "192.0.2.1"},
		{"nobody is trusted", nil, "10.0.0.1", []string{"192.0.2.9"}, "10.0.0.1"},
		{"a stranger's header", trusting, "192.0.2.1", []string{"192.0.2.9"}, "192.0.2.1"},
		{"one proxy", trusting, "10.0.0.1", []string{"192.0.2.9"}, "192.0.2.9"},
		{"a proxy without the header", trusting, "10.0.0.1", nil, "10.0.0.1"},
		{"an entry that the caller made up", trusting, "10.0.0.1", []string{"172.16.0.1, 192.0.2.9"}, "192.0.2.9"},
		{"a line that the caller made up", trusting, "10.0.0.1", []string{"172.16.0.1", "192.0.2.9"}, "192.0.2.9"},
		{"two proxies", trusting, "10.0.0.1", []string{"192.0.2.9, 10.9.9.9"}, "192.0.2.9"},
		{"proxies alone", trusting, "10.0.0.1", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
		{"IPv6", trusting, "2001:db8::7", []string{"2001:db9::1"}, "2001:db9::1"},
		{"with ports", trusting, "10.0.0.1", []string{"192.0.2.9:4711, [2001:db8::2]:99"}, "192.0.2.9"},
		{"in brackets", trusting, "10.0.0.1", []string{"[2001:db9::2]"}, "2001:db9::2"},
		{"IPv4 in IPv6", trusting, "::ffff:10.0.0.1", []string{"::ffff:192.0.2.9"}, "192.0.2.9"},
		{"with a zone", trusting, "10.0.0.1", []string{"fe80::1%eth0"}, "fe80::1"},
		{"a name", trusting, "10.0.0.1", []string{"192.0.2.9, unknown"}, "an address that cannot be read"},
		{"an empty entry", trusting, "10.0.0.1", []string{"192.0.2.9,"}, "an address that cannot be read"},
	} {
		g := New(&config.Snapshot{}, state.InMemory(), Options{TrustedProxies: test.proxies})
		if got := shownAddress(g.sender(requestFrom(test.peer, "X-Forwarded-For", test.lines))); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func requestFrom(peer, header string, lines []string) *fasthttp.RequestCtx {
	var request fasthttp.Request
	request.SetRequestURI("/legacy/scim/v2/Users")
	request.Header.SetHost("inside:8080")
	for _, line := range lines {
		request.Header.Add(header, line)
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&request, &net.TCPAddr{IP: net.ParseIP(peer), Port: 4000}, nil)
	return ctx
}

// Locations are those that the caller can reach, where a proxy of ours says so.
func TestPublicURL(t *testing.T) {
	proxies := networks("10.0.0.0/8")
	for _, test := range []struct {
		name, public, peer, header string
		lines                      []string
		want                       string
	}{
		{"nothing said", "", "10.0.0.1", "X", nil, "http://inside:8080"},
		{"scheme", "", "10.0.0.1", "X-Forwarded-Proto", []string{"https"}, "https://inside:8080"},
		{"host", "", "10.0.0.1", "X-Forwarded-Host", []string{"evil.example, scim.example.com"}, "http://scim.example.com"},
		{"no scheme of ours", "", "10.0.0.1", "X-Forwarded-Proto", []string{"javascript"}, "http://inside:8080"},
		{"no host", "", "10.0.0.1", "X-Forwarded-Host", []string{"evil/path"}, "http://inside:8080"},
		{"a stranger", "", "192.0.2.1", "X-Forwarded-Host", []string{"evil.example"}, "http://inside:8080"},
		{"the option", "https://scim.example", "10.0.0.1", "X-Forwarded-Host", []string{"other.example"}, "https://scim.example"},
	} {
		g := New(&config.Snapshot{}, state.InMemory(), Options{TrustedProxies: proxies, PublicURL: test.public})
		x := g.newExchange(requestFrom(test.peer, test.header, test.lines))
		if got := x.publicURL(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
