package console

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// Bounds of a trial. What does not end within its time (templates can be made to
// run for long) keeps its place until it does; nothing else waits for it.
const (
	maxTrials    = 2
	trialWithin  = 2 * time.Second
	maxTrialForm = 2 << 20   // bytes of all that is posted, as forms write them
	maxTried     = 256 << 10 // bytes of the payload
	maxEvents    = 5         // that are shown of a payload
)

// playPage is the playground.
type playPage struct {
	Texts
	Files   []playFile // the templates
	Sources []string
	Source  string
	Name    string // GitHub's event
	Event   string // whose headers are taken
	Payload string
	Recent  []outbox.Event
	Trial   trial
}

// playFile is a template to edit.
type playFile struct {
	Name, Text string
	First      bool // the rules name it: it has its tab from the beginning
}

// maxFirst is how many templates have a tab from the beginning.
const maxFirst = 4

// trial is what the texts make of the payload.
type trial struct {
	Faults config.Faults
	Wrong  string // with the payload
	Events []tried
	More   int // events that are not shown
}

// Said is what a screen reader says of it.
func (t trial) Said(p *page) string {
	if t.Wrong != "" {
		return t.Wrong
	}
	for _, f := range t.Faults {
		if !f.Warning {
			return f.Error()
		}
	}
	n := 0
	for _, e := range t.Events {
		n += len(e.Messages)
	}
	return p.words.text("play.messages", n)
}

type tried struct {
	Event    *source.Event
	Trace    []transform.Step
	Faults   []string
	Messages []triedMessage
}

type triedMessage struct {
	transform.Message
	Calls, Bytes int
}

func (c *Console) playground(e echo.Context, p *page) error {
	p.name, p.Here, p.Title = "playground", "playground", p.words.text("nav.playground")
	ctx := e.Request().Context()
	texts, err := c.Files()
	if err != nil {
		return fmt.Errorf("reading rules and templates for the playground: %w", err)
	}
	cfg := c.Rules().Config
	body := &playPage{Texts: texts, Files: playFiles(cfg, texts.Templates)}
	p.Body = body
	for i := range cfg.Sources {
		body.Sources = append(body.Sources, cfg.Sources[i].Name)
	}
	recent, err := c.events(ctx, "", 0)
	if err != nil {
		return err
	}
	body.Recent = recent.Events
	if err := c.begin(ctx, body, e.QueryParam("event")); err != nil {
		return err
	}
	body.Trial = c.trial(ctx, body, p)
	return nil
}

// begin fills in the event that was chosen, the newest, or a sample.
func (c *Console) begin(ctx context.Context, body *playPage, chosen string) error {
	if chosen == "" && len(body.Recent) > 0 {
		chosen = strconv.FormatInt(body.Recent[0].ID, 10)
	}
	id, _ := strconv.ParseInt(chosen, 10, 64)
	kept, err := c.Store.Event(ctx, id)
	switch {
	case errors.Is(err, outbox.ErrNotFound):
		body.Payload = sample
		if len(body.Sources) > 0 {
			body.Source = body.Sources[0]
		}
	case err != nil:
		return err
	default:
		body.Event, body.Source, body.Name = chosen, kept.Source, kept.Name
		body.Payload, _ = indented(kept.Payload)
		if !slices.ContainsFunc(body.Recent, func(e outbox.Event) bool { return e.ID == id }) {
			body.Recent = append(body.Recent, kept)
		}
	}
	return nil
}

