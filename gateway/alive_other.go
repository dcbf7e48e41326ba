//go:build !unix

package gateway

import "net"

// alive cannot tell here: a connection that is found closed leaves a create in
// doubt, which is then looked up.
func alive(net.Conn) bool { return true }
