package routes

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/config"
	"workbell/message"
	"workbell/source"
	"workbell/transform"
)

// Trial is a payload as it would come in, of which is asked what would become of
// it. Nothing is kept or sent, and no credentials are asked for.
type Trial struct {
	Source  string            // by its name in rules.yaml
	Event   string            // of GitHub, Gitea or Sentry: "pull_request" or "pull_request.opened"
	Headers map[string]string // further headers of the request
	Payload []byte
	At      time.Time // when it happens, for hour(), weekday() and between()
}

// ErrRefused is of a payload that its source does not take.
var ErrRefused = errors.New("refuses the payload")

// Tried is one event of a trial and what the rules make of it.
type Tried struct {
	Event  *source.Event
	Result transform.Result
}

// Try decodes the payload as its source would and applies the rules. The error is
// ErrRefused, wrapped, or says what is wrong with the trial itself.
func (t Trial) Try(plan *Plan) ([]Tried, error) {
	src, ok := plan.Sources[t.Source]
	if !ok {
		return nil, fmt.Errorf("there is no source %q (%s)", t.Source, config.DidYouMean(t.Source, slices.Sorted(maps.Keys(plan.Sources))))
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if t.Event != "" {
		event, _, _ := strings.Cut(t.Event, ".")
		for _, name := range source.EventHeaders() {
			h.Set(name, event)
		}
		h.Set("X-GitHub-Delivery", "trial")
	}
	for k, v := range t.Headers {
		h.Set(k, v)
	}
	if src.Kind() == source.GitHub && h.Get("X-GitHub-Event") == "" {
		return nil, ErrNoEvent
	}
	events, err := src.Try(h, t.Payload, t.At)
	if err != nil {
		return nil, fmt.Errorf("the source %q %w: %w", t.Source, ErrRefused, err)
	}
	all := make([]Tried, len(events))
	for i, ev := range events {
		all[i] = Tried{ev, plan.Transform.Explain(ev, t.At)}
	}
	return all, nil
}

// ErrNoEvent is of a trial of GitHub's that does not name its event.
var ErrNoEvent = errors.New("a GitHub payload does not tell its event")

// Faults are what went wrong in the source's fields, the rules and the
// templates.
func (t Tried) Faults() []string {
	all := slices.Clone(t.Event.Faults)
	for _, f := range t.Result.Faults {
		all = append(all, f.Error())
	}
	return all
}

// Preview is what would become of an event, as JSON shows it.
type Preview struct {
	Event    string           `json:"event"` // its title
	Rules    []PreviewRule    `json:"rules"`
	Faults   []string         `json:"faults,omitempty"`
	Messages []PreviewMessage `json:"messages"`
}

// PreviewRule says whether a rule matched, and why or why not.
type PreviewRule struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

// PreviewMessage is a message that would be sent.
type PreviewMessage struct {
	Rule    string          `json:"rule"`
	App     string          `json:"app"`
	Msgtype string          `json:"msgtype"`
	To      []string        `json:"to"`    // user:u1, dept:1001, mobile:138…, everyone
	Calls   int             `json:"calls"` // of asyncsend_v2
	Bytes   int             `json:"bytes"`
	Msg     json.RawMessage `json:"msg"`
	// IfUnamended says that it is sent only if no status bar is turned instead.
	IfUnamended bool `json:"ifUnamended,omitempty"`
}

// Preview says what would become of the event.
func (t Tried) Preview(plan *Plan) Preview {
	p := Preview{Event: t.Event.Title, Rules: []PreviewRule{}, Faults: t.Faults(), Messages: []PreviewMessage{}}
	for _, s := range t.Result.Trace {
		p.Rules = append(p.Rules, PreviewRule{s.Rule, s.Matched, s.Why})
	}
	for _, m := range t.Result.Messages {
		p.Messages = append(p.Messages, PreviewMessage{m.Rule, m.App, m.Msgtype, References(m.To), len(m.Calls(plan.Recipients(m.App))), len(m.Body), m.Body, m.IfUnamended})
	}
	return p
}

// References lists recipients as rules.yaml would write them.
func References(to message.Recipients) []string {
	if to.Everyone {
		return []string{"everyone"}
	}
	list := []string{}
	for _, u := range to.Users {
		list = append(list, "user:"+u)
	}
	for _, d := range to.Depts {
		list = append(list, "dept:"+strconv.FormatInt(d.ID, 10))
	}
	for _, m := range to.Mobiles {
		list = append(list, "mobile:"+m)
	}
	return list
}