// playFiles are the templates, those first that the rules name.
func playFiles(cfg *config.Config, templates map[string]string) []playFile {
	var first, rest []playFile
	for _, family := range families(cfg) {
		name := family + ".tmpl"
		if text, ok := templates[name]; ok && len(first) < maxFirst {
			first = append(first, playFile{name, text, true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		if !slices.ContainsFunc(first, func(f playFile) bool { return f.Name == name }) {
			rest = append(rest, playFile{name, templates[name], false})
		}
	}
	return append(first, rest...)
}

// families are those of templates that the rules use, in their order: those that
// they name, and where one names none, those of the sources' types.
func families(cfg *config.Config) []string {
	var all []string
	add := func(name string) {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	unnamed := false
	for i := range cfg.Rules {
		r := &cfg.Rules[i]
		add(r.Template.Value)
		unnamed = unnamed || r.Template.Value == ""
		for j := range r.Escalate {
			add(r.Escalate[j].Template.Value)
		}
	}
	for i := range cfg.Sources {
		if unnamed {
			add(cfg.Sources[i].Type)
		}
	}
	return all
}

// sample is what there is to try before the first webhook.
const sample = `{
  "version": "4", "groupKey": "{}:{alertname=\"HighLatency\"}", "status": "firing", "receiver": "workbell",
  "groupLabels": {"alertname": "HighLatency"}, "externalURL": "http://alertmanager.example:9093",
  "commonLabels": {"alertname": "HighLatency", "severity": "critical", "service": "checkout"},
  "commonAnnotations": {"summary": "p99 latency is 2.3 s"},
  "alerts": [{"status": "firing", "labels": {"alertname": "HighLatency", "instance": "web-1:8080"},
    "annotations": {"summary": "p99 latency is 2.3 s"}, "startsAt": "2026-11-22T03:04:05Z",
    "generatorURL": "http://prometheus.example:9090/graph", "fingerprint": "a1b2c3d4e5f60718"}]
}`

// try answers each keystroke with what has become of the trial.
func (c *Console) try(e echo.Context, p *page) error {
	p.name, p.part, p.Here = "trial", "trial", "playground"
	r := e.Request()
	r.Body = http.MaxBytesReader(e.Response(), r.Body, maxTrialForm)
	if err := r.ParseForm(); err != nil { // told where the answer is looked for
		p.Body = &playPage{Trial: trial{Wrong: p.words.text("play.large", maxTrialForm>>20)}}
		return nil
	}
	form := r.PostForm
	body := &playPage{Texts: Texts{Rules: unix(form.Get("rules")), Templates: map[string]string{}},
		Source: form.Get("source"), Name: strings.TrimSpace(form.Get("name")), Event: form.Get("event"), Payload: form.Get("payload")}
	for key, values := range form {
		if name, ok := strings.CutPrefix(key, "template:"); ok {
			body.Templates[name] = unix(values[0])
		}
	}
	body.Trial = c.trial(r.Context(), body, p)
	p.Body = body
	return nil
}

// unix undoes what browsers do to line ends.
func unix(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// trial compiles the texts and applies them to the payload, within bounds.
func (c *Console) trial(ctx context.Context, body *playPage, p *page) trial {
	if len(body.Payload) > maxTried {
		return trial{Wrong: p.words.text("play.payload", maxTried>>10)}
	}
	headers := c.headers(ctx, body)
	ctx, cancel := context.WithTimeout(ctx, trialWithin)
	defer cancel()
	select {
	case c.trials <- struct{}{}:
	case <-ctx.Done():
		return trial{Wrong: p.words.text("play.busy")}
	}
	done := make(chan trial, 1)
	go func() {
		defer func() { <-c.trials }()
		done <- c.attempt(body.Texts, body.Source, headers, []byte(body.Payload), p)
	}()
	select {
	case t := <-done:
		return t
	case <-ctx.Done():
		return trial{Wrong: p.words.text("play.slow")}
	}
}

// headers are those that came with the event that was chosen, and the event's
// name, without which some senders' payloads tell little.
func (c *Console) headers(ctx context.Context, body *playPage) map[string]string {
	headers := map[string]string{}
	if id, err := strconv.ParseInt(body.Event, 10, 64); err == nil {
		if kept, err := c.Store.Event(ctx, id); err == nil {
			maps.Copy(headers, kept.Headers)
		}
	}
	if name, _, _ := strings.Cut(body.Name, "."); name != "" {
		for _, header := range source.EventHeaders() {
			headers[header] = name
		}
	}
	if headers["X-Github-Delivery"] == "" {
		headers["X-Github-Delivery"] = "playground"
	}
	return headers
}

// attempt is one trial. Nothing that is typed may end the process: a panic is
// told as what is wrong.
func (c *Console) attempt(texts Texts, name string, headers map[string]string, payload []byte, p *page) (t trial) {
	defer func() {
		if r := recover(); r != nil {
			c.Log.Error("trial panicked", "component", "console", "panic", r)
			t = trial{Wrong: p.words.text("problem.fault")}
		}
	}()
	rules, faults := c.Try(texts)
	t.Faults = faults
	if faults.Fatal() != nil {
		return t
	}
	src := rules.Sources[name]
	if src == nil {
		t.Wrong = p.words.text("play.nosource", name)
		return t
	}
	events, err := src.Replay(headers, payload, p.Now)
	if err != nil {
		t.Wrong = err.Error()
		return t
	}
	if len(events) > maxEvents {
		events, t.More = events[:maxEvents], len(events)-maxEvents
	}
	for _, ev := range events {
		t.Events = append(t.Events, explain(rules, ev, p.Now))
	}
	return t
}

func explain(rules Rules, ev *source.Event, now time.Time) tried {
	result := rules.Transform.Explain(ev, now)
	one := tried{Event: ev, Trace: result.Trace, Faults: slices.Clone(ev.Faults)}
	for _, f := range result.Faults {
		one.Faults = append(one.Faults, f.Error())
	}
	for _, m := range result.Messages {
		one.Messages = append(one.Messages, triedMessage{m, len(m.Calls(0)), len(m.Body)})
	}
	return one
}
