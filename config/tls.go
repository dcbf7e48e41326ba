package config

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"strings"
	"time"
)

// TLS is how the vendor and the gateway know each other by certificates.
type TLS struct {
	Roots       *x509.CertPool   // nil: those of the system
	Certificate *tls.Certificate // nil: the gateway shows none
	ServerName  string           // "": as the URL says
}

var tlsShape = shape{keys: []string{"ca", "cert", "key", "server_name"}}

func (d *decoder) tls(n *node, address string) *TLS {
	const where = "upstream.tls"
	f := d.mapping(n, where, tlsShape)
	if f == nil {
		return nil
	}
	if strings.HasPrefix(address, "http:") {
		d.report(n, codeConflict, "%s: upstream.url is http://, which has no certificates", where)
	}
	out := &TLS{}
	if f["server_name"] != nil {
		out.ServerName, _ = d.filled(f["server_name"], where+".server_name")
	}
	if f["ca"] != nil {
		out.Roots = d.roots(f["ca"])
	}
	switch cert, key := f["cert"], f["key"]; {
	case cert != nil && key != nil:
		out.Certificate = d.pair(cert, key)
	case cert != nil || key != nil:
		d.report(n, codeMissingKey, "%s: cert and key go together", where)
	}
	return out
}

// pem gives the text of a PEM file, which is a secret's or the path of a file
// beside the vendor file. ok is false where there is none, reported or not read.
func (d *decoder) pem(n *node, where string) (text []byte, ok bool) {
	filled, ok := d.filled(n, where)
	if !ok || d.standsIn(filled) {
		return nil, false
	}
	if strings.Contains(filled, "-----BEGIN") {
		return []byte(filled), true // which the fingerprint has from the vendor file
	}
	if !filepath.IsAbs(filled) {
		filled = filepath.Join(filepath.Dir(d.source.name), filled)
	}
	body, err := d.opts.read(filled)
	if err != nil && !d.opts.Placeholders {
		d.report(n, codeBadCertificate, "%s: the file cannot be read: %v", where, err)
	}
	d.pems = append(d.pems, body...)
	return body, err == nil
}

// roots are the system's and the file's own.
func (d *decoder) roots(n *node) *x509.CertPool {
	const where = "upstream.tls.ca"
	text, ok := d.pem(n, where)
	if !ok {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		d.report(n, codeBadCertificate, "%s: there is no certificate in PEM form", where)
		return nil
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			d.current(n, cert, where)
		}
	}
	return pool
}

func (d *decoder) pair(cert, key *node) *tls.Certificate {
	certText, ok := d.pem(cert, "upstream.tls.cert")
	keyText, known := d.pem(key, "upstream.tls.key")
	if !ok || !known {
		return nil
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	switch {
	case err != nil && strings.Contains(err.Error(), "private key does not match"):
		d.report(key, codeBadCertificate, "upstream.tls.key is not the key of the certificate")
	case err != nil && !certificate(certText):
		d.report(cert, codeBadCertificate, "upstream.tls.cert: there is no certificate in PEM form")
	case err != nil:
		d.report(key, codeBadCertificate, "upstream.tls.key: there is no private key in PEM form")
	default:
		d.current(cert, pair.Leaf, "upstream.tls.cert")
		return &pair
	}
	return nil
}

func certificate(text []byte) bool { return x509.NewCertPool().AppendCertsFromPEM(text) }

// current warns of a certificate whose time is over or has not come.
func (d *decoder) current(n *node, cert *x509.Certificate, where string) {
	switch now := time.Now(); {
	case now.After(cert.NotAfter):
		d.warn(n, codeBadCertificate, "%s: the certificate has expired on %s", where, cert.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(cert.NotBefore):
		d.warn(n, codeBadCertificate, "%s: the certificate is good from %s on", where, cert.NotBefore.UTC().Format(time.DateOnly))
	}
}
