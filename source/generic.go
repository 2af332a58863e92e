package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const (
	genericKeyTTL = 72 * time.Hour
	maxElements   = 1000    // events that one body may give
	maxLabels     = 256     // labels of one event
	maxExcerpt    = 4 << 10 // bytes of JSON that are a text by default
)

// generic decodes any JSON by the expressions that rules.yaml gives, and for
// the others those of the sender's preset.
type generic struct {
	preset preset
	each   *expression
	fields map[string]*expression
	// ids are the headers that identify a request where no id is configured.
	ids []string
}

func newGeneric(spec Spec) (decoder, []error) {
	known := presets[spec.Kind]
	all := map[string]string{}
	maps.Copy(all, known.fields)
	maps.Copy(all, spec.Fields)
	spec.Fields = all
	each, fields, faults := compileAll(spec)
	ids := []string{"Idempotency-Key", "Webhook-Id"}
	if spec.Auth.StandardWebhooks != nil || spec.Kind == StandardWebhook && len(spec.Auth.Secrets) > 0 {
		ids = []string{"Webhook-Id"} // the one that is signed
	}
	return generic{known, each, fields, ids}, faults
}

func (g generic) decode(h http.Header, body []byte, e *Event) ([]*Event, error) {
	raw, err := parse(body)
	if err != nil {
		return nil, err
	}
	if g.preset.envelope != nil {
		raw = g.preset.envelope(h, raw)
	}
	e.Raw, e.KeyTTL = raw, genericKeyTTL
	until := time.Now().Add(maxRun)
	each := g.each
	if each == nil && g.preset.batches && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		each = wholePayload
	}
	if each == nil {
		reading{g, e, until}.complete(g.id(h), "")
		return []*Event{e}, nil
	}
	items, err := elements(each, e, until)
	if err != nil {
		return nil, err
	}
	events := make([]*Event, len(items))
	for i, item := range items {
		one := *e
		one.setItem(item)
		reading{g, &one, until}.complete(g.id(h), strconv.Itoa(i))
		events[i] = &one
	}
	return events, nil
}

// elements evaluates each. What it gives must be a list, or nothing.
func elements(each *expression, e *Event, until time.Time) ([]any, error) {
	const doing = "finding the events in the body by the expression of each"
	v, err := each.run(e, until)
	if err != nil {
		return nil, bad("%s: %s", doing, err)
	}
	list := reflect.ValueOf(v)
	switch {
	case v == nil:
		return nil, nil
	case list.Kind() != reflect.Slice:
		return nil, bad("%s: it gives %s, not a list", doing, kindOf(v))
	case list.Len() > maxElements:
		return nil, bad("%s: %d of them; one body may hold %d", doing, list.Len(), maxElements)
	}
	items := make([]any, list.Len())
	for i := range items {
		items[i] = list.Index(i).Interface()
	}
	return items, nil
}

// id is what identifies the request where no expression does.
func (g generic) id(h http.Header) string {
	for _, name := range g.ids {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// setItem makes e the event of an element of each.
func (e *Event) setItem(item any) {
	e.item = item
	if e.Item = json.RawMessage(compact(item)); len(e.Item) == 0 {
		e.Item = nil
		e.fault("item: %s cannot be kept as JSON", kindOf(item))
	}
}

// reading is the evaluation of the fields of one event.
type reading struct {
	g     generic
	e     *Event
	until time.Time
}

// complete fills in the event. A field that cannot be evaluated is left empty
// (the title: what the payload suggests) and recorded; the event is never lost
// for it. index is the element's of each, or "".
func (r reading) complete(id, index string) {
	e := r.e
	e.Name = line(r.field("event"), maxWord)
	e.Status = line(r.field("status"), maxWord)
	e.Severity = line(r.field("severity"), maxWord)
	if e.Title = line(r.field("title"), maxTitle); e.Title == "" {
		e.Title = suggestTitle(e)
	}
	if e.GroupKey = e.Title; r.g.fields["group_key"] != nil {
		e.GroupKey = group(r.field("group_key"))
	}
	if r.g.fields["text"] != nil {
		e.Text = block(r.field("text"))
	} else {
		e.Text = excerpt(e)
	}
	e.URL = r.url()
	e.Labels = r.labels()
	if r.g.fields["id"] != nil {
		id = r.field("id")
	}
	if id != "" {
		e.Key = digest(e.Source, id, e.Status, index)
	}
}

// value evaluates one field; nil where it is not configured or fails.
func (r reading) value(name string) any {
	x := r.g.fields[name]
	if x == nil {
		return nil
	}
	v, err := x.run(r.e, r.until)
	if err != nil {
		r.e.fault("%s: %s", name, err)
		return nil
	}
	return v
}

func (r reading) field(name string) string { return text(r.value(name)) }

func (e *Event) fault(format string, args ...any) {
	e.Faults = append(e.Faults, fmt.Sprintf(format, args...))
}

func (r reading) url() string {
	given := r.field("url")
	u := link(given)
	if u == "" && given != "" {
		r.e.fault("url: it is not an http or https URL without user and password") // the value may hold a password
	}
	return u
}

// labels evaluates the labels: a map of plain values. What is empty is no label.
func (r reading) labels() map[string]string {
	v := r.value("labels")
	if plain, ok := v.(map[string]string); ok { // headers
		return tags(maps.Clone(plain))
	}
	if pairs, ok := v.(map[any]any); ok { // fromPairs
		named := make(map[string]any, len(pairs))
		for name, value := range pairs {
			named[text(name)] = value
		}
		v = named
	}
	given, ok := v.(map[string]any)
	if !ok && v != nil {
		r.e.fault("labels: it gives %s, not a map", kindOf(v))
	}
	labels := make(map[string]string, len(given))
	for _, name := range sortedKeys(given) {
		switch v := given[name].(type) {
		case nil:
		case map[string]any, []any:
			r.e.fault("labels: %q is %s, not a plain value", line(name, maxWord), kindOf(v))
		default:
			if len(labels) == maxLabels {
				r.e.fault("labels: more than %d; the rest is left out", maxLabels)
				return labels
			}
			if value := line(text(v), maxValue); value != "" {
				labels[line(name, maxName)] = value
			}
		}
	}
	return labels
}

// subject is what an event is about: its element, else the whole payload.
func (e *Event) subject() (any, json.RawMessage) {
	if e.Item != nil {
		return e.ItemValue(), e.Item
	}
	return e.Payload(), e.Raw
}

// suggestTitle finds what is most likely the title of a payload that nobody
// has described; at last the source's name.
func suggestTitle(e *Event) string {
	v, _ := e.subject()
	p, isObject := v.(map[string]any)
	if s, ok := v.(string); ok && line(s, maxTitle) != "" {
		return line(s, maxTitle)
	}
	for _, name := range []string{"title", "subject", "name", "summary", "message", "msg", "text", "event", "description", "type"} {
		if s, ok := p[name].(string); isObject && ok && line(s, maxTitle) != "" {
			return line(s, maxTitle)
		}
	}
	return line(e.Source, maxTitle)
}

// excerpt is the beginning of the payload as people can read it.
func excerpt(e *Event) string {
	_, raw := e.subject()
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return cut(block(b.String()), maxExcerpt)
}

// kindOf names what a value of JSON is.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int, float64:
		return "a number"
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", v), "*")
}
