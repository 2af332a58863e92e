package bridge

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"workbell/config"
	"workbell/secret"
)

// webRig is a running bridge with web configurations, and who asks it.
type webRig struct {
	*testing.T
	*Bridge
	pki pki
	dir string
}

// newWebRig starts a bridge with these web configurations of hooks and admin.
func newWebRig(t *testing.T, hooks, admin, adminAddress string) *webRig {
	t.Helper()
	r := &webRig{T: t, dir: t.TempDir()}
	r.pki = newPKI(t, r.dir)
	o := Options{
		Files: Files{Embedded: os.DirFS(".."), Sandbox: true}, Storage: "sqlite:" + filepath.Join(r.dir, "workbell.db"), MaxBacklog: 100,
		HooksAddress: "127.0.0.1:0", AdminAddress: adminAddress, MetricsAddress: "127.0.0.1:0", SandboxAddress: "127.0.0.1:0",
		HooksWebConfig: r.write("hooks.yml", hooks), AdminWebConfig: r.write("admin.yml", admin), Log: slog.New(slog.DiscardHandler),
	}
	b, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r.Bridge = b
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r
}

// write writes a web configuration in one step, as Kubernetes does.
func (r *webRig) write(name, text string) string {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		r.Fatal(err)
	}
	return path
}

// ask sends one request on a connection of its own; the code is 0 where there
// is no answer.
func (r *webRig) ask(url, user, password string, certificates ...tls.Certificate) (code int, body string) {
	r.Helper()
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: r.pki.pool, Certificates: certificates}}
	return r.askWith(&http.Client{Transport: transport}, url, user, password)
}

func (r *webRig) askWith(client *http.Client, url, user, password string) (code int, body string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		r.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatal(err)
	}
	return res.StatusCode, string(text)
}

const (
	withTLS    = "tls_server_config: {cert_file: server.pem, key_file: server.key}\n"
	withClient = "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}\n"
)

func users(t *testing.T, name, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("basic_auth_users: {%s: %s}\n", name, hash)
}

// TestWebConfig asks listeners with TLS, passwords and client certificates.
func TestWebConfig(t *testing.T) {
	t.Parallel()
	r := newWebRig(t, withClient, withTLS+users(t, "ops", "opensesame"), "127.0.0.1:0")
	hooks, admin, metrics := r.URL("hooks"), r.URL("admin"), r.URL("metrics")
	for _, url := range []string{hooks, admin, metrics} {
		if !strings.HasPrefix(url, "https://") {
			t.Fatalf("%s is not https", url)
		}
	}
	for name, c := range map[string]struct {
		url, user, password string
		certificates        []tls.Certificate
		want                int
	}{
		"hooks, our certificate":        {hooks + "/livez", "", "", []tls.Certificate{r.pki.client}, 200},
		"hooks, no certificate":         {hooks + "/livez", "", "", nil, 0},
		"hooks, a stranger's":           {hooks + "/livez", "", "", []tls.Certificate{r.pki.stranger}, 0},
		"hooks, without TLS":            {strings.Replace(hooks, "https", "http", 1) + "/livez", "", "", nil, 400},
		"metrics, our certificate":      {metrics + "/metrics", "", "", []tls.Certificate{r.pki.client}, 200},
		"metrics, no certificate":       {metrics + "/metrics", "", "", nil, 0},
		"admin, the password":           {admin + "/api/v1/apps", "ops", "opensesame", nil, 200},
		"admin, another password":       {admin + "/api/v1/apps", "ops", "x", nil, 401},
		"admin, another user":           {admin + "/api/v1/apps", "x", "opensesame", nil, 401},
		"admin, nobody":                 {admin + "/metrics", "", "", nil, 401},
		"admin, nobody, on the console": {admin + "/", "", "", nil, 401},
	} {
		if code, body := r.ask(c.url, c.user, c.password, c.certificates...); code != c.want {
			t.Errorf("%s: %d, want %d: %s", name, code, c.want, body)
		}
	}
	if code, _ := r.ask(r.URL("sandbox")+"/", "", ""); code != 200 {
		t.Errorf("the sandbox answers %d", code)
	}
}

// TestWebConfigIsReadAgain changes password and certificate while it serves.
func TestWebConfigIsReadAgain(t *testing.T) {
	t.Parallel()
	r := newWebRig(t, "", withTLS+users(t, "ops", "old"), "127.0.0.1:0")
	admin := r.URL("admin") + "/livez"
	r.write("admin.yml", withTLS+users(t, "ops", "new"))
	if code, _ := r.ask(admin, "ops", "old"); code != 401 {
		t.Errorf("the old password: %d", code)
	}
	if code, body := r.ask(admin, "ops", "new"); code != 200 {
		t.Errorf("the new password: %d %s", code, body)
	}
	r.pki = newPKI(t, r.dir) // another authority, which alone is trusted from here on
	if code, body := r.ask(admin, "ops", "new"); code != 200 {
		t.Errorf("the new certificate: %d %s", code, body)
	}
}

