package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// TestServeOverTLS asks a bridge whose admin API demands a password for its
// deliveries, as the README says.
func TestServeOverTLS(t *testing.T) {
	t.Parallel()
	like := httptest.NewTLSServer(nil) // which has a certificate for 127.0.0.1
	like.Close()
	pair := like.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("opensesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ca := writeFile(t, dir, "server.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	writeFile(t, dir, "server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	password := writeFile(t, dir, "password", "opensesame\n")
	hooks := writeFile(t, dir, "web.yml", "tls_server_config: {cert_file: server.pem, key_file: server.key}\n")
	admin := writeFile(t, dir, "admin.yml", "tls_server_config: {cert_file: server.pem, key_file: server.key}\nbasic_auth_users: {ops: "+string(hash)+"}\n")
	p := startProcess(t, dir, "--sandbox", "--sandbox.listen-address=127.0.0.1:0", "--storage=sqlite:"+filepath.Join(dir, "workbell.db"),
		"--admin.listen-address=:0", "--web.config.file="+hooks, "--admin.config.file="+admin)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.admin, "http://[::]"), ":")
	url := "--admin.url=https://127.0.0.1:" + port
	out, errs, code := workbell(t, "deliveries", url, "--admin.ca-file="+ca, "--admin.username=ops", "--admin.password-file="+password)
	if code != 0 || !strings.Contains(out, "there are no deliveries") {
		t.Errorf("with the password: %d %s%s\n%s", code, out, errs, p.log)
	}
	if out, errs, code := workbell(t, "deliveries", url, "--admin.ca-file="+ca); code != 1 || !strings.Contains(errs, "demands credentials") {
		t.Errorf("without: %d %s%s", code, out, errs)
	}
	waitUntil(t, func() bool { return strings.Contains(p.log.String(), "https://") }, "the greeting with https", p.log)
	if code := p.terminate(t); code != 0 || strings.Contains(p.log.String(), "opensesame") {
		t.Errorf("exit code %d\n%s", code, p.log)
	}
}
