package routes

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// accepted is the answer to a webhook that was taken.
type accepted struct {
	Events     []string `json:"events"`
	Duplicate  bool     `json:"duplicate"` // all of it had been taken before
	Deliveries []Ref    `json:"deliveries"`
}

// json is a in JSON, made by hand: every webhook is answered with it, and the
// encoder took as long as a small rule.
func (a accepted) json() []byte {
	b := append(make([]byte, 0, 256), `{"events":[`...)
	for i, id := range a.Events {
		b = separate(b, i)
		b = append(append(append(b, '"'), id...), '"')
	}
	b = strconv.AppendBool(append(b, `],"duplicate":`...), a.Duplicate)
	b = append(b, `,"deliveries":[`...)
	for i, d := range a.Deliveries {
		b = separate(b, i)
		b = strconv.AppendInt(append(b, `{"id":"`...), d.ID, 10)
		b, _ = jsontext.AppendQuote(append(b, `","rule":`...), d.Rule) // fails on what is no UTF-8 alone, and quotes it then, too
		b = append(append(append(b, `,"state":"`...), d.State...), `"}`...)
	}
	return append(b, "]}\n"...)
}

func separate(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// Ref names a delivery in an answer.
type Ref struct {
	ID    int64        `json:"id,string"`
	Rule  string       `json:"rule"`
	State outbox.State `json:"state"`
}

// receive is the whole way of a webhook: bound, verify, decode, route and
// render, keep, and only then 202.
func (o Options) receive(c echo.Context) error {
	began := time.Now()
	req, plan := c.Request(), o.Plan.Load()
	src, known := plan.Sources[c.Param("name")]
	if !known {
		o.Webhook("", http.StatusNotFound, time.Since(began))
		return refuse(http.StatusNotFound, "there is no source %q in rules.yaml", c.Param("name"))
	}
	kept, err := o.take(c, plan, src)
	if err != nil {
		p := answer(err)
		o.Webhook(src.Name(), p.Status, time.Since(began))
		if p.Status == http.StatusServiceUnavailable {
			o.Log.Error("webhook not kept", "component", "routes", "source", src.Name(), "err", err)
		} else {
			o.refused(req, src, p.Status, err)
		}
		return p
	}
	o.Webhook(src.Name(), http.StatusAccepted, time.Since(began))
	return c.JSONBlob(http.StatusAccepted, summary(kept).json())
}

// refused logs why a webhook is refused; of credentials also, which the sender
// is not told, whether there were any.
func (o Options) refused(req *http.Request, src *source.Source, status int, err error) {
	log := o.Log.With("component", "routes", "source", src.Name(), "code", status, "err", err, "remote", req.RemoteAddr)
	if status == http.StatusUnauthorized {
		header, given := src.Shows(req.Header)
		log = log.With("header", header, "given", given)
	}
	log.Warn("webhook refused")
}

func (o Options) take(c echo.Context, plan *Plan, src *source.Source) ([]outbox.Kept, error) {
	if o.Draining.Load() {
		return nil, errDraining
	}
	req := c.Request()
	if err := src.Admit(req.Header); err != nil {
		return nil, err
	}
	body, err := readBody(c.Response(), req, src.MaxBody())
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, errCutShort
	case err != nil:
		return nil, err
	}
	now := time.Now()
	if src.Kind() == source.Heartbeat {
		if alive, err := src.Beat(req.Header, body, now); err != nil || !alive {
			return nil, err
		}
		return o.Beat(req.Context(), src.Name())
	}
	events, err := src.Decode(req.Header, body, now)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	return o.Store.Enqueue(req.Context(), o.Entries(plan, events, now))
}

// Entries are events with what the rules call for, as the store keeps them. What
// went wrong on the way is made known.
func (o Options) Entries(plan *Plan, events []*source.Event, now time.Time) []outbox.Entry {
	entries := make([]outbox.Entry, len(events))
	for i, ev := range events {
		result := plan.Transform.Apply(ev, now)
		o.report(ev, result)
		entries[i] = entry(plan, ev, result)
	}
	return entries
}

var errDraining = errors.New("workbell is stopping")

// errCutShort is of the body alone: a store whose database crashes fails with
// io.ErrUnexpectedEOF, too, and that is a 503.
var errCutShort = errors.New("the body ended before its Content-Length")

// readBody reads at most max bytes, with one allocation where the sender told a
// length that is not worth a lie.
func readBody(w http.ResponseWriter, req *http.Request, max int64) ([]byte, error) {
	if req.ContentLength > max {
		return nil, &http.MaxBytesError{Limit: max}
	}
	if req.ContentLength <= 0 || req.ContentLength > 1<<20 {
		return io.ReadAll(http.MaxBytesReader(w, req.Body, max))
	}
	body := make([]byte, req.ContentLength)
	_, err := io.ReadFull(req.Body, body)
	return body, err
}

