// Package bridge builds a bridge from its parts, runs it, reloads it and stops
// it. It contains no logic of its own: every part is a package, and this is the
// one place where they meet.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"workbell/config"
	"workbell/console"
	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/followup"
	"workbell/outbox"
	"workbell/routes"
	"workbell/sandbox"
)

// Options are the flags of `serve`.
type Options struct {
	Files          Files
	Storage        string // sqlite:FILE or postgres://…
	MaxBacklog     int
	Retention      time.Duration // how long history is kept; 0: the constant Retention
	RetentionSize  int64         // bytes of the store beyond which the oldest history goes; 0: no bound
	HooksAddress   string
	AdminAddress   string
	MetricsAddress string        // metrics alone; empty: none
	HooksWebConfig string        // web configuration of hooks and metrics; empty: plain HTTP
	AdminWebConfig string        // of admin
	SandboxAddress string        // used where Files.Sandbox is set
	AutoReload     time.Duration // how often to look whether files have changed; 0: never
	Pprof          bool
	AdminInsecure  bool // the admin listener may be reached from elsewhere
	Version        string
	Log            *slog.Logger
}

// How long each step of stopping may take.
const (
	answerWithin = 5 * time.Second                  // webhooks that are being answered
	sendWithin   = dingtalk.Timeout + 6*time.Second // calls to DingTalk: their own time-out and the commit
)

// Bridge is a running workbell. Start makes it, Run serves until its context
// ends, and releases all that Start took.
type Bridge struct {
	o          Options
	plan       atomic.Pointer[routes.Plan]
	draining   atomic.Bool
	reloading  sync.Mutex
	seen       stamps // of the files at the last load; guarded by reloading, as are
	named      named  // the files among them that rules.yaml names
	store      outbox.Store
	metrics    *metrics
	dispatcher *dispatch.Dispatcher
	follower   *followup.Follower
	heartbeats *heartbeats
	clients    atomic.Pointer[clients]
	shelf      atomic.Pointer[shelf] // nil: no media_dir
	console    *console.Console
	sandbox    *sandbox.Sandbox
	servers    []*server
	closers    []func() error // torn down backwards
}

type server struct {
	name     string
	listener net.Listener
	http     *http.Server
	scheme   string // http or https
}

// Start loads the rules, opens the store and the listeners. Webhooks are taken
// once Run runs. Faults in rules.yaml or templates come back as config.Faults.
func Start(ctx context.Context, o Options) (_ *Bridge, err error) {
	b := &Bridge{o: o}
	if b.o.Retention <= 0 {
		b.o.Retention = Retention
	}
	if err := o.checkWeb(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	plan, faults := b.load()
	if plan == nil {
		return nil, faults.Fatal()
	}
	if err := b.admits(plan.Config); err != nil {
		return nil, err
	}
	if o.Files.Sandbox {
		if err := b.startSandbox(plan.Config); err != nil {
			return nil, err
		}
	}
	b.metrics = newMetrics(o.Version)
	store, err := openStore(ctx, o.Storage, o.MaxBacklog, plan.Config.DingTalk.Location)
	if err != nil {
		return nil, err
	}
	b.store = observed{store, b.metrics}
	b.closers = append(b.closers, b.store.Close)
	b.metrics.reloaded(nil)
	b.metrics.expect(plan.Config)
	if err := b.loadMedia(ctx, plan); err != nil {
		return nil, err
	}
	b.plan.Store(plan)
	if err := b.workers(plan.Config); err != nil {
		return nil, err
	}
	return b, b.listen()
}

// workers makes dispatcher and follower.
func (b *Bridge) workers(cfg *config.Config) error {
	sends, follows, made, err := b.settings(cfg)
	if err != nil {
		return err
	}
	b.clients.Store(&made)
	b.follower = followup.New(followup.Options{Settings: follows, Store: b.store, Logger: b.o.Log, Observer: b.metrics})
	b.dispatcher = dispatch.New(dispatch.Options{Settings: sends, Store: b.store, Logger: b.o.Log, Observer: b.metrics,
		Woken: b.follower.Wake,
		Follow: func(d *outbox.Delivery, sent time.Time) []outbox.Followup {
			return followup.Plan(d, sent, b.renderer().Steps(d.Rule))
		},
	})
	b.metrics.registry.MustRegister(gauges{b})
	return nil
}

func (b *Bridge) renderer() renderer { return renderer{&b.plan, b.fault} }

func (b *Bridge) fault(rule, field string) { b.metrics.faults.WithLabelValues(rule, field).Inc() }

// listen opens the hooks and admin listeners.
func (b *Bridge) listen() error {
	ro := routes.Options{
		Plan: &b.plan, Store: b.store, Draining: &b.draining, Log: b.o.Log,
		Fault:  b.fault,
		Reload: b.Reload, Apps: func() any { return b.status() },
		Budget: func() any { return b.follower.Budget(context.Background()) }, Metrics: b.metrics.handler(),
		Pprof: b.o.Pprof, Loopback: isLoopback(b.o.AdminAddress),
	}
	b.heartbeats = newHeartbeats(ro)
	ro.Beat = b.heartbeats.beat
	ro.Webhook = func(source string, code int, took time.Duration) {
		b.metrics.webhook(source, code, took)
		b.console.Webhook(source, code)
	}
	if err := b.serve("hooks", b.o.HooksAddress, routes.Hooks(ro)); err != nil {
		return err
	}
	if b.sandbox != nil {
		b.sandbox.Suggest(SampleCurl(b.URL("hooks")))
	}
	if b.o.MetricsAddress != "" {
		if err := b.serve("metrics", b.o.MetricsAddress, routes.Metrics(ro)); err != nil {
			return err
		}
	}
	b.console = b.newConsole(ro)
	ro.Console = b.console.Mount
	return b.serve("admin", b.o.AdminAddress, b.guard(routes.Admin(ro)))
}

// serve opens a listener with bounds on slow and large clients.
func (b *Bridge) serve(name, address string, h http.Handler) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listening for %s: %w (choose another with --%s)", name, err, map[string]string{
			"hooks": "web.listen-address", "admin": "admin.listen-address", "metrics": "metrics.listen-address", "sandbox": "sandbox.listen-address"}[name])
	}
	b.servers = append(b.servers, &server{name: name, listener: l, scheme: b.o.scheme(name), http: &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(b.o.Log.Handler(), slog.LevelWarn),
	}})
	b.closers = append(b.closers, func() error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// Run serves until ctx ends, then stops in order: no more webhooks, those in
// hand answered, calls in flight ended and recorded, the store closed. What has
// not been sent stays in the store.
func (b *Bridge) Run(ctx context.Context) error {
	sendCtx, stopSending := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSending()
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range b.servers {
		g.Go(func() error { return b.run(s) })
	}
	sending := make(chan struct{})
	g.Go(func() error {
		defer close(sending)
		workers, work := errgroup.WithContext(sendCtx)
		workers.Go(func() error { return b.dispatcher.Run(work) })
		workers.Go(func() error { return b.follower.Run(work) })
		return workers.Wait()
	})
	g.Go(func() error { return b.prune(ctx) })
	g.Go(func() error { return b.watch(ctx) })
	g.Go(func() error { return b.heartbeats.run(ctx) })
	g.Go(func() error { return b.keepUploading(ctx) })
	g.Go(func() error {
		<-ctx.Done()
		b.draining.Store(true)
		b.shutdown("hooks", answerWithin)
		stopSending()
		b.console.Close()
		b.shutdown("admin", answerWithin)
		b.shutdown("metrics", answerWithin)
		<-sending // the last calls need the stand-in, where there is one
		if b.sandbox != nil {
			b.sandbox.Close()
		}
		b.shutdown("sandbox", answerWithin)
		return nil
	})
	err := wait(ctx, g, sendWithin+2*answerWithin)
	return errors.Join(err, b.close())
}

// wait waits for the group, but no longer than within after ctx has ended.
func wait(ctx context.Context, g *errgroup.Group, within time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- g.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(within):
		return fmt.Errorf("stopping took longer than %v; what was in flight is tried again at the next start", within)
	}
}

