// Command server is PocketBase as it is, for the test of pocketbase.yaml. It is
// a module of its own, so that scimshim's has none of PocketBase's packages.
package main

import (
	"fmt"
	"log"
	"net"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
)

func main() {
	app := pocketbase.New()
	// With port 0 PocketBase itself would not say where it listens.
	app.OnServe().BindFunc(func(e *core.ServeEvent) (err error) {
		if e.Listener, err = net.Listen("tcp", e.Server.Addr); err != nil {
			return err
		}
		fmt.Printf("listens on %s\n", e.Listener.Addr())
		return e.Next()
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}