// answer says what the sender is told of err.
func answer(err error) *problem {
	var tooLarge *http.MaxBytesError
	var bad *source.BadRequest
	switch {
	case errors.Is(err, source.ErrUnauthorized):
		return refuse(http.StatusUnauthorized, "credentials or signature are missing or wrong")
	case errors.Is(err, source.ErrMediaType):
		return refuse(http.StatusUnsupportedMediaType, "send JSON, uncompressed, with Content-Type: application/json")
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes; max_body in rules.yaml sets the bound", tooLarge.Limit)
	case errors.As(err, &bad):
		return refuse(http.StatusBadRequest, "%s", bad.Error())
	case errors.Is(err, errCutShort):
		return refuse(http.StatusBadRequest, "%s", err.Error())
	}
	return refuse(http.StatusServiceUnavailable, "cannot be kept now; send it again later")
}

// report makes known what went wrong in a source's fields, in rules and in
// templates. Nothing is lost by it: a default or the fallback stands in.
func (o Options) report(ev *source.Event, result transform.Result) {
	for _, fault := range ev.Faults {
		o.Fault("", "fields")
		o.Log.Error("field failed", "component", "source", "source", ev.Source, "err", fault)
	}
	for _, f := range result.Faults {
		o.Fault(f.Rule, f.Field)
		o.Log.Error("rule failed", "component", "transform", "source", ev.Source, "rule", f.Rule, "field", f.Field, "err", f.Err)
	}
}

// entry is an event and its messages as the store keeps them. One that resolves
// its group ends what is firing of it.
func entry(plan *Plan, ev *source.Event, result transform.Result) outbox.Entry {
	e := outbox.Entry{
		Event: outbox.Event{
			Source: ev.Source, Kind: ev.Kind, Name: ev.Name, Key: ev.Key, KeyTTL: ev.KeyTTL,
			Status: ev.Status, Severity: ev.Severity, Title: ev.Title, GroupKey: ev.GroupKey,
			Headers: ev.Headers, Payload: ev.Raw, Received: ev.Received,
		},
		Messages: Messages(plan, ev, result),
	}
	if ev.Status == source.Resolved && ev.GroupKey != "" {
		e.Resolve = outbox.Windows
	}
	faults := slices.Clone(ev.Faults)
	for _, f := range result.Faults {
		faults = append(faults, f.Error())
	}
	e.Event.Faults = strings.Join(faults, "\n")
	return e
}

// Messages are what the rules made of ev, with the recipients of each call.
func Messages(plan *Plan, ev *source.Event, result transform.Result) []outbox.Message {
	messages := make([]outbox.Message, len(result.Messages))
	for i, m := range result.Messages {
		messages[i] = outbox.Message{
			Rule: m.Rule, App: m.App, Msgtype: m.Msgtype, Priority: m.Priority,
			Group: group(m.App, ev), Body: m.Body, Calls: m.Calls(plan.Recipients(m.App)),
			Repeat: outbox.Repeat(m.Repeat), OnResolve: m.OnResolve, Track: m.Track,
			Expires: ev.Received.Add(m.Expire), Escalates: m.Escalates, IfUnamended: m.IfUnamended,
		}
	}
	return messages
}

// Recipients is the most people that one call of app may reach.
func (p *Plan) Recipients(app string) int {
	for i := range p.Config.DingTalk.Apps {
		if a := &p.Config.DingTalk.Apps[i]; a.Name == app {
			return a.Limits.RecipientsPerMinute
		}
	}
	return 0
}

// group names the deliveries that keep their order among each other.
func group(app string, ev *source.Event) string {
	if ev.GroupKey == "" {
		return ""
	}
	var buf [256]byte
	b := append(append(buf[:0], app...), 0)
	b = append(append(b, ev.Source...), 0)
	sum := sha256.Sum256(append(b, ev.GroupKey...))
	return hex.EncodeToString(sum[:12])
}

func summary(kept []outbox.Kept) accepted {
	a := accepted{Events: make([]string, 0, len(kept)), Deliveries: []Ref{}, Duplicate: len(kept) > 0}
	for _, k := range kept {
		a.Events = append(a.Events, strconv.FormatInt(k.Event, 10))
		a.Duplicate = a.Duplicate && k.Duplicate
		for _, d := range k.Deliveries {
			a.Deliveries = append(a.Deliveries, Ref(d))
		}
	}
	return a
}
