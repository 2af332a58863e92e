package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/common/model"

	"workbell/bridge"
	"workbell/config"
)

// days is a duration in the spelling of Prometheus: 12h, 30d, 1y.
type days time.Duration

// UnmarshalText reads one above 0.
func (d *days) UnmarshalText(text []byte) error {
	v, err := model.ParseDuration(string(text))
	if err == nil && v <= 0 {
		err = errors.New("it has to be above 0: write 30d, say")
	}
	*d = days(v)
	return err
}

// size is a number of bytes: 2GiB, 500MB.
type size int64

// UnmarshalText reads one.
func (s *size) UnmarshalText(text []byte) error {
	v, err := humanize.ParseBytes(string(text))
	if err == nil && v > math.MaxInt64 {
		err = errors.New("it is too large")
	}
	*s = size(v) // #nosec G115 -- checked
	return err
}

type serveCmd struct {
	fileFlags
	logFlags
	AutoReload     time.Duration `name:"config.auto-reload-interval" default:"5s" help:"How often to look whether rules.yaml, templates, the files of secrets or those of media_dir have changed, and load them then; 0: never."`
	Storage        string        `name:"storage" placeholder:"sqlite:FILE" help:"Where to keep events and deliveries: sqlite:FILE, or postgres://… for several bridges on one database. Default: sqlite:workbell.db; with --sandbox a file that is removed at the end."`
	MaxBacklog     int           `name:"storage.max-backlog" default:"1000000" help:"Most deliveries that may wait; beyond it webhooks get 503."`
	Retention      days          `name:"storage.retention" default:"30d" help:"How long history is kept (12h, 30d, 1y)."`
	RetentionSize  size          `name:"storage.retention.size" default:"0" help:"How large the store may grow (2GiB) before the oldest history goes; 0: no bound. What is to be sent, and the last hour, stays."`
	HooksAddress   string        `name:"web.listen-address" placeholder:"ADDR" help:"Where to take webhooks. Default: :8060; with --sandbox 127.0.0.1:8060."`
	AdminAddress   string        `name:"admin.listen-address" default:"127.0.0.1:8061" help:"Where to serve console, API, metrics and reload."`
	AdminInsecure  bool          `name:"admin.insecure" help:"Let the admin address be reached from elsewhere, though it asks nobody who they are."`
	HooksWebConfig string        `name:"web.config.file" placeholder:"FILE" help:"TLS, client certificates and basic auth of the webhooks' address, in the exporter-toolkit's format; of the metrics' own address, too."`
	AdminWebConfig string        `name:"admin.config.file" placeholder:"FILE" help:"The same of the admin address. If it demands basic auth or client certificates, that may be reached from elsewhere."`
	MetricsAddress string        `name:"metrics.listen-address" placeholder:"ADDR" help:"Where to serve metrics alone, in addition."`
	Pprof          bool          `name:"admin.pprof" help:"Serve Go profiles under /debug/pprof on the admin address."`
	Sandbox        bool          `name:"sandbox" help:"Send to a stand-in for DingTalk inside this process and show what employees receive. Needs no credentials and no rules.yaml."`
	SandboxAddress string        `name:"sandbox.listen-address" default:"127.0.0.1:8062" help:"With --sandbox: where to serve the stand-in and its page."`
}

// Run runs the bridge until the context ends.
func (c *serveCmd) Run(ctx context.Context, env Env) error {
	files, err := c.files(env, c.Sandbox)
	if err != nil {
		return err
	}
	hooks := ":8060"
	if c.Sandbox {
		hooks = "127.0.0.1:8060"
	}
	storage := cmp.Or(c.Storage, "sqlite:workbell.db")
	if c.Sandbox && c.Storage == "" {
		dir, err := os.MkdirTemp("", "workbell-sandbox-")
		if err != nil {
			return fmt.Errorf("making a folder for the sandbox's store: %w (name one with --storage)", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		storage = "sqlite:" + filepath.Join(dir, "workbell.db")
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(175) // what lives is little beside what each webhook leaves: collect less often, for some 6 MB
	}
	log := c.logger(env.Stderr)
	b, err := bridge.Start(ctx, bridge.Options{
		Files: files, Storage: storage, MaxBacklog: c.MaxBacklog,
		AutoReload: c.AutoReload,
		Retention:  time.Duration(c.Retention), RetentionSize: int64(c.RetentionSize),
		HooksAddress: cmp.Or(c.HooksAddress, hooks), AdminAddress: c.AdminAddress,
		HooksWebConfig: c.HooksWebConfig, AdminWebConfig: c.AdminWebConfig,
		MetricsAddress: c.MetricsAddress, SandboxAddress: c.SandboxAddress,
		Pprof: c.Pprof, AdminInsecure: c.AdminInsecure, Version: env.Version.Version, Log: log,
	})
	var faults config.Faults
	if errors.As(err, &faults) {
		return exit{FellShort, err}
	}
	if err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	if c.Sandbox {
		_, _ = fmt.Fprint(env.Stdout, greeting(b, ownRules(files)))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go reloadOnHangup(ctx, b)
	defer time.AfterFunc(time.Second, unmapStart).Stop()
	return b.Run(ctx)
}

// reloadOnHangup reloads at each SIGHUP until ctx ends. Reload logs what came
// of it.
func reloadOnHangup(ctx context.Context, b *bridge.Bridge) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			_ = b.Reload(ctx)
		}
	}
}

// ownRules says whether the rules are the user's: not those that are embedded,
// nor the file that these are made of, in a checkout.
func ownRules(f bridge.Files) bool {
	if f.Config == "" {
		return false
	}
	own, err := os.ReadFile(f.Config)
	if err != nil {
		return true
	}
	embedded, err := fs.ReadFile(f.Embedded, "rules.yaml")
	return err != nil || !bytes.Equal(own, embedded)
}

// greeting tells a newcomer what to do next.
func greeting(b *bridge.Bridge, own bool) string {
	next := "Paste this in another terminal, and look at the phone of u1:\n\n" + bridge.SampleCurl(b.URL("hooks"))
	if own {
		next = "Your own rules are in force. Post webhooks to " + b.URL("hooks") + "/hooks/NAME, with NAME as in your sources."
	}
	return fmt.Sprintf(`
workbell with a stand-in for DingTalk: nothing leaves this machine.

  the employees' phones  %s/
  the console            %s/

%s

Stop with Ctrl-C.

`, b.URL("sandbox"), b.URL("admin"), next)
}
