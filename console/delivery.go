package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/message"
	"workbell/outbox"
	"workbell/phone"
	"workbell/transform"
)

// maxRaw is how many bytes of a webhook a page shows; the API has all.
const maxRaw = 64 << 10

// maxTold is how many deliveries of the same event a page names.
const maxTold = 20

// deliveryPage is one delivery with all that is known of it.
type deliveryPage struct {
	row
	Kept     outbox.Event // its event; zero where that has been pruned
	Steps    []step
	Drawing  template.HTML
	Seen     string // what is drawn, as a key of the catalogue
	Msg      string // the exact bytes
	Bytes    int
	Raw      string // the webhook's payload, indented
	Cut      bool   // it is longer
	Headers  []header
	Others   []row // of the same event
	Children []row
	Actions  []string // that make sense
	Paused   []App    // the app that keeps it waiting; empty: none does
}

type header struct{ Name, Value string }

// step is a line of the timeline.
type step struct {
	At    time.Time
	Tone  string
	Title string
	Text  string
	Trace []transform.Step // of the rules
}

func (c *Console) delivery(e echo.Context, p *page) error {
	p.name, p.Here = "delivery", "deliveries"
	d, err := c.named(e, p)
	if err != nil {
		return err
	}
	ctx := e.Request().Context()
	kept, err := c.Store.Event(ctx, d.Event)
	if err != nil && !errors.Is(err, outbox.ErrNotFound) {
		return err
	}
	body := deliveryPage{row: row{d, kept.Source, kept.Title, kept.Status, kept.Severity, kept.GroupKey}, Kept: kept,
		Msg: string(d.Body), Bytes: len(d.Body), Actions: actions(&d)}
	body.Seen, body.Drawing = drawn(&d)
	body.Raw, body.Cut = indented(kept.Payload)
	for _, name := range slices.Sorted(maps.Keys(kept.Headers)) {
		body.Headers = append(body.Headers, header{name, kept.Headers[name]})
	}
	if body.Children, err = c.related(ctx, outbox.Filter{Of: d.ID, Limit: maxTold}, d.ID); err != nil {
		return err
	}
	if body.Others, err = c.related(ctx, outbox.Filter{Event: d.Event, Limit: maxTold}, d.ID); err != nil {
		return err
	}
	if d.State == outbox.Queued {
		body.Paused = c.paused(d.App)
	}
	body.Steps = c.timeline(&body, p)
	p.Title = body.Title
	if p.Title == "" {
		p.Title = p.words.text("delivery.number", d.ID)
	}
	p.Live = "/live?delivery=" + strconv.FormatInt(d.ID, 10)
	p.Body = body
	return nil
}

// drawn is the notification as it is on phones now, and how far it is there.
func drawn(d *outbox.Delivery) (seen string, drawing template.HTML) {
	msg := []byte(d.Body)
	value, color, turned := d.Bar()
	if turned {
		msg = phone.WithBar(msg, value, color)
	}
	switch {
	case d.State == outbox.Recalled:
		seen = "delivery.taken"
	case d.State == outbox.Queued:
		seen = "delivery.coming"
	case !slices.Contains([]outbox.State{outbox.Sent, outbox.Delivered, outbox.Partial}, d.State):
		seen = "delivery.unseen"
	case turned:
		seen = "delivery.turned"
	default:
		seen = "delivery.seen"
	}
	return seen, phone.Draw(msg, d.App)
}

// named returns the delivery that the path names.
func (c *Console) named(e echo.Context, p *page) (outbox.Delivery, error) {
	id, err := strconv.ParseInt(e.Param("id"), 10, 64)
	if err != nil {
		return outbox.Delivery{}, &fault{http.StatusNotFound, p.words.text("problem.gone")}
	}
	return c.Store.Get(e.Request().Context(), id)
}

// related lists deliveries but for the one that the page is about.
func (c *Console) related(ctx context.Context, f outbox.Filter, but int64) ([]row, error) {
	list, err := c.Store.List(ctx, f)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, d := range list {
		if d.ID != but {
			rows = append(rows, row{Delivery: d})
		}
	}
	return rows, nil
}

// actions are those that d's state allows; Act decides.
func actions(d *outbox.Delivery) []string {
	var can []string
	switch d.State {
	case outbox.Queued:
		can = []string{"recall"}
	case outbox.Sent, outbox.Delivered, outbox.Partial, outbox.Failed:
		can = []string{"resend", "recall"}
	default:
		can = []string{"resend"}
	}
	if d.Acked.IsZero() {
		can = append(can, "ack")
	}
	return can
}

// indented is JSON for people, at most maxRaw bytes of it.
func indented(raw []byte) (text string, cut bool) {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		b.Reset()
		b.Write(raw)
	}
	if b.Len() > maxRaw {
		return message.Cut(b.String(), maxRaw), true
	}
	return b.String(), false
}
