package routes

import (
	"fmt"

	"workbell/outbox"
	"workbell/source"
)

// Replay makes the event of rules and templates again from the one that is
// kept. Where its source is gone, or has become another, what the history knows
// of it stands in.
func (p *Plan) Replay(e outbox.Event) *source.Event {
	if s := p.Sources[e.Source]; s != nil {
		events, err := s.Replay(e.Headers, e.Payload, e.Received)
		if err == nil {
			for _, ev := range events {
				if same(ev, e) {
					return ev
				}
			}
		}
	}
	return &source.Event{Source: e.Source, Kind: e.Kind, Name: e.Name, Status: e.Status, Severity: e.Severity, Title: e.Title,
		GroupKey: e.GroupKey, Headers: e.Headers, Raw: e.Payload, Received: e.Received,
		Faults: []string{fmt.Sprintf("the source %q reads its payload otherwise now", e.Source)}}
}

// same says whether ev, one of those of a webhook, is the one that is kept as e.
func same(ev *source.Event, e outbox.Event) bool {
	if e.Key != "" {
		return ev.Key == e.Key
	}
	return ev.Title == e.Title && ev.GroupKey == e.GroupKey && ev.Status == e.Status
}