func (b *Bridge) shutdown(name string, within time.Duration) {
	for _, s := range b.servers {
		if s.name != name {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), within)
		if err := s.http.Shutdown(ctx); err != nil {
			_ = s.http.Close()
		}
		cancel()
	}
}

func (b *Bridge) close() error {
	var errs []error
	for i := len(b.closers) - 1; i >= 0; i-- {
		errs = append(errs, b.closers[i]())
	}
	b.closers = nil
	return errors.Join(errs...)
}

// Reload loads rules.yaml and the templates again and, if nothing in them is
// fatal, exchanges them as a whole; else the old ones stay and the faults come
// back as config.Faults.
func (b *Bridge) Reload(ctx context.Context) error {
	b.reloading.Lock()
	defer b.reloading.Unlock()
	plan, faults := b.load()
	err := faults.Fatal()
	if err == nil {
		err = b.admits(plan.Config)
	}
	var sends dispatch.Settings
	var follows followup.Settings
	var made clients
	if err == nil {
		b.pointAtSandbox(plan.Config)
		sends, follows, made, err = b.settings(plan.Config)
	}
	if err == nil {
		err = b.loadMedia(ctx, plan)
	}
	b.metrics.reloaded(err)
	b.console.Reloaded(err)
	if err != nil {
		b.o.Log.Error("reload failed; the old rules stay in force", "component", "bridge", "err", err)
		return err
	}
	if old := b.plan.Load().Config.DingTalk.Timezone; old != plan.Config.DingTalk.Timezone {
		b.o.Log.Warn("dingtalk.timezone changes with the next start", "component", "bridge", "now", old)
	}
	b.metrics.expect(plan.Config)
	b.plan.Store(plan)
	b.heartbeats.reloaded()
	b.clients.Store(&made)
	b.dispatcher.Reconfigure(sends)
	b.follower.Reconfigure(follows)
	b.o.Log.Info("rules loaded", "component", "bridge", "rules", len(plan.Config.Rules), "sources", len(plan.Sources))
	return nil
}

// tell logs warnings; fatal faults are the caller's to report.
func (b *Bridge) tell(faults config.Faults) {
	for _, f := range faults {
		if f.Warning {
			b.o.Log.Warn("rules.yaml", "component", "config", "at", f.At.String(), "problem", f.Problem, "remedy", f.Remedy)
		}
	}
}

// URL returns the base URL of a listener: hooks, admin or sandbox; empty where
// there is none.
func (b *Bridge) URL(name string) string {
	for _, s := range b.servers {
		if s.name == name {
			addr := s.listener.Addr().String()
			if host, port, err := net.SplitHostPort(addr); err == nil && net.ParseIP(host).IsUnspecified() {
				addr = net.JoinHostPort("localhost", port)
			}
			return s.scheme + "://" + addr
		}
	}
	return ""
}
