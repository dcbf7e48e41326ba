package main

import (
	"github.com/valyala/fasthttp"
)

// newBare is a reverse proxy that passes on what it gets: what any proxy on
// this HTTP library costs, and the measure for the gateway.
func newBare(upstream string) *fasthttp.Server {
	client := &fasthttp.HostClient{
		Addr:                      upstream,
		MaxConns:                  256,
		MaxIdemponentCallAttempts: 1,
		DisablePathNormalizing:    true,
		NoDefaultUserAgentHeader:  true,
	}
	return &fasthttp.Server{
		NoDefaultServerHeader: true,
		Handler: func(ctx *fasthttp.RequestCtx) {
			resp := fasthttp.AcquireResponse()
			defer fasthttp.ReleaseResponse(resp)
			if err := client.Do(&ctx.Request, resp); err != nil {
				ctx.Error("the upstream does not answer", fasthttp.StatusBadGateway)
				return
			}
			resp.CopyTo(&ctx.Response)
		},
	}
}
