package routes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"workbell/outbox"
)

// Order is the body of a resend, recall or ack. It may be left out.
type Order struct {
	By string   `json:"by,omitempty"` // who asks for it, for the history
	To []string `json:"to,omitempty"` // resend: user ids, some of its recipients
}

// Done says what has been done.
type Done struct {
	ID   int64  `json:"id,string"` // of the delivery that was named
	Done string `json:"done"`      // in words
	// Deliveries are those that are to be sent because of it.
	Deliveries []Ref `json:"deliveries"`
}

// MaxBy is the most bytes of Order.By.
const MaxBy = 64

// maxOrder is the most bytes of an Order: 100 user ids of 64 bytes, and room.
const maxOrder = 64 << 10

// What can be done with a delivery: the last element of the path.
const (
	Resend = "resend"
	Recall = "recall"
	Ack    = "ack"
)

// Do does one of these with a delivery: the same for the API and the console.
// status is that of an answer. The error is a refusal that says why (see
// Detail), or the store's.
func (o Options) Do(ctx context.Context, what string, id int64, ord Order) (done Done, status int, err error) {
	switch what {
	case Resend:
		return o.resend(ctx, id, ord)
	case Recall:
		return o.recall(ctx, id, ord)
	case Ack:
		return o.ack(ctx, id, ord)
	}
	return Done{}, 0, refuse(http.StatusNotFound, "there is nothing called %q to do with a delivery", what)
}

// do answers an order of the API's.
func (o Options) do(what string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ord, err := order(c)
		if err != nil {
			return err
		}
		id, err := deliveryID(c)
		if err != nil {
			return err
		}
		done, status, err := o.Do(c.Request().Context(), what, id, ord)
		if err != nil {
			return err
		}
		return c.JSON(status, done)
	}
}

// deed is what an order comes to.
type deed struct {
	outbox.Amendment
	status int    // 200: done; 202: it will be
	done   string // in words
}

// act carries out what decide makes of the delivery. If it changes between the
// look and the deed, it looks again.
func (o Options) act(ctx context.Context, id int64, decide func(outbox.Delivery) (deed, error)) (Done, int, error) {
	const looks = 3
	for look := 1; ; look++ {
		d, err := o.get(ctx, id)
		if err != nil {
			return Done{}, 0, err
		}
		do, err := decide(d)
		if err != nil {
			return Done{}, 0, err
		}
		if do.Delivery == 0 { // nothing is left to do
			return Done{ID: d.ID, Done: do.done, Deliveries: []Ref{}}, do.status, nil
		}
		made, err := o.Store.Amend(ctx, do.Amendment)
		if changed := errors.Is(err, outbox.ErrState) || errors.Is(err, outbox.ErrBusy); changed && look < looks {
			continue
		}
		if err != nil {
			return Done{}, 0, notDone(d.ID, err)
		}
		answer := Done{ID: d.ID, Done: do.done, Deliveries: []Ref{}}
		if do.State == outbox.Queued {
			made = append(made, outbox.Ref{ID: d.ID, Rule: d.Rule, State: outbox.Queued})
		}
		for _, m := range made {
			answer.Deliveries = append(answer.Deliveries, Ref(m))
		}
		o.Log.Info("delivery amended", "component", "routes", "delivery", d.ID, "done", do.Note)
		return answer, do.status, nil
	}
}

// notDone says why an amendment was not made.
func notDone(id int64, err error) error {
	switch {
	case errors.Is(err, outbox.ErrNotFound):
		return refuse(http.StatusNotFound, "there is no delivery %d any more", id)
	case errors.Is(err, outbox.ErrState), errors.Is(err, outbox.ErrBusy):
		return refuse(http.StatusConflict, "delivery %d is changing just now; try again in a moment", id)
	case errors.Is(err, outbox.ErrClosed):
		return refuse(http.StatusServiceUnavailable, "%v", errDraining)
	}
	return fmt.Errorf("amending delivery %d: %w", id, err)
}

// order reads the body, strictly.
func order(c echo.Context) (Order, error) {
	var ord Order
	dec := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, maxOrder))
	dec.DisallowUnknownFields()
	err := dec.Decode(&ord)
	if errors.Is(err, io.EOF) { // no body
		return ord, nil
	}
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = errors.New("something follows it")
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return ord, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", tooLarge.Limit)
	case err != nil:
		return ord, refuse(http.StatusBadRequest, `the body is not as it should be (%v): send none, or {"by":"alice"}; resend takes "to":["u1"] too`, err)
	}
	return ord, nil
}

// check refuses what no history should hold.
func (ord Order) check() error {
	if len(ord.By) > MaxBy || !utf8.ValidString(ord.By) || strings.ContainsFunc(ord.By, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return refuse(http.StatusBadRequest, "by=%.80q: give at most %d bytes of printable text", ord.By, MaxBy)
	}
	return nil
}

// checkAll is check for what cannot be done to some of the recipients.
func (ord Order) checkAll() error {
	if len(ord.To) > 0 {
		return refuse(http.StatusBadRequest, "only a resend can be restricted to some recipients: leave out to")
	}
	return ord.check()
}

// note is a line for the history: what was done, by whom.
func (ord Order) note(what string) string {
	if ord.By == "" {
		return what
	}
	return what + " by " + ord.By
}

// needs refuses what takes an app that rules.yaml does not have any more.
func (o Options) needs(app string) error {
	for _, a := range o.Plan.Load().Config.DingTalk.Apps {
		if a.Name == app {
			return nil
		}
	}
	return refuse(http.StatusConflict, "its app %q is not in rules.yaml any more: bring it back and reload", app)
}
