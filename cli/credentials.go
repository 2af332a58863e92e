package cli

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// client makes the client for a request to the admin API, and puts the
// credentials into the request. It follows no redirects, and sends no password
// in the clear to another machine.
func (f adminFlags) client(req *http.Request) (*http.Client, error) {
	if (f.Username == "") != (f.PasswordFile == "") {
		return nil, wrongUse("--admin.username and --admin.password-file: give both, or neither")
	}
	if f.Username != "" {
		if req.URL.Scheme != "https" && !isLocal(req.URL) {
			return nil, wrongUse("--admin.username: the password would go over the network in the clear; write https:// in --admin.url")
		}
		password, err := os.ReadFile(f.PasswordFile)
		if err != nil {
			return nil, wrongUse("--admin.password-file: %w", err)
		}
		req.SetBasicAuth(f.Username, strings.TrimSpace(string(password)))
	}
	trust, err := f.trust()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = trust
	return &http.Client{Timeout: askWithin, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// trust says whose certificates are good, and holds our own.
func (f adminFlags) trust() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CAFile != "" {
		text, err := os.ReadFile(f.CAFile)
		if err != nil {
			return nil, wrongUse("--admin.ca-file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(bytes.TrimSpace(text)) {
			return nil, wrongUse("--admin.ca-file=%s: it holds no certificate in PEM", f.CAFile)
		}
	}
	if f.CertFile == "" && f.KeyFile == "" {
		return c, nil
	}
	own, err := tls.LoadX509KeyPair(f.CertFile, f.KeyFile)
	if err != nil {
		return nil, wrongUse("--admin.cert-file and --admin.key-file: %w", err)
	}
	c.Certificates = []tls.Certificate{own}
	return c, nil
}

// isLocal says whether an address is on this machine.
func isLocal(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
