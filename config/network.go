package config

import (
	"errors"
	"fmt"
	"net/netip"
)

// networks decodes from where a caller may call; nil: from anywhere.
func (d *decoder) networks(n *node) (out []netip.Prefix) {
	if n == nil {
		return nil
	}
	if n.kind == sequence && len(n.items) == 0 {
		d.report(n, codeBadNetwork, "callers.networks: the list is empty: nobody could call")
	}
	for _, item := range list(n) {
		text, ok := d.filled(item, "callers.networks")
		if !ok || d.standsIn(text) {
			continue
		}
		network, err := ParseNetwork(text)
		if err != nil {
			d.report(item, codeBadNetwork, "callers.networks %q: %v", item.text, err)
		}
		out = append(out, network)
	}
	return out
}

var errNoNetwork = errors.New("it is neither an address nor a network such as 10.0.0.0/8")

// ParseNetwork reads an address, or a network in CIDR notation. A network of
// IPv4 addresses inside IPv6 is one of IPv4.
func ParseNetwork(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, errNoNetwork
		}
		network = netip.PrefixFrom(address, address.BitLen())
	}
	if inside := network.Addr(); inside.Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(inside.Unmap(), network.Bits()-96)
	}
	if network.Masked() != network {
		return netip.Prefix{}, fmt.Errorf("the address goes on behind the length: the network is %s", network.Masked())
	}
	return network, nil
}
