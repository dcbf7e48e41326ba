// Suites serves two vendors for test suites to be run against scimshim in front
// of them: the demo's application, and a SCIM provider without quirks. Both take
// "key" as their key and forget everything when they end.
package main

import (
	"fmt"
	"net/http"
	"os"

	"scimshim/examples/legacy/app"
	"scimshim/examples/provider"
)

func main() {
	ended := make(chan error)
	serve := func(address string, vendor http.Handler) { ended <- http.ListenAndServe(address, vendor) }
	go serve("127.0.0.1:9101", app.New("key").Handler())
	go serve("127.0.0.1:9102", provider.New(provider.Quirks{}, "key").Handler())
	fmt.Fprintln(os.Stderr, <-ended)
}
