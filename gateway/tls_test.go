package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimshim/gateway"
)

// authority issues certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	text string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	a.key = a.newKey()
	a.cert, a.text = a.sign("authority", a.key, nil, a.key)
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a *authority) sign(name string, key *ecdsa.PrivateKey, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, string) {
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: parent == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	if parent == nil {
		parent = template
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

// issue gives a certificate and its key as text.
func (a *authority) issue(name string) (cert, key string) {
	own := a.newKey()
	_, cert = a.sign(name, own, a.cert, a.key)
	raw, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}))
}

// Vendor and gateway know each other by certificates of an authority of their own,
// also at the token endpoint.
func TestMutualTLS(t *testing.T) {
	a := newAuthority(t)
	serverCert, serverKey := a.issue("vendor.example")
	clientCert, clientKey := a.issue("gateway.example")
	strangerCert, strangerKey := newAuthority(t).issue("gateway.example")
	pair, err := tls.X509KeyPair([]byte(serverCert), []byte(serverKey))
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(t, bearer)
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	server := httptest.NewUnstartedServer(d.Config.Handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, cert, key := write("ca.pem", a.text), write("cert.pem", clientCert), write("key.pem", clientKey)
	for _, test := range []struct {
		name, tls string
		status    int
	}{
		{"both", fmt.Sprintf("{ca: %q, cert: %q, key: %q, server_name: vendor.example}", ca, cert, key), 201},
		{"another name", fmt.Sprintf("{ca: %q, cert: %q, key: %q}", ca, cert, key), 503},
		{"no authority", fmt.Sprintf("{cert: %q, key: %q, server_name: vendor.example}", cert, key), 503},
		{"no certificate", fmt.Sprintf("{ca: %q, server_name: vendor.example}", ca), 503},
		{"a stranger's", fmt.Sprintf("{ca: %q, cert: %q, key: %q, server_name: vendor.example}", ca, write("cert2.pem", strangerCert), write("key2.pem", strangerKey)), 503},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, doorFile(oauth2File("")+"\n  tls: "+test.tls), server.URL, gateway.Options{})
			if got := r.call("POST", "/Users", bob); got.status != test.status {
				t.Errorf("%d %s, want %d", got.status, got.body, test.status)
			}
		})
	}
}

// A vendor that wants a user name and a password in each call needs no session.
func TestBasic(t *testing.T) {
	d := newDoor(t, func(r *http.Request) string {
		if user, password, _ := r.BasicAuth(); user == "ann" && password == vendorKey {
			return "basic"
		}
		return ""
	})
	d.good["basic"] = true
	r := newRig(t, doorFile("\n  basic: {user: ann, password: \"${env:LEGACY_KEY}\"}"), d.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
	if strings.Contains(r.log.String(), "YW5u") {
		t.Error("the log has the header")
	}
}

// Each request is signed anew, with what it carries.
func TestSigned(t *testing.T) {
	seen := map[string]bool{}
	d := newDoor(t, func(r *http.Request) string {
		seen[r.Header.Get("Authorization")] = true
		if strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AK/") && r.Header.Get("X-Amz-Security-Token") == "tok" && r.Header.Get("X-Amz-Date") != "" {
			return "signed"
		}
		return ""
	})
	d.good["signed"] = true
	r := newRig(t, doorFile("\n  aws: {access_key: AK, secret_key: \"${env:LEGACY_KEY}\", session_token: tok, region: eu-central-1, service: identitystore}"), d.URL, gateway.Options{})
	r.must(t, 201, "POST", "/Users", bob)
	if len(seen) != 2 { // a look-up and a create
		t.Errorf("%d signatures", len(seen))
	}
}
