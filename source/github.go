package source

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// githubKeyTTL is how long a delivery is recognised: GitHub's page lists
// deliveries, for sending them again, for three days.
const githubKeyTTL = 72 * time.Hour

// The headers that tell what a delivery of GitHub is, and which one ("Webhook
// events and payloads" of its documentation, "Delivery headers").
const (
	eventHeader    = "X-GitHub-Event"
	deliveryHeader = "X-GitHub-Delivery"
)

// hubDecoder decodes deliveries of GitHub ("Webhook events and payloads" of
// its documentation). It takes nothing for granted: a field that is missing,
// null or of another kind reads as empty.
type hubDecoder struct{}

func newGitHub(Spec) (decoder, []error) { return hubDecoder{}, nil }

func (hubDecoder) decode(h http.Header, body []byte, e *Event) ([]*Event, error) {
	name := line(h.Get(eventHeader), maxWord)
	if name == "" {
		return nil, bad("there is no %s header: this is no delivery of GitHub", eventHeader)
	}
	raw, err := hubBody(h, body)
	if err != nil {
		return nil, err
	}
	e.Raw = raw
	p, ok := e.Payload().(map[string]any)
	if !ok {
		return nil, bad("the payload of a delivery of GitHub is an object; this is not")
	}
	if id := h.Get(deliveryHeader); id != "" {
		e.Key, e.KeyTTL = digest(e.Source, id), githubKeyTTL
	}
	describe(e, name, object(p))
	return []*Event{e}, nil
}

// hubBody returns the JSON of a delivery: the body, or of a form the payload.
func hubBody(h http.Header, body []byte) (json.RawMessage, error) {
	if mediaType(h) != formType {
		return parse(body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, bad("the body is not a form: %s", line(err.Error(), 200))
	}
	if !form.Has("payload") {
		return nil, bad(`the form has no field "payload"; set the webhook's content type to application/json, or send payload=`)
	}
	return parse([]byte(form.Get("payload")))
}

// hubEvent is how one type of event reads. Adding a type is one line in a
// table; what the wordings mean, see expand.
type hubEvent struct {
	// titles are wordings by action; "" is for all that are not named.
	titles map[string]string
	// action tells apart what GitHub's own action does not (closed, merged).
	action func(object) string
	// text is a wording of several lines; url and group are wordings too.
	text, url, group string
	labels           map[string]string // label → wording
	// judge sets Status and Severity, and whatever a wording cannot say.
	judge func(object, *Event)
}

// hubTables are the events with words of their own; others read as anyEvent.
var hubTables = []map[string]hubEvent{codeEvents, reviewEvents, ciEvents, securityEvents, peopleEvents}

var hubEvents = merged(hubTables)

func merged(tables []map[string]hubEvent) map[string]hubEvent {
	all := map[string]hubEvent{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// hubLabels are what every event is labelled with, where its payload has it.
var hubLabels = map[string]string{
	"repository":   "{repository.full_name}",
	"organization": "{organization.login|repository.owner.login}",
	"sender":       "{sender.login}",
	"action":       "{action}",
	"private":      "{repository.private}",
}

// describe fills in e from the payload p of an event by the name of name.
func describe(e *Event, name string, p object) {
	e.Action = line(p.str("action"), maxWord)
	e.Repository = line(p.str("repository.full_name"), maxName)
	e.Sender = line(p.str("sender.login"), maxWord)
	e.Name = name
	if e.Action != "" {
		e.Name += "." + e.Action
	}
	kind, known := hubEvents[name]
	if !known {
		kind = anyEvent(name, p)
	}
	action := e.Action
	if kind.action != nil {
		action = kind.action(p)
	}
	wording, ok := kind.titles[action]
	if !ok {
		wording = kind.titles[""]
	}
	e.Severity = "info"
	e.Title = line(p.expand(wording), maxTitle)
	e.Text = block(p.expand(kind.text))
	e.URL = p.firstURL(kind.url, "{repository.html_url|organization.html_url|sender.html_url}")
	e.GroupKey = group(p.expand(kind.group))
	e.Labels = map[string]string{}
	for _, labels := range []map[string]string{hubLabels, kind.labels} {
		e.label(p, labels)
	}
	e.Ref = line(p.str("ref"), maxName)
	if kind.judge != nil {
		kind.judge(p, e)
	}
}

func (e *Event) label(p object, labels map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if value := line(p.expand(labels[name]), maxValue); value != "" {
			e.Labels[name] = value
		}
	}
}

// firstURL is the first of the wordings that gives a URL.
func (p object) firstURL(wordings ...string) string {
	for _, w := range wordings {
		if u := link(p.expand(w)); u != "" {
			return u
		}
	}
	return ""
}

// anyEvent words an event that is not in the tables, be it one that does not
// exist yet: "octocat edited team maintainers in octo-org/hello".
func anyEvent(name string, p object) hubEvent {
	thing := p.thing(name)
	event := cmp.Or(words(escaped(name)), "an event")
	title := who + " {action:words} " + event
	if p.str("action") == "" {
		title = who + " triggered " + event
	}
	url := ""
	if thing != "" {
		title += "[ {" + thing + ".title|" + thing + ".name|" + thing + ".login|" + thing + ".full_name|" + thing + ".key}]"
		url = "{" + thing + ".html_url}"
	}
	text := ""
	if thing != "" {
		text = "{" + thing + ".body|" + thing + ".description|" + thing + ".message}"
	}
	return hubEvent{titles: map[string]string{"": title + inRepo}, text: text, url: url}
}

// thing is the key of the object that an event is about: the event's own name,
// or that less its last words.
func (p object) thing(name string) string {
	for key := escaped(name); key != ""; {
		if _, ok := p[key].(map[string]any); ok {
			return key
		}
		i := strings.LastIndexByte(key, '_')
		key = key[:max(i, 0)]
	}
	return ""
}
