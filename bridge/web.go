package bridge

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"gopkg.in/yaml.v3"
)

// webConfig returns the flag and the file of a listener's web configuration:
// TLS, client certificates and basic auth, in the form and with the rereading of
// https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md.
// The sandbox has none: it holds nothing to keep from anybody.
func (o *Options) webConfig(listener string) (flag, file string) {
	switch listener {
	case "hooks", "metrics":
		return "--web.config.file", o.HooksWebConfig
	case "admin":
		return "--admin.config.file", o.AdminWebConfig
	}
	return "", ""
}

// readWebConfig reads what this package has to know of a web configuration. It
// does not check it; web.Validate does.
func readWebConfig(file string) (web.Config, error) {
	var c web.Config
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, &c)
	}
	return c, err
}

// demands says whether c lets nobody through whom it does not know. A client's
// certificate proves nothing unless it is held against an authority of the
// operator's own.
func demands(c *web.Config) bool {
	own := c.TLSConfig.ClientCAs != "" || c.TLSConfig.ClientCAsText != ""
	return len(c.Users) > 0 || own && c.TLSConfig.ClientAuth == "RequireAndVerifyClientCert"
}

// checkWeb checks the web configurations, and refuses an admin listener that
// anybody on the network could reach.
func (o *Options) checkWeb() error {
	for _, listener := range []string{"hooks", "admin"} {
		flag, file := o.webConfig(listener)
		if file == "" {
			continue
		}
		if err := web.Validate(file); err != nil {
			return fmt.Errorf("%s=%s: %w", flag, file, err)
		}
		c, err := readWebConfig(file)
		if err != nil {
			return fmt.Errorf("%s=%s: %w", flag, file, err)
		}
		if listener == "hooks" && c.RateLimiterConfig.Interval != 0 {
			return fmt.Errorf("%s=%s: rate_limit answers 429, at which Alertmanager drops notifications: leave it out", flag, file)
		}
	}
	return o.insecure()
}

// guarded says whether what keeps strangers from the admin listener is its web
// configuration, and that alone.
func (o *Options) guarded() bool { return !isLoopback(o.AdminAddress) && !o.AdminInsecure }

// insecure refuses an admin listener that anybody on the network could reach.
func (o *Options) insecure() error {
	if !o.guarded() {
		return nil
	}
	address, remedy := strings.TrimSpace(o.AdminAddress), "listen on 127.0.0.1 and come through a proxy that does, or give --admin.insecure if all who reach it may see and do everything"
	if o.AdminWebConfig == "" {
		return fmt.Errorf("--admin.listen-address=%s is reached from elsewhere, and asks nobody who they are: give --admin.config.file with basic_auth_users or client certificates, %s", address, remedy)
	}
	c, err := readWebConfig(o.AdminWebConfig)
	if err != nil {
		return fmt.Errorf("--admin.config.file=%s: %w", o.AdminWebConfig, err)
	}
	if !demands(&c) {
		return fmt.Errorf("--admin.listen-address=%s is reached from elsewhere, and --admin.config.file=%s asks nobody who they are: give it basic_auth_users, or client_auth_type RequireAndVerifyClientCert with client_ca_file, %s", address, o.AdminWebConfig, remedy)
	}
	return nil
}

// guard holds every request to what insecure has seen at the start, since the
// file is read again with each: once it demands nothing any more, or a connection
// from before it demanded a certificate shows none, the answer is 403.
func (b *Bridge) guard(h http.Handler) http.Handler {
	if !b.o.guarded() {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := readWebConfig(b.o.AdminWebConfig)
		shown := r.TLS != nil && len(r.TLS.VerifiedChains) > 0
		if err != nil || !demands(&c) || len(c.Users) == 0 && !shown {
			b.o.Log.Error("request refused: --admin.config.file does not say who may come in", "component", "bridge", "remote", r.RemoteAddr, "err", err)
			http.Error(w, "--admin.config.file does not say who may come in; workbell's log says more", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// asksUsers says whether the hooks listener demands a password.
func (o *Options) asksUsers() bool {
	if o.HooksWebConfig == "" {
		return false
	}
	c, err := readWebConfig(o.HooksWebConfig)
	return err == nil && len(c.Users) > 0
}

// scheme is how a listener is reached: https where its web configuration has
// TLS, else http. It does not change while the bridge runs.
func (o *Options) scheme(listener string) string {
	if _, file := o.webConfig(listener); file != "" {
		if c, err := readWebConfig(file); err == nil && c.TLSConfig.IsEnabled() {
			return "https"
		}
	}
	return "http"
}

// run serves until the server is shut down.
func (b *Bridge) run(s *server) error {
	log := b.o.Log.With("component", "bridge", "for", s.name)
	log.Info("listening", "address", s.listener.Addr().String())
	var err error
	if _, file := b.o.webConfig(s.name); file == "" {
		err = s.http.Serve(s.listener)
	} else {
		err = web.Serve(s.listener, s.http, &web.FlagConfig{WebConfigFile: &file}, log)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", s.name, err)
	}
	return nil
}
