// Package console is the web console: what became of deliveries and why, and
// rules and templates to be tried.
//
// In come requests of a browser on the admin listener; out go pages that the
// server draws, in English or Chinese, which work without JavaScript but for the
// playground and what is live. It changes nothing but by Options.Act, sends
// nothing, and shows nothing that came with an event but as text.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// Options are what the console works with. All of them are called concurrently.
type Options struct {
	Store outbox.Store
	Log   *slog.Logger
	Rules func() Rules // in force
	// Act does what (see Actions) with a delivery and says what has been done.
	// Its error is a refusal, in words for people, or a fault.
	Act func(ctx context.Context, what string, id int64, by string) (Deed, error)
	// Refusal says in words why Act refused; false where it failed instead.
	Refusal func(error) (string, bool)
	// Files returns the texts to begin with in the playground, without secrets.
	Files func() (Texts, error)
	// Try compiles texts; Rules are usable unless a fault is fatal. It reads
	// neither environment nor files.
	Try func(Texts) (Rules, config.Faults)

	Apps   func() []App
	Budget func() outbox.Budget // of the month's calls
	Phones string               // where the sandbox's page is; empty: there is none
	Hooks  string               // where webhooks go
	// Version is shown at the foot.
	Version string
}

// Rules are rules.yaml and the templates, compiled.
type Rules struct {
	Config    *config.Config
	Transform *transform.Transform
	Sources   map[string]*source.Source
	// Replay makes the event of rules again from the one that is kept.
	Replay func(outbox.Event) *source.Event
}

// Texts are what the playground edits.
type Texts struct {
	Rules     string            // rules.yaml
	Templates map[string]string // by the file's name: "alertmanager.tmpl"
}

// Deed says what Act has done.
type Deed struct {
	Done       string  // in words
	Deliveries []int64 // that are to be sent because of it
}

// App is how an app fares, and what it has used of its limits.
type App struct {
	Name        string
	Trouble     string // why it pauses; empty: it is well
	Until       time.Time
	LastSuccess time.Time
	LastError   string
	LastErrorAt time.Time
	FollowsNot  string    // why follow-ups pause, in words; empty: they do not
	FollowsAt   time.Time // when they go on

	CallsKey, RecipientsKey    string // of outbox.Store.Used
	CallsLimit, RecipientLimit int
	UserKey                    func(user, date string) string // date: YYYY-MM-DD
	UserLimit                  int                            // messages to one employee a day
	InvalidKey                 string                         // of outbox.Store.Facts
}

// Actions are what Options.Act can do, by their names in paths and catalogue.
var Actions = []string{"resend", "recall", "ack"}

// Console serves the pages. New makes it, Mount adds its paths, and Close ends
// the streams of open pages.
type Console struct {
	Options
	record record
	watch  watch
	trials chan struct{} // one value for each trial that runs
	past   past
	most   int // deliveries that a search looks at

	closing chan struct{}
	close   sync.Once
}

// New returns a console.
func New(o Options) *Console {
	return &Console{Options: o, closing: make(chan struct{}), trials: make(chan struct{}, maxTrials), most: maxLook,
		record: record{began: time.Now(), sources: map[string]*sourceRecord{}}}
}

// Close ends the streams; pages are still served.
func (c *Console) Close() { c.close.Do(func() { close(c.closing) }) }

// Mount adds the console's paths.
func (c *Console) Mount(e *echo.Echo) {
	get := func(path string, h handler) { e.GET(path, c.serve(h)) }
	get("/", c.deliveries)
	get("/deliveries/:id", c.delivery)
	get("/deliveries/:id/:action", c.confirm)
	e.POST("/deliveries/:id/:action", c.serve(c.act))
	get("/overview", c.overview)
	get("/why", c.why)
	get("/playground", c.playground)
	e.POST("/playground", c.serve(c.try))
	e.GET("/live", c.live)
	e.GET("/assets/:name", asset)
}

// policy lets a page load its own style, script and icon, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
