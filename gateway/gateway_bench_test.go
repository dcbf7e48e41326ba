package gateway

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"scimshim/config"
	"scimshim/gateway/state"
	"scimshim/transform"
)

// BenchmarkRead is one GET by id, without a network on either side.
func BenchmarkRead(b *testing.B) {
	store, err := state.Open(filepath.Join(b.TempDir(), "scimshim.db"), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	file := vendorFile("legacy", "http://127.0.0.1:1")
	snapshot, problems := config.Load([]string{"legacy.yaml"}, config.Options{ReadFile: func(string) ([]byte, error) { return []byte(file), nil }})
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	answer := transform.Answer{Status: 200, Body: []byte(`{"id":1,"login":"ann","name":"Ann","title":"x","enabled":true}`)}
	g := New(snapshot, store, Options{PublicURL: "https://gateway.example", Send: func(*config.Vendor, transform.NativeRequest, time.Time) transform.Answer { return answer }})
	b.ReportAllocs()
	for b.Loop() {
		var ctx fasthttp.RequestCtx
		ctx.Request.SetRequestURI("/legacy/scim/v2/Users/1")
		ctx.Request.Header.Set("Authorization", "Bearer token-of-legacy")
		if g.Handler()(&ctx); ctx.Response.StatusCode() != 200 {
			b.Fatal(ctx.Response.String())
		}
	}
}