// TestAdminStaysGuarded takes the demand for credentials away while an admin
// listener beyond loopback serves: nobody comes in, on old connections neither.
func TestAdminStaysGuarded(t *testing.T) {
	t.Parallel()
	r := newWebRig(t, "", withTLS+users(t, "ops", "opensesame"), ":0")
	admin := r.URL("admin") + "/api/v1/apps"
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.pki.pool}}}
	t.Cleanup(old.CloseIdleConnections)
	if code, body := r.askWith(old, admin, "ops", "opensesame"); code != 200 {
		t.Fatalf("with the password: %d %s", code, body)
	}
	r.write("admin.yml", withTLS)
	if code, body := r.ask(admin, "", ""); code != 403 {
		t.Errorf("once nothing is demanded: %d %s", code, body)
	}
	r.write("admin.yml", withClient)
	if code, body := r.askWith(old, admin, "", ""); code != 403 {
		t.Errorf("a connection from before certificates were demanded: %d %s", code, body)
	}
	if code, body := r.ask(admin, "", "", r.pki.client); code != 200 {
		t.Errorf("with a certificate: %d %s", code, body)
	}
}

// TestAdminBeyondLoopback refuses to start with an admin listener that anybody
// could reach, unless told otherwise.
func TestAdminBeyondLoopback(t *testing.T) {
	t.Parallel()
	for address, refused := range map[string]bool{
		"127.0.0.1:0": false, "[::1]:0": false, "localhost:0": false, ":0": true, "0.0.0.0:0": true, "[::]:0": true, "10.0.0.1:0": true, "example.com:80": true,
	} {
		o := Options{AdminAddress: address}
		if err := o.checkWeb(); (err != nil) != refused || err != nil && !strings.Contains(err.Error(), "--admin.insecure") {
			t.Errorf("%s: %v", address, err)
		}
		o.AdminInsecure = true
		if err := o.checkWeb(); err != nil {
			t.Errorf("%s with --admin.insecure: %v", address, err)
		}
	}
	_, err := Start(t.Context(), Options{AdminAddress: ":0", Storage: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "--admin.insecure") {
		t.Errorf("started on :0: %v", err)
	}
}

// TestWebConfigFaults holds what is refused at the start to its words.
func TestWebConfigFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newPKI(t, dir)
	for name, c := range map[string]struct {
		hooks, admin string
		want         string // in the error; empty: none
	}{
		"nothing":                 {"", "", "asks nobody who they are"},
		"TLS alone":               {"", withTLS, "asks nobody who they are"},
		"users":                   {"", users(t, "ops", "x"), ""},
		"certificates":            {"", withClient, ""},
		"any certificate":         {"", strings.Replace(withClient, "RequireAndVerifyClientCert", "RequireAnyClientCert", 1), "asks nobody who they are"},
		"certificates of anybody": {"", strings.Replace(withClient, ", client_ca_file: ca.pem", "", 1), "asks nobody who they are"},
		"certificates if given":   {"", strings.Replace(withClient, "RequireAndVerifyClientCert", "VerifyClientCertIfGiven", 1), "asks nobody who they are"},
		"a password in the clear": {"", "basic_auth_users: {ops: opensesame}", "--admin.config.file="},
		"a key that is not there": {"tls_server_config: {cert_file: server.pem, key_file: gone.key}", users(t, "ops", "x"), "--web.config.file="},
		"a misspelt key":          {"tls_config: {}", users(t, "ops", "x"), "tls_config"},
		"429 for webhooks":        {"rate_limit: {interval: 1s, burst: 1}", users(t, "ops", "x"), "Alertmanager drops"},
	} {
		o := Options{AdminAddress: ":0"}
		for file, text := range map[*string]string{&o.HooksWebConfig: c.hooks, &o.AdminWebConfig: c.admin} {
			if text == "" {
				continue
			}
			f, err := os.CreateTemp(dir, "web")
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteString(text)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			*file = f.Name()
		}
		err := o.checkWeb()
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "opensesame")) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

// TestBearerTokenBesideBasicAuth refuses a source that nothing could reach.
func TestBearerTokenBesideBasicAuth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "web.yml")
	for text, refused := range map[string]bool{users(t, "am", "x"): true, "": false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := &Bridge{o: Options{HooksAddress: ":0", HooksWebConfig: file, Log: slog.New(slog.DiscardHandler)}}
		err := b.admits(&config.Config{Sources: []config.Source{{Name: "am", Auth: config.Auth{At: config.Pos{Line: 3}, BearerToken: secret.New("opensesame")}}}})
		if (err != nil) != refused || err != nil && (!strings.Contains(err.Error(), "client certificates") || strings.Contains(err.Error(), "opensesame")) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
