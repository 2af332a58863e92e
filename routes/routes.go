// Package routes is the HTTP surface: it turns requests into calls, and
// outcomes into status codes.
//
// In come webhooks and the admin's requests; out go answers that senders can
// act upon (what may succeed later is a 503, never a 4xx, since Alertmanager
// gives up on those). It never decides who is told, and sends nothing.
package routes

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/media"
	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// Plan is what rules.yaml and the templates come to: who may send, and what
// becomes of what they send. It is never changed, only exchanged as a whole.
type Plan struct {
	Sources   map[string]*source.Source // by name
	Transform *transform.Transform
	Config    *config.Config
	Media     []media.File // of media_dir
}

// Options are what the routes work with.
type Options struct {
	Plan  *atomic.Pointer[Plan] // exchanged by a reload
	Store outbox.Store
	// Draining is set once the bridge is stopping: hooks then answer 503.
	Draining *atomic.Bool
	Log      *slog.Logger
	// Webhook is told of every webhook's source (empty: unknown) and answer.
	Webhook func(source string, code int, took time.Duration)
	// Fault is told of every rule that failed while it ran, and of every field of
	// a source that did (rule is empty).
	Fault func(rule, field string)
	// Beat keeps a beat of a source of type heartbeat, and returns what it ended.
	Beat func(ctx context.Context, source string) ([]outbox.Kept, error)

	Reload  func(context.Context) error // POST /-/reload
	Apps    func() any                  // state of the apps, as JSON
	Budget  func() any                  // calls used this month and the quota, as JSON; nil: not told
	Metrics http.Handler                // GET /metrics
	Pprof   bool                        // GET /debug/pprof/…
	// Loopback says that the admin listener is on a loopback address: then Host
	// must name this machine, so that no web page can reach it by DNS rebinding.
	Loopback bool
	// Console adds the web console's pages to the admin listener; nil: there are
	// none. Their paths are the console's own, and it answers their errors.
	Console func(*echo.Echo)
}

// Route is one line of the table of all paths.
type Route struct {
	Method, Path string
	handler      echo.HandlerFunc
}

func (o Options) hooks() []Route {
	return []Route{
		{http.MethodPost, "/hooks/:name", o.receive},
		{http.MethodGet, "/livez", o.live},
		{http.MethodGet, "/readyz", o.ready},
	}
}

func (o Options) admin() []Route {
	routes := []Route{
		{http.MethodGet, "/livez", o.live},
		{http.MethodGet, "/readyz", o.ready},
		{http.MethodGet, "/metrics", echo.WrapHandler(o.Metrics)},
		{http.MethodPost, "/-/reload", o.reload},
		{http.MethodGet, "/api/v1/deliveries", o.deliveries},
		{http.MethodGet, "/api/v1/deliveries/:id", o.delivery},
		{http.MethodPost, "/api/v1/deliveries/:id/resend", o.do(Resend)},
		{http.MethodPost, "/api/v1/deliveries/:id/recall", o.do(Recall)},
		{http.MethodPost, "/api/v1/deliveries/:id/ack", o.do(Ack)},
		{http.MethodGet, "/api/v1/events", o.events},
		{http.MethodGet, "/api/v1/events/:id", o.event},
		{http.MethodGet, "/api/v1/rules", o.rules},
		{http.MethodPost, "/api/v1/preview", o.preview},
		{http.MethodGet, "/api/v1/apps", o.apps},
		{http.MethodGet, "/api/v1/stats", o.stats},
	}
	if o.Pprof {
		routes = append(routes, Route{http.MethodGet, "/debug/pprof/*", echo.WrapHandler(profiles())})
	}
	return routes
}

// Hooks returns the handler of the hooks listener.
func Hooks(o Options) http.Handler { return o.echo(o.hooks()) }

// Admin returns the handler of the admin listener. Requests that change
// something are refused when a browser sends them from another site.
func Admin(o Options) http.Handler {
	e := o.echo(o.admin())
	if o.Console != nil {
		o.Console(e)
	}
	if o.Loopback {
		e.Pre(hostIsLocal)
	}
	return http.NewCrossOriginProtection().Handler(e)
}

// Metrics returns the handler of the metrics listener.
func Metrics(o Options) http.Handler {
	return o.echo([]Route{{http.MethodGet, "/metrics", echo.WrapHandler(o.Metrics)}, {http.MethodGet, "/livez", o.live}})
}

func (o Options) echo(routes []Route) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(logLines{o.Log})
	e.HTTPErrorHandler = o.fail
	e.JSONSerializer = plainJSON{}
	for _, r := range routes {
		e.Add(r.Method, r.Path, r.handler)
	}
	return e
}

// logLines passes what echo itself has to say on to the log.
type logLines struct{ log *slog.Logger }

func (l logLines) Write(p []byte) (int, error) {
	if l.log != nil {
		l.log.Warn("http", "component", "routes", "message", string(p))
	}
	return len(p), nil
}
