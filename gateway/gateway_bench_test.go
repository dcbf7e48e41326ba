package gateway

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/zap/zapcore"

	"scimshim/config"
	"scimshim/gateway/state"
	"scimshim/transform"
)

// The benchmarks are one exchange each, with the vendor file of the bench and
// its log line, and without a network on either side.

func benchStore(b *testing.B) *state.Store {
	b.Helper()
	store, err := state.Open(filepath.Join(b.TempDir(), "scimshim.db"), 0)
	if err != nil {
		b.Fatal(err)
	}
	return store
}

// benchGateway serves a vendor file of the bench. The vendor's answer depends on
// the method alone.
func benchGateway(b *testing.B, store *state.Store, name string, answers map[string]transform.Answer) *Gateway {
	b.Helper()
	b.Cleanup(func() { store.Close() })
	env := func(string) (string, bool) { return "http://127.0.0.1:1", true }
	snapshot, problems := config.Load([]string{"../bench/" + name}, config.Options{Env: env})
	if snapshot == nil {
		b.Fatal(problems)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	log := BufferLog(null)
	b.Cleanup(func() { log.Stop(); null.Close() })
	g := New(snapshot, store, Options{PublicURL: "https://gateway.example", Logger: NewLogger(log, zapcore.InfoLevel)})
	for _, v := range *g.vendors.Load() {
		v.send = func(request transform.NativeRequest, _ time.Time) transform.Answer { return answers[request.Method] }
	}
	return g
}

func benchAnswer(b *testing.B, status int, before, name, after string) transform.Answer {
	return transform.Answer{Status: status, Headers: []transform.Header{{Name: "Content-Type", Value: "application/json"}},
		Body: append(append([]byte(before), benchBody(b, name)...), after...)}
}

func benchBody(b *testing.B, name string) []byte {
	b.Helper()
	if name == "" {
		return nil
	}
	body, err := os.ReadFile("../transform/testdata/" + name)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func benchExchange(b *testing.B, g *Gateway, method, target string, body []byte, status int) {
	b.Helper()
	var ctx fasthttp.RequestCtx
	b.ReportAllocs()
	for b.Loop() {
		benchRequest(&ctx, method, target, body)
		if g.Handler()(&ctx); ctx.Response.StatusCode() != status {
			b.Fatal(ctx.Response.String())
		}
	}
}

func benchRequest(ctx *fasthttp.RequestCtx, method, target string, body []byte) {
	ctx.Request.Reset()
	ctx.Response.Reset()
	ctx.Request.Header.SetMethod(method)
	ctx.Request.SetRequestURI(target)
	ctx.Request.Header.Set("Authorization", "Bearer http://127.0.0.1:1")
	ctx.Request.Header.SetContentType("application/scim+json")
	ctx.Request.SetBodyRaw(body)
}

// BenchmarkRead is one GET by id.
func BenchmarkRead(b *testing.B) {
	g := benchGateway(b, benchStore(b), "plain.yaml", map[string]transform.Answer{"GET": benchAnswer(b, 200, "", "native.json", "")})
	benchExchange(b, g, "GET", "/plain/scim/v2/Users/48213", nil, 200)
}

// BenchmarkReadKept lays kept values over what the vendor shows.
func BenchmarkReadKept(b *testing.B) {
	g := benchGateway(b, benchStore(b), "kept.yaml", map[string]transform.Answer{
		"GET": benchAnswer(b, 200, "", "native.json", ""), "PATCH": benchAnswer(b, 200, "", "native.json", "")})
	var ctx fasthttp.RequestCtx
	benchRequest(&ctx, "PATCH", "/kept/scim/v2/Users/48213",
		[]byte(`{"Operations":[{"op":"replace","value":{"externalId":"x","title":"Director of computing"}}]}`))
	if g.Handler()(&ctx); ctx.Response.StatusCode() != 200 {
		b.Fatal(ctx.Response.String())
	}
	benchExchange(b, g, "GET", "/kept/scim/v2/Users/48213", nil, 200)
}

// BenchmarkFilter is Entra's look-up of a user.
func BenchmarkFilter(b *testing.B) {
	g := benchGateway(b, benchStore(b), "plain.yaml", map[string]transform.Answer{"GET": benchAnswer(b, 200, `{"users":[`, "native.json", `]}`)})
	benchExchange(b, g, "GET", "/plain/scim/v2/Users?filter=userName+eq+%22ada.lovelace%40contoso.com%22", nil, 200)
}

// BenchmarkCreate is one POST of a user who is new each time, with its look-up
// and the durable writes of its intent and its record.
func BenchmarkCreate(b *testing.B) { benchCreate(b, benchStore(b)) }

// BenchmarkCreateInMemory is the same without the durable writes.
func BenchmarkCreateInMemory(b *testing.B) { benchCreate(b, state.InMemory()) }

func benchCreate(b *testing.B, store *state.Store) {
	answers := map[string]transform.Answer{"GET": {Status: 200, Body: []byte(`{"users":[]}`)}}
	g, created, body := benchGateway(b, store, "plain.yaml", answers), benchAnswer(b, 201, "", "native.json", ""), benchBody(b, "user.json")
	native := created.Body
	var ctx fasthttp.RequestCtx
	b.ReportAllocs()
	for n := 10000; b.Loop(); n++ {
		id := strconv.Itoa(n)
		created.Body = bytes.Replace(native, []byte("48213"), []byte(id), 1)
		answers["POST"] = created
		benchRequest(&ctx, "POST", "/plain/scim/v2/Users", bytes.Replace(body, []byte("Ada.Lovelace@Contoso.com"), []byte(id+"@Contoso.com"), 1))
		if g.Handler()(&ctx); ctx.Response.StatusCode() != 201 {
			b.Fatal(ctx.Response.String())
		}
	}
}

// BenchmarkBlindPatch is a PATCH whose consequences need no read.
func BenchmarkBlindPatch(b *testing.B) {
	g := benchGateway(b, benchStore(b), "plain.yaml", map[string]transform.Answer{"PATCH": benchAnswer(b, 200, "", "native.json", "")})
	benchExchange(b, g, "PATCH", "/plain/scim/v2/Users/48213", benchBody(b, "patch.json"), 200)
}

// BenchmarkReadPatch is a PATCH of a field inside a list, which is read first.
func BenchmarkReadPatch(b *testing.B) {
	g := benchGateway(b, benchStore(b), "plain.yaml", map[string]transform.Answer{
		"GET": benchAnswer(b, 200, "", "native.json", ""), "PATCH": benchAnswer(b, 200, "", "native.json", "")})
	body := []byte(`{"Operations":[{"op":"Replace","path":"phoneNumbers[type eq \"work\"].value","value":"+44 20 7946 0199"}]}`)
	benchExchange(b, g, "PATCH", "/plain/scim/v2/Users/48213", body, 200)
}
