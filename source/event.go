// Package source checks and decodes one sender's webhook into events.
//
// In come an HTTP request's headers and its whole body (already bounded); out
// come events, or an error that says whether the credentials or the body were
// wrong. It knows nothing of rules and does no I/O. A new sender is one file,
// one line in the table in source.go, and a body under testdata.
package source

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// Kinds of sources: what `type` says in rules.yaml and `kind` in expressions.
const (
	Alertmanager    = "alertmanager"
	Grafana         = "grafana"
	GitHub          = "github"
	JSON            = "json"
	GitLab          = "gitlab"
	Gitea           = "gitea"
	Sentry          = "sentry"
	Jenkins         = "jenkins"
	Zabbix          = "zabbix"
	UptimeKuma      = "uptime-kuma"
	CloudEvents     = "cloudevents"
	StandardWebhook = "standard_webhooks"
	Heartbeat       = "heartbeat" // whose webhooks are beats: see Source.Beat
)

// The values of Event.Status that workbell acts upon; a source may give others.
const (
	Firing   = "firing"
	Resolved = "resolved"
)

// Event is what happened: one notification of Alertmanager, one delivery of
// GitHub, one element of a JSON payload. It is the data of rules and templates.
type Event struct {
	Source string // the source's name in rules.yaml
	Kind   string // one of the kinds above
	// Name is what kind of event it is in the sender's words: GitHub
	// "pull_request.opened" or "push"; empty where the sender has none.
	Name string

	// Key identifies the event among repeats of the same webhook; empty means
	// that it cannot be recognised. KeyTTL is how long a repeat is refused.
	Key    string
	KeyTTL time.Duration

	Status   string // Firing, Resolved, another word, or empty
	Severity string // critical, warning, info, or the sender's own word; may be empty
	Title    string // one line of plain text
	Text     string // the rest, plain text or the sender's markdown
	URL      string // where to see it whole; http or https, or empty
	// GroupKey names what a later Resolved belongs to, and which notifications
	// keep their order among each other. Empty: nothing to keep.
	GroupKey string
	Labels   map[string]string // for Alertmanager the common labels
	// Headers are the request's, by canonical name, several values joined by
	// ", ", without those that carry credentials or signatures.
	Headers map[string]string

	// Raw is the payload as JSON, as it is kept in the history (a form's
	// payload field, decoded); Item is the element of `each`, else nil.
	Raw  json.RawMessage
	Item json.RawMessage

	// Alerts is what Alertmanager or Grafana sent; nil for other kinds.
	Alerts *Notification
	// Action, Repository (full name), Sender (login) and Ref are GitHub's.
	Action, Repository, Sender, Ref string

	// Faults are what went wrong while the event was made: a field's name and
	// the reason, of a field that is empty or a default for that.
	Faults []string

	Received time.Time

	payload, item any // decoded Raw and Item, made when first asked for
}

// Notification is the webhook payload of Alertmanager 0.25 and later, version
// "4", and of Grafana, version "1".
type Notification struct {
	template.Data
	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts int    `json:"truncatedAlerts"` // alerts that the sender left out
}

// Payload returns the decoded payload: objects are map[string]any, whole
// numbers int, others float64. It is decoded once, when first asked for; an
// event is not to be used by several goroutines at a time.
func (e *Event) Payload() any {
	if e.payload == nil && len(e.Raw) > 0 {
		e.payload = decode(e.Raw)
	}
	return e.payload
}

// ItemValue returns the decoded element of `each`, or nil.
func (e *Event) ItemValue() any {
	if e.item == nil && len(e.Item) > 0 {
		e.item = decode(e.Item)
	}
	return e.item
}

// decode decodes JSON that is already known to be valid, with whole numbers as
// int, so that an id of GitHub's prints as it was sent.
func decode(raw []byte) any {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	return numbers(v)
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.Atoi(v.String()); err == nil {
			return i
		}
		f, err := v.Float64()
		if err != nil { // beyond float64: as it was written, since no JSON can hold an infinity
			return v.String()
		}
		return f
	case map[string]any:
		for k, e := range v {
			v[k] = numbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = numbers(e)
		}
	}
	return v
}
