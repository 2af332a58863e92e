package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/message"
	"workbell/outbox"
	"workbell/phone"
)

//go:embed page/*.tmpl
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// pages are the parsed templates, by language and name: parsed when somebody
// looks, since many a bridge is never looked at, and they take a third of an
// idle one's heap.
var pages = sync.OnceValue(func() map[string]map[string]*template.Template {
	all := map[string]map[string]*template.Template{}
	for lang, words := range catalogues() {
		funcs := template.FuncMap{
			"t": words.text, "state": words.state, "status": words.status, "tone": tone, "age": words.age, "to": words.recipients, "drawn": phone.Draw, "said": phrasebooks()[lang].say, "share": share, "meter": meter, "most": func() int { return message.MaxBytes },
		}
		common := template.Must(template.New("").Funcs(funcs).ParseFS(pageFiles, "page/layout.tmpl", "page/parts.tmpl"))
		all[lang] = map[string]*template.Template{}
		for _, name := range []string{"deliveries", "delivery", "confirm", "overview", "why", "playground", "trial", "problem"} {
			all[lang][name] = template.Must(template.Must(common.Clone()).ParseFS(pageFiles, "page/"+name+".tmpl"))
		}
	}
	return all
})

// page is the data of a template. Body is what the page is about.
type page struct {
	Lang, Here, Title string
	Version, Phones   string
	Zone              *time.Location
	Now               time.Time
	Live              string // what to listen to; empty: nothing
	Body              any

	words  words
	name   string // of the template
	part   string // of it, where only that is asked for
	status int
}

// handler makes a page. An error that is a fault names its status and is shown.
type handler func(echo.Context, *page) error

// fault is an error for people: what is wrong with the request.
type fault struct {
	status int
	text   string
}

func (f *fault) Error() string { return f.text }

// serve draws the page that h makes.
func (c *Console) serve(h handler) echo.HandlerFunc {
	return func(e echo.Context) error {
		secure(e.Response().Header())
		e.Response().Header().Set("Cache-Control", "no-store")
		e.Response().Header().Set("Vary", "Accept-Language")
		lang := languageOf(e.Request().Header.Get("Accept-Language"))
		p := &page{Lang: lang, words: catalogues()[lang], Version: c.Version, Phones: c.Phones, Now: time.Now(), Zone: c.zone(), part: "layout", status: http.StatusOK}
		if err := h(e, p); err != nil {
			c.problem(e, p, err)
		}
		var b bytes.Buffer
		if err := pages()[lang][p.name].ExecuteTemplate(&b, p.part, p); err != nil {
			return fmt.Errorf("drawing the page %s: %w", p.name, err)
		}
		return e.HTMLBlob(p.status, b.Bytes())
	}
}

// problem makes p the page that tells of err.
func (c *Console) problem(e echo.Context, p *page, err error) {
	f := &fault{http.StatusInternalServerError, p.words.text("problem.fault")}
	switch {
	case errors.As(err, &f):
	case errors.Is(err, outbox.ErrNotFound):
		f = &fault{http.StatusNotFound, p.words.text("problem.gone")}
	default:
		c.Log.Error("page failed", "component", "console", "path", e.Path(), "err", err)
	}
	p.name, p.part, p.status, p.Live = "problem", "layout", f.status, ""
	p.Title, p.Body = p.words.text("problem.title"), f.text
}

func (c *Console) zone() *time.Location {
	if r := c.Rules(); r.Config != nil && r.Config.DingTalk.Location != nil {
		return r.Config.DingTalk.Location
	}
	return time.UTC
}

// Clock is a time of day, with the date unless that is today's.
func (p *page) Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.Zone)
	if t.Format(time.DateOnly) == p.Now.In(p.Zone).Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("01-02 15:04:05")
}

// Full is a time in full, for those who ask.
func (p *page) Full(t time.Time) string { return t.In(p.Zone).Format("2006-01-02 15:04:05 MST") }

// ISO is a time for machines.
func (p *page) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// tone is the class of a state: how it looks, beside its name.
func tone(s outbox.State) string {
	switch s {
	case outbox.Queued:
		return "waiting"
	case outbox.Sent, outbox.Delivered:
		return "good"
	case outbox.Partial:
		return "mixed"
	case outbox.Failed, outbox.Refused, outbox.Dead, outbox.Expired:
		return "bad"
	}
	return "aside"
}

// share is n as a share of most, in percent, at most 100.
func share(n, most int) int {
	if most <= 0 {
		return 0
	}
	return min(100, n*100/most)
}

// gauge is how much of something is used: how wide, and how it looks.
type gauge struct {
	Share int
	Tone  string
}

func meter(used, limit int) gauge {
	g := gauge{share(used, limit), "good"}
	switch {
	case g.Share >= 95:
		g.Tone = "bad"
	case g.Share >= 80:
		g.Tone = "mixed"
	}
	return g
}

// served are the files below /assets, with their types.
var served = map[string]string{"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8",
	"htmx.min.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}

func asset(e echo.Context) error {
	name := e.Param("name")
	kind, ok := served[name]
	if !ok {
		return echo.ErrNotFound
	}
	data, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return fmt.Errorf("reading the embedded file %s: %w", name, err)
	}
	if name == "console.css" {
		data = append([]byte(strings.Clone(phone.CSS)), data...)
	}
	secure(e.Response().Header())
	e.Response().Header().Set("Cache-Control", "no-cache")
	return e.Blob(http.StatusOK, kind, data)
}
