package routes

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/common/model"
)

// maxPreview is the most bytes that a request for a preview may have: GitHub's
// largest webhook, and something around it.
const maxPreview = 26 << 20

// previewRequest is a trial as a program asks for it.
type previewRequest struct {
	Source  string            `json:"source"`
	Event   string            `json:"event"`
	Headers map[string]string `json:"headers"`
	At      time.Time         `json:"at"`
	Payload json.RawMessage   `json:"payload"`
}

// preview says what the rules in force would make of a payload, as `workbell
// render` does of those in a file. Nothing is kept or sent.
func (o Options) preview(c echo.Context) error {
	dec := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, maxPreview))
	dec.DisallowUnknownFields()
	var ask previewRequest
	err := dec.Decode(&ask)
	if err == nil && dec.More() {
		err = errors.New("there is more after the object")
	}
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return refuse(http.StatusRequestEntityTooLarge, "the request has more than %d bytes", tooLarge.Limit)
		}
		return refuse(http.StatusBadRequest, "reading what is to be previewed: %v; send {\"source\": …, \"payload\": …}, and event, headers or at where they matter", err)
	}
	if ask.At.IsZero() {
		ask.At = time.Now()
	}
	plan := o.Plan.Load()
	all, err := Trial{ask.Source, ask.Event, ask.Headers, bytes.TrimSpace(ask.Payload), ask.At}.Try(plan)
	switch {
	case errors.Is(err, ErrNoEvent):
		return refuse(http.StatusBadRequest, "%v: name it in \"event\", as in \"pull_request\"", err)
	case err != nil:
		return refuse(http.StatusBadRequest, "%v", err)
	}
	answer := struct {
		Events []Preview `json:"events"`
	}{[]Preview{}}
	for _, t := range all {
		answer.Events = append(answer.Events, t.Preview(plan))
	}
	return c.JSON(http.StatusOK, answer)
}

// shownRule is a rule as rules.yaml has it.
type shownRule struct {
	Rule       string   `json:"rule"`
	Line       int      `json:"line"` // in rules.yaml
	When       string   `json:"when,omitempty"`
	To         []string `json:"to"`
	Msgtype    string   `json:"msgtype,omitempty"`
	Template   string   `json:"template,omitempty"`
	App        string   `json:"app,omitempty"`
	Continue   bool     `json:"continue,omitempty"`
	Priority   string   `json:"priority,omitempty"`
	OnResolve  string   `json:"on_resolve,omitempty"`
	Repeat     string   `json:"repeat,omitempty"`
	Track      string   `json:"track,omitempty"`
	Expire     string   `json:"expire,omitempty"`
	FallbackTo string   `json:"fallback_to,omitempty"`
	Escalate   int      `json:"escalate,omitempty"` // steps
}

// shownSource is a source, without what it asks for as credentials.
type shownSource struct {
	Name string `json:"source"`
	Kind string `json:"kind"`
	Hook string `json:"hook"`
}

// rules are those in force, from the top, with the sources.
func (o Options) rules(c echo.Context) error {
	cfg := o.Plan.Load().Config
	answer := struct {
		Rules   []shownRule   `json:"rules"`
		Sources []shownSource `json:"sources"`
	}{[]shownRule{}, []shownSource{}}
	for i := range cfg.Rules {
		r := &cfg.Rules[i]
		s := shownRule{Rule: r.Name, Line: r.At.Line, When: r.When.Value, To: []string{}, Msgtype: r.Msgtype.Value, Template: r.Template.Value,
			App: r.App.Value, Continue: r.Continue, Priority: r.Priority.Value, OnResolve: r.OnResolve.Value, Repeat: r.Repeat.Value,
			Track: r.Track.Value, FallbackTo: r.FallbackTo.Value, Escalate: len(r.Escalate)}
		for _, to := range r.To {
			s.To = append(s.To, to.Value)
		}
		if r.Expire > 0 {
			s.Expire = model.Duration(r.Expire).String()
		}
		answer.Rules = append(answer.Rules, s)
	}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		answer.Sources = append(answer.Sources, shownSource{s.Name, s.Type, "/hooks/" + s.Name})
	}
	return c.JSON(http.StatusOK, answer)
}
