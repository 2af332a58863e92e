package cli

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdminCredentials lists the deliveries of a bridge that demands a password
// over TLS: with what it takes, and with each piece missing or wrong.
func TestAdminCredentials(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "ops" || password != "opensesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"deliveries":[]}`))
	}))
	t.Cleanup(server.Close)
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := "--admin.ca-file=" + write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	password, wrong := "--admin.password-file="+write("password", "opensesame\n"), "--admin.password-file="+write("wrong", "closesesame")
	const user = "--admin.username=ops"
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"all":               {[]string{ca, user, password}, Done, "there are no deliveries"},
		"no password":       {[]string{ca}, FellShort, "--admin.username and --admin.password-file"},
		"wrong password":    {[]string{ca, user, wrong}, FellShort, "refuses these"},
		"unknown authority": {[]string{user, password}, FellShort, "certificate"},
		"half":              {[]string{ca, user}, WrongUse, "give both"},
		"no such file":      {[]string{ca, user, "--admin.password-file=/nowhere"}, WrongUse, "--admin.password-file"},
		"no certificate":    {[]string{"--admin.ca-file=" + write("empty", ""), user, password}, WrongUse, "no certificate"},
		"half a pair":       {[]string{ca, user, password, "--admin.cert-file=/nowhere"}, WrongUse, "--admin.key-file"},
		"in the clear":      {[]string{"--admin.url=http://workbell.example:8061", user, password}, WrongUse, "https://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs, code := run(t, append([]string{"deliveries", "--admin.url=" + server.URL}, c.args...)...)
			if code != c.code || !strings.Contains(out+errs, c.says) || strings.Contains(out+errs, "sesame") {
				t.Errorf("%d %s%s; want %d and %q", code, out, errs, c.code, c.says)
			}
		})
	}
}
